"""
Tell when a flight that no plan has would meet the patrol.

As separation is judged: from the paths of both, in closed form and not by samples.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.basics.clock import Span
from planner.basics.geometry import FloatArray
from planner.flown.meetings import ROUNDING_M, column_stays
from planner.flown.moves import IntArray, meeting_shifts
from planner.flown.segments import Segments, segments_of
from planner.flown.tracks import FlownRoute, disc_spans, merged, pieces_of_path
from planner.scenario import Scenario, Station

MARGIN_M = 0.5
MARGIN_S = 0.5
"""Kept on top of the minima: who is sent is not there to the centimetre."""

_CHUNK = 500_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flight:
    """
    A flight whose start is open.

    Parameters
    ----------
    xy, z, t
        Its corners [m], heights [m], and times after its start [s]; shapes (n, 2),
        (n,) and (n,). A place where somebody waits is twice the same corner, with no
        time between.
    own
        The sortie that it takes the place of: index of the route, and take-off.
    """

    xy: FloatArray
    z: FloatArray
    t: FloatArray
    own: tuple[int, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """
    When a flight must not start.

    Parameters
    ----------
    spans
        Open stretches of time, shape (k, 2) [s from the start of the horizon].
    route
        Index of the route that it would meet, shape (k,).
    """

    spans: FloatArray
    route: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traffic:
    """
    The patrol's flights for some time.

    Parameters
    ----------
    routes
        With the take-offs of those that are in the air then.
    pieces
        Of their paths.
    tree
        The same, to be searched.
    column_stays
        Of each route and station of it, when it is in its column [s from take-off].
    """

    scenario: Scenario
    routes: tuple[FlownRoute, ...]
    pieces: Segments
    tree: shapely.STRtree
    column_stays: tuple[dict[str, FloatArray], ...]


def traffic(
    scenario: Scenario, routes: Sequence[FlownRoute], during: Span
) -> Traffic | None:
    """Return the flights of a patrol that are in the air at some time, if any is."""
    flying = tuple(_flying(flown, during) for flown in routes)
    if not flying:
        return None
    pieces = segments_of(flying)
    radius_m = scenario.rules.column_radius_m
    return Traffic(
        scenario=scenario,
        routes=flying,
        pieces=pieces,
        tree=shapely.STRtree(pieces.shapes),
        column_stays=tuple(
            {s.id: column_stays(flown, radius_m, s) for s in flown.stations}
            for flown in flying
        ),
    )


def _flying(flown: FlownRoute, during: Span) -> FlownRoute:
    """Return a route with the take-offs of those in the air at some time."""
    low_s, high_s = during[0] - float(flown.t[-1]), during[1]
    takeoffs = flown.takeoffs[(flown.takeoffs >= low_s) & (flown.takeoffs <= high_s)]
    return replace(flown, takeoffs=takeoffs)


def blocks(around: Traffic | None, flights: Sequence[Flight]) -> list[Blocks]:
    """Return when each flight must not start, lest it meets somebody."""
    none = Blocks(spans=np.empty((0, 2)), route=np.empty(0, dtype=np.int64))
    if around is None or not flights:
        return [none] * len(flights)
    own = _pieces_of(flights)
    flight, route, low_s, high_s = _met(around, own)
    in_column = _met_in_columns(around, own)
    flight, route, low_s, high_s = (
        np.concatenate(both)
        for both in zip((flight, route, low_s, high_s), in_column, strict=True)
    )
    counts = np.array([len(f.takeoffs) for f in around.routes])
    firsts = np.cumsum(counts) - counts
    takeoffs = np.concatenate([f.takeoffs for f in around.routes])
    often = counts[route]
    row = np.repeat(np.arange(len(route)), often)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(often) - often, often)
    takeoff_s = takeoffs[firsts[route[row]] + nth]
    spans = np.column_stack([takeoff_s - high_s[row], takeoff_s - low_s[row]])
    spans += (-MARGIN_S, MARGIN_S)
    flight, route = flight[row], route[row]
    instead = np.array([(-1, 0.0) if f.own is None else f.own for f in flights])
    kept = route != instead[flight, 0]
    kept |= takeoff_s != instead[flight, 1]
    order = np.argsort(flight[kept], kind="stable")
    spans, route, flight = spans[kept][order], route[kept][order], flight[kept][order]
    ends = np.searchsorted(flight, np.arange(len(flights) + 1))
    return [
        Blocks(spans=spans[low:high], route=route[low:high])
        for low, high in itertools.pairwise(ends.tolist())
    ]


def _pieces_of(flights: Sequence[Flight]) -> Segments:
    """Return the pieces of flights."""
    a = np.vstack([f.xy[:-1] for f in flights])
    b = np.vstack([f.xy[1:] for f in flights])
    return Segments(
        route=np.repeat(np.arange(len(flights)), [len(f.t) - 1 for f in flights]),
        a=a,
        b=b,
        za=np.concatenate([f.z[:-1] for f in flights]),
        zb=np.concatenate([f.z[1:] for f in flights]),
        ta=np.concatenate([f.t[:-1] for f in flights]),
        tb=np.concatenate([f.t[1:] for f in flights]),
        shapes=pieces_of_path(a, b),
    )


Met = tuple[IntArray, IntArray, FloatArray, FloatArray]
"""Flight, route, and least and greatest take-off of it after the flight's start."""


def _met(around: Traffic, own: Segments) -> Met:
    """Return which flights come too near to which routes, at which shifts."""
    rules = around.scenario.rules
    horizontal_m = rules.separation_horizontal_m + MARGIN_M
    vertical_m = rules.separation_vertical_m - ROUNDING_M
    i, j = around.tree.query(own.shapes, predicate="dwithin", distance=horizontal_m)
    low, high = np.minimum(own.za, own.zb), np.maximum(own.za, own.zb)
    theirs = around.pieces
    lowest, highest = np.minimum(theirs.za, theirs.zb), np.maximum(theirs.za, theirs.zb)
    near = (low[i] - highest[j] <= vertical_m) & (lowest[j] - high[i] <= vertical_m)
    i, j = i[near], j[near]
    both = Segments(
        **{
            f.name: np.concatenate([getattr(own, f.name), getattr(theirs, f.name)])
            for f in fields(Segments)
        }
    )
    parts = [
        meeting_shifts(
            both,
            i[first : first + _CHUNK],
            len(own.route) + j[first : first + _CHUNK],
            horizontal_m,
            vertical_m,
        )
        for first in range(0, max(len(i), 1), _CHUNK)
    ]
    low_s, high_s = (np.concatenate(side) for side in zip(*parts, strict=True))
    meets = low_s <= high_s
    return (
        own.route[i[meets]],
        theirs.route[j[meets]],
        low_s[meets],
        high_s[meets],
    )


def _met_in_columns(around: Traffic, own: Segments) -> Met:
    """Return the same for a column in which one moves while another is there."""
    radius_m = around.scenario.rules.column_radius_m
    users: dict[str, tuple[Station, list[int]]] = {}
    for k, flown in enumerate(around.routes):
        for station in flown.stations:
            users.setdefault(station.id, (station, []))[1].append(k)
    centres = np.array([(s.point.x, s.point.y) for s, _ in users.values()])
    near, which = shapely.STRtree(shapely.points(centres)).query(
        own.shapes, predicate="dwithin", distance=radius_m
    )
    found: list[tuple[NDArray[np.float64], int, int]] = []
    for n, (station, routes) in enumerate(users.values()):
        mine = near[which == n]
        low, high = disc_spans(own.a[mine], own.b[mine], centres[n], radius_m)
        took_s = own.tb[mine] - own.ta[mine]
        for flight in np.unique(own.route[mine]):
            here = (own.route[mine] == flight) & (low <= high)
            since_s = own.ta[mine][here] + low[here] * took_s[here]
            until_s = own.ta[mine][here] + high[here] * took_s[here]
            for begin_s, end_s in merged(since_s, until_s, 1e-6):
                for k in routes:
                    stays_s = around.column_stays[k][station.id]
                    found.append((stays_s[:, ::-1] * -1 + (begin_s, end_s), flight, k))
    # It is there from T + begin to T + end, they from take-off + low to take-off +
    # high: both at once while take-off - T is from begin - high to end - low.
    spans = np.vstack([np.empty((0, 2)), *(spans for spans, _, _ in found)])
    counts = [len(spans) for spans, _, _ in found]
    return (
        np.repeat([flight for _, flight, _ in found], counts).astype(np.int64),
        np.repeat([route for _, _, route in found], counts).astype(np.int64),
        spans[:, 0],
        spans[:, 1],
    )
