"""
Solve a routing problem by all that helps, on several cores, before a deadline.

Up to some 500 stops every core anneals the whole problem by ruin and recreate, each
with its own seed; then the best set of all chains seen is picked, and polished from
there. Larger problems are cut into pieces that turn from round to round, while the
temperature falls. Every search is a child process with a hard deadline; the best
checked answer is always held here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from planner.engines import pyvrp, ruin
from planner.engines.decomposition import Cut, cut
from planner.engines.pool import Pool
from planner.engines.runner import run_tasks
from planner.routing import Chain, Routing, judge

_WHOLE_UP_TO = 500
_PIECE_STOPS = 400
_GRACE_S = 0.5
"""After its time a child still has so long to answer."""

_ANNEAL, _PICK, _POLISH = 0.62, 0.08, 0.22
_WARM = 0.1
_FIRST = 0.08
_LEAST_ROUND_S, _OVERHEAD_S = 0.3, 0.1
_ROUND_S, _FEWEST_ROUNDS = 4.0, 6
_KEEP_FROM = 0.3
"""Chains of the search's current state are kept after this share of its time."""

Answer = tuple[list[Chain], list[Chain]]
"""The best chains, and others."""


def solve(
    routing: Routing,
    *,
    seconds: float,
    seed: int,
    workers: int,
    pool: Pool | None = None,
) -> list[Chain]:
    """
    Return the best chains found within a time that is kept to the second.

    Parameters
    ----------
    pool
        Where chains seen are gathered; an empty one.
    """
    ruin.load()
    ends = time.monotonic() + seconds
    if routing.stops <= _WHOLE_UP_TO:
        pool = Pool(routing) if pool is None else pool
        return _whole(routing, pool, ends, seconds, seed, workers)
    return _in_pieces(routing, ends, seconds, seed, workers)


def _whole(
    routing: Routing, pool: Pool, ends: float, seconds: float, seed: int, workers: int
) -> list[Chain]:
    first = ruin.solve(routing, seconds=None, iterations=1, seed=seed)
    share_s = _ANNEAL * seconds
    tasks = [(routing, share_s, seed * 100 + k) for k in range(workers)]
    deadline = min(ends, time.monotonic() + share_s + _GRACE_S)
    best = _best(routing, first, _run(anneal, tasks, deadline, workers, pool))
    best = _picked(pool, best, _PICK * seconds, ends)
    share_s = min(_POLISH * seconds, ends - time.monotonic() - 2 * _OVERHEAD_S)
    if share_s < _LEAST_ROUND_S:
        return best
    warm = [(routing, share_s, seed * 100 + k, tuple(best)) for k in range(workers)]
    deadline = min(ends, time.monotonic() + share_s + _GRACE_S)
    best = _best(routing, best, _run(polish, warm, deadline, workers, pool))
    left = ends - time.monotonic() - _OVERHEAD_S
    return _picked(pool, best, left, ends) if left > _LEAST_ROUND_S else best


def _in_pieces(
    routing: Routing, ends: float, seconds: float, seed: int, workers: int
) -> list[Chain]:
    best, now = ruin.anneal(
        routing,
        seconds=_FIRST * seconds,
        iterations=0,
        seed=seed,
        start=(),
        hot=ruin.HOT,
        cool=ruin.HOT,
    )
    rounds = max(_FEWEST_ROUNDS, int((1 - _FIRST) * seconds / _ROUND_S))
    fall = (ruin.COOL / ruin.HOT) ** (1 / rounds)
    pieces = max(2, round(routing.stops / _PIECE_STOPS))
    for turn in range(rounds):
        left = ends - time.monotonic()
        if left < _LEAST_ROUND_S:
            break
        turn_s = left / (rounds - turn)
        share_s = turn_s * min(1.0, workers / pieces) - _OVERHEAD_S
        hot = ruin.HOT * fall**turn
        cuts = cut(routing, now, pieces, seed + turn)
        tasks = [(c, share_s, seed * 1000 + turn, hot, hot * fall) for c in cuts]
        deadline = min(ends, time.monotonic() + turn_s + _GRACE_S)
        answers = run_tasks(improve, tasks, workers=workers, deadline=deadline)
        merged: tuple[list[Chain], list[Chain]] = ([], [])
        for piece, answer in zip(cuts, answers, strict=True):
            for whole, chains in zip(merged, answer or [piece.chains] * 2, strict=True):
                whole += piece.in_whole(chains)
        best = _best(routing, best, merged)
        now = merged[1]
    return best


def anneal(
    routing: Routing,
    seconds: float,
    seed: int,
    start: Sequence[Chain] = (),
    hot: float = ruin.HOT,
) -> Answer:
    """Return the best chains of one annealing, and chains seen on the way."""
    seen: dict[Chain, None] = {}

    def tell(done: float, chains: list[Chain]) -> None:
        if done > _KEEP_FROM:
            seen.update(dict.fromkeys(chains))

    chains = ruin.solve(
        routing, seconds=seconds, seed=seed, start=start, hot=hot, tell=tell
    )
    return chains, list(seen)


def polish(
    routing: Routing, seconds: float, seed: int, start: Sequence[Chain]
) -> Answer:
    """Return better chains than the start: by annealing from warm, or by PyVRP."""
    if seed % 2 == 0:
        return anneal(routing, seconds, seed, start, _WARM)
    found = pyvrp.solve(routing, seconds=seconds, iterations=0, seed=seed, start=start)
    return found, found


def improve(
    piece: Cut, seconds: float, seed: int, hot: float, cool: float
) -> tuple[list[Chain], list[Chain]]:
    """Return the best chains of a piece, and those where its annealing ended."""
    return ruin.anneal(
        piece.routing,
        seconds=seconds,
        iterations=0,
        seed=seed,
        start=piece.chains,
        hot=hot,
        cool=cool,
    )


def _run(
    function: Callable[..., Answer],
    tasks: Sequence[tuple[Any, ...]],
    deadline: float,
    workers: int,
    pool: Pool,
) -> list[list[Chain]]:
    """Return the answers of tasks that were in time; all chains go to the pool."""
    found = []
    for answer in run_tasks(function, tasks, workers=workers, deadline=deadline):
        if answer is not None:
            chains, seen = answer
            pool.add([*chains, *seen])
            found.append(chains)
    return found


def _picked(pool: Pool, known: list[Chain], seconds: float, ends: float) -> list[Chain]:
    """Return the best set of chains in the pool that a child finds in time."""
    deadline = min(ends, time.monotonic() + seconds + _GRACE_S)
    (answer,) = run_tasks(
        Pool.select, [(pool, known, seconds)], workers=1, deadline=deadline
    )
    return known if answer is None else answer


def _best(
    routing: Routing, known: list[Chain], others: Sequence[list[Chain]]
) -> list[Chain]:
    """Return the best of several answers that keep every limit."""
    best, total = known, judge(routing, known).total
    for chains in others:
        judged = judge(routing, chains)
        if not judged.faults and judged.total < total:
            best, total = chains, judged.total
    return best
