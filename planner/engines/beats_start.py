"""Turn routes back into beats, so that a search may start from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.engines.beats_insert import measure
from planner.engines.beats_world import (
    ABSENT,
    DEEPEST,
    DRONES,
    LIMIT,
    LONGEST_LIST,
    SINCE,
    State,
    World,
)
from planner.problem import Column, Problem


def start_from(
    problem: Problem,
    world: World,
    state: State,
    columns: Sequence[Column],
    *,
    stations: Sequence[int],
    nodes: np.ndarray,
    headways_s: Sequence[float],
) -> None:
    """
    Put routes into a state without beats, as far as they fit.

    Routes that come every other time share a beat where they can. The search may
    then use no more drones than they take.

    Parameters
    ----------
    stations, nodes
        Of the world, as indices within the problem.
    headways_s
        Of each kind of beat.
    """
    local = {int(n): i for i, n in enumerate(nodes)}
    taken: dict[int, int] = {}
    for column in sorted(columns, key=lambda c: (c.station, c.headway_s, c.chains())):
        if column.station not in stations:
            continue
        chains = [[local[n] for n in c if n in local] for c in column.chains()]
        s = stations.index(column.station)
        kind, level = _kind_of(world, s, column, chains, headways_s)
        if kind >= 0:
            b, turn = _free_turn(world, state, s, kind, level, taken)
            if b >= 0:
                _fill(world, state, b, level, turn, chains)
    out = np.flatnonzero(state.beat < 0)
    state.absent[: len(out)] = out
    state.counts[ABSENT], state.counts[SINCE] = len(out), 0
    state.counts[DRONES] = state.counts[LIMIT] = state.used.sum()


def _kind_of(
    world: World,
    s: int,
    column: Column,
    chains: Sequence[Sequence[int]],
    headways_s: Sequence[float],
) -> tuple[int, int]:
    """Return the kind of beat that takes most of a route, and its level; -1 if none."""
    targets = list({int(world.target[n]) for chain in chains for n in chain})
    options = []
    for kind, headway_s in enumerate(headways_s):
        for level in range(int(world.depth[kind]) + 1):
            if column.headway_s == headway_s * 2**level:
                placed = int((world.level[kind, targets] >= level).sum())
                late = int(column.duration > world.longest[s, kind])
                crew = int(world.crew[kind])
                options.append((-placed, late, crew, level, kind))
    if not options or not min(options)[0]:
        return -1, 0
    *_, level, kind = min(options)
    return kind, level


def _free_turn(
    world: World, state: State, s: int, kind: int, level: int, taken: dict[int, int]
) -> tuple[int, int]:
    """Return a beat and a turn of it that is free; a new beat if need be, or -1."""
    every = sum(1 << k for k in range(0, 2**DEEPEST, 2**level))
    for b, used in taken.items():
        if (state.station[b], state.kind[b]) == (s, kind):
            for turn in range(2**level):
                if not used & (every << turn):
                    taken[b] = used | (every << turn)
                    return b, turn
    if state.used[s] + world.crew[kind] > world.drones[s]:
        return -1, 0
    if state.taken[s] + world.takes[s, kind] > world.supply[s]:
        return -1, 0
    b = len(taken)
    taken[b] = every
    state.kind[b], state.station[b] = kind, s
    state.used[s] += world.crew[kind]
    state.taken[s] += world.takes[s, kind]
    return b, 0


def _fill(
    world: World,
    state: State,
    b: int,
    level: int,
    turn: int,
    chains: Sequence[Sequence[int]],
) -> None:
    """Put the stops of a route on their lists; those out of time are left out."""
    kind = state.kind[b]
    for k in range(turn, 2**DEEPEST, 2**level):
        for node in chains[(k >> level) % len(chains)]:
            t = world.target[node]
            own = int(world.level[kind, t])
            q = 2**own - 1 + k % 2**own if own >= level else 0
            count = state.length[b, q]
            if own < level or state.beat[t] >= 0 or count == LONGEST_LIST:
                continue
            state.stops[b, q, count] = node
            state.length[b, q] += 1
            state.beat[t], state.list[t] = b, q
            measure(world, state, b)
            if state.worst[b, q] > world.longest[state.station[b], kind]:
                state.length[b, q] -= 1
                state.beat[t] = -1
                measure(world, state, b)
