"""Say where help may be asked for: places of a grid, each with its weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray
from planner.response.airways import Airways
from planner.scenario import Scenario

SPACING_M = 500.0
"""Side of a cell of the grid; doubled until there are few enough [m]."""

MOST_PLACES = 10_000
FEWEST_PLACES = 200

_FINEST_M = 40.0

SPREAD = (0.7548776662466927, 0.5698402909980532)
"""
Multiples of these, less their whole part, fill the unit square evenly (Roberts, The
Unreasonable Effectiveness of Quasirandom Sequences, 2018: 1 / p and 1 / p^2 where p is
the plastic number, p^3 = p + 1).
"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """
    Where help may be asked for.

    Parameters
    ----------
    xy
        A place a cell, shape (n, 2): the middle of what is in the cell [m].
    weight
        How much of the demand each has, shape (n,).
    cell
        Column and row of each in the grid, shape (n, 2).
    spacing_m
        Side of a cell.
    closed
        Weight of what nobody may fly over.
    """

    xy: FloatArray
    weight: FloatArray
    cell: NDArray[np.int64]
    spacing_m: float
    closed: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turns:
    """
    Where help may be asked for when not all of a cell is looked at at once.

    Parameters
    ----------
    turns
        Places of the parts of cells, one of each cell in turn.
    of
        Of each turn, the cell that each of its places is a part of.
    cell
        Column and row of each cell in the grid, shape (n, 2).
    spacing_m
        Side of a cell.
    """

    turns: tuple[Places, ...]
    of: tuple[NDArray[np.int64], ...]
    cell: NDArray[np.int64]
    spacing_m: float


def places(scenario: Scenario, ways: Airways) -> Places:
    """
    Return the places of the demand layer, or of the zones where there is none.

    A shape spreads its weight evenly over its area or length, a zone its priority.
    What lies in closed airspace has no place.
    """
    found, _ = _parted(scenario, ways, 1)
    return found


def in_turns(scenario: Scenario, ways: Airways) -> Turns:
    """
    Return the same with a place in each quarter of a cell, a quarter a turn.

    Neighbours begin with different quarters. So over some turns all is looked at as on
    a grid of half the spacing, at the cost of one turn each time. Where there is so
    little that few places come of it, quarters have several.
    """
    parts = 2
    found, (cell, of) = _parted(scenario, ways, parts)
    while len(found.weight) < FEWEST_PLACES and found.spacing_m > _FINEST_M:
        parts *= 2
        found, (cell, of) = _parted(scenario, ways, parts)
    column, row = (found.cell + found.cell // 2).T
    turn = (column + 2 * row) % 4
    mine = [np.flatnonzero(turn == k) for k in range(4)]
    return Turns(
        turns=tuple(
            replace(
                found,
                xy=found.xy[part],
                weight=found.weight[part],
                cell=found.cell[part],
            )
            for part in mine
        ),
        of=tuple(of[part] for part in mine),
        cell=cell,
        spacing_m=parts * found.spacing_m,
    )


def turns_of(number: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """
    Return which moments belong to each turn, by the number that each has in its day.

    Spread evenly, but not evenly spaced, so that no clock of a route is seen at few
    offsets.
    """
    turn = np.floor(4 * (number * SPREAD[0] % 1.0)).astype(np.int64)
    return [np.flatnonzero(turn == k) for k in range(4)]


def _parted(
    scenario: Scenario, ways: Airways, parts: int
) -> tuple[Places, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return places on a grid so many times finer than that of the cells, and these."""
    asked = [(d.geometry, d.weight) for d in scenario.demand] or [
        (z.geometry, z.priority) for z in scenario.zones
    ]
    spacing_m = SPACING_M
    while sum(g.area for g, _ in asked) / spacing_m**2 > MOST_PLACES:
        spacing_m *= 2
    while True:
        found = _placed(asked, ways, spacing_m / parts)
        cell, of = np.unique(found.cell // parts, axis=0, return_inverse=True)
        if len(cell) <= MOST_PLACES:
            return found, (cell, of.reshape(-1))
        spacing_m *= 2


def _placed(
    asked: Sequence[tuple[BaseGeometry, float]], ways: Airways, spacing_m: float
) -> Places:
    """Return what is open of shapes, gathered by cell."""
    closed = shapely.union_all(ways.closed)
    shapely.prepare(closed)
    points = np.array([s for s, _ in asked if s.geom_type == "Point"], dtype=object)
    counts = np.array([w for s, w in asked if s.geom_type == "Point"])
    clear = ways.is_open(shapely.get_coordinates(points).reshape(-1, 2))
    parts, shares = [points[clear]], [counts[clear]]
    lost = float(counts[~clear].sum())
    for shape, whole in asked:
        if shape.geom_type == "Point":
            continue
        open_ = shape
        if shapely.intersects(closed, shape):
            open_ = shapely.difference(shape, closed)
        measure = shapely.area if shape.area > 0 else shapely.length
        cut = _cut(open_, spacing_m)
        share = measure(cut) * (whole / float(measure(shape)))
        cut, share = cut[share > 0], share[share > 0]  # what lies on a border alone
        parts.append(cut)
        shares.append(share)
        lost += max(0.0, whole - float(share.sum()))
    pieces = np.concatenate(parts)
    weight = np.concatenate(shares).astype(np.float64)
    middle = shapely.get_coordinates(shapely.centroid(pieces)).reshape(-1, 2)
    cell, of = np.unique(
        np.floor(middle / spacing_m).astype(np.int64), axis=0, return_inverse=True
    )
    of = of.reshape(-1)
    total = np.bincount(of, weights=weight, minlength=len(cell)).astype(np.float64)
    xy = np.column_stack(
        [
            np.bincount(of, weights=weight * middle[:, i], minlength=len(cell))
            for i in (0, 1)
        ]
    ) / np.maximum(total, 1e-300).reshape(-1, 1)
    # The middle of what is open may be closed: then the heaviest piece has the place.
    for k in np.flatnonzero(~ways.is_open(xy)):
        mine = np.flatnonzero(of == k)
        heaviest = pieces[mine[np.argmax(weight[mine])]]
        xy[k] = shapely.get_coordinates(shapely.point_on_surface(heaviest))[0]
    return Places(xy=xy, weight=total, cell=cell, spacing_m=spacing_m, closed=lost)


def _cut(shape: BaseGeometry, spacing_m: float) -> NDArray[np.object_]:
    """Return what of a shape lies in each cell of the grid."""
    if shape.is_empty:
        return np.empty(0, dtype=object)
    low = np.floor(np.array(shape.bounds[:2]) / spacing_m)
    high = np.floor(np.array(shape.bounds[2:]) / spacing_m)
    column, row = (
        axis.ravel()
        for axis in np.meshgrid(
            *(np.arange(a, b + 1) for a, b in zip(low, high, strict=True))
        )
    )
    if len(column) == 1:
        return np.array([shape], dtype=object)
    boxes = shapely.box(
        column * spacing_m,
        row * spacing_m,
        (column + 1) * spacing_m,
        (row + 1) * spacing_m,
    )
    shapely.prepare(shape)
    near = boxes[shapely.intersects(shape, boxes)]
    return np.asarray(shapely.intersection(shape, near), dtype=object)
