"""
Let routes come more often where a station has drones left.

To shorten all gaps, first all routes of a station together, by one factor, since nested
headways pack best; then single ones, those that see most for the drones they take
first. Or single ones alone, those that matter most first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from planner.draft import DraftRoute
from planner.given.horizon import Horizon
from planner.given.stamina import turnaround_after_s
from planner.implied.bureaux import bureau_key
from planner.scenario import Scenario, Station
from planner.timetable.making import Timetable, make_timetable
from planner.timetable.rhythm import Rhythm, rhythm
from planner.timetable.stationclock import StationClock, schedule_station

Shorten = Callable[[Scenario, Station, Sequence[DraftRoute]], "Shrunk | None"]
Spread = Callable[[Callable[..., Any], Sequence[tuple[object, ...]]], list[Any]]

SHRINK_SHARE = 0.12
"""Of the seconds of a budget; by rounds there is no limit."""

_CLOCK_DETERMINISTIC_S = 0.05
_STEP = 1 / 120
"""Least change of a factor that is looked for."""

_SINGLE = (1 / 3, 1 / 2, 2 / 3, 3 / 4, 5 / 6)
"""Factors tried for the headway of one route: simple ones pack with the others."""

_ROOM_S = 1.0
"""Kept free between two sorties of a route, for times that a plan file rounds up."""


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Routes of a station with shorter headways, and a clock that fits them."""

    drafts: tuple[DraftRoute, ...]
    phases_s: Mapping[str, int]


def shrunk_timetable(
    scenario: Scenario,
    drafts: Sequence[DraftRoute],
    *,
    hints: Mapping[str, int],
    spread: Spread,
    shorten: Shorten,
    deterministic_time: float,
) -> Timetable:
    """
    Return the timetable of draft routes that come as often as drones allow.

    A station whose routes then find no clock or no layer beside the others keeps
    the headways it had.

    Parameters
    ----------
    hints
        First take-offs by route id that fit the headways as they are.
    spread
        Runs tasks; what it has no time for is None, and stays as it is.
    shorten
        `shrink` or `hasten`.
    """
    by_station: dict[str, list[DraftRoute]] = {}
    for draft in drafts:
        by_station.setdefault(draft.depot, []).append(draft)
    names = sorted(by_station)
    results = spread(
        shorten, [(scenario, scenario.station(n), by_station[n]) for n in names]
    )
    found = {n: r for n, r in zip(names, results, strict=True) if r is not None}
    while True:
        flying = [
            draft
            for name in names
            for draft in (found[name].drafts if name in found else by_station[name])
        ]
        phases_s = dict(hints)
        for result in found.values():
            phases_s |= result.phases_s
        table = make_timetable(
            scenario, flying, hints=phases_s, deterministic_time=deterministic_time
        )
        troubled = _troubled(scenario, table, flying) & found.keys()
        if not troubled:
            return table
        for name in troubled:
            del found[name]


def _troubled(
    scenario: Scenario, table: Timetable, drafts: Sequence[DraftRoute]
) -> set[str]:
    """Return the stations that routes which could not be placed depend on."""
    depot = {v.id: d.depot for d in drafts for v in (d, *d.variants)}
    routes = [*table.unflyable, *(name for pair in table.unresolved for name in pair)]
    own = {*table.overloaded, *(depot[name] for name in routes)}
    if scenario.crews is None:
        return own
    shared = {bureau_key(scenario.station(name)) for name in own}
    return {s.id for s in scenario.stations if bureau_key(s) in shared}


def shrink(
    scenario: Scenario, station: Station, drafts: Sequence[DraftRoute]
) -> Shrunk | None:
    """
    Return the routes of a station with headways as short as its drones allow.

    None if none gets shorter. Routes that alternate keep theirs, and fixed ones.
    """
    best = _together(scenario, station, drafts)
    return _singly(scenario, station, drafts, best, partial(_worth, scenario))


def hasten(
    scenario: Scenario, station: Station, drafts: Sequence[DraftRoute]
) -> Shrunk | None:
    """
    Return the routes of a station, those that matter most as often as drones allow.

    None if none comes more often. Routes that alternate do not, and fixed ones.
    """

    def matters(draft: DraftRoute) -> tuple[float, float]:
        zones = {z for stop in draft.stops for z in stop.zones}
        highest = max((scenario.zone(z).priority for z in zones), default=0.0)
        return highest, _worth(scenario, draft)

    return _singly(scenario, station, drafts, None, matters)


def _singly(
    scenario: Scenario,
    station: Station,
    drafts: Sequence[DraftRoute],
    best: Shrunk | None,
    matters: Callable[[DraftRoute], Any],
) -> Shrunk | None:
    """Return routes with shorter headways one by one, what matters most first."""
    routes = list(best.drafts if best else drafts)
    order = sorted(range(len(routes)), key=lambda i: matters(routes[i]), reverse=True)
    for i in order:
        for factor in _SINGLE if _may_hasten(routes[i]) else ():
            shorter = _shortened(scenario.horizon, routes[i], factor)
            if shorter.headway_s < _least_headway_s(scenario, routes[i]):
                continue
            tried = [*routes[:i], shorter, *routes[i + 1 :]]
            clock = _clock(scenario, station, tried)
            if clock is not None:
                routes, best = tried, Shrunk(tuple(tried), clock.phases_s)
                break
    return best


def _together(
    scenario: Scenario, station: Station, drafts: Sequence[DraftRoute]
) -> Shrunk | None:
    """Return the routes with all headways times the smallest factor found to fit."""
    plain = [d for d in drafts if _may_hasten(d)]
    if not plain:
        return None
    low = max(_least_headway_s(scenario, d) / d.headway_s for d in plain)
    high, best = 1.0, None
    while high - low > _STEP:
        factor = (low + high) / 2
        beat_s = min(d.headway_s for d in plain)
        whole = math.ceil(beat_s * factor) / beat_s
        tried = [
            _shortened(scenario.horizon, d, whole) if _may_hasten(d) else d
            for d in drafts
        ]
        clock = _clock(scenario, station, tried)
        if clock is None:
            low = factor
        else:
            high, best = factor, Shrunk(tuple(tried), clock.phases_s)
    return best


def _may_hasten(draft: DraftRoute) -> bool:
    """Whether a route may come more often."""
    return draft.turns == 1 and not draft.is_fixed


def _shortened(horizon: Horizon, draft: DraftRoute, factor: float) -> DraftRoute:
    """Return a route whose headway is at most a factor of what it was."""
    headway_s = horizon.headway_s(max(1.0, draft.headway_s * factor + 1e-6))
    return replace(
        draft,
        headway_s=headway_s,
        idleness_ratio=draft.idleness_ratio * factor,
        variants=tuple(
            _shortened(horizon, variant, factor) for variant in draft.variants
        ),
    )


def _least_headway_s(scenario: Scenario, draft: DraftRoute) -> float:
    """Return the time after which a sortie is back and the column clear [s]."""
    return draft.duration_s + scenario.rules.launch_spacing_s + _ROOM_S


def _worth(scenario: Scenario, draft: DraftRoute) -> float:
    """Return the zones seen for each drone that a route takes."""
    turnaround_s = turnaround_after_s(
        scenario.model(draft.drone_model), draft.duration_s, scenario.rules.ceiling_m
    )
    load = (draft.duration_s + turnaround_s) / draft.headway_s
    return sum(len(stop.zones) for stop in draft.stops) / load


def _clock(
    scenario: Scenario, station: Station, drafts: Sequence[DraftRoute]
) -> StationClock | None:
    """Return a clock within the station's drones, or None."""
    rhythms: dict[str, Rhythm] = {d.id: rhythm(scenario, d) for d in drafts}
    clock = schedule_station(
        scenario,
        station,
        drafts,
        rhythms=rhythms,
        minimise=False,
        deterministic_time=_CLOCK_DETERMINISTIC_S,
    )
    limit = station.drones - scenario.rules.reserve_drones
    return clock if clock is not None and clock.peak <= limit else None
