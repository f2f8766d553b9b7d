"""
Pick the best set of routes among all that any engine has seen.

Set covering with a variable a zone and a whole number of drones a station, by
CP-SAT: one worker and deterministic time, so that it repeats.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.engines.assess import active, regimes
from planner.prices import day_share, price
from planner.problem import Column, Problem, make_column

_LOAD_UNITS = 1000
_FILL = 0.98
"""Share of a whole drone that is counted on: clocks do not pack perfectly."""


def recombine(
    problem: Problem,
    pool: Sequence[Column],
    current: Sequence[Column],
    deterministic_time: float,
) -> list[Column]:
    """
    Return the best selection from a pool and the current routes.

    Every target is on one route; where the selection has it on two, it stays
    where it costs least.
    """
    from ortools.sat.python import cp_model

    columns = sorted(
        {*pool, *current}, key=lambda c: (c.station, c.headway_s, c.chains())
    )
    now_used = set(current)
    model = cp_model.CpModel()
    use = [model.new_bool_var(f"r{i}") for i in range(len(columns))]
    on: list[list[cp_model.IntVar]] = [[] for _ in problem.targets]
    members = [c.targets(problem) for c in columns]
    for i, targets in enumerate(members):
        for t in targets:
            on[t].append(use[i])
    zones = sorted({z for t in problem.targets for z in t.zones})
    served = {z: model.new_bool_var(f"z{z}") for z in zones}
    for t, target in enumerate(problem.targets):
        for zone in target.zones:
            model.add_bool_or([*on[t], served[zone].negated()])
    loads = [round(c.load(problem) * _LOAD_UNITS) for c in columns]
    busiest = problem.busiest
    periods = [(p, active(problem, p)) for p in regimes(problem)]
    drones = []
    for s in range(len(problem.stations)):
        limit = problem.drones(s)
        whole = model.new_int_var(0, limit, f"d{s}")
        drones.append(whole)
        for period, now in periods:
            terms = [
                loads[i] * use[i]
                for i, c in enumerate(columns)
                if c.station == s and now[list(members[i])].any()
            ]
            rush = period[0] < busiest[1] and busiest[0] < period[1]
            top = int(_FILL * _LOAD_UNITS)
            model.add(sum(terms) <= (top * whole if rush else top * limit))
    priority = problem.priorities
    total = sum(problem.drones(s) for s in range(len(problem.stations))) + 1
    model.minimize(
        sum(
            round(priority[z] * 100 * total * _LOAD_UNITS) * served[z].negated()
            for z in zones
        )
        + sum(round(problem.objective.drone * _LOAD_UNITS) * d for d in drones)
        + sum(
            round(price(problem, c) * _LOAD_UNITS) * use[i]
            for i, c in enumerate(columns)
        )
    )
    for i, column in enumerate(columns):
        model.add_hint(use[i], column in now_used)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = deterministic_time
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return list(current)
    chosen = [c for i, c in enumerate(columns) if solver.boolean_value(use[i])]
    return without_repeats(problem, chosen)


def without_repeats(problem: Problem, columns: Sequence[Column]) -> list[Column]:
    """Return routes with every target on one of them, where it costs least."""
    chains = [list(c.nodes) for c in columns]
    places: dict[int, list[int]] = {}
    for i, column in enumerate(columns):
        for t in column.targets(problem):
            places.setdefault(t, []).append(i)
    for target, routes in sorted(places.items()):
        # Routes that alternate stay as they are.
        alternating = [i for i in routes if columns[i].tails]
        routes = [i for i in routes if not columns[i].tails]
        if len(routes) + len(alternating) < 2:
            continue
        keep = -1
        if not alternating:
            costs = [_saved(problem, columns[i], chains[i], target) for i in routes]
            keep = routes[int(np.argmin(costs))]
        for i in routes:
            if i != keep:
                chains[i] = [n for n in chains[i] if problem.node_target[n] != target]
    return [
        make_column(problem, c.station, c.headway_s, chain)
        if len(chain) < len(c.nodes)
        else c
        for c, chain in zip(columns, chains, strict=True)
        if chain
    ]


def _saved(problem: Problem, column: Column, chain: list[int], target: int) -> float:
    """Return what is saved by taking a target off a route, as a price."""
    rest = [n for n in chain if problem.node_target[n] != target]
    before = problem.duration(column.station, chain)
    after = problem.duration(column.station, rest) if rest else 0
    windows = [w for t in column.targets(problem) for w in problem.targets[t].windows]
    return day_share(problem, windows) * (before - after) / column.headway_s
