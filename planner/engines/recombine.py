"""
Pick the best set of routes among all that any engine has seen.

Set covering with a variable a zone and a whole number of drones a station, see
`planner.engines.selection`. The linear relaxation comes first; what its reduced
costs show to be in no better set than the routes at hand is left out of the search
for whole routes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.engines.piece import Effort
from planner.engines.prices import day_share
from planner.engines.selection import Covering, fits, in_order
from planner.problem import Column, Problem, beat, make_column

_RELAXED_SHARE = 0.4
_MOST_WHOLE = 800
_MOST_UNTIMED = 300
_HOPELESS = 0.0005
"""What parts of routes leave out, in drones a target of the whole, from which on a
search is in vain: the more targets, the less complete is what was seen."""

_NODES = 5
"""Of the whole-number search where no clock is read; routes, too, are fewer then."""

_NO_LIMIT = 2**31 - 1


def recombine(
    problem: Problem,
    pool: Sequence[Column],
    current: Sequence[Column],
    effort: Effort,
) -> list[Column]:
    """
    Return the best selection from a pool and the current routes.

    Never one that is worse than these, as far as they fit whole drones. Every target
    is on one route; where the selection has it on two, it stays where it saves most,
    unless a sortie would lose its rhythm.
    """
    now = list(current) if fits(problem, current) else []
    columns = in_order({*pool, *current})
    if not columns:
        return list(current)
    seconds = effort.seconds
    relaxed = Covering(problem, columns, by_zone=True).relaxed(
        seconds=None if seconds is None else _RELAXED_SHARE * seconds
    )
    if relaxed is None:
        return list(current)
    spare = cost(problem, now) - relaxed.cost
    order = np.argsort(relaxed.reduced, kind="stable")
    order = order[relaxed.reduced[order] <= spare + 1e-6]
    most = _MOST_UNTIMED if seconds is None else _MOST_WHOLE
    chosen = {*now, *(columns[i] for i in order[:most])}
    found = Covering(problem, in_order(chosen), by_zone=True).whole(
        now,
        seconds=None if seconds is None else (1 - _RELAXED_SHARE) * seconds,
        nodes=_NODES if seconds is None else _NO_LIMIT,
    )
    if found is None:
        return list(current)
    options = [without_repeats(problem, found), *([now] if now else [])]
    return min(options, key=lambda each: cost(problem, each))


def bold_choice(
    problem: Problem,
    pool: Sequence[Column],
    most_drones: int,
    effort: Effort,
) -> list[Column]:
    """
    Return routes that serve as much as they can with so few drones.

    What they leave out is for an engine to find room for; none where that is
    hopeless.
    """
    covering = Covering(
        problem,
        in_order(set(pool)),
        by_zone=False,
        most_drones=most_drones,
        seed=effort.seed,
    )
    found = covering.dive(
        seconds=effort.seconds, most_left_out=_HOPELESS * len(problem.targets)
    )
    return without_repeats(problem, found)


def cost(problem: Problem, columns: Sequence[Column]) -> float:
    """Return what a selection is judged by: priority left out before all else."""
    return Covering(problem, columns, by_zone=True).cost(columns)


def without_repeats(problem: Problem, columns: Sequence[Column]) -> list[Column]:
    """Return routes with every target on one of them, off where that saves most."""
    routes = list(columns)
    places: dict[int, list[int]] = {}
    for i, column in enumerate(columns):
        for t in sorted(set(column.targets(problem))):
            places.setdefault(t, []).append(i)
    for target, where in sorted(places.items()):
        while len(where) > 1:
            options = []
            for i in where:
                left = _without(problem, routes[i], target)
                if left is not None:
                    saved = _flying(problem, routes[i])
                    saved -= _flying(problem, left) if left.nodes else 0.0
                    options.append((-saved, i, left))
            if not options:
                break
            _, i, routes[i] = min(options, key=lambda option: option[:2])
            where.remove(i)
    return [column for column in routes if column.nodes]


def _without(problem: Problem, column: Column, target: int) -> Column | None:
    """Return a route without a target, None where the others need it."""

    def rest(nodes: Sequence[int]) -> list[int]:
        return [n for n in nodes if problem.node_target[n] != target]

    nodes, tails = rest(column.nodes), [rest(tail) for tail in column.tails]
    if not any(tails):
        tails = []
    if not nodes:
        return None if tails else Column(column.station, column.headway_s, (), 0)
    left = make_column(problem, column.station, column.headway_s, nodes, tails)
    keeps_beat = beat(problem, left) is not None or beat(problem, column) is None
    return left if not tails or keeps_beat else None


def _flying(problem: Problem, column: Column) -> float:
    """Return what a route flies, as a price."""
    chains = column.chains()
    windows = [w for t in column.targets(problem) for w in problem.targets[t].windows]
    spent = sum(problem.duration(column.station, chain) for chain in chains)
    return day_share(problem, windows) * spent / len(chains) / column.headway_s
