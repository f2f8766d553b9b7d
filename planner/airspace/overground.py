"""Outline what is closed at each layer where the ground is not flat."""

from __future__ import annotations

from collections.abc import Sequence

import shapely
from shapely.geometry.base import BaseGeometry

from planner.basics.terrain import Terrain
from planner.implied.aloft import layers_m
from planner.scenario import Scenario

_SMOOTH = 0.5
"""Outlines run this far off what is closed, give or take a tenth less [squares]."""

_RIM_M = 100.0
"""Width of what is closed round the known world [m]."""

Band = tuple[BaseGeometry, float, float]
"""A shape, and the lowest and highest height at which it is closed."""


def closed_by_layer(
    scenario: Scenario, terrain: Terrain, bands: Sequence[Band], margin_m: float
) -> dict[float, BaseGeometry]:
    """
    Return what is closed at each layer: ground too high or too low, and airspace.

    A layer is closed where it is lower than the floor over the highest ground of a
    square, or higher than the ceiling over the lowest, and where the ground is not
    known.

    Parameters
    ----------
    bands
        Closed airspace, clearance included.
    margin_m
        Kept off the ground that is closed.
    """
    rules = scenario.rules
    beyond = _beyond(terrain)
    closed: dict[float, BaseGeometry] = {}
    for layer_m in layers_m(scenario):
        is_open = (terrain.highest_m + rules.floor_m <= layer_m) & (
            layer_m <= terrain.lowest_m + rules.ceiling_m
        )
        ground = smoothed(terrain.squares(~is_open), terrain.square_m)
        shapes = [shape for shape, low_m, high_m in bands if low_m <= layer_m <= high_m]
        grown = ground.buffer(margin_m, join_style="mitre")
        closed[layer_m] = shapely.union_all([grown, beyond, *shapes])
        shapely.prepare(closed[layer_m])
    return closed


def smoothed(squares: BaseGeometry, square_m: float) -> BaseGeometry:
    """
    Return an outline round squares with fewer corners, and gaps between them closed.

    All squares lie within it: it is drawn half a square off them, and moved by less
    (Douglas and Peucker, 1973).
    """
    off_m = _SMOOTH * square_m
    wide = squares.buffer(2 * off_m, join_style="mitre")
    return wide.buffer(-off_m, join_style="mitre").simplify(0.9 * off_m)


def _beyond(terrain: Terrain) -> BaseGeometry:
    """Return a rim round all ground that is known of."""
    world = shapely.box(*terrain.bounds)
    return world.buffer(_RIM_M, join_style="mitre").difference(world)
