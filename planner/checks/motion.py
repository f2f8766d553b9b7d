"""Motion: a drone is nowhere sooner than it can be, and stays as long as it must."""

from __future__ import annotations

import numpy as np

from planner.basics.geometry import FloatArray, area_within_km2
from planner.basics.physics import flight_time_s, wind_vector
from planner.checks.case import TIME_TOLERANCE_S, Case
from planner.checks.verdict import Gauge
from planner.flown.corners import corners, turns_back
from planner.flown.energies import blows_met
from planner.flown.footprints import resting_place
from planner.flown.tracks import FlownRoute, path_is_usable
from planner.given.stamina import turnaround_after_s
from planner.implied.winds import all_winds
from planner.plan import Stop
from planner.scenario import Zone

_HURRY_TOLERANCE_S = 0.02
"""What rounding each vertex of a long path may add up to [s]."""


def motion(case: Case, gauge: Gauge) -> None:
    """Measure every piece of every path, every dwell and every turn."""
    for route in case.plan.routes:
        if not path_is_usable(route):
            gauge.fault("motion.path", route.id, len(route.t_s), len(route.path))
    zones = {z.id: z for z in case.scenario.zones}
    for flown in case.routes:
        _measure_clock(case, flown, gauge)
        _measure_pieces(case, flown, gauge)
        _measure_stops(case, flown, zones, gauge)


def _measure_clock(case: Case, flown: FlownRoute, gauge: Gauge) -> None:
    """Look whether the figures of a route are those of its path."""
    route, t = flown.route, flown.t
    ceiling_m = case.scenario.rules.ceiling_m
    rest_s = turnaround_after_s(flown.model, route.duration_s, ceiling_m)
    load = (route.duration_s + rest_s) / route.headway_s
    for code, found, limit in (
        ("motion.start", float(t[0]), 0.0),
        ("motion.duration", route.duration_s, float(t[-1])),
        ("motion.load", route.load, load),
    ):
        if not abs(found - limit) <= TIME_TOLERANCE_S:
            gauge.fault(code, route.id, found, limit)
    if np.any(np.diff(t) < 0):
        gauge.fault("motion.order", route.id, float(np.diff(t).min()), 0.0)


def _level_s(case: Case, flown: FlownRoute) -> FloatArray:
    """Return the least time of each piece in the slowest wind that it meets [s]."""
    step = np.diff(flown.xy, axis=0)
    level_s = np.zeros(len(step))
    for blow, pieces in blows_met(case.scenario, flown):
        winds = (wind_vector(blow.speed_mps, blow.from_deg),)
        east, north = step[pieces].T
        needed_s = flight_time_s(east, north, flown.model.airspeed_mps, winds)
        level_s[pieces] = np.maximum(level_s[pieces], needed_s)
    return level_s


def _measure_pieces(case: Case, flown: FlownRoute, gauge: Gauge) -> None:
    """Compare the time of each piece with the least it takes."""
    rise = np.diff(flown.z)
    level_s = _level_s(case, flown)
    upright_s = np.where(
        rise > 0, rise / flown.model.climb_mps, -rise / flown.model.descent_mps
    )
    needed_s = np.maximum(level_s, upright_s)
    taken_s = np.diff(flown.t)
    spare_s = taken_s - needed_s
    for i in {int(np.argmin(spare_s)), *np.flatnonzero(spare_s < -TIME_TOLERANCE_S)}:
        gauge.measure(
            "motion.speed",
            f"{flown.route.id} {i}",
            float(taken_s[i]),
            float(needed_s[i]),
            float(spare_s[i]),
            "s",
            tolerance=TIME_TOLERANCE_S,
        )
    # Many short pieces must not gain by rounding what one long piece may not.
    gained = np.cumsum(np.append(0.0, np.minimum(-spare_s, 1e9)))
    hurry_s = float(np.max(gained - np.minimum.accumulate(gained)))
    if hurry_s > _HURRY_TOLERANCE_S:
        gauge.fault("motion.hurry", flown.route.id, hurry_s, _HURRY_TOLERANCE_S)


def _measure_stops(
    case: Case,
    flown: FlownRoute,
    zones: dict[str, Zone],
    gauge: Gauge,
) -> None:
    """Measure the dwell at viewpoints and the turns of sweeps."""
    before_s, end_s = 0.0, float(flown.t[-1])
    for stop in flown.route.stops:
        where = f"{flown.route.id} {stop.target}"
        in_order = before_s <= stop.enter_s + TIME_TOLERANCE_S and (
            stop.enter_s <= stop.exit_s <= end_s + TIME_TOLERANCE_S
        )
        if not in_order:
            gauge.fault("motion.stop", where, stop.enter_s, before_s)
            continue
        before_s = stop.exit_s
        if stop.kind == "watch":
            _measure_dwell(flown, stop, where, zones, gauge)
        elif stop.kind == "sweep":
            _measure_turns(case, flown, stop, where, gauge)


def _measure_dwell(
    flown: FlownRoute, stop: Stop, where: str, zones: dict[str, Zone], gauge: Gauge
) -> None:
    xy, _ = flown.on_task(stop)
    place = resting_place(xy)
    if place is None:
        gauge.fault("motion.rest", where, float(np.ptp(xy, axis=0).max()), 0.5)
        return
    asked = [asked_dwell_s(flown, zones[z], place) for z in stop.zones if z in zones]
    dwell_s = max(asked, default=flown.model.dwell_s)
    stay_s = stop.exit_s - stop.enter_s
    gauge.measure(
        "motion.dwell",
        where,
        stay_s,
        dwell_s,
        stay_s - dwell_s,
        "s",
        tolerance=TIME_TOLERANCE_S,
    )


def asked_dwell_s(flown: FlownRoute, zone: Zone, place: FloatArray) -> float:
    """Return the time that a zone asks for at a viewpoint [s]."""
    model = flown.model
    least_s = model.dwell_s if zone.dwell_s is None else zone.dwell_s
    if not zone.dwell_s_per_km2:
        return least_s
    x, y = place.tolist()
    seen_km2 = area_within_km2(zone.geometry, x, y, model.view_radius_m)
    return max(least_s, zone.dwell_s_per_km2 * seen_km2)


def _measure_turns(
    case: Case, flown: FlownRoute, stop: Stop, where: str, gauge: Gauge
) -> None:
    """Measure the time lost where a sweep turns back."""
    places, arrive_s, leave_s = corners(*flown.on_task(stop))
    legs = np.diff(places, axis=0)
    # What the slowest wind takes for the shift of lanes is not time lost by turning.
    winds = all_winds(case.scenario)
    flight_s = flight_time_s(legs[:, 0], legs[:, 1], flown.model.airspeed_mps, winds)
    turn_s = flown.model.turn_s
    for first, last in turns_back(legs, flown.model.lane_spacing_m):
        shift_s = float(flight_s[first]) if first < last else 0.0
        spent_s = float(leave_s[last] - arrive_s[first]) - shift_s
        gauge.measure(
            "motion.turn",
            f"{where} {arrive_s[first]:.0f} s",
            spent_s,
            turn_s,
            spent_s - turn_s,
            "s",
            tolerance=TIME_TOLERANCE_S,
        )
