"""
Say which ground buildings hide from a camera.

A camera at a height sees a place on flat ground if the straight line to it passes
over every building between. So a building hides its own image, stretched away from the
camera: at height h a building of height b < h hides what lies up to h / (h - b) times
as far off as itself, and a higher one all that lies behind it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray

_LEAST_M = 0.01
_LEAST_M2 = 1e-9
_CONVEX = 1 + 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Skyline:
    """Buildings: outlines in metres, shape (n,), and heights of roofs [m], (n,)."""

    shapes: NDArray[np.object_]
    heights_m: FloatArray
    tree: shapely.STRtree

    @staticmethod
    def of(shapes: Iterable[BaseGeometry], heights_m: Iterable[float]) -> Skyline:
        """Return the skyline of some buildings."""
        outlines = np.array(list(shapes), dtype=object)
        return Skyline(outlines, np.array(list(heights_m)), shapely.STRtree(outlines))

    def near(self, area: BaseGeometry, distance_m: float) -> Skyline:
        """Return the buildings that are no farther than a distance from an area."""
        close = np.sort(self.tree.query(area, "dwithin", distance_m))
        return Skyline.of(self.shapes[close], self.heights_m[close])

    def shadow(
        self,
        x: float,
        y: float,
        height_m: float,
        reach_m: float,
        ground_m: float = 0.0,
    ) -> BaseGeometry:
        """
        Return the ground within reach of a camera that it does not see.

        ``ground_m`` is the lowest ground: shadows are longest there.

        What stands on the ground is no ground to be seen: outlines of buildings are
        never part of it. Beyond the reach the shape means nothing.
        """
        eye = shapely.Point(x, y)
        close = np.sort(self.tree.query(eye, "dwithin", reach_m))
        if not len(close):
            return shapely.Polygon()
        shapes, heights_m = self.shapes[close], self.heights_m[close]
        over_m = height_m - heights_m
        stretch = np.where(
            over_m > 0, (height_m - ground_m) / np.where(over_m > 0, over_m, 1), np.inf
        )
        # So far that what follows lies beyond reach.
        away_m = np.maximum(shapely.distance(shapes, eye), _LEAST_M)
        stretch = np.minimum(stretch, 2 * reach_m / away_m)
        behind = _passed(shapes, np.array([x, y]), stretch)
        return shapely.union_all(behind).difference(shapely.union_all(shapes))


def _passed(
    shapes: NDArray[np.object_], eye: FloatArray, stretch: FloatArray
) -> NDArray[np.object_]:
    """Return shapes whose union is what shapes pass over while they are stretched."""
    places, owner = shapely.get_coordinates(shapes, return_index=True)
    ends = shapely.set_coordinates(
        shapes.copy(), eye + stretch[owner][:, None] * (places - eye)
    )
    hulls = shapely.convex_hull(shapes)
    bent = shapely.area(hulls) > _CONVEX * shapely.area(shapes)
    # A convex shape passes over the hull of its beginning and its end.
    both = shapely.geometrycollections(np.stack([hulls, ends], axis=1)[~bent])
    sides = _sides(shapes[bent], eye, stretch[bent])
    straight: NDArray[np.object_] = shapely.convex_hull(both)
    return np.concatenate([straight, shapes[bent], sides, ends[bent]])


def _sides(
    shapes: NDArray[np.object_], eye: FloatArray, stretch: FloatArray
) -> NDArray[np.object_]:
    """
    Return what the edges of shapes pass over while they are stretched.

    With the shapes as they begin and end that is all: a place is passed over if the
    line from it towards the eye, as far as a shape is stretched, begins or ends in the
    shape or crosses an edge.
    """
    parts, of_part = shapely.get_parts(shapes, return_index=True)
    rings, of_ring = shapely.get_rings(parts, return_index=True)
    here, of_place = shapely.get_coordinates(rings, return_index=True)
    factor = stretch[of_part[of_ring[of_place]]][:, None]
    there = eye + factor * (here - eye)
    first = np.flatnonzero(of_place[:-1] == of_place[1:])
    last = first + 1
    corners = np.stack([here[first], here[last], there[last], there[first]], axis=1)
    sides: NDArray[np.object_] = shapely.polygons(corners)
    wide: NDArray[np.bool_] = shapely.area(sides) > _LEAST_M2
    return sides[wide]
