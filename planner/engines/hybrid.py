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
from collections.abc import Sequence

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
_FIRST = 0.12
_ROUND_S, _FEWEST_ROUNDS = 4.0, 6
_KEEP_FROM = 0.3
"""Chains of the search's current state are kept after this share of its time."""


def solve(routing: Routing, *, seconds: float, seed: int, workers: int) -> list[Chain]:
    """Return the best chains found within a time that is kept to the second."""
    ruin.load()
    ends = time.monotonic() + seconds
    if routing.stops <= _WHOLE_UP_TO:
        return _whole(routing, ends, seconds, seed, workers)
    return _in_pieces(routing, ends, seconds, seed, workers)


def _whole(
    routing: Routing, ends: float, seconds: float, seed: int, workers: int
) -> list[Chain]:
    pool = Pool(routing)
    share_s = _ANNEAL * seconds
    tasks = [
        (routing, share_s, seed * 100 + k, (), ruin.HOT, True) for k in range(workers)
    ]
    best = _best(routing, [], _run(anneal, tasks, share_s, ends, workers, pool))
    best = pool.select(best, _PICK * seconds)
    share_s = min(_POLISH * seconds, ends - time.monotonic() - 0.02 * seconds)
    warm = [
        (routing, share_s, seed * 100 + 50 + k, tuple(best), _WARM, True)
        for k in range(workers)
    ]
    best = _best(routing, best, _run(polish, warm, share_s, ends, workers, pool))
    left = ends - time.monotonic()
    return pool.select(best, left) if left > 0.3 else best


def _in_pieces(
    routing: Routing, ends: float, seconds: float, seed: int, workers: int
) -> list[Chain]:
    best: list[Chain] = ruin.solve(routing, seconds=_FIRST * seconds, seed=seed)
    rounds = max(_FEWEST_ROUNDS, int((1 - _FIRST) * seconds / _ROUND_S))
    fall = (ruin.COOL / ruin.HOT) ** (1 / rounds)
    pieces = max(2, round(routing.stops / _PIECE_STOPS))
    for turn in range(rounds):
        left = ends - time.monotonic()
        if left < 0.3:
            break
        share_s = left / (rounds - turn) * min(1.0, workers / pieces)
        cuts = cut(routing, best, pieces, seed + turn)
        hot = ruin.HOT * fall**turn
        tasks = [(c, share_s - 0.05, seed * 1000 + turn, hot, hot * fall) for c in cuts]
        deadline = min(ends, time.monotonic() + share_s * pieces + _GRACE_S)
        answers = run_tasks(improve, tasks, workers=workers, deadline=deadline)
        merged: list[Chain] = []
        for piece, answer in zip(cuts, answers, strict=True):
            merged += piece.in_whole(piece.chains if answer is None else answer)
        best = _best(routing, best, [merged])
    return best


def anneal(
    routing: Routing,
    seconds: float,
    seed: int,
    start: Sequence[Chain],
    hot: float,
    keep: bool,
) -> tuple[list[Chain], list[Chain]]:
    """Return the best chains of one annealing, and chains seen on the way."""
    seen: dict[Chain, None] = {}

    def tell(done: float, chains: list[Chain]) -> None:
        if keep and done > _KEEP_FROM:
            seen.update(dict.fromkeys(chains))

    chains = ruin.solve(
        routing, seconds=seconds, seed=seed, start=start, hot=hot, tell=tell
    )
    return chains, list(seen)


def polish(
    routing: Routing,
    seconds: float,
    seed: int,
    start: Sequence[Chain],
    hot: float,
    keep: bool,
) -> tuple[list[Chain], list[Chain]]:
    """Return better chains than the start: by annealing from warm, or by PyVRP."""
    if seed % 2:
        found = pyvrp.solve(
            routing, seconds=seconds - 0.1, iterations=0, seed=seed, start=start
        )
        return found, found
    return anneal(routing, seconds, seed, start, hot, keep)


def improve(
    piece: Cut, seconds: float, seed: int, hot: float, cool: float
) -> list[Chain]:
    """Return better chains of a piece."""
    return ruin.solve(
        piece.routing,
        seconds=seconds,
        seed=seed,
        start=piece.chains,
        hot=hot,
        cool=cool,
    )


def _run(function, tasks, seconds, ends, workers, pool):  # type: ignore[no-untyped-def]
    """Return the answers of tasks that were in time; all chains go to the pool."""
    deadline = min(ends, time.monotonic() + seconds + _GRACE_S)
    found = []
    for answer in run_tasks(function, tasks, workers=workers, deadline=deadline):
        if answer is not None:
            chains, seen = answer
            pool.add([*chains, *seen])
            found.append(chains)
    return found


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
