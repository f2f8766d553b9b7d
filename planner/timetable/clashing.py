"""
Tell which clocks of two routes of a station clash.

A *move* is a take-off or a landing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planner.basics.clock import Span
from planner.basics.spells import WholeSpan
from planner.timetable.phases import TIME_TOLERANCE_S, BoolArray
from planner.timetable.rhythm import Rhythm


def clashes(a: Rhythm, b: Rhythm, launch_spacing_s: float) -> list[WholeSpan]:
    """
    Return the shifts at which sorties of two routes clash at a station of both.

    Moves closer than the launch spacing clash, and so do two drones in the column
    at once.

    Returns
    -------
    list of (int, int)
        Closed spans of the take-off of b minus the take-off of a [s].
    """
    spans = []
    for one, other in itertools.product(a.calls, b.calls):
        if one.station != other.station:
            continue
        for move_a, move_b in itertools.product(one.moves_s, other.moves_s):
            middle = move_a - move_b
            # Exactly the spacing apart is far enough.
            spans.append(
                (
                    math.floor(middle - launch_spacing_s + TIME_TOLERANCE_S) + 1,
                    math.ceil(middle + launch_spacing_s - TIME_TOLERANCE_S) - 1,
                )
            )
        for low_a, high_a in one.columns:
            for low_b, high_b in other.columns:
                spans.append((math.floor(low_a - high_b), math.ceil(high_a - low_b)))
    return [span for span in spans if span[0] <= span[1]]


def clash_mask(a: Rhythm, b: Rhythm, shifts: Sequence[WholeSpan]) -> BoolArray:
    """
    Return which differences of two phases bring sorties to forbidden shifts.

    Returns
    -------
    ndarray of bool
        At index ``d + a.headway_s - 1`` for ``d = phase_b - phase_a``, from
        ``1 - a.headway_s`` to ``b.headway_s - 1``.
    """
    length = a.headway_s + b.headway_s - 1
    counts = np.zeros(length + 1, dtype=np.int64)
    if not shifts:
        return counts[:-1] > 0
    starts_a, starts_b = _starts(a), _starts(b)
    offsets = np.unique(np.subtract.outer(starts_b, starts_a))
    low = np.array([s[0] for s in shifts])[:, None] - offsets + (a.headway_s - 1)
    high = np.array([s[1] for s in shifts])[:, None] - offsets + (a.headway_s - 1)
    hit = (low < length) & (high >= 0)
    np.add.at(counts, np.maximum(low[hit], 0), 1)
    np.add.at(counts, np.minimum(high[hit] + 1, length), -1)
    return np.cumsum(counts)[:-1] > 0


def kept_clear(
    ours: Rhythm, other: Rhythm, phase_s: int, spans: Sequence[Span]
) -> Rhythm:
    """Return a rhythm without the phases that meet a route whose clock is fixed."""
    shifts = [(math.ceil(low), math.floor(high)) for low, high in spans]
    first = other.headway_s - 1 - phase_s
    meets = clash_mask(other, ours, shifts)[first : first + ours.headway_s]
    return replace(ours, allowed=ours.allowed & ~meets)


def _starts(rhythm: Rhythm) -> NDArray[np.int64]:
    """Return each ``k * headway`` whose sortie is flown at some phase."""
    h = rhythm.headway_s
    ks = {k for first, last in rhythm.flown for k in range(first // h, last // h + 1)}
    return np.array(sorted(ks), dtype=np.int64) * h
