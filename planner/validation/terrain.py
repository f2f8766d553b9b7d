"""Find what contradicts itself in the height of the ground."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from planner.errors import Finding
from planner.implied.aloft import ground_m, open_between
from planner.scenario import Scenario
from planner.validation.ground import finding

STEP_M = 10.0
"""A station this much lower or higher than all round it stands in a slip of data."""

_RING = 3
"""How far off that is looked at [squares]."""

_WHOLE = 1 - 1e-9


def coverage(scenario: Scenario) -> Iterator[Finding]:
    """Stations and zones stand on ground of known height, and nearly all between."""
    terrain = scenario.terrain
    if terrain is None:
        return
    for station in scenario.stations:
        if np.isnan(ground_m(scenario, station)):
            yield finding("E-TERRAIN-STATION", "stations", station.id)
    for zone in scenario.zones:
        known = terrain.known_share(zone.geometry)
        if known < _WHOLE:
            percent = round(100 * (1 - known), 1)
            yield finding("E-TERRAIN-ZONE", "zones", zone.id, percent=percent)
    shapes = [s.point for s in scenario.stations] + [z.geometry for z in scenario.zones]
    area = shapely.box(*shapely.total_bounds(shapes))
    known = terrain.known_share(area)
    if known < _WHOLE:
        yield finding("W-TERRAIN-GAP", "terrain", percent=round(100 * (1 - known), 1))


def steps(scenario: Scenario) -> Iterator[Finding]:
    """No station stands in a hole of the data, or on a spike."""
    terrain = scenario.terrain
    if terrain is None:
        return
    turns = np.arange(16) * (np.pi / 8)
    ring = _RING * terrain.square_m * np.column_stack([np.cos(turns), np.sin(turns)])
    for station in scenario.stations:
        x, y = station.point.x, station.point.y
        low_m, high_m = terrain.at(ring + np.array([x, y]))
        stands_m = ground_m(scenario, station)
        known = ~np.isnan(high_m)
        if not known.any():
            continue
        depth_m = float(low_m[known].min()) - stands_m
        height_m = stands_m - float(high_m[known].max())
        if max(depth_m, height_m) > STEP_M:
            code = "W-TERRAIN-HOLE" if depth_m > height_m else "W-TERRAIN-SPIKE"
            metres = round(max(depth_m, height_m), 1)
            yield finding(code, "stations", station.id, metres=metres)


def relief(scenario: Scenario) -> Iterator[Finding]:
    """There is a layer over every station, and one for routes from hill to valley."""
    terrain, rules = scenario.terrain, scenario.rules
    if terrain is None or rules.floor_m > rules.ceiling_m:
        return
    room_m = rules.ceiling_m - rules.floor_m
    for station in scenario.stations:
        layers, stands_m = open_between(scenario, terrain, station.point)
        if not layers and np.isfinite(stands_m):
            yield finding(
                "E-TERRAIN-LAYER",
                "stations",
                station.id,
                ground=stands_m,
                room=room_m,
                step=rules.separation_vertical_m,
            )
    low_m, high_m = terrain.relief_m
    if high_m - low_m > room_m:
        yield finding(
            "W-TERRAIN-RELIEF",
            "terrain",
            relief=round(high_m - low_m),
            room=round(room_m),
        )
