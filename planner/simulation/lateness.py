"""
Say how late sorties get by themselves, where nobody waits for anybody else.

It is what a plan must leave room for, lest one delay leads to the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from planner.flown.tracks import flown_routes, over_horizon_of
from planner.plan import Plan
from planner.scenario import Scenario
from planner.simulation.flights import draw, fleet_of, late_at

_SORTIES = 10_000
_PROMISES = 4
"""Of a route: what may fail on the wanted share of days is shared out among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """
    What of a plan's sorties keeps to, all day, with a wanted probability [s].

    Parameters
    ----------
    zones_s
        By zone, how late visits end at most.
    landing_s, ready_s
        How late a drone lands, and is ready again, at most, by drone type.
    longer_s
        By drone type, how much longer than planned it is in the air.
    """

    zones_s: Mapping[str, float]
    landing_s: Mapping[str, float]
    ready_s: Mapping[str, float]
    longer_s: Mapping[str, float]


def own_lateness(
    scenario: Scenario, plan: Plan, share: float, *, seed: int = 1
) -> Lateness:
    """
    Return how late sorties get by themselves.

    Parameters
    ----------
    share
        Of the days, on which no sortie of a route is later than what is returned.
    """
    scenario = over_horizon_of(scenario, plan)
    fleet = fleet_of(flown_routes(scenario, plan), plan, scenario.rules)
    zones: dict[str, float] = {}
    landing: dict[str, float] = {}
    ready: dict[str, float] = {}
    longer: dict[str, float] = {}
    for k, (flown, sorties) in enumerate(zip(fleet.routes, fleet.sorties, strict=True)):
        count = len(sorties)
        rng = np.random.default_rng([seed, k])
        draws = draw(flown, count, scenario.scatter, max(1, _SORTIES // count), rng)
        sums = np.cumsum(draws.legs_s, axis=2)
        least = sums - np.minimum.accumulate(sums, axis=2)
        start = draws.launch_s[..., None]
        late = np.concatenate([start, np.maximum(start + sums, least)], axis=2)
        rest_s = np.array([s.ready_s - s.landing_s for s in sorties])
        # All sorties of a day must keep to it, for each promise.
        level = (1 - (1 - share) / _PROMISES) ** (1 / count)

        def most(values: np.ndarray, level: float = level) -> float:
            return max(0.0, float(np.quantile(values, level)))

        name = flown.model.model
        for known, value in (
            (landing, most(late[..., -1])),
            (ready, most(late[..., -1] + draws.ground * rest_s)),
            (longer, most(late[..., -1] - draws.launch_s)),
        ):
            known[name] = max(known.get(name, 0.0), value)
        for stop in flown.route.stops:
            value = most(late_at(flown.t, late, np.array([stop.exit_s])))
            for zone in stop.zones:
                zones[zone] = max(zones.get(zone, 0.0), value)
    return Lateness(zones_s=zones, landing_s=landing, ready_s=ready, longer_s=longer)
