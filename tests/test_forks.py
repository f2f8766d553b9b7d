"""What is done at once comes to what it comes to in turn, or to an error."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from functools import partial

import pytest
from broken_plans import PLAN, SCENARIO

import planner.checks
from planner.basics.forks import do_at_once
from planner.checks import Verdict, examine
from planner.checks.case import Case
from planner.checks.verdict import Gauge
from planner.plan import Plan


@pytest.mark.parametrize("processes", [1, 2, 5])
def test_results_come_in_the_order_of_jobs(processes: int) -> None:
    """Whatever the number of processes, each job has its own place."""
    jobs = [partial(pow, k, 2) for k in range(5)]
    assert do_at_once(jobs, processes) == [0, 1, 4, 9, 16]


@pytest.mark.parametrize("processes", [2, 3])
def test_a_job_that_raises_is_an_error(processes: int) -> None:
    """What it raised is told, and no result is made up for it."""
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        do_at_once([partial(divmod, 1, k) for k in (1, 0, 1)], processes)


def test_a_process_that_dies_is_an_error() -> None:
    """A result that never came is none."""
    with pytest.raises(RuntimeError, match="without a result"):
        do_at_once([os.getpid, partial(os._exit, 0)], 2)


def test_a_process_that_is_killed_is_an_error() -> None:
    """Nor does the system end a process unseen."""

    def killed() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(RuntimeError, match="without a result"):
        do_at_once([killed, killed], 2)


def _verdict(monkeypatch: pytest.MonkeyPatch, plan: Plan, processes: int) -> Verdict:
    """Return the verdict on a plan as if it were large."""
    monkeypatch.setattr(planner.checks, "_LARGE", 0)
    return examine(SCENARIO, plan, processes=processes)


def test_a_verdict_is_the_same_from_any_number_of_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Margins, places, violations and their order do not depend on them."""
    broken = replace(
        PLAN,
        metrics={**PLAN.metrics, "routes": 99},
        routes=tuple(replace(r, layer_m=r.layer_m + 1.0) for r in PLAN.routes),
        provenance={},
    )
    for plan in (PLAN, broken):
        alone = _verdict(monkeypatch, plan, 1)
        assert _verdict(monkeypatch, plan, 2) == alone
        assert _verdict(monkeypatch, plan, 4) == alone
    assert {v.rule for v in alone.violations} >= {"accounts", "airspace", "provenance"}


@pytest.mark.parametrize("how", [partial(os._exit, 0), partial(divmod, 1, 0)])
def test_a_rule_that_fails_gives_no_verdict(
    monkeypatch: pytest.MonkeyPatch, how: partial[None]
) -> None:
    """A rule that could not be measured is never taken for one that holds."""

    def broken(case: Case, gauge: Gauge) -> None:
        how()

    rules = tuple(
        broken if rule.__name__ == "separation" else rule
        for rule in planner.checks.RULES
    )
    monkeypatch.setattr(planner.checks, "RULES", rules)
    with pytest.raises(RuntimeError):
        _verdict(monkeypatch, PLAN, 2)
