"""Find where a path changes heading, and where it turns back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from planner.basics.geometry import FloatArray

_STRAIGHT_DEG = 2.0
_REVERSAL_DEG = 30.0
_SHIFT_SPACINGS = 3.0
_SAME_PLACE_M = 1e-2


def corners(xy: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the places where a path changes heading, arrival and departure."""
    places, arrive, leave = [xy[0]], [t[0]], [t[0]]
    for place, time in zip(xy[1:], t[1:], strict=True):
        if np.hypot(*(place - places[-1])) < _SAME_PLACE_M:
            leave[-1] = time
            continue
        if len(places) > 1 and leave[-1] == arrive[-1]:
            old, new = places[-1] - places[-2], place - places[-1]
            angle = np.degrees(np.arctan2(old[0] * new[1] - old[1] * new[0], old @ new))
            if abs(angle) < _STRAIGHT_DEG:
                del places[-1], arrive[-1], leave[-1]
        places.append(place)
        arrive.append(time)
        leave.append(time)
    return np.array(places), np.array(arrive), np.array(leave)


def turns_back(legs: FloatArray, lane_spacing_m: float) -> Iterator[tuple[int, int]]:
    """
    Yield the first and the last corner of each turn from one lane into the next.

    Two changes of heading that together reverse it, with a short leg between,
    are one turn; so is one change that reverses it by itself.

    Parameters
    ----------
    legs
        From corner to corner, shape (n, 2); leg ``i`` ends at corner ``i + 1``,
        which is yielded as ``i + 1``.
    """
    heading = np.degrees(np.arctan2(legs[:, 1], legs[:, 0]))
    short = np.hypot(*legs.T) < _SHIFT_SPACINGS * lane_spacing_m
    for i in range(1, len(legs)):
        if _reverses(heading[i - 1], heading[i]):
            yield i, i
        elif (
            i + 1 < len(legs) and short[i] and _reverses(heading[i - 1], heading[i + 1])
        ):
            yield i, i + 1


def _reverses(one_deg: float, other_deg: float) -> bool:
    """Whether two headings are opposite, but for a little."""
    return abs((one_deg - other_deg) % 360 - 180) <= _REVERSAL_DEG
