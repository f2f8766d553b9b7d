"""Promises of clocks, rosters and the timetable."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box
from worlds import MODEL

from planner.basics.geometry import LocalProjection
from planner.given.horizon import Horizon
from planner.plan import Stop
from planner.scenario import Rules, Scenario, Station, Zone
from planner.timetable.clashing import clashes
from planner.timetable.column import column_spans
from planner.timetable.draft import DraftRoute
from planner.timetable.making import make_timetable
from planner.timetable.phases import allowed_phases, phase_mask
from planner.timetable.rhythm import rhythm, sorties
from planner.timetable.roster import make_roster
from planner.timetable.stationclock import schedule_station

SIX = 6 * 3600
ACTIVE = {
    "day": ((SIX, SIX + 57_600),),
    "school": ((25_200, 30_600), (57_600, 64_800)),
    "night": ((64_800, 86_400),),
}


def make_scenario(
    *,
    drones: int = 3,
    pads: int = 3,
    rules: Rules | None = None,
    length_s: float = 57_600.0,
    stations: int = 1,
) -> Scenario:
    """Return stations 5 km apart and a zone for each window and interval."""
    zones = [
        Zone(
            id=f"{name}{minutes}",
            name=name,
            kind="watch",
            geometry=box(0, 0, 1, 1),
            priority=1.0,
            revisit_s=minutes * 60.0,
            active=active,
        )
        for name, active in ACTIVE.items()
        for minutes in (10, 30, 60, 120)
    ]
    return Scenario(
        name="toy",
        timezone="Asia/Shanghai",
        horizon=Horizon(
            start="2025-06-01T06:00:00+08:00", start_clock_s=SIX, length_s=length_s
        ),
        projection=LocalProjection(120.15, 33.36),
        stations=tuple(
            Station(
                id=f"S{n}",
                name="",
                point=Point(5000.0 * n, 0.0),
                drones=drones,
                pads=pads,
                model="M",
            )
            for n in range(stations)
        ),
        zones=tuple(sorted(zones, key=lambda z: z.id)),
        drone_models=(MODEL,),
        rules=rules or Rules(),
    )


def make_draft(
    name: str = "R1",
    *,
    minutes: int = 60,
    duration_s: float = 1200.0,
    zone: str = "day",
    stops: Sequence[tuple[float, float]] | None = None,
    bearing_deg: float = 0.0,
    depot: int = 0,
    layers_m: tuple[float, ...] = (60.0, 75.0, 90.0, 105.0, 120.0),
) -> DraftRoute:
    """Return a route straight out along a bearing and back."""
    reach_m = (duration_s - 64.0) / 2 * 12.0
    turn = math.radians(bearing_deg)
    tip = np.array([math.sin(turn), math.cos(turn)]) * reach_m
    if stops is None:
        stops = (
            (duration_s / 3, duration_s / 3 + 20),
            (duration_s / 2, duration_s * 0.6),
        )
    return DraftRoute(
        id=name,
        depot=f"S{depot}",
        drone_model="M",
        headway_s=minutes * 60.0,
        xy=np.array([[0.0, 0.0], tip, [0.0, 0.0]]) + np.array([5000.0 * depot, 0.0]),
        t_s=np.array([24.0, duration_s / 2 - 8.0, duration_s - 40.0]),
        duration_s=duration_s,
        stops=tuple(
            Stop(
                zones=(f"{zone}{minutes}",),
                target=f"{name}.{n}",
                kind="watch",
                enter_s=enter,
                exit_s=leave,
            )
            for n, (enter, leave) in enumerate(stops)
        ),
        layers_m=layers_m,
    )


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


def head_on_drafts(
    layers_m: tuple[float, ...],
    *,
    minutes: int = 60,
    duration_s: float = 1200.0,
    leave_s: float = 120.0,
) -> list[DraftRoute]:
    """Return two routes of two stations that fly at each other on one line."""
    return [
        make_draft(
            name,
            minutes=minutes,
            duration_s=duration_s,
            bearing_deg=90.0 - 180.0 * depot,
            stops=[(100.0, leave_s)],
            layers_m=layers_m,
            depot=depot,
        )
        for depot, name in enumerate(("E", "W"))
    ]


def test_a_timetable_is_written_as_the_contract_says() -> None:
    """Paths climb at the station, times are whole milliseconds, nothing is faster."""
    scenario = make_scenario(drones=4, pads=4, stations=2)
    drafts_ = head_on_drafts((60.0, 75.0))
    timetable = make_timetable(scenario, drafts_)
    assert timetable.overloaded == {}
    assert timetable.unflyable == ()
    assert timetable.unresolved == ()
    assert {r.layer_m for r in timetable.routes} == {60.0, 75.0}
    for route, draft in zip(timetable.routes, drafts_, strict=True):
        assert route.id == draft.id
        assert route.path[0][:2] == route.path[1][:2] == route.path[-1][:2]
        heights = [height for *_, height in route.path]
        assert heights == [0.0, *[route.layer_m] * len(draft.xy), 0.0]
        assert (route.t_s[0], route.t_s[-1]) == (0.0, route.duration_s)
        assert len(route.t_s) == len(route.path)
        for value in (x for lon, lat, _ in route.path for x in (lon, lat)):
            assert value == round(value, 8)
        assert all(t == round(t, 3) for t in route.t_s)
        lonlat = np.array([vertex[:2] for vertex in route.path])
        step = np.hypot(*np.diff(scenario.projection.to_xy(lonlat), axis=0).T)
        assert (np.diff(route.t_s) >= step / 12.0 - 1e-6).all()
        assert route.load == pytest.approx((route.duration_s + 1500.0) / 3600.0)
        assert route.phase_s == int(route.phase_s)
    assert {s.route for s in timetable.roster} == {"E", "W"}


def test_no_drone_is_in_two_places() -> None:
    """A drone takes off when it is ready again, and not before."""
    scenario = make_scenario(drones=6, pads=5)
    routes = [make_draft(f"R{n}", minutes=60, bearing_deg=70.0 * n) for n in range(5)]
    roster = make_timetable(scenario, routes).roster
    assert roster == tuple(sorted(roster, key=lambda s: (s.takeoff_s, s.drone)))
    for drone in {s.drone for s in roster}:
        assert drone in {f"S0-{n}" for n in range(1, 7)}
        mine = [s for s in roster if s.drone == drone]
        for sooner, later in itertools.pairwise(mine):
            assert sooner.ready_s <= later.takeoff_s
            assert sooner.ready_s == pytest.approx(sooner.landing_s + 1500.0)


def test_what_layers_cannot_part_is_parted_in_time() -> None:
    """With one layer open, two routes that meet head on get other clocks."""
    scenario = make_scenario(drones=4, pads=4, stations=2)
    timetable = make_timetable(
        scenario, head_on_drafts((90.0,)), hints={"E": 0, "W": 0}
    )
    assert timetable.unresolved == ()
    phases = {r.id: r.phase_s for r in timetable.routes}
    assert phases != {"E": 0.0, "W": 0.0}
    assert timetable.tolerances_s[("E", "W")] > 0


def test_routes_parted_in_time_are_so_far_apart_as_is_asked_where_there_is_room() -> (
    None
):
    """A delay that is to be endured counts where clocks are set, and drops no route."""
    scenario = make_scenario(drones=4, pads=4, stations=2)
    for slack_s in (120.0, 600.0):
        asked = replace(scenario, delay_slack_s=slack_s)
        found = make_timetable(asked, head_on_drafts((90.0,)), hints={"E": 0, "W": 0})
        assert found.tolerances_s["E", "W"] >= slack_s
    beyond = replace(scenario, delay_slack_s=3000.0)
    assert make_timetable(beyond, head_on_drafts((90.0,))).unresolved == ()


def test_routes_of_one_station_are_parted_in_time_too() -> None:
    """Out and back over one line at one height: the second starts after the first."""
    scenario = make_scenario(drones=2, pads=2)
    routes = [
        make_draft(name, stops=[(100.0, 120.0)], layers_m=(90.0,)) for name in "AB"
    ]
    timetable = make_timetable(scenario, routes)
    assert timetable.unresolved == ()
    a, b = (route.phase_s for route in timetable.routes)
    assert 1000 < (b - a) % 3600 < 2600


def test_pairs_that_nothing_parts_are_named() -> None:
    """Two routes with one layer and little freedom of time stay unresolved."""
    scenario = make_scenario(drones=4, pads=4, stations=2)
    # The visit ends 1,600 s after take-off, and every 1,800 s must see one.
    tight = head_on_drafts((90.0,), minutes=30, duration_s=1700.0, leave_s=1600.0)
    timetable = make_timetable(scenario, tight)
    assert timetable.unresolved == (("E", "W"),)


def test_overloaded_stations_and_impossible_routes_are_named_and_left_out() -> None:
    """What cannot be flown is not in the routes or the roster."""
    scenario = make_scenario(drones=1, pads=1, stations=2)
    crowd = [
        make_draft(f"R{n}", minutes=60, duration_s=1700.0, bearing_deg=90.0 * n)
        for n in range(3)
    ]
    short = make_draft("X", minutes=30, duration_s=1770.0, depot=1)
    timetable = make_timetable(scenario, [*crowd, short])
    assert timetable.overloaded == {"S0": 3}
    assert timetable.unflyable == ("X",)
    assert timetable.routes == ()
    assert timetable.roster == ()


def test_the_order_of_the_drafts_does_not_matter() -> None:
    """The same routes give the same timetable, in any order, each time."""
    scenario = make_scenario(drones=4, pads=3, stations=2)
    routes = [
        make_draft(
            f"R{n}", minutes=60 if n % 2 else 120, bearing_deg=40.0 * n, depot=n % 2
        )
        for n in range(7)
    ]
    once = make_timetable(scenario, routes)
    assert make_timetable(scenario, routes[::-1]) == once


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
