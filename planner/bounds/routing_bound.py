"""
Bound what any answer to a vehicle routing problem costs.

Column generation: every stop is on a chain or loses its prize, and no more vehicles
are used than there are. The linear programs say what a visit to each stop is worth;
with any worths, all worth less what the vehicles of each kind could gain at most is
a bound (Lagrange), and so is what is left of them when they are scaled until no chain
gains anything; so one is there at any time. Worths are smoothed towards the
best ones yet (Wentges, Weighted Dantzig-Wolfe decomposition, 1997).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from planner.basics.geometry import FloatArray
from planner.bounds.routing_pricing import (
    GRAIN,
    Chains,
    Priced,
    can_price,
    chains_of,
    price,
)
from planner.routing.model import FOREVER, Chain, Routing, Whole, smallest

_SMOOTHING, _LEAST_SMOOTHING = 0.8, 1e-4
_ROUNDING = 1e-9
_SLACK = 1e-6
"""Shares of a cost below this are rounding."""


def can_bound(routing: Routing) -> bool:
    """Whether `cost_bound` has a word for a problem."""
    return routing.stops > 0 and can_price(routing)


def load() -> None:
    """Have the search compiled: for some seconds once, then read from a cache."""
    cost_bound(smallest(), seconds=FOREVER)


def cost_bound(
    routing: Routing, *, seconds: float, known: Iterable[Chain] = (), workers: int = 1
) -> int:
    """
    Return a cost, lost prizes included, that no answer is below.

    Time windows, groups of more than one stop and what a depot may spend are not
    looked at: what holds without them holds with windows and budgets; a group counts
    as stops of which none need be visited.

    Parameters
    ----------
    seconds
        Wall time, kept to about a second; the bound is valid whenever it ends.
    known
        Chains that keep every limit, to start from.
    workers
        Threads; kinds of vehicle are priced at the same time.

    Raises
    ------
    ValueError
        If a stop has no demand, or there are too many loads.
    """
    if not can_bound(routing):
        raise ValueError("loads of this problem cannot be counted.")
    ends = time.monotonic() + seconds
    kinds = [chains_of(routing, k) for k in range(len(routing.vehicles))]
    prize = np.where(routing.group < 0, routing.prize, 0)
    master = _Master(routing, prize)
    centre = prize.astype(float)
    for chain in known:
        if chain.stops:
            cost = kinds[chain.kind].cost(chain.stops)
            master.add(chain.kind, chain.stops, cost)
            mine = list(chain.stops)
            centre[mine] = np.minimum(centre[mine], cost / len(mine))
    centre = _exact(centre, prize)
    best, smoothing, coarse = 0.0, _SMOOTHING, True
    with ThreadPoolExecutor(workers) as threads:
        while smoothing > _LEAST_SMOOTHING:
            value, dual, fleet = master.solve()
            if best >= (1 - _SLACK) * value:
                break
            worth = _exact(smoothing * centre + (1 - smoothing) * dual, prize)
            tasks = [
                (kind, worth, (1 - smoothing) * float(fleet[kind.kind]), coarse, ends)
                for kind in kinds
            ]
            priced = [found for found in threads.map(_priced, tasks) if found]
            if len(priced) < len(kinds):
                break
            for proof, gained in _proofs(kinds, priced, worth):
                if proof.sum() - gained > best:
                    best, centre = proof.sum() - gained, proof
            new = 0
            for kind, found in zip(kinds, priced, strict=True):
                for stops in found.chains:
                    cost = kind.cost(stops)
                    gain = dual[list(stops)].sum() + fleet[kind.kind] - cost
                    if gain > _SLACK * cost:
                        new += master.add(kind.kind, stops, cost)
            if new:
                smoothing = _SMOOTHING
            elif coarse:
                coarse = False
            else:
                smoothing *= 0.5
    return math.ceil(best)


def _priced(task: tuple[Chains, FloatArray, float, bool, float]) -> Priced | None:
    """Return what pricing a kind of vehicle finds; None if there is no time left."""
    kind, worth, below, coarse, ends = task
    if time.monotonic() >= ends:
        return None
    return price(kind, worth, below=below, coarse=coarse)


def _proofs(
    kinds: Sequence[Chains], priced: Sequence[Priced], worth: FloatArray
) -> Iterator[tuple[FloatArray, float]]:
    """
    Yield worths, and what all vehicles gain with them at most.

    As they are; and so much smaller that a chain which costs least gains nothing.
    """
    pairs = list(zip(kinds, priced, strict=True))
    yield worth, -sum(kind.count * found.least for kind, found in pairs)
    cheapest = min(kind.cheapest for kind in kinds)
    if cheapest > 0:
        excess = max(-found.least / kind.cheapest for kind, found in pairs)
        yield _exact(worth * (1 - _ROUNDING) / (1 + excess), worth), 0.0


def _exact(worth: FloatArray, most: Whole | FloatArray) -> FloatArray:
    """Return worths over the grain, none negative and none above its most."""
    rounded: FloatArray = np.floor(np.clip(worth, 0, most) * GRAIN) / GRAIN
    return rounded


class _Master:
    """The least cost of covering all stops with the chains known so far."""

    def __init__(self, routing: Routing, prize: Whole) -> None:
        # `highspy.Highs` says hello on standard output as soon as it is made.
        from highspy._core import _Highs, kHighsInf

        self._infinity = kHighsInf
        self._stops = routing.stops
        # Keeps the numbers of the problem near one.
        self._unit = max(1.0, float(prize.max()) / 100)
        self._solver: Any = _Highs()
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("presolve", "off"),
            ("simplex_strategy", 4),
        ):
            self._solver.setOptionValue(option, value)
        for _ in range(routing.stops):
            self._solver.addRow(1.0, self._infinity, 0, [], [])
        for vehicles in routing.vehicles:
            self._solver.addRow(-self._infinity, float(vehicles.count), 0, [], [])
        for stop, lost in enumerate(prize):
            self._column(float(lost), [stop], [1])
        self._known: dict[tuple[int, tuple[int, ...]], float] = {}

    def add(self, kind: int, stops: Sequence[int], cost: float) -> bool:
        """Add a chain, unless one as good is known."""
        key = kind, tuple(sorted(stops))
        if self._known.get(key, math.inf) <= cost:
            return False
        self._known[key] = cost
        index, times = np.unique(stops, return_counts=True)
        self._column(cost, [*index, self._stops + kind], [*times, 1])
        return True

    def solve(self) -> tuple[float, FloatArray, FloatArray]:
        """Return the least cost, and the worth of each stop and kind of vehicle."""
        self._solver.run()
        value = self._unit * self._solver.getInfo().objective_function_value
        dual = self._unit * np.array(self._solver.getSolution().row_dual)
        worth, fleet = dual[: self._stops], dual[self._stops :]
        return float(value), np.maximum(worth, 0.0), np.minimum(fleet, 0.0)

    def _column(self, cost: float, rows: Sequence[int], values: Sequence[int]) -> None:
        index = np.array(rows, dtype=np.int32)
        entries = np.array(values, dtype=float)
        scaled = cost / self._unit
        self._solver.addCol(scaled, 0.0, self._infinity, len(index), index, entries)
