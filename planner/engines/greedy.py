"""
Route a piece by cheapest insertion into hourly slots: always answers.

A drone flies one sortie an hour (or as long as its longest sortie and turnaround
take), so a route of headway h costs ``slot / h`` drones whatever its length, and
what fits by slots can always be given a timetable.
"""

from __future__ import annotations

import numpy as np

from planner.engines.piece import Effort, Piece
from planner.given.stamina import longest_sortie_s
from planner.problem import (
    FAR,
    TICKS_PER_S,
    Column,
    IntArray,
    Problem,
    make_column,
)

_HOUR_S = 3600.0


def route(problem: Problem, piece: Piece, effort: Effort) -> list[Column]:
    """
    Return routes for a piece; targets for which no slot is left are left out.

    One route after another is filled: first the hardest target that is open,
    then always the one that lengthens the sortie least.
    """
    del effort  # one pass, no choice left to chance
    routes: list[tuple[int, float, list[int]]] = [
        (c.station, c.headway_s, list(c.nodes)) for c in piece.start
    ]
    free = dict(zip(piece.stations, piece.drones, strict=True))
    for station, headway, _ in routes:
        free[station] -= slots(problem, station, headway)
    done = {int(problem.node_target[n]) for _, _, nodes in routes for n in nodes}
    todo = [t for t in _hardest_first(problem, piece) if t not in done]
    given_up: list[int] = []
    while todo:
        seed = todo.pop(0)
        interval = problem.targets[seed].revisit_s
        station, node = _best_station(problem, piece, free, seed)
        if station < 0:
            given_up.append(seed)
            continue
        free[station] -= slots(problem, station, interval)
        chain = [node]
        mates = [t for t in todo if problem.targets[t].revisit_s == interval]
        for target in _fill(problem, station, interval, chain, mates):
            todo.remove(target)
        routes.append((station, interval, chain))
    for station, headway, chain in routes:
        mates = [t for t in given_up if problem.targets[t].revisit_s >= headway]
        for target in _fill(problem, station, headway, chain, mates):
            given_up.remove(target)
    return [make_column(problem, s, h, chain) for s, h, chain in routes]


def slots(problem: Problem, station: int, headway_s: float) -> float:
    """Return the drones that a route takes if each flies one sortie a slot."""
    longest_s = longest_sortie_s(problem.model(station), problem.rules.ceiling_m)
    slot = max(_HOUR_S, longest_s + problem.turnaround_s(station, longest_s))
    return slot / headway_s


def _hardest_first(problem: Problem, piece: Piece) -> list[int]:
    """Return targets by priority, then interval, then distance."""

    def key(target: int) -> tuple[float, float, float, int]:
        info = problem.targets[target]
        priority = max(problem.priorities[z] for z in info.zones)
        nodes = problem.nodes_of(target)
        away = min(int(problem.table(s).out[s, nodes].min()) for s in piece.stations)
        return (-priority, info.revisit_s, -away, target)

    return sorted(piece.targets, key=key)


def _best_station(
    problem: Problem, piece: Piece, free: dict[int, float], target: int
) -> tuple[int, int]:
    """Return the nearest station with a slot left and the node to seed with."""
    interval = problem.targets[target].revisit_s
    nodes = problem.nodes_of(target)
    best = (0.0, -1, -1)
    for station in piece.stations:
        if slots(problem, station, interval) > free[station] + 1e-9:
            continue
        cost, node = _alone(problem, station, interval, nodes)
        if node >= 0 and (best[1] < 0 or cost < best[0]):
            best = (cost, station, node)
    return best[1], best[2]


def _fill(
    problem: Problem, station: int, headway_s: float, chain: list[int], mates: list[int]
) -> list[int]:
    """Insert targets into a route while they fit; return those inserted."""
    table = problem.table(station)
    limit = problem.longest(station, headway_s)
    nodes = np.flatnonzero(np.isin(problem.node_target, mates))
    inserted: list[int] = []
    while len(nodes):
        links = np.asarray(chain)
        before = np.vstack(
            [table.out[station, nodes], table.travel[np.ix_(links, nodes)]]
        )
        after = np.vstack(
            [table.travel[np.ix_(nodes, links)].T, table.back[nodes, station]]
        )
        gone = np.concatenate(
            [
                [table.out[station, links[0]]],
                table.travel[links[:-1], links[1:]],
                [table.back[links[-1], station]],
            ]
        )
        extra = before + after - gone[:, None] + table.task[nodes]
        position, which = np.unravel_index(int(np.argmin(extra)), extra.shape)
        duration = problem.duration(station, chain) + int(extra[position, which])
        if duration > limit:
            break
        node = int(nodes[which])
        chain.insert(int(position), node)
        target = int(problem.node_target[node])
        inserted.append(target)
        nodes = nodes[problem.node_target[nodes] != target]
    return inserted


def _alone(
    problem: Problem, station: int, headway_s: float, nodes: IntArray
) -> tuple[float, int]:
    """Return the cheapest route of one target: (drones, node), or node -1."""
    table = problem.table(station)
    times = table.out[station, nodes] + table.task[nodes] + table.back[nodes, station]
    which = int(np.argmin(times))
    duration = int(times[which]) + table.overhead
    if duration > problem.longest(station, headway_s) or duration >= FAR:
        return (0.0, -1)
    turnaround = problem.turnaround_s(station, duration / TICKS_PER_S) * TICKS_PER_S
    return ((duration + turnaround) / headway_s, int(nodes[which]))
