"""
Where a target costs least on beats: the compiled insertion of the search.

What is known of a target on a beat stays known for as long as the beat stays as it
is, see `Known`: most beats do from one change to the next, and come back as they were
where a change is undone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from planner.compiled import kernel
from planner.dice import chance
from planner.engines.beats_world import (
    DRONES,
    LIMIT,
    LONGEST_LIST,
    Floats,
    Ints,
    State,
    World,
)

_BLINK = 0.01
_NEVER = 1e18


class Known(NamedTuple):
    """
    The cheapest place of each target on each beat, shapes (t, b), and some room.

    Parameters
    ----------
    version
        Of the beat when this was found; anything else is out of date.
    cost
        Flying time a second; beyond all costs where there is no place.
    node, list, place
        Which node of the target goes where.
    last
        Version given last, shape (1,).
    rank, touched
        Room for an order of targets, and for which beats have changed.
    every
        That all have.
    """

    version: Ints
    cost: Floats
    node: Ints
    list: Ints
    place: Ints
    last: Ints
    rank: Floats
    touched: Ints
    every: Ints


def nothing_known(world: World, state: State) -> Known:
    """Return that no place is known yet; give every beat a version."""
    shape = len(world.first), len(state.kind)
    state.version[:] = np.arange(len(state.version))
    return Known(
        version=np.full(shape, -1, dtype=np.int64),
        cost=np.zeros(shape),
        node=np.zeros(shape, dtype=np.int64),
        list=np.zeros(shape, dtype=np.int64),
        place=np.zeros(shape, dtype=np.int64),
        last=np.array([len(state.version)]),
        rank=np.zeros(len(world.first)),
        touched=np.zeros(len(state.kind), dtype=np.bool_),
        every=np.ones(len(state.kind), dtype=np.bool_),
    )


@kernel
def measure_anew(world: Any, state: Any, known: Any, b: Any) -> Any:
    """Compute the sorties of a beat that has changed; what was known of it is old."""
    measure(world, state, b)
    known.last[0] += 1
    state.version[b] = known.last[0]


@kernel
def _list_of(level: Any, turn: Any) -> Any:
    return (1 << level) - 1 + (turn & ((1 << level) - 1))


@kernel
def measure(world: Any, state: Any, b: Any) -> Any:
    """Compute the sorties of a beat anew."""
    s, kind = state.station[b], state.kind[b]
    m, depth = world.model[s], world.depth[kind]
    travel, task = world.travel[m], world.task[m]
    out, back, overhead = world.out[s], world.back[s], world.overhead[s]
    stops, length = state.stops[b], state.length[b]
    worst, sortie = state.worst[b], state.sortie[b]
    stays = kind >= world.new_kinds
    worst[:] = 0
    for k in range(1 << depth):
        duration, before, since = overhead, -1, 0
        for level in range(depth + 1):
            q = _list_of(level, k)
            for p in range(length[q]):
                node = stops[q, p]
                leg = out[node] if before < 0 else travel[before, node]
                duration += leg
                since += leg
                if stays and world.target[node] < 0:
                    spare = max(0, world.reached[node] - since)
                    duration += spare
                    _note_spare(world, state, b, q, p, spare)
                    since = -task[node]
                duration += task[node]
                since += task[node]
                before = node
            if stays:
                _note_spare(world, state, b, q, length[q], 0)
        if before >= 0:
            duration += back[before]
            since += back[before]
        if stays:
            state.idle[b, k] = max(0, world.landed[b, k] - since)
            duration += state.idle[b, k]
        sortie[k] = duration
        for level in range(depth + 1):
            q = _list_of(level, k)
            worst[q] = max(worst[q], duration)


@kernel
def _note_spare(world: Any, state: Any, b: Any, q: Any, p: Any, spare: Any) -> Any:
    """Note what is spare before a place of a list, back to the node that stays."""
    if p < LONGEST_LIST:
        state.spare[b, q, p] = spare
    while p > 0 and world.target[state.stops[b, q, p - 1]] >= 0:
        p -= 1
        state.spare[b, q, p] = spare


@kernel
def _last_above(stops: Any, length: Any, level: Any, turn: Any) -> Any:
    """Return the last stop before a list of a beat, -1 for the station."""
    for above in range(level - 1, -1, -1):
        q = _list_of(above, turn)
        if length[q] > 0:
            return stops[q, length[q] - 1]
    return -1


@kernel
def _list_below(length: Any, level: Any, turn: Any, depth: Any) -> Any:
    """Return the list of the first stop after one on a sortie, -1 for the station."""
    for deeper in range(level + 1, depth + 1):
        q = _list_of(deeper, turn)
        if length[q] > 0:
            return q
    return -1


@kernel
def _look(world: Any, state: Any, known: Any, t: Any, b: Any) -> Any:
    """Find the cheapest place of a target on a beat."""
    known.version[t, b] = state.version[b]
    known.cost[t, b] = _NEVER
    s, kind = state.station[b], state.kind[b]
    level = world.level[kind, t]
    if level < 0 or not _is_in(world.near_stations[t], s):
        return
    # What the loops below touch is taken out of the tuples once: to pass these on, or
    # to reach into them, takes longer than the rest.
    m, depth, longest = world.model[s], world.depth[kind], world.longest[s, kind]
    stops, length, worst = state.stops[b], state.length[b], state.worst[b]
    sortie, spare, idle = state.sortie[b], state.spare[b], state.idle[b]
    travel, out, back = world.travel[m], world.out[s], world.back[s]
    stays = kind >= world.new_kinds
    allowed = world.turns[kind, t]
    turns = 1 << level
    share = 1.0 / (turns * world.headway[kind])
    best, chosen, found, place = _NEVER, -1, -1, -1
    for node in range(world.first[t], world.last[t]):
        onward = travel[node]
        task = world.task[m, node]
        for turn in range(turns):
            q = turns - 1 + turn
            count = length[q]
            if not (allowed >> turn) & 1 or count == LONGEST_LIST:
                continue
            room = longest - worst[q]
            before = _last_above(stops, length, level, turn)
            for p in range(count):
                after = stops[q, p]
                if before < 0:
                    extra = out[node] + task + onward[after] - out[after]
                else:
                    extra = travel[before, node] + task + onward[after]
                    extra -= travel[before, after]
                if stays:
                    extra = max(0, extra - spare[q, p])
                if extra <= room and extra * share < best:
                    best, chosen, found, place = extra * share, node, q, p
                before = after
            there = task + (out[node] if before < 0 else travel[before, node])
            total, sorties, fits = 0, 0, True
            for k in range(turn, 1 << depth, turns):
                lower = _list_below(length, level, k, depth)
                if lower < 0:
                    gone = 0 if before < 0 else back[before]
                    extra = there + back[node] - gone
                    if stays:
                        extra = max(0, extra - idle[k])
                else:
                    after = stops[lower, 0]
                    gone = out[after] if before < 0 else travel[before, after]
                    extra = there + onward[after] - gone
                    if stays:
                        extra = max(0, extra - spare[lower, 0])
                if sortie[k] + extra > longest:
                    fits = False
                    break
                total += extra
                sorties += 1
            if fits and total * share / sorties < best:
                best, chosen, found, place = total * share / sorties, node, q, count
    known.cost[t, b] = best
    known.node[t, b], known.list[t, b], known.place[t, b] = chosen, found, place


@kernel
def _is_in(values: Any, wanted: Any) -> Any:
    found = False
    for value in values:
        found = found or value == wanted
    return found


@kernel
def put(world: Any, state: Any, known: Any, t: Any, touched: Any, dice: Any) -> Any:
    """Put a target where it costs least; return whether there is a place."""
    best, where = _NEVER, -1
    kinds, versions = state.kind, state.version
    seen, costs = known.version[t], known.cost[t]
    for b in range(len(kinds)):
        if kinds[b] < 0:
            continue
        if seen[b] != versions[b]:
            _look(world, state, known, t, b)
        if costs[b] < best and chance(dice) >= _BLINK:
            best, where = costs[b], b
    chosen, q, place = -1, -1, -1
    if where >= 0:
        chosen, q = known.node[t, where], known.list[t, where]
        place = known.place[t, where]
    opened_at, opened_kind = -1, -1
    for kind in range(world.new_kinds):
        crew, level = world.crew[kind], world.level[kind, t]
        if level < 0 or state.counts[DRONES] + crew > state.counts[LIMIT]:
            continue
        if world.crew_cost * crew >= best:
            continue
        turns = 1 << level
        for k in range(world.near_stations.shape[1]):
            s = world.near_stations[t, k]
            if s < 0 or state.used[s] + crew > world.drones[s]:
                continue
            if state.taken[s] + world.takes[s, kind] > world.supply[s]:
                continue
            for node in range(world.first[t], world.last[t]):
                alone = world.overhead[s] + world.out[s, node] + world.back[s, node]
                alone += world.task[world.model[s], node]
                if alone > world.longest[s, kind]:
                    continue
                cost = alone / (turns * world.headway[kind]) + world.crew_cost * crew
                if cost < best:
                    best, chosen, opened_at, opened_kind = cost, node, s, kind
                    turn = 0
                    while not (world.turns[kind, t] >> turn) & 1:
                        turn += 1
                    q, place = turns - 1 + turn, 0
    if chosen < 0:
        return False
    if opened_at >= 0:
        where = 0
        while state.kind[where] >= 0:
            where += 1
        state.kind[where], state.station[where] = opened_kind, opened_at
        state.length[where, :] = 0
        state.used[opened_at] += world.crew[opened_kind]
        state.taken[opened_at] += world.takes[opened_at, opened_kind]
        state.counts[DRONES] += world.crew[opened_kind]
    for p in range(state.length[where, q], place, -1):
        state.stops[where, q, p] = state.stops[where, q, p - 1]
    state.stops[where, q, place] = chosen
    state.length[where, q] += 1
    state.beat[t], state.list[t] = where, q
    touched[where] = True
    measure_anew(world, state, known, where)
    return True
