"""Find where paths come nearest to closures, and where too near."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.basics.clock import Span
from planner.basics.geometry import FloatArray
from planner.checks.case import LENGTH_TOLERANCE_M, Case
from planner.flown.segments import Segments
from planner.flown.tracks import pieces_of_path
from planner.scenario import Airspace

_NEAR_M = 2_000.0
"""Margins are measured this far from a closure with a schedule [m]."""

_FIRST_M = 60.0
"""What is nearest is sought this far off first, lest all be measured [m]."""

Approach = tuple[int, int, float, float | None]
"""Numbers of a closure and of a piece, how far apart [m], and when, if it matters."""


def approaches(
    case: Case,
    pieces: Segments,
    closures: tuple[Airspace, ...],
    tree: shapely.STRtree,
) -> list[Approach]:
    """
    Return the pieces that are nearer to closures than allowed, and the nearest.

    That is one of all closures without a schedule, and one of each that has one.

    Parameters
    ----------
    tree
        Of the pieces.

    Returns
    -------
    list of Approach
        Closure by closure; none where no closure binds a piece.
    """
    rules = case.scenario.rules
    climbing, descending = (
        np.array([s.id in rules.station_waivers for s in at], dtype=bool)[pieces.route]
        for at in zip(*((f.station, f.lands_at) for f in case.routes), strict=True)
    )
    waived = climbing & (pieces.za < pieces.zb) | descending & (pieces.za > pieces.zb)
    least_m = rules.clearance_m - LENGTH_TOLERANCE_M
    return sorted(
        [
            *_always(pieces, ~waived, closures, least_m),
            *_at_times(case, pieces, ~waived, closures, least_m, tree),
        ]
    )


def _always(
    pieces: Segments,
    counts: NDArray[np.bool_],
    closures: tuple[Airspace, ...],
    least_m: float,
) -> Iterator[Approach]:
    """Yield the nearest to closures without a schedule, and all that is too near."""
    bottoms, tops = _heights(pieces)
    flown = np.unique(np.column_stack([bottoms, tops])[counts], axis=0).T
    numbers = [
        c
        for c, closure in enumerate(closures)
        if closure.schedule is None and _binds(flown[0], flown[1], closure).any()
    ]
    if not numbers:
        return
    shapes = np.array([closures[c].geometry for c in numbers], dtype=object)
    limits_m = np.array([(closures[c].lower_m, closures[c].upper_m) for c in numbers])
    index = np.flatnonzero(counts)
    tree = shapely.STRtree(pieces.shapes[index])
    reach_m = max(_FIRST_M, 2 * least_m)
    while True:
        c, i = tree.query(shapes, "dwithin", reach_m)
        i = index[i]
        lower_m, upper_m = limits_m[c].T
        binds = (bottoms[i] <= upper_m) & (tops[i] >= lower_m)
        if binds.any():
            break
        reach_m *= 2
    order = np.lexsort((i[binds], c[binds]))
    c, i = c[binds][order], i[binds][order]
    distance_m = shapely.distance(shapes[c], pieces.shapes[i])
    for k in {int(np.argmin(distance_m)), *np.flatnonzero(distance_m < least_m)}:
        yield numbers[c[k]], int(i[k]), float(distance_m[k]), None


def _at_times(
    case: Case,
    pieces: Segments,
    counts: NDArray[np.bool_],
    closures: tuple[Airspace, ...],
    least_m: float,
    tree: shapely.STRtree,
) -> Iterator[Approach]:
    """Yield the same of closures with a schedule, of what is flown while they hold."""
    bottoms, tops = _heights(pieces)
    for c, closure in enumerate(closures):
        if closure.schedule is None:
            continue
        near = np.sort(tree.query(closure.geometry, "dwithin", _NEAR_M))
        near = near[counts[near] & _binds(bottoms[near], tops[near], closure)]
        index, parts, moments = _parts_flown(case, pieces, near, closure)
        distance_m = shapely.distance(closure.geometry, parts)
        if not len(index):
            continue
        bad = np.flatnonzero(distance_m < least_m)
        for k in {int(np.argmin(distance_m)), *bad.tolist()}:
            yield c, int(index[k]), float(distance_m[k]), float(moments[k])


def _heights(pieces: Segments) -> tuple[FloatArray, FloatArray]:
    """Return the lowest and the highest of each piece [m]."""
    return np.minimum(pieces.za, pieces.zb), np.maximum(pieces.za, pieces.zb)


def _binds(
    bottoms: FloatArray, tops: FloatArray, closure: Airspace
) -> NDArray[np.bool_]:
    """Whether a closure is closed at the heights of pieces; limits are."""
    binds: NDArray[np.bool_] = bottoms <= closure.upper_m
    return binds & (tops >= closure.lower_m)


def _parts_flown(
    case: Case, pieces: Segments, near: NDArray[np.int64], closure: Airspace
) -> tuple[NDArray[np.int64], NDArray[np.object_], FloatArray]:
    """
    Return what of some pieces is flown while a closure holds.

    Index of the piece, the part flown then, and when the part begins.
    """
    windows: tuple[Span, ...] = case.scenario.horizon.windows(closure.schedule or ())
    found: list[tuple[int, FloatArray, float]] = []
    for i in near:
        takeoffs = case.routes[pieces.route[i]].takeoffs
        ta, tb = pieces.ta[i], pieces.tb[i]
        span_s = max(tb - ta, 1e-9)
        for start, end in windows:
            low = np.maximum(start - takeoffs, ta)
            high = np.minimum(end - takeoffs, tb)
            for k in np.flatnonzero(low <= high):
                shares = (np.array([low[k], high[k]]) - ta) / span_s
                part = pieces.a[i] + shares[:, None] * (pieces.b[i] - pieces.a[i])
                found.append((int(i), part, float(takeoffs[k] + low[k])))
    if not found:
        none = np.empty(0)
        return none.astype(np.int64), none.astype(object), none
    return (
        np.array([i for i, _, _ in found]),
        pieces_of_path(
            np.array([part[0] for _, part, _ in found]),
            np.array([part[1] for _, part, _ in found]),
        ),
        np.array([moment for _, _, moment in found]),
    )
