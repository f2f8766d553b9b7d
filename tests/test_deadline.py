"""A run that has too few seconds ends with a word about it, and writes nothing."""

from __future__ import annotations

import math
import multiprocessing
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import seeds
from planner.budget import Budget
from planner.cli.deadline import deadline
from planner.errors import EXIT_NO_PLAN, LateError
from planner.planning.pacing import paced

ROOT = Path(__file__).resolve().parents[1]

DEAF = """
import time
from planner.cli.deadline import deadline

with deadline(time.monotonic(), "time is over"):
    while True:
        try:
            time.sleep(9)
        except Exception:
            pass
"""


def test_what_is_late_is_ended_with_its_children() -> None:
    """Time that is over interrupts, and nobody goes on working for nobody."""
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
    child.start()
    with pytest.raises(LateError), deadline(time.monotonic(), "late"):
        time.sleep(60)
    child.join(10)
    assert child.exitcode == -signal.SIGKILL
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


@pytest.mark.parametrize("due_s", [None, math.inf, 1e9])
def test_what_is_in_time_is_not_disturbed(due_s: float | None) -> None:
    """Who has no deadline, or keeps it, notices nothing, then or later."""
    with deadline(due_s, "late"):
        time.sleep(0.01)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_who_cannot_be_interrupted_is_ended() -> None:
    """The process ends even where something catches whatever is raised."""
    run = subprocess.run(
        [sys.executable, "-c", DEAF], capture_output=True, text=True, cwd=ROOT
    )
    assert run.returncode == EXIT_NO_PLAN
    assert run.stderr == "time is over\n"


def test_a_city_that_cannot_be_planned_in_time_is_not(tmp_path: Path) -> None:
    """The command says so, in 130, and leaves no plan and no part of one."""
    words = ["plan", str(seeds.path("yancheng")), "-o", str(tmp_path), "--seconds", "1"]
    run = subprocess.run(
        [sys.executable, "-m", "planner", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert run.returncode == EXIT_NO_PLAN
    assert "Give more --seconds" in run.stderr
    assert "Traceback" not in run.stderr
    assert {file.name for file in tmp_path.iterdir()} <= {".patrol.lock"}


def test_a_plan_that_cannot_be_checked_in_time_is_late() -> None:
    """What preparing took tells how long a check takes, and so what is needed."""
    now_s = time.monotonic()
    budget = Budget(seconds=9.0)
    pace = paced(budget, began_s=now_s - 8.0, waited_s=0.0, then_checked=True)
    assert pace.is_late()
    assert pace.needed_s() > 9.0
    for checked, seconds in ((True, 60.0), (False, 9.0)):
        pace = paced(
            Budget(seconds=seconds),
            began_s=now_s - 8.0,
            waited_s=0.0,
            then_checked=checked,
        )
        assert not pace.is_late()
    rounds = Budget(seconds=None, iterations=1)
    late = paced(rounds, began_s=now_s - 99.0, waited_s=0.0, then_checked=True)
    assert not late.is_late()
