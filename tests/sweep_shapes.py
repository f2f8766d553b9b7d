"""Make polygons with bays and holes at random, and fields that are hard to sweep."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry


def holed_polygons(count: int, seed: int = 1) -> Iterator[Polygon]:
    """Yield polygons of 150 m to 2 km, in turn of each kind, with 1 to 4 holes."""
    rng = np.random.default_rng(seed)
    kinds = (_star, _blocks, _comb, _bend)
    for i in range(count):
        whole = affinity.rotate(kinds[i % len(kinds)](rng), rng.uniform(0.0, 180.0))
        x0, y0, x1, y1 = whole.bounds
        while True:
            shape = whole
            for _ in range(rng.integers(1, 5)):
                size_m = rng.uniform(0.03, 0.2) * (x1 - x0 + y1 - y0) / 2
                place = rng.uniform((x0, y0), (x1, y1))
                hole = affinity.translate(_star(rng, size_m), *place)
                if whole.contains(hole):
                    shape = shape.difference(hole)
            if isinstance(shape, Polygon) and shape.interiors:
                yield shape
                break


def _star(rng: np.random.Generator, radius_m: float | None = None) -> Polygon:
    """Return a polygon that is seen whole from its middle."""
    corners = int(rng.integers(5, 25))
    radius_m = radius_m or rng.uniform(150.0, 900.0)
    angles = np.sort(rng.uniform(0.0, 2 * np.pi, corners))
    radii = radius_m * rng.uniform(0.4, 1.0, corners)
    rim = radii * np.array([np.cos(angles), np.sin(angles)])
    return _largest(shapely.make_valid(Polygon(rim.T)))


def _blocks(rng: np.random.Generator) -> Polygon:
    """Return boxes that overlap: shapes like L, T and U."""
    size_m = rng.uniform(200.0, 900.0)
    boxes = [box(0, 0, size_m, size_m * rng.uniform(0.2, 0.6))]
    for _ in range(rng.integers(1, 4)):
        x, y = rng.uniform(0.0, 0.8, 2) * size_m
        width, height = rng.uniform(0.2, 1.0, 2) * size_m
        boxes.append(box(x, y / 4, x + width, y / 4 + height))
    return _largest(shapely.union_all(boxes))


def _comb(rng: np.random.Generator) -> Polygon:
    """Return a spine with teeth."""
    teeth = int(rng.integers(2, 5))
    pitch_m, depth_m = rng.uniform(150.0, 400.0), rng.uniform(200.0, 700.0)
    spine = box(0, -rng.uniform(100.0, 250.0), teeth * pitch_m, 1.0)
    width_m = pitch_m * rng.uniform(0.3, 0.7)
    parts = [box(i * pitch_m, 0, i * pitch_m + width_m, depth_m) for i in range(teeth)]
    return _largest(shapely.union_all([spine, *parts]))


def _bend(rng: np.random.Generator) -> Polygon:
    """Return a strip along a bent line, like a river bank."""
    legs = int(rng.integers(2, 5))
    turns = np.cumsum(rng.uniform(-1.2, 1.2, legs))
    steps_m = rng.uniform(300.0, 600.0, legs) * np.array([np.cos(turns), np.sin(turns)])
    line = np.vstack([[0.0, 0.0], np.cumsum(steps_m.T, axis=0)])
    return _largest(shapely.LineString(line).buffer(rng.uniform(80.0, 200.0), 4))


def _largest(shape: BaseGeometry) -> Polygon:
    return max(shapely.get_parts(shape), key=lambda part: part.area)


def _pierced(shape: Polygon, pitch_m: float, half_m: float) -> BaseGeometry:
    """Return a shape with square holes in rows."""
    x0, y0, x1, y1 = shape.bounds
    holes = [
        box(x - half_m, y - half_m, x + half_m, y + half_m)
        for x in np.arange(x0 + pitch_m / 2, x1, pitch_m)
        for y in np.arange(y0 + pitch_m / 2, y1, pitch_m)
    ]
    return shape.difference(shapely.union_all(holes))


HARD: dict[str, BaseGeometry] = {
    "strip of 5 m": affinity.rotate(box(0, 0, 2000, 5), 33),
    "patch of 3 m": box(0, 0, 3, 3),
    "sliver": Polygon([(0, 0), (900, 2), (1800, 0), (900, 3)]),
    "needle": Polygon([(0, 0), (1500, 20), (1500, -20)]),
    "forty holes": affinity.rotate(_pierced(box(0, 0, 1600, 1000), 200, 60), 20),
    "small holes": _pierced(box(0, 0, 800, 600), 100, 10),
    "U of two directions": box(0, 0, 1500, 180)
    .union(box(0, 0, 180, 1200))
    .union(box(1320, 0, 1500, 1200)),
    "comb": box(0, -150, 1500, 0).union(
        shapely.union_all([box(x, -1, x + 170, 900) for x in range(0, 1500, 440)])
    ),
    "two sides of a road": MultiPolygon([box(0, 0, 700, 300), box(0, 312, 700, 600)]),
    "far apart": MultiPolygon(
        [box(0, 0, 900, 200), affinity.rotate(box(3000, 0, 3900, 200), 60)]
    ),
    "ring that touches itself": shapely.make_valid(
        Polygon([(0, 0), (600, 0), (600, 600), (300, 0), (0, 600)])
    ),
    "corners that touch": MultiPolygon([box(0, 0, 300, 300), box(300, 300, 700, 600)]),
    "longer than a sortie": affinity.rotate(box(0, 0, 14000, 300), 75),
}
"""Zones that go wrong where lanes are laid by bounding boxes or by the middle alone."""
