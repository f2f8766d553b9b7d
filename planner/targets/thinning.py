"""
Give up discs of view one by one, and shift those round about to make up for it.

The compiled inside of `planner.targets.discs`: a disc is taken away, its neighbours
wander until what they should see is seen again, and if that does not come about
they go back. Discs go anywhere that is allowed, not only to candidate places, so
fewer of them are needed than by any choice among candidates.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from planner.dice import below, chance

_NEIGHBOURS = 2.6
_MOST_NEIGHBOURS = 64
_BOLDEST, _SHYEST = 0.35, 0.03
_HOTTEST, _COLDEST = 6.0, 0.3
_TRIES = 12
_ATTEMPTS = 4
_EARLY, _HOPELESS = 0.15, 0.7


class Ground(NamedTuple):
    """
    What does not change: the points to be seen, and where discs may be.

    Parameters
    ----------
    points
        In metres, shape (p, 2), ordered by cell.
    zone
        Of each point, shape (p,).
    first
        Index of the first point of each cell of a row, and the end of the row's,
        shape (rows, cols + 1).
    origin
        Lower left corner of the cells [m], shape (2,).
    radius_m
        Of a disc.
    helps
        Whether a disc of a group counts for a zone, shape (groups, zones).
    spare
        Points of each zone that need not be seen, shape (zones,).
    free
        Whether a disc may be anywhere in a tile, shape (tile rows, tile columns).
    cell_m
        Width of a cell.
    tile_m
        Width of a tile; tiles have the same origin.
    """

    points: Any
    zone: Any
    first: Any
    origin: Any
    radius_m: float
    helps: Any
    spare: Any
    free: Any
    cell_m: float
    tile_m: float


class Discs(NamedTuple):
    """
    Discs as they are, and what they see.

    Parameters
    ----------
    place
        In metres, shape (d, 2).
    group
        Of each disc, -1 for one that was given up, shape (d,).
    seen
        How often each point is seen, shape (p,).
    unseen
        Points of each zone that are not, shape (zones,).
    list, spot
        The points that are not seen, and where each stands among them, shape (p,).
    count
        How many those are, shape (1,).
    """

    place: Any
    group: Any
    seen: Any
    unseen: Any
    list: Any
    spot: Any
    count: Any


@njit(cache=True)
def look(ground: Any, discs: Any, x: float, y: float, group: int, step: int) -> int:
    """Count what a disc sees, or no longer sees; return by how much more is missing."""
    missing = 0
    limit = ground.radius_m**2
    low, high = _rows(ground, y, y)
    for row in range(low, high + 1):
        first, end = _columns(ground, row, x, y)
        for p in range(first, end):
            away = (ground.points[p, 0] - x) ** 2 + (ground.points[p, 1] - y) ** 2
            if away <= limit and ground.helps[group, ground.zone[p]]:
                missing += _count(ground, discs, p, step)
    return missing


@njit(cache=True)
def _shift(ground: Any, discs: Any, d: int, to_x: float, to_y: float) -> int:
    """Move a disc a little; return by how much more is missing."""
    missing = 0
    limit = ground.radius_m**2
    x, y = discs.place[d]
    group = discs.group[d]
    low, high = _rows(ground, min(y, to_y), max(y, to_y))
    for row in range(low, high + 1):
        first, end = _columns(ground, row, x, y)
        to_first, to_end = _columns(ground, row, to_x, to_y)
        if first >= end:
            first, end = to_first, to_end
        elif to_first < to_end:
            first, end = min(first, to_first), max(end, to_end)
        for p in range(first, end):
            px, py = ground.points[p]
            before = (px - x) ** 2 + (py - y) ** 2 <= limit
            after = (px - to_x) ** 2 + (py - to_y) ** 2 <= limit
            # Most points are seen from both places, and are left alone.
            if before != after and ground.helps[group, ground.zone[p]]:
                missing += _count(ground, discs, p, 1 if after else -1)
    discs.place[d, 0], discs.place[d, 1] = to_x, to_y
    return missing


@njit(cache=True)
def _rows(ground: Any, low_y: float, high_y: float) -> tuple[int, int]:
    """Return the first and the last row of cells within a radius of some heights."""
    low = int((low_y - ground.origin[1] - ground.radius_m) / ground.cell_m)
    high = int((high_y - ground.origin[1] + ground.radius_m) / ground.cell_m)
    return max(0, low), min(ground.first.shape[0] - 1, high)


@njit(cache=True)
def _columns(ground: Any, row: int, x: float, y: float) -> tuple[int, int]:
    """Return the range of the points of a row of cells that a disc may see."""
    bottom = ground.origin[1] + row * ground.cell_m
    off = max(0.0, bottom - y, y - bottom - ground.cell_m)
    if off > ground.radius_m:
        return 0, 0
    half = np.sqrt(ground.radius_m**2 - off**2)
    last = ground.first.shape[1] - 2
    low = int((x - ground.origin[0] - half) / ground.cell_m)
    high = int((x - ground.origin[0] + half) / ground.cell_m)
    return ground.first[row, max(0, low)], ground.first[row, min(last, high) + 1]


@njit(cache=True)
def _count(ground: Any, discs: Any, p: int, step: int) -> int:
    """Note that a point is seen once more or less; return by how much more is missing.

    Points beyond what their zone spares are missing.
    """
    z = ground.zone[p]
    discs.seen[p] += step
    if step > 0 and discs.seen[p] == 1:
        discs.unseen[z] -= 1
        discs.count[0] -= 1
        last = discs.list[discs.count[0]]
        discs.list[discs.spot[p]] = last
        discs.spot[last] = discs.spot[p]
        return -1 if discs.unseen[z] >= ground.spare[z] else 0
    if step < 0 and discs.seen[p] == 0:
        discs.unseen[z] += 1
        discs.spot[p] = discs.count[0]
        discs.list[discs.count[0]] = p
        discs.count[0] += 1
        return 1 if discs.unseen[z] > ground.spare[z] else 0
    return 0


@njit(cache=True)
def _allowed(ground: Any, x: float, y: float) -> bool:
    row = int((y - ground.origin[1]) // ground.tile_m)
    col = int((x - ground.origin[0]) // ground.tile_m)
    if row < 0 or col < 0:
        return False
    if row >= ground.free.shape[0] or col >= ground.free.shape[1]:
        return False
    return bool(ground.free[row, col])


@njit(cache=True)
def _round_about(ground: Any, discs: Any, x: float, y: float, near: Any) -> int:
    """List the discs near a place; return how many."""
    limit = (_NEIGHBOURS * ground.radius_m) ** 2
    count = 0
    for d in range(len(discs.group)):
        if discs.group[d] < 0 or count == len(near):
            continue
        if (discs.place[d, 0] - x) ** 2 + (discs.place[d, 1] - y) ** 2 <= limit:
            near[count] = d
            count += 1
    return count


@njit(cache=True)
def _wanting(ground: Any, discs: Any, dice: Any) -> int:
    """Return a point that should be seen and is not, or -1 where luck found none."""
    for _ in range(_TRIES):
        p = discs.list[below(dice, discs.count[0])]
        if discs.unseen[ground.zone[p]] > ground.spare[ground.zone[p]]:
            return int(p)
    return -1


@njit(cache=True)
def wander(
    ground: Any, discs: Any, near: Any, count: int, missing: int, most: int, dice: Any
) -> int:
    """
    Shift discs until nothing is missing, for a number of moves at most.

    Parameters
    ----------
    near
        The discs that may be shifted, the first ``count``.
    missing
        Points that should be seen and are not, beyond what zones spare.

    Returns
    -------
    missing
        What is missing in the end.
    """
    start = missing
    for move in range(most):
        if missing <= 0 or count == 0:
            break
        share = move / most
        if share > _EARLY and missing > _HOPELESS * start:
            break
        heat = _HOTTEST * (_COLDEST / _HOTTEST) ** share
        bold = _BOLDEST * (_SHYEST / _BOLDEST) ** share * ground.radius_m
        d = near[below(dice, count)]
        x, y = discs.place[d]
        p = _wanting(ground, discs, dice) if chance(dice) < 0.5 else -1
        if p >= 0:
            # The nearest of a few that might see the point goes towards it.
            best = np.inf
            for _ in range(3):
                other = near[below(dice, count)]
                away = (discs.place[other, 0] - ground.points[p, 0]) ** 2 + (
                    discs.place[other, 1] - ground.points[p, 1]
                ) ** 2
                if away < best and ground.helps[discs.group[other], ground.zone[p]]:
                    best, d = away, other
            x, y = discs.place[d]
            away = max(1.0, np.hypot(ground.points[p, 0] - x, ground.points[p, 1] - y))
            length = bold * chance(dice)
            to_x = x + (ground.points[p, 0] - x) / away * length
            to_y = y + (ground.points[p, 1] - y) / away * length
        else:
            to_x = x + bold * (2 * chance(dice) - 1)
            to_y = y + bold * (2 * chance(dice) - 1)
        if not _allowed(ground, to_x, to_y):
            continue
        more = _shift(ground, discs, d, to_x, to_y)
        if more <= 0 or chance(dice) < np.exp(-more / heat):
            missing += more
        else:
            _shift(ground, discs, d, x, y)
    return missing


@njit(cache=True)
def _attempt(
    ground: Any, discs: Any, x: float, y: float, missing: int, most: int, dice: Any
) -> int:
    """
    Shift the discs round a place until nothing is missing; else leave them as before.

    Returns
    -------
    missing
        What is missing in the end.
    """
    near = np.empty(_MOST_NEIGHBOURS, np.int64)
    count = _round_about(ground, discs, x, y, near)
    old = np.empty((count, 2), np.float64)
    for k in range(count):
        old[k] = discs.place[near[k]]
    left = wander(ground, discs, near, count, missing, most, dice)
    if left <= 0:
        return left
    for k in range(count):
        d = near[k]
        if discs.place[d, 0] != old[k, 0] or discs.place[d, 1] != old[k, 1]:
            _shift(ground, discs, d, old[k, 0], old[k, 1])
    return missing


@njit(cache=True)
def settle(ground: Any, discs: Any, most: int, dice: Any) -> None:
    """
    Shift discs where a zone lacks points, zone by zone.

    What cannot be made up for is spared from then on.
    """
    for z in range(len(ground.spare)):
        for _ in range(_ATTEMPTS):
            lacking = discs.unseen[z] - ground.spare[z]
            if lacking <= 0:
                break
            for k in range(discs.count[0]):
                p = discs.list[k]
                if ground.zone[p] == z:
                    x, y = ground.points[p]
                    break
            _attempt(ground, discs, x, y, lacking, most, dice)
    for z in range(len(ground.spare)):
        ground.spare[z] = max(ground.spare[z], discs.unseen[z])


@njit(cache=True)
def thin(ground: Any, discs: Any, visits: Any, most: int, dice: Any) -> None:
    """
    Give up discs that can be made up for, idlest and most often visited first.

    Nothing may be missing at first, and nothing is in the end.

    Parameters
    ----------
    visits
        That a disc of a group takes, shape (groups,).
    most
        Moves to try for each disc.
    """
    idle = np.full(len(discs.group), np.inf)
    for d in range(len(discs.group)):
        group = discs.group[d]
        if group >= 0:
            x, y = discs.place[d]
            alone = look(ground, discs, x, y, group, -1)
            look(ground, discs, x, y, group, 1)
            idle[d] = (1 + alone) / visits[group] * (0.7 + 0.6 * chance(dice))
    for d in np.argsort(idle):
        group = discs.group[d]
        if group < 0:
            continue
        x, y = discs.place[d]
        missing = look(ground, discs, x, y, group, -1)
        discs.group[d] = -1
        if _attempt(ground, discs, x, y, missing, most, dice) > 0:
            discs.group[d] = group
            look(ground, discs, x, y, group, 1)
