"""
Ruin and recreate beats, compiled.

A beat is one or a few whole drones of a station that take off every headway, in a
cycle of ``2 ** depth`` sorties. Its stops stand in lists that form a binary tree:
the list of level 0 is flown on every sortie, those of level 1 on every other one,
and so on; a sortie flies one list a level, outermost first. So what is due half as
often costs half as much, and every stop comes at the same time of its sorties.

Some neighbouring stops are taken out, then put back one by one where they cost
least flying time a second; what is slightly worse is kept now and then (Christiaens
and Vanden Berghe, Slack induction by string removals for vehicle routing problems,
Transportation Science 54(2), 2020). Once every target is placed, a beat is closed,
and its targets have to find room elsewhere.

List ``2 ** level - 1 + turn`` of a beat is flown on sorties ``k`` with
``k % 2 ** level == turn``. Times are ticks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from planner.dice import below, chance
from planner.engines.beats_world import (
    ABSENT,
    DRONES,
    LIMIT,
    LISTS,
    LONGEST_LIST,
    SINCE,
)

_BLINK = 0.01
_LEAST_TAKEN, _MOST_TAKEN = 4, 26
_LONGEST_STRING = 8
_WHOLE_BEAT = 0.03
_NEVER = 1e18


@njit(cache=True)
def _list_of(level: Any, turn: Any) -> Any:
    return (1 << level) - 1 + (turn & ((1 << level) - 1))


@njit(cache=True)
def measure(world: Any, state: Any, b: Any) -> Any:
    """Compute the sorties of a beat anew."""
    s = state.station[b]
    m = world.model[s]
    depth = world.depth[state.kind[b]]
    stays = state.kind[b] >= world.new_kinds
    state.worst[b, :] = 0
    for k in range(1 << depth):
        duration = world.overhead[s]
        before, since = -1, 0
        for level in range(depth + 1):
            q = _list_of(level, k)
            for p in range(state.length[b, q]):
                node = state.stops[b, q, p]
                leg = (
                    world.out[s, node] if before < 0 else world.travel[m, before, node]
                )
                duration += leg
                since += leg
                if stays and world.target[node] < 0:
                    spare = max(0, world.reached[node] - since)
                    duration += spare
                    _note_spare(world, state, b, q, p, spare)
                    since = -world.task[m, node]
                duration += world.task[m, node]
                since += world.task[m, node]
                before = node
            if stays:
                _note_spare(world, state, b, q, state.length[b, q], 0)
        if before >= 0:
            duration += world.back[s, before]
            since += world.back[s, before]
        if stays:
            state.idle[b, k] = max(0, world.landed[b, k] - since)
            duration += state.idle[b, k]
        state.sortie[b, k] = duration
        for level in range(depth + 1):
            q = _list_of(level, k)
            state.worst[b, q] = max(state.worst[b, q], duration)


@njit(cache=True)
def _note_spare(world: Any, state: Any, b: Any, q: Any, p: Any, spare: Any) -> Any:
    """Note what is spare before a place of a list, back to the node that stays."""
    if p < LONGEST_LIST:
        state.spare[b, q, p] = spare
    while p > 0 and world.target[state.stops[b, q, p - 1]] >= 0:
        p -= 1
        state.spare[b, q, p] = spare


@njit(cache=True)
def _last_above(state: Any, b: Any, level: Any, turn: Any) -> Any:
    """Return the last stop before a list, -1 for the station."""
    for above in range(level - 1, -1, -1):
        q = _list_of(above, turn)
        if state.length[b, q] > 0:
            return state.stops[b, q, state.length[b, q] - 1]
    return -1


@njit(cache=True)
def _list_below(state: Any, b: Any, level: Any, turn: Any, depth: Any) -> Any:
    """Return the list of the first stop after one on a sortie, -1 for the station."""
    for deeper in range(level + 1, depth + 1):
        q = _list_of(deeper, turn)
        if state.length[b, q] > 0:
            return q
    return -1


@njit(cache=True)
def _cheapest_place(
    world: Any, state: Any, b: Any, level: Any, node: Any, best: Any, dice: Any
) -> Any:
    """Return (cost, list, position) of a node on a beat; list -1 if not below best."""
    s, kind = state.station[b], state.kind[b]
    m, depth, longest = world.model[s], world.depth[kind], world.longest[s, kind]
    turns = 1 << level
    stays = kind >= world.new_kinds
    share = 1.0 / (turns * world.headway[kind])
    found, place = -1, -1
    allowed = world.turns[kind, world.target[node]]
    for turn in range(turns):
        if not (allowed >> turn) & 1:
            continue
        q = turns - 1 + turn
        count = state.length[b, q]
        room = longest - state.worst[b, q]
        before = _last_above(state, b, level, turn)
        for p in range(count + 1):
            if p > 0:
                before = state.stops[b, q, p - 1]
            there = world.out[s, node] if before < 0 else world.travel[m, before, node]
            there += world.task[m, node]
            if p < count:
                after = state.stops[b, q, p]
                gone = (
                    world.out[s, after]
                    if before < 0
                    else world.travel[m, before, after]
                )
                extra = there + world.travel[m, node, after] - gone
                if stays:
                    extra = max(0, extra - state.spare[b, q, p])
                if extra > room:
                    continue
                cost = extra * share
            else:
                total, sorties, fits = 0, 0, True
                for k in range(turn, 1 << depth, turns):
                    below_it = _list_below(state, b, level, k, depth)
                    if below_it < 0:
                        gone = 0 if before < 0 else world.back[s, before]
                        extra = there + world.back[s, node] - gone
                        if stays:
                            extra = max(0, extra - state.idle[b, k])
                    else:
                        after = state.stops[b, below_it, 0]
                        gone = (
                            world.out[s, after]
                            if before < 0
                            else world.travel[m, before, after]
                        )
                        extra = there + world.travel[m, node, after] - gone
                        if stays:
                            extra = max(0, extra - state.spare[b, below_it, 0])
                    if state.sortie[b, k] + extra > longest:
                        fits = False
                        break
                    total += extra
                    sorties += 1
                if not fits:
                    continue
                cost = total * share / sorties
            if cost < best and chance(dice) >= _BLINK:
                best, found, place = cost, q, p
    return best, found, place


@njit(cache=True)
def _reaches(world: Any, t: Any, s: Any) -> Any:
    for k in range(world.near_stations.shape[1]):
        if world.near_stations[t, k] == s:
            return True
    return False


@njit(cache=True)
def _put(world: Any, state: Any, t: Any, touched: Any, dice: Any) -> Any:
    """Put a target where it costs least; return whether there is a place."""
    best, where, q, place, chosen = _NEVER, -1, -1, -1, -1
    for b in range(len(state.kind)):
        kind = state.kind[b]
        if kind < 0 or world.level[kind, t] < 0:
            continue
        if not _reaches(world, t, state.station[b]):
            continue
        for node in range(world.first[t], world.last[t]):
            cost, found, position = _cheapest_place(
                world, state, b, world.level[kind, t], node, best, dice
            )
            if found >= 0 and state.length[b, found] < LONGEST_LIST:
                best, where, q, place, chosen = cost, b, found, position, node
    opened_at, opened_kind = -1, -1
    for k in range(world.near_stations.shape[1]):
        s = world.near_stations[t, k]
        for kind in range(world.new_kinds):
            crew = world.crew[kind]
            if s < 0 or world.level[kind, t] < 0:
                continue
            if state.used[s] + crew > world.drones[s]:
                continue
            if state.counts[DRONES] + crew > state.counts[LIMIT]:
                continue
            for node in range(world.first[t], world.last[t]):
                alone = world.overhead[s] + world.out[s, node] + world.back[s, node]
                alone += world.task[world.model[s], node]
                if alone > world.longest[s, kind]:
                    continue
                turns = 1 << world.level[kind, t]
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
        state.counts[DRONES] += world.crew[opened_kind]
    for p in range(state.length[where, q], place, -1):
        state.stops[where, q, p] = state.stops[where, q, p - 1]
    state.stops[where, q, place] = chosen
    state.length[where, q] += 1
    state.beat[t], state.list[t] = where, q
    touched[where] = True
    measure(world, state, where)
    return True


@njit(cache=True)
def _take_out(world: Any, state: Any, b: Any, q: Any, low: Any, high: Any) -> Any:
    """Take the stops of a list from one position to another out, if they may go."""
    kept = low
    for p in range(low, state.length[b, q]):
        t = world.target[state.stops[b, q, p]]
        if p < high and t >= 0:
            state.beat[t] = -1
            state.absent[state.counts[ABSENT]] = t
            state.counts[ABSENT] += 1
        else:
            state.stops[b, q, kept] = state.stops[b, q, p]
            kept += 1
    state.length[b, q] = kept


@njit(cache=True)
def _empty(world: Any, state: Any, b: Any) -> Any:
    for q in range(LISTS):
        _take_out(world, state, b, q, 0, state.length[b, q])


@njit(cache=True)
def _close_if_empty(world: Any, state: Any, b: Any) -> Any:
    """Give the drones of a beat without stops back; measure any other."""
    if state.length[b].sum() > 0:
        measure(world, state, b)
        return
    crew = world.crew[state.kind[b]]
    state.used[state.station[b]] -= crew
    state.counts[DRONES] -= crew
    state.kind[b] = -1


@njit(cache=True)
def _ruin(world: Any, state: Any, touched: Any, dice: Any) -> Any:
    """Take out strings of stops round a target, or its whole beat."""
    absent = state.counts[ABSENT]
    if absent > 0 and chance(dice) < 0.5:
        seed = state.absent[below(dice, absent)]
    else:
        seed = below(dice, len(world.first))
    if state.beat[seed] >= 0 and chance(dice) < _WHOLE_BEAT:
        b = state.beat[seed]
        touched[b] = True
        _empty(world, state, b)
    else:
        wanted = absent + _LEAST_TAKEN + below(dice, _MOST_TAKEN - _LEAST_TAKEN)
        for k in range(-1, world.near_targets.shape[1]):
            t = seed if k < 0 else world.near_targets[seed, k]
            if t < 0 or state.counts[ABSENT] >= wanted:
                break
            b = state.beat[t]
            if b < 0 or (touched[b] and chance(dice) < 0.5):
                continue
            q = state.list[t]
            p = 0
            while world.target[state.stops[b, q, p]] != t:
                p += 1
            string = min(state.length[b, q], 1 + below(dice, _LONGEST_STRING))
            low = max(0, p - below(dice, string))
            _take_out(world, state, b, q, low, min(state.length[b, q], low + string))
            touched[b] = True
    for b in range(len(touched)):
        if touched[b]:
            _close_if_empty(world, state, b)


@njit(cache=True)
def _recreate(world: Any, state: Any, touched: Any, dice: Any) -> Any:
    """Put back what is out, in one of several orders."""
    count = state.counts[ABSENT]
    out = state.absent[:count].copy()
    rank = np.empty(count)
    way = chance(dice)
    for i, t in enumerate(out):
        node = world.first[t]
        if way < 0.35:
            rank[i] = chance(dice)
        elif way < 0.6:
            rank[i] = -world.worth[t] * (1.0 + 0.3 * chance(dice))
        elif way < 0.8:
            rank[i] = -world.task[0, node] + 200.0 * chance(dice)
        else:
            rank[i] = -world.out[max(world.near_stations[t, 0], 0), node]
    left = 0
    for i in np.argsort(rank):
        if not _put(world, state, out[i], touched, dice):
            state.absent[left] = out[i]
            left += 1
    state.counts[ABSENT] = left


@njit(cache=True)
def _flying(world: Any, state: Any) -> Any:
    """Return the drones in the air on average."""
    total = 0.0
    for b in range(len(state.kind)):
        kind = state.kind[b]
        if kind >= 0:
            sorties = 1 << world.depth[kind]
            total += state.sortie[b, :sorties].sum() / (sorties * world.headway[kind])
    return total


@njit(cache=True)
def _missed(world: Any, state: Any, failures: Any) -> Any:
    """Return what is left out, dearer where it is left out often."""
    total = 0.0
    for i in range(state.counts[ABSENT]):
        t = state.absent[i]
        total += world.worth[t] * np.log(1.0 + failures[t])
    return total


@njit(cache=True)
def _copy_beat(source: Any, target: Any, b: Any) -> Any:
    target.stops[b] = source.stops[b]
    target.length[b] = source.length[b]
    target.station[b] = source.station[b]
    target.kind[b] = source.kind[b]
    target.sortie[b] = source.sortie[b]
    target.worst[b] = source.worst[b]
    target.spare[b] = source.spare[b]
    target.idle[b] = source.idle[b]


@njit(cache=True)
def _copy(source: Any, target: Any, touched: Any) -> Any:
    """Copy a state, of its beats those touched."""
    for b in range(len(touched)):
        if touched[b]:
            _copy_beat(source, target, b)
    target.beat[:] = source.beat
    target.list[:] = source.list
    target.used[:] = source.used
    target.absent[:] = source.absent
    target.counts[:] = source.counts


@njit(cache=True)
def _close_one(world: Any, state: Any, failures: Any, dice: Any) -> Any:
    """Close the beat whose targets were the least trouble so far."""
    least, chosen = _NEVER, -1
    for b in range(len(state.kind)):
        if state.kind[b] < 0 or state.kind[b] >= world.new_kinds:
            continue
        trouble = 0.0
        for q in range(LISTS):
            for p in range(state.length[b, q]):
                t = world.target[state.stops[b, q, p]]
                trouble += world.worth[t] * np.log(1.0 + failures[t])
        trouble *= 0.5 + chance(dice)
        if trouble < least:
            least, chosen = trouble, b
    _empty(world, state, chosen)
    _close_if_empty(world, state, chosen)


@njit(cache=True)
def improve(
    world: Any,
    state: Any,
    kept: Any,
    best: Any,
    failures: Any,
    record: Any,
    dice: Any,
    rounds: Any,
    heat: Any,
    patience: Any,
) -> Any:
    """
    Ruin and recreate for a number of rounds.

    Parameters
    ----------
    state, kept, best
        Being changed, last accepted, and best seen; the first two alike.
    failures
        How often each target found no place, shape (t,).
    record
        Of the best: what is left out, drones, drones in the air, shape (3,).
    dice
        State of the random numbers, shape (1,).
    heat
        How much worse may be accepted, in drones.
    patience
        Rounds after which a beat is closed, all targets being placed.
    """
    touched = np.zeros(len(state.kind), dtype=np.bool_)
    every = np.ones(len(state.kind), dtype=np.bool_)
    now = _flying(world, kept) + world.crew_cost * kept.counts[DRONES]
    fewest = 1 if world.new_kinds == len(world.crew) else 0
    for _ in range(rounds):
        touched[:] = False
        _ruin(world, state, touched, dice)
        _recreate(world, state, touched, dice)
        for i in range(state.counts[ABSENT]):
            failures[state.absent[i]] += 1.0
        flying = _flying(world, state)
        drones = state.counts[DRONES]
        after = flying + world.crew_cost * drones
        missed = 0.0
        for i in range(state.counts[ABSENT]):
            missed += world.worth[state.absent[i]]
        better = missed < record[0] - 1e-9
        if not better and missed <= record[0] + 1e-9:
            better = drones < record[1]
            better = better or (drones == record[1] and flying < record[2] - 1e-9)
        limit = now + _missed(world, kept, failures) - heat * np.log(chance(dice))
        patient = kept.counts[SINCE] + 1
        if better or after + _missed(world, state, failures) < limit:
            now = after
            _copy(state, kept, touched)
        else:
            _copy(kept, state, touched)
        if better:
            record[0], record[1], record[2] = missed, drones, flying
            _copy(state, best, every)
        kept.counts[SINCE] = state.counts[SINCE] = patient
        closable = kept.counts[ABSENT] == 0 and kept.counts[DRONES] > fewest
        if patient > patience and closable:
            state.counts[LIMIT] = min(state.counts[LIMIT], state.counts[DRONES] - 1)
            state.counts[SINCE] = 0
            _close_one(world, state, failures, dice)
            _copy(state, kept, every)
            now = _flying(world, kept) + world.crew_cost * kept.counts[DRONES]
