"""Try an exchange of tails on a timetable: new clocks for its stations, new layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import shapely

from planner.basics.clock import Span
from planner.draft import DraftRoute
from planner.elsewhere.clocks import RingClock, exchange_clock
from planner.elsewhere.packing import Bind
from planner.elsewhere.state import State, Tradable, packed
from planner.elsewhere.tails import Exchange
from planner.implied.bureaux import bureau_key
from planner.plan import Sortie
from planner.problem import Column
from planner.scenario import Scenario
from planner.timetable.layers import LATE_S, kept_apart, standing, too_close
from planner.timetable.making import Timetable, settled, timed_route
from planner.timetable.rhythm import Rhythm, flown_phases, rhythm
from planner.timetable.roster import make_roster
from planner.timetable.separation import MARGIN_M, Pair, find_encounters

_LESS_S = 1e-6


Draw = Callable[[int, Column, int], DraftRoute]
"""Draws a route: number of the problem, column, and the station where it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """
    An exchange to be tried: routes of a ring, and what they become.

    Parameters
    ----------
    spare
        How many of their stations' busy drones would not be needed.
    """

    ring: tuple[Tradable, ...]
    exchange: Exchange
    spare: float

    @property
    def names(self) -> tuple[str, ...]:
        """The routes that are exchanged."""
        return tuple(route.draft.id for route in self.ring)

    @property
    def depots(self) -> tuple[str, ...]:
        """The stations, in the order of the ring."""
        return tuple(route.draft.depot for route in self.ring)


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
    scenario, exchange, part = state.scenario, trial.exchange, trial.ring[0].part
    drawn = map(partial(draw, part), exchange.routes, exchange.ends)
    ring = tuple(settled(scenario, draft) for draft in drawn)
    if not all(map(_open, ring)):
        return None
    drones = sum(packed(state, station) for station in trial.depots) - fewer
    most = len(_at_work(scenario, state.table.roster, trial.depots)) - fewer
    alone = _alone(state, trial, ring)
    if _clock(alone, trial, ring, alone.rhythms, {}, drones) is None:
        return None  # whoever else flies
    opened = _opened(alone, trial, ring)
    for layers_m in _layers(opened, ring):
        for late_s in (max(LATE_S, scenario.delay_slack_s), scenario.delay_slack_s):
            found = _apart(opened, trial, ring, layers_m, late_s, drones)
            if found is None or found.table.unresolved:
                continue
            if not _balances(found.table):
                continue
            if quicker and _aloft_s(found.table) >= _aloft_s(state.table):
                continue
            if len(_at_work(scenario, found.table.roster, trial.depots)) <= most:
                return found
    return None


def _open(draft: DraftRoute) -> list[float]:
    """Return the layers that are open to all that is flown of a route."""
    return sorted(set.intersection(*(set(v.layers_m) for v in draft.flown)))


def _balances(table: Timetable) -> bool:
    """Whether as many drones land at each station as take off from it."""
    routes = {route.id: route for route in table.routes}
    more: Counter[str] = Counter()
    for sortie in table.roster:
        more[routes[sortie.route].lands_at] += 1
        more[routes[sortie.route].depot] -= 1
    return not any(more.values())


def _aloft_s(table: Timetable) -> float:
    """Return how long all sorties are together [s]."""
    return sum(s.landing_s - s.takeoff_s for s in table.roster)


def _alone(state: State, trial: Trial, ring: Sequence[DraftRoute]) -> State:
    """Return a state whose drafts are those of an exchange, its table as it was."""
    gone = set(trial.names)
    rhythms = {draft.id: rhythm(state.scenario, draft) for draft in ring}
    return replace(
        state,
        drafts={name: d for name, d in state.drafts.items() if name not in gone}
        | {draft.id: draft for draft in ring},
        rhythms={name: r for name, r in state.rhythms.items() if name not in gone}
        | rhythms,
    )


def _opened(state: State, trial: Trial, ring: Sequence[DraftRoute]) -> State:
    """Return a state that knows whom the routes of an exchange meet."""
    scenario = state.scenario
    new = [v for draft in ring for v in draft.flown]
    names = {v.id for v in new}
    drafts = state.drafts.values()
    flying = [v for d in drafts for v in d.flown if v.id not in names]
    lines = np.array([shapely.LineString(v.xy) for v in flying], dtype=object)
    limit_m = scenario.rules.separation_horizontal_m + 2 * MARGIN_M
    ours = shapely.MultiLineString([v.xy for v in new])
    beside = [flying[k] for k in np.flatnonzero(shapely.dwithin(lines, ours, limit_m))]
    met = find_encounters(scenario, [*new, *beside])
    gone = {v.id for route in trial.ring for v in route.draft.flown}
    known = {p: e for p, e in state.encounters.items() if not gone & set(p)}
    found = {p: e for p, e in met.items() if names & set(p)}
    return replace(state, encounters=known | found)


def _layers(state: State, ring: Sequence[DraftRoute]) -> Iterator[dict[str, float]]:
    """Yield layers of new routes: where they meet few, and few other ones."""
    layers_m = state.layers_m

    def meets(draft: DraftRoute, layer_m: float) -> int:
        names = {v.id for v in draft.flown}
        return sum(
            too_close(state.scenario, layer_m, layers_m[other])
            for met in state.encounters
            if names & set(met)
            for other in met
            if other in layers_m
        )

    best = [sorted(_open(d), key=lambda h: (meets(d, h), h)) for d in ring]
    # Each on its best one, then one of them, the last first, on its second best.
    for second in (None, *reversed(range(len(ring)))):
        if second is None or len(best[second]) > 1:
            chosen = [layers[int(k == second)] for k, layers in enumerate(best)]
            yield layers_m | {
                v.id: h
                for draft, h in zip(ring, chosen, strict=True)
                for v in draft.flown
            }


def _apart(
    state: State,
    trial: Trial,
    ring: Sequence[DraftRoute],
    layers_m: Mapping[str, float],
    late_s: float,
    drones: int,
) -> State | None:
    """
    Return a state with clocks of stations in a ring that meet nobody, or None.

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
    clock = _clock(state, trial, ring, rhythms, forbidden, drones)
    return None if clock is None else _timed(state, trial, layers_m, clock)


def _parted(
    state: State, trial: Trial
) -> tuple[dict[str, Rhythm], dict[str, tuple[Rhythm, int]]]:
    """Return the rhythms of the stations, and those of all others with phases."""
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
    ring: Sequence[DraftRoute],
    rhythms: Mapping[str, Rhythm],
    forbidden: Mapping[Pair, tuple[Span, ...]],
    drones: int,
) -> RingClock | None:
    """Return the clock of the stations, None if there is none."""
    scenario = state.scenario
    ours, fixed = _parted(state, trial)
    others: dict[tuple[str, str], list[tuple[Rhythm, int]]] = {}
    for name, clocked in fixed.items():
        key = bureau_key(scenario.station(state.drafts[name].depot))
        others.setdefault(key, []).append(clocked)
    names = [draft.id for draft in ring]
    return exchange_clock(
        scenario,
        [scenario.station(depot) for depot in trial.depots],
        [rhythms[name] for name in sorted(ours.keys() - set(names))],
        [rhythms[name] for name in names],
        Bind(forbidden=forbidden, others=others),
        drones=drones,
        hint=state.phases_s,
    )


def _timed(
    state: State,
    trial: Trial,
    layers_m: Mapping[str, float],
    clock: RingClock,
) -> State:
    """Return a state with the clock of some stations, and its timetable."""
    scenario, table = state.scenario, state.table
    drafts = tuple(state.drafts.values())
    kept_s = {n: p for n, p in state.phases_s.items() if n in state.drafts}
    phases_s = kept_s | dict(clock.phases_s)
    waits_s = {n: w for n, w in state.waits_s.items() if n not in clock.phases_s}
    waits_s |= clock.waits_s
    ours = [d for d in drafts if d.depot in trial.depots]
    first_s = flown_phases(drafts, phases_s)
    anew = [v for d in ours for v in d.flown]
    later_s = {v.id: waits_s.get(d.id, 0) for d in ours for v in d.flown}
    names = {v.id for v in anew}
    flying = [v for d in drafts for v in d.flown]
    gone = {r.id for r in table.routes if r.depot in trial.depots}
    roster = [
        *(s for s in table.roster if s.route not in gone),
        *make_roster(scenario, anew, first_s, later_s),
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
        waits_s=waits_s,
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
