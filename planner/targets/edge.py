"""Fly along the edge of what is closed, to see what lies inside it."""

from __future__ import annotations

import math

import shapely
from shapely import ops
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray
from planner.targets.model import Way

_EDGE_M = 0.01
_ROOM_M = 1.0


def edge_ways(
    missing: BaseGeometry, closed: BaseGeometry, reach_m: float, longest_m: float
) -> list[tuple[Way, ...]]:
    """
    Return paths along an edge from which all that is missing is seen.

    Parameters
    ----------
    missing
        What is not seen yet, in metres.
    closed
        Where no drone may be.
    reach_m
        How far a camera sees to the side.
    longest_m
        Longest path.

    Returns
    -------
    list of (Way, Way)
        Each path and its reverse.
    """
    near = missing.buffer(reach_m + _ROOM_M)
    rim = shapely.boundary(closed.intersection(near.buffer(reach_m)).buffer(_EDGE_M))
    edge = shapely.line_merge(rim.intersection(near).difference(closed))
    ways: list[tuple[Way, ...]] = []
    for line in shapely.get_parts(edge):
        count = math.ceil(line.length / longest_m)
        for i in range(count):
            piece = ops.substring(line, i / count, (i + 1) / count, normalized=True)
            ways.append(both_ways(shapely.get_coordinates(piece)))
    return ways


def both_ways(xy: FloatArray) -> tuple[Way, Way]:
    """Return a path on which nothing is waited for, and its reverse."""
    waits = 0.0 * xy[:, 0]
    return Way(xy=xy, wait_s=waits), Way(xy=xy[::-1].copy(), wait_s=waits)
