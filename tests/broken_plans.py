"""Break the tiny plan in one place, for every way there is to break a rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from plans import (
    PROJECTION,
    SWEEP,
    Task,
    drawn,
    tiny_plan,
    tiny_scenario,
    told,
    watch,
    with_route,
    with_sortie,
)

from planner.checks import check
from planner.plan import Plan, Route
from planner.scenario import Scenario

SCENARIO = tiny_scenario()
PLAN = tiny_plan()


def rules_broken(plan: Plan, scenario: Scenario = SCENARIO) -> set[str]:
    """Return the names of the rules that a plan breaks."""
    return {violation.rule for violation in check(scenario, plan)}


def codes(plan: Plan, scenario: Scenario = SCENARIO) -> set[str]:
    """Return what exactly a plan breaks."""
    return {violation.code for violation in check(scenario, plan)}


def route(route_id: str, **changes: object) -> Route:
    """Return a route of the tiny plan, changed."""
    return replace(PLAN.route(route_id), **changes)  # type: ignore[arg-type]


def stop_of(of: Route, index: int, **changes: object) -> Route:
    """Return a route with one stop changed."""
    stops = list(of.stops)
    stops[index] = replace(stops[index], **changes)  # type: ignore[arg-type]
    return replace(of, stops=tuple(stops))


def flown(*routes: Route) -> Plan:
    """Return the tiny plan with some routes replaced, its numbers following."""
    plan = PLAN
    for changed in routes:
        plan = with_route(plan, changed)
    return told(SCENARIO, plan)


def with_times(of: Route, vertex: int, by_s: float) -> Route:
    """Return a route that reaches a vertex and all later ones sooner or later."""
    times = tuple(t + by_s * (i >= vertex) for i, t in enumerate(of.t_s))
    after = of.t_s[vertex]
    return replace(
        of,
        t_s=times,
        duration_s=times[-1],
        load=(times[-1] + 600.0) / of.headway_s,
        stops=tuple(
            replace(
                s,
                enter_s=s.enter_s + by_s * (s.enter_s >= after),
                exit_s=s.exit_s + by_s * (s.exit_s >= after),
            )
            for s in of.stops
        ),
    )


def moved(of: Route, vertex: int, dx_m: float, dy_m: float) -> Route:
    """Return a route with one vertex moved."""
    path = list(of.path)
    xy = PROJECTION.to_xy(np.array(path)[:, :2])[vertex] + [dx_m, dy_m]
    lon, lat = PROJECTION.to_lonlat(xy)[0]
    path[vertex] = (float(lon), float(lat), path[vertex][2])
    return replace(of, path=tuple(path))


def raised(of: Route, vertex: int, by_m: float) -> Route:
    """Return a route with one vertex higher up."""
    path = list(of.path)
    path[vertex] = (*path[vertex][:2], path[vertex][2] + by_m)
    return replace(of, path=tuple(path))


def a1(*, layer_m: float = 60.0, phase_s: float = 120.0, x: float = 1000.0) -> Route:
    """Return route A1 with another layer, phase or viewpoint."""
    return drawn("A1", "A", layer_m, 1800.0, phase_s, a1_tasks(x))


def b2(*, layer_m: float = 90.0, phase_s: float = 1200.0) -> Route:
    """Return route B2 with another layer or phase."""
    task = watch(["W4"], "T-W4", (3000, -130), 120)
    return drawn("B2", "B", layer_m, 1800.0, phase_s, [task])


def a1_tasks(x: float = 1000.0) -> list[Task]:
    """Return what route A1 does."""
    return [watch(["W1"], "T-W1", (x, 300)), watch(["W2"], "T-W2", (2000, -200))]


BROKEN: dict[str, Callable[[], Plan]] = {
    # coverage
    "coverage.area": lambda: flown(a1(x=760.0)),
    "coverage.line": lambda: flown(
        stop_of(PLAN.route("B1"), 0, exit_s=PLAN.route("B1").stops[0].exit_s - 6)
    ),
    # revisit
    "revisit.gap": lambda: flown(a1(phase_s=450.0)),
    "revisit.visited": lambda: told(
        SCENARIO,
        replace(PLAN, roster=tuple(s for s in PLAN.roster if s.route != "A2")),
    ),
    "revisit.horizon": lambda: told(
        SCENARIO,
        with_sortie(
            replace(PLAN, roster=(PLAN.roster[0], *PLAN.roster)),
            0,
            takeoff_s=-1680.0,
            landing_s=-1680.0 + PLAN.route("A1").duration_s,
            ready_s=0.0,
        ),
    ),
    # motion
    "motion.speed": lambda: flown(with_times(PLAN.route("A1"), 4, -1.0)),
    "motion.dwell": lambda: flown(with_times(PLAN.route("A1"), 3, -1.0)),
    "motion.turn": lambda: flown(with_times(PLAN.route("A2"), 4, -1.0)),
    "motion.load": lambda: flown(route("A1", load=0.1)),
    "motion.duration": lambda: flown(
        route("A1", t_s=(*PLAN.route("A1").t_s[:-1], PLAN.route("A1").t_s[-1] + 5))
    ),
    "motion.start": lambda: flown(
        route("A1", t_s=(0.5, *PLAN.route("A1").t_s[1:])),
    ),
    "motion.stop": lambda: flown(
        replace(PLAN.route("B1"), stops=PLAN.route("B1").stops[::-1])
    ),
    # airspace
    "airspace.layer.slope": lambda: flown(raised(PLAN.route("A1"), 3, 0.01)),
    "airspace.layer": lambda: flown(route("A1", layer_m=75.0)),
    "airspace.floor": lambda: flown(a1(layer_m=55.0)),
    "airspace.ceiling": lambda: flown(drawn("A2", "A", 125.0, 1800.0, 700.0, [SWEEP])),
    "airspace.clearance": lambda: flown(
        drawn("A1", "A", 105.0, 1800.0, 120.0, a1_tasks()),
    ),
    # fleet
    "fleet.turnaround": lambda: told(
        SCENARIO, with_sortie(PLAN, 0, ready_s=PLAN.roster[0].ready_s - 1)
    ),
    "fleet.drone": lambda: told(SCENARIO, with_sortie(PLAN, 0, drone="A-x")),
    "fleet.reserve": lambda: told(SCENARIO, with_sortie(PLAN, 0, drone="A-4")),
    "fleet.station": lambda: told(SCENARIO, with_sortie(PLAN, 0, drone="B-3")),
    "fleet.landing": lambda: told(
        SCENARIO, with_sortie(PLAN, 0, landing_s=PLAN.roster[0].landing_s - 5)
    ),
    "fleet.phase": lambda: told(
        SCENARIO,
        replace(flown(), routes=(route("A1", phase_s=1920.0), *PLAN.routes[1:])),
    ),
    # pads
    "pads.spacing": lambda: flown(b2(phase_s=1035.0)),
    # separation
    "separation.distance": lambda: flown(b2(layer_m=75.0)),
    # accounts
    "accounts.number": lambda: replace(
        PLAN, metrics={**PLAN.metrics, "flight_hours": 2.5}
    ),
    "accounts.proof": lambda: replace(PLAN, certificate={"bound": 3}),
    "accounts.once": lambda: told(
        SCENARIO,
        flown(stop_of(PLAN.route("A1"), 0, zones=("W1", "W3"))),
    ),
    "accounts.zone": lambda: flown(
        stop_of(PLAN.route("A1"), 0, zones=("W1", "W9")),
    ),
    # provenance
    "provenance.copy": lambda: replace(
        PLAN, stations=({**PLAN.stations[0], "drones": 9}, *PLAN.stations[1:])
    ),
    "provenance.copy.missing": lambda: replace(PLAN, drone_models=()),
    "provenance.digest": lambda: replace(
        PLAN, provenance={**PLAN.provenance, "scenario_digest": "e" * 64}
    ),
}
"""A plan for each way to break a rule, and that rule alone."""
