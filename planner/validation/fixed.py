"""Find what keeps fixed routes from being flown as they were drawn."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import shapely

from planner.errors import Finding
from planner.given.fixed import FixedRoute
from planner.given.stamina import longest_sortie_s
from planner.implied.fixed_flight import ROUNDING_S, Barriers, fixed_path
from planner.scenario import Scenario, Station
from planner.validation.ground import finding

AWAY_M = 300.0
"""The ends of a fixed route are at most this far from its station [m]."""

_FARTHEST_KM = 20_000.0


def _based(scenario: Scenario) -> Iterator[tuple[FixedRoute, Station]]:
    """Yield the fixed routes of stations that there are, with drones of a type."""
    stations = {station.id: station for station in scenario.stations}
    models = {model.model for model in scenario.drone_models}
    for route in scenario.fixed:
        station = stations.get(route.depot)
        if station is not None and station.model in models:
            yield route, station


def _flying(scenario: Scenario) -> Iterator[tuple[FixedRoute, Station]]:
    """Yield those of them that lead somewhere."""
    for route, station in _based(scenario):
        if len(route.beyond(station.point)[0]):
            yield route, station


def models(scenario: Scenario) -> Iterator[Finding]:
    """Every fixed route is flown by drones that its station has."""
    for route, station in _based(scenario):
        if station.drones <= scenario.rules.reserve_drones:
            yield finding("E-FIXED-DRONES", "routes", route.id, station=station.id)
        if route.drone_model not in ("", station.model):
            yield finding(
                "E-FIXED-MODEL",
                "routes",
                route.id,
                model=route.drone_model,
                station=station.id,
                has=station.model,
            )


def ends(scenario: Scenario) -> Iterator[Finding]:
    """Every fixed route begins and ends near its station."""
    for route, station in _based(scenario):
        if not len(route.beyond(station.point)[0]):
            yield finding("E-FIXED-NOWHERE", "routes", route.id, station=station.id)
        home = (station.point.x, station.point.y)
        away_m = float(np.hypot(*(route.xy[[0, -1]] - home).T).max())
        if away_m > AWAY_M:
            yield finding(
                "E-FIXED-AWAY",
                "routes",
                route.id,
                station=station.id,
                away_km=min(round(away_m / 1000, 1), _FARTHEST_KM),
                limit=AWAY_M,
            )


def clocks(scenario: Scenario) -> Iterator[Finding]:
    """Every fixed route is flown in the horizon, and goes on where that repeats."""
    horizon = scenario.horizon
    for route in scenario.fixed:
        figures = {"headway": route.headway_s, "hours": horizon.length_s / 3600}
        if horizon.repeats and horizon.length_s % route.headway_s:
            longest_min = horizon.headway_s(route.headway_s) / 60
            yield finding(
                "E-FIXED-REPEATS",
                "routes",
                route.id,
                longest_min=round(longest_min, 1),
                **figures,
            )
        elif route.headway_s > horizon.length_s:
            yield finding("E-FIXED-SELDOM", "routes", route.id, **figures)


def flights(scenario: Scenario) -> Iterator[Finding]:
    """Every fixed route keeps within battery, headway and airspace."""
    if not scenario.fixed:
        return
    barriers = Barriers(scenario)
    for route, station in _flying(scenario):
        xy, t_s = fixed_path(scenario, route)
        model = scenario.model(station.model)
        ceiling_m = scenario.rules.ceiling_m
        duration_s = float(t_s[-1]) + ceiling_m / model.descent_mps
        duration_s += ROUNDING_S * len(t_s)
        if not math.isfinite(duration_s):
            yield finding("E-FIXED-WIND", "routes", route.id, model=model.model)
        else:
            minutes = math.ceil(duration_s / 6) / 10
            longest_s = longest_sortie_s(model, ceiling_m)
            if duration_s > longest_s:
                yield finding(
                    "E-FIXED-LONG",
                    "routes",
                    route.id,
                    minutes=minutes,
                    model=model.model,
                    allowed=math.floor(longest_s / 6) / 10,
                )
            spacing_s = scenario.rules.launch_spacing_s
            if duration_s + spacing_s > route.headway_s:
                yield finding(
                    "E-FIXED-HEADWAY",
                    "routes",
                    route.id,
                    headway=round(route.headway_s / 60, 1),
                    minutes=minutes,
                    spacing=spacing_s,
                )
        path = shapely.LineString(xy)
        heights = barriers.wanted_heights_m(route)
        if heights and not barriers.open_heights_m(route, path):
            for code, figures in barriers.at(route, path, heights[0]):
                yield finding(code, "routes", route.id, **figures)
