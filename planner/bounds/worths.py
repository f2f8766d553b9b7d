"""
Search what visits are worth: the proof of a bound.

A class of plans is a covering problem: sorties are flown at rates, so that each
duty is visited often enough, and keep as few drones busy as they can. Its prices say
what a visit is worth; if no sortie collects more worth than it keeps a drone busy,
they prove a bound by themselves. They are found by leaning (Plotkin, Shmoys and
Tardos, Fast approximation algorithms for fractional packing and covering problems,
Mathematics of Operations Research 20, 1995).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from planner.basics.geometry import FloatArray
from planner.bounds.effort import Turn
from planner.bounds.fleets import Collected, Fleet

EXCESS_S = 1e-3
"""A sortie may collect this much more than it should [s]; rounding is allowed more."""

_UNIT = 1e3
"""Worths are written in milliseconds."""

_PATIENCE = 30
_NOTABLY = 5e-4
_RETREAT, _FURTHER = 0.002, 2.0
_TRIES = 8
"""
Worths that fail a proof retreat below what was found, further each time: so there is
some proof early, however bad the worths are.
"""

_SMALLER = 1.25
"""Worths retreat by so much where there are too many sorties to look at."""

_STEP, _SLOWER = 0.1, 50.0
_SHARPNESS = 10.0
_INERTIA = 0.7
_LEAST_SHARE = 0.15
_FURTHEST = 1.5


@dataclass(frozen=True, slots=True)
class Known:
    """A sortie that is flown: its duties, and how long it is busy [s]."""

    duties: tuple[int, ...]
    occupied_s: float


def busy_drones(worth_s: FloatArray, interval_s: FloatArray) -> float:
    """Return how many drones are busy if each visit keeps one busy for its worth."""
    return float((worth_s / interval_s).sum())


def whole_drones(busy: float) -> int:
    """Return the whole drones that are at least so many."""
    return math.ceil(busy - 1e-9)


def first_worths_s(
    fleets: Sequence[Fleet], interval_s: FloatArray, known: Iterable[Known] = ()
) -> FloatArray:
    """
    Return worths to start a search from: those of sorties with one duty each.

    Less where sorties that are known collect more than they take time.
    """
    start_s = np.full(len(interval_s), np.inf)
    for fleet in fleets:
        duty = fleet.sorties.duty
        alone_s = fleet.sorties.alone_s() / fleet.share[duty]
        np.minimum.at(start_s, fleet.duty[duty], alone_s)
    at_any_rate = any(fleet.headway_s is None for fleet in fleets)
    for sortie in known:
        members = np.array(sortie.duties)
        own_s = interval_s[members]
        share = np.ones(len(members)) if at_any_rate else own_s.min() / own_s
        collected_s = (start_s[members] * share).sum()
        start_s[members] *= min(1.0, sortie.occupied_s / collected_s)
    return start_s


def proven(fleets: Sequence[Fleet], worth_s: FloatArray) -> bool:
    """Whether no sortie collects more worth than it keeps a drone busy."""
    never = np.zeros(1, dtype=np.int8)
    return all(
        _holds(fleet.price(worth_s, likely=False, halted=never)) for fleet in fleets
    )


def _holds(found: Collected) -> bool:
    return found.priced.whole and found.priced.excess_s <= EXCESS_S


class Search:
    """
    Worths as they get better: a proof of a bound, however early the search ends.

    No sortie of any fleet collects more worth than it keeps a drone busy.

    Parameters
    ----------
    interval_s
        Least interval of each duty.
    start_s
        What a visit to each duty is worth at first, see `first_worths_s`.
    halted
        Whether to end at once, with the last proof; shape (1,).

    Attributes
    ----------
    proof_s
        What a visit to each duty is worth, rounded down to the millisecond.
    crowd_by_fleet
        What of all worth the dearest sorties of each fleet collect, about.
    """

    def __init__(
        self,
        fleets: Sequence[Fleet],
        interval_s: FloatArray,
        start_s: FloatArray,
        halted: np.ndarray,
    ) -> None:
        self.fleets = fleets
        self.interval_s = interval_s
        self.halted = halted
        self.centre_s = self.leaning_s = start_s
        self.proof_s = np.zeros(len(interval_s))
        self.crowd = np.zeros(len(interval_s))
        self.crowd_by_fleet = np.zeros(len(fleets))
        self.bound = 0.0
        self.leans = self.stalled = 0

    def _price(self, worth_s: FloatArray, *, likely: bool) -> list[Collected]:
        return [
            fleet.price(worth_s, likely=likely, halted=self.halted)
            for fleet in self.fleets
        ]

    def improve(self, turn: Turn) -> None:
        """Lean for a turn, or until that gains little, and prove what is found."""
        self.stalled = 0
        while not turn.over() and self.stalled < _PATIENCE:
            self._lean()
        self._prove()

    def _lean(self) -> None:
        """Turn worths once, by the likely sorties: so nothing is proven."""
        worth_s = self.leaning_s
        found = self._price(worth_s, likely=True)
        if self.halted[0]:
            return
        highest = self._turn(worth_s, found)
        bound = busy_drones(worth_s, self.interval_s) / highest
        self.stalled += 1
        if bound > self.bound:
            if bound > self.bound * (1 + _NOTABLY):
                self.stalled = 0
            self.bound, self.centre_s = bound, worth_s / highest

    def _prove(self) -> None:
        """Keep the best worths, scaled until they hold, if they prove more."""
        worth_s, retreat = self.centre_s, _RETREAT
        for _ in range(_TRIES):
            written_s = np.floor(worth_s * _UNIT) / _UNIT
            bound = busy_drones(written_s, self.interval_s)
            if self.halted[0] or bound <= busy_drones(self.proof_s, self.interval_s):
                return
            found = self._price(written_s, likely=False)
            if all(_holds(c) for c in found):
                self.proof_s = written_s
                return
            if self.halted[0]:
                return
            if not all(c.priced.whole for c in found):
                worth_s = written_s / _SMALLER
                continue
            # What likely sorties missed counts from now on.
            highest = self._turn(written_s, found)
            self.bound, self.centre_s = 0.0, written_s / highest
            worth_s = written_s / (highest * (1 + retreat))
            retreat *= _FURTHER

    def _turn(self, worth_s: FloatArray, found: Sequence[Collected]) -> float:
        """
        Shift worth from duties that the dearest sorties crowd to those they leave out.

        In the best worths, each duty has the share of all worth that it has in the
        sorties that collect most: so worths are multiplied towards that, all at once.

        Returns
        -------
        float
            The most worth for its time that a sortie collects.
        """
        collected_s = [c.worth_s(worth_s) for c in found]
        ratios = [
            collected / c.priced.occupied_s
            for c, collected in zip(found, collected_s, strict=True)
        ]
        highest = max(1e-9, *(float(r.max(initial=0.0)) for r in ratios))
        crowd = np.zeros_like(worth_s)
        by_fleet = np.zeros(len(found))
        for k, c in enumerate(found):
            sharp = np.exp(_SHARPNESS * (ratios[k] / highest - 1))
            each = np.repeat(sharp / collected_s[k], np.diff(c.priced.start))
            np.add.at(crowd, c.duty, each * worth_s[c.duty] * c.share)
            by_fleet[k] = sharp.sum()
        kept = _INERTIA if self.leans else 0.0
        self.crowd = kept * self.crowd + (1 - kept) * crowd / crowd.sum()
        self.crowd_by_fleet = (
            kept * self.crowd_by_fleet + (1 - kept) * by_fleet / by_fleet.sum()
        )
        wanted = worth_s / self.interval_s
        wanted /= wanted.sum()
        push = np.log(wanted / (self.crowd + _LEAST_SHARE * wanted))
        step = _STEP / (1 + self.leans / _SLOWER)
        turned = np.exp(step * np.clip(push, -_FURTHEST, _FURTHEST))
        self.leaning_s = worth_s / highest * turned
        self.leans += 1
        return highest
