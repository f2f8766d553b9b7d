"""Say what flying to one target and nothing else takes, from each station."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from planner.airspace.freespace import FreeSpace
from planner.basics.geometry import FloatArray
from planner.given.stamina import longest_sortie_s
from planner.network.reach import overhead_s, straight_s
from planner.network.roundabout import round_about_s
from planner.problem import FAR, TICKS_PER_S, Problem
from planner.scenario import Scenario
from planner.targets import Target

Alone = tuple[float, float, str]
"""What a flight exceeds the longest by [s], how long it takes [s], and from where."""


def least_alone(
    scenario: Scenario,
    space: Callable[[], FreeSpace],
    target: Target,
    needed: FloatArray,
    led_to: NDArray[np.bool_],
) -> Alone:
    """
    Return the least that flying only a target takes: (excess, s, station).

    Parameters
    ----------
    space
        Where one may fly, worked out if it is asked for.
    needed, led_to
        What `alone_by_station` returns.
    """
    times = []
    barred = []
    for k, station in enumerate(scenario.stations):
        model = scenario.model(station.model)
        longest_s = longest_sortie_s(model, scenario.rules.ceiling_m)
        if not led_to[k] and needed[k] <= longest_s:
            barred.append(k)
            continue
        times.append((float(needed[k]) - longest_s, float(needed[k]), station.id))
    if barred and not any(excess_s <= 0 for excess_s, _, _ in times):
        # What no sortie can hold is not in the tables, be it long or barred.
        around_s = round_about_s(scenario, space(), target)
        for k in barred:
            station = scenario.stations[k]
            model = scenario.model(station.model)
            longest_s = longest_sortie_s(model, scenario.rules.ceiling_m)
            times.append(
                (float(around_s[k]) - longest_s, float(around_s[k]), station.id)
            )
    return min(times)


def alone_by_station(
    scenario: Scenario, target: Target, problem: Problem | None
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """
    Return how long a sortie to one target takes from each station at least [s].

    Round closed airspace where that is known, as the crow flies elsewhere; and over
    terrain, where the way at another layer may be shorter than the one known.

    Parameters
    ----------
    problem
        The part that the target belongs to, if any.

    Returns
    -------
    needed, led_to
        And whether a way that a sortie can hold is known, or none was looked for.
    """
    needed = straight_s(scenario, target)
    led_to = np.ones(len(needed), dtype=bool)
    if problem is None:
        return needed, led_to
    known = {s.id: k for k, s in enumerate(problem.stations)}
    nodes = problem.nodes_of(problem.index(target.id))
    for k, station in enumerate(scenario.stations):
        if station.id not in known:
            continue
        s = known[station.id]
        table = problem.table(s)
        ticks = table.out[s, nodes] + table.task[nodes] + table.back[nodes, s]
        led_to[k] = ticks.min() < FAR
        if led_to[k] and scenario.terrain is None:
            model = scenario.model(station.model)
            needed[k] = ticks.min() / TICKS_PER_S + overhead_s(scenario, model)
    return needed, led_to
