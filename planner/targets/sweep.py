"""
Cut sweep zones into tiles of back-and-forth lanes.

Lanes run along the direction in which the zone is narrowest, so that there are
fewest turns. Where a hole or a bay splits a lane, the pieces of neighbouring
lanes that lie side by side form cells (boustrophedon decomposition: Choset and
Pignon, Coverage Path Planning, 1998), and each cell is cut into tiles.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from planner.geometry import QUAD_SEGS, FloatArray
from planner.physics import swath_at
from planner.scenario import DroneModel, Rules
from planner.targets.model import Way

_SWATH_ROOM = 1.05
"""A layer is fit for a sweep if its swath is this many times the lane spacing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """
    What a sweep needs of the cameras of all drone types together.

    ``reach_m`` is half the swath at each of the fit layers.
    """

    lane_spacing_m: float
    layers_m: tuple[float, ...]
    end_reach_m: float
    turn_s: float
    reach_m: tuple[float, ...]


def sweep_camera(models: tuple[DroneModel, ...], rules: Rules) -> Camera:
    """
    Return lane spacing and fit layers, safe for every drone type.

    A lane may end ``end_reach_m`` before the edge: the footprint, a disc, still
    reaches the corner of the lane's strip.
    """
    swath_m = min(m.swath_m for m in models)
    overlap = max(m.overlap for m in models)
    spacing_m = (1 - overlap) * swath_at(swath_m, min(100.0, rules.ceiling_m))
    layers = tuple(
        h for h in rules.layers_m if swath_at(swath_m, h) >= _SWATH_ROOM * spacing_m
    )
    reach_m = tuple(swath_at(swath_m, h) / 2 for h in layers)
    return Camera(
        lane_spacing_m=spacing_m,
        layers_m=layers,
        end_reach_m=0.95 * math.sqrt(reach_m[0] ** 2 - (spacing_m / 2) ** 2),
        turn_s=max(m.turn_s for m in models),
        reach_m=reach_m,
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of one lane, in the rotated frame."""

    lane: int
    y: float
    left: float
    right: float


def sweep_tiles(
    area: BaseGeometry,
    closed: BaseGeometry,
    camera: Camera,
    airspeed_mps: float,
    longest_s: float,
) -> list[tuple[Way, ...]]:
    """
    Return the tiles of an area, each with up to four ways to fly it.

    Parameters
    ----------
    area
        What is to pass under the camera, in metres.
    closed
        Where no drone may be.
    longest_s
        Longest time on task of a tile; lanes that alone take longer are cut.
    """
    longest_m = airspeed_mps * longest_s
    angle_deg = narrowest_direction(area)
    origin = area.centroid
    turned = affinity.rotate(area, -angle_deg, origin=origin)
    barrier = affinity.rotate(closed, -angle_deg, origin=origin)
    shapely.prepare(barrier)
    tiles: list[tuple[Way, ...]] = []
    for block in _blocks(turned, longest_m):
        for cell in _cells(block, barrier, camera):
            for pieces in _tiles(cell, camera, airspeed_mps, longest_s):
                tiles.append(
                    tuple(
                        _turned_back(way, angle_deg, origin)
                        for way in _ways(pieces, camera.turn_s)
                    )
                )
    return tiles


def seen_along(tiles: Sequence[tuple[Way, ...]], reach_m: float) -> BaseGeometry:
    """Return what tiles see, each flown one way."""
    tracks = [shapely.LineString(ways[0].xy) for ways in tiles]
    return shapely.union_all(shapely.buffer(tracks, reach_m, quad_segs=QUAD_SEGS))


def narrowest_direction(area: BaseGeometry) -> float:
    """
    Return the direction [degree] of lanes for which an area is narrowest.

    The least width of a polygon is reached along an edge of its convex hull.

    Examples
    --------
    >>> narrowest_direction(shapely.box(0, 0, 10, 2))
    0.0
    """
    hull = shapely.get_coordinates(shapely.convex_hull(area))
    edges = np.diff(hull, axis=0)
    angles = np.arctan2(edges[:, 1], edges[:, 0]) % np.pi
    across = np.column_stack([-np.sin(angles), np.cos(angles)])
    widths = np.ptp(hull @ across.T, axis=0)
    return math.degrees(float(angles[int(np.argmin(np.round(widths, 6)))])) % 180


def _blocks(area: BaseGeometry, longest_m: float) -> Iterator[BaseGeometry]:
    """Cut an area across its lanes where a lane would be too long."""
    x0, y0, x1, y1 = area.bounds
    count = max(1, math.ceil((x1 - x0) / longest_m))
    width = (x1 - x0) / count
    for i in range(count):
        block = area.intersection(
            shapely.box(x0 + i * width, y0 - 1, x0 + (i + 1) * width, y1 + 1)
        )
        if block.area > 0:
            yield block


def _cells(
    area: BaseGeometry, barrier: BaseGeometry, camera: Camera
) -> list[list[_Piece]]:
    """Return chains of lane pieces that lie side by side, lane after lane."""
    x0, y0, x1, y1 = area.bounds
    lanes = max(1, math.ceil((y1 - y0) / camera.lane_spacing_m))
    spacing = (y1 - y0) / lanes
    cells: list[list[_Piece]] = []
    growing: list[list[_Piece]] = []
    for lane in range(lanes):
        low, y = y0 + lane * spacing, y0 + (lane + 0.5) * spacing
        strip = area.intersection(shapely.box(x0 - 1, low, x1 + 1, low + spacing))
        pieces = [
            _Piece(lane, y, *span)
            for span in _spans(strip, y, barrier, camera.end_reach_m)
        ]
        still_growing: list[list[_Piece]] = []
        for piece in pieces:
            before = [c for c in growing if _side_by_side(c[-1], piece, barrier)]
            after = [
                p for p in pieces if before and _side_by_side(before[0][-1], p, barrier)
            ]
            if len(before) == 1 and len(after) == 1:
                before[0].append(piece)
                still_growing.append(before[0])
            else:
                cells.append([piece])
                still_growing.append(cells[-1])
        growing = still_growing
    return cells


def _spans(
    strip: BaseGeometry, y: float, barrier: BaseGeometry, end_reach_m: float
) -> list[tuple[float, float]]:
    """Return the stretches of a lane to fly so that its strip is seen."""
    extents = sorted(
        (part.bounds[0], part.bounds[2])
        for part in shapely.get_parts(strip)
        if part.area > 0
    )
    merged: list[list[float]] = []
    for left, right in extents:
        if merged and left <= merged[-1][1] + 2 * end_reach_m:
            merged[-1][1] = max(merged[-1][1], right)
        else:
            merged.append([left, right])
    spans: list[tuple[float, float]] = []
    for left, right in merged:
        cut = min(end_reach_m, (right - left) / 2 - 0.5)
        line = shapely.LineString([(left + max(cut, 0), y), (right - max(cut, 0), y)])
        for part in shapely.get_parts(line.difference(barrier)):
            if part.length > 0:
                spans.append((part.bounds[0], part.bounds[2]))
    return spans


def _side_by_side(a: _Piece, b: _Piece, barrier: BaseGeometry) -> bool:
    """Whether a drone may turn from one piece into the other at either end."""
    if b.lane != a.lane + 1 or min(a.right, b.right) <= max(a.left, b.left):
        return False
    ends = [
        shapely.LineString([(a.left, a.y), (b.left, b.y)]),
        shapely.LineString([(a.right, a.y), (b.right, b.y)]),
    ]
    return not any(barrier.intersects(end) for end in ends)


def _tiles(
    cell: list[_Piece], camera: Camera, airspeed_mps: float, longest_s: float
) -> Iterator[list[_Piece]]:
    """Cut a cell between lanes into tiles of about equal time on task."""
    shift_s = camera.lane_spacing_m / airspeed_mps + camera.turn_s
    times = [(p.right - p.left) / airspeed_mps + shift_s for p in cell]
    count = max(1, math.ceil(sum(times) / longest_s))
    share = sum(times) / count
    tile: list[_Piece] = []
    spent = 0.0
    for piece, time in zip(cell, times, strict=True):
        full = spent + time / 2 > share or spent + time > longest_s
        longer = [*tile, piece]
        if tile and (full or _on_task_s(longer, camera, airspeed_mps) > longest_s):
            yield tile
            tile, spent = [], 0.0
        tile.append(piece)
        spent += time
    yield tile


def _on_task_s(pieces: list[_Piece], camera: Camera, airspeed_mps: float) -> float:
    """Return how long the longest way takes; skew ends make longer turns."""
    lanes_m = sum(p.right - p.left for p in pieces)
    turns_m = [0.0, 0.0]
    for i, (one, other) in enumerate(pairwise(pieces)):
        turns_m[i % 2] += math.hypot(one.right - other.right, camera.lane_spacing_m)
        turns_m[1 - i % 2] += math.hypot(one.left - other.left, camera.lane_spacing_m)
    turns_s = (len(pieces) - 1) * camera.turn_s
    return (lanes_m + max(turns_m)) / airspeed_mps + turns_s


def _ways(pieces: list[_Piece], turn_s: float) -> Iterator[Way]:
    """Yield the serpentines: from either end of the first or of the last lane."""
    starts = (False, True)
    orders = (pieces, pieces[::-1]) if len(pieces) > 1 else (pieces,)
    for order in orders:
        for from_right in starts:
            ends: list[tuple[float, float]] = []
            for i, piece in enumerate(order):
                lane = [(piece.left, piece.y), (piece.right, piece.y)]
                ends += lane[::-1] if from_right != (i % 2 == 1) else lane
            xy = np.array(ends)
            wait = np.zeros(len(xy))
            for end in range(1, len(xy) - 1, 2):
                # The time goes where the drone turns most: at the end of a lane or
                # at the start of the next one.
                wait[end if _sharper(xy[end - 1 : end + 3]) else end + 1] = turn_s
            yield Way(xy=xy, wait_s=wait)


def _sharper(corner: FloatArray) -> bool:
    """Whether the first of the two turns of a lane change is the sharper one."""
    legs = np.diff(corner, axis=0)
    return bool(
        legs[0] @ legs[1] / max(float(np.hypot(*legs[0])), 1e-9)
        <= legs[1] @ legs[2] / max(float(np.hypot(*legs[2])), 1e-9)
    )


def _turned_back(way: Way, angle_deg: float, origin: shapely.Point) -> Way:
    """Return a way of the rotated frame in the frame of the map."""
    angle = math.radians(angle_deg)
    cos, sin = math.cos(angle), math.sin(angle)
    centre = np.array([origin.x, origin.y])
    rotation = np.array([[cos, sin], [-sin, cos]])
    xy: FloatArray = (way.xy - centre) @ rotation + centre
    return Way(xy=xy, wait_s=way.wait_s)
