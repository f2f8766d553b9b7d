"""Say which sorties a class of plans has, and what each does of the duties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.basics.geometry import FloatArray
from planner.bounds.pricing import Priced, Sorties, price, sorties_of
from planner.bounds.work import Part
from planner.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fleet:
    """
    Sorties of one drone type, and what one of them is of each of its duties.

    Parameters
    ----------
    duty
        Index in the part of each duty of the sorties.
    share
        Of the worth of a visit that a sortie collects: with sorties at one
        headway, what that is of the duty's interval.
    headway_s
        Of the sorties; None if they fly at any rate.
    """

    sorties: Sorties
    duty: np.ndarray
    share: FloatArray
    headway_s: float | None

    def price(
        self, worth_s: FloatArray, *, likely: bool, halted: np.ndarray
    ) -> Collected:
        """Return the sorties that collect most of what visits are worth."""
        own_s = worth_s[self.duty] * self.share
        found = price(self.sorties, own_s, likely=likely, halted=halted)
        done = self.sorties.duty[found.ways]
        return Collected(
            priced=found, duty=self.duty[done], share=self.share[done], fleet=self
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Collected:
    """Sorties of a fleet, with the duties of the part that each does."""

    priced: Priced
    duty: np.ndarray
    share: FloatArray
    fleet: Fleet

    def __len__(self) -> int:
        return len(self.priced.occupied_s)

    def worth_s(self, worth_s: FloatArray) -> FloatArray:
        """Return what each sortie collects, shape (sorties,)."""
        if not len(self):
            return np.zeros(0)
        each_s = worth_s[self.duty] * self.share
        found_s: FloatArray = np.add.reduceat(each_s, self.priced.start[:-1])
        return found_s

    def sortie(self, k: int) -> tuple[np.ndarray, FloatArray, float]:
        """Return the duties of a sortie, its shares of them, and its time [s]."""
        mine = slice(self.priced.start[k], self.priced.start[k + 1])
        return self.duty[mine], self.share[mine], float(self.priced.occupied_s[k])


def intervals_s(part: Part) -> FloatArray:
    """Return the least interval of each duty [s]."""
    return np.array([duty.interval_s for duty in part.duties])


def fleets_at_any_rate(
    scenario: Scenario, part: Part, *, memory: int, exact: bool
) -> list[Fleet]:
    """Return the sorties of a part, flown as often as it takes."""
    everything = np.arange(len(part.duties))
    return [
        Fleet(
            sorties=sorties,
            duty=everything,
            share=np.ones(len(everything)),
            headway_s=None,
        )
        for sorties in _sorties(scenario, part, memory=memory, exact=exact)
    ]


def fleets_by_headway(
    scenario: Scenario, part: Part, *, memory: int, exact: bool
) -> list[Fleet]:
    """
    Return the sorties of a part at each headway that a route may need.

    These are the intervals: a route that flies oftener than the least interval on
    it asks for costs more and does no more.
    """
    interval_s = intervals_s(part)
    fleets = []
    for headway_s in np.unique(interval_s).tolist():
        duty = np.flatnonzero(interval_s >= headway_s)
        able = replace(part, duties=tuple(part.duties[i] for i in duty.tolist()))
        fleets += [
            Fleet(
                sorties=sorties,
                duty=duty,
                share=headway_s / interval_s[duty],
                headway_s=headway_s,
            )
            for sorties in _sorties(scenario, able, memory=memory, exact=exact)
        ]
    return fleets


def _sorties(
    scenario: Scenario, part: Part, *, memory: int, exact: bool
) -> Sequence[Sorties]:
    found = [
        sorties_of(scenario, part, model, stations, memory=memory, exact=exact)
        for model, stations in part.fleets(scenario.drone_models)
    ]
    return [sorties for sorties in found if sorties is not None]
