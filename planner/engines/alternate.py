"""
Fill routes with what is due less often, one tail a sortie in turn.

A route that has to fly every hour leaves time at its end. Where its drones have
no hour to spare for another route, what is due every four hours still fits: a
quarter of it at the end of each sortie. The stops that every sortie makes come
first, so that they keep their rhythm.
"""

from __future__ import annotations

from collections.abc import Sequence

from planner.problem import Column, Problem, beat, make_column

_MOST_TAILS = 8


def fill_in_turn(
    problem: Problem, columns: Sequence[Column], missing: Sequence[int]
) -> list[Column]:
    """
    Return routes that take missing targets along in turn, as far as they can.

    Only targets that are due all day, and routes that have a beat, see
    `planner.problem.beat`: a tail is flown once in ``n`` sorties, whatever the
    time of day.

    Parameters
    ----------
    missing
        Targets on no route.
    """
    routes = pressed(problem, columns)
    todo = [t for t in missing if problem.is_all_day(t)]
    # The longest on task first; small ones find a place later.
    todo.sort(key=lambda t: (-_least_task(problem, t), t))
    for target in todo:
        options = [
            (option[0], k, option[1])
            for k, column in enumerate(routes)
            if (option := _cheapest(problem, column, target)) is not None
        ]
        if options:
            _, k, changed = min(options, key=lambda o: o[:2])
            routes[k] = changed
    return routes


def pressed(problem: Problem, columns: Sequence[Column]) -> list[Column]:
    """
    Return routes with the stops of the shortest moved into others, as they fit.

    At each station, between routes of one headway: what is left of the shortest
    route leaves most room for tails.
    """
    routes = list(columns)
    for station, headway in sorted({(c.station, c.headway_s) for c in columns}):
        mates = [
            k
            for k, c in enumerate(routes)
            if (c.station, c.headway_s) == (station, headway) and not c.tails
        ]
        if len(mates) < 2:
            continue
        shortest = min(mates, key=lambda k: (routes[k].duration, k))
        others = [k for k in mates if k != shortest]
        while (move := _cheapest_move(problem, routes, shortest, others)) is not None:
            _, left, k, longer = move
            routes[shortest], routes[k] = left, longer
    return routes


def _cheapest_move(
    problem: Problem, routes: Sequence[Column], giver: int, others: Sequence[int]
) -> tuple[int, Column, int, Column] | None:
    """Return the cheapest move of a stop to another route: (ticks, left, k, longer)."""
    best: tuple[int, Column, int, Column] | None = None
    giving = routes[giver]
    for i, node in enumerate(giving.nodes):
        rest = giving.nodes[:i] + giving.nodes[i + 1 :]
        if not rest:
            continue
        left = make_column(problem, giving.station, giving.headway_s, rest)
        if beat(problem, giving) is not None and beat(problem, left) is None:
            continue
        for k in others:
            taking = routes[k]
            if problem.node_target[node] in taking.targets(problem):
                continue
            limit = problem.longest(taking.station, taking.headway_s)
            for place in range(len(taking.nodes) + 1):
                chain = (*taking.nodes[:place], node, *taking.nodes[place:])
                longer = make_column(problem, taking.station, taking.headway_s, chain)
                cost = longer.duration - taking.duration
                if longer.duration <= limit and (best is None or cost < best[0]):
                    best = (cost, left, k, longer)
    return best


def _least_task(problem: Problem, target: int) -> int:
    nodes = problem.nodes_of(target)
    return min(int(table.task[nodes].min()) for table in problem.tables.values())


def _cheapest(
    problem: Problem, column: Column, target: int
) -> tuple[int, Column] | None:
    """Return the change of a route that takes a target along: (ticks, route)."""
    count = _rounds(problem, column, target)
    if count is None:
        return None
    tails = column.tails or ((),) * count
    limit = problem.longest(column.station, column.headway_s)
    best: tuple[int, Column] | None = None
    for i, tail in enumerate(tails):
        before = problem.duration(column.station, column.nodes + tail)
        others = {n for k, other in enumerate(tails) if k != i for n in other}
        # What other sorties fly too keeps its place, or it would come out of step.
        first = max((k + 1 for k, n in enumerate(tail) if n in others), default=0)
        for node in problem.nodes_of(target):
            for place in range(first, len(tail) + 1):
                longer = (*tail[:place], int(node), *tail[place:])
                after = problem.duration(column.station, column.nodes + longer)
                if after <= limit and (best is None or after - before < best[0]):
                    changed = (*tails[:i], longer, *tails[i + 1 :])
                    best = (
                        after - before,
                        make_column(
                            problem,
                            column.station,
                            column.headway_s,
                            column.nodes,
                            changed,
                        ),
                    )
    return best


def _rounds(problem: Problem, column: Column, target: int) -> int | None:
    """Return after how many sorties a tail with the target may come again."""
    ratio = problem.targets[target].revisit_s / column.headway_s
    if column.tails:
        return len(column.tails) if ratio >= len(column.tails) else None
    count = min(int(ratio), _MOST_TAILS)
    while count > 1 and problem.horizon.length_s % (count * column.headway_s):
        count -= 1
    return count if count > 1 and beat(problem, column) is not None else None
