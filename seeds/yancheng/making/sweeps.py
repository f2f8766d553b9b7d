"""Lay the sweep zones: rounded rectangles so far from a town on a bearing."""

from __future__ import annotations

import math
from typing import Any

from shapely.geometry import Point, Polygon
from shapely.ops import unary_union

from making.ground import Row, largest, offset, turned
from making.towns import stem
from making.zones import ALL_DAY, DAY

# kind of place, name, town, bearing deg, distance m, area km2, length over width,
# revisit min, priority
SWEEPS = [
    ("port", "港区", "陈家港镇", 60, 1900, 0.9, 2.5, 120, 3),
    ("industrial", "沿海工业园", "陈家港镇", 250, 2900, 1.6, 1.5, 240, 2),
    ("port", "渔港", "黄沙港镇", 100, 2100, 0.8, 2.2, 120, 3),
    ("solar", "滩涂光伏场", "黄沙港镇", 330, 3800, 1.8, 1.8, 240, 1),
    ("port", "渔港", "弶港镇", 200, 2200, 0.7, 2.4, 120, 3),
    ("solar", "滩涂光伏场", "弶港镇", 330, 3600, 1.9, 1.6, 240, 1),
    ("industrial", "工业园", "大中镇", 95, 5000, 1.2, 1.4, 240, 2),
    ("wetland", "湿地岸线", "大中镇", 10, 4600, 1.0, 4.0, 240, 1),
    ("industrial", "工业园", "响水镇", 110, 4200, 1.1, 1.3, 240, 2),
    ("port", "内河码头", "响水镇", 20, 3600, 0.5, 3.0, 240, 2),
    ("industrial", "工业园", "东坎", 170, 4600, 1.3, 1.4, 240, 2),
    ("solar", "渔光互补电站", "八滩镇", 80, 2700, 1.6, 1.5, 240, 1),
    ("industrial", "工业园", "阜城街道", 60, 4700, 1.2, 1.5, 240, 2),
    ("port", "内河码头", "益林镇", 350, 2000, 0.4, 2.5, 240, 2),
    ("industrial", "工业园", "合德", 200, 4600, 1.2, 1.4, 240, 2),
    ("reservoir", "蓄水湖岸", "合德", 75, 4700, 0.9, 3.5, 240, 1),
    ("industrial", "工业园", "近湖街道", 130, 4400, 1.1, 1.4, 240, 2),
    ("solar", "渔光互补电站", "近湖街道", 255, 4800, 1.5, 1.5, 240, 1),
    ("industrial", "工业园", "东台镇", 60, 5000, 1.3, 1.4, 240, 2),
    ("wetland", "湖荡岸线", "上冈镇", 300, 2900, 0.9, 3.5, 240, 1),
    ("industrial", "汽车产业园", "新城街道", 100, 3600, 1.4, 1.5, 120, 2),
    ("port", "城东内河港", "新城街道", 160, 3300, 0.6, 3.0, 120, 3),
    ("wetland", "西郊湿地岸线", "潘黄街道", 200, 1400, 0.8, 4.0, 240, 1),
    ("industrial", "南部产业园", "伍佑街道", 190, 1800, 1.0, 1.4, 240, 2),
]
# Corners of a rounded rectangle, as shares of its length and width.
CORNERS = [
    (-0.5, -0.5),
    (0, -0.56),
    (0.5, -0.44),
    (0.56, 0),
    (0.46, 0.5),
    (0, 0.47),
    (-0.52, 0.5),
]


def build_sweeps(
    town: dict[str, Point], land: Polygon, blocked: Any, watched: Any
) -> list[Row]:
    """Return the sweep zones, clear of the sea, of closures and of watch zones."""
    closed = unary_union([blocked, watched]).buffer(30)
    rows = []
    for k, site in enumerate(SWEEPS):
        kind, label, base, bearing_deg, away_m, area_km2, ratio, revisit, rank = site
        centre = offset(town[base], bearing_deg, away_m)
        whole = _rounded_rectangle(centre, area_km2, ratio, k)
        shape = largest(whole.intersection(land).difference(closed))
        assert shape.area > 0.3e6, (label, base, shape.area)
        rows.append(
            {
                "kind": "sweep",
                "place": kind,
                "area_name": stem(base),
                "label": label,
                "priority": rank,
                "revisit_min": revisit,
                "active": ALL_DAY if kind == "port" else DAY,
                "geometry": shape,
            }
        )
    return rows


def _rounded_rectangle(centre: Point, area_km2: float, ratio: float, k: int) -> Polygon:
    """Return a rectangle so many times as long as wide; each k is turned otherwise."""
    width_m = math.sqrt(area_km2 * 1e6 / ratio)
    corners = [
        (x * width_m * ratio, y * width_m * (1 + 0.04 * ((n + k) % 3 - 1)))
        for n, (x, y) in enumerate(CORNERS)
    ]
    return turned(centre, corners, math.radians((37 * k) % 180))
