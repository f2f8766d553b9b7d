"""
Read UAS geographical zones as EUROCAE ED-318, the successor of ED-269, has them.

It is GeoJSON with foreign members: ``layer``, the limits, in each geometry, and
``extent``, the radius of a circle, in a Point. The members are those of the data model
in ``uas_standards`` (InterUSS, ``eurocae_ed318.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from shapely.geometry.base import BaseGeometry

from planner.formats import uas
from planner.formats.circles import circle
from planner.formats.geojson import geometry_of
from planner.formats.table import Fault, Feature, Layer

_OURS = {"REQ_AUTHORIZATION": "REQ_AUTHORISATION", "USPACE": "REQ_AUTHORISATION"}


def is_ed318(content: Any) -> bool:
    """Whether a JSON value is a set of zones: GeoJSON with a variant or with limits."""
    rows = content.get("features") if isinstance(content, dict) else None
    return isinstance(rows, list) and bool(rows) and all(map(_is_zone, rows))


def _is_zone(row: Any) -> bool:
    zone = row.get("properties") if isinstance(row, dict) else None
    if not isinstance(zone, dict) or not {"type", "identifier"} <= zone.keys():
        return False
    return "variant" in zone or any(
        isinstance(part, dict) and "layer" in part
        for part in _parts(row.get("geometry"))
    )


def read_ed318(content: Mapping[str, Any], remarks: tuple[Fault, ...]) -> Layer:
    """Return the volumes of the zones that restrict something."""
    rows = content["features"]
    closing = [
        (number, row)
        for number, row in enumerate(rows, 1)
        if row["properties"]["type"] != uas.OPEN
    ]
    features = (f for number, row in closing for f in _volumes(row, number))
    return uas.layer_of(features, len(rows) - len(closing), remarks)


def _volumes(feature: Mapping[str, Any], row: int) -> Iterator[Feature]:
    remarks: list[Fault] = []
    zone, shape = feature["properties"], feature.get("geometry")
    kind = zone["type"]
    if kind == "USPACE":
        remarks.append(Fault("W-UAS-USPACE"))
    common = {
        "id": zone["identifier"],
        "name": _text(zone.get("name")) or zone["identifier"],
        "restriction": _OURS.get(kind, kind) if isinstance(kind, str) else kind,
        "reason": uas.reason_of(zone.get("reason") or zone.get("reasons")),
        "schedule": uas.times_of(
            zone.get("limitedApplicability"), remarks, always=lambda _: False
        ),
    }
    limits = partial(_limits, whole=shape)
    yield from uas.rows_of(row, common, remarks, _parts(shape), limits, _shape)


def _parts(shape: Any) -> list[Any]:
    """Return the shapes of a collection, each with limits of its own."""
    if isinstance(shape, dict) and shape.get("type") == "GeometryCollection":
        parts = shape.get("geometries")
        return parts if isinstance(parts, list) and parts else [None]
    return [shape]


def _text(texts: Any) -> str | None:
    """Return the first of a text in several languages."""
    if isinstance(texts, list):
        found = [t.get("text") for t in texts if isinstance(t, dict) and t.get("text")]
        return str(found[0]) if found else None
    return texts if isinstance(texts, str) else None


def _limits(part: Any, whole: Any) -> dict[str, float]:
    """Return the limits of a part, or those of the whole; without any, all heights."""
    levels: Any = next(
        (g["layer"] for g in (part, whole) if isinstance(g, dict) and g.get("layer")),
        {},
    )
    if not isinstance(levels, dict):
        raise Fault("E-GEOM-TYPE", found=str(levels)[:40])
    return {
        column: height
        for side in ("lower", "upper")
        for column, height in uas.limit(
            side, levels.get(side), levels.get("uom"), levels.get(f"{side}Reference")
        ).items()
    }


def _shape(part: Any, remarks: list[Fault]) -> BaseGeometry:
    extent = part.get("extent") if isinstance(part, dict) else None
    if isinstance(extent, dict):
        if extent.get("subType") != "Circle" or part.get("type") != "Point":
            raise Fault("E-GEOM-TYPE", found=str(extent.get("subType")))
        radius_m = uas.length_m("radius", extent.get("radius"), "m")
        return circle(part.get("coordinates"), radius_m)
    return geometry_of(part, remarks)
