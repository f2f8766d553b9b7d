"""
Cut sweep zones into tiles of back-and-forth lanes.

Each part of a zone has lanes in its own direction, in cells of lane pieces that lie
side by side; each cell is cut into tiles.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import QUAD_SEGS, FloatArray
from planner.targets.camera import Sweeper
from planner.targets.lanes import Piece, on_task_s, turn
from planner.targets.model import Way
from planner.targets.parts import layouts


def sweep_tiles(area: BaseGeometry, sweeper: Sweeper) -> list[tuple[Way, ...]]:
    """
    Return the tiles of an area, each with up to four ways to fly it.

    Parameters
    ----------
    area
        What is to pass under the camera, in metres.
    """
    return [
        tuple(
            Way(xy=turn(way.xy, layout.angle_deg), wait_s=way.wait_s)
            for way in _ways(pieces, sweeper.camera.turn_s)
        )
        for layout in layouts(area, sweeper)
        for cell in layout.cells
        for pieces in _tiles(cell, sweeper)
    ]


def seen_along(tiles: Sequence[tuple[Way, ...]], reach_m: float) -> BaseGeometry:
    """Return what tiles see, each flown one way."""
    tracks = [shapely.LineString(ways[0].xy) for ways in tiles]
    return shapely.union_all(shapely.buffer(tracks, reach_m, quad_segs=QUAD_SEGS))


def _tiles(cell: Sequence[Piece], sweeper: Sweeper) -> Iterator[list[Piece]]:
    """Cut a cell between lanes into tiles of about equal time on task."""
    longest_s = sweeper.longest_s
    times = [(p.right - p.left) / sweeper.airspeed_mps + sweeper.change_s for p in cell]
    count = max(1, math.ceil(sum(times) / longest_s))
    share = sum(times) / count
    tile: list[Piece] = []
    spent = 0.0
    for piece, time in zip(cell, times, strict=True):
        full = spent + time / 2 > share or spent + time > longest_s
        if tile and (full or max(on_task_s([*tile, piece], sweeper)) > longest_s):
            yield tile
            tile, spent = [], 0.0
        tile.append(piece)
        spent += time
    yield tile


def _ways(pieces: list[Piece], turn_s: float) -> Iterator[Way]:
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
