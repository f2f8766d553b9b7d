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

from planner.compiled import kernel
from planner.dice import below, chance
from planner.engines.beats_insert import measure_anew, put
from planner.engines.beats_world import (
    ABSENT,
    DRONES,
    LIMIT,
    LISTS,
    SINCE,
)

_LEAST_TAKEN, _MOST_TAKEN = 4, 26
_LONGEST_STRING = 8
_WHOLE_BEAT = 0.03
_NEVER = 1e18


@kernel
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


@kernel
def _empty(world: Any, state: Any, b: Any) -> Any:
    for q in range(LISTS):
        _take_out(world, state, b, q, 0, state.length[b, q])


@kernel
def _close_if_empty(world: Any, state: Any, known: Any, b: Any) -> Any:
    """Give the drones of a beat without stops back; measure any other."""
    if state.length[b].sum() > 0:
        measure_anew(world, state, known, b)
        return
    crew = world.crew[state.kind[b]]
    state.used[state.station[b]] -= crew
    state.taken[state.station[b]] -= world.takes[state.station[b], state.kind[b]]
    state.counts[DRONES] -= crew
    state.kind[b] = -1


@kernel
def _ruin(world: Any, state: Any, known: Any, touched: Any, dice: Any) -> Any:
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
            _close_if_empty(world, state, known, b)


@kernel
def _recreate(world: Any, state: Any, known: Any, touched: Any, dice: Any) -> Any:
    """Put back what is out, in one of several orders."""
    count = state.counts[ABSENT]
    out, rank = state.absent, known.rank
    way = chance(dice)
    for i in range(count):
        t = out[i]
        node = world.first[t]
        if way < 0.35:
            rank[i] = chance(dice)
        elif way < 0.6:
            rank[i] = -world.worth[t] * (1.0 + 0.3 * chance(dice))
        elif way < 0.8:
            rank[i] = -world.task[0, node] + 200.0 * chance(dice)
        else:
            rank[i] = -world.out[max(world.near_stations[t, 0], 0), node]
    for i in range(1, count):  # mostly few
        key, t, k = rank[i], out[i], i - 1
        while k >= 0 and rank[k] > key:
            rank[k + 1], out[k + 1] = rank[k], out[k]
            k -= 1
        rank[k + 1], out[k + 1] = key, t
    left = 0
    for i in range(count):
        t = out[i]
        if not put(world, state, known, t, touched, dice):
            out[left] = t
            left += 1
    state.counts[ABSENT] = left


@kernel
def _flying(world: Any, state: Any) -> Any:
    """Return the drones in the air on average."""
    total = 0.0
    for b in range(len(state.kind)):
        kind = state.kind[b]
        if kind >= 0:
            sorties = 1 << world.depth[kind]
            total += state.sortie[b, :sorties].sum() / (sorties * world.headway[kind])
    return total


@kernel
def _missed(world: Any, state: Any, failures: Any) -> Any:
    """Return what is left out, dearer where it is left out often."""
    total = 0.0
    for i in range(state.counts[ABSENT]):
        t = state.absent[i]
        total += world.worth[t] * np.log(1.0 + failures[t])
    return total


@kernel
def _copy_beat(source: Any, target: Any, b: Any) -> Any:
    """Copy a beat; by loops, since an assignment of rows makes one copy more."""
    target.station[b], target.kind[b] = source.station[b], source.kind[b]
    target.version[b] = source.version[b]
    for k in range(source.sortie.shape[1]):
        target.sortie[b, k] = source.sortie[b, k]
        target.idle[b, k] = source.idle[b, k]
    for q in range(LISTS):
        target.worst[b, q] = source.worst[b, q]
        count = source.length[b, q]
        target.length[b, q] = count
        for p in range(count):
            target.stops[b, q, p] = source.stops[b, q, p]
        for p in range(min(count + 1, source.spare.shape[2])):
            target.spare[b, q, p] = source.spare[b, q, p]


@kernel
def _copy_all(source: Any, target: Any) -> Any:
    for k in range(len(source)):
        target[k] = source[k]


@kernel
def _copy(source: Any, target: Any, touched: Any) -> Any:
    """Copy a state, of its beats those touched."""
    for b in range(len(touched)):
        if touched[b]:
            _copy_beat(source, target, b)
    _copy_all(source.beat, target.beat)
    _copy_all(source.list, target.list)
    _copy_all(source.used, target.used)
    _copy_all(source.taken, target.taken)
    _copy_all(source.absent, target.absent)
    _copy_all(source.counts, target.counts)


@kernel
def _close_one(world: Any, state: Any, known: Any, failures: Any, dice: Any) -> Any:
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
    _close_if_empty(world, state, known, chosen)


@kernel
def improve(
    world: Any,
    state: Any,
    kept: Any,
    best: Any,
    known: Any,
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
    known
        See `planner.engines.beats_insert.Known`.
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
    touched, every = known.touched, known.every
    now = _flying(world, kept) + world.crew_cost * kept.counts[DRONES]
    fewest = 1 if world.new_kinds == len(world.crew) else 0
    for _ in range(rounds):
        touched[:] = False
        _ruin(world, state, known, touched, dice)
        _recreate(world, state, known, touched, dice)
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
            _close_one(world, state, known, failures, dice)
            _copy(state, kept, every)
            now = _flying(world, kept) + world.crew_cost * kept.counts[DRONES]
