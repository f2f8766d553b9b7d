"""
Connect places by the quickest flyable paths round closed airspace.

Straight where nothing is in the way, otherwise along a visibility graph of the
obstacles' corners (Lozano-Pérez and Wesley, 1979), with leg times from the wind
triangle, so that out and back differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.freespace import FreeSpace
from planner.geometry import FloatArray
from planner.physics import Winds, flight_time_s
from planner.scenario import DroneModel

_SIMPLIFY_M = 0.2
_TOUCH_M = 0.05
_CHUNK = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class Obstacles:
    """
    What legs go round, and its corners.

    Parameters
    ----------
    cores
        A leg that meets the inside of one is blocked.
    owner
        Index of the station whose column it is, or -1.
    corners
        Shape (v, 2), in metres.
    """

    cores: NDArray[np.object_]
    owner: NDArray[np.int64]
    corners: FloatArray


def obstacles_near(
    space: FreeSpace, area: BaseGeometry, stations: Sequence[int]
) -> Obstacles:
    """
    Return the obstacles that meet an area.

    Parameters
    ----------
    stations
        Indices of the stations that are places of the network; their columns
        are known as their own.
    """
    low = list(shapely.get_parts(space.closed))
    low += [p.geometry.buffer(0.5, join_style="mitre") for p in space.privacy]
    shapes = [
        s.simplify(_SIMPLIFY_M).buffer(_SIMPLIFY_M, quad_segs=1, join_style="mitre")
        for s in low
        if s.intersects(area)
    ]
    owners = [-1] * len(shapes)
    for i, column in enumerate(space.columns):
        if column.intersects(area):
            shapes.append(column)
            owners.append(i if i in stations else -1)
    corners = [
        shapely.get_coordinates(ring)[:-1]
        for s in shapes
        for p in shapely.get_parts(s)
        for ring in (p.exterior, *p.interiors)
    ]
    cores = np.array([s.buffer(-_TOUCH_M) for s in shapes], dtype=object)
    shapely.prepare(cores)
    points = np.vstack(corners) if corners else np.empty((0, 2))
    # Corners inside another obstacle lead nowhere.
    if len(points):
        tree = shapely.STRtree(cores)
        inside = np.unique(tree.query(shapely.points(points), "intersects")[0])
        points = np.delete(points, inside, axis=0)
    return Obstacles(cores, np.array(owners, dtype=np.int64), points)


class Legs:
    """
    Quickest leg times between places, for one drone type.

    Parameters
    ----------
    places
        Shape (n, 2), in metres.
    own_station
        Shape (n,): index of the station that a place is, or -1; a leg from or to
        a station may pass its own column.

    Attributes
    ----------
    time_s
        Shape (n, n); infinite where there is no path.
    """

    def __init__(
        self,
        obstacles: Obstacles,
        places: FloatArray,
        own_station: NDArray[np.int64],
        model: DroneModel,
        winds: Winds,
    ) -> None:
        self._model, self._winds = model, winds
        self._places, self._corners = places, obstacles.corners
        n, v = len(places), len(obstacles.corners)
        direct = self._times(places, places)
        blocked = _blocked(obstacles, places, places, own_station, own_station)
        self._straight = ~blocked
        self.time_s = np.where(blocked, np.inf, direct)
        np.fill_diagonal(self.time_s, 0.0)
        self._out = np.empty((n, 0))
        if v:
            nobody = np.full(v, -1)
            hidden = _blocked(obstacles, places, obstacles.corners, own_station, nobody)
            self._out = np.where(hidden, np.inf, self._times(places, obstacles.corners))
            self._back = np.where(
                hidden.T, np.inf, self._times(obstacles.corners, places)
            )
            self._route_round(obstacles, nobody)

    def _times(self, a: FloatArray, b: FloatArray) -> FloatArray:
        delta = b[None, :, :] - a[:, None, :]
        return flight_time_s(
            delta[..., 0], delta[..., 1], self._model.airspeed_mps, self._winds
        )

    def _route_round(self, obstacles: Obstacles, nobody: NDArray[np.int64]) -> None:
        """Fill in the blocked legs by way of corners."""
        from scipy.sparse.csgraph import dijkstra

        corners = obstacles.corners
        hidden = _blocked(obstacles, corners, corners, nobody, nobody)
        graph = np.where(hidden, 0.0, self._times(corners, corners))
        graph[~np.isfinite(graph)] = 0.0
        between, self._before = dijkstra(graph, return_predecessors=True)
        via = np.full_like(self._out, np.inf)
        for u in range(len(corners)):
            np.minimum(via, self._out[:, u, None] + between[u], out=via)
        self._between = between
        rows, cols = np.nonzero(~self._straight)
        step = max(1, _CHUNK * 50 // max(len(corners), 1))
        for low in range(0, len(rows), step):
            i, j = rows[low : low + step], cols[low : low + step]
            self.time_s[i, j] = np.minimum(
                self.time_s[i, j], (via[i] + self._back[:, j].T).min(axis=1)
            )
        np.fill_diagonal(self.time_s, 0.0)

    def path(self, i: int, j: int) -> FloatArray:
        """Return the vertices of the leg from place i to place j, both included."""
        ends = self._places[[i, j]]
        if i == j or self._straight[i, j]:
            return ends
        total = self._out[i][:, None] + self._between + self._back[:, j][None, :]
        u, v = np.unravel_index(int(np.argmin(total)), total.shape)
        chain = [int(v)]
        while chain[-1] != u:
            chain.append(int(self._before[u, chain[-1]]))
        return np.vstack([ends[:1], self._corners[chain[::-1]], ends[1:]])


def _blocked(
    obstacles: Obstacles,
    a: FloatArray,
    b: FloatArray,
    own_a: NDArray[np.int64],
    own_b: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Return which straight lines from a to b meet an obstacle, shape (a, b)."""
    from planner.sightlines import near_lines

    result = np.zeros((len(a), len(b)), dtype=bool)
    if not len(obstacles.cores):
        return result
    centres = shapely.get_coordinates(shapely.centroid(obstacles.cores))
    reach_m = _reach_m(obstacles.cores, centres)
    i, j, core = near_lines(a, b, centres, reach_m, a is b).T
    owner = obstacles.owner[core]
    own = (owner >= 0) & ((own_a[i] == owner) | (own_b[j] == owner))
    i, j, core = i[~own], j[~own], core[~own]
    for low in range(0, len(i), _CHUNK):
        part = slice(low, low + _CHUNK)
        lines = shapely.linestrings(np.stack([a[i[part]], b[j[part]]], axis=1))
        hit = shapely.intersects(obstacles.cores[core[part]], lines)
        result[i[part][hit], j[part][hit]] = True
    return result | result.T if a is b else result


def _reach_m(shapes: NDArray[np.object_], centres: FloatArray) -> FloatArray:
    """Return how far each shape reaches from its centre [m], and a little more."""
    corners, index = shapely.get_coordinates(shapes, return_index=True)
    away_m = np.linalg.norm(corners - centres[index], axis=1)
    reach_m = np.zeros(len(shapes))
    np.maximum.at(reach_m, index, away_m + _TOUCH_M)
    return reach_m


def path_times(
    xy: FloatArray, wait_s: FloatArray, model: DroneModel, winds: Winds
) -> FloatArray:
    """
    Return the arrival time at each vertex of a path, shape (n,), and its waits.

    The wait at a vertex is spent after arriving; the last wait is not part of
    any arrival.
    """
    steps = np.diff(xy, axis=0)
    flight = flight_time_s(steps[:, 0], steps[:, 1], model.airspeed_mps, winds)
    return np.concatenate([[0.0], np.cumsum(flight + wait_s[:-1])])
