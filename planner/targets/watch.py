"""
Place viewpoints whose discs of view cover watch zones.

A set cover over candidate places is thinned out while single discs go wherever they are
of use, and in the end, by exact areas, completed where a zone does not reach its share.
What buildings hide is seen from the fewest of many places, by CP-SAT.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray
from planner.targets.discs import Lie, settled, thinned
from planner.targets.setcover import IntArray, fewest
from planner.targets.sight import SHARE
from planner.targets.view import View

_SAMPLES_PER_RADIUS = 5
_CANDIDATES_PER_RADIUS = 2.5
_POINTS_PER_RADIUS = 14
_SPOTS_PER_RADIUS = 4
_MARGIN = 0.003
"""What a grid of points may miss of a share."""

_CORRECTIONS = 4

Pick = Callable[[Sequence[IntArray], int], list[int]]
"""Chooses places, by what each sees of so many points, that see all of them."""


@dataclass(frozen=True, slots=True, eq=False)
class WatchArea:
    """
    A watch zone's servable area, its demand, and who may share its viewpoints.

    ``group`` orders demands: areas of one group share viewpoints, and those of
    group g may also be seen from viewpoints of the groups in ``helpers``. ``visits``
    are what the demand asks for: viewpoints that need many are saved first.
    """

    zone: str
    geometry: BaseGeometry
    group: int
    helpers: frozenset[int]
    visits: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Viewpoint:
    """Where a drone dwells, in metres, and the zones it is needed for."""

    x: float
    y: float
    group: int
    zones: tuple[str, ...]


def place_viewpoints(
    areas: Sequence[WatchArea],
    allowed: BaseGeometry,
    view: View,
    care: float = 1.0,
    pick: Pick = fewest,
) -> list[Viewpoint]:
    """
    Return viewpoints that see `SHARE` of each area, few of them.

    An area of which less can be seen is named by none.

    Parameters
    ----------
    areas
        Near each other; groups are served in rising order.
    allowed
        Where a drone may dwell.
    view
        What is seen from a viewpoint. Buildings are looked at last, when it is
        completed; those that stand alone ask for few viewpoints more.
    care
        From 0 (few viewpoints soon) to 1 (fewer, after more search).
    pick
        Chooses the cover that is then thinned out.
    """
    shapely.prepare(allowed)
    radius_m = view.radius_m
    groups = {
        group: [a for a in areas if a.group == group]
        for group in sorted({a.group for a in areas})
    }
    placed: dict[int, FloatArray] = {}
    for group, mine in groups.items():
        shapes = [a.geometry for a in mine]
        helping = _of(placed, mine[0].helpers)
        placed[group] = _cover(shapes, helping, allowed, radius_m, pick)
    flat = View(radius_m=radius_m) if view.is_cut else view
    placed = _thinned(areas, placed, allowed, flat, care)
    # What lies deep in closed airspace is seen from its very edge alone.
    edge = shapely.boundary(allowed.buffer(-0.01))
    for group, mine in groups.items():
        shapes = [a.geometry for a in mine]
        helping = _of(placed, mine[0].helpers)
        placed[group] = _complete(shapes, helping, placed[group], allowed, edge, view)
    return _assign(areas, list(placed.items()), view)


def _of(placed: Mapping[int, FloatArray], groups: frozenset[int]) -> FloatArray:
    """Return the discs of some groups."""
    return np.vstack([np.empty((0, 2)), *(placed[g] for g in placed if g in groups)])


def _cover(
    shapes: list[BaseGeometry],
    fixed: FloatArray,
    allowed: BaseGeometry,
    radius_m: float,
    pick: Pick,
) -> FloatArray:
    """Return disc centres that, with the fixed ones, see samples of every shape."""
    points = np.vstack([sample(s, radius_m / _SAMPLES_PER_RADIUS) for s in shapes])
    if len(fixed):
        seen = _tree(fixed).query(points)[0] <= radius_m
        points = points[~seen]
    if not len(points):
        return np.empty((0, 2))
    centres = _candidates(shapes, allowed, radius_m)
    if not len(centres):
        return centres  # it can be seen from farther off alone
    sees = _tree(points).query_ball_point(centres, radius_m, return_sorted=True)
    return centres[pick(sees, len(points))]


def _thinned(
    areas: Sequence[WatchArea],
    placed: Mapping[int, FloatArray],
    allowed: BaseGeometry,
    flat: View,
    care: float,
) -> dict[int, FloatArray]:
    """Return fewer discs, by group, that see about the share of every area."""
    visits = {a.group: a.visits for a in areas}
    groups = range(max(visits) + 1)
    helps = np.array([[a.group == g or g in a.helpers for a in areas] for g in groups])
    asked = np.array([visits.get(g, 1.0) for g in groups])
    lie = Lie.of([a.geometry for a in areas], helps, allowed, flat.radius_m)
    spare = ((1 - SHARE - _MARGIN) * lie.points).astype(int)
    discs = thinned(lie, spare, asked, placed, care=care)
    for _ in range(_CORRECTIONS):
        # Points tell only about what is seen: where it is too little, more is asked.
        lack = [_lack(a, _of(discs, a.helpers | {a.group}), flat) for a in areas]
        if max(lack) <= 0:
            break
        more = np.ceil(np.multiply(lack, lie.points)).astype(int)
        spare = np.maximum(0, np.where(more > 0, spare - more - 1, spare))
        discs = settled(lie, spare, discs)
    return discs


def _lack(area: WatchArea, discs: FloatArray, flat: View) -> float:
    """Return what discs see too little of an area, as a share of it."""
    shape = area.geometry
    unseen = shape.difference(flat.area(discs, shape))
    return float(unseen.area / shape.area) - (1 - SHARE)


def _tree(points: FloatArray) -> Any:
    """Return a search tree; its library is slow to load, and engines need none."""
    from scipy.spatial import cKDTree

    return cKDTree(points)


def sample(shape: BaseGeometry, step_m: float) -> FloatArray:
    """Return a grid of points in a polygon and points along its boundary."""
    inner = grid(shape, step_m)
    inset = shape.buffer(-step_m / 8)
    rings = shapely.get_coordinates(
        shapely.segmentize(shapely.boundary(inset if inset.area else shape), step_m)
    )
    return np.vstack([inner, rings])


def grid(shape: BaseGeometry, step_m: float) -> FloatArray:
    """
    Return the points of a square grid that lie in a polygon, shape (n, 2).

    Where there is none, a single point of the polygon.
    """
    x0, y0, x1, y1 = shape.bounds
    xs, ys = np.meshgrid(
        np.arange(x0 + step_m / 2, x1, step_m), np.arange(y0 + step_m / 2, y1, step_m)
    )
    points = np.column_stack([xs.ravel(), ys.ravel()])
    points = _within(shape, points)
    if not len(points):
        points = shapely.get_coordinates(shapely.point_on_surface(shape))
    return points


def _within(shape: BaseGeometry, points: FloatArray) -> FloatArray:
    """Return the points that lie inside a polygon."""
    inside: NDArray[np.bool_] = shapely.contains_xy(shape, *points.T)
    return points[inside]


def _candidates(
    shapes: list[BaseGeometry], allowed: BaseGeometry, radius_m: float
) -> FloatArray:
    """Return a triangular lattice over the shapes, and their natural centres."""
    step = radius_m / _CANDIDATES_PER_RADIUS
    near = shapely.union_all(shapes).buffer(radius_m / 3)
    x0, y0, x1, y1 = near.bounds
    rows = np.arange(y0, y1 + step, step * np.sqrt(0.75))
    lattice = [
        np.column_stack([xs, np.full(len(xs), y)])
        for j, y in enumerate(rows)
        for xs in [np.arange(x0 + (j % 2) * step / 2, x1 + step, step)]
    ]
    points = np.vstack(lattice)
    points = _within(near, points)
    centroids = shapely.get_coordinates(shapely.centroid(shapes))
    # Zones cut from one lattice are best seen from its centres and edge middles.
    pairs = _tree(centroids).query_pairs(4 * radius_m, output_type="ndarray")
    pairs = pairs[np.lexsort(pairs.T)] if len(pairs) else pairs
    middles = centroids[pairs].mean(axis=1).reshape(-1, 2)
    points = np.vstack([points, centroids, middles])
    return _within(allowed, points)


def _complete(
    shapes: list[BaseGeometry],
    fixed: FloatArray,
    discs: FloatArray,
    allowed: BaseGeometry,
    edge: BaseGeometry,
    view: View,
) -> FloatArray:
    """Add discs, by exact areas, where a shape's share is still not seen."""
    for shape in shapes:
        if view.is_cut:
            discs = _look_behind(shape, fixed, discs, allowed, view)
        missing = shape.difference(view.area(np.vstack([fixed, discs]), shape))
        while missing.area > (1 - SHARE) * shape.area:
            spots = _spots(shape, missing, allowed, edge, view.radius_m)
            best = view.most_useful(spots, missing)
            if best is None:
                break
            more = spots[best : best + 1]
            discs = np.vstack([discs, more])
            missing = missing.difference(view.discs(more)[0])
    return discs


def _look_behind(
    shape: BaseGeometry,
    fixed: FloatArray,
    discs: FloatArray,
    allowed: BaseGeometry,
    view: View,
) -> FloatArray:
    """Add the fewest discs of a grid that see what buildings hide of a shape."""
    points = grid(shape, view.radius_m / _POINTS_PER_RADIUS)
    everything = np.vstack([fixed, discs])
    reaching = shapely.dwithin(shapely.points(everything), shape, view.radius_m)
    seen = np.concatenate([[], *view.sees(everything[reaching], points)]).astype(int)
    hidden = np.delete(points, seen, axis=0)
    spare = int((1 - SHARE) * len(points))
    if len(hidden) <= spare:
        return discs
    spots = grid(shape.buffer(view.radius_m / 3), view.radius_m / _SPOTS_PER_RADIUS)
    spots = _within(allowed, spots)
    if not len(spots):
        return discs
    chosen = fewest(view.sees(spots, hidden), len(hidden), spare)
    return np.vstack([discs, spots[chosen]])


def _spots(
    shape: BaseGeometry,
    missing: BaseGeometry,
    allowed: BaseGeometry,
    edge: BaseGeometry,
    radius_m: float,
) -> FloatArray:
    """Return places from which what is missing of a shape may be seen."""
    edge = edge.intersection(missing.buffer(radius_m))
    spots = np.vstack(
        [
            grid(shape.buffer(radius_m / 3), radius_m / 6),
            shape.centroid.coords,
            shapely.get_coordinates(shapely.segmentize(edge, radius_m / 12)),
        ]
    )
    reaching = shapely.dwithin(shapely.points(spots), missing, radius_m)
    return _within(allowed, spots[reaching])


def _assign(
    areas: Sequence[WatchArea], placed: list[tuple[int, FloatArray]], view: View
) -> list[Viewpoint]:
    """Name for each viewpoint the zones that need it, and drop idle ones."""
    groups = np.concatenate([np.full(len(xy), g) for g, xy in placed])
    centres = np.vstack([xy for _, xy in placed])
    needed_by: list[list[str]] = [[] for _ in centres]
    for area in areas:
        shape = area.geometry
        usable = np.flatnonzero([g == area.group or g in area.helpers for g in groups])
        spots = shapely.points(centres[usable])
        near = usable[shapely.dwithin(spots, shape, view.radius_m)]
        room_m2 = (1 - SHARE) * shape.area
        room_m2 -= shape.difference(view.area(centres[near], shape)).area
        if room_m2 < 0:
            continue
        fine = grid(shape, view.radius_m / _POINTS_PER_RADIUS)
        sees = view.sees(centres[near], fine)
        times_seen = np.bincount(np.concatenate(sees), minlength=len(fine))
        room = (1 - SHARE) * len(fine) - (times_seen == 0).sum()
        kept = set(range(len(near)))
        # Give up helpers first, then those that see least of the zone.
        order = sorted(
            kept, key=lambda k: (groups[near[k]] == area.group, len(sees[k]))
        )
        for k in order:
            alone = (times_seen[sees[k]] == 1).sum()
            if alone <= room:
                others = centres[near[sorted(kept - {k})]]
                lost_m2 = view.only_seen(centres[near[k]], others, shape).area
                if lost_m2 <= room_m2:
                    times_seen[sees[k]] -= 1
                    room, room_m2 = room - alone, room_m2 - lost_m2
                    kept.remove(k)
        for k in sorted(kept):
            needed_by[near[k]].append(area.zone)
    return [
        Viewpoint(float(xy[0]), float(xy[1]), int(group), tuple(sorted(zones)))
        for xy, group, zones in zip(centres, groups, needed_by, strict=True)
        if zones
    ]
