"""
Run pure tasks in child processes with a hard deadline.

A task is a function of its arguments alone, so one whose child died is simply
run again; results come back in the order of the tasks, whatever the number of
workers.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from multiprocessing.connection import Connection, wait
from typing import Any

_POLL_S = 0.1
_TRIES = 2
SLOW_TO_LOAD = (
    "ortools.constraint_solver.pywrapcp",
    "ortools.sat.python.cp_model",
    "scipy.sparse.csgraph",
    "scipy.spatial",
)
"""Loaded by the parent: each child would take more than a second to do it alone."""

_PR_SET_PDEATHSIG = 1


def load(names: Sequence[str] = SLOW_TO_LOAD) -> None:
    """Load what children need, before a deadline is set: at first it takes seconds."""
    for name in names:
        import_module(name)


def run_tasks(
    function: Callable[..., Any],
    tasks: Sequence[tuple[Any, ...]],
    *,
    workers: int,
    deadline: float | None = None,
    stop: Callable[[], bool] | None = None,
    needs: Sequence[str] = SLOW_TO_LOAD,
) -> list[Any]:
    """
    Return the result of each task, None where it was not reached.

    Parameters
    ----------
    deadline
        Of `time.monotonic`; children that still run then are killed.
    stop
        Polled while waiting; when it says so, the children are killed.
    needs
        Names of modules that tasks use and that are slow to load.

    Raises
    ------
    RuntimeError
        If a task raises, with what it raised; it would raise again.
    """
    if tasks:
        load(needs)
    context = multiprocessing.get_context("fork")
    results: list[Any] = [None] * len(tasks)
    waiting = [(index, 1) for index in range(len(tasks))][::-1]
    running: dict[Connection, tuple[int, int, Any]] = {}
    try:
        while waiting or running:
            if (stop and stop()) or (deadline and time.monotonic() >= deadline):
                break
            while waiting and len(running) < workers:
                index, attempt = waiting.pop()
                ours, theirs = context.Pipe(duplex=False)
                child = context.Process(
                    target=_child, args=(theirs, function, tasks[index]), daemon=True
                )
                child.start()
                theirs.close()
                running[ours] = (index, attempt, child)
            for ready in wait(list(running), timeout=_POLL_S):
                assert isinstance(ready, Connection)
                index, attempt, child = running.pop(ready)
                try:
                    fault, results[index] = ready.recv()
                    if fault:
                        raise RuntimeError(f"a task failed:\n{fault}")
                except EOFError:
                    if attempt < _TRIES:
                        waiting.append((index, attempt + 1))
                finally:
                    ready.close()
                    child.join()
    finally:
        for pipe, (_, _, child) in running.items():
            child.kill()
            child.join()
            pipe.close()
    return results


def _child(pipe: Connection, function: Callable[..., Any], task: Sequence[Any]) -> None:
    # The parent alone decides what a signal means; it kills its children. Should
    # it be killed itself, Linux kills them.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    result, fault = None, ""
    try:
        result = function(*task)
    except Exception:
        fault = traceback.format_exc()
    with contextlib.suppress(BrokenPipeError):
        pipe.send((fault, result))
    pipe.close()
