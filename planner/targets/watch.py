"""
Place viewpoints whose discs of view cover watch zones.

Fewest discs that cover is a set cover: greedy first, then optimal in one
window after another by CP-SAT, then a last shift of single discs so that every
zone reaches its share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.geometry import QUAD_SEGS, FloatArray

SHARE = 0.9955
"""Share of a zone's servable area that is planned for; 0.995 is promised."""

_SAMPLES_PER_RADIUS = 6
_CANDIDATES_PER_RADIUS = 2.5
_WINDOW_RADII = 3.2
_WINDOW_DETERMINISTIC_S = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class WatchArea:
    """
    A watch zone's servable area, its demand, and who may share its viewpoints.

    ``group`` orders demands: areas of one group share viewpoints, and those of
    group g may also be seen from viewpoints of the groups in ``helpers``.
    """

    zone: str
    geometry: BaseGeometry
    group: int
    helpers: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class Viewpoint:
    """Where a drone dwells, in metres, and the zones it is needed for."""

    x: float
    y: float
    group: int
    zones: tuple[str, ...]


def place_viewpoints(
    areas: Sequence[WatchArea], allowed: BaseGeometry, radius_m: float
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
    radius_m
        Ground radius seen from a viewpoint.
    """
    shapely.prepare(allowed)
    placed: list[tuple[int, FloatArray]] = []
    for group in sorted({a.group for a in areas}):
        mine = [a for a in areas if a.group == group]
        helpers = mine[0].helpers
        given = [xy for g, xy in placed if g in helpers]
        fixed = np.vstack(given) if given else np.empty((0, 2))
        discs = _cover([a.geometry for a in mine], fixed, allowed, radius_m)
        placed.append((group, discs))
    return _assign(areas, placed, radius_m)


def _cover(
    shapes: list[BaseGeometry],
    fixed: FloatArray,
    allowed: BaseGeometry,
    radius_m: float,
) -> FloatArray:
    """Return disc centres that, with the fixed ones, see every shape's share."""
    step = radius_m / _SAMPLES_PER_RADIUS
    points = np.vstack([sample(s, step) for s in shapes])
    if len(fixed):
        seen = _tree(fixed).query(points)[0] <= radius_m
        points = points[~seen]
    if not len(points):
        return np.empty((0, 2))
    centres = _candidates(shapes, allowed, radius_m)
    chosen = _greedy(points, centres, radius_m)
    chosen = _improve(points, centres, chosen, radius_m)
    return _settle(shapes, fixed, centres[chosen], allowed, radius_m)


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


def _greedy(points: FloatArray, centres: FloatArray, radius_m: float) -> list[int]:
    """Return indices of centres, the one that sees most new points first."""
    sees = _tree(points).query_ball_point(centres, radius_m, return_sorted=True)
    seen_from: list[list[int]] = [[] for _ in range(len(points))]
    for centre, seen in enumerate(sees):
        for point in seen:
            seen_from[point].append(centre)
    gain = np.array([len(seen) for seen in sees])
    open_points = np.ones(len(points), dtype=bool)
    chosen: list[int] = []
    while gain.max(initial=0) > 0:
        best = int(np.argmax(gain))
        chosen.append(best)
        for point in sees[best]:
            if open_points[point]:
                open_points[point] = False
                gain[seen_from[point]] -= 1
    return chosen


def _improve(
    points: FloatArray, centres: FloatArray, chosen: list[int], radius_m: float
) -> list[int]:
    """Replace the discs of one window after another by fewest that see as much."""
    sees = _tree(points).query_ball_point(centres, radius_m, return_sorted=True)
    window_m = _WINDOW_RADII * radius_m
    current = set(chosen)
    times_seen = np.zeros(len(points), dtype=int)
    for centre in chosen:
        times_seen[sees[centre]] += 1
    near = _tree(centres)
    for middle in _thinned(centres[chosen], 2 * radius_m):
        inside = near.query_ball_point(middle, window_m, return_sorted=True)
        free = [c for c in inside if c in current]
        without = times_seen.copy()
        for centre in free:
            without[sees[centre]] -= 1
        needed = (without == 0) & (times_seen > 0)
        better = _fewest(inside, free, sees, needed)
        if len(better) < len(free):
            for centre in free:
                times_seen[sees[centre]] -= 1
            for centre in better:
                times_seen[sees[centre]] += 1
            current = current.difference(free).union(better)
    return sorted(current)


def _thinned(points: FloatArray, distance_m: float) -> FloatArray:
    """Return points of which no two are nearer than a distance, first come first."""
    kept: list[NDArray[np.float64]] = []
    for point in points:
        if all(np.hypot(*(point - other)) >= distance_m for other in kept):
            kept.append(point)
    return np.array(kept)


def _fewest(
    centres: Sequence[int],
    start: Sequence[int],
    sees: NDArray[np.object_],
    needed: NDArray[np.bool_],
) -> list[int]:
    """Return fewest centres that see the needed points, or the start."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    use: dict[int, cp_model.IntVar] = {}
    rows: dict[int, list[int]] = {}
    for centre in centres:
        mine = [p for p in sees[centre] if needed[p]]
        if mine:
            use[centre] = model.new_bool_var(f"c{centre}")
            for point in mine:
                rows.setdefault(point, []).append(centre)
    if len(use) == 0:
        return []
    for seers in sorted({tuple(row) for row in rows.values()}):
        model.add_bool_or([use[c] for c in seers])
    model.minimize(sum(use.values()))
    first = set(start)
    for centre, variable in use.items():
        model.add_hint(variable, centre in first)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = _WINDOW_DETERMINISTIC_S
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return list(start)
    return [c for c, variable in use.items() if solver.boolean_value(variable)]


def _settle(
    shapes: list[BaseGeometry],
    fixed: FloatArray,
    discs: FloatArray,
    allowed: BaseGeometry,
    radius_m: float,
) -> FloatArray:
    """Shift discs a little, and add some, until every shape's share is seen."""
    discs = discs.copy()
    step = radius_m / (2 * _SAMPLES_PER_RADIUS)
    fine = [grid(s, step) for s in shapes]
    reach = [radius_m + np.hypot(*np.ptp(p, axis=0)) / 2 for p in fine]
    middles = [p.mean(axis=0) for p in fine]

    def missing(index: int, centres: FloatArray) -> float:
        everything = np.vstack([fixed, centres])
        near = np.hypot(*(everything - middles[index]).T) <= reach[index]
        if not near.any():
            return 1.0
        seen = _tree(everything[near]).query(fine[index])[0] <= radius_m
        return max(0.0, SHARE + 5e-4 - float(seen.mean()))

    ring = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)]
    ring += [(0.7, 0.7), (-0.7, 0.7), (0.7, -0.7), (-0.7, -0.7)]
    shifts = (radius_m / 10) * np.array(ring)
    for index in range(len(shapes)):
        for shrink in (1.0, 0.5, 0.25):
            if missing(index, discs) <= 0:
                break
            for disc in np.flatnonzero(
                np.hypot(*(discs - middles[index]).T) <= reach[index]
            ):
                touched = [
                    i
                    for i in range(len(shapes))
                    if np.hypot(*(discs[disc] - middles[i])) <= reach[i] + radius_m
                ]
                best = sum(missing(i, discs) for i in touched)
                if best <= 0:
                    continue
                home = discs[disc].copy()
                place = home
                for shift in shifts * shrink:
                    discs[disc] = home + shift
                    if not shapely.contains_xy(allowed, *discs[disc]):
                        continue
                    value = sum(missing(i, discs) for i in touched)
                    if value < best - 1e-9:
                        best, place = value, discs[disc].copy()
                discs[disc] = place
    return _complete(shapes, fixed, discs, allowed, radius_m)


def _complete(
    shapes: list[BaseGeometry],
    fixed: FloatArray,
    discs: FloatArray,
    allowed: BaseGeometry,
    radius_m: float,
) -> FloatArray:
    """Add discs, by exact areas, where a shape's share is still not seen."""
    for shape in shapes:
        while True:
            everything = np.vstack([fixed, discs])
            missing = shape.difference(seen_area(everything, shape, radius_m))
            if missing.area <= (1 - SHARE) * shape.area:
                break
            spots = _spots(shape, missing, allowed, radius_m)
            if not len(spots):
                break
            gains = shapely.area(
                shapely.intersection(
                    shapely.buffer(shapely.points(spots), radius_m, quad_segs=16),
                    missing,
                )
            )
            if gains.max() <= 0:
                break
            discs = np.vstack([discs, spots[int(np.argmax(gains))]])
    return discs


def _spots(
    shape: BaseGeometry, missing: BaseGeometry, allowed: BaseGeometry, radius_m: float
) -> FloatArray:
    """Return places from which what is missing of a shape may be seen."""
    near = missing.buffer(radius_m)
    # What lies deep in closed airspace is seen from its very edge alone.
    edge = shapely.boundary(allowed.buffer(-0.01)).intersection(near)
    spots = np.vstack(
        [
            grid(shape.buffer(radius_m / 3), radius_m / 6),
            shape.centroid.coords,
            shapely.get_coordinates(shapely.segmentize(edge, radius_m / 12)),
        ]
    )
    return _within(allowed, spots)


def seen_area(
    centres: FloatArray, shape: BaseGeometry, radius_m: float
) -> BaseGeometry:
    """Return what discs round the centres that reach a shape see."""
    points = shapely.points(centres)
    near = points[shapely.dwithin(points, shape, radius_m)] if len(points) else points
    return shapely.union_all(shapely.buffer(near, radius_m, quad_segs=QUAD_SEGS))


def _assign(
    areas: Sequence[WatchArea], placed: list[tuple[int, FloatArray]], radius_m: float
) -> list[Viewpoint]:
    """Name for each viewpoint the zones that need it, and drop idle ones."""
    groups = np.concatenate([np.full(len(xy), g) for g, xy in placed])
    centres = np.vstack([xy for _, xy in placed])
    needed_by: list[list[str]] = [[] for _ in centres]
    for area in areas:
        shape = area.geometry
        usable = np.flatnonzero([g == area.group or g in area.helpers for g in groups])
        near = usable[shapely.dwithin(shapely.points(centres[usable]), shape, radius_m)]
        unseen = shape.difference(seen_area(centres[near], shape, radius_m))
        if unseen.area > (1 - SHARE) * shape.area:
            continue
        fine = grid(shape, radius_m / 12)
        sees = np.array(
            [np.hypot(*(fine - centres[i]).T) <= radius_m for i in near]
        ).reshape(len(near), -1)
        times_seen = sees.sum(axis=0)
        limit = (1 - SHARE) * len(fine)
        kept = list(range(len(near)))
        # Give up helpers first, then those that see least of the zone.
        order = sorted(
            kept, key=lambda k: (groups[near[k]] == area.group, int(sees[k].sum()))
        )
        for k in order:
            without = times_seen - sees[k]
            if (without == 0).sum() <= limit:
                left = [j for j in kept if j != k]
                seen = seen_area(centres[near[left]], shape, radius_m)
                if shape.difference(seen).area <= (1 - SHARE) * shape.area:
                    times_seen, kept = without, left
        for k in kept:
            needed_by[near[k]].append(area.zone)
    return [
        Viewpoint(float(xy[0]), float(xy[1]), int(group), tuple(sorted(zones)))
        for xy, group, zones in zip(centres, groups, needed_by, strict=True)
        if zones
    ]
