"""A timetable with what it was made of, as exchanges are tried on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from planner.draft import DraftRoute
from planner.problem import Column
from planner.scenario import Scenario
from planner.timetable.making import Timetable
from planner.timetable.rhythm import Rhythm, takeoffs
from planner.timetable.separation import Encounter, Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Tradable:
    """A closed route of a timetable that may be exchanged, and its problem's number."""

    part: int
    column: Column
    draft: DraftRoute


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """
    A timetable with what it was made of.

    Parameters
    ----------
    drafts, rhythms, phases_s
        By id of the draft; settled as they are flown.
    waits_s
        That drones wait for a charger after each sortie, by id of the draft, where
        they do.
    """

    scenario: Scenario
    table: Timetable
    drafts: Mapping[str, DraftRoute]
    rhythms: Mapping[str, Rhythm]
    phases_s: Mapping[str, int]
    waits_s: Mapping[str, int]
    encounters: Mapping[Pair, Encounter]

    @property
    def layers_m(self) -> dict[str, float]:
        """The layer of each route."""
        return {route.id: route.layer_m for route in self.table.routes}


def packed(state: State, station: str) -> int:
    """
    Return the drones that a station's closed routes have busy at once, as packed.

    Until the end of the busiest period, each sortie as long as its route's longest.
    """
    until_s = math.ceil(state.scenario.busiest_period()[1])
    change = np.zeros(until_s + 2, dtype=np.int64)
    for name, r in state.rhythms.items():
        if state.drafts[name].depot == station:
            starts = np.array(takeoffs(r.flown, r.headway_s, state.phases_s[name]))
            ready = starts + r.busy_s + state.waits_s.get(name, 0)
            for times, step in ((starts, 1), (ready, -1)):
                np.add.at(change, times[times <= until_s], step)
    return int(np.cumsum(change).max())
