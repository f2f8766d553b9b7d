"""Read GeoJSON (RFC 7946), strictly where silence would hide a mistake."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from planner.formats.json_document import once
from planner.formats.table import Fault, Feature, Layer

_CRS_NAME = re.compile(
    r"(?:urn:ogc:def:crs:)?(EPSG|OGC):(?:[^:]*:)?(\w+)", re.IGNORECASE
)

Position = tuple[float, float]


def read_geojson(content: Any, remarks: tuple[Fault, ...]) -> Layer:
    """
    Return the features of a FeatureCollection, or of a single Feature.

    Raises
    ------
    Fault
        If the JSON is no GeoJSON.
    """
    kind = content.get("type") if isinstance(content, dict) else None
    if kind == "Topology":
        raise Fault("E-FORMAT", wanted="GeoJSON", found="TopoJSON")
    if kind == "Feature":
        content = {**content, "features": [content]}
    elif kind != "FeatureCollection":
        raise Fault("E-FORMAT", wanted="GeoJSON FeatureCollection", found=str(kind))
    rows = content.get("features")
    if not isinstance(rows, list):
        raise Fault("E-FORMAT", wanted="GeoJSON FeatureCollection", found="no features")
    features = tuple(_feature(row, number) for number, row in enumerate(rows, 1))
    columns = dict.fromkeys(name for feature in features for name in feature.values)
    return Layer(
        columns=tuple(columns),
        features=features,
        crs=_crs(content.get("crs")),
        remarks=remarks,
    )


def parse(text: str) -> Any:
    """
    Return the JSON value of a text.

    Raises
    ------
    Fault
        If it is none, or a key comes twice.
    """
    if text.lstrip()[:1] == "<":
        raise Fault("E-FORMAT", wanted="GeoJSON", found="HTML / XML")

    try:
        return json.loads(text, object_pairs_hook=partial(once, code="E-PARSE-DUPKEY"))
    except RecursionError as error:
        raise Fault("E-PARSE-DEPTH") from error
    except json.JSONDecodeError as error:
        raise Fault(
            "E-PARSE", line=error.lineno, column=error.colno, detail=error.msg
        ) from error
    except ValueError as error:  # a number of thousands of digits
        raise Fault("E-PARSE", line=1, column=1, detail=str(error)) from error


def _crs(member: Any) -> str | None:
    """Return the code in a ``crs`` member, which the 2008 GeoJSON had."""
    if member is None:
        return "OGC:CRS84"
    try:
        name = member["properties"]["name"]
        match = _CRS_NAME.fullmatch(name)
    except (KeyError, TypeError):
        match, name = None, str(member)
    if match is None:
        raise Fault("E-CRS-UNKNOWN", crs=str(name))
    return f"{match[1].upper()}:{match[2]}"


def _feature(row: Any, number: int) -> Feature:
    if not isinstance(row, dict) or row.get("type") != "Feature":
        raise Fault("E-FEATURE", row=number, found=str(row)[:40])
    properties = row.get("properties")
    values = dict(properties) if isinstance(properties, dict) else {}
    if "id" in row and "id" not in values:
        values["id"] = row["id"]
    remarks: list[Fault] = []
    geometry: BaseGeometry | Fault
    try:
        geometry = geometry_of(row.get("geometry"), remarks)
    except Fault as fault:
        geometry = fault
    return Feature(row=number, values=values, geometry=geometry, remarks=tuple(remarks))


def geometry_of(value: Any, remarks: list[Fault]) -> BaseGeometry:
    """
    Return a geometry of its GeoJSON object; heights are dropped.

    Raises
    ------
    Fault
        If there is none, or its coordinates are not what its type asks for.
    """
    if value is None:
        raise Fault("E-GEOM-NULL")
    if not isinstance(value, dict):
        raise Fault("E-GEOM-TYPE", found=type(value).__name__)
    kind = value.get("type")
    if kind == "GeometryCollection":
        parts = value.get("geometries")
        if not isinstance(parts, list) or not parts:
            raise Fault("E-GEOM-EMPTY")
        return shapely.GeometryCollection([geometry_of(p, remarks) for p in parts])
    build = _BUILDERS.get(kind) if isinstance(kind, str) else None
    if build is None:
        raise Fault("E-GEOM-TYPE", found=str(kind))
    coordinates = value.get("coordinates")
    if not isinstance(coordinates, list) or not coordinates:
        raise Fault("E-GEOM-EMPTY")
    return build(coordinates, remarks)


def point(position: Any, remarks: list[Fault]) -> BaseGeometry:
    """Return a point of its position."""
    return shapely.Point(_position(position, remarks))


def line(positions: Any, remarks: list[Fault]) -> BaseGeometry:
    """Return a line of its positions, at least two different ones."""
    vertices = _positions(positions, remarks)
    if len(set(vertices)) < 2:
        raise Fault("E-GEOM-DEGENERATE", count=len(set(vertices)), wanted=2)
    return shapely.LineString(vertices)


def polygon(rings: Any, remarks: list[Fault]) -> BaseGeometry:
    """Return a polygon of its rings; one that is not closed is closed."""
    if not isinstance(rings, list) or not rings:
        raise Fault("E-GEOM-EMPTY")
    closed: list[list[Position]] = []
    for ring in rings:
        vertices = _positions(ring, remarks)
        if len(set(vertices)) < 3:
            raise Fault("E-GEOM-DEGENERATE", count=len(set(vertices)), wanted=3)
        if vertices[0] != vertices[-1]:
            remarks.append(Fault("W-GEOM-UNCLOSED"))
            vertices.append(vertices[0])
        closed.append(vertices)
    return shapely.Polygon(closed[0], closed[1:])


def _positions(values: Any, remarks: list[Fault]) -> list[Position]:
    if not isinstance(values, list):
        raise Fault("E-GEOM-COORDS", found=str(values)[:40])
    return [_position(value, remarks) for value in values]


def _position(value: Any, remarks: list[Fault]) -> Position:
    if not isinstance(value, list | tuple) or len(value) < 2:
        raise Fault("E-GEOM-COORDS", found=str(value)[:40])
    for number in value:
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise Fault("E-GEOM-COORDS", found=repr(number)[:40])
    if not (math.isfinite(value[0]) and math.isfinite(value[1])):
        raise Fault("E-GEOM-NONFINITE", found=str(value[:2]))
    if len(value) > 3 and not any(r.code == "W-GEOM-4D" for r in remarks):
        remarks.append(Fault("W-GEOM-4D", count=len(value)))
    return float(value[0]), float(value[1])


def _several(
    build: Callable[[Any, list[Fault]], BaseGeometry],
    gather: Callable[[list[Any]], BaseGeometry],
) -> Callable[[list[Any], list[Fault]], BaseGeometry]:
    def built(parts: list[Any], remarks: list[Fault]) -> BaseGeometry:
        return gather([build(part, remarks) for part in parts])

    return built


_BUILDERS: dict[str, Callable[[list[Any], list[Fault]], BaseGeometry]] = {
    "Point": point,
    "LineString": line,
    "Polygon": polygon,
    "MultiPoint": _several(point, shapely.MultiPoint),
    "MultiLineString": _several(line, shapely.MultiLineString),
    "MultiPolygon": _several(polygon, shapely.MultiPolygon),
}
