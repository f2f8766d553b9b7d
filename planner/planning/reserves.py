"""Choose the stations at which response teams keep drones ready."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray
from planner.implied.bureaux import Bureau, bureaux
from planner.planning.covering import reach
from planner.planning.siting import best_covering
from planner.response.airways import airways
from planner.response.arrivals import ground
from planner.response.places import places
from planner.scenario import Scenario


def kept_for_teams(scenario: Scenario) -> Scenario:
    """
    Return a scenario without the drones that response teams keep off the rotations.

    With `team_ready`, so many a team that are not kept back by `reserve_drones`
    already, each from a station of the bureau that has most left; of those that have as
    many, from the ones whose ready drones are over the most of the demand in time.
    """
    rules = scenario.rules
    if not rules.team_ready or not scenario.response_teams:
        return scenario
    ways = airways(scenario)
    asked = places(scenario, ways)
    land = ground(scenario, ways, asked.xy)
    left = {s.id: s.drones for s in scenario.stations}
    for bureau in bureaux(scenario):
        covers = reach(scenario, ways, land, bureau.stations)
        missing = rules.team_ready * len(bureau.teams) - sum(
            min(s.drones, rules.reserve_drones) for s in bureau.stations
        )
        for name in _kept(bureau, missing, covers, asked.weight, rules.reserve_drones):
            left[name] = max(0, left[name] - 1)
    return replace(
        scenario,
        stations=tuple(replace(s, drones=left[s.id]) for s in scenario.stations),
    )


def _kept(
    bureau: Bureau,
    missing: int,
    covers: NDArray[np.bool_],
    weight: FloatArray,
    reserve: int,
) -> list[str]:
    """Return the stations that keep a drone, one that keeps several several times."""
    left = np.array([s.drones for s in bureau.stations])
    keeps = np.minimum(left, reserve)
    found: list[str] = []
    while missing > 0:
        most = np.flatnonzero(left == left.max())
        if len(most) > missing:
            open_ = ~covers[keeps > 0].any(axis=0)
            most = most[best_covering(covers[most], weight * open_, missing)]
        left[most] -= 1
        keeps[most] += 1
        missing -= len(most)
        found += [bureau.stations[k].id for k in most]
    return found
