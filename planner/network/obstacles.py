"""Outline what legs go round: closed airspace, privacy zones and columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.airspace.freespace import FreeSpace
from planner.basics.geometry import FloatArray

_PRIVACY_MARGIN_M = 0.5
_SIMPLIFY_M = 0.15
_GROW_M = 0.2
_TOUCH_M = 0.05
"""Corners lie so far outside the cores: whatever is simplified lies within them."""


@dataclass(frozen=True, slots=True, eq=False)
class Obstacles:
    """
    What legs go round, in an order of its own, and where they may bend.

    Parameters
    ----------
    cores
        Polygons, shape (k,); a leg that meets one is blocked.
    owner
        Of each core, the index of the station whose column it is, or -1.
    corners
        Where the outlines round the cores are convex: no quickest path bends
        elsewhere. In metres, shape (v, 2).
    before, after
        Their neighbours on the outline, shape (v, 2).
    """

    cores: NDArray[np.object_]
    owner: NDArray[np.int64]
    corners: FloatArray
    before: FloatArray
    after: FloatArray


def obstacles_near(
    space: FreeSpace, area: BaseGeometry, stations: Sequence[int]
) -> Obstacles:
    """
    Return the obstacles that meet an area, the same in whatever order they come.

    Parameters
    ----------
    area
        All that legs may come to.
    stations
        Indices of the stations that are places of the network; their columns
        are known as their own.
    """
    shapely.prepare(area)
    zones = np.array([zone.geometry for zone in space.privacy], dtype=object)
    private = shapely.buffer(zones, _PRIVACY_MARGIN_M, join_style="mitre")
    low = np.concatenate([shapely.get_parts(space.closed), private])
    low = shapely.normalize(low[shapely.intersects(area, low)])
    low = shapely.simplify(low, _SIMPLIFY_M)
    low = shapely.buffer(low, _GROW_M, quad_segs=1, join_style="mitre")
    columns = np.array(space.columns, dtype=object)
    near = np.flatnonzero(shapely.intersects(area, columns))
    shapes, of = shapely.get_parts(
        np.concatenate([low, columns[near]]), return_index=True
    )
    owner = np.full(len(low), -1)
    owner = np.append(owner, np.where(np.isin(near, stations), near, -1))[of]
    shapes = shapely.normalize(shapes)
    west, names = shapely.bounds(shapes)[:, 0], shapely.to_wkb(shapes)
    order = sorted(range(len(shapes)), key=lambda k: (west[k], names[k], owner[k]))
    shapes, owner = shapes[order], owner[order].astype(np.int64)
    cores, core_of = shapely.get_parts(
        shapely.buffer(shapes, -_TOUCH_M, join_style="mitre"), return_index=True
    )
    at, before, after, _ = outline(shapes)
    (x_in, y_in), (x_out, y_out) = (at - before).T, (after - at).T
    convex = x_in * y_out - y_in * x_out > 0
    return Obstacles(cores, owner[core_of], at[convex], before[convex], after[convex])


def outline(
    polygons: NDArray[np.object_],
) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.int64]]:
    """
    Return the vertices of polygons, with what is inside on their left.

    Returns
    -------
    at, before, after
        Each vertex and its neighbours on its ring [m], shapes (v, 2).
    of
        The polygon that it belongs to, shape (v,).
    """
    rings, of = shapely.get_rings(shapely.orient_polygons(polygons), return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    # The last point of a ring is its first.
    last = np.flatnonzero(np.diff(ring, append=-1))
    first = np.append(0, last + 1)[:-1]
    before = np.arange(len(xy)) - 1
    before[first] = last - 1
    vertex = np.delete(np.arange(len(xy)), last)
    return xy[vertex], xy[before[vertex]], xy[vertex + 1], of[ring[vertex]]
