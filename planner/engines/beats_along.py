"""
Take along on beats what is due at other hours.

In the evening a school is left out of the sorties that fly past it: what a market
asks for takes its place. Beats that stand are kept, with the time of each stop that
is due all day; what fits nowhere gets beats of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.engines.assess import free_drones
from planner.engines.beats import (
    NEARLY_WHOLE,
    lists_of,
    nothing,
    opened,
    search,
    unfolded,
    world_of,
)
from planner.engines.beats_insert import measure
from planner.engines.beats_kinds import Kind, kinds_of
from planner.engines.beats_world import DEEPEST, LISTS
from planner.engines.piece import Effort, Piece
from planner.engines.shares import shares_left
from planner.problem import TICKS_PER_S, Column, Problem, make_column

Lists = list[list[int]]


@dataclass(frozen=True, slots=True)
class _Host:
    """
    A beat that stays, and what it leaves out at the hours in question.

    Parameters
    ----------
    lists
        Nodes of each list of the beat, see `planner.engines.beats_kernel`.
    away
        Nodes that are left out then.
    """

    column: Column
    kind: Kind
    lists: Lists
    away: frozenset[int]

    def staying(self, q: int) -> list[int]:
        """Return the nodes of a list that are flown then."""
        return [n for n in self.lists[q] if n not in self.away]


def take_along(
    problem: Problem, columns: Sequence[Column], targets: Sequence[int], effort: Effort
) -> list[Column]:
    """
    Return routes that serve more targets, as many as there is room and drones for.

    Parameters
    ----------
    targets
        On none of the routes yet.
    """
    stations = tuple(range(len(problem.stations)))
    piece = Piece(
        stations=stations,
        targets=tuple(targets),
        drones=tuple(problem.free(s) for s in stations),
        supplies=shares_left(problem, columns, stations, targets),
    )
    hosts = _hosts(problem, columns, targets)
    new = kinds_of(problem, piece)
    own = np.flatnonzero(np.isin(problem.node_target, piece.targets))
    reached: dict[int, int] = {}
    landed = [_reached(problem, host, reached) for host in hosts]
    nodes = np.concatenate([own, np.array(list(reached), dtype=np.int64)])
    kinds = [*new, *(host.kind for host in hosts)]
    world = world_of(problem, piece, kinds, nodes, reached, landed)
    for k, host in enumerate(hosts, start=len(new)):
        # No longer than its drones have time for; as long as it is, it may stay.
        s = host.column.station
        world.longest[s, k] = max(world.longest[s, k], host.column.duration)
        own_depth = (len(host.column.tails) or 1).bit_length() - 1
        world.depth[k] = max(world.depth[k], own_depth)
    state = nothing(world)
    index = {n: i for i, n in enumerate(nodes.tolist())}
    for b, host in enumerate(hosts):
        state.kind[b], state.station[b] = len(new) + b, host.column.station
        for q in range(LISTS):
            stay = [index[n] for n in host.staying(q)]
            state.stops[b, q, : len(stay)], state.length[b, q] = stay, len(stay)
        measure(world, state, b)
    needed = np.isin(np.arange(len(problem.targets)), targets)
    for s, free in free_drones(problem, columns, needed).items():
        state.used[s] = world.drones[s] - math.floor(free + NEARLY_WHOLE)
    best = search(world, state, effort)
    taken = {
        host.column: _with(problem, host, lists_of(best, b, nodes))
        for b, host in enumerate(hosts)
    }
    return [
        *(taken.get(column, column) for column in columns),
        *opened(problem, piece, new, nodes, best),
    ]


def _hosts(
    problem: Problem, columns: Sequence[Column], targets: Sequence[int]
) -> list[_Host]:
    """Return the routes that may take targets along, as beats that share no target."""
    hosts: list[_Host] = []
    done: set[int] = set()
    for column in columns:
        host = _host(problem, column, targets)
        mine = set(column.targets(problem))
        if host is not None and not mine & done:
            hosts.append(host)
            done |= mine
    return hosts


def _host(problem: Problem, column: Column, targets: Sequence[int]) -> _Host | None:
    """Return a route as a beat that may take targets along, None if it cannot."""
    lists = folded(column.nodes, column.tails)
    always = any(problem.is_all_day(int(problem.node_target[n])) for n in column.nodes)
    if lists is None or not always:
        return None
    windows = [span for t in targets for span in problem.targets[t].windows]
    away = frozenset(
        n
        for nodes in lists
        for n in nodes
        if not any(
            mine[0] < span[1] and span[0] < mine[1]
            for mine in problem.targets[problem.node_target[n]].windows
            for span in windows
        )
    )
    duration_s = column.duration / TICKS_PER_S
    busy_s = duration_s + problem.turnaround_s(column.station, duration_s)
    all_day = ((0.0, problem.horizon.length_s),)
    kind = Kind(all_day, column.headway_s, math.ceil(busy_s / column.headway_s - 1e-9))
    return _Host(column, kind, lists, away)


def folded(stops: Sequence[int], tails: Sequence[Sequence[int]]) -> Lists | None:
    """
    Return the lists of a beat that flies stops and, in turn, tails; None if none does.

    What all sorties of a turn have in common at their start is flown on all of them.
    """
    rest = [list(tail) for tail in tails] or [[]]
    depth = len(rest).bit_length() - 1
    if len(rest) != 1 << depth or depth > DEEPEST:
        return None
    lists: Lists = [[] for _ in range(LISTS)]
    lists[0] = list(stops)
    for level in range(1, depth + 1):
        for turn in range(1 << level):
            mine = rest[turn :: 1 << level]
            shared = 0
            while all(len(m) > shared and m[shared] == mine[0][shared] for m in mine):
                shared += 1
            lists[(1 << level) - 1 + turn] = mine[0][:shared]
            for tail in mine:
                del tail[:shared]
    return lists


def _reached(problem: Problem, host: _Host, reached: dict[int, int]) -> list[int]:
    """
    Note when each node that stays is reached; return the same of each landing.

    In ticks after the node before that stays, by way of those left out.
    """
    table, station = problem.table(host.column.station), host.column.station
    landed = []
    for turn in range(1 << DEEPEST):
        since, before = 0, -1
        for level in range(DEEPEST + 1):
            for node in host.lists[(1 << level) - 1 + turn % (1 << level)]:
                since += int(
                    table.out[station, node]
                    if before < 0
                    else table.travel[before, node]
                )
                if node not in host.away:
                    reached[node], since = since, -int(table.task[node])
                since += int(table.task[node])
                before = node
        landed.append(since + int(table.back[before, station]))
    return landed


def _with(problem: Problem, host: _Host, lists: Lists) -> Column:
    """Return the route of a beat with what it takes along, and what it leaves out."""
    whole: Lists = []
    for before, after in zip(host.lists, lists, strict=True):
        merged: list[int] = []
        old = list(before)
        for node in after:
            if node in before:
                place = old.index(node)
                merged += old[:place]
                del old[: place + 1]
            merged.append(node)
        whole.append(merged + old)
    if whole == host.lists:
        return host.column
    ((headway_s, stops, tails),) = unfolded(whole, 0, 0, host.column.headway_s)
    return make_column(problem, host.column.station, headway_s, stops, tails)
