"""
Look, compiled, from viewpoints at points of the ground past buildings.

The same as to ask whether a point lies in what `planner.basics.skyline` says is hidden,
without outlining that: a building hides a point if the line from it towards the eye
meets the building's outline before it has risen to the roof.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import shapely

from planner.basics.geometry import FloatArray
from planner.basics.skyline import Skyline
from planner.compiled import kernel
from planner.crossing import crosses


class Houses(NamedTuple):
    """
    Outlines of buildings as edges.

    Parameters
    ----------
    edges
        Their ends (x, y, x, y) [m], building by building, shape (m, 4).
    first
        Index of the first edge of each building, and the end, shape (k + 1,).
    box
        Bounds (x, y, x, y) of each [m], shape (k, 4).
    roof_m
        Height of each [m], shape (k,).
    """

    edges: Any
    first: Any
    box: Any
    roof_m: Any


class Eyes(NamedTuple):
    """
    Viewpoints, what each looks at, and which buildings may be in the way.

    Parameters
    ----------
    xy
        In metres, shape (n, 2).
    height_m, ground_m
        How high each is, and the lowest ground round it, shape (n,).
    look_at, first_look
        Points by eye, and where those of each eye begin, shapes (p,) and (n + 1,).
    near, first_near
        Buildings by eye, and where those of each eye begin, shapes (b,) and (n + 1,).
    """

    xy: Any
    height_m: Any
    ground_m: Any
    look_at: Any
    first_look: Any
    near: Any
    first_near: Any


def houses(skyline: Skyline) -> Houses:
    """Return the outlines of a skyline as edges."""
    parts, of_part = shapely.get_parts(skyline.shapes, return_index=True)
    rings, of_ring = shapely.get_rings(parts, return_index=True)
    corners, of_corner = shapely.get_coordinates(rings, return_index=True)
    start = np.flatnonzero(of_corner[:-1] == of_corner[1:])
    owner = of_part[of_ring[of_corner[start]]]
    return Houses(
        edges=np.hstack([corners[start], corners[start + 1]]),
        first=np.searchsorted(owner, np.arange(len(skyline.shapes) + 1)),
        box=np.ascontiguousarray(shapely.bounds(skyline.shapes).reshape(-1, 4)),
        roof_m=np.asarray(skyline.heights_m, dtype=np.float64),
    )


@kernel
def look_past(houses: Houses, eyes: Eyes, points: FloatArray, seen: Any) -> None:
    """
    Tell which points are seen past buildings.

    What is inside an outline is no ground, and counts as seen.

    Parameters
    ----------
    points
        In metres, shape (q, 2).
    seen
        What is told, in the order of ``look_at``, shape (p,).
    """
    for e in range(len(eyes.xy)):
        x, y = eyes.xy[e, 0], eyes.xy[e, 1]
        first, end = eyes.first_near[e], eyes.first_near[e + 1]
        for look in range(eyes.first_look[e], eyes.first_look[e + 1]):
            px, py = points[eyes.look_at[look], 0], points[eyes.look_at[look], 1]
            seen[look] = True
            for k in range(first, end):
                house = eyes.near[k]
                over_m = eyes.height_m[e] - houses.roof_m[house]
                rise = 0.0
                if over_m > 0:
                    rise = min(1.0, over_m / (eyes.height_m[e] - eyes.ground_m[e]))
                to_x, to_y = x + (px - x) * rise, y + (py - y) * rise
                if meets(houses, house, px, py, to_x, to_y):
                    seen[look] = False
                    break
            if seen[look]:
                continue
            for k in range(first, end):
                if holds(houses, eyes.near[k], px, py):
                    seen[look] = True
                    break


@kernel
def meets(
    houses: Houses, house: int, x0: float, y0: float, x1: float, y1: float
) -> bool:
    """Whether a line meets the outline of a building."""
    west, south = houses.box[house, 0], houses.box[house, 1]
    east, north = houses.box[house, 2], houses.box[house, 3]
    if max(x0, x1) < west or min(x0, x1) > east:
        return False
    if max(y0, y1) < south or min(y0, y1) > north:
        return False
    for k in range(houses.first[house], houses.first[house + 1]):
        if crosses(houses.edges, k, x0, y0, x1, y1):
            return True
    return False


@kernel
def holds(houses: Houses, house: int, x: float, y: float) -> bool:
    """Whether a building stands on a place: a ray to the east leaves it once more."""
    if x < houses.box[house, 0] or x > houses.box[house, 2]:
        return False
    if y < houses.box[house, 1] or y > houses.box[house, 3]:
        return False
    inside = False
    for k in range(houses.first[house], houses.first[house + 1]):
        ax, ay = houses.edges[k, 0], houses.edges[k, 1]
        bx, by = houses.edges[k, 2], houses.edges[k, 3]
        if (ay > y) != (by > y) and x < ax + (bx - ax) * (y - ay) / (by - ay):
            inside = not inside
    return inside


@cache
def load() -> None:
    """Have the look compiled: for some seconds once, then read from a cache."""
    one = houses(Skyline.of([shapely.box(0, 0, 1, 1)], [1.0]))
    here, number, first = np.zeros((1, 2)), np.zeros(1, np.int64), np.arange(2)
    eyes = Eyes(here, np.ones(1), np.zeros(1), number, first, number, first)
    look_past(one, eyes, here, np.ones(1, dtype=np.bool_))
