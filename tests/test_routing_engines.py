"""Whatever solves a routing problem keeps its limits, and improves on its start."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routings import scattered

from planner.bench import cyclic, hybrid, ortools_routing, vroom
from planner.bench.decomposition import cut
from planner.bench.pool import Pool
from planner.benchmarks import read_benchmark
from planner.benchmarks.patrolling import idleness_bound_m, read_graph
from planner.engines import pyvrp, ruin
from planner.errors import InfeasibleError, MissingPartError
from planner.routing.model import Chain, Routing, judge

DATA = Path(__file__).parent / "data"

Solver = Callable[[Routing], list[Chain]]

SOLVERS: dict[str, Solver] = {
    "ruin": lambda r: ruin.solve(r, seconds=None, iterations=400, seed=1),
    "pyvrp": lambda r: pyvrp.solve(r, seconds=None, iterations=100, seed=1),
    "hybrid": lambda r: hybrid.solve(r, seconds=1.0, seed=1, workers=2),
    "ortools": lambda r: ortools_routing.solve(r, seconds=0.5, tuned=False),
    "ortools-tuned": lambda r: ortools_routing.solve(r, seconds=0.5, tuned=True),
}


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("name", SOLVERS)
def test_answers_keep_every_limit(name: str, windows: bool) -> None:
    """No fault is found by recomputing, and no stop is left out without need."""
    case = scattered(windows=windows, groups=True)
    judged = judge(case, SOLVERS[name](case))
    assert judged.faults == ()
    assert judged.missed == ()


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    windows=st.booleans(),
    groups=st.booleans(),
    poor=st.booleans(),
    few=st.integers(1, 24),
)
def test_ruin_and_recreate_keeps_limits_on_any_problem(
    seed: int, windows: bool, groups: bool, poor: bool, few: int
) -> None:
    """Tight fleets and poor depots lose prizes, never break a limit."""
    case = scattered(24, seed, windows=windows, groups=groups)
    case = replace(
        case, vehicles=tuple(replace(kind, count=few) for kind in case.vehicles)
    )
    if poor:
        case = replace(case, most_cost=np.array([4000, 2500]))
    best, last = ruin.anneal(
        case, seconds=None, iterations=60, seed=seed, start=(), hot=2.0, cool=0.01
    )
    assert judge(case, best).faults == ()
    assert judge(case, last).faults == ()
    assert judge(case, best).total <= judge(case, last).total
    again = ruin.solve(case, seconds=None, iterations=30, seed=1, start=best)
    assert judge(case, again).total <= judge(case, best).total


def test_every_place_is_looked_at_or_only_near_ones() -> None:
    """Looking at fewer places finds answers that keep the limits as well."""
    case = scattered(60, 4, windows=True)
    before = ruin._SCAN_ALL_BELOW, ruin._SCANNED
    ruin._SCAN_ALL_BELOW, ruin._SCANNED = 10, 12
    try:
        judged = judge(case, SOLVERS["ruin"](case))
    finally:
        ruin._SCAN_ALL_BELOW, ruin._SCANNED = before
    assert (judged.faults, judged.missed) == ((), ())


def test_a_known_optimum_is_found() -> None:
    """A small public benchmark is solved to its best known cost."""
    case = read_benchmark(DATA / "vrp/mdvrp/p01.txt")
    chains = ruin.solve(case.routing, seconds=None, iterations=15_000, seed=1)
    assert case.best_known is not None
    assert case.cost(chains) <= 1.01 * case.best_known


@pytest.mark.parametrize("groups", [False, True])
def test_pieces_hold_all_stops_and_fit_together(groups: bool) -> None:
    """Every stop is in one piece, and chains of pieces are chains of the whole."""
    case = scattered(40, 2, groups=groups)
    case = replace(case, most_cost=np.array([90_000, 90_000]))
    chains = ruin.solve(case, seconds=None, iterations=20, seed=1)
    for turn in range(4):
        cuts = cut(case, chains, 3, turn)
        assert sorted(int(s) for c in cuts for s in c.stops) == list(range(40))
        again = [chain for c in cuts for chain in c.in_whole(c.chains)]
        assert sorted(again, key=repr) == sorted(chains, key=repr)
        assert all(judge(c.routing, c.chains).faults == () for c in cuts)
        improved = [
            chain
            for c in cuts
            for chain in c.in_whole(
                ruin.solve(
                    c.routing, seconds=None, iterations=20, seed=1, start=c.chains
                )
            )
        ]
        assert judge(case, improved).faults == ()
        assert judge(case, improved).total <= judge(case, chains).total


def test_a_kind_of_vehicle_of_which_there_is_none_is_not_used() -> None:
    """PyVRP goes on from routes of a later kind where an earlier one is used up."""
    routing = scattered(20, seed=4)
    first, *others = routing.vehicles
    without = replace(routing, vehicles=(replace(first, count=0), *others))
    start = pyvrp.solve(without, seconds=None, iterations=50, seed=1)
    again = pyvrp.solve(without, seconds=None, iterations=50, seed=2, start=start)
    for chains in (start, again):
        assert chains and not judge(without, chains).faults
        assert all(chain.kind > 0 for chain in chains)


def test_the_pool_finds_the_set_that_nobody_has_seen() -> None:
    """Halves of two answers are put together where that is best."""
    case = scattered(24, 5)
    answers = [
        ruin.solve(case, seconds=None, iterations=40, seed=seed) for seed in range(8)
    ]
    pool = Pool(case)
    for chains in answers:
        pool.add(chains)
    known = min(answers, key=lambda chains: judge(case, chains).total)
    picked = pool.select(known, 2.0)
    assert judge(case, picked).faults == ()
    assert judge(case, picked).total <= judge(case, known).total
    optimum = [Chain(c.kind, c.stops) for c in known]
    halves = Pool(case)
    halves.add(optimum)
    worse = ruin.solve(case, seconds=None, iterations=1, seed=9)
    assert judge(case, worse).total > judge(case, known).total
    assert judge(case, halves.select(worse, 2.0)).total <= judge(case, known).total


def test_a_deadline_is_kept() -> None:
    """The composite ends in time on a problem that is cut into pieces."""
    from planner.benchmarks.scattered import scattered as clusters

    case = clusters(600, 5, 30, 1).routing
    ruin.load()
    started = time.monotonic()
    chains = hybrid.solve(case, seconds=3.0, seed=1, workers=2)
    assert time.monotonic() - started < 30
    assert (judge(case, chains).faults, judge(case, chains).missed) == ((), ())


def test_an_optional_solver_that_is_missing_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without VROOM the message names the extra, with exit code 7."""
    monkeypatch.setitem(sys.modules, "vroom", None)
    with pytest.raises(MissingPartError, match="vroom") as error:
        vroom.library()
    assert error.value.exit_code == 7


def test_vroom_solves_what_it_can_say() -> None:
    """It keeps limits on a plain problem, and refuses what it has no word for."""
    pytest.importorskip("vroom")
    case = scattered()
    vroom.check(case)
    judged = judge(case, vroom.solve(case, seconds=1.0, workers=1))
    assert (judged.faults, judged.missed) == ((), ())
    with pytest.raises(InfeasibleError):
        vroom.check(scattered(groups=True))


def test_patrols_visit_every_vertex_and_beat_the_golden_tours() -> None:
    """The best groups are no worse than the shared tour, which is a short one."""
    graph = read_graph(DATA / "patrolling/grid/grid.graph").gaps_m
    shared = cyclic.shared_tour(graph, 4)
    best = cyclic.best_patrol(graph, 2, 1)
    assert cyclic.worst_idleness_m(graph, shared) <= 37.05
    assert sorted(v for tour in best.tours for v in tour) == list(range(len(graph)))
    assert sum(best.agents) == 2
    worst = cyclic.worst_idleness_m(graph, best)
    assert idleness_bound_m(graph, 2) <= worst
    assert worst <= cyclic.worst_idleness_m(graph, cyclic.shared_tour(graph, 2))
    parted = cyclic.partition(graph, 3, 1)
    assert parted.agents == (1, 1, 1)


@pytest.mark.parametrize(
    "recipe",
    [
        hybrid.Recipe(pool=False),
        hybrid.Recipe(engines=("ruin",)),
        hybrid.Recipe(engines=("pyvrp",)),
    ],
    ids=repr,
)
@pytest.mark.parametrize("many", [False, True])
def test_less_of_the_composite_still_answers(
    recipe: hybrid.Recipe, many: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one of its parts it keeps every limit, whole or cut into pieces."""
    monkeypatch.setattr(hybrid, "_WHOLE_UP_TO", 20 if many else 500)
    case = scattered(30, 2)
    chains = hybrid.solve(case, seconds=1.5, seed=1, workers=2, recipe=recipe)
    assert (judge(case, chains).faults, judge(case, chains).missed) == ((), ())
