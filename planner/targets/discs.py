"""
Thin out discs of view: fewer of them, anywhere they may be, that see as much.

See `planner.targets.thinning` for how one disc after another is given up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray

IntArray = NDArray[np.int64]

if TYPE_CHECKING:
    from planner.targets.seeing import Discs, Ground

_CELLS_PER_RADIUS = 14
_REACH = _CELLS_PER_RADIUS + 1
"""Rows and columns beyond which a disc sees nothing, wherever in its cell it is."""

_BEYOND = 17
"""Cells round the points in which discs may wander: a little more than a radius."""

_SETTLING_MOVES = 4000
_LEAST_MOVES, _MOST_MOVES = 200, 2000
_SEED = 20
_MOST_NEIGHBOURS = 64
"""Discs that wander at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Lie:
    """
    The lie of the land: what is to be seen, and from where.

    Parameters
    ----------
    ground
        The same in cells and spots.
    origin
        Lower left corner of the cells [m], shape (2,).
    spot_m
        How far apart spots are.
    points
        To be seen, by zone.
    """

    ground: Ground
    origin: FloatArray
    spot_m: float
    points: IntArray

    @staticmethod
    def of(
        shapes: Sequence[BaseGeometry],
        helps: NDArray[np.bool_],
        allowed: BaseGeometry,
        radius_m: float,
    ) -> Lie:
        """
        Return the lie of the land of zones.

        Parameters
        ----------
        shapes
            To be seen, by zone.
        helps
            Whether a disc of a group counts for a zone, shape (groups, zones).
        allowed
            Where a disc may be.
        radius_m
            Of a disc.
        """
        from planner.targets.seeing import SPOTS, Ground

        cell_m = radius_m / _CELLS_PER_RADIUS
        bounds = np.floor(shapely.total_bounds(shapes) / cell_m).astype(int)
        low = bounds[:2] - _BEYOND - _REACH
        cols, rows = bounds[2:] + _BEYOND + _REACH + 1 - low
        cells = [_cells(shape, cell_m) - low for shape in shapes]
        count = np.array([len(some) for some in cells])
        col, row = np.vstack(cells).T
        number = row * cols + col
        order = np.argsort(number, kind="stable")
        edges = np.searchsorted(number[order], np.arange(rows * cols + 1))
        first = edges[:-1].reshape(rows, cols), edges[cols::cols, None]
        ground = Ground(
            at=np.column_stack([col, row])[order] * SPOTS + SPOTS // 2,
            zone=np.repeat(np.arange(len(cells)), count)[order],
            first=np.hstack(first).astype(np.int32),
            stretches=_stretches(),
            radius=_CELLS_PER_RADIUS * SPOTS,
            helps=helps,
            free=_free(allowed, low, cell_m, (rows, cols)),
        )
        return Lie(ground, low * cell_m, cell_m / SPOTS, count)

    def spots(self, places: FloatArray) -> IntArray:
        """
        Return the spots next to places [m], shape (n, 2).

        From a place so far off that it is on none, nothing is seen; it becomes one at
        the rim, from which nothing is seen either.
        """
        from planner.targets.seeing import SPOTS

        spots = np.rint((places - self.origin) / self.spot_m).astype(np.int64)
        rows, cols = self.ground.free.shape
        rim = np.array([cols - _REACH, rows - _REACH]) * SPOTS - 1
        return np.clip(spots, _REACH * SPOTS, rim)


def _cells(shape: BaseGeometry, cell_m: float) -> IntArray:
    """Return columns and rows of cells whose middles lie in a shape, or of one."""
    x0, y0, x1, y1 = np.floor(np.array(shape.bounds) / cell_m).astype(int)
    cells = np.mgrid[x0 : x1 + 1, y0 : y1 + 1].reshape(2, -1)
    cells = cells[:, shapely.contains_xy(shape, *((cells + 0.5) * cell_m))].T
    if not len(cells):
        inner = shapely.get_coordinates(shapely.point_on_surface(shape))
        cells = np.floor(inner / cell_m).astype(int)
    return np.asarray(cells, dtype=np.int64)


@cache
def _stretches() -> IntArray:
    """Return what a disc sees of the rows round its cell; see `Ground`."""
    from planner.targets.seeing import SPOTS

    spots = np.arange(SPOTS)
    middles = np.arange(-_REACH, _REACH + 1) * SPOTS + SPOTS // 2
    away2 = (middles - spots[:, None]) ** 2
    sees = away2[:, None, :, None] + away2[None, :, None, :]
    sees = sees <= (_CELLS_PER_RADIUS * SPOTS) ** 2
    count = sees.sum(axis=-1)
    first = np.where(count, sees.argmax(axis=-1) - _REACH, 0)
    return np.stack([first, first + count], axis=-1)


def _free(
    allowed: BaseGeometry, low: IntArray, cell_m: float, shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Return of each cell whether a disc may be anywhere in it; not at the rim."""
    # All of it is free if its middle is as far within as its corners.
    inner = allowed.buffer(-cell_m * 0.7072)
    shapely.prepare(inner)
    rows, cols = (np.arange(_REACH, count - _REACH) for count in shape)
    middles = np.meshgrid(
        (low[0] + cols + 0.5) * cell_m, (low[1] + rows + 0.5) * cell_m
    )
    free = np.zeros(shape, dtype=np.bool_)
    free[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1] = shapely.contains_xy(
        inner, *middles
    )
    return free


def thinned(
    lie: Lie,
    spare: IntArray,
    visits: FloatArray,
    centres: Mapping[int, FloatArray],
    *,
    care: float = 1.0,
) -> dict[int, FloatArray]:
    """
    Return discs by group, few of them, that see the points of every zone but a few.

    What the discs given do not see and cannot be shifted to see is let go.

    Parameters
    ----------
    spare
        How many points of each zone need not be seen, shape (zones,).
    visits
        What a disc of a group costs, shape (groups,).
    centres
        By group [m].
    care
        From 0 (a few moves to make up for each disc) to 1.
    """
    from planner.targets.thinning import idle, settle, thin

    load()
    discs = _discs(lie, spare, centres)
    dice = np.array([_SEED], dtype=np.uint64)
    settle(lie.ground, discs, _SETTLING_MOVES, dice)
    idleness = np.empty(len(discs.group))
    idle(lie.ground, discs, visits, dice, idleness)
    order = np.argsort(idleness, kind="stable")
    moves = _LEAST_MOVES + math.ceil(care * (_MOST_MOVES - _LEAST_MOVES))
    thin(lie.ground, discs, order, moves, dice)
    return _centres(lie, discs, centres)


def settled(
    lie: Lie, spare: IntArray, centres: Mapping[int, FloatArray]
) -> dict[int, FloatArray]:
    """
    Return discs by group, only shifted to see the points of every zone but a few.

    For the rest see `thinned`.
    """
    from planner.targets.thinning import settle

    load()
    discs = _discs(lie, spare, centres)
    settle(lie.ground, discs, _SETTLING_MOVES, np.array([_SEED], dtype=np.uint64))
    return _centres(lie, discs, centres)


@cache
def load() -> None:
    """Have the search compiled: for some seconds once, then read from a cache."""
    from planner.targets.thinning import idle, settle, thin

    here, one = shapely.box(0, 0, 1, 1), np.ones(1)
    lie = Lie.of([here], np.ones((1, 1), dtype=bool), here, 1.0)
    none = np.zeros(1, dtype=np.int64)
    discs = _discs(lie, none, {0: np.zeros((1, 2))})
    dice = np.array([_SEED], dtype=np.uint64)
    settle(lie.ground, discs, 1, dice)
    idle(lie.ground, discs, one, dice, one)
    thin(lie.ground, discs, none, 1, dice)


def _discs(lie: Lie, spare: IntArray, centres: Mapping[int, FloatArray]) -> Discs:
    """Return discs at the spots next to some places, and what they see."""
    from planner.targets.seeing import Discs, look

    count = len(lie.ground.at)
    unseen: Any = np.bincount(lie.ground.zone, minlength=len(spare))
    discs = Discs(
        place=lie.spots(np.vstack(list(centres.values()))),
        group=np.repeat(list(centres), [len(xy) for xy in centres.values()]),
        seen=np.zeros(count, dtype=np.int64),
        unseen=unseen.astype(np.int64),
        spare=spare.astype(np.int64),
        list=np.arange(count),
        spot=np.arange(count),
        count=np.array([count]),
        near=np.zeros(_MOST_NEIGHBOURS, dtype=np.int64),
        old=np.zeros((_MOST_NEIGHBOURS, 2), dtype=np.int64),
    )
    for d in range(len(discs.place)):
        look(lie.ground, discs, d, 1)
    return discs


def _centres(
    lie: Lie, discs: Discs, before: Mapping[int, FloatArray]
) -> dict[int, FloatArray]:
    """Return where the discs that are left stand [m], by group."""
    start = np.vstack(list(before.values()))
    # One that was not shifted stands where it stood, not at the spot next to that.
    moved = (discs.place != lie.spots(start)).any(axis=1)
    place = np.where(moved[:, None], lie.origin + discs.place * lie.spot_m, start)
    return {group: place[discs.group == group] for group in before}
