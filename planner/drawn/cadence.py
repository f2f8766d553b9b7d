"""Find how often drawn routes have to come, so that what they see is seen in time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, vstack

from planner.basics.clock import Span
from planner.basics.geometry import FloatArray
from planner.drawn.lookouts import Lookout
from planner.scenario import Scenario, Station, Zone

_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """
    How often routes come in one stretch of the day.

    Parameters
    ----------
    per_hour
        Take-offs of each route, shape (n,).
    loads
        Drones that the routes of each station occupy on average, shape (stations,).
    stretched
        How many times as long as allowed everything has to wait for the drones there
        are: 1 if they suffice, None if a station that must fly has none.
    """

    per_hour: FloatArray
    loads: FloatArray
    stretched: float | None


def cadence(
    scenario: Scenario,
    stretch: Span,
    seen: Sequence[Lookout],
    depots: Sequence[Station],
    cycles_s: FloatArray,
) -> Cadence:
    """
    Return how often routes have to come in a stretch between window borders.

    Of each place of an active zone, those that see it come together at least once an
    interval: one may come for the other, as if clocks made them take turns. Two
    linear programs: first the stations' drones are to suffice as nearly as they can,
    then the fewest drones are to be busy.

    Parameters
    ----------
    depots
        Station of each route.
    cycles_s
        Flight and turnaround of each route [s], shape (n,).
    """
    rows, wanted = list[tuple[int, ...]](), list[float]()
    for lookout in seen:
        visits = _wanted_per_hour(scenario, lookout.zone, stretch)
        if visits > 0:
            rows += lookout.watchers
            wanted += [visits] * len(lookout.watchers)
    stations = scenario.stations
    numbers = {station.id: d for d, station in enumerate(stations)}
    n = len(cycles_s)
    busy = csr_array(
        (cycles_s / _HOUR_S, ([numbers[s.id] for s in depots], np.arange(n))),
        shape=(len(stations), n),
    )
    if not rows:
        return Cadence(per_hour=np.zeros(n), loads=np.zeros(len(stations)), stretched=1)
    flat = np.concatenate([np.array(row) for row in rows])
    which = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    comes = csr_array((-np.ones(len(flat)), (which, flat)), shape=(len(rows), n))
    drones = np.array(
        [max(s.drones - scenario.rules.reserve_drones, 0) for s in stations]
    )
    none = csr_array((len(rows), 1))
    least = linprog(
        np.append(np.zeros(n), 1.0),
        A_ub=vstack([hstack([comes, none]), hstack([busy, -drones[:, None]])]),
        b_ub=np.append(-np.array(wanted), np.zeros(len(stations))),
    )
    stretched = max(1.0, float(least.x[-1])) if least.success else None
    rules, limits = [comes], [-np.array(wanted)]
    if stretched is not None:
        rules, limits = [comes, busy], [*limits, drones * stretched * (1 + 1e-9)]
    best = linprog(cycles_s, A_ub=vstack(rules), b_ub=np.concatenate(limits))
    per_hour = np.where(best.x > 1e-9, best.x, 0.0)
    return Cadence(per_hour=per_hour, loads=busy @ per_hour, stretched=stretched)


def _wanted_per_hour(scenario: Scenario, zone: Zone, stretch: Span) -> float:
    """
    Return how often a zone is to be seen in a stretch, 0 if it is not active.

    A clock that goes on all day comes once an interval. In a window of part of it
    take-offs can be set so that one visit fewer does, if it is not the only one.
    """
    interval_s = zone.revisit_s - scenario.rules.revisit_slack_s
    for start_s, end_s in scenario.hours(zone):
        if start_s <= stretch[0] and stretch[1] <= end_s:
            window_s = end_s - start_s
            if window_s >= scenario.horizon.length_s:
                return _HOUR_S / interval_s
            visits = max(1, math.ceil(window_s / interval_s) - 1)
            return _HOUR_S * visits / window_s
    return 0.0
