"""Draw the airspace: surfaces of the airport, closures and privacy zones."""

from __future__ import annotations

import csv
import math
from typing import Any

from shapely.geometry import LineString, Point, Polygon
from shapely.ops import unary_union

from making.ground import RAW, Row, place, to_utm, turned

AIRPORT = "ZSYN"
COMPUTED = (
    "computed from runway ends (OurAirports) with ICAO Annex 14 code-4 values; "
    "NOT the polygon published by CAAC"
)
RESERVE = "schematic shape, not the legal reserve boundary"
FICTION = "fictional site, invented for the demo"
PRIVATE = (
    "fictional; no camera dwell over it at any height, transit allowed above 90 m AGL"
)

# name, longitude, latitude, width m, height m, turn deg
PRIVACY_ZONES = [
    ("学校 school 1", 120.151, 33.351, 260, 180, 10),
    ("医院 hospital 1", 120.163, 33.368, 220, 160, -15),
    ("学校 school 2", 120.121, 33.347, 240, 200, 25),
    ("医院 hospital 2", 120.203, 33.353, 240, 180, 0),
    ("学校 school 3", 120.306, 32.858, 260, 180, 5),
    ("医院 hospital 3", 120.452, 33.203, 220, 160, 30),
]


def build_airspace(land: Polygon) -> list[Row]:
    """Return every restriction; those of the airport are computed, others invented."""
    return [
        *_airport_surfaces(),
        *_reserves(land),
        *_closed_sites(),
        *_privacy_zones(),
    ]


def closed_to_flight(airspace: list[Row]) -> Any:
    """Return where nothing may fly at all."""
    return unary_union(
        [z["geometry"] for z in airspace if z["restriction"] == "PROHIBITED"]
    )


def blocked(airspace: list[Row]) -> Any:
    """Return where something could stop a flight at 100 m above the ground."""
    return unary_union(
        [
            z["geometry"]
            for z in airspace
            if z["reason"] != "PRIVACY" and z["lower_m_agl"] <= 60
        ]
    )


def _zone(
    id_: str,
    name: str,
    restriction: str,
    reason: str,
    note: str,
    shape: Any,
    *,
    lower_m: int = 0,
    upper_m: int | None = None,
    schedule: str | None = None,
    provenance: str = "synthetic",
) -> Row:
    return {
        "id": id_,
        "name": name,
        "restriction": restriction,
        "lower_m_agl": lower_m,
        "upper_m_agl": upper_m,
        "schedule": schedule,
        "reason": reason,
        "provenance": provenance,
        "note": note,
        "geometry": shape,
    }


def _airport_surfaces() -> list[Row]:
    """
    Return the plan view of the airport's surfaces, as of ICAO Annex 14, code 4.

    They stand round the real ends of the runway, with the aerodrome at about 0 m.
    """
    a, b = _runway_ends()
    length = a.distance(b)
    ux, uy = (b.x - a.x) / length, (b.y - a.y) / length
    runway = LineString([a, b])

    def approach(end: Point, sign: int, reach_m: float) -> Polygon:
        # Inner edge 300 m wide, 60 m before the threshold, 15 % flare.
        near = (end.x + sign * 60 * ux, end.y + sign * 60 * uy)
        far = (near[0] + sign * reach_m * ux, near[1] + sign * reach_m * uy)
        w0, w1 = 150, 150 + 0.15 * reach_m
        return Polygon(
            [
                (near[0] - w0 * uy, near[1] + w0 * ux),
                (near[0] + w0 * uy, near[1] - w0 * ux),
                (far[0] + w1 * uy, far[1] - w1 * ux),
                (far[0] - w1 * uy, far[1] + w1 * ux),
            ]
        )

    inner, middle, outer = (runway.buffer(d, 32) for d in (4000, 5200, 6000))
    strip = LineString(
        [(a.x - 60 * ux, a.y - 60 * uy), (b.x + 60 * ux, b.y + 60 * uy)]
    ).buffer(140, cap_style="flat")
    approaches = unary_union([approach(a, -1, 15_000), approach(b, 1, 15_000)])
    surfaces = [
        ("跑道带 runway strip", "PROHIBITED", 0, strip),
        ("内水平面 inner horizontal surface, 4 km", "PROHIBITED", 0, inner),
        (
            "锥形面 conical surface 4-5.2 km (45 m rising)",
            "REQ_AUTHORISATION",
            45,
            middle.difference(inner),
        ),
        (
            "锥形面 conical surface 5.2-6 km (105 m rising)",
            "REQ_AUTHORISATION",
            105,
            outer.difference(middle),
        ),
        (
            "进近面 approach surfaces, 6-15 km (130 m rising)",
            "REQ_AUTHORISATION",
            130,
            approaches.difference(outer),
        ),
    ]
    return [
        _zone(
            f"NFZ-{AIRPORT}-{n}",
            f"{AIRPORT} {name}",
            restriction,
            "AIRPORT",
            COMPUTED,
            shape,
            lower_m=lower_m,
            provenance="derived",
        )
        for n, (name, restriction, lower_m, shape) in enumerate(surfaces, 1)
    ]


def _runway_ends() -> tuple[Point, Point]:
    with (RAW / "ourairports_runways.csv").open(encoding="utf-8") as file:
        runways = list(csv.DictReader(file))
    r = next(r for r in runways if r["airport_ident"] == AIRPORT)
    low, high = to_utm(
        [
            Point(float(r[f"{end}_longitude_deg"]), float(r[f"{end}_latitude_deg"]))
            for end in ("le", "he")
        ]
    )
    return low, high


def _reserves(land: Polygon) -> list[Row]:
    birds = [
        (120.47, 33.50),
        (120.60, 33.50),
        (120.66, 33.62),
        (120.50, 33.66),
        (120.44, 33.58),
    ]
    deer = [(120.76, 32.98), (120.86, 32.98), (120.86, 33.06), (120.76, 33.06)]
    return [
        _zone(
            f"NFZ-WET-{n}",
            name,
            restriction,
            "NATURE",
            RESERVE,
            to_utm([Polygon(corners)])[0].intersection(land),
            upper_m=300,
        )
        for n, (name, restriction, corners) in enumerate(
            [
                (
                    "盐城湿地珍禽保护区(示意) bird reserve, schematic",
                    "REQ_AUTHORISATION",
                    birds,
                ),
                ("大丰麋鹿保护区(示意) deer reserve, schematic", "PROHIBITED", deer),
            ],
            1,
        )
    ]


def _closed_sites() -> list[Row]:
    sites = [
        (
            "NFZ-SEC-1",
            "敏感目标A(虚构) fictional sensitive site A",
            _circle(119.865, 34.025, 450),
        ),
        (
            "NFZ-SEC-2",
            "敏感目标B(虚构) fictional sensitive site B",
            _circle(120.415, 33.225, 600),
        ),
        (
            "NFZ-SEC-3",
            "敏感目标C(虚构) fictional sensitive site C",
            _block(119.765, 33.735, 1400, 700, 20),
        ),
        (
            "NFZ-URB-1",
            "城区敏感点甲(虚构) fictional urban site 1",
            _circle(120.1365, 33.3640, 320),
        ),
        (
            "NFZ-URB-2",
            "城区敏感点乙(虚构) fictional urban site 2",
            _block(120.1790, 33.3420, 760, 380, 30),
        ),
    ]
    event = _zone(
        "NFZ-TMP-1",
        "临时管制(虚构) fictional event, 14:00-17:00",
        "CONDITIONAL",
        "TEMPORARY",
        FICTION + "; no flight inside while the schedule is active",
        _circle(120.345, 32.835, 900),
        schedule="14:00-17:00",
    )
    return [
        *(
            _zone(id_, name, "PROHIBITED", "SENSITIVE", FICTION, shape)
            for id_, name, shape in sites
        ),
        event,
    ]


def _privacy_zones() -> list[Row]:
    return [
        _zone(
            f"PRV-{n}",
            name + "(虚构)",
            "CONDITIONAL",
            "PRIVACY",
            PRIVATE,
            _block(*rectangle),
            upper_m=90,
        )
        for n, (name, *rectangle) in enumerate(PRIVACY_ZONES, 1)
    ]


def _circle(lon: float, lat: float, radius_m: float) -> Polygon:
    return place(lon, lat).buffer(radius_m, 12)


def _block(
    lon: float, lat: float, width_m: float, height_m: float, turn_deg: float
) -> Polygon:
    """Return a rectangle, turned."""
    x, y = width_m / 2, height_m / 2
    corners = [(-x, -y), (x, -y), (x, y), (-x, y)]
    return turned(place(lon, lat), corners, math.radians(turn_deg))
