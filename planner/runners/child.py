"""
Keep a child process that does one task after another, and can be ended at any time.

A thread cannot be ended, and a worker of a cluster is often a thread: so each has
such a child. It is fed and answers in bytes, by its standard input and output.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable
from typing import IO

_POLL_S = 0.1
_TRIES = 2
_PROBLEMS_KEPT = 32
_LENGTH = 8
_PR_SET_PDEATHSIG = 1


class Child:
    """A child process that is started when it is needed, and again where it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def ask(
        self,
        task: bytes,
        problem: bytes,
        *,
        limit_s: float | None,
        stopped: Callable[[], bool],
    ) -> bytes | None:
        """
        Return the result of a task, None where it was ended.

        Parameters
        ----------
        limit_s
            How long it may take; None reads no clock.
        stopped
            Polled while waiting.

        Raises
        ------
        RuntimeError
            If the task raises, with what it raised.
        """
        until = None if limit_s is None else time.monotonic() + limit_s
        for _ in range(_TRIES):
            process = self._process = self._process or _started()
            with contextlib.suppress(BrokenPipeError, EOFError):
                assert process.stdin and process.stdout
                for part in (task, problem):
                    _send(process.stdin, part)
                while not select.select([process.stdout], [], [], _POLL_S)[0]:
                    if stopped() or (until is not None and time.monotonic() >= until):
                        self.end()
                        return None
                fault, result = (_receive(process.stdout) for _ in range(2))
                if fault:
                    raise RuntimeError(f"a task failed:\n{fault.decode()}")
                return result
            self.end()
        return None

    def end(self) -> None:
        """End the child, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _started() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", __name__, str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # What a terminal sends to a group is for the one who asked.
        start_new_session=True,
    )


def _send(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(len(data).to_bytes(_LENGTH, "big") + data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes:
    """Return what was sent; EOFError where the other end is gone."""
    size = pipe.read(_LENGTH)
    data = pipe.read(int.from_bytes(size, "big")) if len(size) == _LENGTH else None
    if data is None or len(data) < int.from_bytes(size, "big"):
        raise EOFError
    return data


def _serve() -> None:
    """Do tasks until nobody asks any more."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):  # who asked died before that
        return
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    from planner.problem import Problem
    from planner.runners.task import Task, digest
    from planner.runners.wire import problem_from_bytes
    from planner.runners.work import answer

    known: OrderedDict[str, Problem] = OrderedDict()
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            task, problem = (_receive(asked) for _ in range(2))
            fault, result = b"", b""
            try:
                key = digest(problem)
                if key not in known:
                    known[key] = problem_from_bytes(problem)
                known.move_to_end(key)
                if len(known) > _PROBLEMS_KEPT:
                    known.popitem(last=False)
                result = answer(Task.from_bytes(task), known[key])
            except Exception:
                fault = traceback.format_exc().encode()
            _send(answers, fault)
            _send(answers, result)


if __name__ == "__main__":
    _serve()
