"""
Read UAS geographical zones as EUROCAE ED-269 has them.

A zone may have several volumes, each with its own limits: each becomes a row. The
standard's members are those of the data model in ``uas_standards`` (InterUSS,
``eurocae_ed269.py``); coordinates are longitude first, as in EUROCONTROL's sample.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from planner.formats import uas
from planner.formats.circles import circle
from planner.formats.geojson import polygon
from planner.formats.table import Fault, Feature, Layer


def is_ed269(content: Any) -> bool:
    """Whether a JSON value is a set of zones: features with a list of volumes."""
    rows = content.get("features") if isinstance(content, dict) else None
    if not isinstance(rows, list) or not rows:
        return False
    return all(
        isinstance(row, dict) and isinstance(row.get("geometry"), list) for row in rows
    )


def read_ed269(content: Mapping[str, Any], remarks: tuple[Fault, ...]) -> Layer:
    """Return the volumes of the zones that restrict something."""
    zones = content["features"]
    closing = [
        (row, zone)
        for row, zone in enumerate(zones, 1)
        if zone.get("restriction") != uas.OPEN
    ]
    features = (f for row, zone in closing for f in _volumes(zone, row))
    return uas.layer_of(features, len(zones) - len(closing), remarks)


def _volumes(zone: Mapping[str, Any], row: int) -> Iterator[Feature]:
    remarks: list[Fault] = []
    volumes = zone["geometry"]
    common = {
        "id": zone.get("identifier"),
        "name": zone.get("name") or zone.get("identifier"),
        "restriction": zone.get("restriction"),
        "reason": uas.reason_of(zone.get("reason")),
        "schedule": uas.times_of(
            zone.get("applicability"),
            remarks,
            always=lambda period: period.get("permanent") == "YES",
        ),
    }
    if not volumes:
        yield Feature(row=row, values=common, geometry=Fault("E-GEOM-EMPTY"))
    yield from uas.rows_of(row, common, remarks, volumes, _limits, _shape)


def _limits(volume: Any) -> dict[str, float]:
    if not isinstance(volume, dict):
        raise Fault("E-GEOM-TYPE", found=str(volume)[:40])
    unit = volume.get("uomDimensions")
    return {
        column: height
        for side in ("lower", "upper")
        for column, height in uas.limit(
            side,
            volume.get(f"{side}Limit"),
            unit,
            volume.get(f"{side}VerticalReference"),
        ).items()
    }


def _shape(volume: Mapping[str, Any], remarks: list[Fault]) -> BaseGeometry:
    """Return the area of a volume; every ring is closed, none is a hole."""
    flat = volume.get("horizontalProjection")
    if not isinstance(flat, dict):
        raise Fault("E-GEOM-TYPE", found=str(flat)[:40])
    if flat.get("type") == "Circle":
        radius = uas.length_m("radius", flat.get("radius"), volume.get("uomDimensions"))
        return circle(flat.get("center"), radius)
    if flat.get("type") != "Polygon":
        raise Fault("E-GEOM-TYPE", found=str(flat.get("type")))
    rings = flat.get("coordinates")
    if not isinstance(rings, list) or not rings:
        raise Fault("E-GEOM-EMPTY")
    areas = [polygon([ring], remarks) for ring in rings]
    return areas[0] if len(areas) == 1 else shapely.MultiPolygon(areas)
