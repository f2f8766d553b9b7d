"""
Recompute from flown paths at which shifts two routes come too close.

A *shift* is how much later one route takes off than another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray
from planner.flown.moves import IntArray, meeting_shifts
from planner.flown.segments import Segments, segments_of
from planner.flown.tracks import FlownRoute, disc_spans, merged
from planner.scenario import Rules, Station

BoolArray = NDArray[np.bool_]

ROUNDING_M = 1e-3
"""Distances less than this below a minimum keep it, as in the checker [m]."""

_CUT_S = 1e-6
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

    What two routes do inside the column of a station of both is left out where one of
    them is taking off: it waits on its pad until the column is free. At one height it
    is left out altogether, since one moves there at a time.
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
    names = np.unique([s.id for f in routes for s in f.stations])
    inside = np.concatenate([np.searchsorted(names, within) for _, within in cut])
    inside[np.concatenate([within == "" for _, within in cut])] = -1
    leaving = np.concatenate(
        [np.logical_and.accumulate(within == f.station.id) for f, within in cut]
    )
    tree = shapely.STRtree(pieces.shapes)
    i, j = tree.query(
        pieces.shapes, predicate="dwithin", distance=rules.separation_horizontal_m
    )
    kept = pieces.route[i] <= pieces.route[j]
    i, j = i[kept], j[kept]
    both_in = (inside[i] == inside[j]) & (inside[i] >= 0)
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
    if not len(found.i):
        return {}
    route, count = found.pieces.route, len(found.routes)
    keys, owner = np.unique(
        route[found.i] * count + route[found.j], return_inverse=True
    )
    owner, spans = merged_each(owner, found.low_s, found.high_s)
    parts = np.split(spans, np.searchsorted(owner, np.arange(1, len(keys))))
    return {
        (int(key) // count, int(key) % count): part
        for key, part in zip(keys, parts, strict=True)
    }


def merged_each(
    owner: IntArray, low: FloatArray, high: FloatArray
) -> tuple[IntArray, FloatArray]:
    """
    Return the spans of each owner merged where they overlap or touch.

    Returns
    -------
    owner, spans
        Sorted by owner and beginning, shapes (k,) and (k, 2).

    Examples
    --------
    >>> owner = np.array([1, 0, 1, 0])
    >>> low, high = np.array([4.0, 1.0, 2.0, 7.0]), np.array([5.0, 3.0, 4.0, 9.0])
    >>> of, spans = merged_each(owner, low, high)
    >>> of.tolist(), spans.tolist()
    ([0, 0, 1], [[1.0, 3.0], [7.0, 9.0], [2.0, 5.0]])
    """
    order = np.lexsort((low, owner))
    owner, low = owner[order], low[order]
    # By their ranks, those of one owner are all above those of the one before.
    ends, rank = np.unique(high[order], return_inverse=True)
    upto = np.maximum.accumulate(owner * len(ends) + rank) - owner * len(ends)
    high = ends[upto]
    begins = np.ones(len(low), dtype=bool)
    begins[1:] = (owner[1:] != owner[:-1]) | (low[1:] > high[:-1])
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(low)) - 1
    return owner[first], np.column_stack([low[first], high[last]])


def column_stays(
    flown: FlownRoute, radius_m: float, station: Station | None = None
) -> FloatArray:
    """
    Return when a route is in a column of its own [s from take-off], shape (k, 2).

    Of a station of it; of the one where it takes off if None.
    """
    point = (station or flown.station).point
    centre = np.array([point.x, point.y])
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


def cut_at_column(
    flown: FlownRoute, radius_m: float
) -> tuple[FlownRoute, NDArray[np.str_]]:
    """
    Return a route with a vertex wherever it crosses its columns, and what is in them.

    For each piece, the station in whose column it is, or "".
    """
    stays = {s.id: column_stays(flown, radius_m, s) for s in flown.stations}
    edges = np.unique(np.concatenate([spans.ravel() for spans in stays.values()]))
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
    inside = np.full(len(middle), "", dtype=f"<U{max(map(len, stays))}")
    for station, spans in stays.items():
        within = (spans[:, :1] <= middle) & (middle <= spans[:, 1:])
        inside[np.logical_or.reduce(within, axis=0)] = station
    return cut, inside
