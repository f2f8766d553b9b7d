"""Bring geometry to WGS 84 and to one form, or say what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, Literal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray
from planner.formats.datum import wgs84_of_bd09, wgs84_of_gcj02
from planner.formats.table import Fault

Wanted = Literal["point", "line", "area", "line or area", "point or area"]

DECIMALS = 9
"""Of a degree: a tenth of a millimetre."""

_LONLAT = ("OGC:CRS84", "OGC:CRS84H", "EPSG:4326", "EPSG:4979")
_PROJECTED_FROM = 1_000.0
"""Larger coordinates are metres, not degrees that are slightly wrong."""
_POLE_DEG = 84.0
_REASON = re.compile(r"(?P<what>[^\[]+)\[(?P<x>\S+) (?P<y>\S+)\]")


def in_wgs84(
    geometry: BaseGeometry, crs: str, datum: str, remarks: list[Fault]
) -> BaseGeometry:
    """
    Return a geometry in [lon, lat] WGS 84, flat, rounded and in normal form.

    The normal form does not depend on where a ring starts, which way it runs,
    or in which order parts come, so that one content has one form in all formats.

    Raises
    ------
    Fault
        If it lies nowhere on earth, or is no valid shape.
    """
    if geometry.is_empty:
        raise Fault("E-GEOM-EMPTY")
    flat = shapely.force_2d(geometry)
    if not np.isfinite(shapely.get_coordinates(flat)).all():
        raise Fault("E-GEOM-NONFINITE", found="NaN, inf")
    if crs in _LONLAT:
        _check_degrees(flat)
    else:
        flat = shapely.transform(flat, to_wgs84(crs))
        if not np.isfinite(shapely.get_coordinates(flat)).all():
            raise Fault("E-CRS-OUTSIDE", crs=crs)
    if datum == "GCJ-02":
        flat = shapely.transform(flat, wgs84_of_gcj02)
    elif datum == "BD-09":
        flat = shapely.transform(flat, wgs84_of_bd09)
    _check_place(flat, remarks)
    return shapely.normalize(_valid(_rounded(flat), remarks))


def fit(geometry: BaseGeometry, wanted: Wanted, remarks: list[Fault]) -> BaseGeometry:
    """
    Return a geometry as a type that is wanted; a collection is taken apart.

    Raises
    ------
    Fault
        If it is of another type.
    """
    parts = shapely.get_parts(geometry)
    while any(part.geom_type == "GeometryCollection" for part in parts):
        parts = shapely.get_parts(parts)
    if geometry.geom_type == "GeometryCollection":
        remarks.append(Fault("W-GEOM-COLLECTION", count=len(parts)))
    kinds = {part.geom_type for part in parts}
    if len(kinds) > 1:
        raise Fault("E-GEOM-MIXED", found=", ".join(sorted(kinds)))
    (kind,) = kinds
    if kind not in _ACCEPTED[wanted] or (kind == "Point" and len(parts) > 1):
        found = geometry.geom_type
        raise Fault("E-GEOM-KIND", found=found, wanted=" / ".join(_ACCEPTED[wanted]))
    if len(parts) == 1:
        return parts[0]
    gather = shapely.MultiPolygon if kind == "Polygon" else shapely.MultiLineString
    return gather(list(parts))


_ACCEPTED: dict[Wanted, tuple[str, ...]] = {
    "point": ("Point",),
    "line": ("LineString",),
    "area": ("Polygon",),
    "line or area": ("LineString", "Polygon"),
    "point or area": ("Point", "Polygon"),
}


@cache
def to_wgs84(crs: str) -> Callable[[FloatArray], FloatArray]:
    """
    Return the function from a reference system to [lon, lat], both shape (n, 2).

    Raises
    ------
    Fault
        If there is no such system.
    """
    if crs in _LONLAT:
        return lambda points: points
    from pyproj import CRS, Transformer
    from pyproj.exceptions import CRSError

    try:
        transformer = Transformer.from_crs(CRS(crs), "EPSG:4326", always_xy=True)
    except CRSError as error:
        raise Fault("E-CRS-UNKNOWN", crs=crs) from error

    def transform(points: FloatArray) -> FloatArray:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    return transform


def _check_degrees(geometry: BaseGeometry) -> None:
    """Refuse what cannot be [lon, lat], and say what it looks like."""
    points = np.abs(shapely.get_coordinates(geometry))
    wrong = (points[:, 0] > 180.0) | (points[:, 1] > 90.0)
    if not wrong.any():
        return
    x, y = shapely.get_coordinates(geometry)[np.argmax(wrong)]
    place: dict[str, Any] = {"x": float(x), "y": float(y)}
    if points.max() > _PROJECTED_FROM:
        raise Fault("E-CRS-METRES", **place)
    if points[:, 0].max() <= 90.0 and points[:, 1].max() <= 180.0:
        raise Fault("E-CRS-LATLON", **place)
    raise Fault("E-CRS-RANGE", **place)


def _check_place(geometry: BaseGeometry, remarks: list[Fault]) -> None:
    west, south, east, north = shapely.bounds(geometry)
    if max(abs(south), abs(north)) > _POLE_DEG:
        raise Fault("E-CRS-POLE", limit=_POLE_DEG)
    if east - west > 180.0:
        raise Fault("E-GEOM-ANTIMERIDIAN")
    if max(abs(west), abs(south), abs(east), abs(north)) < 0.01:
        remarks.append(Fault("W-CRS-NULL-ISLAND"))


def _rounded(geometry: BaseGeometry) -> BaseGeometry:
    return shapely.transform(geometry, lambda points: np.round(points, DECIMALS) + 0.0)


def _valid(geometry: BaseGeometry, remarks: list[Fault]) -> BaseGeometry:
    """Return a valid geometry, of a multipolygon whose parts meet their union."""
    if shapely.is_valid(geometry):
        return geometry
    areas = [p for p in shapely.get_parts(geometry) if p.geom_type == "Polygon"]
    if any(shapely.convex_hull(part).area == 0.0 for part in areas):
        raise Fault("E-GEOM-ZERO-AREA")
    if len(areas) > 1 and all(shapely.is_valid(part) for part in areas):
        union = _rounded(shapely.union_all(areas))
        if shapely.is_valid(union):
            remarks.append(Fault("W-GEOM-UNION", count=len(areas)))
            return union
    reason = _REASON.match(shapely.is_valid_reason(geometry))
    what = reason["what"] if reason else ""
    x, y = (float(reason["x"]), float(reason["y"])) if reason else (0.0, 0.0)
    if what.startswith("Hole lies outside"):
        raise Fault("E-GEOM-HOLE-OUTSIDE", x=x, y=y)
    raise Fault("E-GEOM-SELFX", x=x, y=y)
