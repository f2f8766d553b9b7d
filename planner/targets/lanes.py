"""
Lay lanes over an area along one direction.

The area is cut into strips, one a lane. Where a hole or a bay splits a strip, the
pieces of neighbouring lanes that lie side by side form cells (boustrophedon
decomposition: Choset and Pignon, Coverage Path Planning, 1998). There is no
headland: the footprint is a disc, and a lane is flown until the disc at its end
has seen the last corner of its strip.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray
from planner.targets.camera import Camera, Sweeper

_SPECK = 1e-7
"""Parts of less than this share of an area come from rounding."""

_SHORTEST_M = 1.0
"""A lane is at least this long, so that it has a direction [m]."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one lane, in a frame whose x axis runs along the lanes."""

    lane: int
    y: float
    left: float
    right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """
    Lanes over an area.

    Parameters
    ----------
    angle_deg
        Direction of the lanes, anticlockwise from the x axis of the map.
    cells
        Chains of lane pieces that lie side by side, in the turned frame.
    cost_s
        Time for all lanes and changes between them, and for each cell as much as
        two changes more: a leg to it and a leg on.
    """

    angle_deg: float
    cells: tuple[tuple[Piece, ...], ...]
    cost_s: float


def lay_lanes(area: BaseGeometry, sweeper: Sweeper, angle_deg: float) -> Layout:
    """
    Return lanes from which all of an area is seen that closures let see.

    Lanes longer than allowed are cut, all at the same place.
    """
    turned = rotated(area, -angle_deg)
    barrier = rotated(sweeper.closed, -angle_deg)
    shapely.prepare(barrier)
    cells = tuple(
        tuple(cell)
        for block in _blocks(turned, sweeper.longest_m)
        for cell in _cells(_pieces(block, barrier, sweeper), barrier, sweeper)
    )
    tasks_s = sum(sum(on_task_s(cell, sweeper)) / 2 for cell in cells)
    legs_s = 2 * sweeper.change_s * len(cells)
    return Layout(angle_deg=angle_deg, cells=cells, cost_s=tasks_s + legs_s)


def solid_parts(shape: BaseGeometry, area: BaseGeometry) -> NDArray[np.object_]:
    """Return the parts of a shape that count beside an area."""
    parts = shapely.get_parts(shape)
    solid: NDArray[np.object_] = parts[shapely.area(parts) > _SPECK * area.area]
    return solid


def rotated(shape: BaseGeometry, angle_deg: float) -> BaseGeometry:
    """
    Return a shape turned round the origin, anticlockwise.

    Rings that touch may cross by a rounding once they are turned: that is mended.
    """
    return mended(shapely.transform(shape, lambda xy: turn(xy, angle_deg)))


def mended(shape: BaseGeometry) -> BaseGeometry:
    """Return the valid areas of a shape."""
    return shapely.make_valid(shape, method="structure", keep_collapsed=False)


def turn(xy: FloatArray, angle_deg: float) -> FloatArray:
    """Return points turned round the origin, anticlockwise, shape (n, 2)."""
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    turned: FloatArray = xy @ np.array([[cos, sin], [-sin, cos]])
    return turned


def on_task_s(pieces: Sequence[Piece], sweeper: Sweeper) -> tuple[float, float]:
    """Return how long lanes take that change at one side first, or at the other."""
    lanes_m = sum(p.right - p.left for p in pieces)
    turns_m = [0.0, 0.0]
    for i, (one, other) in enumerate(pairwise(pieces)):
        across_m = other.y - one.y
        turns_m[i % 2] += math.hypot(one.right - other.right, across_m)
        turns_m[1 - i % 2] += math.hypot(one.left - other.left, across_m)
    turns_s = (len(pieces) - 1) * sweeper.camera.turn_s
    one_s, other_s = ((lanes_m + m) / sweeper.airspeed_mps + turns_s for m in turns_m)
    return one_s, other_s


def _blocks(area: BaseGeometry, longest_m: float) -> Iterator[BaseGeometry]:
    """Cut an area across its lanes where a lane would be too long."""
    x0, y0, x1, y1 = area.bounds
    count = max(1, math.ceil((x1 - x0) / longest_m))
    if count == 1:
        yield area
        return
    cuts = np.linspace(x0, x1, count + 1)
    boxes = shapely.box(cuts[:-1], y0 - 1, cuts[1:], y1 + 1)
    blocks = shapely.intersection(area, boxes)
    yield from (block for block in blocks if block.area > 0)


def _strips(low: float, high: float, camera: Camera) -> tuple[FloatArray, FloatArray]:
    """
    Return the middles of the fewest lanes, and the borders of their strips.

    Overlap is for neighbours: to the outside a lane sees as far as it can.
    """
    height, spacing = high - low, camera.lane_spacing_m
    spare = 2 * camera.sure_reach_m - spacing
    count = max(1, math.ceil((height - spare) / spacing - 1e-9))
    gap = min(spacing, height / count)
    first = (low + high) / 2 - (count - 1) / 2 * gap
    y: FloatArray = first + gap * np.arange(count, dtype=np.float64)
    return y, np.concatenate([[low], (y[:-1] + y[1:]) / 2, [high]])


def _pieces(
    area: BaseGeometry, barrier: BaseGeometry, sweeper: Sweeper
) -> list[list[Piece]]:
    """Return for each lane the stretches to fly so that its strip is seen."""
    x0, y0, x1, y1 = area.bounds
    y, borders = _strips(y0, y1, sweeper.camera)
    strips = shapely.intersection(
        area, shapely.box(x0 - 1, borders[:-1], x1 + 1, borders[1:])
    )
    parts, lane = shapely.get_parts(strips, return_index=True)
    solid = shapely.area(parts) > _SPECK * area.area
    parts, lane = parts[solid], lane[solid]
    # A disc of radius r, from a place x on the lane, sees a corner at a distance d
    # to the side if x is within sqrt(r^2 - d^2) of it. Along an edge this bound is
    # concave, so that only corners count.
    xy, part = shapely.get_coordinates(parts, return_index=True)
    aside = xy[:, 1] - y[lane[part]]
    ahead = np.sqrt(np.maximum(sweeper.camera.sure_reach_m**2 - aside**2, 0.0))
    begin, end = np.full(len(parts), np.inf), np.full(len(parts), -np.inf)
    np.minimum.at(begin, part, xy[:, 0] + ahead)
    np.maximum.at(end, part, xy[:, 0] - ahead)
    pieces: list[list[Piece]] = [[] for _ in y]
    for i, row in enumerate(pieces):
        mine = lane == i
        for left, right in _bridged(begin[mine], end[mine], sweeper.bridge_m):
            for span in _open(left, right, y[i], barrier):
                row.append(Piece(i, float(y[i]), *span))
    return pieces


def _bridged(
    begin: FloatArray, end: FloatArray, bridge_m: float
) -> list[tuple[float, float]]:
    """
    Return stretches that begin and end no later and no sooner than they must.

    What is seen from one place may end before it begins.
    """
    merged: list[list[float]] = []
    for i in np.argsort(begin, kind="stable"):
        if merged and begin[i] <= merged[-1][1] + bridge_m:
            merged[-1][1] = max(merged[-1][1], float(end[i]))
        else:
            merged.append([float(begin[i]), float(end[i])])
    stretches: list[tuple[float, float]] = []
    for left, right in merged:
        room = max(0.0, _SHORTEST_M - (right - left)) / 2
        stretches.append((left - room, right + room))
    return stretches


def _open(
    left: float, right: float, y: float, barrier: BaseGeometry
) -> list[tuple[float, float]]:
    """Return what of a lane is not closed."""
    line = shapely.LineString([(left, y), (right, y)])
    if not barrier.intersects(line):
        return [(left, right)]
    parts = shapely.get_parts(line.difference(barrier))
    return sorted((p.bounds[0], p.bounds[2]) for p in parts if p.length > 0)


def _cells(
    lanes: Sequence[Sequence[Piece]], barrier: BaseGeometry, sweeper: Sweeper
) -> list[list[Piece]]:
    """Return chains of lane pieces that lie side by side, lane after lane."""
    cells: list[list[Piece]] = []
    growing: list[list[Piece]] = []
    for pieces in lanes:
        beside = [
            [c for c in growing if _side_by_side(c[-1], piece, barrier, sweeper)]
            for piece in pieces
        ]
        heirs = [id(c) for cells_before in beside for c in cells_before]
        still_growing: list[list[Piece]] = []
        for piece, before in zip(pieces, beside, strict=True):
            if len(before) == 1 and heirs.count(id(before[0])) == 1:
                before[0].append(piece)
                still_growing.append(before[0])
            else:
                cells.append([piece])
                still_growing.append(cells[-1])
        growing = still_growing
    return cells


def _side_by_side(a: Piece, b: Piece, barrier: BaseGeometry, sweeper: Sweeper) -> bool:
    """Whether a drone may turn from one piece into the other at either end."""
    if min(a.right, b.right) <= max(a.left, b.left):
        return False
    # Far apart at their ends, they are better begun where it suits each.
    if abs(a.left - b.left) + abs(a.right - b.right) > 4 * sweeper.bridge_m:
        return False
    ends = [
        shapely.LineString([(a.left, a.y), (b.left, b.y)]),
        shapely.LineString([(a.right, a.y), (b.right, b.y)]),
    ]
    return not any(barrier.intersects(end) for end in ends)
