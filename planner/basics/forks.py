"""Do several things at once, each in a fork of this process."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

_Result = TypeVar("_Result")


def do_at_once(jobs: Sequence[Callable[[], _Result]], processes: int) -> list[_Result]:
    """
    Return the result of each job, in their order.

    A fork knows all that this process knows; what it changes, it changes for itself.
    Jobs are done one after another where there are no forks.

    Parameters
    ----------
    jobs
        Begun in their order, so the longest had better be first.
    processes
        How many may be done at once.

    Raises
    ------
    RuntimeError
        If a job raises, with what it raised, or its process ends without a result.
    """
    able = "fork" in multiprocessing.get_all_start_methods()
    if not able or min(processes, len(jobs)) < 2:
        return [job() for job in jobs]
    context = multiprocessing.get_context("fork")
    results: list[Any] = [None] * len(jobs)
    waiting = list(range(len(jobs)))[::-1]
    running: dict[Connection, tuple[int, Any]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                ours, theirs = context.Pipe(duplex=False)
                index = waiting.pop()
                child = context.Process(target=_do, args=(theirs, jobs[index]))
                child.start()
                theirs.close()
                running[ours] = (index, child)
            for ready in wait(list(running)):
                assert isinstance(ready, Connection)
                index, child = running[ready]
                fault, results[index] = _received(ready)
                child.join()
                ready.close()
                del running[ready]
                if fault:
                    raise RuntimeError(fault)
    finally:
        for pipe, (_, child) in running.items():
            child.kill()
            child.join()
            pipe.close()
    return results


def _received(pipe: Connection) -> tuple[str, Any]:
    """Return what a job raised, and its result."""
    try:
        fault, result = pipe.recv()
    except EOFError:
        return "a process ended without a result", None
    return fault, result


def _do(pipe: Connection, job: Callable[[], Any]) -> None:
    # What a terminal sends to a group is for the parent; it kills its children.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    gc.disable()  # it would go through all that the parent holds, and soon all ends
    result, fault = None, ""
    try:
        result = job()
    except Exception:
        fault = f"a job failed:\n{traceback.format_exc()}"
    pipe.send((fault, result))
    pipe.close()
