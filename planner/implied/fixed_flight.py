"""Fly a fixed route on paper: its path with times, and what keeps it from a height."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely

from planner.basics.geometry import FloatArray
from planner.basics.physics import flight_time_s
from planner.draft import DraftRoute
from planner.given.fixed import FixedRoute
from planner.given.stamina import turnaround_after_s
from planner.implied.aloft import closures_aloft, privacy_aloft
from planner.implied.winds import all_winds, calm_layers_m, strongest_mps
from planner.scenario import Scenario

_MARGIN_M = 0.01
"""More than what rounding coordinates in a plan's file may move a path by."""

_NO_LENGTH_M = 1e-3

ROUNDING_S = 0.002
"""What rounding in a plan's file may add to each leg."""

Barrier = tuple[str, dict[str, Any]]
"""Code of the finding that tells of it, and its figures."""


class Barriers:
    """What keeps paths from heights: closures, privacy zones, columns, ground, wind."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._closures = closures_aloft(scenario)
        self._tree = shapely.STRtree([c.geometry for c in self._closures])
        self._private = privacy_aloft(scenario)

    def open_heights_m(
        self, route: FixedRoute, path: shapely.LineString
    ) -> tuple[float, ...]:
        """Return the heights at which a route may be flown [m]."""
        return tuple(
            height_m
            for height_m in self.wanted_heights_m(route)
            if not any(self.at(route, path, height_m))
        )

    def wanted_heights_m(self, route: FixedRoute) -> tuple[float, ...]:
        """Return the heights to choose from: all layers, or its own [m]."""
        if route.layer_m is None:
            return calm_layers_m(self._scenario)
        return (route.layer_m,)

    def at(
        self, route: FixedRoute, path: shapely.LineString, height_m: float
    ) -> Iterator[Barrier]:
        """Yield what keeps a route from a height above the reference level."""
        scenario, rules = self._scenario, self._scenario.rules
        low_m = high_m = 0.0
        if scenario.terrain is not None:
            low_m, high_m = scenario.terrain.near(path)
        if not high_m + rules.floor_m <= height_m <= low_m + rules.ceiling_m:
            limits = {"floor": rules.floor_m, "ceiling": rules.ceiling_m}
            yield "E-FIXED-HEIGHT", {"height": height_m, **limits}
        for number in np.sort(
            self._tree.query(path, "dwithin", rules.clearance_m + _MARGIN_M)
        ):
            closure = self._closures[number]
            if closure.lower_m <= height_m <= closure.upper_m:
                apart_m = float(shapely.distance(path, closure.geometry))
                yield (
                    "E-FIXED-CLOSED",
                    {
                        "airspace": closure.id,
                        "height": height_m,
                        "distance": round(apart_m, 1),
                        "clearance": rules.clearance_m,
                    },
                )
        for private in self._private:
            if height_m < private.upper_m and path.intersects(private.geometry):
                figures = {"height": height_m, "upper": private.upper_m}
                yield "E-FIXED-PRIVATE", {"airspace": private.id, **figures}
        for station in scenario.stations:
            apart_m = float(shapely.distance(path, station.point))
            if station.id != route.depot and apart_m < rules.column_radius_m:
                figures = {"distance": round(apart_m, 1)}
                yield (
                    "E-FIXED-COLUMN",
                    {"station": station.id, **figures, "radius": rules.column_radius_m},
                )
        limit_mps = scenario.model(scenario.station(route.depot).model).wind_limit_mps
        wind_mps = strongest_mps(scenario.wind, height_m)
        if limit_mps is not None and wind_mps > limit_mps:
            figures = {"wind": wind_mps, "limit": limit_mps}
            yield "E-FIXED-GUSTS", {"height": height_m, **figures}


def fixed_drafts(
    scenario: Scenario, routes: Sequence[FixedRoute]
) -> tuple[DraftRoute, ...]:
    """Return fixed routes as drafts without stops, at the heights open to them."""
    barriers = Barriers(scenario)
    drafts = []
    for route in routes:
        xy, t_s = fixed_path(scenario, route)
        model = scenario.model(scenario.station(route.depot).model)
        descent_s = scenario.rules.ceiling_m / model.descent_mps
        drafts.append(
            DraftRoute(
                id=route.id,
                depot=route.depot,
                drone_model=model.model,
                headway_s=route.headway_s,
                xy=xy,
                t_s=t_s,
                duration_s=float(t_s[-1] + _whole_ms(np.array([descent_s]))[0]),
                stops=(),
                layers_m=barriers.open_heights_m(route, shapely.LineString(xy)),
                is_fixed=True,
                phase_s=route.phase_s(scenario.horizon),
            )
        )
    return tuple(drafts)


def fixed_path(scenario: Scenario, route: FixedRoute) -> tuple[FloatArray, FloatArray]:
    """
    Return the level path of a fixed route with its times.

    From the end of the climb over its station to the start of the descent there, every
    leg at the airspeed of its drones in the slowest wind that may blow, with its holds.

    Returns
    -------
    xy
        Vertices [m], shape (n, 2); one that is repeated is a stay.
    t_s
        Seconds from take-off, shape (n,); infinite from where the wind is too strong.
    """
    station = scenario.station(route.depot)
    model = scenario.model(station.model)
    home = [[station.point.x, station.point.y]]
    beyond, stays_s = route.beyond(station.point)
    places = np.vstack([home, beyond, home])
    holds_s = np.array([0.0, *stays_s, 0.0])
    far = np.append(True, np.hypot(*np.diff(places, axis=0).T) > _NO_LENGTH_M)
    # Who is told a place twice is there once, and stays for both.
    holds_s = np.add.reduceat(holds_s, np.flatnonzero(far))
    places = places[far]
    east_m, north_m = np.diff(places, axis=0).T
    winds = all_winds(scenario)
    legs_s = _whole_ms(flight_time_s(east_m, north_m, model.airspeed_mps, winds))
    climb_s = scenario.rules.ceiling_m / model.climb_mps
    arrive_s = np.cumsum(np.append(_whole_ms(np.array([climb_s])), legs_s))
    stays_s = _whole_ms(holds_s)
    arrive_s += np.append(0.0, np.cumsum(stays_s[:-1]))
    t_s = np.column_stack([arrive_s, arrive_s + stays_s]).ravel().round(3)
    # A stay is a vertex more.
    kept = np.column_stack([stays_s >= 0, stays_s > 0]).ravel()
    return np.repeat(places, 2, axis=0)[kept], t_s[kept]


def load(scenario: Scenario, draft: DraftRoute) -> float:
    """Return the drones that a route occupies on average."""
    rest_s = turnaround_after_s(
        scenario.model(draft.drone_model), draft.duration_s, scenario.rules.ceiling_m
    )
    return (draft.duration_s + rest_s) / draft.headway_s


def held_drones(scenario: Scenario, drafts: Sequence[DraftRoute]) -> dict[str, float]:
    """Return the drones that routes occupy on average, by station."""
    held: dict[str, float] = {}
    for draft in drafts:
        held[draft.depot] = held.get(draft.depot, 0.0) + load(scenario, draft)
    return held


def _whole_ms(seconds: FloatArray) -> FloatArray:
    whole: FloatArray = np.ceil(np.asarray(seconds) * 1000 - 1e-6) / 1000
    return whole
