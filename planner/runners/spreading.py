"""Spread tasks over processes of this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from planner.engines.runner import run_tasks
from planner.errors import StoppedError

Spread = Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]]


def spread_over(processes: int, stop: Callable[[], bool] = lambda: False) -> Spread:
    """
    Return a `map` that spreads tasks over processes.

    It raises `StoppedError` where ``stop`` says so.
    """

    def spread(function: Callable[[Any], Any], jobs: Sequence[Any]) -> list[Any]:
        tasks = [(job,) for job in jobs]
        results = run_tasks(function, tasks, workers=processes, stop=stop)
        if stop():
            raise StoppedError("stopped before there was a plan")
        # A task whose process died twice is done here.
        return [
            function(*task) if result is None else result
            for task, result in zip(tasks, results, strict=True)
        ]

    return spread
