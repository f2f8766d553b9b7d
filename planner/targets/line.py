"""Cut line zones into pieces, flown from either end."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import shapely
from shapely import ops
from shapely.geometry.base import BaseGeometry

from planner.geometry import FloatArray
from planner.physics import swath_at
from planner.targets.model import Way

LINE_TOLERANCE_M = 0.9
"""A line counts as seen within this of the footprint [m]; 1 m is promised."""


def line_pieces(
    line: BaseGeometry,
    closed: BaseGeometry,
    columns: Sequence[BaseGeometry],
    longest_m: float,
) -> list[tuple[BaseGeometry, tuple[Way, ...]]]:
    """
    Return the pieces of a line: what each is to see, and its two ways.

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
    for part in shapely.get_parts(shapely.line_merge(line)):
        for wanted in _cut(part, columns, longest_m):
            for flown in shapely.get_parts(wanted.difference(closed)):
                if flown.length < 1.0:
                    continue
                for xy in _round_columns(flown, columns):
                    waits = np.zeros(len(xy))
                    pieces.append(
                        (
                            wanted,
                            (
                                Way(xy=xy, wait_s=waits),
                                Way(xy=xy[::-1].copy(), wait_s=waits),
                            ),
                        )
                    )
    return pieces


def fit_layers(
    wanted: BaseGeometry,
    paths: Sequence[FloatArray],
    swath_m: float,
    layers_m: tuple[float, ...],
    closed: BaseGeometry,
) -> tuple[float, ...]:
    """
    Return the layers from which paths see all of a line that can be seen.

    What can be seen is what the highest layer's footprint reaches from outside
    closed airspace.
    """
    widest_m = swath_at(swath_m, layers_m[-1]) / 2
    visible = wanted.difference(closed.buffer(-widest_m))
    tracks = shapely.multilinestrings([shapely.linestrings(xy) for xy in paths])
    return tuple(
        h
        for h in layers_m
        if visible.difference(
            shapely.buffer(
                tracks, swath_at(swath_m, h) / 2 + LINE_TOLERANCE_M, quad_segs=32
            )
        ).length
        <= 1e-6
    )


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


def _round_columns(
    line: BaseGeometry, columns: Sequence[BaseGeometry]
) -> list[FloatArray]:
    """Return a path along a line that goes round the columns it meets."""
    paths = [shapely.get_coordinates(line)]
    for column in columns:
        if not column.intersects(line):
            continue
        detoured: list[FloatArray] = []
        for path in paths:
            detoured += _round_column(path, column)
        paths = detoured
    return paths


def _round_column(path: FloatArray, column: BaseGeometry) -> list[FloatArray]:
    """Replace what lies in one column by the shorter way along its edge."""
    track = shapely.LineString(path)
    outside = [
        p for p in shapely.get_parts(track.difference(column)) if p.length > 0.01
    ]
    if not outside:
        return []
    outside.sort(key=lambda p: track.project(shapely.Point(p.coords[0])))
    rim = column.exterior
    joined = [shapely.get_coordinates(outside[0])]
    for nxt in outside[1:]:
        arc = _arc(rim, joined[-1][-1], nxt.coords[0])
        joined += [arc[1:-1], shapely.get_coordinates(nxt)]
    # An end inside is seen from the nearest point of the edge.
    if column.contains(shapely.Point(path[0])):
        joined.insert(0, _arc(rim, _nearest(rim, path[0]), joined[0][0])[:-1])
    if column.contains(shapely.Point(path[-1])):
        joined.append(_arc(rim, joined[-1][-1], _nearest(rim, path[-1]))[1:])
    return [np.vstack(joined)]


def _nearest(rim: BaseGeometry, point: FloatArray) -> FloatArray:
    """Return the point of a ring nearest to a point."""
    return np.array(rim.interpolate(rim.project(shapely.Point(point))).coords[0])


def _arc(rim: BaseGeometry, start: FloatArray, end: FloatArray) -> FloatArray:
    """Return the shorter way along a ring between two points on it."""
    a, b = (rim.project(shapely.Point(*p)) for p in (start, end))
    ways = [_along(rim, a, b), _along(rim, b, a)[::-1]]
    return min(ways, key=lambda xy: shapely.LineString(xy).length)


def _along(rim: BaseGeometry, a: float, b: float) -> FloatArray:
    """Return the vertices of a ring from one distance on it to another, forwards."""
    spans = [(a, b)] if a <= b else [(a, rim.length), (0.0, b)]
    pieces = [shapely.get_coordinates(ops.substring(rim, *span)) for span in spans]
    return np.vstack([pieces[0], *(xy[1:] for xy in pieces[1:])])
