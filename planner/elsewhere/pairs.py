"""
Let routes of neighbouring stations end at each other, where that saves drones.

The tails of two closed routes are exchanged: one then flies from its station to the
other's, and one back, equally often. The two stations get new clocks and the two routes
layers; all else stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from planner.draft import DraftRoute
from planner.elsewhere.tails import Exchange, exchanges, stations_near
from planner.elsewhere.trade import Draw, State, Tradable, Trial, exchanged, packed
from planner.given.objectives import OBJECTIVES
from planner.problem import TICKS_PER_S, ChartedProblem
from planner.scenario import Scenario
from planner.timetable.making import Timetable, settled
from planner.timetable.rhythm import rhythm
from planner.timetable.separation import find_encounters

_NEIGHBOURS = 5
_TRIES = 3
"""So many neighbours of each station, and exchanges of each two stations, are tried."""

_LEAST_SAVED_S = 60.0
"""Of two flights together, for an exchange that saves no drone."""


def land_elsewhere(
    scenario: Scenario,
    drafts: Sequence[DraftRoute],
    table: Timetable,
    tradable: Sequence[Tradable],
    problems: Sequence[ChartedProblem],
    draw: Draw,
    *,
    ends: Callable[[], bool],
) -> Timetable:
    """
    Return a timetable in which routes end elsewhere, where that takes fewer drones.

    Or as many, and less time in the air, which the objective may ask for in any case.
    Each station exchanges one route at most. What no clock and no layers are found for
    stays closed.

    Parameters
    ----------
    drafts
        Of which the timetable was made.
    tradable
        Those of them that may be exchanged.
    ends
        Polled; ends the search with what it has.
    """
    state = _stated(scenario, [settled(scenario, d) for d in drafts], table)
    trials = _trials(state, tradable, problems)
    taken: set[str] = set()
    relieves = OBJECTIVES[scenario.objective].relieves
    for fewer in (1, 0):
        for trial in trials:
            if ends():
                return state.table
            if taken & set(trial.depots) or trial.spare < fewer:
                continue
            quicker = not (fewer and relieves)
            if quicker and _saved_s(trial.exchange) < _LEAST_SAVED_S:
                continue
            found = exchanged(state, trial, draw, fewer=fewer, quicker=quicker)
            if found is not None:
                state = found
                taken |= set(trial.depots)
    return state.table


def _stated(
    scenario: Scenario, drafts: Sequence[DraftRoute], table: Timetable
) -> State:
    """Return a timetable with what it was made of."""
    first_s = {route.id: round(route.phase_s) for route in table.routes}
    flying = [v for d in drafts for v in d.flown]
    return State(
        scenario=scenario,
        table=table,
        drafts={d.id: d for d in drafts},
        rhythms={d.id: rhythm(scenario, d) for d in drafts},
        phases_s={
            d.id: first_s[d.flown[0].id] - d.flown[0].turn * round(d.headway_s)
            for d in drafts
        },
        encounters=find_encounters(scenario, flying),
    )


def _trials(
    state: State, tradable: Sequence[Tradable], problems: Sequence[ChartedProblem]
) -> list[Trial]:
    """Return what is to be tried, what leaves most of the drones unused first."""
    found = []
    for part, problem in enumerate(problems):
        own: dict[int, list[Tradable]] = {}
        for route in tradable:
            if route.part == part:
                own.setdefault(route.column.station, []).append(route)
        for a, b in stations_near(problem, sorted(own), _NEIGHBOURS):
            spare = sum(_spare(state, problem.stations[s].id) for s in (a, b))
            ranked = sorted(
                (
                    Trial(
                        one=one,
                        other=other,
                        exchange=exchange,
                        spare=spare + _saved_s(exchange) / one.column.headway_s,
                    )
                    for one in own[a]
                    for other in own[b]
                    if one.column.headway_s == other.column.headway_s
                    for exchange in exchanges(
                        problem, one.column, other.column, most=_TRIES
                    )
                ),
                key=lambda t: (_apart(state, t), -t.spare, *t.names),
            )
            found += ranked[:_TRIES]
    return sorted(found, key=lambda t: (-t.spare, *t.names))


def _apart(state: State, trial: Trial) -> bool:
    """Whether two routes are not flown at the same hours."""
    first, second = (state.rhythms[t.draft.id] for t in (trial.one, trial.other))
    if len(first.flown) != len(second.flown):
        return True
    apart_s = np.abs(np.subtract(first.flown, second.flown))
    return bool((apart_s >= first.headway_s).any())


def _saved_s(exchange: Exchange) -> float:
    """Return how much shorter both routes are together [s]."""
    return -exchange.added / TICKS_PER_S


def _spare(state: State, station: str) -> float:
    """Return how many of the busy drones of a station its routes do not need."""
    low, high = state.scenario.busiest_period()
    load = sum(
        r.busy_s / r.headway_s
        for name, r in state.rhythms.items()
        if state.drafts[name].depot == station
        and any(first <= low and high <= last for first, last in r.flown)
    )
    return packed(state, station) - load
