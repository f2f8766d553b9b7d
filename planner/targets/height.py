"""Say how high over uneven ground a target is flown."""

from __future__ import annotations

from shapely.geometry.base import BaseGeometry

from planner.basics.physics import swath_at
from planner.implied.aloft import layers_m, open_between
from planner.scenario import Scenario, Zone
from planner.targets.sight import flying_models


def sweep_heights_m(scenario: Scenario, zone: Zone) -> tuple[float, float]:
    """
    Return from how high a sweep sees all of a zone, and its highest ground [m].

    From 100 m, or as high as the highest layer that is open over the whole zone is over
    its highest ground: less where the ground is steep, and no less than the floor.
    """
    if scenario.terrain is None:
        return 100.0, 0.0
    layers, highest_m = open_between(scenario, scenario.terrain, zone.geometry)
    over_m = max((h - highest_m for h in layers), default=0.0)
    return min(100.0, max(over_m, scenario.rules.floor_m)), highest_m


def fit_over_ground(
    scenario: Scenario, path: BaseGeometry, heights_m: tuple[float, ...]
) -> tuple[float, ...]:
    """Return the layers from which a path is at one of some heights, or higher."""
    if scenario.terrain is None or not heights_m:
        return heights_m
    widest_m = max(m.swath_m for m in flying_models(scenario))
    seen = path.buffer(swath_at(widest_m, scenario.rules.ceiling_m) / 2)
    _, highest_m = scenario.terrain.near(seen)
    return tuple(h for h in layers_m(scenario) if h >= highest_m + min(heights_m))
