"""A task is bytes: wherever it is done, and however often, it comes to the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import MODEL, problems_of, station, two_stations, whole, world, zone
from worlds import square as square_of

from planner.budget import Budget
from planner.engines import engine
from planner.engines.beats_along import take_along
from planner.engines.piece import Effort, Piece
from planner.engines.recombine import bold_choice, recombine
from planner.engines.waves import route_in_waves
from planner.errors import EXIT_MISSING, MissingPartError
from planner.formats.plan_geojson import plan_to_bytes
from planner.planning.pipeline import plan_routes
from planner.problem import Column, Problem, make_column
from planner.runners import runner_at
from planner.runners.child import Child
from planner.runners.cluster import Cluster
from planner.runners.processes import Processes
from planner.runners.task import Task, digest
from planner.runners.wire import (
    column_facts,
    columns_of,
    from_json,
    piece_facts,
    piece_of,
    problem_from_bytes,
    problem_to_bytes,
    to_json,
)
from planner.runners.work import (
    perform,
    recombining,
    relieving,
    routes,
    routing,
    routing_in_waves,
    seen,
)
from planner.scenario import Scenario

FEW = Effort(seconds=None, solutions=40, seed=3)
LONG = Effort(seconds=600.0, solutions=0, seed=1)
WAIT_S = 30.0


@cache
def problem() -> Problem:
    """Return two stations of two drone types with targets of all kinds."""
    slow = replace(MODEL, model="SLOW", airspeed_mps=8.0)
    scenario = two_stations()
    a, b = scenario.stations
    return problems_of(
        replace(
            scenario,
            stations=(a, replace(b, model="SLOW")),
            drone_models=(MODEL, slow),
        )
    )[1][0]


@cache
def data() -> bytes:
    """Return its bytes."""
    return problem_to_bytes(problem())


def endless() -> Task:
    """Return a task that would take ten minutes."""
    return routing(digest(data()), "ortools", whole(problem()), LONG)


def test_an_engine_sees_the_same_problem_on_the_other_side() -> None:
    """Nothing an engine reads is lost or changed by the way through bytes."""
    ours, theirs = problem(), problem_from_bytes(data())
    assert type(theirs) is Problem
    assert theirs.stations == ours.stations
    assert theirs.models == ours.models
    assert theirs.rules == ours.rules
    assert theirs.horizon == ours.horizon
    assert theirs.busiest == ours.busiest
    assert theirs.priorities == ours.priorities
    assert (theirs.node_target == ours.node_target).all()
    assert (theirs.node_way == ours.node_way).all()
    for one, other in zip(ours.targets, theirs.targets, strict=True):
        assert replace(one, ways=()).__repr__() == replace(other, ways=()).__repr__()
        for way, same in zip(one.ways, other.ways, strict=True):
            assert (way.xy == same.xy).all()
            assert (way.wait_s == same.wait_s).all()
    assert set(theirs.tables) == set(ours.tables)
    for name, table in ours.tables.items():
        for part in ("travel", "out", "back", "task"):
            one, other = getattr(table, part), getattr(theirs.tables[name], part)
            assert one.dtype == other.dtype
            assert (one == other).all()
        assert table.overhead == theirs.tables[name].overhead


def test_bytes_are_the_same_for_the_same_problem() -> None:
    """Encoded twice, and read and encoded again, a problem has one hash."""
    again = problem_to_bytes(problem_from_bytes(data()))
    assert digest(problem_to_bytes(problem())) == digest(data()) == digest(again)


def test_a_pickle_in_the_bytes_is_refused() -> None:
    """Whoever sends an array of objects runs no code here."""
    import io

    file = io.BytesIO()
    np.savez(file, facts=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        problem_from_bytes(file.getvalue())


@st.composite
def columns(draw: st.DrawFn) -> Column:
    """Draw any route."""
    nodes = st.lists(st.integers(0, 10**6), max_size=6).map(tuple)
    return Column(
        station=draw(st.integers(0, 500)),
        headway_s=draw(st.floats(1, 1e6)),
        nodes=draw(nodes),
        duration=draw(st.integers(0, 10**7)),
        tails=tuple(draw(st.lists(nodes, max_size=3))),
    )


@given(start=st.lists(columns(), max_size=4), drones=st.lists(st.floats(0, 99)))
def test_pieces_and_routes_come_back_as_they_were(
    start: list[Column], drones: list[float]
) -> None:
    """JSON keeps every figure of a piece and of its routes."""
    piece = Piece(
        stations=tuple(range(len(drones))),
        targets=(3, 1),
        drones=tuple(drones),
        start=tuple(start),
    )
    assert piece_of(from_json(to_json(piece_facts(piece)))) == piece
    assert columns_of(from_json(to_json(column_facts(start)))) == start


def test_a_task_comes_to_what_its_function_returns() -> None:
    """By name and bytes, every function of the list answers as it does by itself."""
    ours, name = problem(), digest(data())
    piece = whole(ours)
    route = engine("ortools")
    routed = route(ours, piece, FEW)
    assert routes(perform(routing(name, "ortools", piece, FEW), data())) == routed
    waves = route_in_waves(ours, route, FEW)
    assert routes(perform(routing_in_waves(name, "ortools", FEW), data())) == waves
    both = recombine(ours, routed, waves, FEW)
    assert routes(perform(recombining(name, routed, waves, FEW), data())) == both
    start = bold_choice(ours, routed, 2, FEW)
    relieved = route_in_waves(ours, engine("beats"), FEW, take_along, start)
    assert routes(perform(relieving(name, routed, 2, FEW), data())) == relieved


def test_a_task_tells_of_routes_on_the_way() -> None:
    """Beats that a search came by survive the bytes, each set of targets once."""
    ours = problem()
    task = routing_in_waves(digest(data()), "beats", FEW)
    passed = seen(perform(task, data()))
    assert passed
    keys = [(c.station, c.headway_s, frozenset(c.targets(ours))) for c in passed]
    assert len(set(keys)) == len(keys)
    for column in passed:
        again = make_column(
            ours, column.station, column.headway_s, column.nodes, column.tails
        )
        assert again == column


def test_a_task_names_a_line_of_a_list_and_no_code() -> None:
    """What is not in the list is not looked for anywhere else."""
    task = Task(function="os.system", problem="", request="{}", seed=1)
    with pytest.raises(LookupError):
        perform(task, data())


def test_a_task_is_named_by_all_that_its_result_depends_on() -> None:
    """Another seed, piece or problem is another task; the same is the same."""
    name, piece = digest(data()), whole(problem())
    task = routing(name, "greedy", piece, FEW)
    assert Task.from_bytes(task.to_bytes()) == task
    assert routing(name, "greedy", piece, FEW).digest == task.digest
    others = [
        routing(name, "greedy", piece, replace(FEW, seed=4)),
        routing(name, "greedy", replace(piece, targets=(0,)), FEW),
        routing("another", "greedy", piece, FEW),
        routing_in_waves(name, "greedy", FEW),
    ]
    assert len({task.digest, *(other.digest for other in others)}) == 5


@pytest.fixture
def child() -> Iterator[Child]:
    """Yield a child that is ended afterwards."""
    it = Child()
    yield it
    it.end()


def ask(child: Child, task: Task, limit_s: float | None = None) -> bytes | None:
    """Return what a child answers; nobody stops it."""
    return child.ask(task.to_bytes(), data(), limit_s=limit_s, stopped=lambda: False)


def process_of(child: Child) -> subprocess.Popen[bytes]:
    """Return the process of a child, once there is one."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        if child._process is not None:
            return child._process
        time.sleep(0.02)
    raise AssertionError("no child was started")


def test_a_child_does_tasks_and_ends_at_the_limit_of_one(child: Child) -> None:
    """One process does many tasks, and the next where one had to be ended."""
    task = routing(digest(data()), "greedy", whole(problem()), FEW)
    expected = perform(task, data())
    assert ask(child, task) == expected
    first = process_of(child)
    assert ask(child, task) == expected
    assert process_of(child) is first
    assert ask(child, endless(), limit_s=0.3) is None
    assert first.poll() is not None
    with pytest.raises(RuntimeError, match="KeyError"):
        ask(child, replace(task, function="unknown"))
    assert ask(child, task) == expected


def test_a_child_ends_when_it_is_told_to_stop(child: Child) -> None:
    """A stop ends the task itself, whatever engine is at it."""
    asked: list[bool] = []

    def stopped() -> bool:
        asked.append(True)
        return len(asked) > 3

    task = endless().to_bytes()
    assert child.ask(task, data(), limit_s=None, stopped=stopped) is None
    assert child._process is None


def test_a_child_that_is_killed_at_a_task_does_it_again(child: Child) -> None:
    """A dead child costs time alone."""
    task = routing(
        digest(data()), "ortools", whole(problem()), replace(LONG, seconds=1.0)
    )
    killed: list[int] = []

    def kill() -> None:
        process = process_of(child)
        time.sleep(0.3)
        process.send_signal(signal.SIGKILL)
        killed.append(process.pid)

    threading.Thread(target=kill).start()
    result = ask(child, task)
    assert result is not None
    assert routes(result)
    assert killed != [process_of(child).pid]


def test_a_child_of_a_killed_process_ends(tmp_path: Path) -> None:
    """Nothing goes on computing for nobody."""
    (tmp_path / "task").write_bytes(endless().to_bytes())
    (tmp_path / "data").write_bytes(data())
    code = (
        "import sys, threading, time; from pathlib import Path\n"
        "from planner.runners.child import Child\n"
        "child = Child(); folder = Path(sys.argv[1])\n"
        "ask = lambda: child.ask((folder / 'task').read_bytes(),"
        " (folder / 'data').read_bytes(), limit_s=None, stopped=lambda: False)\n"
        "threading.Thread(target=ask, daemon=True).start()\n"
        "while child._process is None: time.sleep(0.02)\n"
        "print(child._process.pid, flush=True); time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        parent.kill()
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until and runs(pid):
        time.sleep(0.05)
    assert not runs(pid)


def runs(pid: int) -> bool:
    """Return whether a process is there and not dead already."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] not in "ZX"


def test_processes_answer_in_the_order_of_the_tasks() -> None:
    """Any number of processes come to the same, in the order asked."""
    name = digest(data())
    tasks = [
        routing(name, "ortools", whole(problem()), replace(FEW, seed=seed))
        for seed in range(3)
    ]
    expected = [perform(task, data()) for task in tasks]
    for workers in (1, 2):
        assert Processes(workers).run(tasks, {name: data()}) == expected


def test_without_dask_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A part that is not installed has an exit code of its own, and a remedy."""
    monkeypatch.setattr("planner.runners.cluster.find_spec", lambda name: None)
    with (
        pytest.raises(MissingPartError, match=r"pip install .*\[cluster\]") as told,
    ):
        runner_at("local", 2)
    assert told.value.exit_code == EXIT_MISSING


@pytest.mark.parametrize("address", ["127.0.0.1:1", "tcp://127.0.0.1:1", "nonsense"])
def test_an_address_where_nobody_answers_is_told_at_once(address: str) -> None:
    """Before any work is done, and with what to start."""
    with pytest.raises(MissingPartError, match="dask scheduler"):
        Cluster(address)


needs_dask = pytest.mark.skipif(
    find_spec("distributed") is None, reason="the extra 'cluster' is not installed"
)


def small() -> Scenario:
    """Return a city of two parts that takes a second to plan."""
    return world(
        [station("A", 0, 0, 2), station("B", 2500, 0, 2), station("C", 90_000, 0, 2)],
        [
            zone("W1", square_of(700, 0, 300), revisit_s=1800.0),
            zone("W2", square_of(1600, 500, 300), priority=2.0),
            zone("W3", square_of(91_000, 0, 300)),
        ],
    )


@needs_dask
def test_a_cluster_changes_no_plan() -> None:
    """Two Dask workers, one process or two plan the same, byte by byte."""
    scenario, budget = small(), Budget(iterations=2, workers=1)
    expected = plan_to_bytes(plan_routes(scenario, budget=budget))
    for other in (replace(budget, workers=2), replace(budget, cluster="local:2")):
        assert plan_to_bytes(plan_routes(scenario, budget=other)) == expected


@needs_dask
def test_a_cluster_outlives_its_workers_and_stops() -> None:
    """A worker that is killed at a task costs time alone, and a stop frees the rest."""
    with closing(runner_at("local:2", 1)) as runner:
        assert isinstance(runner, Cluster)
        name = digest(data())
        short = replace(LONG, seconds=2.0)
        tasks = [
            routing(name, "ortools", whole(problem()), replace(short, seed=seed))
            for seed in (1, 2)
        ]
        client = runner._joined()
        pids = client.run(os.getpid)
        threading.Timer(1.0, os.kill, (min(pids.values()), signal.SIGKILL)).start()
        found = runner.run(tasks, {name: data()})
        assert all(found)
        assert client.run(os.getpid) != pids

        started = time.monotonic()
        over = iter([False] * 20)
        stopped = runner.run(
            [endless()] * 2, {name: data()}, stop=lambda: next(over, True)
        )
        assert stopped == [None, None]
        again = routing(name, "greedy", whole(problem()), FEW)
        assert runner.run([again], {name: data()}) == [perform(again, data())]
        assert time.monotonic() - started < LONG.seconds
