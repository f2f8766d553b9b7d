"""
Pick the best set of chains among all that were seen, by HiGHS.

Set covering: every job is on a chain or loses its prize, no more vehicles of a
kind than there are. The linear relaxation comes first; what its prices show can be
in no better set than the best known is left out of the whole-number search.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from planner.routing.model import FOREVER, Chain, Routing, chain_cost, judge

_MOST_COLUMNS = 60_000


class Pool:
    """Chains seen, the cheapest of each kind and set of stops."""

    def __init__(self, routing: Routing) -> None:
        self._routing = routing
        self._best: dict[tuple[int, frozenset[int]], tuple[int, Chain]] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._best)

    def __iter__(self) -> Iterator[Chain]:
        """Go over them."""
        return (chain for _, chain in self._best.values())

    def add(self, chains: Iterable[Chain]) -> None:
        """Take chains in, as long as there is room."""
        for chain in chains:
            key = (chain.kind, frozenset(chain.stops))
            known = self._best.get(key)
            if known and known[1] == chain:
                continue
            if known is None and len(self._best) >= _MOST_COLUMNS:
                continue
            cost = chain_cost(self._routing, chain)
            if known is None or cost < known[0]:
                self._best[key] = (cost, chain)

    def select(self, known: Sequence[Chain], seconds: float) -> list[Chain]:
        """Return the best set that is found in time, or what is known."""
        self.add(known)
        columns = list(self)
        costs = np.array([cost for cost, _ in self._best.values()], dtype=float)
        chosen = _covering(self._routing, columns, costs, known, seconds)
        found = _without_repeats(self._routing, chosen)
        before, after = judge(self._routing, known), judge(self._routing, found)
        better = after.total < before.total and not after.faults
        return found if better else list(known)


def _covering(
    routing: Routing,
    columns: Sequence[Chain],
    costs: np.ndarray,
    known: Sequence[Chain],
    seconds: float,
) -> list[Chain]:
    """Return the columns of the best covering that is found in time."""
    started = time.monotonic()
    bound = float(judge(routing, known).total)
    relaxed = _model(routing, columns, costs, whole=False)
    relaxed.setOptionValue("time_limit", 0.5 * seconds)
    relaxed.run()
    solution = relaxed.getSolution()
    least = relaxed.getInfo().objective_function_value
    if not solution.dual_valid or not math.isfinite(least):
        return list(known)
    reduced = np.array(solution.col_dual[: len(columns)])
    kept = np.flatnonzero(reduced <= bound - least).tolist()
    columns = [columns[k] for k in kept]
    model = _model(routing, columns, costs[kept], whole=True)
    left = seconds - (time.monotonic() - started)
    model.setOptionValue("time_limit", max(0.1, left))
    model.setOptionValue("objective_bound", bound)
    model.run()
    values = np.array(model.getSolution().col_value)
    if not model.getSolution().value_valid:
        return list(known)
    return [c for c, value in zip(columns, values, strict=False) if value > 0.5]


def _model(
    routing: Routing, columns: Sequence[Chain], costs: np.ndarray, *, whole: bool
) -> Any:
    """Return the covering model; after the columns one for each job left out."""
    import highspy

    jobs = _jobs(routing)
    count = int(jobs.max(initial=-1)) + 1
    prizes = np.zeros(count)
    np.maximum.at(prizes, jobs, routing.prize)
    kinds, limited = len(routing.vehicles), routing.most_cost < FOREVER
    rows, values, starts = [], [], [0]
    for chain, cost in zip(columns, costs, strict=True):
        mine = [int(j) for j in jobs[list(chain.stops)]]
        rows += [*mine, count + chain.kind]
        values += [1.0] * (len(mine) + 1)
        depot = routing.vehicles[chain.kind].depot
        if limited[depot]:
            rows.append(count + kinds + depot)
            values.append(float(cost))
        starts.append(len(rows))
    for job in range(count):
        rows.append(job)
        values.append(1.0)
        starts.append(len(rows))
    total = len(columns) + count
    infinity = highspy.kHighsInf
    available = [float(kind.count) for kind in routing.vehicles]
    budgets = np.where(limited, routing.most_cost, infinity).astype(float)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = total, count + kinds + routing.depots
    lp.col_cost_ = np.concatenate([costs, prizes])
    lp.col_lower_, lp.col_upper_ = np.zeros(total), np.ones(total)
    lp.row_lower_ = np.array([1.0] * count + [-infinity] * (kinds + routing.depots))
    lp.row_upper_ = np.array([infinity] * count + available + list(budgets))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.array(starts, dtype=np.int32)
    lp.a_matrix_.index_ = np.array(rows, dtype=np.int32)
    lp.a_matrix_.value_ = np.array(values)
    if whole:
        lp.integrality_ = [highspy.HighsVarType.kInteger] * total
    model = _silent(highspy.Highs)
    model.setOptionValue("output_flag", False)
    model.setOptionValue("threads", 1)
    model.passModel(lp)
    return model


def _silent(make: Any) -> Any:
    """Return what is made, with standard output closed: HiGHS greets there."""
    sys.stdout.flush()
    before = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        return make()
    finally:
        os.dup2(before, 1)
        os.close(before)
        os.close(nowhere)


def _jobs(routing: Routing) -> np.ndarray:
    """Return the job of each stop: its group, or itself alone."""
    alone = int(routing.group.max(initial=-1)) + 1 + np.arange(routing.stops)
    key = np.where(routing.group < 0, alone, routing.group)
    return np.unique(key, return_inverse=True)[1]


def _without_repeats(routing: Routing, chains: Sequence[Chain]) -> list[Chain]:
    """Return chains with every job on one of them, off where that saves most."""
    jobs = _jobs(routing)
    kept = list(chains)
    places: dict[int, list[int]] = {}
    for k, chain in enumerate(kept):
        for stop in chain.stops:
            places.setdefault(int(jobs[stop]), []).append(k)
    for job, where in sorted(places.items()):
        while len(where) > 1:
            options = []
            for k in where:
                rest = tuple(s for s in kept[k].stops if jobs[s] != job)
                left = Chain(kept[k].kind, rest)
                cost = chain_cost(routing, left) if rest else 0
                options.append((cost - chain_cost(routing, kept[k]), k, left))
            _, k, kept[k] = min(options, key=lambda option: option[:2])
            where.remove(k)
    return [chain for chain in kept if chain.stops]
