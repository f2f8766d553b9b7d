"""Turn a scenario and a plan into the plain data that the map's scripts read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from maps.colours import station_colours
from maps.compact import pack, pack_path, pack_shape
from maps.facts import (
    Clock,
    busy_drones,
    clock_of,
    district_rows,
    landing_reserves_s,
    peak_period,
)
from maps.response_section import response_cells
from maps.turns import turns
from maps.words import rule_name
from planner.messages import LANGUAGES, Language, catalogue
from planner.plan import Plan, Route
from planner.scenario import Airspace, Scenario, Zone

if TYPE_CHECKING:
    from planner.checks.verdict import Verdict

LABEL_CLEARANCE_M = 6_000.0
"""From a station's mark, at a scale that shows a whole city."""


def payload(
    scenario: Scenario, plan: Plan | None, verdict: Verdict | None, language: Language
) -> dict[str, Any]:
    """Return everything the map shows, as plain values; ids become positions."""
    clock = clock_of(scenario, plan)
    lonlat = scenario.projection
    return {
        "language": language,
        "text": {k: v for k, v in catalogue().items() if k.startswith("map.")},
        "name": scenario.name,
        "attribution": scenario.attribution,
        "clock": {
            "start": clock.start,
            "start_clock_s": clock.start_clock_s,
            "length_s": clock.length_s,
            "weekday": clock.weekday,
            "timezone": scenario.timezone,
        },
        "floor_m": scenario.rules.floor_m,
        "ceiling_m": scenario.rules.ceiling_m,
        "boundary": [pack_shape(g, lonlat) for g in scenario.boundary],
        "water": [
            {"area": g.area > 0, "shape": pack_shape(g, lonlat)} for g in scenario.water
        ],
        "districts": _districts(scenario),
        "rows": [
            {"name": r.name, **{k: getattr(r, k) for k in _ROW}}
            for r in district_rows(scenario, plan)
        ],
        "stations": _stations(scenario, plan),
        "teams": [
            {"id": t.id, "name": t.name, "station": t.station_id}
            for t in scenario.response_teams
        ],
        "zones": [_zone(scenario, z) for z in scenario.zones],
        "airspace": [_airspace(scenario, a) for a in scenario.airspace],
        "buildings": _buildings(scenario),
        "plan": None if plan is None else _plan(scenario, plan, clock),
        "violations": _violations(verdict),
    }


_ROW = ("stations", "drones", "zones", "served", "routes", "sorties")


def _districts(scenario: Scenario) -> list[dict[str, Any]]:
    """Return the districts with a place for their label."""
    rows = []
    for d in scenario.districts:
        at = _label_place(scenario, d.geometry)
        rows.append(
            {
                "id": d.id,
                "name": d.name,
                "at": _lonlat(scenario, at.x, at.y),
                "shape": pack_shape(d.geometry, scenario.projection),
            }
        )
    return rows


def _label_place(scenario: Scenario, area: BaseGeometry) -> Point:
    """Return a place well inside an area, away from the marks of stations."""
    marks = shapely.MultiPoint([s.point for s in scenario.stations])
    free = area.difference(marks.buffer(LABEL_CLEARANCE_M))
    room = area if free.is_empty else free
    return Point(shapely.maximum_inscribed_circle(room, 500.0).coords[0])


def _stations(scenario: Scenario, plan: Plan | None) -> list[dict[str, Any]]:
    """Return the stations with their colours."""
    ids = {d.id: d.name for d in scenario.districts}
    return [
        {
            "id": s.id,
            "name": s.name,
            "district": ids.get(s.district, s.district),
            "drones": s.drones,
            "pads": s.pads,
            "model": s.model,
            "at": _lonlat(scenario, s.point.x, s.point.y),
            "colour": colour,
        }
        for s, colour in zip(
            scenario.stations, station_colours(scenario, plan), strict=True
        )
    ]


def _zone(scenario: Scenario, zone: Zone) -> dict[str, Any]:
    ids = {d.id: d.name for d in scenario.districts}
    at = zone.geometry.representative_point()
    return {
        "id": zone.id,
        "name": zone.name,
        "kind": zone.kind,
        "priority": zone.priority,
        "revisit_s": zone.revisit_s,
        "windows": [list(w) for w in scenario.hours(zone)],
        "district": ids.get(zone.district, zone.district),
        "area_m2": zone.geometry.area,
        "length_m": zone.geometry.length,
        "at": _lonlat(scenario, at.x, at.y),
        "shape": pack_shape(zone.geometry, scenario.projection),
    }


def _airspace(scenario: Scenario, space: Airspace) -> dict[str, Any]:
    if space.is_privacy:
        kind = "privacy"
    elif space.restriction == "PROHIBITED":
        kind = "prohibited"
    elif space.restriction == "REQ_AUTHORISATION":
        kind = "authorisation"
    else:
        kind = "scheduled"
    windows = (
        None
        if space.schedule is None
        else [list(w) for w in scenario.horizon.windows(space.schedule)]
    )
    return {
        "id": space.id,
        "name": space.name,
        "kind": kind,
        "granted": space.id in scenario.rules.authorised,
        "lower_m": space.lower_m,
        "upper_m": space.upper_m if math.isfinite(space.upper_m) else None,
        "windows": windows,
        "reason": space.reason,
        "shape": pack_shape(space.geometry, scenario.projection),
    }


def _buildings(scenario: Scenario) -> list[dict[str, Any]]:
    """Return what is flown round, and what may hide ground that is watched."""
    closing = {c.id for c in scenario.closures() if c.reason == "BUILDING"}
    shapes = np.array([b.geometry for b in scenario.buildings], dtype=object)
    watched = np.array(
        [z.geometry for z in scenario.zones if z.kind == "watch"], dtype=object
    )
    reach_m = max(model.view_radius_m for model in scenario.drone_models)
    _, near = shapely.STRtree(shapes).query(watched, "dwithin", reach_m)
    hiding = set(near.tolist())
    return [
        {
            "closes": building.id in closing,
            "shape": pack_shape(building.geometry, scenario.projection),
        }
        for i, building in enumerate(scenario.buildings)
        if building.id in closing or i in hiding
    ]


def _plan(scenario: Scenario, plan: Plan, clock: Clock) -> dict[str, Any]:
    """Return routes, drones with their sorties, and what the plan says of itself."""
    station = {s.id: i for i, s in enumerate(scenario.stations)}
    zone = {z.id: i for i, z in enumerate(scenario.zones)}
    route = {r.id: i for i, r in enumerate(plan.routes)}
    target = {t: i for i, t in enumerate(_targets(plan))}
    sorties: dict[str, list[tuple[float, ...]]] = {}
    for s in plan.roster:
        if s.route in route:
            sorties.setdefault(s.drone, []).append(
                (route[s.route], s.takeoff_s, s.landing_s, s.ready_s)
            )
    depot = {r.id: station.get(r.depot) for r in plan.routes}
    home = {s.drone: depot.get(s.route) for s in reversed(plan.roster)}
    busy = busy_drones(plan.roster, clock.length_s)
    reserves_s = landing_reserves_s(scenario, plan)
    return {
        "routes": [
            _route(r, station, zone, target, reserves_s.get(r.id)) for r in plan.routes
        ],
        "turns": [
            {"routes": [route[name] for name in names], "every_s": every_s}
            for names, every_s in sorted(
                {(turn.routes, turn.every_s) for turn in turns(plan).values()}
            )
        ],
        "drones": [
            {
                "id": drone,
                "station": home[drone],
                "sorties": pack(np.rint(np.array(flown)).astype(np.int64)),
            }
            for drone, flown in sorties.items()
        ],
        "busy": {
            "step_s": float(busy.t_s[1] - busy.t_s[0]) if len(busy.t_s) > 1 else 300.0,
            "airborne": busy.airborne.tolist(),
            "occupied": busy.occupied.tolist(),
        },
        "unserved": [
            {
                "zone": zone[u.zone],
                "code": u.code,
                **{
                    language: dict(
                        zip(("reason", "remedy"), u.texts(language), strict=True)
                    )
                    for language in LANGUAGES
                },
            }
            for u in plan.unserved
            if u.zone in zone
        ],
        "left_out": [
            {"route": entry.route, **{k: entry.texts(k)[0] for k in LANGUAGES}}
            for entry in plan.left_out
        ],
        "peak": peak_period(plan, clock),
        "response": response_cells(plan),
        "metrics": plain(plan.metrics),
        "provenance": plain(plan.provenance),
    }


def _targets(plan: Plan) -> list[str]:
    """Return the ids of all targets, each once."""
    return sorted({s.target for r in plan.routes for s in r.stops})


def _route(
    route: Route,
    station: dict[str, int],
    zone: dict[str, int],
    target: dict[str, int],
    reserve_s: float | None,
) -> dict[str, Any]:
    return {
        "id": route.id,
        "station": station.get(route.depot),
        **({"ends_at": station.get(route.ends_at)} if route.ends_at else {}),
        "model": route.drone_model,
        "layer_m": route.layer_m,
        "headway_s": route.headway_s,
        "phase_s": route.phase_s,
        "duration_s": route.duration_s,
        "reserve_s": reserve_s,
        "load": route.load,
        "fixed": route.fixed,
        "path": pack_path(route),
        "stops": [
            [
                [zone[z] for z in s.zones if z in zone],
                round(s.enter_s, 1),
                round(s.exit_s, 1),
                target[s.target],
            ]
            for s in route.stops
        ],
    }


def _violations(verdict: Verdict | None) -> list[dict[str, dict[str, str]]] | None:
    """Return each violation in both languages, or None: nothing was checked."""
    if verdict is None:
        return None
    return [
        {k: {"rule": rule_name(v.rule, k), "text": v.text(k)} for k in LANGUAGES}
        for v in verdict.violations
    ]


def _lonlat(scenario: Scenario, x_m: float, y_m: float) -> list[float]:
    """Return [lon, lat] of a point in metres, to a tenth of a metre."""
    place = scenario.projection.to_lonlat(np.array([[x_m, y_m]]))[0]
    return [round(float(v), 6) for v in place]


def plain(value: Any) -> Any:
    """Return nested mappings and sequences as JSON knows them, no infinities."""
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return str(value)
