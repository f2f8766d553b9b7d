"""
Say at which heights above the reference level one may fly over the ground there is.

Rules, airspace and buildings have heights above ground, a plan's are above one
reference level. Over flat ground, or where no terrain is given, both are the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.basics.terrain import Terrain
from planner.scenario import Airspace, Building, Scenario, Station


def layers_m(scenario: Scenario) -> tuple[float, ...]:
    """
    Return the heights of all layers [m].

    From the floor over the lowest ground of stations and zones up to the ceiling over
    the highest; the floor over the reference level is one of them.
    """
    rules, terrain = scenario.rules, scenario.terrain
    if terrain is None:
        return rules.layers_m
    (low_m, high_m), step_m = terrain.relief_m, rules.separation_vertical_m
    first = math.ceil(low_m / step_m)
    last = math.floor((high_m + rules.ceiling_m - rules.floor_m) / step_m)
    return tuple(rules.floor_m + step_m * k for k in range(first, last + 1))


def ground_m(scenario: Scenario, station: Station) -> float:
    """Return the height at which a station's drones stand [m]."""
    if scenario.terrain is None:
        return 0.0
    _, highest_m = scenario.terrain.at(shapely.get_coordinates(station.point))
    return float(highest_m[0])


def closures_aloft(scenario: Scenario) -> tuple[Airspace, ...]:
    """
    Return what is closed to flight, with limits above the reference level.

    A limit above ground counts from the lowest ground, an upper one from the highest,
    under it. Buildings are closed where they reach what is flown near them: that may
    be lower than they stand.
    """
    terrain = scenario.terrain
    if terrain is None:
        return scenario.closures()
    areas = replace(scenario, buildings=()).closures()
    return (
        *(_raised(terrain, area) for area in areas),
        *_buildings(scenario, terrain),
    )


def privacy_aloft(scenario: Scenario) -> tuple[Airspace, ...]:
    """Return the privacy zones, with limits above the reference level."""
    areas, terrain = scenario.privacy_zones(), scenario.terrain
    return areas if terrain is None else tuple(_raised(terrain, a) for a in areas)


def standing_on(terrain: Terrain | None, building: Building) -> float:
    """Return the height of a building's roof above the reference level [m]."""
    if terrain is None:
        return building.height_m
    return building.height_m + _known(terrain, building.geometry)[1]


def open_between(
    scenario: Scenario, terrain: Terrain, shape: BaseGeometry
) -> tuple[tuple[float, ...], float]:
    """Return the layers open over all ground that a shape touches, and its highest."""
    rules = scenario.rules
    low_m, high_m = _known(terrain, shape)
    lowest_m, highest_m = high_m + rules.floor_m, low_m + rules.ceiling_m
    layers = tuple(h for h in layers_m(scenario) if lowest_m <= h <= highest_m)
    return layers, high_m


def _raised(terrain: Terrain, area: Airspace) -> Airspace:
    """Return airspace with limits above the reference level."""
    low_m, high_m = terrain.near(area.geometry)
    if math.isnan(high_m):
        low_m, high_m = -math.inf, math.inf  # who knows
    lower_m = low_m + area.lower_m if area.lower_m > 0 else -math.inf
    return replace(area, lower_m=lower_m, upper_m=high_m + area.upper_m)


def _buildings(scenario: Scenario, terrain: Terrain) -> Iterator[Airspace]:
    """Yield the buildings that reach what is flown within the clearance of them."""
    rules = scenario.rules
    above_m = rules.separation_vertical_m
    steepest_m = float(np.ptp(terrain.highest_m[~np.isnan(terrain.highest_m)]))
    for building in scenario.buildings:
        if building.height_m + above_m + steepest_m < rules.floor_m:
            continue
        upper_m = standing_on(terrain, building) + above_m
        near_m, _ = _known(terrain, building.geometry.buffer(rules.clearance_m))
        if upper_m >= near_m + rules.floor_m:
            yield Airspace(
                id=building.id,
                name=building.id,
                restriction="PROHIBITED",
                geometry=building.geometry,
                lower_m=-math.inf,
                upper_m=upper_m,
                reason="BUILDING",
            )


def _known(terrain: Terrain, shape: BaseGeometry) -> tuple[float, float]:
    """Return lowest and highest ground near a shape; unbounded where none is known."""
    low_m, high_m = terrain.near(shape)
    return (-math.inf, math.inf) if math.isnan(high_m) else (low_m, high_m)
