"""
Read the fences of a QGroundControl plan as airspace.

``inclusion`` is whether a fence keeps drones in or out, not whether it is switched on;
a fence that does not say keeps in, as in QGroundControl itself. Coordinates are
latitude first, and borders are not closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from planner.formats.circles import circle
from planner.formats.columns import number
from planner.formats.geojson import Position, polygon
from planner.formats.table import Fault, Feature, Layer

AROUND_DEG = 10.0
"""What is closed round a fence that keeps in: as far as a scenario may reach."""

_FARTHEST = shapely.box(-180.0, -84.0, 180.0, 84.0)


def is_qgc_plan(content: Any) -> bool:
    """Whether a JSON value is a plan of QGroundControl."""
    return isinstance(content, dict) and content.get("fileType") == "Plan"


def read_fences(content: Mapping[str, Any], remarks: tuple[Fault, ...]) -> Layer:
    """
    Return what the fences close, at all heights.

    Each fence that keeps out is closed. Of fences that keep in, all that lies in none
    of them is closed, in one row ``keep-in``; PX4 takes several so.

    Raises
    ------
    Fault
        If there is no fence in the plan.
    """
    fences = content.get("geoFence")
    fences = fences if isinstance(fences, dict) else {}
    features: list[Feature] = []
    inside: list[BaseGeometry] = []
    row = 0
    for kind, key in (("polygon", "polygons"), ("circle", "circles")):
        listed = fences.get(key)
        for index, fence in enumerate(listed if isinstance(listed, list) else [], 1):
            row += 1
            told: list[Fault] = []
            geometry: BaseGeometry | Fault
            try:
                geometry = _shape(fence, kind, told)
            except Fault as fault:
                geometry = fault
            is_shape = not isinstance(geometry, Fault)
            if is_shape and fence.get("inclusion", True):
                inside.append(geometry)
                continue
            name = f"keep-out-{kind}-{index}"
            values = {"id": name, "name": name, "restriction": "PROHIBITED"}
            features.append(
                Feature(row=row, values=values, geometry=geometry, remarks=tuple(told))
            )
    if not row:
        raise Fault("E-FENCE-NONE")
    if inside:
        told = [Fault("W-FENCE-SEVERAL", count=len(inside))] if len(inside) > 1 else []
        values = {"id": "keep-in", "name": "keep-in", "restriction": "PROHIBITED"}
        outside = _outside(inside)
        features.append(
            Feature(row=row, values=values, geometry=outside, remarks=tuple(told))
        )
    return Layer(
        columns=("id", "name", "restriction"),
        features=tuple(features),
        crs="OGC:CRS84",
        datum="WGS84",
        remarks=remarks,
    )


def _shape(fence: Any, kind: str, remarks: list[Fault]) -> BaseGeometry:
    if not isinstance(fence, dict):
        raise Fault("E-GEOM-TYPE", found=str(fence)[:40])
    if kind == "circle":
        about = fence.get("circle")
        if not isinstance(about, dict):
            raise Fault("E-GEOM-TYPE", found=str(about)[:40])
        radius_m = number("radius", about.get("radius"), 0.0, 1_000_000.0)
        keeps_in = bool(fence.get("inclusion", True))
        return circle(_turned(about.get("center")), radius_m, within=keeps_in)
    path = fence.get("polygon")
    if not isinstance(path, list) or not path:
        raise Fault("E-GEOM-EMPTY")
    ring = [_turned(position) for position in path]
    area = polygon([[*ring, ring[0]]], remarks)
    if not shapely.is_valid(area):
        x, y = ring[0]
        raise Fault("E-GEOM-SELFX", x=x, y=y)
    return area


def _turned(position: Any) -> Position:
    """Return longitude and latitude of a position that has latitude first."""
    if not isinstance(position, list) or len(position) < 2:
        raise Fault("E-GEOM-COORDS", found=str(position)[:40])
    lat, lon = (number("position", part, -180.0, 180.0) for part in position[:2])
    if abs(lat) > 90.0:
        raise Fault("E-CRS-LATLON", x=lon, y=lat)
    return lon, lat


def _outside(inside: list[BaseGeometry]) -> BaseGeometry:
    """Return all that lies round some areas and in none of them."""
    west, south, east, north = shapely.total_bounds(inside)
    box = shapely.box(
        west - AROUND_DEG, south - AROUND_DEG, east + AROUND_DEG, north + AROUND_DEG
    )
    return box.intersection(_FARTHEST).difference(shapely.union_all(inside))
