"""Explain why a zone is served as it is, or why it is left out."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import shapely

from planner.basics.clock import DAY_S, Span
from planner.basics.physics import flight_time_s
from planner.checks.case import Case, case_of
from planner.checks.coverage import SEEN_SHARE, coverage
from planner.checks.verdict import Gauge
from planner.errors import Finding, InputError
from planner.flown.tracks import FlownRoute
from planner.flown.visits import longest_gaps
from planner.given.stamina import longest_sortie_s
from planner.given.winds import all_winds
from planner.messages import Language, say
from planner.plan import Plan, Sortie, Stop
from planner.scenario import Scenario, Station, Zone

NEAREST_STATIONS = 5
"""So many stations are told of where a zone is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstGap:
    """
    Where and when a zone waits longest.

    Parameters
    ----------
    lon, lat
        Where a drone starts its work on the target, WGS 84 [deg].
    gap_s, interval_s
        The longest time without a visit, and the revisit interval.
    begins
        Local time, ``HH:MM``, at which the gap begins.
    visits
        Completed visits in that window.
    """

    target: str
    lon: float
    lat: float
    gap_s: float
    interval_s: float
    begins: str
    visits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingRoute:
    """
    A route that stops for a zone.

    Parameters
    ----------
    first_takeoff
        Local time, ``HH:MM``; empty if it is never flown.
    targets
        How many of the zone's targets it stops at.
    flights_a_day
        Sorties in the horizon, by the day if that is longer.
    drones
        Those that fly it, by the roster.
    fixed
        Whether it is a fixed route of the scenario.
    ends_at
        Another station at which it lands; empty where it lands where it began.
    """

    route: str
    station: str
    headway_s: float
    first_takeoff: str
    layer_m: float
    targets: int
    flights_a_day: float
    drones: tuple[str, ...]
    fixed: bool = False
    ends_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearStation:
    """
    A station near a zone, and what it could do for it.

    Parameters
    ----------
    distance_m
        To the nearest place of the zone, as the crow flies.
    out_and_back_s
        At least this long is a flight to that place: climb to the floor, the
        straight way there and back in the wind, descent; infinite if the wind
        does not allow it.
    in_use
        Most of its drones on a sortie or in turnaround at once while the zone
        is active.
    """

    station: str
    name: str
    distance_m: float
    out_and_back_s: float
    usable_endurance_s: float
    drones: int
    in_use: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much more of a zone is seen than must be, as a ``share`` or in ``m``."""

    margin: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a zone is left out, and what would help, in the language asked for."""

    code: str
    reason: str
    remedy: str
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """
    What a plan does for one zone, and why no more.

    Parameters
    ----------
    windows
        When it is active within the horizon, local time, ``HH:MM-HH:MM``.
    targets
        Ids of its targets that a route stops at.
    worst_gap, coverage
        Known for a zone that is served.
    reason, stations
        Known for a zone that is left out; the nearest stations first.
    """

    zone: Zone
    windows: tuple[str, ...]
    served: bool
    targets: tuple[str, ...] = ()
    worst_gap: WorstGap | None = None
    coverage: Coverage | None = None
    routes: tuple[ServingRoute, ...] = ()
    reason: Reason | None = None
    stations: tuple[NearStation, ...] = ()
    language: Language = "en"

    @property
    def lines(self) -> tuple[str, ...]:
        """The explanation in sentences, most important first."""
        return tuple(_lines(self))

    def to_json(self) -> dict[str, Any]:
        """Return the explanation as plain values; what is infinite is None."""
        stations = [asdict(station) for station in self.stations]
        for station in stations:
            if not math.isfinite(station["out_and_back_s"]):
                station["out_and_back_s"] = None
        return {
            "zone": self.zone.id,
            "name": self.zone.name,
            "kind": self.zone.kind,
            "priority": self.zone.priority,
            "revisit_s": self.zone.revisit_s,
            "windows": list(self.windows),
            "served": self.served,
            "targets": list(self.targets),
            "worst_gap": asdict(self.worst_gap) if self.worst_gap else None,
            "coverage": asdict(self.coverage) if self.coverage else None,
            "routes": [
                {name: told for name, told in asdict(r).items() if name != "ends_at"}
                | ({"ends_at": r.ends_at} if r.ends_at else {})
                for r in self.routes
            ],
            "reason": asdict(self.reason) if self.reason else None,
            "stations": stations,
        }


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


def _lines(told: Explanation) -> Iterable[str]:
    """Yield the sentences of an explanation."""
    zone, language = told.zone, told.language

    def line(key: str, **values: Any) -> str:
        return say(f"explain.{key}", language, **values)

    if told.served:
        head = "served"
    elif told.reason:
        head = "unserved"
    else:
        head = "unaccounted"
    yield line(head, zone=zone.id, name=zone.name)
    yield line(
        "wanted",
        kind=say(f"explain.kind.{zone.kind}", language),
        priority=f"{zone.priority:g}",
        interval_min=_minutes(zone.revisit_s),
        active=", ".join(told.windows) or "-",
    )
    if told.reason:
        yield line("reason", reason=told.reason.reason)
        if told.reason.remedy:
            yield line("remedy", remedy=told.reason.remedy)
    if told.worst_gap:
        gap = told.worst_gap
        yield line(
            "gap",
            gap_min=_minutes(gap.gap_s),
            interval_min=_minutes(gap.interval_s),
            target=gap.target,
            lon=f"{gap.lon:.5f}",
            lat=f"{gap.lat:.5f}",
            begins=gap.begins,
        )
    if told.coverage and told.coverage.unit == "share":
        yield line(
            "coverage_share",
            seen=f"{100 * (SEEN_SHARE + told.coverage.margin):.2f}",
            wanted=f"{100 * SEEN_SHARE:g}",
        )
    elif told.coverage:
        yield line("coverage_m", margin_m=f"{told.coverage.margin:.1f}")
    if told.served:
        yield line("routes", targets=len(told.targets), routes=len(told.routes))
    for route in told.routes:
        yield line(
            _kind(route),
            route=route.route,
            ends_at=route.ends_at,
            station=route.station,
            headway_min=_minutes(route.headway_s),
            first=route.first_takeoff or "-",
            layer_m=f"{route.layer_m:g}",
            targets=route.targets,
            flights=f"{route.flights_a_day:g}",
            drones=", ".join(route.drones) or "-",
        )
    if told.stations:
        yield line("stations")
    for near in told.stations:
        reachable = math.isfinite(near.out_and_back_s)
        yield line(
            "station",
            station=near.station,
            name=near.name,
            distance_km=f"{near.distance_m / 1000:.1f}",
            needed_min=_minutes(near.out_and_back_s) if reachable else "∞",
            usable_min=_minutes(near.usable_endurance_s),
            drones=near.drones,
            in_use=near.in_use,
        )


def _kind(route: ServingRoute) -> str:
    """Return which line tells of a route."""
    if route.fixed:
        return "fixed_route"
    return "route_elsewhere" if route.ends_at else "route"


def _minutes(seconds: float) -> str:
    return f"{round(seconds / 60, 1):g}"
