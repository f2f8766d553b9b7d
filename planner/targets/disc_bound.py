"""
Say how many viewpoints watch zones need at least, wherever these may be.

Two reasons that hold for any choice, the stronger of them for each cluster of zones:
discs see no more than their area; and pieces of zones farther apart than a disc is
wide need a disc each (a packing), where a piece is larger than what may stay unseen.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from functools import partial

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.airspace.freespace import FreeSpace, Surroundings
from planner.basics.clock import Span
from planner.scenario import Scenario
from planner.targets.clusters import Mapper, clusters
from planner.targets.sight import (
    SERVABLE_SHARE,
    flying_models,
    margin_m,
    servable_parts,
)

SEEN_SHARE = 0.995
"""What a plan promises to see of each zone."""

_ROOM = 1.05
"""By how much a piece is larger than what may stay unseen."""

_WIDER = 1.5

_SWEEPS = 6
"""Directions in which pieces are picked one after another."""

_EPSILON = 1e-9

Demand = tuple[float, tuple[Span, ...]]
"""A wanted interval and the windows it holds in [s]."""


def viewpoint_bounds(
    scenario: Scenario, space: FreeSpace, mapper: Mapper = map
) -> tuple[int, dict[Demand, int]]:
    """
    Return the fewest viewpoints that can serve all watch zones, and by demand.

    A viewpoint may serve zones of several demands, so the parts may add up to more
    than the whole. Zones that no plan can serve do not count.

    Parameters
    ----------
    mapper
        Like `map`; demands are independent, so it may spread them over processes.
    """
    radius_m = max(m.view_radius_m for m in flying_models(scenario))
    parts = servable_parts(scenario, Surroundings(space, margin_m(scenario)))
    shapes: list[BaseGeometry] = []
    demands: list[Demand] = []
    for zone_id, (part, share) in parts.items():
        zone = scenario.zone(zone_id)
        if zone.kind == "watch" and share >= SERVABLE_SHARE:
            shapes.append(part)
            demands.append((zone.revisit_s, scenario.windows(zone)))
    total, single = 0, dict.fromkeys(sorted(set(demands)), 0)
    near = clusters(shapes, 2 * radius_m) if shapes else []
    near.sort(key=len, reverse=True)  # the longest task goes first
    jobs = [([shapes[i] for i in some], [demands[i] for i in some]) for some in near]
    for count, by_demand in mapper(partial(_of_cluster, radius_m=radius_m), jobs):
        total += count
        for demand, fewest in by_demand.items():
            single[demand] += fewest
    return max(total, *single.values(), 0), single


def _of_cluster(
    job: tuple[list[BaseGeometry], list[Demand]], radius_m: float
) -> tuple[int, dict[Demand, int]]:
    """Return the fewest discs for shapes near each other, and by demand."""
    shapes, demands = job
    pieces = [_pieces(shape) for shape in shapes]
    by_demand: dict[Demand, list[int]] = defaultdict(list)
    for i, demand in enumerate(demands):
        by_demand[demand].append(i)
    single = {
        demand: _fewest([shapes[i] for i in mine], [pieces[i] for i in mine], radius_m)
        for demand, mine in by_demand.items()
    }
    whole = next(iter(single.values()))
    if len(single) > 1:
        whole = _fewest(shapes, pieces, radius_m)
    return whole, single


def fewest_discs(shapes: Sequence[BaseGeometry], radius_m: float) -> int:
    """
    Return a number of discs below which no choice sees `SEEN_SHARE` of each shape.

    Parameters
    ----------
    shapes
        Polygons in metres, none of them empty; they may overlap.
    radius_m
        Of a disc; its centre may be anywhere.
    """
    if not shapes:
        return 0
    return _fewest(shapes, [_pieces(shape) for shape in shapes], radius_m)


def _fewest(
    shapes: Sequence[BaseGeometry],
    pieces: Sequence[NDArray[np.object_]],
    radius_m: float,
) -> int:
    """Return the better bound of each cluster of shapes, all together."""
    count = 0
    for near in clusters(shapes, 2 * radius_m):
        mine = np.concatenate([pieces[i] for i in near])
        count += max(
            _by_area([shapes[i] for i in near], radius_m), _by_packing(mine, radius_m)
        )
    return count


def _by_area(shapes: Sequence[BaseGeometry], radius_m: float) -> int:
    """Return how many discs have the area that is to be seen."""
    unseen_m2: float = sum((1 - SEEN_SHARE) * shape.area for shape in shapes)
    wanted_m2: float = shapely.union_all(shapes).area - unseen_m2
    return math.ceil(wanted_m2 / (math.pi * radius_m**2) - _EPSILON)


def _by_packing(pieces: NDArray[np.object_], radius_m: float) -> int:
    """Return the most pieces found of which no disc sees two."""
    apart_m = 2 * radius_m
    tree = shapely.STRtree(pieces)
    middles = shapely.get_coordinates(shapely.centroid(pieces))
    low, high = np.split(shapely.bounds(pieces), 2, axis=1)
    corners = shapely.get_coordinates(shapely.get_point(_rings(pieces), 0))
    is_box = shapely.area(pieces) >= (1 - _EPSILON) * (high - low).prod(axis=1)
    turns = np.arange(_SWEEPS) * 2 * np.pi / _SWEEPS
    most = 0
    for turn in turns:
        left = np.ones(len(pieces), dtype=bool)
        count = 0
        for i in np.argsort(middles @ [np.cos(turn), np.sin(turn)], kind="stable"):
            if not left[i]:
                continue
            count += 1
            near = tree.query(shapely.box(*(low[i] - apart_m), *(high[i] + apart_m)))
            near = near[left[near]]
            # Pieces are no nearer than their boxes, and no farther than corners.
            gap = np.maximum(0.0, np.maximum(low[near] - high[i], low[i] - high[near]))
            away = corners[near] - corners[i]
            unsure = (gap**2).sum(axis=1) <= apart_m**2
            near, away = near[unsure], away[unsure]
            sure = (is_box[i] & is_box[near]) | ((away**2).sum(axis=1) <= apart_m**2)
            left[near[sure]] = False
            near = near[~sure]
            left[near[shapely.dwithin(pieces[near], pieces[i], apart_m)]] = False
        most = max(most, count)
    return most


def _rings(pieces: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the outline of the first part of each piece."""
    rings: NDArray[np.object_] = shapely.get_exterior_ring(
        shapely.get_geometry(pieces, 0)
    )
    return rings


def _pieces(shape: BaseGeometry) -> NDArray[np.object_]:
    """Cut a shape into squares, and keep those too large to stay unseen."""
    unseen_m2 = (1 - SEEN_SHARE) * shape.area
    step_m = math.sqrt(_ROOM * unseen_m2)
    shapely.prepare(shape)
    while True:
        x0, y0, x1, y1 = shape.bounds
        xs, ys = np.meshgrid(np.arange(x0, x1, step_m), np.arange(y0, y1, step_m))
        squares = shapely.box(xs, ys, xs + step_m, ys + step_m).ravel()
        whole = shapely.contains(shape, squares)
        cut = squares[~whole & shapely.intersects(shape, squares)]
        pieces: NDArray[np.object_] = np.concatenate(
            [squares[whole], shapely.intersection(cut, shape)]
        )
        pieces = pieces[shapely.area(pieces) > unseen_m2]
        if len(pieces):
            return pieces
        step_m *= _WIDER  # thinner than a square, so of each square it fills a part
