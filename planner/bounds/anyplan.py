"""
Bound the drones of the busiest period for any way of flying at all.

Each duty takes its time in the air, and so much of the way to and from it as no
order of visits can share; a drone has only so much time in the air.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.basics.geometry import FloatArray
from planner.bounds.work import (
    INTERVAL_ROUNDING_S,
    ROUNDING_S,
    Due,
    Part,
    home_legs_s,
    legs_s,
    ways_of,
)
from planner.given.drone import DroneModel
from planner.given.stamina import least_rest_s, longest_flight_s
from planner.scenario import Scenario, Station


def least_drones(scenario: Scenario, part: Part) -> float:
    """
    Return drones without which a part cannot be served in the busiest period.

    A drone counts if it flies in the period, whenever it took off; see
    `docs/bounds.md`.
    """
    start_s, end_s = scenario.busiest_period()
    length_s = end_s - start_s
    visit_s = np.full(len(part.duties), np.inf)
    task_s = visit_s.copy()
    a_drone_s = 0.0
    for model, stations in part.fleets(scenario.drone_models):
        fleet = _shares_of(scenario, part, model, stations)
        visit_s = np.minimum(visit_s, fleet.visit_s)
        task_s = np.minimum(task_s, fleet.task_s)
        a_drone_s = max(a_drone_s, airborne_s(model, length_s) + fleet.ends_s)
    needed_s = sum(
        max(
            time_in_period_s(due, length_s, float(task), float(visit))
            for due in duty.dues
        )
        for duty, task, visit in zip(part.duties, task_s, visit_s, strict=True)
    )
    return needed_s / a_drone_s


def airborne_s(model: DroneModel, length_s: float) -> float:
    """
    Return how long a drone can be in the air in a period [s].

    Its battery is full when the period begins.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import planner, seeds
    >>> model = planner.read_scenario(seeds.path("by-hand")).drone_models[0]
    >>> model = replace(model, usable_endurance_s=1799.8, turnaround_s=1500.2)
    >>> [round(airborne_s(model, hours * 3600)) for hours in (0.25, 0.75, 1, 1.5)]
    [900, 1800, 2100, 3600]
    """
    flight_s = longest_flight_s(model) + ROUNDING_S
    rest_s = max(least_rest_s(model) - ROUNDING_S, 0.0)
    if model.battery is not None:
        # Shorter flights may be charged for in proportion, and none after the last.
        return min(length_s, flight_s * (length_s + rest_s) / (flight_s + rest_s))
    whole, left_s = divmod(length_s, flight_s + rest_s)
    return whole * flight_s + min(left_s, flight_s)


def time_in_period_s(due: Due, length_s: float, task_s: float, visit_s: float) -> float:
    """
    Return the least time in the air that a duty takes within a period [s].

    Either each visit is flown to anew, or a drone waits there between two; what it
    waits, the next visit may be later.

    Parameters
    ----------
    visit_s
        Time on task and of the ways to and fro, for each visit flown to anew.
    """
    interval_s = due.interval_s + INTERVAL_ROUNDING_S
    if due.lasts:
        visits, spread_s = 0, length_s - task_s
    else:  # every visit lies within the period, and there is one
        visits, spread_s = 1, length_s + task_s
    least_s = math.inf
    while True:
        waited_s = max(0.0, spread_s - (visits + 1) * interval_s)
        least_s = min(least_s, visits * visit_s + waited_s)
        if waited_s == 0.0:
            return least_s
        visits += 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shares:
    """
    What of the time in the air falls to the duties of a part, for a drone type.

    Parameters
    ----------
    visit_s, task_s
        Of each duty, with and without half the ways to and from it.
    ends_s
        What of the first and the last way may lie outside the period.
    """

    visit_s: FloatArray
    task_s: FloatArray
    ends_s: float


def _shares_of(
    scenario: Scenario, part: Part, model: DroneModel, stations: Sequence[Station]
) -> _Shares:
    ways = ways_of(scenario, part.duties, model)
    out_s, back_s = home_legs_s(scenario, model, stations, ways)
    leg_s = legs_s(scenario, model, ways.leave, ways.enter)
    leg_s[ways.duty[:, None] == ways.duty[None, :]] = np.inf
    to_s = np.minimum(leg_s.min(axis=0), out_s.min(axis=0)) / 2
    fro_s = np.minimum(leg_s.min(axis=1), back_s.min(axis=0)) / 2
    visit_s = np.full(len(part.duties), np.inf)
    task_s = visit_s.copy()
    np.minimum.at(visit_s, ways.duty, to_s + ways.task_s + fro_s)
    np.minimum.at(task_s, ways.duty, ways.task_s)
    return _Shares(
        visit_s=visit_s,
        task_s=task_s,
        ends_s=_longest(to_s) + _longest(fro_s),
    )


def _longest(leg_s: FloatArray) -> float:
    return float(leg_s.max(initial=0.0, where=np.isfinite(leg_s)))
