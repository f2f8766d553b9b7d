"""Turn the first Ctrl-C or SIGTERM into a request, and the second into an end."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from planner.errors import EXIT_NO_PLAN

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_STDERR = 2


@contextmanager
def polite_stop(notice: str) -> Iterator[Callable[[], bool]]:
    """
    Yield a function that tells whether somebody asked to stop.

    Handlers are set even where SIGINT is ignored, as in a background job of a
    shell. The second signal ends the process and its workers at once.

    Parameters
    ----------
    notice
        Line for standard error at the first signal, written past Python's
        buffers, because the signal may have interrupted a writer of them.
    """
    asked = False

    def handler(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            for child in multiprocessing.active_children():
                child.kill()
            os._exit(EXIT_NO_PLAN)
        asked = True
        os.write(_STDERR, f"{notice}\n".encode())

    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield lambda: asked
    finally:
        for number, old in before.items():
            signal.signal(number, old)
