"""
Thin out discs of view: fewer of them, anywhere they may be, that see as much.

See `planner.targets.thinning` for how one disc after another is given up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray

IntArray = NDArray[np.int64]

if TYPE_CHECKING:
    from planner.targets.thinning import Discs, Ground

_CELLS_PER_RADIUS = 8
_TILE_M = 20.0
_BEYOND = 1.2
"""Radii round the points in which discs may wander."""

_SETTLING_MOVES = 4000
_THINNING_MOVES = 600
_SEED = 20


def thinned(
    points: Sequence[FloatArray],
    spare: IntArray,
    helps: NDArray[np.bool_],
    visits: FloatArray,
    discs: Mapping[int, FloatArray],
    allowed: BaseGeometry,
    radius_m: float,
    *,
    care: float = 1.0,
) -> dict[int, FloatArray]:
    """
    Return discs by group that see the points of every zone but a few.

    What the discs given do not see and cannot be shifted to see is let go.

    Parameters
    ----------
    points
        To be seen, by zone [m].
    spare
        How many points of each zone need not be seen.
    helps
        Whether a disc of a group counts for a zone, shape (groups, zones).
    visits
        What a disc of a group costs, shape (groups,).
    discs
        Centres by group [m].
    allowed
        Where a disc may be.
    care
        From 0 (discs are only shifted) to 1 (those that can be made up for are given
        up).
    """
    from planner.targets.thinning import settle, thin

    load()
    ground = _ground(points, spare, helps, allowed, radius_m)
    found = _discs(ground, discs)
    dice = np.array([_SEED], dtype=np.uint64)
    settle(ground, found, _SETTLING_MOVES, dice)
    if care:
        thin(ground, found, visits, math.ceil(care * _THINNING_MOVES), dice)
    return {group: found.place[found.group == group] for group in discs}


@cache
def load() -> None:
    """Have the search compiled: for some seconds once, then read from a cache."""
    from planner.targets.thinning import settle, thin

    here = np.zeros((1, 2))
    ground = _ground(
        [here],
        np.zeros(1, dtype=np.int64),
        np.ones((1, 1), dtype=bool),
        shapely.Point(0, 0),
        1.0,
    )
    found = _discs(ground, {0: here})
    dice = np.array([_SEED], dtype=np.uint64)
    settle(ground, found, 1, dice)
    thin(ground, found, np.ones(1), 1, dice)


def _ground(
    points: Sequence[FloatArray],
    spare: IntArray,
    helps: NDArray[np.bool_],
    allowed: BaseGeometry,
    radius_m: float,
) -> Ground:
    """Return what does not change, as arrays."""
    from planner.targets.thinning import Ground

    place = np.vstack(points)
    zone = np.repeat(np.arange(len(points)), [len(p) for p in points])
    origin = place.min(axis=0) - _BEYOND * radius_m
    extent = place.max(axis=0) + _BEYOND * radius_m - origin
    cell_m = radius_m / _CELLS_PER_RADIUS
    cols, rows = (extent // cell_m).astype(int) + 1
    col, row = ((place - origin) // cell_m).astype(int).T
    cell = row * cols + col
    order = np.argsort(cell, kind="stable")
    edges = np.searchsorted(cell[order], np.arange(rows * cols + 1))
    starts, ends = edges[:-1].reshape(rows, cols), edges[1:].reshape(rows, cols)
    # A tile is free if all of it is: its middle is as far within as its corners.
    inner = allowed.buffer(-_TILE_M * 0.7072)
    shapely.prepare(inner)
    across, up = (extent // _TILE_M).astype(int) + 1
    middles = np.meshgrid(
        origin[0] + _TILE_M * (np.arange(across) + 0.5),
        origin[1] + _TILE_M * (np.arange(up) + 0.5),
    )
    return Ground(
        points=np.ascontiguousarray(place[order]),
        zone=zone[order],
        first=np.ascontiguousarray(np.hstack([starts, ends[:, -1:]])),
        origin=origin,
        radius_m=radius_m,
        helps=helps,
        spare=spare.copy(),
        free=shapely.contains_xy(inner, *middles),
        cell_m=cell_m,
        tile_m=_TILE_M,
    )


def _discs(ground: Ground, centres: Mapping[int, FloatArray]) -> Discs:
    """Return discs, and what they see of the ground."""
    from planner.targets.thinning import Discs, look

    count = len(ground.points)
    unseen: Any = np.bincount(ground.zone, minlength=len(ground.spare))
    discs = Discs(
        place=np.vstack(list(centres.values())),
        group=np.repeat(list(centres), [len(xy) for xy in centres.values()]),
        seen=np.zeros(count, dtype=np.int64),
        unseen=unseen.astype(np.int64),
        list=np.arange(count),
        spot=np.arange(count),
        count=np.array([count]),
    )
    for (x, y), group in zip(discs.place, discs.group, strict=True):
        look(ground, discs, x, y, group, 1)
    return discs
