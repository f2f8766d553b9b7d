"""Count the drones that a plan itself would need to go on for ever."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from planner.bounds.work import Part
from planner.flown import FlownRoute
from planner.metrics import drones_at_work
from planner.plan import Plan
from planner.scenario import Scenario


def steady_drones(
    scenario: Scenario,
    plan: Plan,
    routes: Sequence[FlownRoute],
    parts: Sequence[Part],
) -> int:
    """
    Return the drones with which a plan could keep up its busiest period for ever.

    Each station needs whole drones for the load of its routes with a stop that is
    due then, and those that the plan has at work. A route that flies less often
    than its stops are due, because the period is short, would have to fly oftener.
    """
    interval_s = {d.target: d.interval_s for part in parts for d in part.duties}
    rate: dict[str, float] = defaultdict(float)
    due = [
        (flown, {s.target for s in flown.route.stops} & interval_s.keys())
        for flown in routes
    ]
    for flown, targets in due:
        for target in targets:
            rate[target] += 1 / flown.route.headway_s
    load: dict[str, float] = defaultdict(float)
    for flown, targets in due:
        if targets:
            oftener = max(1.0, *(1 / (interval_s[t] * rate[t]) for t in targets))
            busy_s = flown.route.duration_s + flown.model.turnaround_s
            load[flown.station.id] += oftener * busy_s / flown.route.headway_s
    peak = drones_at_work(plan, scenario.busiest_period())
    stations = {*load, *peak}
    return sum(max(math.ceil(load[s] - 1e-6), peak[s]) for s in stations)


def shared_targets(routes: Sequence[FlownRoute], parts: Sequence[Part]) -> int:
    """Return how many targets that are due in the busiest period share routes."""
    due = {d.target for part in parts for d in part.duties}
    on: dict[str, set[str]] = defaultdict(set)
    for flown in routes:
        for stop in flown.route.stops:
            if stop.target in due:
                on[stop.target].add(flown.route.id)
    return sum(len(names) > 1 for names in on.values())
