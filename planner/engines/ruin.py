"""
Route by ruin and recreate, compiled: strings of chains are taken out and put back.

Slack induction by string removals (Christiaens and Vanden Berghe, 2020) with prizes,
groups, kinds of vehicle, time windows and limits on what a depot may cost. It makes
tens of thousands of small changes a second, and knows every limit of a `Routing`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from planner.engines.piece import Effort, Piece
from planner.engines.translate import routed_by
from planner.problem import Column, Problem
from planner.routing.model import FORBIDDEN, Chain, Routing, Whole, smallest

if TYPE_CHECKING:
    from planner.engines.ruin_kernel import Case, State

_ITERATIONS_A_SOLUTION = 500
HOT, COOL = 2.0, 0.01
"""Temperature at the start and the end, in mean costs of a leg."""

_REMOVED = 10.0
_NEAR = 400
_NEAR_OF_MANY = 150
_BLOCK = 256
_SCANNED = 60
_SCAN_ALL_BELOW = 150
"""Stops up to which every place of every chain is looked at."""

_SLICE_S = 0.1


def route(problem: Problem, piece: Piece, effort: Effort) -> list[Column]:
    """
    Return routes for a piece; targets that do not fit are left out.

    Without a clock (``effort.seconds`` is None) the search ends after a number of
    iterations. A piece with ``start`` routes is searched from them.
    """
    return routed_by(solve, "ruin", problem, piece, effort, _ITERATIONS_A_SOLUTION)


def solve(
    routing: Routing,
    *,
    seconds: float | None,
    iterations: int = 0,
    seed: int,
    start: Sequence[Chain] = (),
    hot: float = HOT,
    cool: float = COOL,
    tell: Callable[[float, list[Chain]], None] | None = None,
    better: Callable[[int, int], None] | None = None,
) -> list[Chain]:
    """Return the best chains of an annealing, see `anneal`."""
    return anneal(
        routing,
        seconds=seconds,
        iterations=iterations,
        seed=seed,
        start=start,
        hot=hot,
        cool=cool,
        tell=tell,
        better=better,
    )[0]


def anneal(
    routing: Routing,
    *,
    seconds: float | None,
    iterations: int,
    seed: int,
    start: Sequence[Chain],
    hot: float,
    cool: float,
    tell: Callable[[float, list[Chain]], None] | None = None,
    better: Callable[[int, int], None] | None = None,
) -> tuple[list[Chain], list[Chain]]:
    """
    Return the best chains and those where the search stood at its end.

    Both keep every limit; what does not fit is left out.

    Parameters
    ----------
    seconds
        Wall time; None reads no clock.
    iterations
        Used where ``seconds`` is None.
    start
        Chains that keep every limit.
    hot, cool
        Temperature at the start and the end, in mean costs of a leg.
    tell
        Told the share done and the chains the search stands at, ten times a second.
    better
        Told the prizes lost and the cost of the best chains when they have changed,
        as often.
    """
    started = time.monotonic()
    if routing.stops == 0:
        return [], []
    from planner.engines import ruin_kernel as kernel
    from planner.engines import ruin_moves as moves

    case = _case(routing, seed)
    state = _state(case, start)
    keys = np.empty(len(state.absent))
    moves.recreate(case, state, keys, False)
    best, trial = _state(case, ()), _state(case, ())
    kernel.copy(state, best)
    leg = _mean_leg(routing, chains_of(best))
    done, size, told = 0.0, 50, -1
    while done < 1.0:
        if seconds is None:
            size = max(1, min(size, iterations - round(done * iterations)))
        began = time.monotonic()
        heat = leg * hot * (cool / hot) ** done
        moves.anneal(case, state, best, trial, keys, size, heat, _REMOVED)
        if tell:
            tell(done, chains_of(state))
        lost, cost = (int(best.sums[k]) for k in (kernel.LOST, kernel.TOTAL))
        if better and lost + cost != told:
            told = lost + cost
            better(lost, cost)
        if seconds is None:
            done = min(1.0, done + size / max(1, iterations))
        else:
            now = time.monotonic()
            done = (now - started) / seconds
            left = min(_SLICE_S, started + seconds - now)
            size = max(10, int(size * min(2.0, left / max(1e-4, now - began))))
    return chains_of(best), chains_of(state)


def load() -> None:
    """Have the search compiled: for half a minute once, then read from a cache."""
    solve(smallest(), seconds=None, iterations=1, seed=1)


def chains_of(state: State) -> list[Chain]:
    """Return the chains of a state."""
    from planner.engines import ruin_kernel as kernel

    chains = []
    for r in range(int(state.sums[kernel.ROUTES])):
        stops = []
        stop = int(state.routes[kernel.FIRST, r])
        while stop >= 0:
            stops.append(stop)
            stop = int(state.stops[kernel.NEXT, stop])
        chains.append(Chain(int(state.routes[kernel.KIND, r]), tuple(stops)))
    return chains


def _mean_leg(routing: Routing, chains: Sequence[Chain]) -> float:
    """Return what a leg costs on average, without vehicles and service."""
    cost, legs = 0, 0
    for chain in chains:
        kind = routing.vehicles[chain.kind]
        places = [kind.depot, *(routing.depots + s for s in chain.stops), kind.depot]
        for per, matrices in (
            (kind.cost_per_distance, routing.distance),
            (kind.cost_per_time, routing.time),
        ):
            if per:
                matrix = matrices[kind.profile]
                cost += per * int(matrix[places[:-1], places[1:]].sum(dtype=np.int64))
        legs += len(places) - 1
    return max(1.0, cost / max(1, legs))


def _case(routing: Routing, seed: int) -> Case:
    """Return the problem as the kernel wants it."""
    from planner.engines.ruin_insert import note_alone
    from planner.engines.ruin_kernel import Case

    n = routing.stops
    stop = np.arange(n)
    alone = routing.group < 0
    key = np.where(alone, int(routing.group.max(initial=-1)) + 1 + stop, routing.group)
    job = np.unique(key, return_inverse=True)[1].astype(np.int64)
    member = np.argsort(job, kind="stable")
    members = np.searchsorted(job[member], np.arange(int(job.max(initial=-1)) + 2))
    prize = np.zeros(len(members) - 1, dtype=np.int64)
    np.maximum.at(prize, job, routing.prize)
    time_ = _stacked(routing.time)
    same = all(d is t for d, t in zip(routing.distance, routing.time, strict=True))
    time_to = np.ascontiguousarray(time_.transpose(0, 2, 1))
    distance, distance_to = time_, time_to
    if not same:
        distance = _stacked(routing.distance)
        distance_to = np.ascontiguousarray(distance.transpose(0, 2, 1))
    depots = routing.depots
    away = np.minimum.reduce(
        [m[:depots, depots:].min(axis=0) for m in routing.distance]
    )
    near = min(n - 1, _NEAR if n <= _SCAN_ALL_BELOW else _NEAR_OF_MANY)
    case = Case(
        distance=distance,
        time=time_,
        distance_to=distance_to,
        time_to=time_to,
        depots=routing.depots,
        windows=routing.has_windows,
        scan=0 if n <= _SCAN_ALL_BELOW else min(n - 1, _SCANNED),
        info=_rows(
            routing.service,
            routing.demand,
            routing.early,
            routing.late,
            job,
            away,
            member,
        ),
        jobs=_rows(members, np.append(prize, 0)),
        kinds=_rows(
            *(
                [getattr(kind, field) for kind in routing.vehicles]
                for field in (
                    "depot",
                    "count",
                    "capacity",
                    "longest",
                    "early",
                    "late",
                    "fixed_cost",
                    "cost_per_distance",
                    "cost_per_time",
                    "profile",
                )
            )
        ),
        near=_nearest(routing, job, near),
        bigger=_bigger(routing),
        most_cost=np.ascontiguousarray(routing.most_cost, dtype=np.int64),
        alone=np.zeros((len(routing.vehicles), n), dtype=np.int64),
        dice=np.random.default_rng(seed).integers(1, 2**63, 1, dtype=np.uint64),
    )
    note_alone(case)
    return case


def _nearest(routing: Routing, job: Whole, count: int) -> Whole:
    """Return the nearest stops of other jobs, there and back, shape (n, count)."""
    m, n = routing.depots, routing.stops
    nearest = np.empty((n, count), dtype=np.int32)
    for low in range(0, n, _BLOCK):
        rows = np.arange(low, min(n, low + _BLOCK))
        gaps = np.minimum.reduce(
            [
                d[m + rows, m:].astype(np.int64) + d[m:, m + rows].T
                for d in routing.distance
            ]
        )
        gaps[job[rows][:, None] == job[None]] = 4 * FORBIDDEN
        some = np.argpartition(gaps, count - 1, axis=1)[:, :count]
        order = np.argsort(np.take_along_axis(gaps, some, axis=1), kind="stable")
        nearest[rows] = np.take_along_axis(some, order, axis=1)
    return nearest


def _bigger(routing: Routing) -> Whole:
    """Return by kind the others that can take its place, smallest first, or -1."""
    kinds = routing.vehicles
    table = np.full((len(kinds), len(kinds)), -1, dtype=np.int64)
    for k, kind in enumerate(kinds):
        others = [
            (other.capacity, o)
            for o, other in enumerate(kinds)
            if other.capacity > kind.capacity
            and (other.depot, other.profile) == (kind.depot, kind.profile)
            and (other.early, other.late) == (kind.early, kind.late)
        ]
        for place, (_, o) in enumerate(sorted(others)):
            table[k, place] = o
    return table


def _state(case: Case, start: Sequence[Chain]) -> State:
    """Return a state with some chains; all other jobs are absent."""
    from planner.engines import ruin_kernel as kernel

    n, jobs = case.info.shape[1], case.jobs.shape[1] - 1
    slots = 1 + min(n, int(np.minimum(case.kinds[kernel.COUNT], n).sum()))
    state = kernel.State(
        stops=np.full((9 if case.windows else 3, n), kernel.NONE, dtype=np.int64),
        routes=np.zeros((9, slots), dtype=np.int64),
        used=np.zeros(case.kinds.shape[1], dtype=np.int64),
        spent=np.zeros(case.depots, dtype=np.int64),
        absent=np.zeros(jobs, dtype=np.int64),
        sums=np.zeros(4, dtype=np.int64),
    )
    state.sums[kernel.LOST] = case.jobs[kernel.PRIZE].sum()
    here = set()
    for chain in start:
        before = kernel.NONE
        where = int(state.sums[kernel.ROUTES])
        for stop in chain.stops:
            kernel.put_in(case, state, stop, where, before, chain.kind)
            before = stop
            here.add(int(case.info[kernel.JOB, stop]))
    absent = [j for j in range(jobs) if j not in here]
    state.absent[: len(absent)] = absent
    state.sums[kernel.ABSENT] = len(absent)
    return state


def _stacked(matrices: Sequence[Whole]) -> Whole:
    if len(matrices) == 1:
        return np.ascontiguousarray(matrices[0], dtype=np.int32)[None]
    return np.stack(matrices).astype(np.int32)


def _rows(*values: Sequence[int] | Whole) -> Whole:
    return np.array([np.asarray(row, dtype=np.int64) for row in values])
