"""Try an exchange of tails on a timetable: new clocks for two stations, two layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from planner.bureaux import bureau_key
from planner.clock import Span
from planner.draft import DraftRoute
from planner.exchange import exchange_clock
from planner.exchange_packing import Bind
from planner.layers import LATE_S, kept_apart, standing, too_close
from planner.plan import Sortie
from planner.problem import Column
from planner.rhythm import Rhythm, flown_phases, rhythm
from planner.roster import make_roster
from planner.scenario import Scenario
from planner.separation import MARGIN_M, Encounter, Pair, find_encounters
from planner.tails import Chain, Exchange
from planner.timetable import Timetable, settled, timed_route

_LESS_S = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Tradable:
    """A closed route of a timetable that may be exchanged, and its problem's number."""

    part: int
    column: Column
    draft: DraftRoute


Draw = Callable[[int, Column, Chain, int, int], DraftRoute]
"""Draws a route: number of the problem, column, nodes, and between which stations."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
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
class Trial:
    """An exchange to be tried: two routes by id, and what they become."""

    one: Tradable
    other: Tradable
    exchange: Exchange
    spare: float

    @property
    def depots(self) -> tuple[str, str]:
        """The two stations."""
        return self.one.draft.depot, self.other.draft.depot


def exchanged(
    state: State, trial: Trial, draw: Draw, *, fewer: int, quicker: bool
) -> State | None:
    """
    Return the timetable with an exchange, or None if it does not save what it has to.

    Parameters
    ----------
    fewer
        So many drones fewer have to be at work in the busiest period.
    quicker
        Whether all sorties together have to be shorter.
    """
    one, other, exchange = trial.one, trial.other, trial.exchange
    a, b = one.column.station, other.column.station
    scenario = state.scenario
    there = draw(one.part, one.column, exchange.there, a, b)
    back = draw(one.part, one.column, exchange.back, b, a)
    if not (there.layers_m and back.layers_m):
        return None
    pair = (settled(scenario, there), settled(scenario, back))
    drones = len(at_work(scenario, state.table.roster, trial.depots)) - fewer
    alone = _alone(state, trial, pair)
    if _clock(alone, trial, pair, alone.rhythms, {}, drones) is None:
        return None  # whoever else flies
    opened = _opened(alone, trial, pair)
    for layers_m in _layers(opened, pair):
        for late_s in (max(LATE_S, scenario.delay_slack_s), scenario.delay_slack_s):
            found = _apart(opened, trial, pair, layers_m, late_s, drones)
            if found is None or found.table.unresolved:
                continue
            if quicker and _aloft_s(found.table) >= _aloft_s(state.table):
                continue
            if len(at_work(scenario, found.table.roster, trial.depots)) <= drones:
                return found
    return None


def _aloft_s(table: Timetable) -> float:
    """Return how long all sorties are together [s]."""
    return sum(s.landing_s - s.takeoff_s for s in table.roster)


def _alone(state: State, trial: Trial, pair: tuple[DraftRoute, DraftRoute]) -> State:
    """Return a state whose drafts are those of an exchange, its table as it was."""
    gone = {trial.one.draft.id, trial.other.draft.id}
    rhythms = {draft.id: rhythm(state.scenario, draft) for draft in pair}
    return replace(
        state,
        drafts={name: d for name, d in state.drafts.items() if name not in gone}
        | {draft.id: draft for draft in pair},
        rhythms={name: r for name, r in state.rhythms.items() if name not in gone}
        | rhythms,
    )


def _opened(state: State, trial: Trial, pair: tuple[DraftRoute, DraftRoute]) -> State:
    """Return a state that knows whom the two routes of an exchange meet."""
    scenario = state.scenario
    names = {draft.id for draft in pair}
    flying = [v for d in state.drafts.values() if d.id not in names for v in d.flown]
    lines = np.array([shapely.LineString(v.xy) for v in flying], dtype=object)
    limit_m = scenario.rules.separation_horizontal_m + 2 * MARGIN_M
    near = np.zeros(len(flying), dtype=bool)
    for draft in pair:
        near |= shapely.dwithin(lines, shapely.LineString(draft.xy), limit_m)
    beside = [v for v, is_near in zip(flying, near, strict=True) if is_near]
    met = find_encounters(scenario, [*pair, *beside])
    gone = {trial.one.draft.id, trial.other.draft.id}
    known = {p: e for p, e in state.encounters.items() if not gone & set(p)}
    new = {p: e for p, e in met.items() if names & set(p)}
    return replace(state, encounters=known | new)


def _layers(
    state: State, pair: tuple[DraftRoute, DraftRoute]
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


def _apart(
    state: State,
    trial: Trial,
    pair: tuple[DraftRoute, DraftRoute],
    layers_m: Mapping[str, float],
    late_s: float,
    drones: int,
) -> State | None:
    """
    Return a state with clocks of two stations that meet nobody, or None.

    Not even where one is so late, as far as none was nearer before.
    """
    ours, fixed = _parted(state, trial)
    tolerances_s = state.table.tolerances_s
    rhythms, forbidden = kept_apart(
        state.scenario,
        tuple(state.drafts.values()),
        ours,
        fixed,
        layers_m,
        state.encounters,
        {
            p: min(late_s, tolerances_s.get(p, late_s) - _LESS_S)
            for p in state.encounters
        },
    )
    phases_s = _clock(state, trial, pair, rhythms, forbidden, drones)
    return None if phases_s is None else _timed(state, trial, layers_m, phases_s)


def _parted(
    state: State, trial: Trial
) -> tuple[dict[str, Rhythm], dict[str, tuple[Rhythm, int]]]:
    """Return the rhythms of two stations, and those of all others with phases."""
    ours, fixed = {}, {}
    for name, r in state.rhythms.items():
        if state.drafts[name].depot in trial.depots:
            ours[name] = r
        else:
            fixed[name] = (r, state.phases_s[name])
    return ours, fixed


def _clock(
    state: State,
    trial: Trial,
    pair: tuple[DraftRoute, DraftRoute],
    rhythms: Mapping[str, Rhythm],
    forbidden: Mapping[Pair, tuple[Span, ...]],
    drones: int,
) -> dict[str, int] | None:
    """Return phases of two stations, by draft; None if there are none."""
    scenario = state.scenario
    ours, fixed = _parted(state, trial)
    others: dict[tuple[str, str], list[tuple[Rhythm, int]]] = {}
    for name, clocked in fixed.items():
        key = bureau_key(scenario.station(state.drafts[name].depot))
        others.setdefault(key, []).append(clocked)
    there, back = (draft.id for draft in pair)
    return exchange_clock(
        scenario,
        (scenario.station(trial.depots[0]), scenario.station(trial.depots[1])),
        [rhythms[name] for name in sorted(ours.keys() - {there, back})],
        (rhythms[there], rhythms[back]),
        Bind(forbidden=forbidden, others=others),
        drones=drones,
        hint=state.phases_s,
    )


def _timed(
    state: State,
    trial: Trial,
    layers_m: Mapping[str, float],
    phases_s: Mapping[str, int],
) -> State:
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


def at_work(
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
