"""Hold a tiny scenario that can be planned: what a new folder starts with."""

from __future__ import annotations

from typing import Any


def _layer(*features: tuple[str, Any, dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": properties,
                "geometry": {"type": kind, "coordinates": coordinates},
            }
            for kind, coordinates, properties in features
        ],
    }


def _box(west: float, south: float, east: float, north: float) -> list[Any]:
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


EXAMPLE: dict[str, dict[str, Any]] = {
    "stations": _layer(
        (
            "Point",
            [120.15, 33.36],
            {"id": "S1", "name": "West", "drones": 3, "pads": 3},
        ),
        (
            "Point",
            [120.19, 33.36],
            {"id": "S2", "name": "East", "drones": 2, "pads": 2},
        ),
    ),
    "zones": _layer(
        (
            "Polygon",
            _box(120.155, 33.365, 120.165, 33.373),
            {
                "id": "Z1",
                "name": "Market",
                "kind": "watch",
                "priority": 3,
                "revisit_min": 60,
                "active": "06:00-22:00",
            },
        ),
        (
            "Polygon",
            _box(120.195, 33.35, 120.203, 33.356),
            {
                "id": "Z2",
                "name": "Yard",
                "kind": "sweep",
                "priority": 1,
                "revisit_min": 120,
                "active": "08:00-18:00",
            },
        ),
        (
            "LineString",
            [[120.15, 33.345], [120.165, 33.347], [120.18, 33.345]],
            {
                "id": "Z3",
                "name": "Canal",
                "kind": "line",
                "priority": 2,
                "revisit_min": 90,
                "active": "06:00-22:00",
            },
        ),
    ),
    "airspace": _layer(
        (
            "Polygon",
            _box(120.168, 33.353, 120.174, 33.357),
            {
                "id": "A1",
                "name": "Hospital",
                "restriction": "PROHIBITED",
                "lower_m_agl": 0,
                "upper_m_agl": None,
                "schedule": None,
                "reason": "SENSITIVE",
            },
        ),
    ),
}
"""Layer to GeoJSON."""
