"""Make small flights at random, as the judges see them: no file, no projection."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from plans import MODEL, tiny_scenario
from shapely.geometry import Point

from planner.basics.geometry import FloatArray
from planner.checks.case import Case
from planner.flown.tracks import FlownRoute
from planner.plan import Plan, Route
from planner.scenario import Station

SCENARIO = tiny_scenario()
RULES = SCENARIO.rules
CASE = Case(
    given=SCENARIO,
    scenario=SCENARIO,
    plan=Plan(horizon={}, stations=(), drone_models=(), routes=(), roster=()),
    routes=(),
    flown=(),
    gaps=[],
)
HEIGHTS_M = (60.0, 70.0, 75.0, 90.0)


def made_case(routes: tuple[FlownRoute, ...]) -> Case:
    """Return what the rules look at, of some routes."""
    return replace(CASE, flown=routes, routes=routes)


def made_routes(
    rng: np.random.Generator,
    *,
    count: int = 3,
    vertices: int = 5,
    stations: int = 2,
    side_m: float = 500.0,
    within_s: float = 600.0,
) -> tuple[FlownRoute, ...]:
    """
    Return routes that fly up and down and to and fro in a small square.

    Each has a station of its own, or shares one, and one to three take-offs.
    """
    routes = []
    for k in range(count):
        place = rng.uniform(0, side_m, (vertices, 2))
        rests = rng.random(vertices - 1) < 0.2
        for n in np.flatnonzero(rests):
            place[n + 1] = place[n]
        height = np.full(vertices, rng.choice(HEIGHTS_M))
        if rng.random() < 0.4:
            height[rng.integers(vertices)] = rng.choice(HEIGHTS_M)
        length = np.hypot(*np.diff(place, axis=0).T)
        took_s = np.maximum(length / rng.uniform(5, 15), 5.0)
        takeoffs = rng.uniform(0, within_s, rng.integers(1, 4))
        station = Station(
            id=f"S{k % stations}",
            name="",
            point=Point(*(rng.uniform(-900, -400, 2))),
            drones=9,
            pads=9,
            model=MODEL.model,
        )
        routes.append(
            FlownRoute(
                route=bare_route(f"R{k}", station.id, float(height[0])),
                station=station,
                model=MODEL,
                xy=place,
                z=height,
                t=np.concatenate([[0.0], np.cumsum(took_s)]),
                takeoffs=np.sort(np.round(takeoffs, 3)),
            )
        )
    return tuple(routes)


def bare_route(name: str, depot: str, layer_m: float, **changes: Any) -> Route:
    """Return a route of which only the name counts."""
    return Route(
        id=name,
        depot=depot,
        drone_model=MODEL.model,
        layer_m=layer_m,
        headway_s=1800.0,
        phase_s=0.0,
        duration_s=1000.0,
        load=1.0,
        path=(),
        t_s=(),
        stops=(),
        **changes,
    )


def at_times(flown: FlownRoute, times_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return places and heights at times from take-off."""
    return flown.at(times_s), np.interp(times_s, flown.t, flown.z)
