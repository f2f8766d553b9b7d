"""Missions: what a route says is what is flown, in every format, after every trip."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from missions import (
    CLIMB_S,
    apart_m,
    dji_plan,
    fly,
    lengths_m,
    places_of,
    plans,
    total_s,
    wanted_recording,
)

from planner.errors import MissionError
from planner.exports.exporting import exported
from planner.formats.handover import hand_over
from planner.formats.missions.briefing import brief
from planner.formats.missions.mavlink import items_of
from planner.formats.missions.mission import Mission, with_short_legs
from planner.formats.missions.parting import parts_of
from planner.formats.missions.qgc_reader import read_qgc
from planner.formats.missions.wpl import read_wpl
from planner.formats.missions.wpml_reader import read_wpml
from planner.plan import Plan

READERS: dict[str, Callable[..., Any]] = {
    "qgc": read_qgc,
    "wpl": read_wpl,
    "wpml": read_wpml,
}


def read_back(plan: Plan, name: str) -> list[Mission]:
    """Return the missions of a plan's one route, exported and read again."""
    files = exported(hand_over(plan), name)
    read = [READERS[name](data, file) for file, data in files.items()]
    assert [finding for file in read for finding in file.findings] == []
    return [mission for file in read for mission in file.missions]


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=40, deadline=None)
@given(plan=plans())
def test_export_and_import_give_the_route_again(name: str, plan: Plan) -> None:
    """The path within 0.2 m, each vertex in its order, and the very heights."""
    (route,) = plan.routes
    (mission,) = read_back(plan, name)
    flown = places_of(mission)
    assert apart_m(flown, route.path) <= 0.2
    assert {height for *_, height in flown} == {route.layer_m}
    at = 0
    for vertex in route.path[1:-1]:  # a wait has its vertex twice
        at += [mission_is_at(place, vertex) for place in flown[at:]].index(True)
    assert mission.takes_off and mission.end == "land"
    assert mission_is_at((*(mission.home or (0, 0)), 0), route.path[0])


def mission_is_at(place: Any, vertex: Any) -> bool:
    """Whether two places are the same within 0.2 m."""
    return float(lengths_m([place, vertex])[0]) <= 0.2


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=40, deadline=None)
@given(plan=plans())
def test_a_mission_keeps_the_times_of_its_plan(name: str, plan: Plan) -> None:
    """It is back when the plan says, and records on task but not what is private."""
    (route,) = plan.routes
    # It climbs at its own rate, and waits above the station for the rest.
    climb_s = route.layer_m / float(plan.drone_models[0]["climb_mps"])
    flown = fly(read_back(plan, name), climb_s)
    late_s = 1.0 + 0.01 * route.duration_s
    if name == "wpl":  # whole seconds
        late_s += 2.0 * len(flown.reached_s)
    assert flown.reached_s[0] <= CLIMB_S
    assert abs(flown.end_s - route.t_s[-2]) <= late_s
    wanted = wanted_recording(route)
    longer = [span for span in wanted if span[1] - span[0] > 0.2]
    assert len(longer) <= len(flown.recorded) <= len(wanted) + 1
    assert abs(total_s(flown.recorded) - total_s(wanted)) <= late_s + 0.1 * len(wanted)


@settings(max_examples=40, deadline=None)
@given(plan=plans(), most=st.integers(12, 40))
def test_parts_follow_on_and_say_the_same_as_the_whole(plan: Plan, most: int) -> None:
    """No part is too long, each begins where the last ended, the camera as it was."""
    whole = brief(hand_over(plan), plan.routes[0])

    def size(mission: Mission) -> int:
        return len(items_of(mission))

    parts = parts_of(whole, most, size)
    assert all(size(part) <= most for part in parts)
    for before, after in itertools.pairwise(parts):
        assert places_of(before)[-1] == places_of(after)[0]
        assert (before.end, after.takes_off) == ("stay", False)
    assert parts[0].takes_off and parts[-1].end == "land"
    joined = [*places_of(parts[0])]
    for part in parts[1:]:
        joined += places_of(part)[1:]
    assert joined == places_of(whole)
    one, several = fly([whole], 0.0), fly(list(parts), 0.0)
    assert several.reached_s == pytest.approx(one.reached_s)
    assert total_s(several.recorded) == pytest.approx(total_s(one.recorded))


@given(plan=plans(), longest_m=st.floats(50, 1500))
@settings(max_examples=25, deadline=None)
def test_long_legs_get_waypoints_to_pass(plan: Plan, longest_m: float) -> None:
    """An autopilot that refuses long legs gets the same path in shorter ones."""
    whole = brief(hand_over(plan), plan.routes[0])
    shorter = with_short_legs(whole, longest_m)
    assert max(lengths_m(places_of(shorter))) <= longest_m * 1.001
    assert apart_m(places_of(shorter), places_of(whole)) <= 0.2
    done = [w.actions for w in shorter.waypoints if w.actions]
    assert done == [w.actions for w in whole.waypoints if w.actions]


def test_a_path_that_does_not_start_on_the_ground_is_no_mission() -> None:
    """A plan that was edited by hand is told what is wrong with it."""
    plan = dji_plan()
    route = plan.routes[0]
    aloft = replace(route, path=((*route.path[0][:2], 5.0), *route.path[1:]))
    plan = replace(plan, routes=(aloft, *plan.routes[1:]))
    for name in READERS:
        with pytest.raises(MissionError) as error:
            exported(hand_over(plan), name)
        assert [f.code for f in error.value.findings] == ["E-MISSION-PATH"]


def test_a_leg_without_time_is_no_mission() -> None:
    """No speed is said that no drone has."""
    plan = dji_plan()
    route = plan.routes[0]
    beamed = replace(route, t_s=(*route.t_s[:2], route.t_s[1], *route.t_s[3:]))
    plan = replace(plan, routes=(beamed, *plan.routes[1:]))
    for name in READERS:
        with pytest.raises(MissionError) as error:
            exported(hand_over(plan), name)
        assert [f.code for f in error.value.findings] == ["E-MISSION-TIME"]


@pytest.mark.parametrize("name", [*READERS, "flighthub", "intent"])
def test_an_export_is_the_same_each_time(name: str) -> None:
    """No clock and no order of a set gets into a file."""
    assert exported(hand_over(dji_plan()), name) == exported(
        hand_over(dji_plan()), name
    )
