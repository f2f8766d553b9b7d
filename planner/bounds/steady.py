"""
Bound the drones of a busiest period that could go on for ever.

Column generation on a fluid covering problem: sorties are flown at rates, so that
each duty is visited often enough, and keep as few drones busy as they can. Its
prices say what a visit is worth; scaled so that no sortie collects more worth than
it keeps a drone busy, they prove a bound by themselves. Prices are smoothed towards
the best ones yet (Wentges, Weighted Dantzig-Wolfe decomposition, 1997).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from planner.bounds.master import Master
from planner.bounds.pricing import Priced, Sorties, price
from planner.geometry import FloatArray

EXCESS_S = 1e-3
"""A sortie may collect this much more than it should [s]; rounding is allowed more."""

_WORTH_ADDING_S = 1e-6
_SMOOTHING = 0.8
_CLOSE = 0.002
_PATIENCE = 30
_EXACT_SHARE = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """
    How long to look for worths.

    Parameters
    ----------
    seconds
        Wall time; ignored where ``rounds`` is given.
    rounds
        Of column generation: no clock is read.
    """

    seconds: float = 0.0
    rounds: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A sortie as a search has seen it: its duties, and how long it is busy [s]."""

    duties: tuple[int, ...]
    occupied_s: float


def busy_drones(worth_s: FloatArray, interval_s: FloatArray) -> float:
    """Return how many drones are busy if each visit keeps one busy for its worth."""
    return float((worth_s / interval_s).sum())


def whole_drones(busy: float) -> int:
    """Return the whole drones that are at least so many."""
    return math.ceil(busy - 1e-9)


def proven(fleets: Sequence[Sorties], worth_s: FloatArray) -> bool:
    """Whether no sortie collects more worth than it keeps a drone busy."""
    priced = [price(fleet, worth_s) for fleet in fleets]
    return all(p.whole and p.excess_s <= EXCESS_S for p in priced)


def steady_worths(
    fleets: Sequence[Sorties],
    interval_s: FloatArray,
    known: Iterable[Known],
    effort: Effort,
) -> FloatArray:
    """
    Return what a visit to each duty is worth [s], as a proof of a bound.

    No sortie of any fleet collects more worth than it keeps a drone busy, however
    early the search ends.

    Parameters
    ----------
    interval_s
        Least interval of each duty.
    known
        Sorties to start from.
    """
    search = _Search(fleets, interval_s, known)
    clock = _Clock(effort)
    while not clock.over(1 - _EXACT_SHARE) and search.improve(coarse=True):
        pass
    search.begin_exact()
    while not clock.over(1.0) and search.improve(coarse=False):
        pass
    return search.proof()


class _Clock:
    """Tells when a share of an effort is spent."""

    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self._started_s = time.monotonic() if effort.rounds is None else 0.0
        self._rounds = 0

    def over(self, share: float) -> bool:
        """Whether a share is spent; asked once a round."""
        self._rounds += 1
        if self._effort.rounds is not None:
            return self._rounds > share * self._effort.rounds
        return time.monotonic() - self._started_s > share * self._effort.seconds


class _Search:
    """Worths and sorties as they get better."""

    def __init__(
        self,
        fleets: Sequence[Sorties],
        interval_s: FloatArray,
        known: Iterable[Known],
    ) -> None:
        self.fleets = fleets
        self.interval_s = interval_s
        self.master = Master(interval_s)
        start_s = np.full(len(interval_s), np.inf)
        for fleet in fleets:
            for i, duty in enumerate(fleet.duty):
                alone_s = fleet.occupied_s([i])
                start_s[duty] = min(start_s[duty], alone_s)
                self.master.add([int(duty)], alone_s)
        for sortie in known:
            members = list(sortie.duties)
            self.master.add(members, sortie.occupied_s)
            share_s = start_s[members] / start_s[members].sum() * sortie.occupied_s
            start_s[members] = np.minimum(start_s[members], share_s)
        self.centre_s = start_s
        self.bound = 0.0
        self.smoothing = _SMOOTHING
        self.stalled = 0
        self.proof_s = np.zeros(len(interval_s))

    def improve(self, *, coarse: bool) -> bool:
        """Add sorties that collect too much; whether it is worth going on."""
        busy, worth_s = self.master.solve()
        smooth_s = self.smoothing * self.centre_s + (1 - self.smoothing) * worth_s
        priced = [price(fleet, smooth_s, coarse=coarse) for fleet in self.fleets]
        if not coarse:
            self._note(smooth_s, priced)
        new, ratio = self._add(priced, smooth_s, worth_s)
        bound = busy_drones(smooth_s, self.interval_s) / ratio
        if bound > self.bound:
            self.bound, self.centre_s, self.stalled = bound, smooth_s / ratio, 0
        else:
            self.stalled += 1
        if not new:
            self.smoothing *= 0.5
        reached = (
            busy_drones(self.proof_s, self.interval_s) if not coarse else self.bound
        )
        closed = whole_drones(reached) >= whole_drones(busy)
        tired = self.smoothing < 0.05 or self.stalled > _PATIENCE
        return not (closed or tired or self.bound >= (1 - _CLOSE) * busy)

    def begin_exact(self) -> None:
        """Trust no bound that only likely sorties have proven."""
        self.bound, self.smoothing, self.stalled = 0.0, 0.5, 0

    def proof(self) -> FloatArray:
        """Return the best worths that hold for all sorties."""
        priced = [price(fleet, self.centre_s) for fleet in self.fleets]
        self._note(self.centre_s, priced)
        return self.proof_s

    def _note(self, worth_s: FloatArray, priced: Sequence[Priced]) -> None:
        """Keep worths, scaled so that they hold, if they prove more."""
        if not all(p.whole for p in priced):
            return
        scale = max(
            1 + max(p.excess_s, 0.0) / fleet.least_s()
            for p, fleet in zip(priced, self.fleets, strict=True)
        )
        scaled_s = worth_s / scale
        if busy_drones(scaled_s, self.interval_s) > busy_drones(
            self.proof_s, self.interval_s
        ):
            self.proof_s = scaled_s

    def _add(
        self, priced: Sequence[Priced], smooth_s: FloatArray, worth_s: FloatArray
    ) -> tuple[int, float]:
        """Add sorties of all kinds; return how many, and the largest ratio."""
        found: list[tuple[float, list[int], float]] = []
        ratio = 1e-9
        for fleet, result in zip(self.fleets, priced, strict=True):
            for path in result.paths:
                visited = fleet.duty[list(path)]
                occupied_s = fleet.occupied_s(path)
                ratio = max(ratio, float(smooth_s[visited].sum()) / occupied_s)
                excess_s = float(worth_s[visited].sum()) - occupied_s
                if excess_s > _WORTH_ADDING_S:
                    found.append((-excess_s, visited.tolist(), occupied_s))
        new = 0
        used = np.zeros(len(worth_s), dtype=int)
        for _, duties, occupied_s in sorted(found, key=lambda f: f[0]):
            if 2 * (used[duties] >= 2).sum() <= len(duties):
                used[duties] += 1
                new += self.master.add(duties, occupied_s)
        return new, ratio
