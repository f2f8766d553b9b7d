"""Say where help may be asked for: places of a grid, each with its weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


def places(scenario: Scenario, ways: Airways) -> Places:
    """
    Return the places of the demand layer, or of the zones where there is none.

    A shape spreads its weight evenly over its area or length, a zone its priority.
    What lies in closed airspace has no place.
    """
    asked = [(d.geometry, d.weight) for d in scenario.demand] or [
        (z.geometry, z.priority) for z in scenario.zones
    ]
    spacing_m = SPACING_M
    while sum(g.area for g, _ in asked) / spacing_m**2 > MOST_PLACES:
        spacing_m *= 2
    found = _placed(asked, ways, spacing_m)
    while len(found.weight) > MOST_PLACES:
        spacing_m *= 2
        found = _placed(asked, ways, spacing_m)
    return found


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
