"""
The compiled search of `planner.engines.ruin`: ruin, recreate, accept.

Slack induction by string removals (Christiaens and Vanden Berghe, 2020): strings of
neighbouring chains are taken out and put back greedily, now and then overlooking a
place; a change kept or undone as in annealing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.compiled import kernel
from planner.dice import below, chance
from planner.engines.ruin_insert import insert
from planner.engines.ruin_kernel import (
    ABSENT,
    AWAY,
    CAPACITY,
    COST,
    COUNT,
    DEMAND,
    DISTANCE,
    EARLY,
    FIRST,
    FIXED,
    FROM,
    HOME,
    KIND,
    LAST,
    LATE,
    LOAD,
    LONGEST,
    LOST,
    MEMBER,
    NEXT,
    PER_DISTANCE,
    PER_TIME,
    PROFILE,
    ROUTE,
    ROUTES,
    SIZE,
    TIME,
    TOTAL,
    TOUCHED,
    close_empty,
    copy,
    measure,
    refresh,
    take_out,
)

_SPLIT = 0.5
_DEEPER = 0.01
_LONGEST_STRING = 10.0


@kernel
def anneal(
    case: Any,
    state: Any,
    best: Any,
    trial: Any,
    keys: Any,
    iterations: int,
    heat: float,
    removed: float,
) -> None:
    """
    Search from a state for a number of iterations, at one temperature.

    Parameters
    ----------
    best
        Becomes the best state seen.
    trial, keys
        Room for one more state, and for a number a job.
    heat
        Temperature, in units of cost.
    removed
        Stops taken out at a time, on average.
    """
    for _ in range(iterations):
        copy(state, trial)
        _ruin(case, trial, removed)
        recreate(case, trial, keys, True)
        _change_kinds(case, trial)
        now = state.sums[TOTAL] + state.sums[LOST]
        new = trial.sums[TOTAL] + trial.sums[LOST]
        if new < now - heat * np.log(1.0 - chance(case.dice)):
            copy(trial, state)
            if new < best.sums[TOTAL] + best.sums[LOST]:
                copy(trial, best)


@kernel
def _ruin(case: Any, state: Any, removed: float) -> None:
    """Take strings out of chains that pass near a random stop."""
    count = state.sums[ROUTES]
    if count == 0:
        return
    state.routes[TOUCHED, :count] = 0
    n = case.info.shape[1]
    present = 0
    for r in range(count):
        present += state.routes[SIZE, r]
    longest = min(_LONGEST_STRING, present / count)
    most = 4.0 * removed / (1.0 + longest) - 1.0
    strings = int(1.0 + chance(case.dice) * most)
    centre = below(case.dice, n)
    for x in range(-1, case.near.shape[1]):
        stop = centre if x < 0 else case.near[centre, x]
        r = state.stops[ROUTE, stop]
        if r < 0 or state.routes[TOUCHED, r]:
            continue
        state.routes[TOUCHED, r] = 1
        size = state.routes[SIZE, r]
        length = int(1.0 + chance(case.dice) * min(size, longest))
        length = min(length, size)
        _take_string(case, state, r, stop, size, length)
        refresh(case, state, r)
        strings -= 1
        if strings == 0:
            break
    for r in range(count - 1, -1, -1):
        if state.routes[SIZE, r] == 0:
            close_empty(case, state, r)


@kernel
def _take_string(
    case: Any, state: Any, r: int, stop: int, size: int, length: int
) -> None:
    """Take out a string with a stop in it; perhaps leave some in its middle."""
    spared = 0
    if length > 1 and length < size and chance(case.dice) < _SPLIT:
        spared = 1
        while length + spared < size and chance(case.dice) < _DEEPER:
            spared += 1
    span = length + spared
    place = 0
    at = state.routes[FIRST, r]
    while at != stop:
        at = state.stops[NEXT, at]
        place += 1
    low, high = max(0, place - span + 1), min(place, size - span)
    start = low + below(case.dice, high + 1 - low)
    first_spared = start + length  # none
    if spared:
        first_spared = start + 1 + below(case.dice, length - 1)
    at = state.routes[FIRST, r]
    for x in range(start + span):
        after = state.stops[NEXT, at]
        if x >= start and not first_spared <= x < first_spared + spared:
            take_out(case, state, at)
        at = after


@kernel
def recreate(case: Any, state: Any, keys: Any, blink: bool) -> None:
    """Put absent jobs back, one after another, in an order drawn at random."""
    count = state.sums[ABSENT]
    order = below(case.dice, 17 if case.windows else 11)
    for x in range(count):
        job = state.absent[x]
        v = case.info[MEMBER, case.jobs[FROM, job]]
        if order < 4:
            keys[x] = chance(case.dice)
        elif order < 8:
            keys[x] = -case.info[DEMAND, v]
        elif order < 10:
            keys[x] = -case.info[AWAY, v]
        elif order < 11:
            keys[x] = case.info[AWAY, v]
        elif order < 13:
            keys[x] = case.info[LATE, v] - case.info[EARLY, v]
        elif order < 15:
            keys[x] = case.info[EARLY, v]
        else:
            keys[x] = -case.info[LATE, v]
    for x in range(1, count):  # mostly few
        key, job, y = keys[x], state.absent[x], x - 1
        while y >= 0 and keys[y] > key:
            keys[y + 1], state.absent[y + 1] = keys[y], state.absent[y]
            y -= 1
        keys[y + 1], state.absent[y + 1] = key, job
    left = 0
    for x in range(count):
        job = state.absent[x]
        if not insert(case, state, job, blink):
            state.absent[left] = job
            left += 1
    state.sums[ABSENT] = left


@kernel
def _change_kinds(case: Any, state: Any) -> None:
    """Give every chain that was touched the kind of vehicle that is cheapest."""
    kinds = case.kinds.shape[1]
    if kinds == 1:
        return
    m = case.depots
    for r in range(state.sums[ROUTES]):
        if not state.routes[TOUCHED, r]:
            continue
        k = state.routes[KIND, r]
        cost_now = state.routes[COST, r]
        best, choice = cost_now, k
        first, last = state.routes[FIRST, r], state.routes[LAST, r]
        home = case.kinds[HOME, k]
        for other in range(kinds):
            if other == k or state.used[other] >= case.kinds[COUNT, other]:
                continue
            if state.routes[LOAD, r] > case.kinds[CAPACITY, other]:
                continue
            p, depot = case.kinds[PROFILE, other], case.kinds[HOME, other]
            if case.windows or p != case.kinds[PROFILE, k]:
                distance, time = measure(case, state, r, other)
            else:
                distance = (
                    state.routes[DISTANCE, r]
                    + case.distance[p, depot, m + first]
                    + case.distance[p, m + last, depot]
                    - case.distance[p, home, m + first]
                    - case.distance[p, m + last, home]
                )
                time = (
                    state.routes[TIME, r]
                    + case.time[p, depot, m + first]
                    + case.time[p, m + last, depot]
                    - case.time[p, home, m + first]
                    - case.time[p, m + last, home]
                )
            if time > case.kinds[LONGEST, other]:
                continue
            cost = case.kinds[FIXED, other] + case.kinds[PER_DISTANCE, other] * distance
            cost += case.kinds[PER_TIME, other] * time
            spent = state.spent[depot] + cost
            if depot == home:
                spent -= cost_now
            if cost < best and spent <= case.most_cost[depot]:
                best, choice = cost, other
        if choice != k:
            state.used[k] -= 1
            state.used[choice] += 1
            state.spent[home] -= cost_now
            state.spent[case.kinds[HOME, choice]] += cost_now
            state.routes[KIND, r] = choice
            refresh(case, state, r)
