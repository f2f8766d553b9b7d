"""
Run pure tasks, here or on other machines.

A task is bytes and a result is bytes; which worker does it changes nothing but
the time it takes. A new place to run tasks is a new file here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from planner.runners.processes import Processes
from planner.runners.task import Task


class Runner(Protocol):
    """Runs tasks somewhere."""

    def run(
        self,
        tasks: Sequence[Task],
        problems: Mapping[str, bytes],
        *,
        deadline: float | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> list[bytes | None]:
        """
        Return the result of each task, None where it was not reached.

        A task whose worker died is done again elsewhere.

        Parameters
        ----------
        problems
            Bytes by the hash that tasks name.
        deadline
            Of `time.monotonic`; what still runs then is ended.
        stop
            Polled while waiting; when it says so, what runs is ended.

        Raises
        ------
        RuntimeError
            If a task raises, with what it raised; it would raise again.
        """
        ...

    def close(self) -> None:
        """Let go of the workers."""
        ...


def runner_at(cluster: str | None, workers: int) -> Runner:
    """
    Return what runs tasks: processes of this machine, or a Dask cluster.

    Parameters
    ----------
    cluster
        Address of a Dask scheduler; ``local`` or ``local:N`` for N workers on this
        machine; None for processes.
    workers
        How many processes, where there is no cluster.

    Raises
    ------
    MissingPartError
        If Dask is not installed, or no scheduler answers.
    """
    if cluster is None:
        return Processes(workers)
    from planner.runners.cluster import Cluster

    return Cluster(cluster)
