"""Find the soonest start at which a flight to an incident, and home, meets nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.basics.clock import Span, joined
from planner.basics.geometry import FloatArray
from planner.flown.tracks import merged

_TOUCH_S = -1e-9
"""Two stretches that only touch leave a moment free between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """
    What is asked of a flight to an incident and home.

    Parameters
    ----------
    starts
        When it may start, closed spans [s from the start of the horizon].
    stays
        When one may be over the place.
    homes
        When it may leave from there for home.
    over_s
        From its start until it is overhead.
    stay_s
        How long it has to be there at least.
    lasts_s
        From its start until it has to leave for home, at most.
    until_s
        By when it has to leave for home.
    """

    starts: Sequence[Span]
    stays: Sequence[Span]
    homes: Sequence[Span]
    over_s: float
    stay_s: float
    lasts_s: float = float("inf")
    until_s: float = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """
    A flight that meets nobody.

    Parameters
    ----------
    start_s
        The soonest start [s from the start of the horizon].
    holds_until_s
        The latest start at which that still holds, all of it later by as much.
    homes
        When it may leave for home.
    """

    start_s: float
    holds_until_s: float
    homes: tuple[Span, ...]


def soonest(asked: Asked) -> Passage | None:
    """
    Return the soonest passage, or None.

    For each stretch of time in which it may be overhead and leave for home, the
    starts that lead there are one stretch, with ends in closed form.

    Examples
    --------
    >>> soonest(
    ...     Asked(
    ...         starts=[(0, 5), (30, 90)],
    ...         stays=[(0, 60), (100, 400)],
    ...         homes=[(0, 500)],
    ...         over_s=50,
    ...         stay_s=20,
    ...         lasts_s=200,
    ...     )
    ... )
    Passage(start_s=50, holds_until_s=90, homes=((120, 250),))
    """
    if asked.over_s + asked.stay_s > asked.lasts_s:
        return None
    able = []
    for begin_s, end_s in asked.stays:
        for low_s, high_s in asked.homes:
            last_s = min(high_s, end_s, asked.until_s)
            if low_s > last_s:
                continue
            first = max(begin_s - asked.over_s, low_s - asked.lasts_s)
            last = last_s - asked.stay_s - asked.over_s
            if first <= last:
                able.append((first, last))
    starts = common(asked.starts, joined(able))
    if not starts:
        return None
    start_s, holds_until_s = starts[0]
    there_s = start_s + asked.over_s
    leaves_by_s = min(start_s + asked.lasts_s, asked.until_s)
    homes = [
        (max(low_s, there_s + asked.stay_s), min(high_s, leaves_by_s))
        for low_s, high_s in common(
            [span for span in asked.stays if span[0] <= there_s <= span[1]],
            asked.homes,
        )
    ]
    return Passage(
        start_s=start_s,
        holds_until_s=holds_until_s,
        homes=tuple((low, high) for low, high in homes if low <= high),
    )


def free(taken: FloatArray, within: Span) -> list[Span]:
    """
    Return what open spans leave of a stretch of time, as closed spans.

    Parameters
    ----------
    taken
        Shape (k, 2), in any order.

    Examples
    --------
    >>> import numpy as np
    >>> free(np.array([[4.0, 6.0], [2.0, 4.0], [9.0, 12.0]]), (3.0, 10.0))
    [(4.0, 4.0), (6.0, 9.0)]
    """
    found = []
    low, end = within
    for first, last in merged(taken[:, 0], taken[:, 1], _TOUCH_S).tolist():
        if last <= low:
            continue
        if first >= end:
            break
        if first >= low:
            found.append((low, first))
        low = last
    if low <= end:
        found.append((low, end))
    return found


def common(some: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """
    Return what two sets of closed spans have in common, sorted; moments too.

    Examples
    --------
    >>> common([(0, 4), (6, 9)], [(4, 7)])
    [(4, 4), (6, 7)]
    """
    both = [(max(a, c), min(b, d)) for a, b in some for c, d in others]
    return sorted((low, high) for low, high in both if low <= high)
