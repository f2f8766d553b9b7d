"""End a search that is late, so that a run keeps its seconds where they are few."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from planner.errors import EXIT_NO_PLAN, LateError

_GRACE_S = 0.2
"""How late a plan may be before it is given up [s]."""

_CLEANING_S = 0.3
"""What then may be taken to clean up, before the process ends as it is [s]."""

_SOON_S, _NEVER_S = 1e-3, 1e8
"""What a timer takes: nothing would be no timer at all, and too much is refused [s]."""


@contextmanager
def deadline(due_s: float | None, notice: str) -> Iterator[None]:
    """
    Raise from what runs within once it is late; its children end at once.

    A search keeps its time by itself. This is for a scenario of which the preparing
    alone takes longer than that.

    Parameters
    ----------
    due_s
        By `time.monotonic`; never if None.
    notice
        Line for standard error where cleaning up takes too long as well.

    Raises
    ------
    LateError
        When time is over.
    """
    if due_s is None:
        yield
        return
    over = False

    def handler(number: int, frame: FrameType | None) -> None:
        nonlocal over
        for child in multiprocessing.active_children():
            child.kill()
        if over:
            os.write(2, f"{notice}\n".encode())
            os._exit(EXIT_NO_PLAN)
        over = True
        signal.setitimer(signal.ITIMER_REAL, _CLEANING_S)
        raise LateError

    before = signal.signal(signal.SIGALRM, handler)
    left_s = due_s + _GRACE_S - time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, min(max(left_s, _SOON_S), _NEVER_S))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
