"""Lay five zones that cannot be served, for a planner to find out why."""

from __future__ import annotations

from shapely.geometry import LineString, Point, Polygon
from shapely.ops import substring

from making.ground import Row, hexagon, offset, place
from making.watch import HEX_SIDE_M
from making.zones import DAY

DYKE_M = 4000


def build_unservable(
    town: dict[str, Point], dyke: list[LineString], airspace: list[Row]
) -> list[Row]:
    """Return two zones in closed airspace and three beyond the reach of every post."""
    closed = {z["id"]: z["geometry"].centroid for z in airspace}
    lake_town = town["大纵湖镇"]
    zones = [
        (
            "watch",
            "hub",
            "机场",
            "机场航站区",
            "inside NFZ-ZSYN-2",
            _tile(closed["NFZ-ZSYN-1"]),
        ),
        (
            "sweep",
            "wetland",
            "大丰",
            "保护区核心湿地",
            "inside NFZ-WET-2",
            closed["NFZ-WET-2"].buffer(520, 6),
        ),
        (
            "watch",
            "neighbourhood",
            "大纵湖",
            "大纵湖镇居民区",
            "out of range",
            _tile(lake_town),
        ),
        (
            "sweep",
            "reservoir",
            "大纵湖",
            "大纵湖湖岸",
            "out of range",
            offset(lake_town, 200, 2500).buffer(450, 4),
        ),
        (
            "line",
            "coast",
            "海堤巡线",
            "滨海港北侧海堤",
            "out of range",
            _northern_dyke(dyke),
        ),
    ]
    return [
        {
            "kind": kind,
            "place": place_,
            "area_name": area_name,
            "label": label,
            "demo_case": why,
            "priority": 1,
            "revisit_min": 120,
            "active": DAY,
            "source_provenance": "real" if kind == "line" else "synthetic",
            "geometry": shape,
        }
        for kind, place_, area_name, label, why, shape in zones
    ]


def _tile(centre: Point) -> Polygon:
    return hexagon(centre.x, centre.y, HEX_SIDE_M)


def _northern_dyke(dyke: list[LineString]) -> LineString:
    """Return the northernmost section that is still south of the harbour."""
    harbour_y = place(120.3, 34.22).y
    sections = (
        substring(line, start, start + DYKE_M)
        for line in dyke
        for start in range(0, int(line.length) - DYKE_M, DYKE_M)
    )
    return max(sections, key=lambda s: s.centroid.y if s.centroid.y < harbour_y else 0)
