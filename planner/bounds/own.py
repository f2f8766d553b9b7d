"""Count the drones that a plan itself would need to go on for ever."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from planner.bounds.work import Part
from planner.flown.tracks import FlownRoute, pools_of
from planner.given.stamina import turnaround_after_s
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
    due then, and those that the plan has at work; stations whose routes end at each
    other have theirs together. A route that flies less often
    than its stops are due, because the period is short, would have to fly oftener.
    """
    interval_s = {d.target: d.interval_s for part in parts for d in part.duties}
    clocks: dict[tuple[str, float, float], list[FlownRoute]] = defaultdict(list)
    for flown in routes:
        # Routes with one clock are flown instead of each other: of those, once.
        route = flown.route
        clocks[route.depot, route.headway_s, route.phase_s].append(flown)
    due = [
        (mine, {s.target for f in mine for s in f.route.stops} & interval_s.keys())
        for mine in clocks.values()
    ]
    pool = pools_of(routes)
    rate: dict[str, float] = defaultdict(float)
    for mine, targets in due:
        for target in targets:
            rate[target] += 1 / mine[0].route.headway_s
    load: dict[str, float] = defaultdict(float)
    for mine, targets in due:
        if targets:
            one = mine[0]
            oftener = max(1.0, *(1 / (interval_s[t] * rate[t]) for t in targets))
            longest_s = max(flown.route.duration_s for flown in mine)
            busy_s = longest_s + turnaround_after_s(
                one.model, longest_s, scenario.rules.ceiling_m
            )
            load[pool[one.station.id]] += oftener * busy_s / one.route.headway_s
    peak: Counter[str] = Counter()
    for name, count in drones_at_work(plan, scenario.busiest_period()).items():
        peak[pool.get(name, name)] += count
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
