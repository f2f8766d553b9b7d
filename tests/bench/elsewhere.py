"""
Tell what landing elsewhere could save on a scenario, what was tried, and what is kept.

Run it from the project's folder: ``python tests/bench/elsewhere.py [SCENARIO]
[--iterations 1 | --seconds 60]``. Each independent part of the city has a line: drones
at work until the end of the busiest period, and how many it would take at least if a
drone could take off from any of its stations once it is ready, the same routes at any
clocks they may have (a linear programme: a share for each phase of each route).
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

import planner
import seeds
from planner.elsewhere import rings, trade
from planner.elsewhere.clocks import exchange_clock
from planner.elsewhere.state import packed
from planner.elsewhere.trade import exchanged
from planner.planning import finishing
from planner.timetable.making import settled
from planner.timetable.rhythm import Rhythm

STEP_S = 60


def main() -> None:
    """Print a line a part, and counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("scenario", nargs="?", default=str(seeds.path("yancheng")))
    parser.add_argument("--iterations", type=int, default=1)
    parser.add_argument("--seconds", type=float)
    asked = parser.parse_args()
    scenario = planner.read_scenario(asked.scenario)
    rules = replace(scenario.rules, land_elsewhere=True)
    budget = planner.Budget(iterations=asked.iterations)
    if asked.seconds is not None:
        budget = planner.Budget(seconds=asked.seconds)
    with patch.object(finishing, "land_elsewhere", told):
        plan = planner.plan_routes(replace(scenario, rules=rules), budget=budget)
    peak, hours = (plan.metrics[name] for name in ("drones_peak", "flight_hours"))
    print(f"plan: {peak} drones, {hours:.1f} flight hours, ", end="")
    print(f"{sum(bool(route.ends_at) for route in plan.routes)} routes end elsewhere")


def told(
    scenario: Any,
    drafts: Any,
    table: Any,
    tradable: Any,
    problems: Any,
    *rest: Any,
    **ends: Any,
) -> Any:
    """Print what could be saved, and return what `land_elsewhere` does."""
    flying = [settled(scenario, draft) for draft in drafts]
    state = rings._stated(scenario, flying, table)
    until_s = math.ceil(scenario.busiest_period()[1])
    counts: Counter[str] = Counter()
    print("stations  routes  at work  at least")
    for part, problem in enumerate(problems):
        own: dict[int, list[Any]] = {}
        for route in tradable:
            if route.part == part:
                own.setdefault(route.column.station, []).append(route)
        names = {problem.stations[s].id for s in own}
        ours = [r for n, r in state.rhythms.items() if state.drafts[n].depot in names]
        busy = sum(packed(state, name) for name in names)
        least = at_least(ours, until_s) if ours else 0
        print(f"{len(names):8d}  {len(ours):6d}  {busy:7d}  {least:8d}")
        counts["at work"] += busy
        counts["at least"] += least
        for stations in rings.rings_near(problem, sorted(own), rings._NEIGHBOURS):
            counts[f"rings of {len(stations)}"] += 1
    trials = rings._trials(state, tradable, problems)
    counts["exchanges drawn"] = len(trials)
    counts["with a drone to spare"] = sum(t.spare >= 1 for t in trials)
    counts["a minute shorter"] = sum(
        rings._saved_s(t.exchange) >= rings._LEAST_SAVED_S for t in trials
    )

    def counted(*args: Any, **options: Any) -> Any:
        found = exchanged(*args, **options)
        counts["tried"] += 1
        counts["kept"] += found is not None
        return found

    def clocked(*args: Any, **options: Any) -> Any:
        found = exchange_clock(*args, **options)
        counts["clocks sought"] += 1
        counts["clocks found"] += found is not None
        return found

    with (
        patch.object(rings, "exchanged", counted),
        patch.object(trade, "exchange_clock", clocked),
    ):
        better = rings.land_elsewhere(
            scenario, drafts, table, tradable, problems, *rest, **ends
        )
    for name, count in counts.items():
        print(f"{name}: {count}")
    return better


def at_least(rhythms: Sequence[Rhythm], until_s: int) -> int:
    """Return how many drones routes keep busy at once at least, whatever the phases."""
    times_s = np.arange(0, until_s + 1, STEP_S)
    busy, owner = [], []
    for n, r in enumerate(rhythms):
        phases_s = np.flatnonzero(r.allowed)[:, None]
        count = np.zeros((len(phases_s), len(times_s)))
        for k in range(until_s // r.headway_s + 1):
            takeoff_s = phases_s + k * r.headway_s
            flies = np.any([(takeoff_s >= a) & (takeoff_s <= b) for a, b in r.flown], 0)
            count += flies & (times_s >= takeoff_s) & (times_s < takeoff_s + r.busy_s)
        busy.append(np.unique(count, axis=0))
        owner += [n] * len(busy[-1])
    shares = len(owner)
    ones = np.ones((len(times_s), 1))
    found = linprog(
        np.append(np.zeros(shares), 1),
        A_ub=csr_array(np.hstack([np.vstack(busy).T, -ones])),
        b_ub=np.zeros(len(times_s)),
        A_eq=csr_array(
            (np.ones(shares), (owner, range(shares))), (len(rhythms), shares + 1)
        ),
        b_eq=np.ones(len(rhythms)),
    )
    return math.ceil(float(found.fun) - 1e-6)


if __name__ == "__main__":
    main()
