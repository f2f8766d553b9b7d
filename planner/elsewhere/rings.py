"""
Let routes of neighbouring stations end at each other, where that saves drones.

The tails of closed routes of a ring of two or three stations are exchanged: each then
flies from its station to the next one's, all equally often. The stations get new clocks
and the routes layers; all else stays as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from planner.draft import DraftRoute
from planner.elsewhere.clocks import rush_load
from planner.elsewhere.state import State, Tradable, packed
from planner.elsewhere.tails import Exchange, exchanges
from planner.elsewhere.trade import Draw, Trial, exchanged
from planner.given.objectives import OBJECTIVES
from planner.given.stamina import turnaround_after_s
from planner.problem import TICKS_PER_S, ChartedProblem
from planner.scenario import Scenario
from planner.timetable.making import Timetable, settled
from planner.timetable.rhythm import rhythm
from planner.timetable.separation import find_encounters

_NEIGHBOURS = 5
_TRIES = 3
"""So many neighbours of each station, and exchanges of each ring, are tried."""

_LEAST_SAVED_S = 60.0
"""Of all its flights together, for an exchange that saves no drone."""


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
        waits_s=_waits_s(scenario, drafts, table),
        encounters=find_encounters(scenario, flying),
    )


def _waits_s(
    scenario: Scenario, drafts: Sequence[DraftRoute], table: Timetable
) -> dict[str, int]:
    """Return how long drones wait for a charger, by draft, where they do."""
    rests_s: dict[str, float] = {}
    for sortie in table.roster:
        rests_s[sortie.route] = sortie.ready_s - sortie.landing_s
    waits_s = {}
    for draft in drafts:
        model, first = scenario.model(draft.drone_model), draft.flown[0]
        least_s = turnaround_after_s(model, first.duration_s, scenario.rules.ceiling_m)
        waits_s[draft.id] = round(rests_s.get(first.id, least_s) - least_s)
    return {name: wait_s for name, wait_s in waits_s.items() if wait_s}


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
        for stations in rings_near(problem, sorted(own), _NEIGHBOURS):
            spare = sum(_spare(state, problem.stations[s].id) for s in stations)
            ranked = sorted(
                (
                    Trial(
                        ring=ring,
                        exchange=exchange,
                        spare=spare + _saved_s(exchange) / ring[0].column.headway_s,
                    )
                    for ring in itertools.product(*(own[s] for s in stations))
                    if _together(state, ring)
                    for exchange in exchanges(
                        problem, [route.column for route in ring], most=_TRIES
                    )
                ),
                key=_most_spare,
            )
            found += ranked[:_TRIES]
    return sorted(found, key=_most_spare)


def _most_spare(trial: Trial) -> tuple[float, int, tuple[str, ...]]:
    """Return what trials are sorted by: the most spare, the smallest ring first."""
    return -trial.spare, len(trial.ring), trial.names


def _together(state: State, ring: Sequence[Tradable]) -> bool:
    """Whether routes are flown with one headway, and at the same hours."""
    h, *others = (route.column.headway_s for route in ring)
    if any(other != h for other in others):
        return False
    flown, *rest = (state.rhythms[route.draft.id].flown for route in ring)
    return all(
        len(each) == len(flown) and (np.abs(np.subtract(each, flown)) < h).all()
        for each in rest
    )


def rings_near(
    problem: ChartedProblem, stations: Sequence[int], most: int
) -> Iterator[tuple[int, ...]]:
    """
    Yield two and three stations of a drone type that are all near each other.

    Of three, both ways round; the lowest first.

    Parameters
    ----------
    most
        So many neighbours of each are looked at, in a straight line.
    """
    near = _near(problem, stations, most)
    for a in stations:
        for b, c in itertools.combinations(sorted(near[a]), 2):
            if c in near[b] and a < b:
                yield from ((a, b, c), (a, c, b))
        yield from ((a, b) for b in sorted(near[a]) if a < b)


def _near(
    problem: ChartedProblem, stations: Sequence[int], most: int
) -> Mapping[int, set[int]]:
    """Return for each station the others of its drone type that are near."""
    places = np.array(
        [(s.point.x, s.point.y) for s in (problem.stations[i] for i in stations)]
    ).reshape(-1, 2)
    near: dict[int, set[int]] = {station: set() for station in stations}
    for a, place in zip(stations, places, strict=True):
        away_m = np.hypot(*(places - place).T)
        for j in np.argsort(away_m, kind="stable")[: most + 1].tolist():
            b = stations[j]
            if a != b and problem.stations[a].model == problem.stations[b].model:
                near[a].add(b)
                near[b].add(a)
    return near


def _saved_s(exchange: Exchange) -> float:
    """Return how much shorter both routes are together [s]."""
    return -exchange.added / TICKS_PER_S


def _spare(state: State, station: str) -> float:
    """Return how many of the busy drones of a station its routes do not need."""
    ours = [r for n, r in state.rhythms.items() if state.drafts[n].depot == station]
    return packed(state, station) - rush_load(state.scenario, ours)
