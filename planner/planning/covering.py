"""Bound how much of the demand drones that stand ready could cover in time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray
from planner.flown.tracks import over_horizon_of
from planner.plan import Plan
from planner.planning.siting import most_covered
from planner.response.airways import Airways, airways
from planner.response.arrivals import Ground, airborne_s, ground
from planner.response.figures import moments_of, numbers_of
from planner.response.places import Places, in_turns, turns_of
from planner.response.rounds import days_of
from planner.response.standby import Days, days_away, standby
from planner.scenario import Scenario, Station

WITHIN_S = 120.0

_UNITS = 10**6
"""Shares are told in so many parts."""


def covering(scenario: Scenario, plan: Plan) -> dict[str, Any]:
    """
    Return what share of the demand ready drones are over in time, and what they could.

    Returns
    -------
    dict
        ``within_s``; ``ready_share`` as planned; ``bound_share`` at most, with ready
        drones at as many stations as there are at each moment, but at any of them;
        ``all_share`` if every station always had one. The last two launch at once,
        whatever moves at the station.
    """
    scenario = over_horizon_of(scenario, plan)
    ways = airways(scenario)
    asked = in_turns(scenario, ways)
    moments = moments_of(scenario)
    days = days_away(plan.routes, days_of(scenario, plan))
    stations = [s for s in scenario.stations if s.id not in ways.grounded]
    upto = np.zeros(4)
    for part, turn in zip(asked.turns, turns_of(numbers_of(scenario)), strict=True):
        upto += _covered(scenario, ways, part, stations, days, moments[turn]) / len(
            turn
        )
    ready, bound, whole = upto[:3] * (_UNITS / max(float(upto[3]), 1e-300))
    return {
        "within_s": WITHIN_S,
        "ready_share": round(ready) / _UNITS,
        # Rounded up, so that what is told holds; but none is more than all.
        "bound_share": min(math.ceil(bound), _UNITS) / _UNITS,
        "all_share": min(math.ceil(whole), _UNITS) / _UNITS,
    }


def _covered(
    scenario: Scenario,
    ways: Airways,
    asked: Places,
    stations: Sequence[Station],
    days: Days,
    moments: FloatArray,
) -> FloatArray:
    """Return the demand covered by ready drones, at most, by all; and all there is."""
    land = ground(scenario, ways, asked.xy)
    covers = reach(scenario, ways, land, stations)
    count = np.zeros(len(moments), dtype=np.int64)
    covered = np.zeros((len(moments), len(asked.weight)), dtype=bool)
    for station in stations:
        near = land.near[station.id]
        leaves_s = standby(scenario, station, days, moments).leaves_s
        flight_s = airborne_s(scenario, ways, land, station)
        count += np.isfinite(leaves_s)
        covered[:, near] |= leaves_s[:, None] + flight_s <= WITHIN_S
    sizes, often = np.unique(count, return_counts=True)
    whole = asked.weight @ covers.any(axis=0)
    bounds = most_covered(covers, asked.weight, sizes.tolist())
    return np.array(
        [
            (covered @ asked.weight).sum(),
            often @ np.minimum(bounds, whole),
            len(moments) * whole,
            len(moments) * asked.weight.sum(),
        ]
    )


def reach(
    scenario: Scenario, ways: Airways, land: Ground, stations: Sequence[Station]
) -> NDArray[np.bool_]:
    """Return whether a ready drone of each station is over each place in time."""
    covers = np.zeros((len(stations), len(land.xy)), dtype=bool)
    for k, station in enumerate(stations):
        if station.id not in ways.grounded:
            flight_s = airborne_s(scenario, ways, land, station)
            in_time = scenario.rules.launch_s + flight_s <= WITHIN_S
            covers[k, land.near[station.id]] = in_time
    return covers
