"""
Let routes of neighbouring stations end at each other, where that saves drones.

The tails of two closed routes are exchanged: one then flies from its station to the
other's, and one back, equally often. The two stations get new clocks and the two routes
layers; all else stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from planner.bureaux import bureau_key
from planner.draft import DraftRoute
from planner.exchange import Bind, exchange_clock
from planner.layers import LATE_S, kept_apart, standing, too_close
from planner.plan import Sortie
from planner.problem import ChartedProblem, Column
from planner.rhythm import Rhythm, flown_phases, rhythm
from planner.roster import make_roster
from planner.scenario import Scenario
from planner.separation import MARGIN_M, Encounter, Pair, find_encounters
from planner.tails import Chain, Exchange, exchanges, stations_near
from planner.timetable import Timetable, settled, timed_route

_NEIGHBOURS = 5
_TRIES = 3
"""So many neighbours of each station, and exchanges of each two stations, are tried."""

_LESS_S = 1e-6
_LEAST_SAVED_S = 60.0
"""Of two flights together, for an exchange that saves no drone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tradable:
    """A closed route of a timetable that may be exchanged, and its problem's number."""

    part: int
    column: Column
    draft: DraftRoute


Draw = Callable[[int, Column, Chain, int, int], DraftRoute]
"""Draws a route: number of the problem, column, nodes, and between which stations."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _State:
    """
    A timetable with what it was made of.

    Parameters
    ----------
    drafts, rhythms, phases_s
        By id of the draft; settled as they are flown.
    """

    scenario: Scenario
    table: Timetable
    drafts: Mapping[str, DraftRoute]
    rhythms: Mapping[str, Rhythm]
    phases_s: Mapping[str, int]
    encounters: Mapping[Pair, Encounter]

    @property
    def layers_m(self) -> dict[str, float]:
        """The layer of each route."""
        return {route.id: route.layer_m for route in self.table.routes}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """An exchange to be tried: two routes by id, and what they become."""

    one: Tradable
    other: Tradable
    exchange: Exchange
    spare: float

    @property
    def depots(self) -> tuple[str, str]:
        """The two stations."""
        return self.one.draft.depot, self.other.draft.depot


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

    Or as many, and less time in the air. Each station exchanges one route at most.
    What no clock and no layers are found for stays closed.

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
    trials = list(_trials(state, tradable, problems))
    taken: set[str] = set()
    for fewer in (1, 0):
        for trial in trials:
            if ends():
                return state.table
            saved_s = -trial.exchange.added / 10
            if taken & set(trial.depots) or not (fewer or saved_s >= _LEAST_SAVED_S):
                continue
            found = _exchanged(state, trial, draw, fewer)
            if found is not None:
                state = found
                taken |= set(trial.depots)
    return state.table


def _stated(
    scenario: Scenario, drafts: Sequence[DraftRoute], table: Timetable
) -> _State:
    """Return a timetable with what it was made of."""
    first_s = {route.id: round(route.phase_s) for route in table.routes}
    flying = [v for d in drafts for v in d.flown]
    return _State(
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
    state: _State, tradable: Sequence[Tradable], problems: Sequence[ChartedProblem]
) -> Iterator[_Trial]:
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
                    _Trial(
                        one=one,
                        other=other,
                        exchange=exchange,
                        spare=spare - exchange.added / 10 / one.column.headway_s,
                    )
                    for one in own[a]
                    for other in own[b]
                    if one.column.headway_s == other.column.headway_s
                    for exchange in exchanges(
                        problem, one.column, other.column, most=_TRIES
                    )
                ),
                key=lambda t: (-t.spare, t.one.draft.id, t.other.draft.id),
            )
            found += ranked[:_TRIES]
    found.sort(key=lambda t: (-t.spare, t.one.draft.id, t.other.draft.id))
    yield from found


def _spare(state: _State, station: str) -> float:
    """Return how many of the busy drones of a station its routes do not need."""
    low, high = state.scenario.busiest_period()
    load = sum(
        r.busy_s / r.headway_s
        for name, r in state.rhythms.items()
        if state.drafts[name].depot == station
        and any(first <= low and high <= last for first, last in r.flown)
    )
    return len(_at_work(state.scenario, state.table.roster, (station,))) - load


def _at_work(
    scenario: Scenario, roster: Sequence[Sortie], stations: Sequence[str]
) -> set[str]:
    """Return the drones of stations that are busy in the busiest period."""
    low, high = scenario.busiest_period()
    return {
        s.drone
        for s in roster
        if s.drone.rpartition("-")[0] in stations
        and s.takeoff_s <= high
        and s.ready_s >= low
    }


def _exchanged(state: _State, trial: _Trial, draw: Draw, fewer: int) -> _State | None:
    """Return the timetable with an exchange, or None if it saves nothing."""
    one, other, exchange = trial.one, trial.other, trial.exchange
    a, b = one.column.station, other.column.station
    scenario = state.scenario
    there = draw(one.part, one.column, exchange.there, a, b)
    back = draw(one.part, one.column, exchange.back, b, a)
    if not (there.layers_m and back.layers_m):
        return None
    pair = (settled(scenario, there), settled(scenario, back))
    opened = _opened(state, trial, pair)
    before = _at_work(scenario, state.table.roster, trial.depots)
    for layers_m in _layers(opened, pair):
        for late_s in (max(LATE_S, scenario.delay_slack_s), scenario.delay_slack_s):
            found = _clocked(opened, trial, pair, layers_m, late_s, len(before) - fewer)
            if found is None:
                continue
            now = _at_work(scenario, found.table.roster, trial.depots)
            if len(now) <= len(before) - fewer and not found.table.unresolved:
                return found
    return None


def _opened(
    state: _State, trial: _Trial, pair: tuple[DraftRoute, DraftRoute]
) -> _State:
    """Return a state whose drafts are those of an exchange, its table as it was."""
    scenario = state.scenario
    gone = {trial.one.draft.id, trial.other.draft.id}
    kept = {name: d for name, d in state.drafts.items() if name not in gone}
    flying = [v for d in kept.values() for v in d.flown]
    lines = np.array([shapely.LineString(v.xy) for v in flying], dtype=object)
    limit_m = scenario.rules.separation_horizontal_m + 2 * MARGIN_M
    near = np.zeros(len(flying), dtype=bool)
    for draft in pair:
        near |= shapely.dwithin(lines, shapely.LineString(draft.xy), limit_m)
    beside = [v for v, is_near in zip(flying, near, strict=True) if is_near]
    names = {draft.id for draft in pair}
    met = find_encounters(scenario, [*pair, *beside])
    known = {p: e for p, e in state.encounters.items() if not gone & set(p)}
    return replace(
        state,
        drafts=kept | {draft.id: draft for draft in pair},
        rhythms={name: r for name, r in state.rhythms.items() if name not in gone}
        | {draft.id: rhythm(scenario, draft) for draft in pair},
        encounters=known | {p: e for p, e in met.items() if names & set(p)},
    )


def _layers(
    state: _State, pair: tuple[DraftRoute, DraftRoute]
) -> Iterator[dict[str, float]]:
    """Yield layers of two new routes: where they meet few, and few other ones."""
    layers_m = state.layers_m

    def meets(draft: DraftRoute, layer_m: float) -> int:
        return sum(
            too_close(state.scenario, layer_m, layers_m[other])
            for a, b in state.encounters
            if draft.id in (a, b)
            for other in (a, b)
            if other in layers_m
        )

    first, second = (sorted(d.layers_m, key=lambda h: (meets(d, h), h)) for d in pair)
    for i, j in ((0, 0), (0, 1), (1, 0)):
        if i < len(first) and j < len(second):
            yield layers_m | {pair[0].id: first[i], pair[1].id: second[j]}


def _clocked(
    state: _State,
    trial: _Trial,
    pair: tuple[DraftRoute, DraftRoute],
    layers_m: Mapping[str, float],
    late_s: float,
    drones: int,
) -> _State | None:
    """Return a state with clocks of two stations, or None if there are none."""
    scenario, table = state.scenario, state.table
    ours = {
        name: state.rhythms[name]
        for name, draft in state.drafts.items()
        if draft.depot in trial.depots
    }
    fixed = {
        name: (r, state.phases_s[name])
        for name, r in state.rhythms.items()
        if name not in ours
    }
    late = {
        p: min(late_s, table.tolerances_s.get(p, late_s) - _LESS_S)
        for p in state.encounters
    }
    drafts = tuple(state.drafts.values())
    ours, forbidden = kept_apart(
        scenario, drafts, ours, fixed, layers_m, state.encounters, late
    )
    others: dict[tuple[str, str], list[tuple[Rhythm, int]]] = {}
    for name, clocked in fixed.items():
        key = bureau_key(scenario.station(state.drafts[name].depot))
        others.setdefault(key, []).append(clocked)
    names = [draft.id for draft in pair]
    phases_s = exchange_clock(
        scenario,
        (scenario.station(trial.depots[0]), scenario.station(trial.depots[1])),
        [r for name, r in sorted(ours.items()) if name not in names],
        (ours[names[0]], ours[names[1]]),
        Bind(forbidden=forbidden, others=others),
        drones=drones,
        hint=state.phases_s,
    )
    if phases_s is None:
        return None
    return _timed(state, trial, layers_m, phases_s)


def _timed(
    state: _State,
    trial: _Trial,
    layers_m: Mapping[str, float],
    phases_s: Mapping[str, int],
) -> _State:
    """Return a state with new phases of two stations, and its timetable."""
    scenario, table = state.scenario, state.table
    drafts = tuple(state.drafts.values())
    phases_s = {n: p for n, p in state.phases_s.items() if n in state.drafts} | dict(
        phases_s
    )
    first_s = flown_phases(drafts, phases_s)
    anew = [v for d in drafts if d.depot in trial.depots for v in d.flown]
    names = {v.id for v in anew}
    flying = [v for d in drafts for v in d.flown]
    gone = {r.id for r in table.routes if r.depot in trial.depots}
    roster = [
        *(s for s in table.roster if s.route not in gone),
        *make_roster(scenario, anew, first_s),
    ]
    routes = [
        *(r for r in table.routes if r.id not in gone),
        *(timed_route(scenario, v, first_s[v.id], layers_m[v.id]) for v in anew),
    ]
    plan = standing(scenario, flying, first_s, layers_m, state.encounters)
    used = {s.drone for s in roster if s.route in names}
    return replace(
        state,
        phases_s=phases_s,
        table=replace(
            table,
            routes=tuple(sorted(routes, key=lambda r: r.id)),
            roster=tuple(sorted(roster, key=lambda s: (s.takeoff_s, s.drone))),
            peaks={
                **table.peaks,
                **{
                    station: sum(d.rpartition("-")[0] == station for d in used)
                    for station in trial.depots
                },
            },
            unresolved=plan.unresolved,
            tolerances_s=plan.tolerances_s,
        ),
    )
