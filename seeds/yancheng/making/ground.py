"""Measure in metres: one projection for the city, and the shapes drawn in it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
from shapely.geometry import Point, Polygon

FOLDER = Path(__file__).resolve().parents[1]
"""The scenario folder, which the layers are written to."""
RAW = FOLDER / "raw"
UTM, WGS84 = 32651, 4326

Row = dict[str, Any]
"""The columns of one feature, its ``geometry`` in metres (WGS 84 / UTM 51N)."""


def to_utm(shapes: Iterable[Any]) -> list[Any]:
    """Return shapes of longitude and latitude in metres."""
    return list(gpd.GeoSeries(shapes, crs=WGS84).to_crs(UTM))


def place(lon: float, lat: float) -> Point:
    """Return the point at a longitude and latitude [deg]."""
    return to_utm([Point(lon, lat)])[0]


def offset(point: Point, bearing_deg: float, metres: float) -> Point:
    """Return the point so far away on a bearing."""
    a = math.radians(bearing_deg)
    return Point(point.x + metres * math.sin(a), point.y + metres * math.cos(a))


def hexagon(x: float, y: float, side_m: float) -> Polygon:
    """Return the flat-topped hexagon round (x, y)."""
    angles = [math.radians(60 * k) for k in range(6)]
    return Polygon(
        [(x + side_m * math.cos(a), y + side_m * math.sin(a)) for a in angles]
    )


def turned(
    centre: Point, corners: Sequence[tuple[float, float]], angle_rad: float
) -> Polygon:
    """Return the polygon of corners given from a centre, turned about it."""
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    return Polygon(
        [
            (centre.x + x * cos - y * sin, centre.y + x * sin + y * cos)
            for x, y in corners
        ]
    )


def parts(shape: Any, kind: str) -> list[Any]:
    """Return the parts of a shape of a kind, ``Polygon`` or ``LineString``."""
    if shape.geom_type == kind:
        return [shape]
    return [part for g in getattr(shape, "geoms", []) for part in parts(g, kind)]


def largest(shape: Any) -> Polygon:
    """Return the largest polygon of a shape."""
    return max(parts(shape, "Polygon"), key=lambda polygon: polygon.area)
