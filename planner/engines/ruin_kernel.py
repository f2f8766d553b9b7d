"""
The compiled inside of `planner.engines.ruin`: one state, changed in place.

Chains are linked lists over the stops; places are depots first, then stops, as in
`planner.routing.model`. With time windows every stop knows the chain before and after
it as a segment (duration, earliest, latest start), so that an insertion is judged
in constant time (Vidal et al., 2013).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from planner.compiled import kernel

NEXT, BEFORE, ROUTE = 0, 1, 2
HEAD_TIME, HEAD_EARLY, HEAD_LATE, TAIL_TIME, TAIL_EARLY, TAIL_LATE = 3, 4, 5, 6, 7, 8
FIRST, LAST, SIZE, LOAD, KIND, DISTANCE, TIME, COST, TOUCHED = 0, 1, 2, 3, 4, 5, 6, 7, 8
TOTAL, LOST, ABSENT, ROUTES = 0, 1, 2, 3

SERVICE, DEMAND, EARLY, LATE, JOB, AWAY, MEMBER = 0, 1, 2, 3, 4, 5, 6
FROM, PRIZE = 0, 1
HOME, COUNT, CAPACITY, LONGEST, OPENS, CLOSES = 0, 1, 2, 3, 4, 5
FIXED, PER_DISTANCE, PER_TIME, PROFILE = 6, 7, 8, 9

NONE = -1
BARRED = 10**9
NEVER = 4 * 10**18


class Case(NamedTuple):
    """
    The problem as arrays; see `planner.routing.model.Routing`.

    A job is a group of stops or one stop alone; prizes are by job. Matrices stand
    here twice, from and to a place, so that either is read in order. Places up to
    ``scan`` of the near ones are looked at for an insertion, all where it is 0. What
    each stop costs on a route of its own is ``alone``, shape (kinds, stops).
    """

    distance: Any
    time: Any
    distance_to: Any
    time_to: Any
    depots: int
    windows: bool
    scan: int
    info: Any
    jobs: Any
    kinds: Any
    near: Any
    bigger: Any
    most_cost: Any
    alone: Any
    dice: Any


class State(NamedTuple):
    """Chains, and what they add up to."""

    stops: Any
    routes: Any
    used: Any
    spent: Any
    absent: Any
    sums: Any


@kernel
def copy(source: Any, target: Any) -> None:
    """Make one state like another."""
    routes = source.sums[ROUTES]
    for row in range(len(source.stops)):
        _copy_row(source.stops[row], target.stops[row], source.stops.shape[1])
    for row in range(len(source.routes)):
        _copy_row(source.routes[row], target.routes[row], routes)
    _copy_row(source.used, target.used, len(source.used))
    _copy_row(source.spent, target.spent, len(source.spent))
    _copy_row(source.absent, target.absent, source.sums[ABSENT])
    _copy_row(source.sums, target.sums, len(source.sums))


@kernel
def _copy_row(source: Any, target: Any, count: int) -> None:
    """Copy by a loop, since an assignment of rows makes one copy more."""
    for k in range(count):
        target[k] = source[k]


@kernel
def joined(
    time: Any, early: Any, late: Any, leg: Any, time2: Any, early2: Any, late2: Any
) -> Any:
    """Return two segments as one; its duration is NEVER where it would be late."""
    delta = time + leg
    if early + delta > late2:
        return NEVER, early, late
    wait = max(early2 - delta - late, 0)
    return (
        time + time2 + leg + wait,
        max(early2 - delta, early) - wait,
        min(late2 - delta, late),
    )


@kernel
def measure(case: Any, state: Any, r: int, k: int) -> tuple[int, int]:
    """Return distance and time of a route as kind k; time NEVER if it cannot be."""
    m, p, home = case.depots, case.kinds[PROFILE, k], case.kinds[HOME, k]
    distance, time = 0, 0
    early, late = case.kinds[OPENS, k], case.kinds[CLOSES, k]
    place = home
    stop = state.routes[FIRST, r]
    while True:
        to = home if stop < 0 else m + stop
        leg = case.time[p, place, to]
        if leg >= BARRED or case.distance[p, place, to] >= BARRED:
            return 0, NEVER
        distance += case.distance[p, place, to]
        if case.windows:
            if stop < 0:
                time, early, late = joined(
                    time,
                    early,
                    late,
                    leg,
                    0,
                    case.kinds[OPENS, k],
                    case.kinds[CLOSES, k],
                )
            else:
                time, early, late = joined(
                    time,
                    early,
                    late,
                    leg,
                    case.info[SERVICE, stop],
                    case.info[EARLY, stop],
                    case.info[LATE, stop],
                )
            if time >= NEVER:
                return 0, NEVER
        else:
            time += leg
            if stop >= 0:
                time += case.info[SERVICE, stop]
        if stop < 0:
            break
        place, stop = to, state.stops[NEXT, stop]
    return distance, time


@kernel
def refresh(case: Any, state: Any, r: int) -> None:
    """Work out what a route adds up to, and its segments."""
    m = case.depots
    k = state.routes[KIND, r]
    p, home = case.kinds[PROFILE, k], case.kinds[HOME, k]
    size, load = 0, 0
    stop = state.routes[FIRST, r]
    while stop >= 0:
        size += 1
        load += case.info[DEMAND, stop]
        stop = state.stops[NEXT, stop]
    distance, time = measure(case, state, r, k)
    cost = (
        case.kinds[FIXED, k]
        + case.kinds[PER_DISTANCE, k] * distance
        + case.kinds[PER_TIME, k] * time
    )
    if size == 0:
        cost = 0
    change = cost - state.routes[COST, r]
    state.spent[home] += change
    state.sums[TOTAL] += change
    state.routes[SIZE, r], state.routes[LOAD, r] = size, load
    state.routes[DISTANCE, r], state.routes[TIME, r] = distance, time
    state.routes[COST, r] = cost
    if not case.windows:
        return
    stops = state.stops
    time, early, late, place = 0, case.kinds[OPENS, k], case.kinds[CLOSES, k], home
    stop = state.routes[FIRST, r]
    while stop >= 0:
        time, early, late = joined(
            time,
            early,
            late,
            case.time[p, place, m + stop],
            case.info[SERVICE, stop],
            case.info[EARLY, stop],
            case.info[LATE, stop],
        )
        stops[HEAD_TIME, stop], stops[HEAD_EARLY, stop] = time, early
        stops[HEAD_LATE, stop] = late
        place, stop = m + stop, stops[NEXT, stop]
    time, early, late, place = 0, case.kinds[OPENS, k], case.kinds[CLOSES, k], home
    stop = state.routes[LAST, r]
    while stop >= 0:
        time, early, late = joined(
            case.info[SERVICE, stop],
            case.info[EARLY, stop],
            case.info[LATE, stop],
            case.time[p, m + stop, place],
            time,
            early,
            late,
        )
        stops[TAIL_TIME, stop], stops[TAIL_EARLY, stop] = time, early
        stops[TAIL_LATE, stop] = late
        place, stop = m + stop, stops[BEFORE, stop]


@kernel
def take_out(case: Any, state: Any, stop: int) -> None:
    """Unlink a stop and note its job as absent; the route is refreshed later."""
    r = state.stops[ROUTE, stop]
    before, after = state.stops[BEFORE, stop], state.stops[NEXT, stop]
    if before >= 0:
        state.stops[NEXT, before] = after
    else:
        state.routes[FIRST, r] = after
    if after >= 0:
        state.stops[BEFORE, after] = before
    else:
        state.routes[LAST, r] = before
    state.stops[ROUTE, stop] = NONE
    state.absent[state.sums[ABSENT]] = case.info[JOB, stop]
    state.sums[ABSENT] += 1
    state.sums[LOST] += case.jobs[PRIZE, case.info[JOB, stop]]


@kernel
def close_empty(case: Any, state: Any, r: int) -> None:
    """Remove an empty route; the last one takes its number."""
    k = state.routes[KIND, r]
    state.used[k] -= 1
    end = state.sums[ROUTES] - 1
    if r != end:
        for row in range(len(state.routes)):
            state.routes[row, r] = state.routes[row, end]
        stop = state.routes[FIRST, r]
        while stop >= 0:
            state.stops[ROUTE, stop] = r
            stop = state.stops[NEXT, stop]
    state.routes[COST, end] = 0
    state.sums[ROUTES] = end


@kernel
def put_in(case: Any, state: Any, stop: int, r: int, before: int, k: int) -> None:
    """Link a stop into a route after another (-1: first), as kind k."""
    if r == state.sums[ROUTES]:
        state.sums[ROUTES] += 1
        state.used[k] += 1
        for row in range(len(state.routes)):
            state.routes[row, r] = 0
        state.routes[FIRST, r] = state.routes[LAST, r] = NONE
        state.routes[KIND, r] = k
    elif state.routes[KIND, r] != k:
        state.used[state.routes[KIND, r]] -= 1
        state.used[k] += 1
        state.routes[KIND, r] = k  # of the same depot
    after = state.routes[FIRST, r] if before < 0 else state.stops[NEXT, before]
    if before >= 0:
        state.stops[NEXT, before] = stop
    else:
        state.routes[FIRST, r] = stop
    if after >= 0:
        state.stops[BEFORE, after] = stop
    else:
        state.routes[LAST, r] = stop
    state.stops[BEFORE, stop], state.stops[NEXT, stop] = before, after
    state.stops[ROUTE, stop] = r
    state.routes[TOUCHED, r] = 1
    state.sums[LOST] -= case.jobs[PRIZE, case.info[JOB, stop]]
    refresh(case, state, r)
