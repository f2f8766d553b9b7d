"""Promises of the timetable of all stations."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from drafts import make_draft, make_scenario

from planner.draft import DraftRoute
from planner.timetable.making import make_timetable


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
