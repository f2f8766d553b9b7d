"""Cut line zones into pieces, flown from either end."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import shapely
from shapely import ops
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray
from planner.basics.physics import swath_at
from planner.targets.edge import both_ways
from planner.targets.model import Way
from planner.targets.streets import arcs_of, walks

LINE_TOLERANCE_M = 0.9
"""A line counts as seen within this of the footprint [m]; 1 m is promised."""

FAR_M = 500.0
"""Columns this far from a line cannot overlap one that it meets [m]."""

_ON_RIM_M = 1e-6
"""Who is so near to the edge of a column is on it [m]."""


def line_pieces(
    line: BaseGeometry,
    closed: BaseGeometry,
    columns: Sequence[BaseGeometry],
    longest_m: float,
) -> list[tuple[BaseGeometry, tuple[Way, ...]]]:
    """
    Return the pieces of a line: what each is to see, and its ways.

    A piece ends at junctions of the line or goes on from arc to arc there.
    A closed one may be begun at its start or half-way round.

    Parameters
    ----------
    line
        LineString or MultiLineString in metres.
    closed
        Closures with clearance: what lies in them is cut off.
    columns
        Columns of stations: flown round, on the shorter side.
    longest_m
        Longest piece.
    """
    pieces: list[tuple[BaseGeometry, tuple[Way, ...]]] = []
    arcs = [
        shapely.get_coordinates(part)
        for arc in arcs_of(line)
        for part in _cut(arc, columns, longest_m)
    ]
    for path in walks(arcs, longest_m):
        wanted = shapely.LineString(path)
        for flown in _outside(path, closed, 1.0):
            for xy in _round_columns(flown, columns, closed):
                pieces.append((wanted, _ways(xy)))
    return pieces


def fit_layers(
    wanted: BaseGeometry,
    tracks: Sequence[tuple[Way, ...]],
    swath_m: float,
    layers_m: tuple[float, ...],
) -> tuple[float, ...]:
    """Return the layers from which tracks see all that is wanted of a line."""
    return tuple(
        layer
        for layer in layers_m
        if unseen(wanted, tracks, swath_at(swath_m, layer) / 2).length <= 1e-6
    )


def unseen(
    wanted: BaseGeometry, tracks: Sequence[tuple[Way, ...]], reach_m: float
) -> BaseGeometry:
    """Return what is wanted of a line and out of reach of all tracks."""
    lines = shapely.MultiLineString([ways[0].xy for ways in tracks])
    return wanted.difference(lines.buffer(reach_m + LINE_TOLERANCE_M, quad_segs=32))


def _ways(xy: FloatArray) -> tuple[Way, ...]:
    """Return a path and its reverse; a closed one from half-way round as well."""
    ways = both_ways(xy)
    if len(xy) < 4 or not np.array_equal(xy[0], xy[-1]):
        return ways
    gone = np.cumsum(np.hypot(*np.diff(xy, axis=0).T))
    half = 1 + int(np.argmin(np.abs(gone[:-1] - gone[-1] / 2)))
    return (*ways, *both_ways(np.vstack([xy[half:], xy[1 : half + 1]])))


def _cut(
    line: BaseGeometry, columns: Sequence[BaseGeometry], longest_m: float
) -> Iterator[BaseGeometry]:
    """Yield about equal pieces of a line, none of which ends inside a column."""
    count = max(1, math.ceil(line.length / longest_m))
    cuts = [line.length * i / count for i in range(count + 1)]
    for i in range(1, count):
        for column in columns:
            if column.contains(line.interpolate(cuts[i])):
                inside = column.intersection(line)
                cuts[i] = max(
                    line.project(p)
                    for p in shapely.points(shapely.get_coordinates(inside))
                )
    for low, high in pairwise(cuts):
        if low < high:
            yield ops.substring(line, low, high)


def _outside(
    path: FloatArray, shape: BaseGeometry, shortest_m: float
) -> list[FloatArray]:
    """Return the stretches of a path outside a shape, in order, but for scraps."""
    stretches: list[list[FloatArray]] = []
    # Leg by leg: a path that crosses itself stays in one piece.
    for start, end in pairwise(path):
        parts = shapely.get_parts(shapely.LineString([start, end]).difference(shape))
        legs = [shapely.get_coordinates(part) for part in parts if part.length > 0]
        for leg in sorted(legs, key=lambda leg: float(np.hypot(*(leg[0] - start)))):
            if stretches and np.allclose(stretches[-1][-1], leg[0], rtol=0, atol=1e-6):
                stretches[-1].append(leg[-1])
            else:
                stretches.append([leg[0], leg[-1]])
    found = [np.array(stretch) for stretch in stretches]
    return [xy for xy in found if shapely.LineString(xy).length > shortest_m]


def _round_columns(
    path: FloatArray, columns: Sequence[BaseGeometry], closed: BaseGeometry
) -> list[FloatArray]:
    """Return paths along another that go round the columns it meets."""
    line = shapely.LineString(path)
    met = shapely.union_all([c for c in columns if c.dwithin(line, FAR_M)])
    paths = [path]
    for column in shapely.get_parts(met):
        if column.intersects(line):
            paths = [p for path in paths for p in _round_column(path, column, closed)]
    return paths


def _round_column(
    path: FloatArray, column: BaseGeometry, closed: BaseGeometry
) -> list[FloatArray]:
    """Replace what lies in a column by the shorter way along its edge."""
    rim = column.exterior
    stretches = _outside(path, column, 0.01)
    inside = not stretches
    # An end inside is seen from the nearest point of the edge; one on the edge from
    # which the path goes in is that point.
    ends = [
        inside
        or (
            column.dwithin(shapely.Point(path[end]), _ON_RIM_M)
            and not np.allclose(stretches[end][end], path[end], rtol=0, atol=_ON_RIM_M)
        )
        for end in (0, -1)
    ]
    if ends[0]:
        stretches.insert(0, _nearest(rim, path[0])[None])
    if ends[1]:
        stretches.append(_nearest(rim, path[-1])[None])
    joined = [stretches[0]]
    for stretch in stretches[1:]:
        arc = _arc(rim, joined[-1][-1], stretch[0], closed)
        if arc is None:
            joined.append(stretch)
        else:
            joined[-1] = np.vstack([joined[-1], arc[1:-1], stretch])
    return [xy for xy in joined if len(xy) > 1]


def _nearest(rim: BaseGeometry, point: FloatArray) -> FloatArray:
    """Return the point of a ring nearest to a point."""
    return np.array(rim.interpolate(rim.project(shapely.Point(point))).coords[0])


def _arc(
    rim: BaseGeometry, start: FloatArray, end: FloatArray, closed: BaseGeometry
) -> FloatArray | None:
    """Return the shorter open way along a ring between two points on it."""
    a, b = (rim.project(shapely.Point(*p)) for p in (start, end))
    ways = [_along(rim, a, b), _along(rim, b, a)[::-1]]
    free = [xy for xy in ways if not shapely.LineString(xy).intersects(closed)]
    return min(free, key=lambda xy: shapely.LineString(xy).length, default=None)


def _along(rim: BaseGeometry, a: float, b: float) -> FloatArray:
    """Return the vertices of a ring from one distance on it to another, forwards."""
    if a == b:
        return np.repeat(shapely.get_coordinates(rim.interpolate(a)), 2, axis=0)
    spans = [(a, b)] if a <= b else [(a, rim.length), (0.0, b)]
    pieces = [shapely.get_coordinates(ops.substring(rim, *span)) for span in spans]
    return np.vstack([pieces[0], *(xy[1:] for xy in pieces[1:])])
