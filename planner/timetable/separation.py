"""
Find when two routes would come too close, were they flown at one layer.

A *shift* is the take-off of one sortie minus the take-off of another. Drones move
straight and evenly between vertices, so for two legs the shifts at which they come
closer than a limit form one interval, with ends in closed form: nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.basics.clock import Span, joined
from planner.basics.geometry import FloatArray
from planner.draft import DraftRoute
from planner.scenario import Scenario
from planner.timetable.column import column_spans, times_within
from planner.timetable.phases import BoolArray

MARGIN_M = 0.5
MARGIN_S = 0.5
"""Kept on top of the limits, since a written path is rounded."""

IndexArray = NDArray[np.int64]
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Encounter:
    """
    The shifts at which two routes meet: take-off of the second minus the first.

    Parameters
    ----------
    level
        Closed spans [s] that matter where the two layers are too close.
    vertical
        Closed spans [s] that matter at any layer, since one of the two climbs or
        descends. Only where columns are narrower than the separation.
    """

    level: tuple[Span, ...] = ()
    vertical: tuple[Span, ...] = ()

    def spans(self, *, close_layers: bool) -> tuple[Span, ...]:
        """Return the spans that matter, by whether the layers are too close."""
        return self.level + self.vertical if close_layers else self.vertical


def conflict_shifts(
    a: DraftRoute, b: DraftRoute, horizontal_m: float
) -> tuple[Span, ...]:
    """
    Return the shifts at which two level paths come within a distance.

    Parameters
    ----------
    horizontal_m
        Limit; it is taken `MARGIN_M` wider.

    Returns
    -------
    tuple of Span
        Closed spans of the take-off of b minus the take-off of a [s], sorted and
        disjoint; each is `MARGIN_S` wider at both ends.
    """
    legs = _joined([_level_legs(0, a.xy, a.t_s), _level_legs(1, b.xy, b.t_s)])
    i, j = _near(legs, horizontal_m + MARGIN_M)
    between = legs.route[i] < legs.route[j]
    low, high = _shifts(legs, i[between], j[between], horizontal_m + MARGIN_M)
    return joined(
        zip(low[low <= high].tolist(), high[low <= high].tolist(), strict=True)
    )


def find_encounters(
    scenario: Scenario, drafts: Sequence[DraftRoute]
) -> dict[Pair, Encounter]:
    """
    Return the encounters of all pairs of routes that have one.

    What two routes do inside the column of a station of both is left out: there one
    moves at a time. A route that lasts longer than its headway may meet itself:
    then the pair is its id twice.
    """
    if not drafts:
        return {}
    rules = scenario.rules
    limit_m = rules.separation_horizontal_m + MARGIN_M
    narrow = rules.column_radius_m < rules.separation_horizontal_m
    stations = dict.fromkeys(s for d in drafts for s in _stations(d))
    numbers = {name: n for n, name in enumerate(stations)}
    legs = _joined(
        [
            part
            for n, draft in enumerate(drafts)
            for part in (
                _split_at_column(scenario, n, draft, numbers),
                *(_climbs(n, draft, numbers) if narrow else ()),
            )
        ]
    )
    own = np.array([[numbers[d.depot], numbers[d.lands_at]] for d in drafts])
    overlong = np.array([d.duration_s > d.headway_s for d in drafts])

    i, j = _near(legs, limit_m)
    first, second = legs.route[i], legs.route[j]
    keep = (first < second) | ((first == second) & overlong[first])
    keep &= (legs.inside[i] != legs.inside[j]) | (legs.inside[i] < 0)
    # Its own column keeps a station's drones clear of those that climb in it.
    for climbing, other in ((i, second), (j, first)):
        theirs = (own[other] == legs.inside[climbing][:, None]).any(axis=1)
        keep &= ~(legs.climbs[climbing] & theirs)
    i, j = i[keep], j[keep]
    low, high = _shifts(legs, i, j, limit_m)
    meet = low <= high
    i, j, low, high = i[meet], j[meet], low[meet], high[meet]

    spans: dict[tuple[int, int], tuple[list[Span], list[Span]]] = {}
    for a, b, climbs, span in zip(
        legs.route[i].tolist(),
        legs.route[j].tolist(),
        (legs.climbs[i] | legs.climbs[j]).tolist(),
        zip(low.tolist(), high.tolist(), strict=True),
        strict=True,
    ):
        spans.setdefault((a, b), ([], []))[climbs].append(span)
    return {
        (drafts[a].id, drafts[b].id): Encounter(
            level=joined(level), vertical=joined(vertical)
        )
        for (a, b), (level, vertical) in sorted(spans.items())
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Legs:
    """Straight even pieces of paths, an entry a piece; seconds from take-off."""

    route: IndexArray
    start: FloatArray
    end: FloatArray
    start_s: FloatArray
    end_s: FloatArray
    inside: IndexArray  # of the column of which of its own stations; -1 of none
    climbs: BoolArray  # or descends


def _level_legs(
    route: int, xy: FloatArray, t_s: FloatArray, inside: IndexArray | int = -1
) -> _Legs:
    """Return the legs of a path that lies in one layer."""
    count = len(t_s) - 1
    return _Legs(
        route=np.full(count, route),
        start=xy[:-1],
        end=xy[1:],
        start_s=t_s[:-1],
        end_s=t_s[1:],
        inside=np.broadcast_to(inside, count),
        climbs=np.zeros(count, dtype=bool),
    )


def _stations(draft: DraftRoute) -> tuple[str, ...]:
    """Return the stations of a draft: where it takes off, and where it lands."""
    return tuple(dict.fromkeys((draft.depot, draft.lands_at)))


def _split_at_column(
    scenario: Scenario, route: int, draft: DraftRoute, numbers: Mapping[str, int]
) -> _Legs:
    """Return the level legs of a draft, cut where it crosses its own columns."""
    columns = {s: column_spans(scenario, draft, s) for s in _stations(draft)}
    edges = np.unique([t for spans in columns.values() for span in spans for t in span])
    edges = edges[(edges > draft.t_s[0]) & (edges < draft.t_s[-1])]
    at = np.searchsorted(draft.t_s, edges)
    xy = np.column_stack([np.interp(edges, draft.t_s, axis) for axis in draft.xy.T])
    t_s = np.insert(draft.t_s, at, edges)
    middle = (t_s[:-1] + t_s[1:]) / 2
    inside = np.full(len(middle), -1)
    for station, spans in columns.items():
        for low, high in spans:
            inside[(low <= middle) & (middle <= high)] = numbers[station]
    return _level_legs(route, np.insert(draft.xy, at, xy, axis=0), t_s, inside)


def _climbs(
    route: int, draft: DraftRoute, numbers: Mapping[str, int]
) -> tuple[_Legs, _Legs]:
    """Return the climb and the descent of a draft, as waits at the station."""
    ends = (
        (0.0, draft.t_s[0], draft.xy[:1], draft.depot),
        (draft.t_s[-1], draft.duration_s, draft.xy[-1:], draft.lands_at),
    )
    up, down = (
        _Legs(
            route=np.array([route]),
            start=at,
            end=at,
            start_s=np.array([low]),
            end_s=np.array([high]),
            inside=np.array([numbers[station]]),
            climbs=np.array([True]),
        )
        for low, high, at, station in ends
    )
    return up, down


def _joined(parts: Sequence[_Legs]) -> _Legs:
    """Return the legs of several paths as one."""
    return _Legs(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(_Legs)
        }
    )


def _near(legs: _Legs, distance_m: float) -> tuple[IndexArray, IndexArray]:
    """Return all pairs of legs whose lines come within a distance, both ways."""
    lines = shapely.linestrings(np.stack([legs.start, legs.end], axis=1))
    # A prepared line of no length is near to nothing: a wait has to be a point.
    waits = np.hypot(*(legs.end - legs.start).T) < 1e-6
    lines[waits] = shapely.points(legs.start[waits])
    tree = shapely.STRtree(lines)
    i, j = tree.query(lines, predicate="dwithin", distance=distance_m)
    return i, j


def _shifts(
    legs: _Legs, i: IndexArray, j: IndexArray, limit_m: float
) -> tuple[FloatArray, FloatArray]:
    """
    Return the least and greatest shift at which leg j comes close to leg i.

    With x and y seconds into the legs, the drones are apart by
    ``gap + v x - w y``: the pairs (x, y) within the limit are an ellipse (a strip
    where v and w are parallel) cut by the box of both durations, and the shift
    grows with x - y. So its extremes lie on an edge of the box or at the two
    points where the ellipse is tangent to a line of constant x - y. Where the legs
    stay apart, low is above high.
    """
    length_x = legs.end_s[i] - legs.start_s[i]
    length_y = legs.end_s[j] - legs.start_s[j]
    gap = legs.start[i] - legs.start[j]
    v = (legs.end[i] - legs.start[i]) / np.maximum(length_x, 1e-9)[:, None]
    w = (legs.end[j] - legs.start[j]) / np.maximum(length_y, 1e-9)[:, None]

    low = np.full(len(i), np.inf)
    high = np.full(len(i), -np.inf)

    def include(x: FloatArray, y: FloatArray, valid: BoolArray) -> None:
        np.minimum(low, np.where(valid, x - y, np.inf), out=low)
        np.maximum(high, np.where(valid, x - y, -np.inf), out=high)

    for x in (np.zeros(len(i)), length_x):
        first, last = times_within(gap + v * x[:, None], -w, length_y, limit_m)
        include(x, first, first <= last)
        include(x, last, first <= last)
    for y in (np.zeros(len(i)), length_y):
        first, last = times_within(gap - w * y[:, None], v, length_x, limit_m)
        include(first, y, first <= last)
        include(last, y, first <= last)

    with np.errstate(divide="ignore", invalid="ignore"):
        cross = _cross(v, w)
        # The normal z of the tangent: v z = w z = 1.
        z = np.column_stack([w[:, 1] - v[:, 1], v[:, 0] - w[:, 0]]) / cross[:, None]
        reach = limit_m * z / np.hypot(z[:, 0], z[:, 1])[:, None]
        for apart in (reach, -reach):
            x = _cross(apart - gap, w) / cross
            y = -_cross(v, apart - gap) / cross
            valid = (x >= 0) & (x <= length_x) & (y >= 0) & (y <= length_y)
            include(x, y, valid)
    offset = legs.start_s[i] - legs.start_s[j]
    return offset + low - MARGIN_S, offset + high + MARGIN_S


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the third component of the cross products of plane vectors."""
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
