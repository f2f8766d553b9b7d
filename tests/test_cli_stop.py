"""Stopping a run, and two runs that want one folder, as real processes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import planner
import seeds
from planner.budget import Budget

ROOT = Path(__file__).resolve().parents[1]
BY_HAND = seeds.path("by-hand")

PATROL = """
import sys, time
import planner, planner.planning.pipeline
from dataclasses import replace
from planner.cli import main

mode, best = sys.argv[1:3]

def plan_routes(scenario, *, budget, on_progress, stop, began_s):
    print("searching", flush=True)
    while not stop() or mode == "stubborn":
        time.sleep(0.01)
    plan = planner.read_plan(best)
    return replace(plan, routes=()) if mode == "early" else plan

planner.planning.pipeline.plan_routes = plan_routes
sys.exit(main(sys.argv[3:]))
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def best(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a plan of ``by-hand`` that breaks no rule."""
    file = tmp_path_factory.mktemp("best") / "plan.geojson"
    scenario = planner.read_scenario(BY_HAND)
    budget = Budget(seconds=None, iterations=1, workers=1)
    planner.write_plan(planner.plan_routes(scenario, budget=budget), file)
    return file


@pytest.fixture
def start(best: Path, tmp_path: Path) -> Iterator[Start]:
    """Start ``patrol plan`` with a search that lasts until it is stopped."""
    running: list[subprocess.Popen[str]] = []

    def begin(
        mode: str = "polite", before: tuple[str, ...] = ()
    ) -> subprocess.Popen[str]:
        command = [*before, sys.executable, "-c", PATROL, mode, str(best)]
        process = subprocess.Popen(
            [*command, "plan", str(BY_HAND), "-o", str(tmp_path / "out")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "searching\n"
        return process

    yield begin
    for process in running:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_saves_the_checked_best_plan(
    start: Start, tmp_path: Path, number: signal.Signals
) -> None:
    """Ctrl-C and SIGTERM end with 20 and a plan that holds."""
    process = start()
    process.send_signal(number)
    process.communicate(timeout=20)
    assert process.returncode == 20
    plan = planner.read_plan(tmp_path / "out" / "plan.geojson")
    assert planner.check(planner.read_scenario(BY_HAND), plan) == []


def test_a_background_job_can_be_stopped_too(start: Start, tmp_path: Path) -> None:
    """A shell starts background jobs with SIGINT ignored; they stop all the same."""
    process = start(before=("sh", "-c", "trap '' INT; exec \"$@\"", "sh"))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 20


def test_a_stop_before_the_first_plan_writes_nothing(
    start: Start, tmp_path: Path
) -> None:
    """Without a plan the code is 130 and the folder has no plan."""
    process = start("early")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert not (tmp_path / "out" / "plan.geojson").exists()


def test_the_second_signal_ends_at_once(start: Start, tmp_path: Path) -> None:
    """A search that does not stop is ended by the second Ctrl-C, with 130."""
    process = start("stubborn")
    assert process.stderr is not None
    process.send_signal(signal.SIGINT)
    while "stopping" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert not (tmp_path / "out" / "plan.geojson").exists()


def test_two_runs_never_share_a_folder(start: Start, tmp_path: Path) -> None:
    """The second run ends with 6 and names the first; the first is not disturbed."""
    first = start()
    out = tmp_path / "out"
    second = subprocess.run(
        [sys.executable, "-m", "planner", "plan", str(BY_HAND), "-o", str(out)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert second.returncode == 6
    assert f"locked by pid {first.pid}" in second.stderr
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=20)
    assert first.returncode == 20


def test_a_killed_run_leaves_no_lock(start: Start, best: Path, tmp_path: Path) -> None:
    """After SIGKILL the folder is free again."""
    first = start()
    first.kill()
    first.wait(timeout=20)
    second = start()
    second.send_signal(signal.SIGTERM)
    second.communicate(timeout=20)
    assert second.returncode == 20


def test_a_real_search_stops_in_its_midst(tmp_path: Path) -> None:
    """Ctrl-C ends a search over processes within seconds, with 20 and a good plan."""
    folder, out = seeds.path("two-stations"), tmp_path / "out"
    words = ["plan", str(folder), "-o", str(out), "--seconds", "120", "--workers", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "planner", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stderr is not None
    while "searching" not in (line := process.stderr.readline()):
        assert line, "ended before the search"
    time.sleep(2)  # into the rounds; what was found first is a plan already
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 20
    assert json.loads((out / "run.json").read_text())["stopped_early"] is True
    plan = planner.read_plan(out / "plan.geojson")
    assert plan.routes
    assert planner.check(planner.read_scenario(folder), plan) == []


KEEPS_HANDLER = """
import signal
import planner, seeds

signal.signal(signal.SIGINT, lambda *_: None)
for name in ("by-hand", "two-stations"):
    scenario = planner.read_scenario(seeds.path(name))
    planner.plan_routes(scenario, budget=planner.Budget(iterations=1, workers=1))
with open("/proc/self/status") as status:
    caught = next(line.split()[1] for line in status if line.startswith("SigCgt"))
print(int(caught, 16) >> (signal.SIGINT - 1) & 1)
"""


def test_no_solver_takes_the_handler_of_ctrl_c_away() -> None:
    """After a search Ctrl-C still asks, and does not kill."""
    run = subprocess.run(
        [sys.executable, "-c", KEEPS_HANDLER],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert run.stdout.strip() == "1"
