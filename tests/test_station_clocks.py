"""Promises of phases, columns and the clock of a station."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from drafts import make_draft, make_scenario
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import MODEL

from planner.draft import DraftRoute
from planner.scenario import Rules, Scenario
from planner.timetable.clashing import clashes
from planner.timetable.column import column_spans
from planner.timetable.phases import allowed_phases, phase_mask
from planner.timetable.rhythm import rhythm, sorties
from planner.timetable.roster import make_roster
from planner.timetable.stationclock import schedule_station


def keeps_intervals(scenario: Scenario, draft: DraftRoute, phase_s: int) -> bool:
    """Look at every visit of every stop, one by one."""
    for stop in draft.stops:
        for zone_id in stop.zones:
            zone = scenario.zone(zone_id)
            interval_s = zone.revisit_s - scenario.rules.revisit_slack_s
            for start_s, end_s in scenario.windows(zone):
                visits = [
                    (t + stop.enter_s, t + stop.exit_s)
                    for t in range(
                        phase_s,
                        math.ceil(scenario.horizon.length_s),
                        int(draft.headway_s),
                    )
                    if t + stop.enter_s >= start_s and t + stop.exit_s <= end_s
                ]
                if (
                    not visits
                    or visits[0][1] - start_s > interval_s
                    or end_s - visits[-1][0] > interval_s
                ):
                    return False
    return True


@st.composite
def drafts(draw: st.DrawFn) -> DraftRoute:
    """Draw a route with whole stop times and any kind of window."""
    minutes = draw(st.sampled_from([10, 30, 60]))
    duration_s = draw(st.integers(200, 1700))
    edges = draw(
        st.lists(
            st.tuples(st.integers(30, duration_s - 60), st.integers(0, 20)),
            min_size=1,
            max_size=3,
        )
    )
    return make_draft(
        minutes=minutes,
        duration_s=float(duration_s),
        zone=draw(st.sampled_from(["day", "school", "night"])),
        stops=[(float(enter), float(enter + stay)) for enter, stay in edges],
    )


@given(
    draft=drafts(), slack_s=st.integers(0, 100), length_h=st.sampled_from([2, 3, 16])
)
@settings(max_examples=150, deadline=None)
def test_phases_are_those_that_keep_every_interval(
    draft: DraftRoute, slack_s: int, length_h: int
) -> None:
    """A whole second is an allowed phase if and only if all visits say so."""
    scenario = make_scenario(
        rules=Rules(revisit_slack_s=slack_s), length_s=length_h * 3600.0
    )
    headway_s = int(draft.headway_s)
    mask = phase_mask(allowed_phases(scenario, draft), headway_s)
    edges = {int(edge) for edge in np.flatnonzero(np.diff(mask))}
    near = {e + d for e in edges for d in (-1, 0, 1, 2)} | {0, 1, headway_s - 1}
    probes = near | set(range(0, headway_s, 97))
    for phase in sorted(p for p in probes if 0 <= p < headway_s):
        assert mask[phase] == keeps_intervals(scenario, draft, phase)


@given(draft=drafts(), phase_s=st.integers(0, 599))
@settings(max_examples=60, deadline=None)
def test_a_sortie_is_flown_if_it_makes_a_visit(draft: DraftRoute, phase_s: int) -> None:
    """Sorties without any stop inside a window are left out, and no others."""
    scenario = make_scenario()
    expected = [
        t
        for t in range(phase_s, 57_600, int(draft.headway_s))
        if any(
            t + stop.enter_s >= start_s and t + stop.exit_s <= end_s
            for stop in draft.stops
            for zone_id in stop.zones
            for start_s, end_s in scenario.windows(scenario.zone(zone_id))
        )
    ]
    assert sorties(scenario, draft, phase_s) == expected


def test_column_is_held_while_climbing_leaving_and_coming_home() -> None:
    """A route straight out is in its column at its two ends only."""
    scenario = make_scenario()
    leave, come = column_spans(scenario, make_draft(duration_s=1264.0))
    assert leave == pytest.approx((0.0, 24.0 + 50.5 / 12.0))
    assert come == pytest.approx((1224.0 - 50.5 / 12.0, 1264.0))


def busy_count(
    scenario: Scenario, routes: Sequence[DraftRoute], phases: dict[str, int]
) -> int:
    """Return the most drones between take-off and ready at once."""
    events = [
        event
        for draft in routes
        for t in sorties(scenario, draft, phases[draft.id])
        for event in (
            (t, 1),
            (t + draft.duration_s + MODEL.turnaround_s, -1),
        )
    ]
    # Ready and take-off at one instant: the same drone may go again.
    return max(itertools.accumulate(step for _, step in sorted(events)), default=0)


def pads_count(
    scenario: Scenario, routes: Sequence[DraftRoute], phases: dict[str, int]
) -> int:
    """Return the most pads taken at once, closed spans."""
    events = []
    for draft in routes:
        for t in sorties(scenario, draft, phases[draft.id]):
            landing = t + draft.duration_s
            for low, high in ((t - 60, t), (landing, landing + MODEL.turnaround_s)):
                events += [(low, 0, 1), (high, 1, -1)]
    return max(itertools.accumulate(step for *_, step in sorted(events)), default=0)


def column_is_kept(
    scenario: Scenario, routes: Sequence[DraftRoute], phases: dict[str, int]
) -> bool:
    """Whether moves are spaced and stays in the column disjoint."""
    moves, stays = [], []
    for draft in routes:
        for t in sorties(scenario, draft, phases[draft.id]):
            moves += [t, t + draft.duration_s]
            stays += [(t + a, t + b) for a, b in column_spans(scenario, draft)]
    moves.sort()
    stays.sort()
    return all(
        later - sooner >= scenario.rules.launch_spacing_s - 1e-6
        for sooner, later in itertools.pairwise(moves)
    ) and all(a[1] < b[0] for a, b in itertools.pairwise(stays))


@st.composite
def station_tasks(draw: st.DrawFn) -> tuple[Scenario, list[DraftRoute]]:
    """Draw a station and two to five routes of it."""
    drones = draw(st.integers(1, 4))
    scenario = make_scenario(drones=drones, pads=drones - (drones >= 3))
    routes = [
        make_draft(
            f"R{n}",
            minutes=draw(st.sampled_from([30, 60, 120])),
            duration_s=draw(st.integers(7000, 17_000)) / 10,
            zone=draw(st.sampled_from(["day", "day", "school", "night"])),
            bearing_deg=60.0 * n,
        )
        for n in range(draw(st.integers(1, 5)))
    ]
    return scenario, routes


@given(task=station_tasks())
@settings(max_examples=40, deadline=None)
def test_a_clock_keeps_drones_pads_column_and_intervals(
    task: tuple[Scenario, list[DraftRoute]],
) -> None:
    """Whatever is returned holds when every sortie of the day is looked at."""
    scenario, routes = task
    station = scenario.stations[0]
    clock = schedule_station(scenario, station, routes, deterministic_time=0.05)
    if clock is None:
        return
    phases = dict(clock.phases_s)
    assert busy_count(scenario, routes, phases) <= clock.peak
    assert column_is_kept(scenario, routes, phases)
    assert all(keeps_intervals(scenario, d, phases[d.id]) for d in routes)
    if clock.peak <= station.drones:
        assert busy_count(scenario, routes, phases) == clock.peak
        assert pads_count(scenario, routes, phases) <= station.pads
    roster = make_roster(scenario, routes, phases)
    assert len({s.drone for s in roster}) == busy_count(scenario, routes, phases)
    rush = scenario.busiest_period()
    seen = {s.drone for s in roster if s.takeoff_s <= rush[1] and s.ready_s >= rush[0]}
    assert len(seen) <= clock.peak_busiest


def test_nested_headways_are_packed_end_to_end() -> None:
    """Two hourly routes of half an hour each share one drone to the second."""
    scenario = make_scenario(drones=1, pads=1, rules=Rules(floor_m=60.0))
    stops = [(60.0, 80.0)]
    routes = [
        make_draft(f"R{n}", minutes=120, duration_s=2100.0, stops=stops)
        for n in range(2)
    ]
    clock = schedule_station(scenario, scenario.stations[0], routes)
    assert clock is not None
    assert (clock.peak, clock.proved) == (1, True)
    assert abs(clock.phases_s["R0"] - clock.phases_s["R1"]) == 3600


def test_part_time_routes_do_not_count_while_they_do_not_fly() -> None:
    """A school route and a night route use the same drone."""
    scenario = make_scenario(drones=1, pads=1)
    routes = [
        make_draft("R0", minutes=60, duration_s=1700.0, zone="school"),
        make_draft("R1", minutes=60, duration_s=1700.0, zone="night"),
    ]
    clock = schedule_station(scenario, scenario.stations[0], routes)
    assert clock is not None
    assert clock.peak == 1


def test_an_overloaded_station_says_how_many_drones_it_needs() -> None:
    """Three routes that fill a drone each need three, and one is there."""
    scenario = make_scenario(drones=1, pads=1)
    routes = [
        make_draft(f"R{n}", minutes=60, duration_s=1700.0, bearing_deg=90.0 * n)
        for n in range(3)
    ]
    clock = schedule_station(scenario, scenario.stations[0], routes)
    assert clock is not None
    assert clock.peak == 3


def test_a_route_that_meets_its_own_moves_has_no_clock() -> None:
    """A landing 30 s before the next take-off of the route breaks the spacing."""
    scenario = make_scenario(drones=9, pads=9)
    route = make_draft(minutes=30, duration_s=1770.0)
    assert schedule_station(scenario, scenario.stations[0], [route]) is None


def test_forbidden_shifts_are_kept() -> None:
    """No two sorties of a pair take off at a forbidden shift."""
    scenario = make_scenario(drones=6, pads=6)
    routes = [
        make_draft(f"R{n}", minutes=60, bearing_deg=90.0 * n, stops=[(100.0, 120.0)])
        for n in range(2)
    ]
    forbidden = {("R1", "R0"): [(-3000.0, -200.0), (200.0, 500.0)]}
    clock = schedule_station(
        scenario, scenario.stations[0], routes, forbidden=forbidden
    )
    assert clock is not None
    shifts = {
        a - b
        for a in sorties(scenario, routes[0], clock.phases_s["R0"])
        for b in sorties(scenario, routes[1], clock.phases_s["R1"])
    }
    assert not any(
        low <= shift <= high for shift in shifts for low, high in forbidden["R1", "R0"]
    )


def test_a_hint_that_holds_is_kept() -> None:
    """Phases that were good stay as they are."""
    scenario = make_scenario(drones=6, pads=6)
    routes = [
        make_draft(f"R{n}", minutes=60, bearing_deg=90.0 * n, stops=[(100.0, 120.0)])
        for n in range(2)
    ]
    hint = {"R0": 700, "R1": 1500}
    clock = schedule_station(
        scenario, scenario.stations[0], routes, hint=hint, minimise=False
    )
    assert clock is not None
    assert dict(clock.phases_s) == hint


def test_a_headway_must_be_whole_seconds() -> None:
    """Clocks tick in seconds."""
    route = make_draft()
    with pytest.raises(ValueError, match="whole"):
        rhythm(make_scenario(), replace(route, headway_s=1799.5))


def test_spacing_itself_is_far_enough() -> None:
    """Limits are closed: exactly the launch spacing apart is no clash."""
    scenario = make_scenario()
    one = rhythm(scenario, make_draft())
    shifts = clashes(one, one, 80.0)
    assert not any(low <= 80 <= high for low, high in shifts)
    assert any(low <= 79 <= high for low, high in shifts)


def test_fewest_drones_are_proved() -> None:
    """No pair of phases on a coarse grid needs fewer drones than the proved clock."""
    scenario = make_scenario(drones=4, pads=4)
    routes = [
        make_draft("R0", minutes=60, duration_s=1700.0, stops=[(100.0, 120.0)]),
        make_draft("R1", minutes=120, duration_s=1650.0, bearing_deg=90.0),
        make_draft("R2", minutes=120, duration_s=900.0, bearing_deg=180.0),
    ]
    clock = schedule_station(scenario, scenario.stations[0], routes)
    assert clock is not None
    assert clock.proved
    masks = [phase_mask(allowed_phases(scenario, d), int(d.headway_s)) for d in routes]
    grids = [np.flatnonzero(mask[::150]) * 150 for mask in masks]
    fewest = min(
        busy_count(scenario, routes, dict(zip(("R0", "R1", "R2"), phases, strict=True)))
        for phases in itertools.product(*(grid.tolist() for grid in grids))
    )
    assert clock.peak == fewest
