"""
Look, compiled, along straight lines between points that are near each other.

Edges of obstacles are kept by the cells of a grid, row by row, so that a line is held
only against those in the cells that it passes.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from planner.basics.geometry import FloatArray
from planner.compiled import kernel
from planner.crossing import crosses

OPEN, SHUT = -1, -2
"""Gates: of a line that all may fly, and of one that none may."""

_SLACK_M = 1e-3
"""Edges are in every cell so near to them: more than rounding shifts a line."""

_LEVEL_M = 1e-3
_TOUCH_M = 1e-6
_EDGES_A_CELL = 0.5
_ROWS_A_REACH = 4
_ROOM = 1 << 20
"""Lines that are found at once."""


class Walls(NamedTuple):
    """
    Edges of obstacles in the cells of a grid.

    Parameters
    ----------
    low
        Lower left corner of the grid [m], shape (2,).
    side_m
        Of a cell.
    first
        Index of the first edge of each cell of a row, and the end of the row's,
        shape (rows, columns + 1).
    edges
        Their ends (x, y, x, y) [m], cell by cell, shape (m, 4).
    owner
        The station that may cross each, or -1, shape (m,).
    """

    low: Any
    side_m: float
    first: Any
    edges: Any
    owner: Any


def walls(edges: FloatArray, owner: Any) -> Walls:
    """Return edges, shape (e, 4), by cells: about as many of one as of the other."""
    if not len(edges):
        edges, owner = np.full((1, 4), math.inf), np.full(1, -1)
        return Walls(np.zeros(2), 1.0, np.zeros((1, 2), np.int64), edges, owner)
    ends = edges.reshape(-1, 2, 2)
    low = ends.min(axis=(0, 1)) - 1.0
    across = ends.max(axis=(0, 1)) + 1.0 - low
    side_m = math.sqrt(across[0] * across[1] * _EDGES_A_CELL / len(edges))
    width, height = (across // side_m).astype(np.int64) + 1
    from_cell = ((ends.min(axis=1) - low - _SLACK_M) // side_m).astype(np.int64)
    to_cell = ((ends.max(axis=1) - low + _SLACK_M) // side_m).astype(np.int64)
    wide, high = (to_cell - from_cell + 1).T
    which = np.repeat(np.arange(len(edges)), wide * high)
    place = np.arange(len(which)) - np.repeat(
        np.cumsum(wide * high) - wide * high, wide * high
    )
    cols = from_cell[which, 0] + place % wide[which]
    cell = (from_cell[which, 1] + place // wide[which]) * width + cols
    order = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[order], np.arange(width * height + 1))
    return Walls(
        low=low,
        side_m=side_m,
        first=np.column_stack(
            [starts[:-1].reshape(height, width), starts[width::width]]
        ),
        edges=np.ascontiguousarray(edges[which[order]]),
        owner=np.ascontiguousarray(owner[which[order]]),
    )


class Points(NamedTuple):
    """
    Places and corners between which lines are sought, from west to east in rows.

    Parameters
    ----------
    xy
        In metres, shape (p, 2).
    before, after
        Neighbours of a corner on its outline, and of a place the place itself.
    own
        The station that a point is, or -1, shape (p,): its lines may pass its column.
    inside
        The gate of each point, where it lies within an obstacle, shape (p,).
    order
        Points row by row, shape (p,).
    first
        Index of the first of each row, and the end, shape (rows + 1,).
    low_y, height_m
        Of the lowest row, and of each.
    """

    xy: Any
    before: Any
    after: Any
    own: Any
    inside: Any
    order: Any
    first: Any
    low_y: float
    height_m: float


def points(
    xy: FloatArray,
    before: FloatArray,
    after: FloatArray,
    own: Any,
    inside: Any,
    reach_m: float,
) -> Points:
    """Return points in rows that are as high as a part of the reach."""
    low_y = float(xy[:, 1].min())
    height_m = reach_m / _ROWS_A_REACH
    row = ((xy[:, 1] - low_y) // height_m).astype(np.int64)
    order = np.lexsort((xy[:, 0], row))
    first = np.searchsorted(row[order], np.arange(row.max() + 2))
    return Points(xy, before, after, own, inside, order, first, low_y, height_m)


def lines_between(points: Points, reach_m: float) -> Any:
    """
    Return the lines that are worth a look, as pairs of points, each once.

    Those have no end at a corner whose obstacle they would enter, if extended.
    """
    count = len(points.xy)
    room = np.empty((max(_ROOM, count), 2), dtype=np.int32)
    found, i = [room[:0]], 0
    while i < count:
        filled, i = near_lines(points, reach_m, i, room)
        found.append(room[:filled].copy())
    return np.vstack(found)


@kernel
def near_lines(points: Points, reach_m: float, i: int, lines: Any) -> tuple[int, int]:
    """
    Fill in the lines worth a look from a point on, while there is room.

    Returns
    -------
    int, int
        How many they are, and the point to go on from.
    """
    count = 0
    rows = len(points.first) - 1
    while i < len(points.xy) and count + len(points.xy) - i <= len(lines):
        x, y = points.xy[i, 0], points.xy[i, 1]
        low_row = math.floor((y - reach_m - points.low_y) / points.height_m)
        high_row = math.floor((y + reach_m - points.low_y) / points.height_m)
        for row in range(max(0, low_row), min(rows, high_row + 1)):
            k, last = points.first[row], points.first[row + 1]
            step = last - k
            while step > 0:
                half = step // 2
                if points.xy[points.order[k + half], 0] < x - reach_m:
                    k += half + 1
                    step -= half + 1
                else:
                    step = half
            for place in range(k, last):
                j = points.order[place]
                away_x, away_y = points.xy[j, 0] - x, points.xy[j, 1] - y
                if away_x > reach_m:
                    break
                if j <= i or away_x * away_x + away_y * away_y > reach_m * reach_m:
                    continue
                if touches(points, i, j) and touches(points, j, i):
                    lines[count, 0], lines[count, 1] = i, j
                    count += 1
        i += 1
    return count, i


@kernel
def look(walls: Walls, points: Points, lines: Any, gates: Any) -> None:
    """
    Tell of each line between two points who may fly it.

    Parameters
    ----------
    lines
        Indices of their ends, shape (k, 2).
    gates
        What is told, shape (k,): `OPEN`, `SHUT`, or the one station in whose column
        the line is, and which may fly it.
    """
    xy, own = points.xy, points.own
    for k in range(len(lines)):
        i, j = lines[k, 0], lines[k, 1]
        gate = narrowed(OPEN, points.inside[i], own[i], own[j])
        gate = narrowed(gate, points.inside[j], own[i], own[j])
        if gate != SHUT and xy[i, 1] <= xy[j, 1]:
            gate = met(walls, xy[i], xy[j], own[i], own[j], gate)
        elif gate != SHUT:
            gate = met(walls, xy[j], xy[i], own[i], own[j], gate)
        gates[k] = gate


@kernel
def touches(points: Points, corner: int, other: int) -> bool:
    """Whether a line from elsewhere has both sides of a corner on one of its own."""
    before, after = points.before, points.after
    x, y = points.xy[corner, 0], points.xy[corner, 1]
    step_x, step_y = points.xy[other, 0] - x, points.xy[other, 1] - y
    one = step_x * (before[corner, 1] - y) - step_y * (before[corner, 0] - x)
    two = step_x * (after[corner, 1] - y) - step_y * (after[corner, 0] - x)
    slack = _TOUCH_M * math.sqrt(step_x * step_x + step_y * step_y)
    return bool(min(one, two) >= -slack or max(one, two) <= slack)


@kernel
def narrowed(gate: int, other: int, own_i: int, own_j: int) -> int:
    """Return the gate of a line that has to pass another gate, too."""
    if other in (OPEN, gate) or (other >= 0 and other in (own_i, own_j)):
        return gate
    return other if gate == OPEN else SHUT


@kernel
def met(walls: Walls, start: Any, end: Any, own_i: int, own_j: int, gate: int) -> int:
    """Return the gate of a line, from its lower end up, that begins with one."""
    x0, y0, x1, y1 = start[0], start[1], end[0], end[1]
    low_x, low_y, side_m = walls.low[0], walls.low[1], walls.side_m
    rows, columns = walls.first.shape[0], walls.first.shape[1] - 1
    slope = (x1 - x0) / (y1 - y0) if y1 - y0 > _LEVEL_M else 0.0
    from_row = max(0, math.floor((y0 - low_y) / side_m))
    to_row = min(rows - 1, math.floor((y1 - low_y) / side_m))
    for row in range(from_row, to_row + 1):
        one, two = x0, x1
        if y1 - y0 > _LEVEL_M:
            floor_y = low_y + row * side_m
            one = x0 + (max(floor_y, y0) - y0) * slope
            two = x0 + (min(floor_y + side_m, y1) - y0) * slope
        from_column = max(0, math.floor((min(one, two) - low_x) / side_m))
        to_column = min(columns - 1, math.floor((max(one, two) - low_x) / side_m))
        if from_column > to_column:
            continue
        for k in range(walls.first[row, from_column], walls.first[row, to_column + 1]):
            if not crosses(walls.edges, k, x0, y0, x1, y1):
                continue
            owner = walls.owner[k]
            gate = narrowed(gate, owner if owner >= 0 else SHUT, own_i, own_j)
            if gate == SHUT:
                return SHUT
    return gate


@cache
def load() -> None:
    """Have the search compiled: for some seconds once, then read from a cache."""
    here, one = np.zeros((2, 2)), np.full(2, -1)
    some = points(here, here, here, one, one, 1.0)
    lines = lines_between(some, 1.0)
    gates = np.empty(len(lines), dtype=np.int32)
    look(walls(np.ones((1, 4)), one[:1]), some, lines, gates)
