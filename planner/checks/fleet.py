"""Fleet: drones, types and depots exist, and no drone is in two places."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise

import numpy as np

from planner.checks.case import TIME_TOLERANCE_S, Case
from planner.checks.crews import measure_crews
from planner.checks.places import look_at_places
from planner.checks.verdict import Gauge
from planner.flown.energies import rest_s
from planner.plan import Route, Sortie
from planner.response.rounds import next_round
from planner.response.standby import team_gaps
from planner.scenario import Station

_HOME_M = 1.0
_GROUND_M = 1e-6

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


def fleet(case: Case, gauge: Gauge) -> None:
    """Look at every route and every sortie, then at each drone's day."""
    stations = {s.id: s for s in case.scenario.stations}
    rests_s = {f.route.id: rest_s(case.scenario, f) for f in case.routes}
    models = {m.model for m in case.scenario.drone_models}
    routes = {r.id: r for r in case.plan.routes}
    for route in case.plan.routes:
        _look_at_route(case, route, stations, models, gauge)
    _look_at_ends(case, gauge)
    flown: set[tuple[str, int]] = set()
    days: dict[str, list[Sortie]] = defaultdict(list)
    for sortie in case.plan.roster:
        days[sortie.drone].append(sortie)
        where = f"{sortie.drone} {sortie.route} {case.clock(sortie.takeoff_s)}"
        known = routes.get(sortie.route)
        if known is None:
            gauge.fault("fleet.route", where, sortie.route, "-")
            continue
        _look_at_drone(case, sortie, where, known, stations, gauge)
        _look_at_times(sortie, where, known, rests_s.get(known.id, 0.0), gauge)
        count = round((sortie.takeoff_s - known.phase_s) / known.headway_s)
        if (known.id, count) in flown:
            gauge.fault("fleet.twice", where, 2, 1)
        flown.add((known.id, count))
    for drone, sorties in days.items():
        sorties.sort(key=lambda s: s.takeoff_s)
        for before, after in pairwise(sorties):
            spare_s = after.takeoff_s - before.ready_s
            gauge.measure(
                "fleet.ready",
                f"{drone} {case.clock(after.takeoff_s)}",
                after.takeoff_s,
                before.ready_s,
                spare_s,
                "s",
                tolerance=TIME_TOLERANCE_S,
            )
    look_at_places(case, days, gauge)
    _measure_seam(case, gauge)
    measure_crews(case, gauge)
    if case.scenario.rules.team_ready:
        _look_at_teams(case, gauge)


def _look_at_teams(case: Case, gauge: Gauge) -> None:
    """Measure whether each response team always has charged drones of its own."""
    for gap in team_gaps(case.scenario, case.plan):
        at = "" if gap.since_s is None else f" {case.clock(gap.since_s)}"
        gauge.measure(
            "fleet.team",
            f"{gap.team.id}{at}",
            gap.fewest,
            gap.wanted,
            gap.fewest - gap.wanted,
            "drones",
        )


def _measure_seam(case: Case, gauge: Gauge) -> None:
    """Measure whether drones are ready where the horizon begins anew."""
    ready_s: dict[str, float] = {}
    for sortie in case.plan.roster:
        ready_s[sortie.drone] = max(ready_s.get(sortie.drone, 0.0), sortie.ready_s)
    for sortie in next_round(case.scenario, case.plan):
        before_s = ready_s.pop(sortie.drone, None)
        if before_s is not None:
            gauge.measure(
                "fleet.seam",
                f"{sortie.drone} {case.clock(sortie.takeoff_s)}",
                sortie.takeoff_s,
                before_s,
                sortie.takeoff_s - before_s,
                "s",
                tolerance=TIME_TOLERANCE_S,
            )


def _look_at_route(
    case: Case,
    route: Route,
    stations: dict[str, Station],
    models: set[str],
    gauge: Gauge,
) -> None:
    """Look whether a route has its stations, its drone type, and a sound clock."""
    depot = stations.get(route.depot)
    if depot is None:
        gauge.fault("fleet.depot", route.id, route.depot, "-")
    elif route.drone_model != depot.model:
        gauge.fault("fleet.model", route.id, route.drone_model, depot.model)
    elif route.drone_model not in models:
        gauge.fault("fleet.model", route.id, route.drone_model, "-")
    if route.lands_at != route.depot:
        if route.lands_at not in stations:
            gauge.fault("fleet.depot", route.id, route.lands_at, "-")
        elif not case.scenario.rules.land_elsewhere:
            gauge.fault("fleet.elsewhere", route.id, route.lands_at, route.depot)
    if not 0 <= route.phase_s < route.headway_s:
        gauge.fault("fleet.phase", route.id, route.phase_s, route.headway_s)


def _look_at_ends(case: Case, gauge: Gauge) -> None:
    """Look whether routes begin and end at their stations, and land nowhere else."""
    for flown in case.routes:
        homes = np.array([(s.point.x, s.point.y) for s in flown.stations])
        off = flown.xy[:, None] - homes
        away_m = np.hypot(off[..., 0], off[..., 1])
        nearest_m = away_m.min(axis=1)
        nearest_m[0], nearest_m[-1] = away_m[0, 0], away_m[-1, -1]
        grounded = flown.z - min(flown.grounds_m) <= _GROUND_M
        grounded[[0, -1]] = True
        far = float(nearest_m[grounded].max())
        if far > _HOME_M:
            gauge.fault("fleet.home", flown.route.id, far, _HOME_M)
        for height, ground_m in zip(flown.z[[0, -1]], flown.grounds_m, strict=True):
            if abs(height - ground_m) > _GROUND_M:
                gauge.fault("fleet.ground", flown.route.id, float(height), ground_m)


def _look_at_drone(
    case: Case,
    sortie: Sortie,
    where: str,
    route: Route,
    stations: dict[str, Station],
    gauge: Gauge,
) -> None:
    """Look whether the drone exists, is not in reserve, and is of the route's type."""
    station_id, _, number = sortie.drone.rpartition("-")
    depot = stations.get(station_id)
    if depot is None or not _NUMBER.fullmatch(number):
        gauge.fault("fleet.drone", where, sortie.drone, "STATION-n")
        return
    if depot.model != route.drone_model and station_id != route.depot:
        gauge.fault("fleet.type", where, depot.model, route.drone_model)
    rostered = depot.drones - case.scenario.rules.reserve_drones
    if int(number) > rostered:
        gauge.fault("fleet.reserve", where, int(number), rostered)


def _look_at_times(
    sortie: Sortie, where: str, route: Route, rest_s: float, gauge: Gauge
) -> None:
    """Look whether a sortie is on its route's clock and its drone gets its rest."""
    since_s = sortie.takeoff_s - route.phase_s
    on_clock_s = route.phase_s + round(since_s / route.headway_s) * route.headway_s
    if abs(sortie.takeoff_s - on_clock_s) > TIME_TOLERANCE_S:
        gauge.fault("fleet.clock", where, sortie.takeoff_s, on_clock_s)
    landing_s = sortie.takeoff_s + route.duration_s
    if abs(sortie.landing_s - landing_s) > TIME_TOLERANCE_S:
        gauge.fault("fleet.landing", where, sortie.landing_s, landing_s)
    ready_s = max(sortie.landing_s, landing_s) + rest_s
    if sortie.ready_s < ready_s - TIME_TOLERANCE_S:
        gauge.fault("fleet.turnaround", where, sortie.ready_s, ready_s)
