"""Share out the time for bounds, and stop when it is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

_POLL_S = 0.05

_LEANING = 0.5
"""What of the time of a turn goes to leaning; the proof takes the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """
    How long to look for worths.

    Parameters
    ----------
    seconds
        Wall time; ignored where ``rounds`` is given.
    rounds
        Of each search: no clock is read.
    """

    seconds: float = 0.0
    rounds: int | None = None


class Turn:
    """
    Tells one search when its share of an effort is spent.

    Parameters
    ----------
    halted
        Whether all searches are to end, shape (1,).
    seconds, rounds
        The share; one of them.
    """

    def __init__(
        self,
        halted: np.ndarray,
        *,
        seconds: float | None = None,
        rounds: int | None = None,
    ) -> None:
        self.halted = halted
        self._rounds = rounds
        self._done = 0
        self._seconds = seconds or 0.0
        self._began_s = time.monotonic() if rounds is None else 0.0

    def over(self) -> bool:
        """Whether the turn is spent; asked once a round."""
        if self.halted[0]:
            return True
        self._done += 1
        if self._rounds is not None:
            return self._done > self._rounds
        return time.monotonic() - self._began_s > self._seconds


def turns(
    halted: np.ndarray, left: Effort, sizes: Sequence[float], *, at_once: int = 1
) -> Iterator[Turn]:
    """
    Yield the turns of searches, by their sizes, so many at once.

    What time one does not need is left to those after it; all have the same rounds.
    """
    ends_s = 0.0 if left.rounds is not None else time.monotonic() + left.seconds
    for k, size in enumerate(sizes):
        if left.rounds is not None:
            yield Turn(halted, rounds=left.rounds)
        else:
            left_s = max(0.0, ends_s - time.monotonic())
            mine_s = left_s * min(1.0, at_once * size / sum(sizes[k:]))
            yield Turn(halted, seconds=_LEANING * mine_s)


@contextmanager
def halting(seconds: float | None, stop: Callable[[], bool]) -> Iterator[np.ndarray]:
    """
    Yield what becomes true once a time is over, or ``stop`` says so, shape (1,).

    Compiled code polls it.
    """
    halted = np.zeros(1, dtype=np.int8)
    done = threading.Event()
    began_s = 0.0 if seconds is None else time.monotonic()

    def watch() -> None:
        while not done.wait(_POLL_S):
            over = seconds is not None and time.monotonic() - began_s > seconds
            if over or stop():
                halted[0] = 1
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield halted
    finally:
        done.set()
        watcher.join()
