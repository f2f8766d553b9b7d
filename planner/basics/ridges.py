"""
Say which ground hills hide from a camera.

The ground is drawn even between the middles of squares, each half way between its
lowest and its highest. A square is seen if the straight line from its middle to the
camera is nowhere under the ground: at as many places on it as the reach has half
squares (Franklin and Ray, 1994, look along lines to every square, too).
"""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray
from planner.basics.terrain import Terrain

_LEAST_RISE_M = 1e-3


def may_hide(terrain: Terrain, over_m: float, reach_m: float) -> bool:
    """
    Whether the ground is so steep that it may hide some of itself.

    Not if it nowhere rises faster than a line to a camera does at least.

    Parameters
    ----------
    over_m
        How high the camera is over the highest ground.
    """
    middles_m = _middles_m(terrain)
    steps_m = [np.abs(np.diff(middles_m, axis=axis)).ravel() for axis in (0, 1)]
    steepest_m = float(np.concatenate(steps_m).max(initial=0.0))
    rises_m = over_m * terrain.square_m / (reach_m + terrain.square_m)
    return not math.sqrt(2) * steepest_m < rises_m  # so is what is not known


def hidden_squares(
    terrain: Terrain,
    eye: tuple[float, float, float],
    reach_m: float,
    least_m: float = 0.0,
) -> NDArray[np.bool_]:
    """
    Return which squares of some ground a camera does not see, shape (rows, columns).

    Only squares within reach are looked at. Of ground that is not known none is seen,
    nor any behind it.

    Parameters
    ----------
    eye
        Where the camera is and how high above the reference level [m].
    least_m
        How far over the ground lines must be to count.
    """
    from scipy.ndimage import map_coordinates

    x, y, height_m = eye
    middles_m = _middles_m(terrain)
    hidden = np.zeros(middles_m.shape, dtype=bool)
    if not may_hide(terrain, height_m - _highest(middles_m) - least_m, reach_m):
        return hidden
    side_m = terrain.square_m
    camera = (np.array([x, y]) - (terrain.west_m, terrain.south_m)) / side_m - 0.5
    rows, columns = np.indices(middles_m.shape)
    away = np.hypot(columns - camera[0], rows - camera[1])
    row, column = np.nonzero(away * side_m <= reach_m + side_m)
    low_m = middles_m[row, column]
    rise_m = height_m - low_m
    count = math.ceil(2 * reach_m / side_m)
    # Once a line is over all there is, the rest of it need not be looked at.
    steep = rise_m > _LEAST_RISE_M
    needed = np.divide(
        _highest(middles_m) + least_m - low_m,
        rise_m,
        out=np.ones(len(rise_m)),
        where=steep,
    )
    last = math.ceil(count * min(1.0, float(needed.max(initial=0.0)))) + 1
    share = (np.arange(1, min(last, count)) / count)[:, None]
    along = row + share * (camera[1] - row), column + share * (camera[0] - column)
    ground_m = map_coordinates(middles_m, along, order=1, mode="nearest")
    free = low_m + share * rise_m - ground_m >= least_m
    hidden[row, column] = ~free.all(axis=0) | np.isnan(low_m)
    return hidden


def hidden_ground(
    terrain: Terrain,
    eye: tuple[float, float, float],
    reach_m: float,
    least_m: float = 0.0,
) -> BaseGeometry:
    """Return the squares within reach that a camera does not see, in metres."""
    x, y, _ = eye
    near = terrain.around(shapely.Point(x, y).buffer(reach_m + terrain.square_m))
    return near.squares(hidden_squares(near, eye, reach_m, least_m))


def _middles_m(terrain: Terrain) -> FloatArray:
    middles_m: FloatArray = (terrain.lowest_m + terrain.highest_m) / 2
    return middles_m


def _highest(middles_m: FloatArray) -> float:
    """Return the highest ground; infinite where some is not known."""
    highest_m = float(middles_m.max(initial=-math.inf))
    return math.inf if math.isnan(highest_m) else highest_m
