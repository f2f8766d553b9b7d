"""Lay the watch zones: hexagons of one lattice round the centres of towns."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from shapely.geometry import Point, Polygon

from making.city import COUNTY, URBAN_AREA, URBAN_CENTRE, URBAN_RADIUS_M
from making.ground import Row, hexagon, largest, place
from making.towns import stem
from making.zones import QUARTERS

HEX_SIDE_M = 600.0
# So many hexagons have priority 3, 2; the rest are priority 1.
N_URBAN_HEX, URBAN_P3, URBAN_P2 = 112, 38, 42
SEAT_P3, SEAT_P2 = 2, 4
REVISIT_MIN = {3: 30, 2: 60, 1: 120}
# subdistrict centre, weight, reach m: a made-up field of density
CORES = [
    ("盐城", 1.0, 2600),
    ("新都街道", 0.9, 2400),
    ("亭湖", 0.8, 2200),
    ("文峰街道", 0.8, 2200),
    ("新城街道", 0.75, 2200),
    ("伍佑街道", 0.45, 1700),
    ("科城街道", 0.7, 2200),
    ("潘黄街道", 0.5, 1900),
]

Cell = tuple[int, int]


def build_watch(town: dict[str, Point], land: Polygon, blocked: Any) -> list[Row]:
    """Return the hexagons of the city by density, those of towns by distance."""
    taken: set[Cell] = set()

    def group(
        centre: Point,
        radius_m: float,
        rank: Callable[[Point], float],
        area_name: str,
        count: int,
        high: int,
        middle: int,
    ) -> list[Row]:
        cells = sorted(
            _cells_near(centre, radius_m), key=lambda c: (rank(_cell(*c).centroid), c)
        )
        shapes = _usable(cells, taken, land, blocked, count)
        assert len(shapes) == count, (area_name, len(shapes))
        ranks = [3] * high + [2] * middle + [1] * count
        return [
            _zone(cell, shape, priority, area_name)
            for (cell, shape), priority in zip(shapes, ranks, strict=False)
        ]

    def sparsity(point: Point) -> float:
        return -sum(
            weight * math.exp(-((point.distance(town[name]) / reach_m) ** 2))
            for name, weight, reach_m in CORES
        )

    rows = group(
        place(*URBAN_CENTRE),
        URBAN_RADIUS_M,
        sparsity,
        URBAN_AREA,
        N_URBAN_HEX,
        URBAN_P3,
        URBAN_P2,
    )
    counties = [county for _, county in sorted(COUNTY.items())]
    for k, (seat, n_seat, (extra, _), n_extra) in enumerate(counties):
        # Towns are longer one way than the other.
        stretch = math.radians(25 * k)
        for name, count, high, middle in (
            (seat, n_seat, SEAT_P3, SEAT_P2),
            (extra, n_extra, 0, 1),
        ):
            away = _stretched_distance(town[name], stretch)
            rows += group(town[name], 6000, away, stem(name), count, high, middle)
    return rows


def _cell(i: int, j: int) -> Polygon:
    """Return hexagon (i, j) of one lattice over the whole city."""
    y = (j + (i % 2) / 2) * math.sqrt(3) * HEX_SIDE_M
    return hexagon(i * 1.5 * HEX_SIDE_M, y, HEX_SIDE_M)


def _cells_near(centre: Point, radius_m: float) -> list[Cell]:
    column_m, row_m = 1.5 * HEX_SIDE_M, math.sqrt(3) * HEX_SIDE_M
    i0, di = round(centre.x / column_m), int(radius_m / column_m) + 1
    j0, dj = round(centre.y / row_m), int(radius_m / row_m) + 2
    return [
        (i, j)
        for i in range(i0 - di, i0 + di + 1)
        for j in range(j0 - dj, j0 + dj + 1)
        if _cell(i, j).centroid.distance(centre) <= radius_m
    ]


def _stretched_distance(centre: Point, stretch_rad: float) -> Callable[[Point], float]:
    cos, sin = math.cos(stretch_rad), math.sin(stretch_rad)

    def distance(point: Point) -> float:
        dx, dy = point.x - centre.x, point.y - centre.y
        return round(math.hypot(dx * cos + dy * sin, 1.35 * (dy * cos - dx * sin)), 3)

    return distance


def _usable(
    cells: Iterable[Cell], taken: set[Cell], land: Polygon, blocked: Any, count: int
) -> list[tuple[Cell, Polygon]]:
    """Return the first cells on land that can be flown over by half, and take them."""
    usable: list[tuple[Cell, Polygon]] = []
    for cell in cells:
        if len(usable) == count:
            break
        whole = _cell(*cell)
        if (
            cell in taken
            or blocked.contains(whole.centroid)
            or not land.contains(whole)
        ):
            continue
        clear = largest(whole.difference(blocked))
        if clear.area >= 0.5 * whole.area:
            taken.add(cell)
            usable.append((cell, clear))
    return usable


def _zone(cell: Cell, shape: Polygon, priority: int, area_name: str) -> Row:
    quarter = _quarter(*cell, priority)
    return {
        "kind": "watch",
        "place": quarter,
        "area_name": area_name,
        "priority": priority,
        "revisit_min": REVISIT_MIN[priority],
        "active": QUARTERS[quarter][1],
        "geometry": shape,
    }


def _quarter(i: int, j: int, priority: int) -> str:
    """Mix the quarters; hubs and night markets only where priority is high."""
    k = (7 * i + 3 * j) % 12
    if k == 0 and priority == 3:
        return "hub"
    if k in (1, 2) and priority >= 2:
        return "night_market"
    if k in (3, 4):
        return "school"
    return "commercial" if k in (5, 6, 7) else "neighbourhood"
