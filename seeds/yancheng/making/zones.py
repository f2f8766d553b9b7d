"""Give the zones of all kinds their ids, names and sizes."""

from __future__ import annotations

from typing import Any

from making.city import BUREAU
from making.ground import Row

ALL_DAY, DAY, NIGHT, SCHOOL = (
    "00:00-24:00",
    "06:00-22:00",
    "18:00-24:00",
    "07:00-08:30,16:00-18:00",
)
# what a watch zone lies in -> (its name, when it is active)
QUARTERS = {
    "hub": ("交通枢纽", ALL_DAY),
    "commercial": ("商业区", DAY),
    "night_market": ("夜市", NIGHT),
    "school": ("学校片区", SCHOOL),
    "neighbourhood": ("居民区", DAY),
}
PREFIX = {"watch": "W", "sweep": "S", "line": "L"}


def build_zones(
    rows: list[Row], stations: list[Row], districts: dict[str, Any]
) -> list[Row]:
    """Return the zones, one kind after another, with all columns in a fixed order."""
    return [
        _finished(kind, number, *named, stations, districts)
        for kind in PREFIX
        for number, named in enumerate(
            _named([row for row in rows if row["kind"] == kind]), 1
        )
    ]


def _named(rows: list[Row]) -> list[tuple[Row, str]]:
    """Return each row with its name, numbered where several would be the same."""
    tally: dict[str, int] = {}
    named = []
    for row in rows:
        quarter = QUARTERS[row["place"]][0] if row["kind"] == "watch" else ""
        label, area = row.get("label", quarter), row["area_name"]
        title = label if label.startswith(area) else area + label
        tally[title] = tally.get(title, 0) + 1
        single = row["kind"] == "sweep" or "demo_case" in row
        number = "" if single else f"{tally[title]:02d}"
        named.append((row, f"{title}{number}(示例)"))
    return named


def _finished(
    kind: str,
    number: int,
    row: Row,
    name: str,
    stations: list[Row],
    districts: dict[str, Any],
) -> Row:
    shape = row["geometry"]
    middle = shape.centroid
    near = min(stations, key=lambda s: (s["geometry"].distance(middle), s["id"]))
    code = min(districts, key=lambda c: (districts[c].distance(middle), c))
    line = kind == "line"
    real = row.get("source_provenance") == "real"
    return {
        "id": f"{PREFIX[kind]}{number:03d}",
        "kind": kind,
        "name": name,
        "place": row["place"],
        "district": BUREAU[code][0],
        "priority": row["priority"],
        "revisit_min": row["revisit_min"],
        "active": row["active"],
        "area_km2": None if line else round(shape.area / 1e6, 3),
        "length_km": round(shape.length / 1e3, 2) if line else None,
        "nearest_station": near["id"],
        "nearest_km": round(near["geometry"].distance(shape) / 1000, 2),
        "demo_case": row.get("demo_case"),
        "provenance": "derived" if real else "synthetic",
        "geometry": shape,
    }
