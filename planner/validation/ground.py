"""Find what contradicts itself on the ground: distances, overlaps, closures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely

from planner.basics.geometry import FloatArray
from planner.errors import Finding
from planner.given.drone import DroneModel
from planner.given.stamina import longest_flight_s
from planner.scenario import Airspace, Scenario, Zone

EDGE_M = 0.01
"""A station on the edge of closed airspace, to this, is inside."""

SMALL_SHARE = 0.01
"""Of a zone: less is rounding of borders, not a loss or an overlap."""

WIDEST_M = 300_000.0
"""Beyond this one local projection stretches times by more than 0.03 %."""

NARROW_M = 2.0
"""Area over half the perimeter; narrower is a slip of the pen."""


def finding(code: str, file: str, feature: str = "", /, **values: Any) -> Finding:
    """Return a finding; ``file`` is the name of a layer."""
    return Finding(code=code, file=file, feature=feature, values=values)


def extent(scenario: Scenario) -> Iterator[Finding]:
    """All lies within one region, and every station has work in reach."""
    places = [station.point for station in scenario.stations]
    areas = [zone.geometry for zone in scenario.zones]
    west, south, east, north = shapely.total_bounds([*places, *areas])
    width_m = max(east - west, north - south)
    if width_m > WIDEST_M:
        yield finding(
            "W-CRS-WIDE", "", width_km=round(width_m / 1000), limit_km=WIDEST_M / 1000
        )
    distances = _distances(scenario)
    models = {model.model: model for model in scenario.drone_models}
    reaches = np.array(
        [
            _reach_m(models[s.model]) if s.model in models else 0
            for s in scenario.stations
        ]
    )
    for station, row, reach_m in zip(
        scenario.stations, distances, reaches, strict=True
    ):
        nearest = int(np.argmin(row))
        if row[nearest] > reach_m > 0:
            yield finding(
                "W-STATION-FAR",
                "stations",
                station.id,
                zone=scenario.zones[nearest].id,
                km=_km(row[nearest]),
                reach_km=_km(reach_m),
            )
    beyond = distances - reaches[:, None]
    for index, zone in enumerate(scenario.zones):
        best = int(np.argmin(beyond[:, index]))
        if beyond[best, index] > 0:
            yield finding(
                "W-ZONE-FAR",
                "zones",
                zone.id,
                station=scenario.stations[best].id,
                km=_km(distances[best, index]),
                reach_km=_km(reaches[best]),
            )


def neighbours(scenario: Scenario) -> Iterator[Finding]:
    """Stations stand apart, so that each has a column of its own."""
    apart_m = 2 * scenario.rules.column_radius_m
    points = [station.point for station in scenario.stations]
    tree = shapely.STRtree(points)
    for a, b in zip(*tree.query(points, "dwithin", apart_m), strict=True):
        distance_m = points[a].distance(points[b])
        if a < b and distance_m < apart_m:
            yield finding(
                "W-STATION-CLOSE",
                "stations",
                scenario.stations[b].id,
                other=scenario.stations[a].id,
                distance=round(distance_m, 1),
                wanted=apart_m,
            )


def shapes(scenario: Scenario) -> Iterator[Finding]:
    """Zones have an extent worth a flight."""
    for zone in scenario.zones:
        narrow = zone.kind != "line" and (
            2 * zone.geometry.area < NARROW_M * zone.geometry.length / 2
        )
        if narrow or zone.geometry.length < NARROW_M:
            size = zone.geometry.area or zone.geometry.length
            yield finding("W-GEOM-SLIVER", "zones", zone.id, size=round(size, 2))


def overlaps(scenario: Scenario) -> Iterator[Finding]:
    """No ground is asked for twice in the same way at the same time."""
    geometries = np.array([zone.geometry for zone in scenario.zones], dtype=object)
    first, second = shapely.STRtree(geometries).query(geometries, "intersects")
    once = first < second
    first, second = first[once], second[once]
    alike = np.array(
        [
            _asks_alike(scenario.zones[a], scenario.zones[b])
            for a, b in zip(first, second, strict=True)
        ],
        dtype=bool,
    )
    first, second = first[alike], second[alike]
    common = shapely.intersection(geometries[first], geometries[second])
    for a, b, shape in zip(first, second, common, strict=True):
        one, two = scenario.zones[a], scenario.zones[b]
        smaller = min(_size(one), _size(two))
        share = (shape.length if one.kind == "line" else shape.area) / smaller
        if one.geometry.equals(two.geometry):
            yield finding("E-ZONE-DUP", "zones", two.id, other=one.id)
        elif share > SMALL_SHARE:
            yield finding(
                "W-ZONE-OVERLAP",
                "zones",
                two.id,
                other=one.id,
                percent=round(100 * share),
            )


def airspace(scenario: Scenario) -> Iterator[Finding]:
    """Restricted airspace says when it holds; there is some near any city."""
    if not scenario.airspace:
        yield finding("W-AIRSPACE-NONE", "airspace")
    for area in scenario.airspace:
        if (
            area.restriction == "CONDITIONAL"
            and not area.is_privacy
            and area.schedule is None
        ):
            yield finding("W-AIRSPACE-ALWAYS", "airspace", area.id)


def closed_stations(scenario: Scenario) -> Iterator[Finding]:
    """No station stands where its drones may not take off."""
    for station in scenario.stations:
        if station.id in scenario.rules.station_waivers:
            continue
        for area in scenario.closures():
            if area.lower_m > scenario.rules.floor_m:
                continue  # a drone stays below it until it is clear
            distance_m = area.geometry.distance(station.point)
            inside = distance_m <= EDGE_M
            if not inside and distance_m >= scenario.rules.clearance_m - EDGE_M:
                continue
            values = {
                "area": area.id,
                "distance": round(distance_m, 1),
                "clearance": scenario.rules.clearance_m,
            }
            if area.schedule is None:
                yield finding("E-STATION-NFZ", "stations", station.id, **values)
            elif scenario.horizon.windows(area.schedule):
                yield finding("W-STATION-HOURS", "stations", station.id, **values)


def idle_airspace(scenario: Scenario) -> Iterator[Finding]:
    """Airspace with dates in its schedule holds on a day of the plan."""
    for area in scenario.airspace:
        if area.schedule == ():
            yield finding("W-SCHEDULE-NEVER", "airspace", area.id)


def closed_zones(scenario: Scenario) -> Iterator[Finding]:
    """Zones lie where drones may fly; what does not will be left out."""
    layers = scenario.rules.layers_m
    shut = [
        area for area in scenario.closures() if _always(area) and _shuts(area, layers)
    ]
    if not shut or not layers:
        return
    closed = shapely.union_all([area.geometry for area in shut])
    tree = shapely.STRtree([area.geometry for area in shut])
    for zone in scenario.zones:
        inside = shapely.intersection(zone.geometry, closed)
        part = inside.length if zone.kind == "line" else inside.area
        share = part / _size(zone)
        if share <= SMALL_SHARE:
            continue
        areas = ", ".join(
            sorted(shut[i].id for i in tree.query(zone.geometry, "intersects"))
        )
        if share >= 1 - SMALL_SHARE:
            yield finding("W-ZONE-CLOSED", "zones", zone.id, areas=areas)
        else:
            yield finding(
                "W-ZONE-PARTLY-CLOSED",
                "zones",
                zone.id,
                areas=areas,
                percent=round(100 * share),
            )


def _reach_m(model: DroneModel) -> float:
    """Return how far off a drone may look and still come back: wind only shortens."""
    flight_m = model.airspeed_mps * longest_flight_s(model) / 2
    return flight_m + model.view_radius_m


def _distances(scenario: Scenario) -> FloatArray:
    """Return the distance [m] of each station (row) to each zone (column)."""
    points = np.array([station.point for station in scenario.stations], dtype=object)
    zones = np.array([zone.geometry for zone in scenario.zones], dtype=object)
    return np.asarray(shapely.distance(points[:, None], zones[None, :]), dtype=float)


def _asks_alike(one: Zone, two: Zone) -> bool:
    return (one.kind, one.active, one.weekly) == (two.kind, two.active, two.weekly)


def _size(zone: Zone) -> float:
    size = zone.geometry.length if zone.kind == "line" else zone.geometry.area
    return float(size) or 1.0


def _always(area: Airspace) -> bool:
    return area.schedule is None


def _shuts(area: Airspace, layers_m: Sequence[float]) -> bool:
    """Whether an area leaves no layer open."""
    return all(area.lower_m <= height <= area.upper_m for height in layers_m)


def _km(metres: float) -> float:
    return round(float(metres) / 1000, 1)
