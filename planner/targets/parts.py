"""
Choose the directions of lanes, and cut an area where parts want different ones.

Lines of one direction, a spacing apart, cross an area in as many pieces as its width
has spacings: the width of a polygon with holes and bays is half of what its edges
measure across the direction (Cauchy and Crofton; for a convex one it is the width
between two parallel lines). Between the directions of two edges this width is
concave, so that it is least along an edge. The narrowest directions are then laid out
lane by lane, and the cheapest layout is taken.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray
from planner.targets.camera import Sweeper
from planner.targets.lanes import Layout, lay_lanes, mended, solid_parts

_DIRECTIONS = 8
_APART_DEG = 2.0
"""Directions that are laid out, at least so far apart."""

_LONGEST = 200
"""Edges whose directions are looked at."""

_CORNERS = 16
_CUTS = 3
"""Inward corners at which cuts are looked at, and cuts that are laid out."""

_DETAIL = 1 / 8
"""Wriggles of an edge smaller than this share of the lane spacing are no edges."""


def layouts(area: BaseGeometry, sweeper: Sweeper) -> list[Layout]:
    """Return the lanes of an area, one layout for each part with its own direction."""
    found: list[Layout] = []
    for group in _groups(area, sweeper.bridge_m):
        found += _divided(group, _cheapest(group, sweeper), sweeper)
    return found


def _groups(area: BaseGeometry, bridge_m: float) -> list[BaseGeometry]:
    """Return what of an area lies too far apart for common lanes."""
    parts = solid_parts(area, area)
    near = shapely.get_parts(shapely.union_all(shapely.buffer(parts, bridge_m / 2)))
    groups = [[p for p in parts if shapely.intersects(zone, p)] for zone in near]
    return [shapely.union_all(group) for group in groups]


def _cheapest(area: BaseGeometry, sweeper: Sweeper) -> Layout:
    """Return the cheapest layout of an area in one direction."""
    angles = narrow_directions(_plain(area, sweeper))
    return min(
        (lay_lanes(area, sweeper, angle) for angle in angles), key=lambda it: it.cost_s
    )


def _divided(area: BaseGeometry, whole: Layout, sweeper: Sweeper) -> list[Layout]:
    """Return the layout of an area, or those of its parts where they are cheaper."""
    for sides in _cuts(area, sweeper):
        parts = [(side, _cheapest(side, sweeper)) for side in sides]
        if sum(layout.cost_s for _, layout in parts) < whole.cost_s - sweeper.change_s:
            return [
                one for side, layout in parts for one in _divided(side, layout, sweeper)
            ]
    return [whole]


def _plain(area: BaseGeometry, sweeper: Sweeper) -> BaseGeometry:
    """Return an area without the wriggles that are small beside a lane."""
    detail_m = _DETAIL * sweeper.camera.lane_spacing_m
    return mended(area.simplify(detail_m))


def narrow_directions(area: BaseGeometry) -> list[float]:
    """
    Return the directions [degree] in which lanes over an area have fewest pieces.

    Best first; the last is that in which its hull is narrowest.

    Examples
    --------
    >>> narrow_directions(shapely.box(0, 0, 10, 2))[0]
    0.0
    """
    edges, hull = _edges(area), _edges(shapely.convex_hull(area))
    angles = _angles_deg(edges)
    chosen: list[float] = []
    for i in np.argsort(np.round(_widths(edges, angles), 6), kind="stable"):
        if all(_between_deg(angles[i], other) > _APART_DEG for other in chosen):
            chosen.append(float(angles[i]))
        if len(chosen) == _DIRECTIONS:
            break
    angles = _angles_deg(hull)
    last = float(angles[np.argmin(np.round(_widths(hull, angles), 6))])
    return chosen if last in chosen else [*chosen, last]


def _between_deg(one: float, other: float) -> float:
    """Return the angle between two directions, whichever way they are flown."""
    return abs((one - other + 90) % 180 - 90)


def _edges(area: BaseGeometry) -> FloatArray:
    """Return the edges of all rings as vectors, shape (n, 2), none of them nothing."""
    xy, ring = shapely.get_coordinates(
        shapely.get_rings(shapely.get_parts(area)), return_index=True
    )
    edges: FloatArray = np.diff(xy, axis=0)[np.diff(ring) == 0]
    return edges[np.any(edges != 0, axis=1)]


def _angles_deg(edges: FloatArray) -> FloatArray:
    """Return the directions of the longest edges, shape (n,), below 180."""
    if len(edges) > _LONGEST:
        edges = edges[np.argsort(-np.hypot(*edges.T), kind="stable")[:_LONGEST]]
    angles: FloatArray = np.degrees(np.arctan2(edges[:, 1], edges[:, 0])) % 180
    angles[angles >= 180] = 0.0
    return angles


def _widths(edges: FloatArray, angles_deg: FloatArray) -> FloatArray:
    """Return the width of what edges enclose across each direction [m]."""
    angles = np.radians(angles_deg)
    across = np.array([-np.sin(angles), np.cos(angles)])
    widths: FloatArray = np.abs(edges @ across).sum(axis=0) / 2
    return widths


def _cuts(area: BaseGeometry, sweeper: Sweeper) -> list[list[BaseGeometry]]:
    """Return what the most promising cuts leave on either side, best first."""
    spacing_m = sweeper.camera.lane_spacing_m
    simple = _plain(area, sweeper)
    lines = list(_inward(simple))
    if not lines:
        return []
    x0, y0, x1, y1 = area.bounds
    far = 2 * float(np.hypot(x1 - x0, y1 - y0))
    place, along = (np.array(column) for column in zip(*lines, strict=True))
    left = np.column_stack([-along[:, 1], along[:, 0]])
    ends = [place - far * along, place + far * along]
    sides = []
    for way in (left, -left):
        corners = [ends[0], ends[1], ends[1] + far * way, ends[0] + far * way]
        sides.append(shapely.polygons(np.stack(corners, axis=1)))
    halves = np.column_stack([shapely.intersection(simple, side) for side in sides])
    widths = np.array([_least_width(half, spacing_m) for half in halves.flat])
    sums = widths.reshape(halves.shape).sum(axis=1)
    promising = sums < _least_width(simple, spacing_m)
    order = [i for i in np.argsort(sums, kind="stable") if promising[i]][:_CUTS]
    return [
        [
            part
            for side in sides
            for part in solid_parts(shapely.intersection(area, side[i]), area)
        ]
        for i in order
    ]


def _least_width(area: BaseGeometry, spacing_m: float) -> float:
    """Return the widths of the parts of an area, half a lane more for each [m]."""
    total_m = 0.0
    for part in solid_parts(area, area):
        edges = _edges(part)
        widths = _widths(edges, _angles_deg(edges))
        total_m += max(spacing_m, float(widths.min()) + spacing_m / 2)
    return total_m


def _inward(area: BaseGeometry) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield places and directions of cuts: on from an edge, and half-way between."""
    corners: list[tuple[float, FloatArray, FloatArray, FloatArray]] = []
    for part in shapely.orient_polygons(solid_parts(area, area)):
        for ring in shapely.get_rings(part):
            xy = shapely.get_coordinates(ring)[1:]
            xy = xy[np.any(xy != np.roll(xy, 1, axis=0), axis=1)]
            before, after = xy - np.roll(xy, 1, axis=0), np.roll(xy, -1, axis=0) - xy
            size = np.hypot(*before.T), np.hypot(*after.T)
            before, after = before / size[0][:, None], after / size[1][:, None]
            bend = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
            weight = np.minimum(*size) * bend
            corners += [
                (float(weight[i]), xy[i], before[i], after[i])
                for i in np.flatnonzero(bend < 0)
            ]
    corners.sort(key=lambda corner: corner[0])
    for _, place, before, after in corners[:_CORNERS]:
        yield place, before
        yield place, after
        middle = after - before
        yield place, middle / np.hypot(*middle)
