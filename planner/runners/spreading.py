"""Spread tasks over processes of this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from multiprocessing import get_context
from typing import Any

from planner.engines.runner import run_tasks
from planner.errors import StoppedError

_NEEDS = ("scipy.sparse.csgraph", "scipy.spatial")

Spread = Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]]


def spread_over(processes: int, stop: Callable[[], bool] = lambda: False) -> Spread:
    """
    Return a `map` that spreads tasks over processes.

    It raises `StoppedError` where ``stop`` says so.
    """

    def spread(function: Callable[[Any], Any], jobs: Sequence[Any]) -> list[Any]:
        turn = get_context("fork").Value("q", 0)
        hands = [(function, jobs, turn)] * min(processes, len(jobs))
        done: dict[int, Any] = {}
        for some in run_tasks(
            _work_through, hands, workers=processes, stop=stop, needs=_NEEDS
        ):
            done.update(some or {})
        if stop():
            raise StoppedError("stopped before there was a plan")
        # What a process had that died is done here.
        return [done[k] if k in done else function(job) for k, job in enumerate(jobs)]

    return spread


def _work_through(
    function: Callable[[Any], Any], jobs: Sequence[Any], turn: Any
) -> dict[int, Any]:
    """Do one job after another that nobody has taken: a process for each costs more."""
    done: dict[int, Any] = {}
    while True:
        with turn.get_lock():
            k = turn.value
            turn.value += 1
        if k >= len(jobs):
            return done
        done[k] = function(jobs[k])
