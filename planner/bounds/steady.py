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
_PATIENCE = 20
_LARGE = 300
_LEAN_SHARE, _EXACT_SHARE, _LAST_SHARE = 0.5, 0.7, 0.85
"""
What of an effort is spent when leaning has done with the likely sorties, with all
sorties, and when only the proof is left to do.
"""

_STEP, _SLOWER = 0.1, 50.0
_SHARPNESS = 10.0
_INERTIA = 0.7
_LEAST_SHARE = 0.15
_FURTHEST = 1.5
_LEAST_SMOOTHING = 0.05


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
    clock = _Clock(effort)
    search = _Search(fleets, interval_s, tuple(known))
    while not clock.over(_LEAN_SHARE):
        search.lean(coarse=True)
    search.trust_nothing()
    # The linear programs of a large part take longer than what they would still gain.
    large = len(interval_s) > _LARGE
    while not clock.over(_LAST_SHARE if large else _EXACT_SHARE):
        search.lean(coarse=False)
    while not (large or clock.over(_LAST_SHARE) or search.settled()):
        if search.within(_CLOSE) or not search.improve():
            break
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
        self.centre_s = self.leaning_s = start_s
        self.crowd = np.zeros(len(interval_s))
        self.leans = 0
        self.bound, self.busy = 0.0, math.inf
        self.smoothing = _SMOOTHING
        self.stalled = 0
        self.proof_s = np.zeros(len(interval_s))

    def lean(self, *, coarse: bool) -> None:
        """
        Shift worth from duties that the dearest sorties crowd to those they leave out.

        In the best worths, each duty has the share of all worth that it has in the
        sorties that collect most: so worths are multiplied towards that, all at once
        (as Plotkin, Shmoys and Tardos do for covering problems, 1995).
        """
        worth_s = self.leaning_s
        priced = [price(fleet, worth_s, coarse=coarse) for fleet in self.fleets]
        if not coarse:
            self._note(worth_s, priced)
        visited, ratios = [], []
        for fleet, result in zip(self.fleets, priced, strict=True):
            for path in result.paths:
                duties = fleet.duty[list(path)]
                visited.append(duties)
                ratios.append(float(worth_s[duties].sum()) / fleet.occupied_s(path))
        highest = max(ratios)
        bound = busy_drones(worth_s, self.interval_s) / highest
        if bound > self.bound:
            self.bound, self.centre_s = bound, worth_s / highest
        weights = np.exp(_SHARPNESS * (np.array(ratios) / highest - 1))
        weights /= weights.sum()
        found = np.zeros_like(worth_s)
        for weight, duties in zip(weights, visited, strict=True):
            np.add.at(found, duties, weight * worth_s[duties] / worth_s[duties].sum())
        self.crowd = (
            _INERTIA * self.crowd + (1 - _INERTIA) * found if self.leans else found
        )
        wanted = worth_s / self.interval_s
        wanted /= wanted.sum()
        push = np.log(wanted / (self.crowd + _LEAST_SHARE * wanted))
        step = _STEP / (1 + self.leans / _SLOWER)
        turned = np.exp(step * np.clip(push, -_FURTHEST, _FURTHEST))
        self.leaning_s = worth_s / highest * turned
        self.leans += 1

    def improve(self) -> bool:
        """Add sorties that collect too much; whether there may be more."""
        busy, worth_s = self.master.solve()
        smooth_s = self.smoothing * self.centre_s + (1 - self.smoothing) * worth_s
        priced = [price(fleet, smooth_s) for fleet in self.fleets]
        self._note(smooth_s, priced)
        new, ratio = self._add(priced, smooth_s, worth_s)
        bound = busy_drones(smooth_s, self.interval_s) / ratio
        if bound > self.bound:
            self.bound, self.centre_s, self.stalled = bound, smooth_s / ratio, 0
            self.smoothing = _SMOOTHING
        else:
            self.stalled += 1
        if not new or self.stalled % _PATIENCE == _PATIENCE - 1:
            self.smoothing *= 0.5
        self.busy = busy
        return self.smoothing >= _LEAST_SMOOTHING

    def within(self, share: float) -> bool:
        """Whether no more than a share is left between the bound and the sorties."""
        return self.bound >= (1 - share) * self.busy

    def settled(self) -> bool:
        """Whether more would change no number of whole drones."""
        return math.isfinite(self.busy) and (
            whole_drones(self.bound) >= whole_drones(self.busy)
        )

    def trust_nothing(self) -> None:
        """Forget a bound that was not proven by all sorties that now count."""
        self.bound, self.stalled = 0.0, 0
        self.smoothing = _SMOOTHING

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
