"""
Separation: any two drones in the air keep apart, at every moment.

Continuous time: over the time that two straight pieces are flown together, the
squared horizontal distance is a quadratic and the vertical one is linear, so
the closest approach has a closed form. Two routes repeat themselves: only how
much later one takes off than the other matters, and there are few such shifts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray
from planner.checks.case import LENGTH_TOLERANCE_M, TIME_TOLERANCE_S, Case
from planner.checks.verdict import Gauge
from planner.flown.segments import Segments, segments_of
from planner.flown.tracks import FlownRoute, disc_spans, merged, takeoffs_within
from planner.scenario import Station

IntArray = NDArray[np.int64]

_BEYOND_M = 50.0
"""Margins are measured this far beyond the horizontal minimum [m]."""

_CHUNK = 400_000
_SHIFT_DECIMALS = 6


class Approach(NamedTuple):
    """Closest approaches: distances [m], and when, from the first one's take-off."""

    distance_m: FloatArray
    at_s: FloatArray


def separation(case: Case, gauge: Gauge) -> None:
    """Measure the closest approach of any two drones, and who moves in columns."""
    if not case.routes:
        return
    _measure_pairs(case, segments_of(case.routes), gauge)
    columns: dict[Station, list[FlownRoute]] = defaultdict(list)
    for flown in case.routes:
        for station in flown.stations:
            columns[station].append(flown)
    for station, routes in columns.items():
        _measure_column(case, station, routes, gauge)


def closest_approach(
    pieces: Segments, i: IntArray, j: IntArray, shift_s: FloatArray, vertical_m: float
) -> Approach:
    """
    Return the least horizontal distance while two drones are vertically close.

    Parameters
    ----------
    i, j
        Indices of the pieces flown, shape (n,).
    shift_s
        How much later the route of ``j`` takes off than that of ``i``.
    vertical_m
        Only moments with less than this between the heights count.

    Returns
    -------
    Approach
        Infinite distances where no moment counts.
    """
    start_s = np.maximum(pieces.ta[i], pieces.ta[j] + shift_s)
    length_s = np.minimum(pieces.tb[i], pieces.tb[j] + shift_s) - start_s
    first, first_v, first_z, first_w = _moving(pieces, i, start_s)
    other, other_v, other_z, other_w = _moving(pieces, j, start_s - shift_s)
    gap, drift = first - other, first_v - other_v
    rise, climb = first_z - other_z, first_w - other_w
    steady = np.abs(climb) < 1e-12
    rate = np.where(steady, 1.0, climb)
    edges = np.stack([(-vertical_m - rise) / rate, (vertical_m - rise) / rate])
    low = np.where(steady, 0.0, np.maximum(edges.min(axis=0), 0.0))
    high = np.where(steady, length_s, np.minimum(edges.max(axis=0), length_s))
    counts = np.where(steady, np.abs(rise) < vertical_m, True) & (low <= high)
    speed2 = np.einsum("ij,ij->i", drift, drift)
    towards = -np.einsum("ij,ij->i", gap, drift)
    at = np.clip(towards / np.where(speed2 > 1e-18, speed2, 1.0), low, high)
    nearest = gap + drift * at[:, None]
    return Approach(
        np.where(counts, np.hypot(nearest[:, 0], nearest[:, 1]), np.inf), start_s + at
    )


def _moving(
    pieces: Segments, i: IntArray, at_s: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return place, velocity, height and climb rate on pieces at a moment."""
    span_s = pieces.tb[i] - pieces.ta[i]
    per_s = np.where(span_s > 0, 1 / np.where(span_s > 0, span_s, 1.0), 0.0)
    velocity = (pieces.b[i] - pieces.a[i]) * per_s[:, None]
    climb = (pieces.zb[i] - pieces.za[i]) * per_s
    since = at_s - pieces.ta[i]
    return (
        pieces.a[i] + velocity * since[:, None],
        velocity,
        pieces.za[i] + climb * since,
        climb,
    )


def _measure_pairs(case: Case, pieces: Segments, gauge: Gauge) -> None:
    """Measure the closest approach of each two routes that come near."""
    rules = case.scenario.rules
    horizontal_m = rules.separation_horizontal_m
    vertical_m = rules.separation_vertical_m - LENGTH_TOLERANCE_M
    i, j = _near_pieces(pieces, horizontal_m + _BEYOND_M, vertical_m)
    if not len(i):
        return
    keys, pair = np.unique(
        pieces.route[i] * len(case.routes) + pieces.route[j], return_inverse=True
    )
    pairs = [divmod(int(key), len(case.routes)) for key in keys]
    best = np.full(len(pairs), np.inf)
    best_at, best_shift = np.zeros(len(pairs)), np.zeros(len(pairs))
    for rows, shift_s in _together(case.routes, pieces, pairs, i, j, pair):
        distance_m, at_s = closest_approach(
            pieces, i[rows], j[rows], shift_s, vertical_m
        )
        order = np.lexsort((distance_m, pair[rows]))
        seen, first = np.unique(pair[rows][order], return_index=True)
        first = order[first]
        closer = distance_m[first] < best[seen]
        seen, first = seen[closer], first[closer]
        best[seen] = distance_m[first]
        best_at[seen], best_shift[seen] = at_s[first], shift_s[first]
    for k in np.flatnonzero(np.isfinite(best)):
        one, other = (case.routes[r] for r in pairs[k])
        i, j = takeoffs_within(one, other, best_shift[k], best_shift[k])
        apart = other.takeoffs[j] - one.takeoffs[i] - best_shift[k]
        starts = one.takeoffs[i[np.abs(apart) < 10.0**-_SHIFT_DECIMALS]]
        moment = case.clock(float(starts[0]) + best_at[k]) if len(starts) else "-"
        gauge.measure(
            "separation.distance",
            f"{one.route.id} {other.route.id} {moment}",
            float(best[k]),
            horizontal_m,
            float(best[k]) - horizontal_m,
            "m",
            tolerance=LENGTH_TOLERANCE_M,
            scale=max(horizontal_m, 1.0),
        )


def _near_pieces(
    pieces: Segments, reach_m: float, vertical_m: float
) -> tuple[IntArray, IntArray]:
    """
    Return the pairs of pieces that come near in space, whenever flown.

    Each pair of pieces of two routes once, the first one's route before the
    other's; pieces of one route in both orders, since either drone may be first.
    """
    level = pieces.za == pieces.zb
    found = [np.empty((2, 0), dtype=np.int64)]

    def look(one: IntArray, other: IntArray) -> None:
        tree = shapely.STRtree(pieces.shapes[other])
        near = tree.query(pieces.shapes[one], predicate="dwithin", distance=reach_m)
        near = np.stack([one[near[0]], other[near[1]]])
        found.append(near)
        if one is not other:
            found.append(near[::-1])

    heights, layer = np.unique(pieces.za[level], return_inverse=True)
    layers = [np.flatnonzero(level)[layer == k] for k in range(len(heights))]
    for k, m in combinations_with_replacement(range(len(heights)), 2):
        if heights[m] - heights[k] < vertical_m:
            look(layers[k], layers[m])
    upright, steady = np.flatnonzero(~level), np.flatnonzero(level)
    if len(upright):
        look(upright, upright)
        if len(steady):
            look(upright, steady)
    i, j = np.concatenate(found, axis=1)
    kept = pieces.route[i] <= pieces.route[j]
    return i[kept], j[kept]


def _together(
    routes: tuple[FlownRoute, ...],
    pieces: Segments,
    pairs: list[tuple[int, int]],
    i: IntArray,
    j: IntArray,
    pair: IntArray,
) -> Iterator[tuple[IntArray, FloatArray]]:
    """
    Yield which pairs of pieces are flown at the same time, and with what shift.

    Rows of ``i`` and ``j``, once for each shift between take-offs in the roster
    for which the two overlap in time; in chunks.
    """
    shifts = [_shifts(routes[a], routes[b], same=a == b) for a, b in pairs]
    # All shifts in one sorted list: those of one pair lie round its own number.
    room_s = 4 * max(float(np.ptp(f.t)) for f in routes) + 1.0
    owner = np.repeat(np.arange(len(pairs)), [len(s) for s in shifts])
    shift_s = np.concatenate(shifts)
    line = owner * room_s + shift_s
    first = np.searchsorted(line, pair * room_s + pieces.ta[i] - pieces.tb[j], "left")
    last = np.searchsorted(line, pair * room_s + pieces.tb[i] - pieces.ta[j], "right")
    count = np.maximum(last - first, 0)
    rows = np.flatnonzero(count)
    bounds = np.searchsorted(
        np.cumsum(count[rows]), np.arange(_CHUNK, count.sum() + _CHUNK, _CHUNK)
    )
    for chunk in np.split(rows, np.unique(bounds)):
        if not len(chunk):
            continue
        repeated = np.repeat(chunk, count[chunk])
        within = np.arange(len(repeated)) - np.repeat(
            np.cumsum(count[chunk]) - count[chunk], count[chunk]
        )
        yield repeated, shift_s[first[repeated] + within]


def _shifts(one: FlownRoute, other: FlownRoute, *, same: bool) -> FloatArray:
    """Return how much later another route takes off, where flights overlap [s]."""
    lasts_s, other_lasts_s = float(np.ptp(one.t)), float(np.ptp(other.t))
    i, j = takeoffs_within(one, other, -other_lasts_s, lasts_s)
    if same:
        # Of two sorties of one route the later one is the other.
        i, j = i[j > i], j[j > i]
    apart = other.takeoffs[j] - one.takeoffs[i]
    overlap = (apart <= lasts_s) & (-apart <= other_lasts_s)
    return np.unique(np.round(apart[overlap], _SHIFT_DECIMALS))


def _measure_column(
    case: Case, station: Station, routes: list[FlownRoute], gauge: Gauge
) -> None:
    """Measure the time between drones that move in the column of their station."""
    rules = case.scenario.rules
    radius_m = rules.column_radius_m - LENGTH_TOLERANCE_M
    centre = np.array([station.point.x, station.point.y])
    spans: list[FloatArray] = []
    for flown in routes:
        low, high = disc_spans(flown.xy[:-1], flown.xy[1:], centre, radius_m)
        inside = low < high
        took = np.diff(flown.t)[inside]
        starts = flown.t[:-1][inside]
        own = merged(
            starts + low[inside] * took, starts + high[inside] * took, TIME_TOLERANCE_S
        )
        spans.append((flown.takeoffs[:, None, None] + own).reshape(-1, 2))
    owner = np.repeat(np.arange(len(routes)), [len(s) for s in spans])
    moves = np.vstack(spans)
    if len(moves) < 2:
        return
    order = np.argsort(moves[:, 0], kind="stable")
    moves, owner = moves[order], owner[order]
    free_s = np.maximum.accumulate(moves[:, 1])[:-1]
    spare_s = moves[1:, 0] - free_s
    late = np.flatnonzero(spare_s < -TIME_TOLERANCE_S)
    for k in {int(np.argmin(spare_s)), *late.tolist()}:
        gauge.measure(
            "separation.column",
            f"{station.id} {routes[owner[k + 1]].route.id} "
            f"{case.clock(moves[k + 1, 0])}",
            float(moves[k + 1, 0]),
            float(free_s[k]),
            float(spare_s[k]),
            "s",
            tolerance=TIME_TOLERANCE_S,
            scale=max(rules.launch_spacing_s, 1.0),
        )
