"""Lay the line zones: sections of canals, of the sea dyke and of trunk roads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shapely.geometry import LineString, Point, Polygon
from shapely.ops import linemerge, substring

from making.flights import SORTIE_MIN, along_min, route_min
from making.ground import Row, largest, parts, place
from making.zones import ALL_DAY, DAY

REACH_M = 9_000
"""Every point of a section lies this near to one station."""
TO_SPARE_MIN = 3
"""So much of a sortie is left where one flight does a section from its station."""

# kind of line -> (length of a section m, how many are kept), the nearest ones
KEPT = {"canal": (4_500, 16), "coast": (3_000, 4), "road": (4_500, 16)}
# Two straight-line stand-ins for trunk roads, through town centres (synthetic).
ROADS = {
    "干线公路甲(示意)": [
        "小尖镇",
        "东坎",
        "阜城街道",
        "上冈镇",
        "新兴镇",
        "盐城",
        "伍佑街道",
        "刘庄镇",
        "东台镇",
        "安丰镇",
        "富安镇",
    ],
    "干线公路乙(示意)": [
        "陈家港镇",
        "八滩镇",
        "合德",
        "洋马镇",
        "大中镇",
        "万盈镇",
        "新曹镇",
        "弶港镇",
    ],
}

# Where the shore is the sea's [deg].
EAST = [
    (119.75, 34.34),
    (119.75, 34.6),
    (121.1, 34.6),
    (121.1, 32.6),
    (120.6, 32.6),
    (120.2, 33.9),
]


def find_canals(boundary: Polygon, rivers: Any) -> list[LineString]:
    """Return the rivers and canals of the city that are longer than 3 km."""
    inside = _merged(rivers.intersection(boundary.buffer(0)))
    return [line.simplify(60) for line in inside if line.length > 3000]


def draw_dyke(boundary: Polygon, land: Polygon) -> list[LineString]:
    """
    Return the pieces of a smooth stand-in for the sea dyke.

    It is the GSHHG shore with creeks and spits under 3.6 km wide smoothed away, 400 m
    inland.
    """
    smooth = land.buffer(1800).buffer(-3600).buffer(1800 - 400)
    east = Polygon([(p.x, p.y) for p in (place(*corner) for corner in EAST)])
    dyke = largest(smooth).exterior.intersection(east)
    inside = _merged(dyke.intersection(boundary.buffer(3000)))
    return [line.simplify(120) for line in inside if line.length > 5000]


def build_lines(
    town: dict[str, Point],
    canals: list[LineString],
    dyke: list[LineString],
    stations: list[Row],
    blocked: Any,
) -> list[Row]:
    """
    Return the line zones, those of one kind from south to north.

    Each source is cut into sections whose every point is near one station, and which
    one flight can do with a few minutes to spare; the nearest ones are kept.
    """
    roads = [
        (name, LineString([town[n] for n in through]))
        for name, through in ROADS.items()
    ]
    posts = [station["geometry"] for station in stations]
    closed = blocked.buffer(20)
    rows = []
    for kind, sources, columns in (
        ("canal", [("河道巡线", line) for line in canals], ("real", 120, 2, ALL_DAY)),
        ("coast", [("海堤巡线", line) for line in dyke], ("real", 120, 1, DAY)),
        ("road", roads, ("synthetic", 60, 2, ALL_DAY)),
    ):
        section_m, kept = KEPT[kind]
        found = [
            (round(reach_m), section.bounds, name, section)
            for name, line in sources
            for section in _sections(line.difference(closed), section_m)
            if (reach_m := _reach_m(section, posts)) <= REACH_M
            and _flight_min(section, posts) <= SORTIE_MIN - TO_SPARE_MIN
        ]
        nearest = sorted(found, key=lambda f: f[:2])[:kept]
        assert len(nearest) == kept, (kind, len(found))
        source, revisit, priority, active = columns
        rows += [
            {
                "kind": "line",
                "place": kind,
                "area_name": name,
                "priority": priority,
                "revisit_min": revisit,
                "active": active,
                "source_provenance": source,
                "geometry": section,
            }
            for _, _, name, section in sorted(nearest, key=lambda f: f[1][1])
        ]
    return rows


def _merged(lines: Any) -> list[LineString]:
    if lines.geom_type == "MultiLineString":
        lines = linemerge(lines)
    return parts(lines, "LineString")


def _sections(line: Any, section_m: float) -> Iterator[LineString]:
    """Yield the pieces of about one length that a line is cut into."""
    for piece in parts(line, "LineString"):
        if piece.length >= 1500:
            n = max(1, round(piece.length / section_m))
            for k in range(n):
                yield substring(piece, k / n, (k + 1) / n, normalized=True)


def _reach_m(section: LineString, posts: list[Point]) -> float:
    """Return how far the farthest point is from the post for which that is least."""
    ends = [Point(corner) for corner in section.coords]
    return min(max(post.distance(end) for end in ends) for post in posts)


def _flight_min(section: LineString, posts: list[Point]) -> float:
    return min(route_min([(section, along_min(section))], post) for post in posts)
