"""Motion: a drone is nowhere sooner than it can be, and stays as long as it must."""

from __future__ import annotations

import numpy as np

from planner.checks.case import TIME_TOLERANCE_S, Case
from planner.checks.verdict import Gauge
from planner.corners import corners, turns_back
from planner.flown import FlownRoute, path_is_usable
from planner.footprints import resting_place
from planner.physics import flight_time_s, wind_vector
from planner.plan import Stop
from planner.scenario import Zone

_HURRY_TOLERANCE_S = 0.02
"""What rounding each vertex of a long path may add up to [s]."""


def motion(case: Case, gauge: Gauge) -> None:
    """Measure every piece of every path, every dwell and every turn."""
    for route in case.plan.routes:
        if not path_is_usable(route):
            gauge.fault("motion.path", route.id, len(route.t_s), len(route.path))
    wind = wind_vector(case.scenario.wind.speed_mps, case.scenario.wind.from_deg)
    zones = {z.id: z for z in case.scenario.zones}
    for flown in case.routes:
        _measure_clock(flown, gauge)
        _measure_pieces(flown, wind, gauge)
        _measure_stops(flown, wind, zones, gauge)


def _measure_clock(flown: FlownRoute, gauge: Gauge) -> None:
    """Look whether the figures of a route are those of its path."""
    route, t = flown.route, flown.t
    load = (route.duration_s + flown.model.turnaround_s) / route.headway_s
    for code, found, limit in (
        ("motion.start", float(t[0]), 0.0),
        ("motion.duration", route.duration_s, float(t[-1])),
        ("motion.load", route.load, load),
    ):
        if not abs(found - limit) <= TIME_TOLERANCE_S:
            gauge.fault(code, route.id, found, limit)
    if np.any(np.diff(t) < 0):
        gauge.fault("motion.order", route.id, float(np.diff(t).min()), 0.0)


def _measure_pieces(flown: FlownRoute, wind: tuple[float, float], gauge: Gauge) -> None:
    """Compare the time of each piece with the least it takes."""
    step, rise = np.diff(flown.xy, axis=0), np.diff(flown.z)
    level_s = flight_time_s(step[:, 0], step[:, 1], flown.model.airspeed_mps, wind)
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
    flown: FlownRoute,
    wind: tuple[float, float],
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
            _measure_turns(flown, stop, where, wind, gauge)


def _measure_dwell(
    flown: FlownRoute, stop: Stop, where: str, zones: dict[str, Zone], gauge: Gauge
) -> None:
    xy, _ = flown.on_task(stop)
    if resting_place(xy) is None:
        gauge.fault("motion.rest", where, float(np.ptp(xy, axis=0).max()), 0.5)
        return
    asked = [zones[z].dwell_s for z in stop.zones if z in zones]
    dwell_s = max(
        (flown.model.dwell_s if own is None else own for own in asked),
        default=flown.model.dwell_s,
    )
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


def _measure_turns(
    flown: FlownRoute,
    stop: Stop,
    where: str,
    wind: tuple[float, float],
    gauge: Gauge,
) -> None:
    """Measure the time lost where a sweep turns back."""
    places, arrive_s, leave_s = corners(*flown.on_task(stop))
    legs = np.diff(places, axis=0)
    flight_s = flight_time_s(legs[:, 0], legs[:, 1], flown.model.airspeed_mps, wind)
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
