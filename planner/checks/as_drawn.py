"""As drawn: fixed routes are flown as somebody drew them, or left out for a reason."""

from __future__ import annotations

from collections import Counter

import numpy as np
import shapely

from planner.checks.case import TIME_TOLERANCE_S, Case
from planner.checks.verdict import Gauge
from planner.flown.tracks import FlownRoute
from planner.given.fixed import FixedRoute, beyond

DRAWN_M = 0.2
"""A path is as drawn within this [m]."""

_HEIGHT_TOLERANCE_M = 1e-3
_SAME_PLACE_M = 1e-3


def look_at_fixed(case: Case, gauge: Gauge) -> None:
    """Look for each fixed route of the scenario among the routes of the plan."""
    known = {route.id: route for route in case.given.fixed}
    left_out = Counter(entry.route for entry in case.plan.left_out)
    flying = Counter(route.id for route in case.plan.routes if route.fixed)
    for entry in case.plan.left_out:
        if not entry.code or not entry.reason:
            gauge.fault("accounts.reason", entry.route, entry.code or "-", "-")
    for name in sorted({*known, *left_out, *flying}):
        times = flying[name] + left_out[name]
        if times != int(name in known):
            gauge.fault("accounts.fixed", name, times, int(name in known))
    for flown in case.flown:
        asked = known.get(flown.route.id)
        if asked is not None and flown.route.fixed:
            _look_at_clock(case, flown, asked, gauge)
            _measure_path(flown, asked, gauge)


def _look_at_clock(
    case: Case, flown: FlownRoute, asked: FixedRoute, gauge: Gauge
) -> None:
    """Look whether station, clock and layer are those asked for, and all is flown."""
    route, horizon = flown.route, case.scenario.horizon
    for what, found, wanted in (
        ("depot", route.depot, asked.depot),
        ("headway_s", route.headway_s, asked.headway_s),
        ("phase_s", route.phase_s, asked.phase_s(horizon)),
    ):
        if wanted is not None and found != wanted:
            gauge.fault("accounts.asked", f"{route.id} {what}", found, wanted)
    if asked.layer_m is not None:
        off_m = abs(route.layer_m - asked.layer_m)
        if off_m > _HEIGHT_TOLERANCE_M:
            where = f"{route.id} layer_m"
            gauge.fault("accounts.asked", where, route.layer_m, asked.layer_m)
    back_s = 0.0 if horizon.repeats else route.duration_s
    last_s = horizon.length_s - back_s - (TIME_TOLERANCE_S if horizon.repeats else 0.0)
    wanted_s = np.arange(route.phase_s, last_s + TIME_TOLERANCE_S / 2, route.headway_s)
    apart_s = np.abs(flown.takeoffs[:, None] - wanted_s[None])
    missing = ~(apart_s <= TIME_TOLERANCE_S).any(axis=0)
    if missing.any():
        gauge.fault(
            "accounts.flown",
            f"{route.id} {case.clock(float(wanted_s[missing][0]))}",
            len(wanted_s) - int(missing.sum()),
            len(wanted_s),
        )


def _measure_path(flown: FlownRoute, asked: FixedRoute, gauge: Gauge) -> None:
    """
    Measure how far a path is from what was drawn, and whether it stays as long.

    By the discrete Frechet distance: it compares places in their order (Eiter and
    Mannila, Computing Discrete Frechet Distance, CD-TR 94/64, 1994).
    """
    drawn, stays_s = asked.beyond(flown.station.point)
    xy = flown.xy[beyond(flown.xy, flown.station.point)]
    if not len(xy) or not len(drawn):
        gauge.fault("accounts.drawn", flown.route.id, len(xy), len(drawn))
        return
    lines = [shapely.LineString(np.vstack([path, path[-1:]])) for path in (xy, drawn)]
    apart_m = float(shapely.frechet_distance(*lines))
    gauge.measure(
        "accounts.drawn", flown.route.id, apart_m, DRAWN_M, DRAWN_M - apart_m, "m"
    )
    rests = np.hypot(*np.diff(flown.xy, axis=0).T) <= _SAME_PLACE_M
    rested_s = np.where(rests, np.diff(flown.t), 0.0)
    for place in drawn[stays_s > 0]:
        asked_s = stays_s[np.hypot(*(drawn - place).T) <= DRAWN_M].sum()
        found_s = rested_s[np.hypot(*(flown.xy[:-1] - place).T) <= DRAWN_M].sum()
        if found_s < asked_s - TIME_TOLERANCE_S:
            gauge.fault("accounts.stay", flown.route.id, float(found_s), float(asked_s))
