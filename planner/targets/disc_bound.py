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

from planner.basics.clock import Span
from planner.network.freespace import FreeSpace, Surroundings
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
    by_demand: dict[Demand, list[BaseGeometry]] = defaultdict(list)
    for zone_id, (part, share) in parts.items():
        zone = scenario.zone(zone_id)
        if zone.kind == "watch" and share >= SERVABLE_SHARE:
            by_demand[zone.revisit_s, scenario.windows(zone)].append(part)
    demands = sorted(by_demand)
    groups = [by_demand[demand] for demand in demands]
    # The longest task goes first.
    groups.insert(0, [shape for some in groups for shape in some])
    total, *single = mapper(partial(fewest_discs, radius_m=radius_m), groups)
    return max(total, *single, 0), dict(zip(demands, single, strict=True))


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
    count = 0
    for near in clusters(shapes, 2 * radius_m):
        mine = [shapes[i] for i in near]
        count += max(_by_area(mine, radius_m), _by_packing(mine, radius_m))
    return count


def _by_area(shapes: Sequence[BaseGeometry], radius_m: float) -> int:
    """Return how many discs have the area that is to be seen."""
    unseen_m2: float = sum((1 - SEEN_SHARE) * shape.area for shape in shapes)
    wanted_m2: float = shapely.union_all(shapes).area - unseen_m2
    return math.ceil(wanted_m2 / (math.pi * radius_m**2) - _EPSILON)


def _by_packing(shapes: Sequence[BaseGeometry], radius_m: float) -> int:
    """Return the most pieces found of which no disc sees two."""
    pieces = np.concatenate([_pieces(shape) for shape in shapes])
    tree = shapely.STRtree(pieces)
    middles = shapely.get_coordinates(shapely.centroid(pieces))
    turns = np.arange(_SWEEPS) * 2 * np.pi / _SWEEPS
    most = 0
    for turn in turns:
        left = np.ones(len(pieces), dtype=bool)
        count = 0
        for i in np.argsort(middles @ [np.cos(turn), np.sin(turn)], kind="stable"):
            if left[i]:
                count += 1
                left[tree.query(pieces[i], "dwithin", 2 * radius_m)] = False
        most = max(most, count)
    return most


def _pieces(shape: BaseGeometry) -> NDArray[np.object_]:
    """Cut a shape into squares, and keep those too large to stay unseen."""
    unseen_m2 = (1 - SEEN_SHARE) * shape.area
    step_m = math.sqrt(_ROOM * unseen_m2)
    shapely.prepare(shape)
    while True:
        x0, y0, x1, y1 = shape.bounds
        xs, ys = np.meshgrid(np.arange(x0, x1, step_m), np.arange(y0, y1, step_m))
        squares = shapely.box(xs, ys, xs + step_m, ys + step_m).ravel()
        squares = squares[shapely.intersects(shape, squares)]
        pieces: NDArray[np.object_] = shapely.intersection(squares, shape)
        pieces = pieces[shapely.area(pieces) > unseen_m2]
        if len(pieces):
            return pieces
        step_m *= _WIDER  # thinner than a square, so of each square it fills a part
