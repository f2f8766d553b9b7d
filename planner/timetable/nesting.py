"""Find headways that nest: each a whole multiple of the next shorter one."""

from __future__ import annotations

import math
from collections.abc import Sequence

_MOST = 4


def nestings(
    headways_s: Sequence[float], busy_s: Sequence[float]
) -> list[tuple[int, ...]]:
    """
    Return how many beats each headway may be, ways that take least drones first.

    A beat is as long as no headway gets longer for it. It is the shortest headway
    itself, or goes whole into some other.

    Parameters
    ----------
    busy_s
        That each sortie takes a drone.

    Examples
    --------
    >>> nestings([50.0, 65.0, 120.0], [20.0, 20.0, 20.0])
    [(1, 1, 2), (1, 2, 4)]
    """
    now = sorted(set(headways_s))
    beats_s = {now[0]} | {h / math.ceil(h / now[0]) for h in now}
    chains = [_chain(now, beat_s) for beat_s in beats_s]
    ways = {tuple(chain[h] for h in headways_s) for chain in chains}

    def drones(times: tuple[int, ...]) -> float:
        beat_s = min(h / n for h, n in zip(headways_s, times, strict=True))
        return sum(b / n for b, n in zip(busy_s, times, strict=True)) / beat_s

    return sorted(ways, key=lambda times: (drones(times), times))[:_MOST]


def _chain(headways_s: Sequence[float], beat_s: float) -> dict[float, int]:
    """Return by headway the most beats that are a multiple of those before."""
    times: dict[float, int] = {}
    before = 1
    for headway_s in headways_s:
        before *= max(1, int(headway_s / (before * beat_s) + 1e-9))
        times[headway_s] = before
    return times
