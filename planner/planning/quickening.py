"""
Choose, among clocks that fly the same patrol, those that bring help sooner.

Route by route, over a sample of moments: a station's clock is set without a look at
where its neighbours' drones are meanwhile, and most routes could as well take off at
other times.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array

from planner.basics.geometry import FloatArray
from planner.draft import DraftRoute
from planner.flown.tracks import FlownRoute, flown_routes
from planner.plan import Plan
from planner.planning.covering import WITHIN_S
from planner.response.airways import Airways, airways
from planner.response.aloft import aloft
from planner.response.arrivals import Ground, airborne_s, flights_s, ground, spare_s
from planner.response.figures import LONGEST_S
from planner.response.places import places
from planner.response.standby import days_away, sorties_by_drone, standby
from planner.scenario import Scenario
from planner.timetable.leeway import Leeway, free_phases, leeway, reclocked
from planner.timetable.making import Timetable, settled
from planner.timetable.rhythm import flown_phases, takeoffs
from planner.timetable.roster import make_roster

QUICKEN_SHARE = 0.15
"""Of the seconds for search and proof, at most."""

PASSES = 3
"""How often each route is looked at, at most."""

_CHOICES = 16
_STEP_S, _MOMENTS = 137, 600
"""Between moments of the sample: a prime, so that no headway is seen at few offsets."""

_TICK_S = 30.0
_NEAR_S = 300.0
"""Drones in the air are asked for places so near; beyond, a ready one does as well."""

_DECIMALS = 9

Times = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sample:
    """
    Moments and places at which response is looked at.

    Parameters
    ----------
    weight
        Share of the demand of each place.
    ready_s
        By station, how long a ready drone flies to each place near it.
    aloft_s
        By route id, when a drone is over each place near its station, by ticks from
        `launch_s` before its take-off on, shape (ticks, places).
    beside
        By station, those that share places with it: which of its own, which of theirs.
    """

    scenario: Scenario
    moments: FloatArray
    weight: FloatArray
    near: Mapping[str, NDArray[np.int64]]
    ready_s: Mapping[str, FloatArray]
    aloft_s: Mapping[str, Times]
    beside: Mapping[str, Sequence[tuple[str, NDArray[np.int64], NDArray[np.int64]]]]


def quicken(
    scenario: Scenario,
    drafts: Sequence[DraftRoute],
    table: Timetable,
    *,
    given: Scenario,
    until_s: float | None,
    stop: Callable[[], bool],
) -> Timetable:
    """
    Return a timetable of the same routes by which help is there sooner.

    More of the demand is within reach of two minutes, at the moments of a sample, or
    as much and in less time on average. Nothing else gets worse: see
    `planner.timetable.leeway.free_phases`.

    Parameters
    ----------
    drafts
        Of which the timetable was made.
    given
        The scenario with all of its drones.
    until_s
        When to end, by `time.monotonic`; None for a fixed number of steps.
    stop
        Polled; ends the search with what it has.
    """

    def ends() -> bool:
        return stop() or (until_s is not None and time.monotonic() >= until_s)

    if not table.routes:
        return table
    room = leeway(scenario, [settled(scenario, d) for d in drafts], table)
    sample = _sampled(given, table, ends)
    if sample is None:
        return table
    first_s = {route.id: round(route.phase_s) for route in table.routes}
    phases_s = {
        d.id: first_s[d.flown[0].id] - d.flown[0].turn * round(d.headway_s)
        for d in room.drafts.values()
    }
    found = reclocked(room, table, _ascended(room, sample, phases_s, ends))
    # What alternates may come near itself where another of its sorties is the first.
    return table if found.unresolved else found


def _ascended(
    room: Leeway,
    sample: _Sample,
    phases_s: Mapping[str, int],
    ends: Callable[[], bool],
) -> dict[str, int]:
    """Return better phases, found route by route."""
    phases_s = dict(phases_s)
    ours: dict[str, list[DraftRoute]] = {name: [] for name in sample.near}
    for draft in room.drafts.values():
        if draft.depot in ours:
            ours[draft.depot].append(draft)

    def known(station: str) -> Times:
        times = _ready(room, sample, ours[station], phases_s, station)
        for draft in ours[station]:
            _fly(room, sample, draft, phases_s[draft.id], times)
        return times

    times = {name: known(name) for name in sample.near}
    for _ in range(PASSES):
        before_s = dict(phases_s)
        for name in sample.near:
            others = _others(sample, times, name)
            for draft in ours[name]:
                if ends():
                    return phases_s
                phases_s[draft.id] = _best_phase(
                    room, sample, ours[name], draft, phases_s, others
                )
            times[name] = known(name)
        if phases_s == before_s:
            break
    return phases_s


def _best_phase(
    room: Leeway,
    sample: _Sample,
    ours: Sequence[DraftRoute],
    draft: DraftRoute,
    phases_s: Mapping[str, int],
    others: Times,
) -> int:
    """Return the best phase of a route of a station; its own unless one is better."""
    weight = sample.weight[sample.near[draft.depot]]
    fixed = others.copy()
    for other in ours:
        if other is not draft:
            _fly(room, sample, other, phases_s[other.id], fixed)

    def score(phase_s: int) -> tuple[float, float]:
        phases = {**phases_s, draft.id: phase_s}
        times = np.minimum(fixed, _ready(room, sample, ours, phases, draft.depot))
        _fly(room, sample, draft, phase_s, times)
        return _score(times, weight)

    free = np.flatnonzero(free_phases(room, draft, phases_s))
    return max([phases_s[draft.id], *_some(free)], key=score)


def _some(free: NDArray[np.int64]) -> list[int]:
    """Return a few phases, evenly of those that are free."""
    if len(free) <= _CHOICES:
        return [int(phase) for phase in free]
    at = np.linspace(0, len(free) - 1, _CHOICES).round().astype(int)
    return [int(phase) for phase in free[at]]


def _score(times: Times, weight: FloatArray) -> tuple[float, float]:
    """Return what share of the demand is answered in time, and minus the mean [s]."""
    in_time = (times <= WITHIN_S).sum(axis=0) @ weight / len(times)
    mean_s = times.sum(axis=0, dtype=np.float64) @ weight / len(times)
    return round(float(in_time), _DECIMALS), -round(float(mean_s), _DECIMALS)


def _others(sample: _Sample, times: Mapping[str, Times], station: str) -> Times:
    """Return when drones of other stations are over the places near a station."""
    shape = (len(sample.moments), len(sample.near[station]))
    found = np.full(shape, LONGEST_S, dtype=np.float32)
    for other, mine, theirs in sample.beside[station]:
        found[:, mine] = np.minimum(found[:, mine], times[other][:, theirs])
    return found


def _ready(
    room: Leeway,
    sample: _Sample,
    drafts: Sequence[DraftRoute],
    phases_s: Mapping[str, int],
    station: str,
) -> Times:
    """Return when drones that stand ready are over the places near their station."""
    flying = [v for d in drafts for v in d.flown]
    first_s = flown_phases(drafts, phases_s)
    roster = make_roster(room.scenario, flying, first_s, flown=room.flown)
    plan = Plan(horizon={}, stations=(), drone_models=(), routes=(), roster=roster)
    leaves_s = standby(
        sample.scenario,
        sample.scenario.station(station),
        days_away(plan.routes, sorties_by_drone(plan)),
        sample.moments,
    ).leaves_s
    times_s = leaves_s[:, None] + sample.ready_s[station]
    return np.minimum(times_s, LONGEST_S).astype(np.float32)


def _fly(
    room: Leeway, sample: _Sample, draft: DraftRoute, phase_s: int, times: Times
) -> None:
    """Lower times by what the drones of a route could do in the air."""
    launch_s = sample.scenario.rules.launch_s
    for variant in draft.flown:
        known = sample.aloft_s[variant.id]
        first_s = phase_s + variant.turn * round(draft.headway_s)
        for takeoff_s in takeoffs(
            room.flown[variant.id], round(variant.headway_s), first_s
        ):
            since_s = takeoff_s - launch_s
            low, high = np.searchsorted(
                sample.moments, [since_s, since_s + (len(known) - 0.5) * _TICK_S]
            )
            ticks = np.rint((sample.moments[low:high] - since_s) / _TICK_S)
            np.minimum(
                times[low:high], known[ticks.astype(np.int64)], out=times[low:high]
            )


def _sampled(
    scenario: Scenario, table: Timetable, ends: Callable[[], bool]
) -> _Sample | None:
    """Return the sample of a timetable, or None if there is no time for it."""
    ways = airways(scenario)
    asked = places(scenario, ways)
    land = ground(scenario, ways, asked.xy)
    stations = [s for s in scenario.stations if s.id not in ways.grounded]
    plan = Plan(
        horizon={}, stations=(), drone_models=(), routes=table.routes, roster=()
    )
    aloft_s = {}
    for flown in flown_routes(scenario, plan):
        if ends():
            return None
        aloft_s[flown.route.id] = _aloft(scenario, ways, land, flown)
    length_s = scenario.horizon.length_s
    step_s = _STEP_S * max(1, round(length_s / _STEP_S / _MOMENTS))
    near = {s.id: land.near[s.id] for s in stations}
    return _Sample(
        scenario=scenario,
        moments=np.arange(min(step_s, length_s) / 2, length_s, step_s),
        weight=asked.weight / max(float(asked.weight.sum()), 1e-300),
        near=near,
        ready_s={s.id: airborne_s(scenario, ways, land, s) for s in stations},
        aloft_s=aloft_s,
        beside=_beside(near, len(asked.weight)),
    )


def _aloft(scenario: Scenario, ways: Airways, land: Ground, flown: FlownRoute) -> Times:
    """Return when a drone of a route is over the places near its station, by ticks."""
    ticks = np.arange(-scenario.rules.launch_s, flown.t[-2], _TICK_S)
    air = aloft(scenario, ways, replace(flown, takeoffs=np.zeros(1)), ticks)
    near = land.near[flown.station.id]
    found = np.full((len(ticks), len(near)), LONGEST_S, dtype=np.float32)
    reach_m = (flown.model.airspeed_mps + ways.strongest_mps) * _NEAR_S
    x, y = land.xy[near].T
    who, place = np.nonzero(np.hypot(x - air.xy[:, :1], y - air.xy[:, 1:]) <= reach_m)
    there = near[place]
    path = shapely.linestrings(flown.xy)
    room_m = ways.room_m(np.array([path]))[0] + land.room_m[there]
    flight_s = flights_s(ways, land, flown.model, air.xy[who], there, room_m)
    latest_s = spare_s(scenario, ways, flown.stations, land.back_s[flown.station.id])
    able = air.spent_s[who] + flight_s <= latest_s[place]
    times_s = np.minimum(air.delay_s[who] + flight_s, LONGEST_S)
    found[air.moment[who[able]], place[able]] = times_s[able]
    return found


def _beside(
    near: Mapping[str, NDArray[np.int64]], places: int
) -> dict[str, list[tuple[str, NDArray[np.int64], NDArray[np.int64]]]]:
    """Return for each station those that share places with it, and which."""
    names = list(near)
    rows = np.repeat(np.arange(len(names)), [len(near[name]) for name in names])
    columns = np.concatenate([near[name] for name in names]) if names else rows
    shape = (len(names), places)
    reach = coo_array((np.ones(len(rows)), (rows, columns)), shape=shape).tocsr()
    shared = (reach @ reach.T).tocoo()
    found: dict[str, list[tuple[str, NDArray[np.int64], NDArray[np.int64]]]] = {
        name: [] for name in names
    }
    for a, b in zip(shared.row.tolist(), shared.col.tolist(), strict=True):
        if a != b:
            one, two = names[a], names[b]
            _, mine, theirs = np.intersect1d(near[one], near[two], return_indices=True)
            found[one].append((two, mine, theirs))
    return found
