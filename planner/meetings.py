"""
Recompute from flown paths at which shifts two routes come too close.

A *shift* is how much later one route takes off than another. While two straight even
moves last, the shifts at which the drones are closer than both minima are one
interval with ends in closed form: nothing is sampled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.flown import FlownRoute, disc_spans, merged
from planner.geometry import FloatArray
from planner.scenario import Rules
from planner.segments import Segments, segments_of

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

ROUNDING_M = 1e-3
"""Distances less than this below a minimum keep it, as in the checker [m]."""

_CUT_S = 1e-6
_STILL = 1e-12
_CHUNK = 500_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Meetings:
    """
    When routes come too close, by pair of their indices, the smaller one first.

    Parameters
    ----------
    flown
        Closed spans of shifts [s], sorted and disjoint, shape (k, 2), at the heights
        at which the routes are flown; a route may meet itself.
    level
        The same of different routes, were all flown at one height.
    """

    flown: dict[tuple[int, int], FloatArray]
    level: dict[tuple[int, int], FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Encounters:
    """
    Pieces of routes that come too close at some shifts.

    Parameters
    ----------
    routes
        With a vertex wherever they cross their own column.
    pieces
        Of all of them, one route after the other.
    i, j
        Indices of two pieces, shape (n,); the route of the first is not behind that
        of the second. Pieces of one route stand in both orders.
    low_s, high_s
        Least and greatest shift at which they are too close, shape (n,).
    """

    routes: tuple[FlownRoute, ...]
    pieces: Segments
    i: IntArray
    j: IntArray
    low_s: FloatArray
    high_s: FloatArray


def find_meetings(routes: Sequence[FlownRoute], rules: Rules) -> Meetings:
    """
    Return when any two routes come too close.

    What two routes of one station do inside its column is left out where one of them
    is taking off: it waits on its pad until the column is free. At one height it is
    left out altogether, since one moves there at a time.
    """
    if not routes:
        return Meetings(flown={}, level={})
    near = _near_pieces(routes, rules)
    flown = _encounters(near, rules)
    level = near.pieces.za == near.pieces.zb
    routes_of = near.pieces.route
    kept = level[near.i] & level[near.j] & ~near.both_in
    kept &= routes_of[near.i] < routes_of[near.j]
    flat = replace(
        near,
        pieces=replace(near.pieces, za=0 * near.pieces.za, zb=0 * near.pieces.zb),
        i=near.i[kept],
        j=near.j[kept],
        both_in=near.both_in[kept],
        pad_waits=near.pad_waits[kept],
    )
    return Meetings(flown=_by_route(flown), level=_by_route(_encounters(flat, rules)))


def find_encounters(routes: Sequence[FlownRoute], rules: Rules) -> Encounters:
    """Return the pieces of routes that come too close, as `find_meetings` has it."""
    return _encounters(_near_pieces(routes, rules), rules)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Near:
    """Pieces that come near on the ground, and what they are in each other's column."""

    routes: tuple[FlownRoute, ...]
    pieces: Segments
    i: IntArray
    j: IntArray
    both_in: BoolArray
    pad_waits: BoolArray


def _near_pieces(routes: Sequence[FlownRoute], rules: Rules) -> _Near:
    """
    Return the pairs of pieces that come near on the ground, whenever flown.

    Pieces of two routes once, the first one's route before the other's; pieces of
    one route in both orders.
    """
    cut = [cut_at_column(flown, rules.column_radius_m) for flown in routes]
    pieces = segments_of([flown for flown, _ in cut])
    inside = np.concatenate([within for _, within in cut])
    leaving = np.concatenate([np.logical_and.accumulate(within) for _, within in cut])
    station = np.unique([f.station.id for f in routes], return_inverse=True)[1]
    tree = shapely.STRtree(pieces.shapes)
    i, j = tree.query(
        pieces.shapes, predicate="dwithin", distance=rules.separation_horizontal_m
    )
    kept = pieces.route[i] <= pieces.route[j]
    i, j = i[kept], j[kept]
    same = station[pieces.route[i]] == station[pieces.route[j]]
    both_in = same & inside[i] & inside[j]
    return _Near(
        routes=tuple(flown for flown, _ in cut),
        pieces=pieces,
        i=i,
        j=j,
        both_in=both_in,
        pad_waits=both_in & (leaving[i] | leaving[j]),
    )


def _encounters(near: _Near, rules: Rules) -> Encounters:
    """Return the pieces that come too close, unless one waits on its pad."""
    horizontal_m = rules.separation_horizontal_m - ROUNDING_M
    vertical_m = rules.separation_vertical_m - ROUNDING_M
    low = np.minimum(near.pieces.za, near.pieces.zb)
    high = np.maximum(near.pieces.za, near.pieces.zb)
    i, j = near.i[~near.pad_waits], near.j[~near.pad_waits]
    close = (low[i] - high[j] <= vertical_m) & (low[j] - high[i] <= vertical_m)
    i, j = i[close], j[close]
    parts = [
        meeting_shifts(
            near.pieces,
            i[first : first + _CHUNK],
            j[first : first + _CHUNK],
            horizontal_m,
            vertical_m,
        )
        for first in range(0, max(len(i), 1), _CHUNK)
    ]
    low_s, high_s = (np.concatenate(side) for side in zip(*parts, strict=True))
    meets = low_s <= high_s
    return Encounters(
        routes=near.routes,
        pieces=near.pieces,
        i=i[meets],
        j=j[meets],
        low_s=low_s[meets],
        high_s=high_s[meets],
    )


def _by_route(found: Encounters) -> dict[tuple[int, int], FloatArray]:
    """Return the spans of shifts of each two routes."""
    spans: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    for a, b, low, high in zip(
        found.pieces.route[found.i].tolist(),
        found.pieces.route[found.j].tolist(),
        found.low_s.tolist(),
        found.high_s.tolist(),
        strict=True,
    ):
        spans[a, b].append((low, high))
    return {
        pair: merged(np.array(both)[:, 0], np.array(both)[:, 1], 0.0)
        for pair, both in sorted(spans.items())
    }


def meeting_shifts(
    pieces: Segments, i: IntArray, j: IntArray, horizontal_m: float, vertical_m: float
) -> tuple[FloatArray, FloatArray]:
    """
    Return the least and greatest shift at which two pieces come too close.

    With x and y seconds into the pieces, the drones are apart by ``gap + v x - w y``
    on the ground and ``rise + p x - q y`` in height. Both within their minima is a
    convex set in the box of both durations: an ellipse (or a strip) cut by a strip.
    The shift grows with x - y, so its extremes lie on an edge of the box or of the
    strip of heights, or where the ellipse touches a line of constant x - y.

    Parameters
    ----------
    i, j
        Indices of the pieces, shape (n,).

    Returns
    -------
    low, high
        Take-off of the route of ``j`` minus that of the route of ``i`` [s], shape
        (n,); ``low > high`` where the pieces never come too close.
    """
    long_x, long_y = (pieces.tb - pieces.ta)[i], (pieces.tb - pieces.ta)[j]
    gap, rise = pieces.a[i] - pieces.a[j], pieces.za[i] - pieces.za[j]
    v, p = _rates(pieces, i)
    w, q = _rates(pieces, j)
    least, most = np.full(len(i), np.inf), np.full(len(i), -np.inf)

    def along(
        x: FloatArray,
        y: FloatArray,
        step_x: FloatArray,
        step_y: FloatArray,
        start: FloatArray,
        end: FloatArray,
    ) -> None:
        """Take in what of the line (x, y) + t (step_x, step_y) is too close."""
        start, end = _clipped(
            rise + p * x - q * y, p * step_x - q * step_y, vertical_m, start, end
        )
        start, end = _in_disc(
            gap + v * x[:, None] - w * y[:, None],
            v * step_x[:, None] - w * step_y[:, None],
            horizontal_m,
            start,
            end,
        )
        ever = start <= end
        for t in (start, end):
            shift = x - y + np.where(ever, t, 0.0) * (step_x - step_y)
            np.minimum(least, np.where(ever, shift, np.inf), out=least)
            np.maximum(most, np.where(ever, shift, -np.inf), out=most)

    none, one = np.zeros(len(i)), np.ones(len(i))
    for x in (none, long_x):
        along(x, none, none, one, none, long_y)
    for y in (none, long_y):
        along(none, y, one, none, none, long_x)
    slope2 = p * p + q * q
    tilted = slope2 > _STILL
    safe = np.where(tilted, slope2, 1.0)
    edge_m = vertical_m * (1 - _STILL)  # lest rounding puts it outside
    for limit_m in (-edge_m, edge_m):
        # Where the difference of heights is the minimum: a line along (q, p).
        x, y = (limit_m - rise) * p / safe, -(limit_m - rise) * q / safe
        start = np.where(tilted, -np.inf, np.inf)
        start, end = _clipped(x - long_x / 2, q, long_x / 2, start, -start)
        start, end = _clipped(y - long_y / 2, p, long_y / 2, start, end)
        along(x, y, q, p, start, end)
    with np.errstate(divide="ignore", invalid="ignore"):
        cross = _cross(v, w)
        # The normal z of the touching line: v z = w z = 1.
        z = np.column_stack([w[:, 1] - v[:, 1], v[:, 0] - w[:, 0]]) / cross[:, None]
        reach = horizontal_m * z / np.hypot(z[:, 0], z[:, 1])[:, None]
        for apart in (reach, -reach):
            x = _cross(apart - gap, w) / cross
            y = -_cross(v, apart - gap) / cross
            valid = (x >= 0) & (x <= long_x) & (y >= 0) & (y <= long_y)
            valid &= np.abs(rise + p * x - q * y) <= vertical_m
            np.minimum(least, np.where(valid, x - y, np.inf), out=least)
            np.maximum(most, np.where(valid, x - y, -np.inf), out=most)
    offset = pieces.ta[i] - pieces.ta[j]
    return offset + least, offset + most


def _rates(pieces: Segments, i: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return velocities over the ground and rates of climb; none where none lasts."""
    span_s = (pieces.tb - pieces.ta)[i]
    per_s = np.where(span_s > 0, 1 / np.where(span_s > 0, span_s, 1.0), 0.0)
    level = (pieces.b - pieces.a)[i] * per_s[:, None]
    return level, (pieces.zb - pieces.za)[i] * per_s


def _clipped(
    at: FloatArray,
    rate: FloatArray,
    limit: FloatArray | float,
    start: FloatArray,
    end: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return where in [start, end] ``at + rate t`` is within a limit of zero."""
    steady = np.abs(rate) < _STILL
    safe = np.where(steady, 1.0, rate)
    one, other = (-limit - at) / safe, (limit - at) / safe
    low = np.where(steady, start, np.maximum(np.minimum(one, other), start))
    high = np.where(steady, end, np.minimum(np.maximum(one, other), end))
    out = steady & (np.abs(at) > limit)
    return np.where(out, np.inf, low), np.where(out, -np.inf, high)


def _in_disc(
    at: FloatArray,
    rate: FloatArray,
    limit_m: float,
    start: FloatArray,
    end: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return where in [start, end] ``at + rate t`` is within a disc."""
    a = np.einsum("ij,ij->i", rate, rate)
    b = np.einsum("ij,ij->i", at, rate)
    c = np.einsum("ij,ij->i", at, at) - limit_m**2
    moving = a > _STILL
    safe = np.where(moving, a, 1.0)
    room = b * b - a * c
    root = np.sqrt(np.maximum(room, 0.0))
    low = np.where(moving, np.maximum((-b - root) / safe, start), start)
    high = np.where(moving, np.minimum((-b + root) / safe, end), end)
    out = np.where(moving, room < 0, c > 0)
    return np.where(out, np.inf, low), np.where(out, -np.inf, high)


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def column_stays(flown: FlownRoute, radius_m: float) -> FloatArray:
    """Return when a route is in its own column [s from take-off], shape (k, 2)."""
    centre = np.array([flown.station.point.x, flown.station.point.y])
    low, high = disc_spans(flown.xy[:-1], flown.xy[1:], centre, radius_m)
    took_s = np.diff(flown.t)
    # A place outside gives shares that are turned round.
    within = low <= high
    starts = flown.t[:-1][within]
    return merged(
        starts + low[within] * took_s[within],
        starts + high[within] * took_s[within],
        _CUT_S,
    )


def cut_at_column(flown: FlownRoute, radius_m: float) -> tuple[FlownRoute, BoolArray]:
    """Return a route with a vertex wherever it crosses its column, and what is in."""
    stays = column_stays(flown, radius_m)
    edges = stays.ravel()
    edges = edges[(edges > flown.t[0]) & (edges < flown.t[-1])]
    known = np.abs(edges[:, None] - flown.t).min(axis=1, initial=np.inf) < _CUT_S
    edges = edges[~known]
    at = np.searchsorted(flown.t, edges)
    cut = replace(
        flown,
        xy=np.insert(flown.xy, at, flown.at(edges), axis=0),
        z=np.insert(flown.z, at, np.interp(edges, flown.t, flown.z)),
        t=np.insert(flown.t, at, edges),
    )
    middle = (cut.t[:-1] + cut.t[1:]) / 2
    within = (stays[:, :1] <= middle) & (middle <= stays[:, 1:])
    return cut, np.logical_or.reduce(within, axis=0)
