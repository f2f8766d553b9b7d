"""Explain why a zone is served as it is, or why it is left out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import shapely

from planner.basics.clock import DAY_S, Span
from planner.basics.physics import flight_time_s
from planner.checks.case import Case, case_of
from planner.checks.coverage import coverage
from planner.checks.verdict import Gauge
from planner.errors import Finding, InputError
from planner.flown.tracks import FlownRoute
from planner.flown.visits import longest_gaps
from planner.given.stamina import longest_sortie_s
from planner.implied.winds import all_winds
from planner.insight.explanation import (
    Coverage,
    Explanation,
    NearStation,
    Reason,
    ServingRoute,
    WorstGap,
)
from planner.messages import Language
from planner.plan import Plan, Sortie, Stop
from planner.scenario import Scenario, Station, Zone

NEAREST_STATIONS = 5
"""So many stations are told of where a zone is left out."""


def explain(
    scenario: Scenario, plan: Plan, zone_id: str, language: Language = "en"
) -> Explanation:
    """
    Explain what a plan does for a zone, from the scenario and the plan alone.

    Raises
    ------
    InputError
        If the scenario has no such zone; the finding names those most like it.

    Examples
    --------
    >>> import planner, seeds
    >>> scenario = planner.read_scenario(seeds.path("by-hand"))
    >>> plan = planner.plan_routes(scenario, budget=planner.Budget(iterations=1))
    >>> explanation = explain(scenario, plan, scenario.zones[0].id)
    >>> explanation.served, len(explanation.routes)
    (True, 1)
    """
    case = case_of(scenario, plan)
    zone = _zone(case.scenario, zone_id)
    told = Explanation(
        zone=zone,
        windows=tuple(
            "-".join(_clock(case, edge) for edge in span)
            for span in case.scenario.hours(zone)
        ),
        served=False,
        language=language,
    )
    left_out = [entry for entry in plan.unserved if entry.zone == zone_id]
    stops = [
        (flown, stop)
        for flown in case.flown
        for stop in flown.route.stops
        if zone_id in stop.zones
    ]
    if stops and not left_out:
        return replace(
            told,
            served=True,
            targets=tuple(sorted({stop.target for _, stop in stops})),
            worst_gap=_worst_gap(case, zone, stops),
            coverage=_coverage(case, zone),
            routes=_routes(case, stops),
        )
    reason = None
    if left_out:
        entry = left_out[0]
        words, remedy = entry.texts(language)
        reason = Reason(
            code=entry.code, reason=words, remedy=remedy, figures=dict(entry.figures)
        )
    return replace(told, reason=reason, stations=_near_stations(case, zone))


def _zone(scenario: Scenario, zone_id: str) -> Zone:
    known = {zone.id: zone for zone in scenario.zones}
    if zone_id in known:
        return known[zone_id]
    near = difflib.get_close_matches(zone_id, known, n=3, cutoff=0.5)
    near = near or [z.id for z in scenario.zones if zone_id and zone_id in z.name][:3]
    values = {"zone": zone_id, "near": ", ".join(near or list(known)[:3])}
    raise InputError([Finding(code="E-ZONE-UNKNOWN", file="zones", values=values)])


def _clock(case: Case, seconds: float) -> str:
    return case.scenario.horizon.moment(seconds)


def _worst_gap(
    case: Case, zone: Zone, stops: Sequence[tuple[FlownRoute, Stop]]
) -> WorstGap | None:
    """Return the longest gap; None for a zone that is never active."""
    targets = {stop.target for _, stop in stops}
    visiting = [
        flown
        for flown in case.flown
        if any(stop.target in targets for stop in flown.route.stops)
    ]
    gaps = [g for g in longest_gaps(case.scenario, visiting) if g.zone == zone.id]
    if not gaps:
        return None
    worst = max(gaps, key=lambda gap: gap.gap_s)
    flown, stop = next(pair for pair in stops if pair[1].target == worst.target)
    place = flown.at(np.array([stop.enter_s]))
    lon, lat = case.scenario.projection.to_lonlat(place)[0]
    return WorstGap(
        target=worst.target,
        lon=round(float(lon), 6),
        lat=round(float(lat), 6),
        gap_s=round(worst.gap_s, 3),
        interval_s=worst.interval_s,
        begins=_clock(case, worst.at_s),
        visits=worst.visits,
    )


def _coverage(case: Case, zone: Zone) -> Coverage | None:
    """Measure the rule of coverage on one zone alone."""
    gauge = Gauge("coverage")
    coverage(replace(case, scenario=replace(case.scenario, zones=(zone,))), gauge)
    result = gauge.result()
    if result.worst_margin is None:
        return None
    return Coverage(margin=result.worst_margin, unit=result.unit)


def _routes(
    case: Case, stops: Sequence[tuple[FlownRoute, Stop]]
) -> tuple[ServingRoute, ...]:
    days = max(case.scenario.horizon.length_s / DAY_S, 1.0)
    told = []
    for flown in {flown.route.id: flown for flown, _ in stops}.values():
        route, takeoffs = flown.route, flown.takeoffs
        mine = {stop.target for other, stop in stops if other is flown}
        drones = {s.drone for s in case.plan.roster if s.route == route.id}
        told.append(
            ServingRoute(
                route=route.id,
                station=route.depot,
                ends_at=route.ends_at,
                headway_s=route.headway_s,
                first_takeoff=_clock(case, takeoffs[0]) if len(takeoffs) else "",
                layer_m=route.layer_m,
                targets=len(mine),
                flights_a_day=round(len(takeoffs) / days, 1),
                drones=tuple(sorted(drones, key=_by_number)),
                fixed=route.fixed,
            )
        )
    return tuple(sorted(told, key=lambda route: route.route))


def _by_number(drone: str) -> tuple[str, int, str]:
    """Put S-2 before S-10."""
    station, _, number = drone.rpartition("-")
    return station, int(number) if number.isdecimal() else 0, number


def _near_stations(case: Case, zone: Zone) -> tuple[NearStation, ...]:
    scenario = case.scenario
    away = {s.id: s.point.distance(zone.geometry) for s in scenario.stations}
    nearest = sorted(scenario.stations, key=lambda s: (away[s.id], s.id))
    windows = scenario.hours(zone)
    return tuple(
        NearStation(
            station=station.id,
            name=station.name,
            distance_m=round(away[station.id], 1),
            out_and_back_s=round(_out_and_back_s(scenario, station, zone), 1),
            usable_endurance_s=longest_sortie_s(
                scenario.model(station.model), scenario.rules.ceiling_m
            ),
            drones=station.drones,
            in_use=_most_at_once(_sorties_of(case.plan, station), windows),
        )
        for station in nearest[:NEAREST_STATIONS]
    )


def _out_and_back_s(scenario: Scenario, station: Station, zone: Zone) -> float:
    model, floor_m = scenario.model(station.model), scenario.rules.floor_m
    there = shapely.shortest_line(station.point, zone.geometry).coords
    dx, dy = there[-1][0] - there[0][0], there[-1][1] - there[0][1]
    level = flight_time_s([dx, -dx], [dy, -dy], model.airspeed_mps, all_winds(scenario))
    return float(level.sum()) + floor_m / model.climb_mps + floor_m / model.descent_mps


def _sorties_of(plan: Plan, station: Station) -> list[Sortie]:
    return [s for s in plan.roster if s.drone.rpartition("-")[0] == station.id]


def _most_at_once(sorties: Iterable[Sortie], windows: Sequence[Span]) -> int:
    """Return the most drones busy at one moment of the windows."""
    most = 0
    for low, high in windows:
        busy = [s for s in sorties if s.takeoff_s < high and s.ready_s > low]
        for moment in [low, *(s.takeoff_s for s in busy if s.takeoff_s > low)]:
            now = sum(s.takeoff_s <= moment < s.ready_s for s in busy)
            most = max(most, now)
    return most
