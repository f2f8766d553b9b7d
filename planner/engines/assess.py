"""Say what a set of routes really takes: whole drones, on a timetable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from planner.airspace.freespace import FreeSpace
from planner.draft import DraftRoute
from planner.engines.supplies import supplies_of
from planner.implied.bureaux import bureau_key
from planner.problem import ChartedProblem, Column, Problem, make_column
from planner.timetable.drafting import draw
from planner.timetable.harmony import harmonised
from planner.timetable.rhythm import Rhythm, flown_phases, rhythm, sorties
from planner.timetable.stationclock import StationClock, schedule_station

_CLOCK_DETERMINISTIC_S = 0.05

Harmonised = tuple[list[Column], dict[str, int]]
"""Routes with other headways, and first take-offs [s] by the ids of their drafts."""

Beside = frozenset[tuple[Column, int]]
"""Routes of stations that share their pilots with one, and their phases [s]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """
    Routes of a part that its stations can fly, and what they take.

    Parameters
    ----------
    clocks
        By station index.
    unserved
        Priority of the zones of which a target is left out.
    drones
        Drones of all stations in the busiest period.
    load
        Drones occupied on average.
    flight_s
        Duration of all sorties of the horizon.
    score
        What is minimised, most important first.
    strained
        Stations that could not fly all that was asked of them.
    """

    columns: tuple[Column, ...]
    clocks: Mapping[int, StationClock]
    unserved: float
    drones: int
    load: float
    flight_s: float
    score: tuple[float, ...] = ()
    strained: tuple[int, ...] = ()


class Assessor:
    """
    Assesses sets of routes of one problem; remembers drafts and clocks.

    Parameters
    ----------
    minimise
        Whether clocks are to take few drones; otherwise no more than there are,
        which is found much sooner.
    """

    def __init__(
        self, problem: ChartedProblem, space: FreeSpace, *, minimise: bool = True
    ) -> None:
        self._problem, self._space = problem, space
        self._minimise = minimise
        self._fixed: dict[int, list[DraftRoute]] = {}
        for draft in problem.fixed:
            station = [s.id for s in problem.stations].index(draft.depot)
            self._fixed.setdefault(station, []).append(draft)
        self._fixed_rhythms = {
            draft.id: rhythm(problem.scenario, draft) for draft in problem.fixed
        }
        self._runs_out = [
            any(s in supply.stations for supply in supplies_of(problem).each)
            for s in range(len(problem.stations))
        ]
        self._drafts: dict[Column, DraftRoute] = {}
        self._rhythms: dict[Column, Rhythm] = {}
        self._clocks: dict[
            tuple[int, frozenset[Column], Beside], StationClock | None
        ] = {}
        self._crowded: set[tuple[int, frozenset[Column], Beside]] = set()
        self._harmonies: dict[frozenset[Column], Harmonised | None] = {}

    def draft(self, column: Column) -> DraftRoute:
        """Return the draft of a column."""
        if column not in self._drafts:
            draft = draw(self._problem, self._space, column)
            self._drafts[column] = draft
            self._rhythms[column] = rhythm(self._problem.scenario, draft)
        return self._drafts[column]

    def between(self, column: Column, end: int) -> DraftRoute:
        """Return the draft of a column that ends at another station."""
        return draw(self._problem, self._space, column, end)

    def clock(
        self,
        station: int,
        columns: Sequence[Column],
        beside: Beside = frozenset(),
        hint: Mapping[str, int] | None = None,
    ) -> StationClock | None:
        """
        Return the clock of a station's routes and its fixed ones.

        None if it cannot fly them all. Phases of a hint are tried first.
        """
        key = (station, frozenset(columns), beside)
        if key not in self._clocks or (hint and self._clocks[key] is None):
            drafts = [self.draft(c) for c in columns]
            clock = None
            if all(d.layers_m for d in drafts):
                clock = schedule_station(
                    self._problem.scenario,
                    self._problem.stations[station],
                    [*self._fixed.get(station, ()), *drafts],
                    rhythms=self._fixed_rhythms
                    | {
                        d.id: self._rhythms[c]
                        for c, d in zip(columns, drafts, strict=True)
                    },
                    hint=hint,
                    others=[(self._rhythms[c], phase_s) for c, phase_s in beside],
                    minimise=self._minimise,
                    deterministic_time=_CLOCK_DETERMINISTIC_S,
                )
                if clock is None:
                    self._crowded.add(key)
            if clock is not None and clock.peak > self._problem.drones(station):
                clock = None
            self._clocks[key] = clock
        return self._clocks[key]

    def assess(self, columns: Iterable[Column]) -> Assessed:
        """
        Return what routes take; those that a station cannot fly are given up.

        Given up are first routes that matter least to the zones they serve; a
        zone that has lost a target matters no more.
        """
        problem = self._problem
        kept: list[Column] = []
        clocks: dict[int, StationClock] = {}
        lost: set[str] = set()
        strained: list[int] = []
        by_station: dict[int, list[Column]] = {s: [] for s in self._fixed}
        for column in sorted(columns, key=_order):
            by_station.setdefault(column.station, []).append(column)
        for station, mine in sorted(by_station.items()):
            beside = self._beside(station, kept, clocks)
            clock, mine = self._fitted(station, mine, beside)
            if clock is None:
                strained.append(station)
            while clock is None and mine:
                rest = _without_least(problem, mine, lost)
                clock, mine = self._fitted(station, rest, beside)
            if clock is not None and (mine or station in self._fixed):
                clocks[station] = clock
                kept += mine
        found = Assessed(
            columns=tuple(kept),
            clocks=clocks,
            unserved=unserved_priority(problem, kept),
            drones=sum(c.peak_busiest for c in clocks.values()),
            load=sum(c.load(problem) for c in kept),
            flight_s=sum(self._flight_s(c, clocks[c.station]) for c in kept),
            strained=tuple(strained),
        )
        return replace(found, score=problem.objective.score(found))

    def _fitted(
        self, station: int, columns: list[Column], beside: Beside
    ) -> tuple[StationClock | None, list[Column]]:
        """
        Return the clock of a station's routes, and these.

        With headways that fit together if need be, where supplies may run out or the
        column is so crowded that more drones would not help.
        """
        clock = self.clock(station, columns, beside)
        key = (station, frozenset(columns), beside)
        if clock is None and (self._runs_out[station] or key in self._crowded):
            found = self._harmonised(station, columns)
            if found is not None:
                way, phases_s = found
                clock = self.clock(station, way, beside, phases_s)
                if clock is not None:
                    return clock, way
        return clock, columns

    def _harmonised(self, station: int, columns: Sequence[Column]) -> Harmonised | None:
        """Return routes with headways that fit together; fixed ones do not."""
        if not columns or station in self._fixed:
            return None
        key = frozenset(columns)
        if key not in self._harmonies:
            problem = self._problem
            drafts = [self.draft(c) for c in columns]
            harmony = harmonised(
                problem.scenario,
                problem.stations[station],
                drafts,
                deterministic_time=_CLOCK_DETERMINISTIC_S,
            )
            self._harmonies[key] = None
            if harmony is not None:
                way = [
                    make_column(problem, station, float(headway_s), c.nodes, c.tails)
                    for c, headway_s in zip(columns, harmony.headways_s, strict=True)
                ]
                phases_s = {
                    self.draft(c).id: phase_s
                    for c, phase_s in zip(way, harmony.phases_s, strict=True)
                }
                self._harmonies[key] = way, phases_s
        return self._harmonies[key]

    def _beside(
        self,
        station: int,
        kept: Iterable[Column],
        clocks: Mapping[int, StationClock],
    ) -> Beside:
        """Return the routes kept so far that share the pilots of a station."""
        if self._problem.scenario.crews is None:
            return frozenset()
        keys = [bureau_key(s) for s in self._problem.stations]
        return frozenset(
            (column, clocks[column.station].phases_s[self._drafts[column].id])
            for column in kept
            if keys[column.station] == keys[station]
        )

    def _flight_s(self, column: Column, clock: StationClock) -> float:
        """Return the duration of all sorties of a route at its clock [s]."""
        draft = self._drafts[column]
        phases_s = flown_phases([draft], clock.phases_s)
        return sum(
            len(sorties(self._problem.scenario, flown, phases_s[flown.id]))
            * flown.duration_s
            for flown in draft.flown
        )


def _order(column: Column) -> tuple[int, float, tuple[tuple[int, ...], ...]]:
    return (column.station, column.headway_s, column.chains())


def _without_least(
    problem: Problem, columns: list[Column], lost: set[str]
) -> list[Column]:
    """Return the routes but for that of least priority; note its zones as lost."""

    def zones(column: Column) -> set[str]:
        return {z for t in column.targets(problem) for z in problem.targets[t].zones}

    def worth(column: Column) -> tuple[float, float]:
        whole = zones(column) - lost
        priority = sum(problem.priorities[z] for z in whole)
        return (priority, -column.load(problem))

    least = min(columns, key=lambda c: (worth(c), _order(c)))
    lost |= zones(least)
    return [c for c in columns if c is not least]


def served_targets(problem: Problem, columns: Iterable[Column]) -> set[int]:
    """Return the targets on some route."""
    return {t for c in columns for t in c.targets(problem)}


def unserved_priority(problem: Problem, columns: Iterable[Column]) -> float:
    """Return the priority of zones of which a target is on no route."""
    served = served_targets(problem, columns)
    missing = {
        zone
        for t, target in enumerate(problem.targets)
        if t not in served
        for zone in target.zones
    }
    return float(sum(problem.priorities[z] for z in missing))


def regimes(problem: Problem) -> list[tuple[float, float]]:
    """Return the stretches of the horizon between window borders."""
    length = problem.horizon.length_s
    borders = {0.0, length} | {
        edge for t in problem.targets for span in t.windows for edge in span
    }
    ordered = sorted(borders)
    return list(pairwise(ordered))


def active(problem: Problem, period: tuple[float, float]) -> np.ndarray:
    """Return which targets are active throughout a period, shape (t,)."""
    return np.array(
        [
            any(w[0] <= period[0] and period[1] <= w[1] for w in t.windows)
            for t in problem.targets
        ]
    )


def free_drones(
    problem: Problem, columns: Sequence[Column], needed: np.ndarray
) -> dict[int, float]:
    """
    Return the drones free at each station while given targets are active.

    Parameters
    ----------
    needed
        Which targets are to be added, shape (t,).
    """
    free = {s: problem.free(s) for s in range(len(problem.stations))}
    for period in regimes(problem):
        now = active(problem, period)
        if not (now & needed).any():
            continue
        used = dict.fromkeys(free, 0.0)
        for column in columns:
            if now[list(column.targets(problem))].any():
                used[column.station] += column.load(problem)
        for s in free:
            free[s] = min(free[s], problem.free(s) - used[s])
    return {s: max(0.0, f) for s, f in free.items()}
