"""
Run tasks on a Dask cluster.

Dask cannot end a task that runs: a cancelled one keeps its worker busy to its own
end. So every worker thread does its tasks in a child process, which is ended at
the task's own time limit, or when the flag of its run is raised.
"""

from __future__ import annotations

import logging
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from planner.errors import MissingPartError
from planner.runners.child import Child
from planner.runners.task import Task

_LOCAL = "local"
_LOCAL_WORKERS = 2
_POLL_S = 0.05
_TRIES = 3
_CONNECT_S = 5.0
_WORKERS_S = 30.0
_MUST_AGREE = (
    "drone-patrol-planner",
    "highspy",
    "numpy",
    "ortools",
    "pyvrp",
    "scipy",
)
"""A plan must not depend on where its tasks were done."""


class Cluster:
    """
    A Dask cluster; it is joined when there are tasks.

    Until then this process has no other threads, and may fork.

    Parameters
    ----------
    address
        Of a scheduler; ``local`` or ``local:N`` starts N workers on this machine.

    Raises
    ------
    MissingPartError
        If Dask is not installed, or no scheduler answers at the address.
    """

    def __init__(self, address: str) -> None:
        if find_spec("distributed") is None:
            raise MissingPartError(
                "Dask is not installed: pip install 'drone-patrol-planner[cluster]'"
            )
        name, _, count = address.partition(":")
        self._address, self._local = address, name == _LOCAL
        if not self._local:
            _knock(address)
        elif count and not (count.isdigit() and int(count)):
            raise MissingPartError(f"{address!r}: say local or local:2")
        self._workers = int(count or _LOCAL_WORKERS) if self._local else 0
        self._client: Any = None
        self._cluster: Any = None
        self._sent: dict[str, Any] = {}

    def run(
        self,
        tasks: Sequence[Task],
        problems: Mapping[str, bytes],
        *,
        deadline: float | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> list[bytes | None]:
        """Run tasks; see `planner.runners.Runner`."""
        results: list[bytes | None] = [None] * len(tasks)
        if not tasks:
            return results
        client = self._joined()
        run = uuid.uuid4().hex
        running: dict[int, Any] = {}
        lost: dict[int, int] = {}

        def send(index: int) -> None:
            task, attempt = tasks[index], lost.get(index, 0)
            if task.problem not in self._sent:
                self._sent[task.problem] = client.scatter(problems[task.problem])
            running[index] = client.submit(
                _perform,
                run,
                task.to_bytes(),
                self._sent[task.problem],
                None if deadline is None else max(0.0, deadline - time.monotonic()),
                _versions(),
                key=f"patrol-{task.digest[:16]}-{run[:8]}-{index}-{attempt}",
            )

        for index in range(len(tasks)):
            send(index)
        try:
            while running:
                if (stop and stop()) or (deadline and time.monotonic() >= deadline):
                    break
                for index, future in list(running.items()):
                    if future.status == "pending":
                        continue
                    del running[index]
                    if future.status == "finished":
                        results[index] = future.result()
                    elif future.status == "error":
                        _raise_unless_dead(future.exception())
                    elif lost.get(index, 0) < _TRIES:
                        # The worker that held its problem died.
                        lost[index] = lost.get(index, 0) + 1
                        self._sent.pop(tasks[index].problem, None)
                        send(index)
                time.sleep(_POLL_S)
        finally:
            if running:
                client.cancel(list(running.values()))
                client.run(_halt, run, on_error="ignore")
        return results

    def close(self) -> None:
        """Leave the cluster; end it where it was started here."""
        self._sent.clear()
        for each in (self._client, self._cluster):
            if each is not None:
                each.close()
        self._client = self._cluster = None

    def _joined(self) -> Any:
        """Return the client of the cluster."""
        if self._client is None:
            dask = _dask()
            if self._local:
                self._cluster = dask.LocalCluster(
                    n_workers=self._workers,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                    preload=[__name__],
                )
            self._client = dask.Client(
                self._cluster if self._local else self._address, set_as_default=False
            )
            try:
                self._client.wait_for_workers(1, timeout=_WORKERS_S)
            except TimeoutError as error:
                raise MissingPartError(
                    f"the Dask scheduler at {self._address} has no workers: start "
                    "some with 'dask worker'"
                ) from error
        return self._client


def _dask() -> Any:
    """Return the library, which takes a second to load."""
    import distributed

    return distributed


def _knock(address: str) -> None:
    """Raise MissingPartError unless somebody listens at an address."""
    url = urlsplit(address if "://" in address else f"tcp://{address}")
    try:
        with socket.create_connection((url.hostname, url.port), _CONNECT_S):
            return
    except (OSError, ValueError) as error:
        raise MissingPartError(
            f"no Dask scheduler answers at {address}: start one with "
            "'dask scheduler' and workers with 'dask worker', or say local"
        ) from error


def _raise_unless_dead(error: BaseException) -> None:
    """Raise what a task raised; a task that killed every worker is given up."""
    if not isinstance(error, _dask().KilledWorker):
        raise error


def _versions() -> tuple[str, ...]:
    return tuple(version(name) for name in _MUST_AGREE)


# What follows runs in the workers.

_thread = threading.local()
_halted: set[str] = set()


def dask_setup(worker: Any) -> None:
    """Leave Ctrl-C, which a terminal sends to all of a group, to who started us."""
    del worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _perform(
    run: str,
    task: bytes,
    problem: bytes,
    limit_s: float | None,
    versions: tuple[str, ...],
) -> bytes | None:
    """Do a task in the child of this worker thread."""
    if tuple(versions) != _versions():
        raise MissingPartError(
            f"a worker has other versions of {', '.join(_MUST_AGREE)}: "
            f"{', '.join(_versions())} instead of {', '.join(versions)}"
        )
    if not hasattr(_thread, "child"):
        _thread.child = Child()
    child: Child = _thread.child
    return child.ask(task, problem, limit_s=limit_s, stopped=lambda: run in _halted)


def _halt(run: str) -> None:
    """End what still runs of a run."""
    _halted.add(run)
