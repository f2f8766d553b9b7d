"""
Solve a routing problem by all that helps, on several cores, before a deadline.

Up to some 500 stops the cores search the whole problem with seeds of their own, by ruin
and recreate and by PyVRP in turn; then the best set of all chains seen is picked, and
PyVRP goes on from it on every core. Larger problems are cut into pieces that turn from
round to round, while the temperature falls. Every search is a child process with a
hard deadline; the best checked answer is always held here.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from planner.bench.decomposition import Cut, cut
from planner.bench.pool import Pool
from planner.engines import pyvrp, ruin, runner
from planner.routing.model import Chain, Routing, judge

_WHOLE_UP_TO = 500
_PIECE_STOPS = 400
_PATIENCE, _GRACE_S = 1.25, 0.5
"""A child may take so many times its time, and so much longer, to answer."""

_APART, _PICK = 0.75, 0.04
"""Shares of the time: searches apart, and the choice among their chains."""

_WARM = 0.1
_FIRST = 0.08
_LEAST_ROUND_S, _OVERHEAD_S = 0.3, 0.1
_ROUND_S, _FEWEST_ROUNDS = 4.0, 6
_COOL_WINDOWS = 0.15
"""
Where pieces with time windows end, in mean costs of a leg: there is more to win in
staying warm, since a change of one route asks for more changes of others.
"""

_KEEP_FROM = 0.3
"""Chains of the search's current state are kept after this share of its time."""

Answer = tuple[list[Chain], list[Chain]]
"""The best chains, and others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """
    What goes into the search; less shows what each brings.

    Parameters
    ----------
    engines
        Of ``ruin`` and ``pyvrp``: the first searches pieces, all of them the whole in
        turn, core by core, and the last goes on from the best.
    pieces
        Whether large problems are cut.
    pool
        Whether the best set of all chains seen is picked.
    """

    engines: tuple[str, ...] = ("ruin", "pyvrp")
    pieces: bool = True
    pool: bool = True


EVERYTHING = Recipe()


def solve(
    routing: Routing,
    *,
    seconds: float,
    seed: int,
    workers: int,
    pool: Pool | None = None,
    recipe: Recipe = EVERYTHING,
) -> list[Chain]:
    """
    Return the best chains found within a time that is kept to the second.

    Parameters
    ----------
    pool
        Where chains seen are gathered; an empty one.
    """
    load()
    ends = time.monotonic() + seconds
    if routing.stops > _WHOLE_UP_TO and recipe.pieces:
        return _in_pieces(routing, recipe, ends, seconds, seed, workers)
    pool = Pool(routing) if pool is None else pool
    return _whole(routing, recipe, pool, ends, seconds, seed, workers)


def load() -> None:
    """Have everything compiled and loaded that a search counts on."""
    ruin.load()
    runner.load()


def _whole(
    routing: Routing,
    recipe: Recipe,
    pool: Pool,
    ends: float,
    seconds: float,
    seed: int,
    workers: int,
) -> list[Chain]:
    best = ruin.solve(routing, seconds=None, iterations=1, seed=seed)
    for last in (False, True):
        left_s = ends - time.monotonic() - _OVERHEAD_S
        share_s = left_s - _PICK * seconds if last else _APART * seconds
        if last and share_s < _LEAST_ROUND_S:
            break
        engines = recipe.engines[-1:] if last else recipe.engines
        tasks = [
            (
                engines[k % len(engines)],
                routing,
                share_s,
                seed * 100 + last * workers + k,
                tuple(best) if last else (),
            )
            for k in range(workers)
        ]
        deadline = min(ends, time.monotonic() + _PATIENCE * share_s + _GRACE_S)
        best = _best(routing, best, _run(tasks, deadline, workers, pool))
        left_s = ends - time.monotonic() - _OVERHEAD_S
        if recipe.pool and left_s > _LEAST_ROUND_S:
            pick_s = left_s if last else min(left_s, _PICK * seconds)
            best = _picked(pool, best, pick_s, ends)
    return best


def _in_pieces(
    routing: Routing,
    recipe: Recipe,
    ends: float,
    seconds: float,
    seed: int,
    workers: int,
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
    cool = _COOL_WINDOWS if routing.has_windows else ruin.COOL
    fall = (cool / ruin.HOT) ** (1 / rounds)
    pieces = max(2, round(routing.stops / _PIECE_STOPS))
    for turn in range(rounds):
        left = ends - time.monotonic()
        if left < _LEAST_ROUND_S:
            break
        turn_s = left / (rounds - turn)
        share_s = turn_s * min(1.0, workers / pieces) - _OVERHEAD_S
        hot = ruin.HOT * fall**turn
        cuts = cut(routing, now, pieces, seed + turn)
        step = recipe.engines[0], share_s, seed * 1000 + turn, hot, hot * fall
        tasks = [(c, *step) for c in cuts]
        deadline = min(ends, time.monotonic() + turn_s + _GRACE_S)
        answers = runner.run_tasks(improve, tasks, workers=workers, deadline=deadline)
        merged: tuple[list[Chain], list[Chain]] = ([], [])
        for piece, answer in zip(cuts, answers, strict=True):
            for whole, chains in zip(merged, answer or [piece.chains] * 2, strict=True):
                whole += piece.in_whole(chains)
        best = _best(routing, best, merged)
        now = merged[1]
    return best


def search(
    engine: str, routing: Routing, seconds: float, seed: int, start: Sequence[Chain]
) -> Answer:
    """Return the best chains that an engine finds, and chains seen on the way."""
    if engine == "pyvrp":
        found = pyvrp.solve(
            routing, seconds=seconds, iterations=0, seed=seed, start=start
        )
        return found, []
    seen: dict[Chain, None] = {}

    def tell(done: float, chains: list[Chain]) -> None:
        if done > _KEEP_FROM:
            seen.update(dict.fromkeys(chains))

    hot = _WARM if start else ruin.HOT
    found = ruin.solve(
        routing, seconds=seconds, seed=seed, start=start, hot=hot, tell=tell
    )
    return found, list(seen)


def improve(
    piece: Cut, engine: str, seconds: float, seed: int, hot: float, cool: float
) -> tuple[list[Chain], list[Chain]]:
    """Return the best chains of a piece, and those where its search ended."""
    if engine == "pyvrp":
        found = pyvrp.solve(
            piece.routing, seconds=seconds, iterations=0, seed=seed, start=piece.chains
        )
        return found, found
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
    tasks: Sequence[tuple[Any, ...]], deadline: float, workers: int, pool: Pool
) -> list[list[Chain]]:
    """Return the answers of tasks that were in time; all chains go to the pool."""
    found = []
    for answer in runner.run_tasks(search, tasks, workers=workers, deadline=deadline):
        if answer is not None:
            chains, seen = answer
            pool.add([*chains, *seen])
            found.append(chains)
    return found


def _picked(pool: Pool, known: list[Chain], seconds: float, ends: float) -> list[Chain]:
    """Return the best set of chains in the pool that a child finds in time."""
    deadline = min(ends, time.monotonic() + seconds + _GRACE_S)
    (answer,) = runner.run_tasks(
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
