"""
Count, compiled, what discs of view see while they are shifted about.

All is in whole numbers. Points stand in the middles of the cells of a grid, discs on
the corners of one that is `SPOTS` times finer; of each row of cells a disc sees one
stretch, which depends on nothing but its spot in its own cell and is looked up. When
it moves, the ends of its stretches tell what it sees no longer and what it sees now:
most points are seen from both places, and are not touched.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from planner.compiled import kernel

SPOTS = 8
"""Along a cell."""

_NOWHERE = -(1 << 40)


class Ground(NamedTuple):
    """
    What does not change: the points to be seen, and where discs may be.

    Parameters
    ----------
    at
        Where each point is [spots], row by row and from west to east, shape (p, 2).
    zone
        Of each point, shape (p,).
    first
        Index of the first point of each cell of a row, and the end of the row's,
        shape (rows, columns + 1). Wider on all sides than discs see.
    stretches
        First cell of a row that a disc sees, and the end, as columns and rows from
        its own cell on, by its spot in that, shape (SPOTS, SPOTS, rows, 2).
    radius
        Of a disc [spots].
    helps
        Whether a disc of a group counts for a zone, shape (groups, zones).
    free
        Whether a disc may be anywhere in a cell, shape (rows, columns).
    """

    at: Any
    zone: Any
    first: Any
    stretches: Any
    radius: int
    helps: Any
    free: Any


class Discs(NamedTuple):
    """
    Discs as they are, and what they see.

    Parameters
    ----------
    place
        In spots, shape (d, 2).
    group
        Of each disc, -1 for one that was given up, shape (d,).
    seen
        How often each point is seen, shape (p,).
    unseen
        Points of each zone that are not, shape (zones,).
    spare
        Points of each zone that need not be, shape (zones,).
    list, spot
        The points that are not seen, and where each stands among them, shape (p,).
    count
        How many those are, shape (1,).
    near, old
        Room for the discs that wander, and where they were, shapes
        (n,) and (n, 2): no more wander at once.
    """

    place: Any
    group: Any
    seen: Any
    unseen: Any
    spare: Any
    list: Any
    spot: Any
    count: Any
    near: Any
    old: Any


@kernel
def look(ground: Ground, discs: Discs, d: int, step: int) -> int:
    """Note that a disc is there or no longer; return by how much more is missing."""
    x, y = discs.place[d, 0], discs.place[d, 1]
    if step > 0:
        return move(ground, discs, d, _NOWHERE, _NOWHERE, x, y)
    return move(ground, discs, d, x, y, _NOWHERE, _NOWHERE)


@kernel
def shift(ground: Ground, discs: Discs, d: int, to_x: int, to_y: int) -> int:
    """Shift a disc; return by how much more is missing."""
    x, y = discs.place[d, 0], discs.place[d, 1]
    discs.place[d, 0], discs.place[d, 1] = to_x, to_y
    return move(ground, discs, d, x, y, to_x, to_y)


@kernel
def move(
    ground: Ground, discs: Discs, d: int, x: int, y: int, to_x: int, to_y: int
) -> int:
    """
    Note what is seen no longer and what is seen now, from one place and another.

    Returns
    -------
    int
        By how much more is missing: points beyond what their zone spares are.
    """
    group, stretches = discs.group[d], ground.stretches
    rows = stretches.shape[2]
    reach = rows // 2
    col, row, to_col, to_row = x // SPOTS, y // SPOTS, to_x // SPOTS, to_y // SPOTS
    x, y, to_x, to_y = x % SPOTS, y % SPOTS, to_x % SPOTS, to_y % SPOTS
    low, high = min(row, to_row), max(row, to_row)
    if low < 0:
        low = high
    missing = 0
    for r in range(low - reach, high + reach + 1):
        first = end = to_first = to_end = 0
        k = r - row + reach
        if 0 <= k < rows:
            first = ground.first[r, col + stretches[y, x, k, 0]]
            end = ground.first[r, col + stretches[y, x, k, 1]]
        k = r - to_row + reach
        if 0 <= k < rows:
            to_first = ground.first[r, to_col + stretches[to_y, to_x, k, 0]]
            to_end = ground.first[r, to_col + stretches[to_y, to_x, k, 1]]
        apart = end <= to_first or to_end <= first
        for p in range(first, end if apart else to_first):
            missing += unsee(ground, discs, group, p)
        for p in range(end if apart else to_end, end):
            missing += unsee(ground, discs, group, p)
        for p in range(to_first, to_end if apart else first):
            missing += see(ground, discs, group, p)
        for p in range(to_end if apart else end, to_end):
            missing += see(ground, discs, group, p)
    return missing


@kernel
def see(ground: Ground, discs: Discs, group: int, p: int) -> int:
    """Note that a point is seen once more; return by how much more is missing."""
    z = ground.zone[p]
    if not ground.helps[group, z]:
        return 0
    discs.seen[p] += 1
    if discs.seen[p] > 1:
        return 0
    discs.count[0] -= 1
    last = discs.list[discs.count[0]]
    discs.list[discs.spot[p]] = last
    discs.spot[last] = discs.spot[p]
    discs.unseen[z] -= 1
    return -1 if discs.unseen[z] >= discs.spare[z] else 0


@kernel
def unsee(ground: Ground, discs: Discs, group: int, p: int) -> int:
    """Note that a point is seen once less; return by how much more is missing."""
    z = ground.zone[p]
    if not ground.helps[group, z]:
        return 0
    discs.seen[p] -= 1
    if discs.seen[p] > 0:
        return 0
    discs.spot[p] = discs.count[0]
    discs.list[discs.count[0]] = p
    discs.count[0] += 1
    discs.unseen[z] += 1
    return 1 if discs.unseen[z] > discs.spare[z] else 0
