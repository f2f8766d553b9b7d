"""Crews: no more drones of a district in the air than its pilots may have there."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from planner.checks.case import TIME_TOLERANCE_S, Case
from planner.checks.verdict import Gauge
from planner.flown.tracks import FlownRoute
from planner.implied.bureaux import bureau_key


def measure_crews(case: Case, gauge: Gauge) -> None:
    """Measure the most drones in the air at once, wherever pilots limit them."""
    if case.scenario.crews is None:
        return
    shared: dict[tuple[str, str], list[FlownRoute]] = defaultdict(list)
    for flown in case.routes:
        shared[bureau_key(flown.station)].append(flown)
    for (district, station), routes in sorted(shared.items()):
        _measure_crew(case, district, station, routes, gauge)


def _measure_crew(
    case: Case, district: str, station: str, routes: list[FlownRoute], gauge: Gauge
) -> None:
    """
    Measure the stations of a district, or one that names none.

    Between two take-offs or landings the number in the air does not change, so these
    are all the moments that there are. The moment at which a drone lands and another
    takes off, or a break begins or ends, belongs to neither.
    """
    assert case.scenario.crews is not None
    horizon = case.scenario.horizon
    off = np.concatenate([f.takeoffs + f.t.min() for f in routes])
    on = np.concatenate([f.takeoffs + f.t.max() for f in routes])
    if not len(off):
        return
    length_s = horizon.length_s
    if not horizon.repeats:
        length_s = max(length_s, float(on.max()))
    times = np.concatenate([off, on - TIME_TOLERANCE_S])
    change = np.repeat([1, -1], len(off))
    order = np.lexsort((change, times))
    times = np.append(-np.inf, times[order])
    count = np.append(0, np.cumsum(change[order]))
    limits = case.scenario.crews.limits(district, horizon, length_s)
    for low, high, most in limits:
        first = np.searchsorted(times, low + TIME_TOLERANCE_S, side="right") - 1
        last = np.searchsorted(times, high - TIME_TOLERANCE_S, side="left")
        if last <= first:
            continue
        worst = int(first + np.argmax(count[first:last]))
        found = int(count[worst])
        gauge.measure(
            "fleet.crew",
            f"{district or station} {case.clock(max(float(times[worst]), low))}",
            found,
            most,
            most - found,
            "drones",
        )
