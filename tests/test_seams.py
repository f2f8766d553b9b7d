"""A plan of whole days is flown again and again: its promises hold over midnight."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from drafts import make_draft, make_scenario
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import square, station, two_stations, world, zone

from planner.budget import Budget
from planner.checks import examine
from planner.draft import DraftRoute
from planner.flown.tracks import flown_routes
from planner.formats.plan_geojson import as_written
from planner.given.horizon import Horizon
from planner.given.objectives import ObjectiveName
from planner.plan import Plan
from planner.planning.pipeline import plan_routes
from planner.scenario import Scenario, Zone
from planner.timetable.phases import allowed_phases, flown_spans, phase_mask
from planner.timetable.rhythm import rhythm, sorties, takeoffs
from planner.timetable.roster import make_roster
from planner.timetable.stationclock import schedule_station

DAY_S = 86_400
HOUR_S = 3600.0
MONDAY = "2026-01-05T00:00:00+08:00"


def over(scenario: Scenario, hours: float = 24.0) -> Scenario:
    """Return a scenario over so many hours from Monday's midnight on."""
    horizon = Horizon(start=MONDAY, start_clock_s=0.0, length_s=hours * HOUR_S)
    return replace(scenario, horizon=horizon)


def day_and_night() -> Scenario:
    """Return zones of all kinds, one of them due over midnight and one after it."""
    rest = two_stations()
    zones = [
        *rest.zones,
        zone("N1", square(-900, 0, 250), active=((79_200.0, 93_600.0),)),
        zone("N2", square(-900, 900, 200), active=((600.0, 7200.0),)),
        zone("N3", square(3900, 0, 200), revisit_s=1500.0),
    ]
    scenario = replace(rest, zones=tuple(sorted(zones, key=lambda z: z.id)))
    return over(scenario)


@cache
def planned(objective: ObjectiveName) -> Plan:
    """Return a plan for a day that comes again and again."""
    scenario = replace(day_and_night(), objective=objective)
    return as_written(plan_routes(scenario, budget=Budget(iterations=1, workers=1)))


def codes(scenario: Scenario, plan: Plan) -> set[str]:
    """Return the codes of what the checker finds."""
    return {v.code for v in examine(scenario, plan).violations}


def longest_wait_s(spans: list[tuple[float, float]], one: Zone, rounds: int) -> float:
    """
    Return the longest that a target waits in the windows of a zone, visit by visit.

    Over rounds of a day; before and after them the windows are cut.
    """
    windows: list[list[float]] = []
    for day in range(-1, rounds + 1):
        for begin, end in one.active:
            if windows and windows[-1][1] >= begin + day * DAY_S:
                windows[-1][1] = end + day * DAY_S
            else:
                windows.append([begin + day * DAY_S, end + day * DAY_S])
    longest_s = 0.0
    for start, end in windows:
        if end <= DAY_S or start >= (rounds - 1) * DAY_S:
            continue
        inside = sorted(s for s in spans if s[0] >= start - 1e-3 and s[1] <= end + 1e-3)
        if not inside:
            return np.inf
        edges = [(start, start), *inside, (end, end)]
        for before, after in itertools.pairwise(edges):
            if before[1] >= DAY_S and after[0] <= (rounds - 1) * DAY_S:
                same = after[0] - before[0], after[1] - before[1]
                longest_s = max(longest_s, *same)
    return longest_s


@pytest.mark.parametrize("objective", ["guarantee", "tighten", "frugal"])
def test_a_day_is_flown_again_and_again(objective: ObjectiveName) -> None:
    """Three rounds one after another keep each interval, each drone and each pad."""
    scenario, plan = day_and_night(), planned(objective)
    assert (plan.unserved, codes(scenario, plan)) == ((), set())
    visits: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for flown in flown_routes(scenario, plan):
        for stop in flown.route.stops:
            for t in flown.takeoffs:
                for name in stop.zones:
                    visits.setdefault((name, stop.target), []).extend(
                        (t + k * DAY_S + stop.enter_s, t + k * DAY_S + stop.exit_s)
                        for k in range(4)
                    )
    for (name, _), spans in visits.items():
        one = scenario.zone(name)
        assert longest_wait_s(spans, one, 4) <= one.revisit_s + 1e-3, name
    for place in scenario.stations:
        mine = [s for s in plan.roster if s.drone.startswith(place.id)]
        t = np.arange(2 * DAY_S) + 0.5
        busy = sum(
            ((s.takeoff_s + k < t) & (t < s.ready_s + k)).astype(int)
            for s in mine
            for k in (0, DAY_S)
        )
        assert np.max(busy) <= place.drones


def test_a_headway_that_does_not_divide_the_day_is_shortened() -> None:
    """Every 25 minutes is every 24: 60 times a day, none of them shorter."""
    scenario = day_and_night()
    assert scenario.horizon.headway_s(1500.0) == 1440.0
    assert scenario.horizon.headway_s(1800.9) == 1800.0
    assert over(scenario, 168.0).horizon.headway_s(2.0 * DAY_S) == 151_200.0
    assert over(scenario, 16.0).horizon.headway_s(1500.0) == 1500.0
    assert all(DAY_S % r.headway_s == 0 for r in planned("guarantee").routes)
    with pytest.raises(ValueError, match="divide"):
        rhythm(make_day(), replace(make_draft(zone="day"), headway_s=1500.0))


def make_day() -> Scenario:
    """Return a station with zones of all windows, over a day that repeats."""
    return over(make_scenario(drones=4, pads=4))


@st.composite
def drafts(draw: st.DrawFn, name: str = "R0") -> DraftRoute:
    """Draw a route with whole stop times and any kind of window."""
    duration_s = draw(st.integers(300, 1700))
    enter_s = draw(st.integers(60, duration_s - 120))
    return make_draft(
        name,
        minutes=draw(st.sampled_from([30, 60, 120])),
        duration_s=float(duration_s),
        zone=draw(st.sampled_from(["day", "school", "night"])),
        stops=[(float(enter_s), float(enter_s + draw(st.integers(0, 40))))],
        bearing_deg=60.0 * int(name[1:]),
    )


ROUND = ((0.0, 86_400.0),)
LATE = ((79_200.0, 93_600.0),)
EARLY = ((600.0, 9000.0),)


@given(draft=drafts(), hours=st.sampled_from([ROUND, LATE, EARLY]))
@settings(max_examples=60, deadline=None)
def test_phases_are_those_that_keep_intervals_round_the_clock(
    draft: DraftRoute, hours: Any
) -> None:
    """A phase is allowed exactly if four days one after another say so."""
    plain = make_day()
    zones = tuple(replace(z, active=hours) for z in plain.zones)
    scenario = replace(plain, zones=zones)
    headway_s = int(draft.headway_s)
    (stop,) = draft.stops
    one = scenario.zone(stop.zones[0])
    mask = phase_mask(allowed_phases(scenario, draft), headway_s)
    edges = {int(edge) + d for edge in np.flatnonzero(np.diff(mask)) for d in (0, 1)}
    spans_of_day = flown_spans(scenario, draft)
    for phase in sorted({0, headway_s // 2, headway_s - 1, *edges}):
        flown = takeoffs(spans_of_day, headway_s, phase)
        assert flown == sorted(set(flown)) and all(0 <= t < DAY_S for t in flown)
        spans = [
            (t + k * DAY_S + stop.enter_s, t + k * DAY_S + stop.exit_s)
            for t in flown
            for k in range(-1, 5)
        ]
        # Whatever is left out would have made no visit.
        every = range(phase - DAY_S, 5 * DAY_S, headway_s)
        all_spans = [(t + stop.enter_s, t + stop.exit_s) for t in every]
        waits_s = longest_wait_s(spans, one, 4)
        assert waits_s == longest_wait_s(all_spans, one, 4)
        assert mask[phase] == (waits_s <= one.revisit_s)


@given(routes=st.tuples(drafts("R0"), drafts("R1"), drafts("R2")))
@settings(max_examples=25, deadline=None)
def test_a_clock_holds_over_the_seam(routes: tuple[DraftRoute, ...]) -> None:
    """Counted over two rounds there are drones enough, and first-free finds them."""
    plain = make_day()
    zones = tuple(
        replace(z, active=ROUND if z.id.startswith("day") else LATE)
        for z in plain.zones
    )
    scenario = replace(plain, zones=zones)
    clock = schedule_station(
        scenario, scenario.stations[0], routes, deterministic_time=0.02
    )
    if clock is None or clock.peak > 4:
        return
    flights = [
        (t + k, t + k + draft.duration_s, t + k + draft.duration_s + 1500.0)
        for draft in routes
        for t in sorties(scenario, draft, clock.phases_s[draft.id])
        for k in (0, DAY_S)
    ]
    marks = np.array(sorted(t for t, _, _ in flights)) + 0.5
    busy = [sum(t < mark < ready for t, _, ready in flights) for mark in marks]
    assert max(busy) <= clock.peak
    moves = np.sort([move for t, landing, _ in flights for move in (t, landing)])
    assert np.diff(moves).min() >= scenario.rules.launch_spacing_s - 1e-6
    roster = make_roster(scenario, routes, clock.phases_s)
    last: dict[str, float] = {f"S0-{n}": 0.0 for n in range(1, 5)}
    first: dict[str, float] = {}
    for s in roster:
        last[s.drone] = s.ready_s
        first.setdefault(s.drone, s.takeoff_s)
    for ready_s, needed_s in zip(
        sorted(last.values()), sorted(first.values()), strict=False
    ):
        assert ready_s <= needed_s + DAY_S


@cache
def hourly() -> tuple[Scenario, Plan]:
    """Return a station with a zone that is due every hour, and a plan for it."""
    scenario = over(world([station("A", 0, 0, 2)], [zone("W", square(900, 0, 100))]))
    plan = plan_routes(scenario, budget=Budget(iterations=1, workers=1))
    return scenario, as_written(plan)


def test_who_is_not_ready_when_the_day_begins_anew_is_found() -> None:
    """A second too late over the seam is told, unless another drone is free."""
    plenty, plan = hourly()
    (one,) = plenty.stations
    alone = replace(plenty, stations=(replace(one, drones=1),))
    first, last = plan.roster[0], plan.roster[-1]
    assert first.drone == last.drone and len(plan.roster) == 24
    for more_s, found in ((-1.0, False), (0.0, False), (1.0, True)):
        late = replace(last, ready_s=first.takeoff_s + DAY_S + more_s)
        slow = replace(plan, roster=(*plan.roster[:-1], late))
        assert ("fleet.seam" in codes(alone, slow)) == found
        assert "fleet.seam" not in codes(plenty, slow)


@pytest.mark.parametrize("shift_s", [-5e5, -DAY_S, DAY_S, 3e5])
def test_flights_of_other_rounds_are_no_crash(shift_s: float) -> None:
    """Whoever edits take-offs by hand is told what is missing then."""
    scenario, plan = hourly()
    roster = tuple(replace(s, takeoff_s=s.takeoff_s + shift_s) for s in plan.roster)
    assert codes(scenario, replace(plan, roster=roster))


def test_two_flights_that_meet_over_the_seam_are_found() -> None:
    """The last flight of the day and the first of the next are looked at together."""
    scenario, plan = hourly()
    assert codes(scenario, plan) == set()
    first, shift_s = plan.roster[0], DAY_S - 30.0
    again = replace(
        first,
        drone="A-2",
        takeoff_s=first.takeoff_s + shift_s,
        landing_s=first.landing_s + shift_s,
        ready_s=first.ready_s + shift_s,
    )
    broken = codes(scenario, replace(plan, roster=(*plan.roster, again)))
    assert {"separation.column", "pads.spacing"} <= broken


def test_a_gap_over_the_seam_is_found() -> None:
    """The first flight of a day left out is missed from the last of the day before."""
    scenario, plan = day_and_night(), planned("guarantee")
    first = min(plan.roster, key=lambda s: s.takeoff_s)
    fewer = tuple(s for s in plan.roster if s is not first)
    assert "revisit.gap" in codes(scenario, replace(plan, roster=fewer))
