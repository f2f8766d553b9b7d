"""Make a plan that looks like a real one, without planning: for the pages' tests."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace

import numpy as np
import shapely

from planner.basics.clock import clock_text
from planner.plan import Plan, Route, Sortie, Stop, Unserved
from planner.scenario import Scenario, Station, Zone

SPEED_MPS, CLIMB_MPS, DESCENT_MPS = 12.0, 5.0, 3.0
REACH_M = 9_000.0
LONGEST_S = 1_740.0

XY = list[tuple[float, float]]


def made_plan(scenario: Scenario) -> Plan:
    """Loop from each station through the zones nearest to it, hour after hour."""
    groups: dict[tuple[str, float], list[Zone]] = defaultdict(list)
    unserved = []
    for zone in scenario.zones:
        station = min(scenario.stations, key=lambda s: s.point.distance(zone.geometry))
        away_m = station.point.distance(zone.geometry)
        if away_m > REACH_M:
            needs = math.ceil((2 * away_m / SPEED_MPS + 60) / 60)
            unserved.append(
                Unserved(
                    zone=zone.id,
                    code="out_of_reach",
                    reason=f"Out of reach: {needs} min needed, 30 min usable.",
                    figures={"station": station.id, "needed_min": needs},
                    remedy="Place a station nearer by.",
                )
            )
        else:
            groups[station.id, zone.revisit_s].append(zone)
    routes = [
        route
        for (station, revisit_s), zones in sorted(groups.items())
        for route in _routes(scenario, scenario.station(station), revisit_s, zones)
    ]
    routes = [
        _named(route, f"{route.depot}-R{n:02d}") for n, route in enumerate(routes, 1)
    ]
    roster = _roster(scenario, routes)
    return Plan(
        horizon={
            "start": scenario.horizon.start,
            "seconds": scenario.horizon.length_s,
        },
        stations=tuple({"id": s.id, "drones": s.drones} for s in scenario.stations),
        drone_models=tuple(
            {"model": m.model, "usable_endurance_s": m.usable_endurance_s}
            for m in scenario.drone_models
        ),
        routes=tuple(routes),
        roster=tuple(roster),
        unserved=tuple(unserved),
        metrics=_metrics(scenario, routes, roster, unserved),
        provenance={
            "scenario_digest": scenario.digest,
            "engine": "made by hand",
            "seed": 1,
        },
    )


def _routes(
    scenario: Scenario, station: Station, revisit_s: float, zones: list[Zone]
) -> list[Route]:
    """Fill sorties with zones in the order of their bearing."""
    home = (station.point.x, station.point.y)

    def bearing(zone: Zone) -> float:
        at = zone.geometry.centroid
        return math.atan2(at.y - home[1], at.x - home[0])

    routes: list[Route] = []
    waiting: list[Zone] = []
    for zone in [*sorted(zones, key=bearing), None]:
        tried = [*waiting, zone] if zone else waiting
        if zone and _flown(station, tried)[2] <= LONGEST_S:
            waiting = tried
            continue
        if waiting:
            routes.append(_route(scenario, station, revisit_s, waiting, len(routes)))
        waiting = [zone] if zone else []
    return routes


def _path(zone: Zone) -> XY:
    shape = zone.geometry
    if zone.kind == "line":
        part = max(shapely.get_parts(shape), key=lambda p: p.length)
        return [(x, y) for x, y in part.coords]
    at = shape.centroid
    if zone.kind == "watch":
        ring = [
            (at.x + 300 * math.cos(a), at.y + 300 * math.sin(a))
            for a in np.linspace(0, 2 * math.pi, 6, endpoint=False)
        ]
        return [(at.x, at.y), *ring]
    left, low, right, high = shape.bounds
    rows = np.arange(low + 44, min(high, low + 900), 88.0)
    lanes: XY = []
    for i, y in enumerate(rows):
        ends = [(left + 40, y), (min(right - 40, left + 900), y)]
        lanes += ends if i % 2 == 0 else ends[::-1]
    return lanes or [(at.x, at.y)]


def _flown(
    station: Station, zones: list[Zone], layer_m: float = 90.0
) -> tuple[list[tuple[float, float, float]], list[float], float, list[Stop]]:
    home = (station.point.x, station.point.y)
    place, t = home, layer_m / CLIMB_MPS
    path = [(*home, 0.0), (*home, layer_m)]
    times = [0.0, t]
    stops = []
    for zone in zones:
        enter = None
        for x, y in _path(zone):
            t += math.dist(place, (x, y)) / SPEED_MPS
            place = (x, y)
            path.append((x, y, layer_m))
            times.append(t)
            enter = t if enter is None else enter
            if zone.kind == "watch":
                t += 20
                path.append((x, y, layer_m))
                times.append(t)
        stops.append(
            Stop(
                zones=(zone.id,),
                target=f"{zone.id}.1",
                kind=zone.kind,
                enter_s=enter or t,
                exit_s=t,
            )
        )
    t += math.dist(place, home) / SPEED_MPS
    path.append((*home, layer_m))
    times.append(t)
    t += layer_m / DESCENT_MPS
    path.append((*home, 0.0))
    times.append(t)
    return path, times, t, stops


def _route(
    scenario: Scenario, station: Station, headway_s: float, zones: list[Zone], n: int
) -> Route:
    layer_m = 60.0 + 15 * (n % 5)
    path, times, duration_s, stops = _flown(station, zones, layer_m)
    lonlat = scenario.projection.to_lonlat(np.array([p[:2] for p in path]))
    return Route(
        id="",
        depot=station.id,
        drone_model=station.model,
        layer_m=layer_m,
        headway_s=headway_s,
        phase_s=(n * 420.0) % headway_s,
        duration_s=duration_s,
        load=(duration_s + 1500) / headway_s,
        path=tuple(
            (float(a), float(b), p[2]) for (a, b), p in zip(lonlat, path, strict=True)
        ),
        t_s=tuple(times),
        stops=tuple(stops),
    )


def in_turn(plan: Plan, name: str) -> Plan:
    """
    Return a plan in which every second flight of a route is one of another route.

    The other is named ``NAME-B`` and leaves the last stop out.
    """
    route = plan.route(name)
    slower = replace(route, headway_s=2 * route.headway_s)
    other = replace(
        slower,
        id=f"{name}-B",
        phase_s=route.phase_s + route.headway_s,
        stops=route.stops[:-1],
    )
    roster = tuple(
        replace(s, route=other.id)
        if s.route == name
        and round((s.takeoff_s - route.phase_s) / route.headway_s) % 2
        else s
        for s in plan.roster
    )
    others = tuple(r for r in plan.routes if r.id != name)
    return replace(plan, routes=(other, *others, slower), roster=roster)


def _named(route: Route, name: str) -> Route:
    return replace(route, id=name)


def _roster(scenario: Scenario, routes: list[Route]) -> list[Sortie]:
    """Give each take-off to the first drone of its station that is free."""
    takeoffs = sorted(
        (t, r.id, r)
        for r in routes
        for t in np.arange(r.phase_s, scenario.horizon.length_s - 2000, r.headway_s)
    )
    free = {s.id: [0.0] * s.drones for s in scenario.stations}
    roster = []
    for t, _, route in takeoffs:
        drones = free[route.depot]
        n = min(range(len(drones)), key=lambda i: (drones[i] > t, i))
        if drones[n] > t:
            continue
        landing_s = float(t) + route.duration_s
        drones[n] = landing_s + 1500
        roster.append(
            Sortie(
                drone=f"{route.depot}-{n + 1}",
                route=route.id,
                takeoff_s=float(t),
                landing_s=landing_s,
                ready_s=drones[n],
            )
        )
    return roster


def _clock(scenario: Scenario, t_s: float) -> str:
    return clock_text(scenario.horizon.start_clock_s + t_s)


def _metrics(
    scenario: Scenario,
    routes: list[Route],
    roster: list[Sortie],
    unserved: list[Unserved],
) -> dict[str, object]:
    out = {u.zone for u in unserved}
    low, high = scenario.busiest_period()
    total = sum(s.drones for s in scenario.stations)
    used = {s.drone for s in roster}
    peak = {s.drone for s in roster if s.takeoff_s <= high and s.ready_s >= low}
    return {
        "zones": len(scenario.zones),
        "zones_served": len(scenario.zones) - len(out),
        "priority": sum(z.priority for z in scenario.zones),
        "priority_served": sum(z.priority for z in scenario.zones if z.id not in out),
        "drones": total,
        "drones_used": len(used),
        "drones_ready": total - len(used),
        "drones_peak": len(peak),
        "drones_peak_period": f"{_clock(scenario, low)}-{_clock(scenario, high)}",
        "routes": len(routes),
        "sorties": len(roster),
        "flight_hours": sum(s.landing_s - s.takeoff_s for s in roster) / 3600,
        "worst_idleness_ratio": 0.998,
        "mean_idleness_ratio": 0.52,
        "min_landing_reserve_s": 1800 - max(r.duration_s for r in routes),
        "layers_used": len({r.layer_m for r in routes}),
        "privacy_exposure_s": 412.0,
    }
