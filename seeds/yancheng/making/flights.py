"""Time a flight in the drone model of the load estimate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from shapely.geometry import Point

from making.ground import Row

AIRSPEED_MPS = 12.0
# usable minutes of a flight, minutes to charge or swap
SORTIE_MIN, TURNAROUND_MIN = 30.0, 25.0
SWATH_M, OVERLAP = 110.0, 0.20
VIEW_RADIUS_M, DWELL_S = 300.0, 20.0
TURN_S = 6.0
"""Lost at each end of a lane."""
DETOUR = 1.10
"""Flown over straight-line distance."""

Stop = tuple[Any, float]
"""A shape, and the minutes of work on it."""


def work_min(zone: Row) -> float:
    """Return the minutes in the air over a zone for one visit."""
    shape = zone["geometry"]
    if zone["kind"] == "line":
        return along_min(shape)
    if zone["kind"] == "sweep":
        lane_m, area_m2 = SWATH_M * (1 - OVERLAP), shape.area
        turns_s = TURN_S * math.sqrt(area_m2) / lane_m
        return (area_m2 / lane_m / AIRSPEED_MPS + turns_s) / 60
    # Discs packed in hexagons; the rim needs about three more than the area says.
    seen_m2 = 3 * math.sqrt(3) / 2 * VIEW_RADIUS_M**2
    views = max(1, math.ceil(shape.area / seen_m2 - 0.05))
    views += 3 if views > 1 else 0
    hops_s = (views - 1) * math.sqrt(3) * VIEW_RADIUS_M / AIRSPEED_MPS
    return (views * DWELL_S + hops_s) / 60


def along_min(line: Any) -> float:
    """Return the minutes along a line."""
    return line.length / AIRSPEED_MPS / 60


def route_min(stops: Sequence[Stop], station: Point) -> float:
    """Return the minutes of one flight; 1 of them for climb and landing."""
    total, here = 1.0, station
    for shape, work in stops:
        total += _hop_min(here, shape) + work
        if shape.geom_type == "LineString":
            # Entered at the near end, left at the far end.
            ends = shape.boundary.geoms
            total += 0.5 * _hop_min(ends[0], ends[-1])
        elif here is not station:
            # Neighbouring polygons touch, their viewpoints do not.
            total += 0.7
        here = shape
    return total + _hop_min(here, station)


def _hop_min(a: Any, b: Any) -> float:
    """Return the minutes between shapes; from or to a post their centroids count."""
    if "Point" in (a.geom_type, b.geom_type):
        a, b = (g.centroid if g.geom_type == "Polygon" else g for g in (a, b))
    return a.distance(b) * DETOUR / AIRSPEED_MPS / 60
