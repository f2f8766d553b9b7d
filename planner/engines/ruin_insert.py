"""Where a stop costs least: the compiled insertion of `planner.engines.ruin`."""

from __future__ import annotations

from typing import Any

from planner.compiled import kernel
from planner.dice import below
from planner.engines.ruin_kernel import (
    BARRED,
    BEFORE,
    CAPACITY,
    CLOSES,
    COST,
    COUNT,
    DEMAND,
    DISTANCE,
    EARLY,
    FIRST,
    FIXED,
    FROM,
    HEAD_TIME,
    HOME,
    KIND,
    LAST,
    LATE,
    LOAD,
    LONGEST,
    MEMBER,
    NEVER,
    NEXT,
    NONE,
    OPENS,
    PER_DISTANCE,
    PER_TIME,
    PRIZE,
    PROFILE,
    ROUTE,
    ROUTES,
    SERVICE,
    TAIL_TIME,
    TIME,
    joined,
    put_in,
)

_BLINK = 100
"""One place in so many is overlooked."""


@kernel
def insert(case: Any, state: Any, job: int, blink: bool) -> bool:
    """Put a job where it costs least, if that is less than its prize."""
    best, at, where, behind, kind = case.jobs[PRIZE, job], NONE, NONE, NONE, NONE
    for x in range(case.jobs[FROM, job], case.jobs[FROM, job + 1]):
        v = case.info[MEMBER, x]
        cost, r, before, k = _best_place(case, state, v, best, blink)
        if k >= 0:
            best, at, where, behind, kind = cost, v, r, before, k
        for k in range(case.kinds.shape[1]):
            cost = case.alone[k, v]
            if cost >= best or state.used[k] >= case.kinds[COUNT, k]:
                continue
            home = case.kinds[HOME, k]
            if state.spent[home] + cost <= case.most_cost[home]:
                best, at, where = cost, v, state.sums[ROUTES]
                behind, kind = NONE, k
    if at < 0:
        return False
    put_in(case, state, at, where, behind, kind)
    return True


@kernel
def _best_place(case: Any, state: Any, v: Any, best: Any, blink: Any) -> Any:
    """
    Return the cheapest place on a chain: (cost, route, stop before it, kind).

    Kind is -1 where none costs less than ``best``.
    """
    # What the loops below touch most is taken out of the tuples once.
    m, windows = case.depots, case.windows
    x, demand, service = m + v, case.info[DEMAND, v], case.info[SERVICE, v]
    follows = state.stops[NEXT]
    heads, tails = state.stops[HEAD_TIME:TAIL_TIME], state.stops[TAIL_TIME:]
    opens, closes = case.info[EARLY, v], case.info[LATE, v]
    where, behind, kind = NONE, NONE, NONE
    skip = below(case.dice, 2 * _BLINK) if blink else NEVER
    near = case.near[v, : case.scan]
    for number in range(-len(near), state.sums[ROUTES]):
        # First the chains' places beside near stops, if not all are looked at.
        r, only = number, NONE
        if number < 0:
            only = near[-number - 1]
            r = state.stops[ROUTE, only]
            if r < 0:
                continue
        k = state.routes[KIND, r]
        if state.routes[LOAD, r] + demand > case.kinds[CAPACITY, k]:
            k = _bigger(case, state, k, state.routes[LOAD, r] + demand)
            if k < 0:
                continue
        p, home, longest = (
            case.kinds[PROFILE, k],
            case.kinds[HOME, k],
            case.kinds[LONGEST, k],
        )
        per_distance, per_time = case.kinds[PER_DISTANCE, k], case.kinds[PER_TIME, k]
        time, to, fro = case.time[p], case.time[p, x], case.time_to[p, x]
        distance, away, back = (
            case.distance[p],
            case.distance[p, x],
            case.distance_to[p, x],
        )
        base_time = state.routes[TIME, r] + service
        base = case.kinds[FIXED, k] - state.routes[COST, r]
        base += per_distance * state.routes[DISTANCE, r]
        most = min(best, case.most_cost[home] - state.spent[home] + 1)
        before, after = NONE, state.routes[FIRST, r]
        if only >= 0:
            before, after = state.stops[BEFORE, only], only
        steps = 0
        while True:
            steps += 1
            skip -= 1
            if skip < 0:
                skip = below(case.dice, 2 * _BLINK)
            else:
                i = home if before < 0 else m + before
                j = home if after < 0 else m + after
                cost = base
                if per_distance:
                    cost += per_distance * (back[i] + away[j] - distance[i, j])
                if cost < most and fro[i] < BARRED and to[j] < BARRED:
                    if windows:
                        if before < 0:
                            lasts, early, late = joined(
                                0,
                                case.kinds[OPENS, k],
                                case.kinds[CLOSES, k],
                                fro[i],
                                service,
                                opens,
                                closes,
                            )
                        else:
                            lasts, early, late = joined(
                                heads[0, before],
                                heads[1, before],
                                heads[2, before],
                                fro[i],
                                service,
                                opens,
                                closes,
                            )
                        if lasts < NEVER:
                            if after < 0:
                                lasts, early, late = joined(
                                    lasts,
                                    early,
                                    late,
                                    to[j],
                                    0,
                                    case.kinds[OPENS, k],
                                    case.kinds[CLOSES, k],
                                )
                            else:
                                lasts, early, late = joined(
                                    lasts,
                                    early,
                                    late,
                                    to[j],
                                    tails[0, after],
                                    tails[1, after],
                                    tails[2, after],
                                )
                    else:
                        lasts = base_time + fro[i] + to[j] - time[i, j]
                    if lasts <= longest:
                        cost += per_time * lasts
                        if cost < most:
                            best = most = cost
                            where, behind, kind = r, before, k
            if after < 0 or (only >= 0 and steps == 2):
                break
            if case.scan == 0 or only >= 0:
                before, after = after, follows[after]
            else:
                before, after = state.routes[LAST, r], NONE
    return best, where, behind, kind


@kernel
def _bigger(case: Any, state: Any, k: int, load: int) -> int:
    """Return another kind that carries a load in place of a kind, or -1."""
    for other in case.bigger[k]:
        if other < 0:
            break
        if (
            load <= case.kinds[CAPACITY, other]
            and state.used[other] < case.kinds[COUNT, other]
        ):
            return int(other)
    return NONE


@kernel
def note_alone(case: Any) -> None:
    """Note what a route of each kind with one stop alone costs, or NEVER."""
    for k in range(case.kinds.shape[1]):
        for v in range(case.info.shape[1]):
            fits = case.info[DEMAND, v] <= case.kinds[CAPACITY, k]
            case.alone[k, v] = _alone(case, v, k) if fits else NEVER


@kernel
def _alone(case: Any, v: int, k: int) -> int:
    """Return what a new route with one stop costs, or NEVER."""
    m, p, home = case.depots, case.kinds[PROFILE, k], case.kinds[HOME, k]
    there, back = case.time[p, home, m + v], case.time[p, m + v, home]
    if there >= BARRED or back >= BARRED:
        return NEVER
    time = there + back + case.info[SERVICE, v]
    if case.windows:
        time, early, late = joined(
            0,
            case.kinds[OPENS, k],
            case.kinds[CLOSES, k],
            there,
            case.info[SERVICE, v],
            case.info[EARLY, v],
            case.info[LATE, v],
        )
        if time < NEVER:
            time, early, late = joined(
                time, early, late, back, 0, case.kinds[OPENS, k], case.kinds[CLOSES, k]
            )
    if time > case.kinds[LONGEST, k]:
        return NEVER
    distance = case.distance[p, home, m + v] + case.distance[p, m + v, home]
    cost = (
        case.kinds[FIXED, k]
        + case.kinds[PER_DISTANCE, k] * distance
        + case.kinds[PER_TIME, k] * time
    )
    return int(cost)
