"""Who is sent meets nobody, and could not have been there sooner."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from plans import MODEL, PROJECTION, Task, drawn, tiny_plan, tiny_scenario

from planner.basics.geometry import FloatArray
from planner.flown.tracks import flown_routes
from planner.plan import Plan, Sortie
from planner.response.dispatch import LONGEST_WAIT_S, Answer, dispatch
from planner.response.errands import Errand, errands
from planner.response.launches import launches
from planner.response.passage import Asked, soonest
from planner.response.rounds import days_of
from planner.response.standby import days_away, sorties_by_drone, standby
from planner.response.traffic import Flight
from planner.scenario import Scenario

STEP_S = 0.5
WIDER_M = 25.0
"""A sample may be so far from the closest approach, and from what margins keep."""

LAYERS_M = (60.0, 75.0, 90.0, 105.0, 120.0)


@cache
def busy() -> tuple[Scenario, Plan]:
    """Return a station at rest, and one whose drones cross its way at all layers."""
    tiny = tiny_scenario()
    rest, work = tiny.stations
    scenario = replace(
        tiny,
        airspace=(),
        stations=(rest, replace(work, drones=60, pads=60)),
        rules=replace(tiny.rules, launch_spacing_s=15.0, column_radius_m=40.0),
    )
    routes = tuple(
        drawn(
            f"R{k}",
            "B",
            layer_m,
            500.0,
            100.0 * k,
            [
                Task((), f"T{k}", "watch", ((900.0 + 200 * k, 500.0),), (30.0,)),
                Task((), f"U{k}", "watch", ((1700.0 - 200 * k, -500.0),), (30.0,)),
            ],
        )
        for k, layer_m in enumerate(LAYERS_M)
    )
    roster = tuple(
        Sortie(
            drone=f"B-{1 + k + 5 * n}",
            route=route.id,
            takeoff_s=route.phase_s + n * route.headway_s,
            landing_s=route.phase_s + n * route.headway_s + route.duration_s,
            ready_s=route.phase_s
            + n * route.headway_s
            + route.duration_s
            + MODEL.turnaround_s,
        )
        for k, route in enumerate(routes)
        for n in range(11)
    )
    return scenario, replace(tiny_plan(), routes=routes, roster=roster, unserved=())


@cache
def paths() -> dict[str, tuple[str, FloatArray, FloatArray]]:
    """Return station, times and corners of each route, in metres."""
    _, plan = busy()
    found = {}
    for route in plan.routes:
        path = np.array(route.path)
        corners = np.column_stack([PROJECTION.to_xy(path[:, :2]), path[:, 2]])
        found[route.id] = (route.depot, np.array(route.t_s), corners)
    return found


def patrols(
    times: FloatArray, own: tuple[str, float]
) -> Iterator[tuple[str, FloatArray]]:
    """Yield station and places of each sortie in the air at some times, else NaN."""
    _, plan = busy()
    for sortie in plan.roster:
        if times[-1] < sortie.takeoff_s or sortie.landing_s < times[0]:
            continue
        if (sortie.route, sortie.takeoff_s) == own:
            continue
        depot, t, corners = paths()[sortie.route]
        since = times - sortie.takeoff_s
        at = np.column_stack([np.interp(since, t, axis) for axis in corners.T])
        at[(since < 0) | (since > t[-1])] = np.nan
        yield depot, at


def is_free(
    corners: FloatArray, t: FloatArray, own: tuple[str, float], wider_m: float = 0.0
) -> bool:
    """Whether samples of a flight, (x, y, z) at times, keep apart from the patrol."""
    scenario, _ = busy()
    if t[-1] - t[0] < 1e-9:
        times, mine = t[:1], corners[:1]
    else:
        times = np.append(np.arange(t[0], t[-1], STEP_S), t[-1])
        mine = np.column_stack([np.interp(times, t, axis) for axis in corners.T])
    rules = scenario.rules
    for depot, at in patrols(times, own):
        away_m = np.hypot(*(mine - at)[:, :2].T)
        apart_m = np.abs((mine - at)[:, 2])
        near = away_m < rules.separation_horizontal_m + wider_m - 1e-3
        if (near & (apart_m < rules.separation_vertical_m - 2e-3)).any():
            return False
        home = np.array(scenario.station(depot).point.coords[0])
        radius_m = rules.column_radius_m + wider_m
        both = np.hypot(*(mine[:, :2] - home).T) < radius_m
        if (both & (np.hypot(*(at[:, :2] - home).T) < radius_m)).any():
            return False
    return True


def call(number: int) -> tuple[FloatArray, float]:
    """Return the place and moment of a call."""
    dice = np.random.default_rng(number)
    return dice.uniform((300, -700), (2300, 700)), float(dice.uniform(1500, 4000))


def parts(answer: Answer) -> tuple[FloatArray, FloatArray, int]:
    """Return corners in metres, times from the call, and where the way home begins."""
    path, t = np.array(answer.path), np.array(answer.t_s)
    corners = np.column_stack([PROJECTION.to_xy(path[:, :2]), path[:, 2]])
    over = int(np.flatnonzero(np.abs(t - answer.overhead_s) < 1e-6)[-1])
    return corners, t, over + 1


@pytest.mark.parametrize("number", range(6))
def test_who_is_sent_meets_nobody(number: int) -> None:
    """Holding, on its way, overhead and home, at either end of what it is told."""
    scenario, plan = busy()
    xy, moment_s = call(number)
    ranking = dispatch(scenario, plan, xy, moment_s)
    takeoffs = {s.drone: s.takeoff_s for s in plan.roster}
    assert ranking.answers
    # Those of a station that stand ready fly alike.
    unlike = {(a.station, a.route, a.leaves_s): a for a in ranking.answers}
    for answer in unlike.values():
        own = (answer.route, takeoffs.get(answer.drone, 0.0))
        corners, t, home = parts(answer)
        hold = np.array([answer.leaves_s - answer.waits_s, answer.leaves_s])
        if answer.route:
            assert is_free(corners[[0, 0]], moment_s + hold, own)
        there = np.append(t[:home], answer.overhead_s + scenario.rules.overhead_s)
        way = np.vstack([corners[:home], corners[home - 1]])
        if not answer.route:
            for later_s in (0.0, answer.leaves_by_s - answer.leaves_s):
                assert is_free(way, moment_s + there + later_s, own)
        for low_s, high_s in answer.homes:
            for leaves_s in {low_s, (low_s + high_s) / 2, high_s}:
                back = t[home:] - t[home] + leaves_s
                assert is_free(
                    np.vstack([way[:-1], corners[home:]]),
                    moment_s + np.concatenate([t[:home], back]),
                    own,
                )
                landing_s = moment_s + back[-1]
                station = answer.drone.rpartition("-")[0]
                for sortie in plan.roster:
                    if sortie.drone.rpartition("-")[0] == station:
                        for at in (sortie.takeoff_s, sortie.landing_s):
                            assert abs(landing_s - at) >= 15.0 - 1e-6


def test_nobody_could_be_there_sooner() -> None:
    """Each earlier start, at any layer, meets somebody on the way, there or home."""
    scenario, plan = busy()
    routes, days = flown_routes(scenario, plan), days_of(scenario, plan)
    tried = 0
    for number in range(6):
        xy, moment_s = call(number)
        ranking = dispatch(scenario, plan, xy, moment_s)
        hindered = [a for a in ranking.answers if a.meets][:3]
        over_s = {a.drone: moment_s + a.overhead_s - 1e-6 for a in hindered}
        over_s |= {kept.drone: np.inf for kept in ranking.kept[:2]}
        until_s = moment_s + scenario.rules.launch_s + LONGEST_WAIT_S
        for one in errands(scenario, routes, days, xy, moment_s, until_s):
            by_s = over_s.get(one.drone, -np.inf) - one.over_s
            for low_s, high_s in one.starts:
                last_s = max(low_s, min(high_s, by_s))
                for start_s in np.arange(low_s, last_s, 15.0)[:20]:
                    tried += 1
                    assert is_blocked(one, float(start_s))
    assert tried > 50


def is_blocked(one: Errand, start_s: float) -> bool:
    """Whether a start meets somebody, or is close to it, by samples."""
    scenario, plan = busy()
    own = (one.route, one.takeoff_s)

    def meets(flight: Flight, at_s: float, rests_s: float = 0.0) -> bool:
        corners = np.column_stack([flight.xy, flight.z])
        t = np.append(at_s + flight.t, at_s + flight.t[-1] + rests_s)
        return not is_free(np.vstack([corners, corners[-1]]), t, own, WIDER_M)

    if one.holds and meets(one.hold, one.starts[0][0], start_s - one.starts[0][0]):
        return True
    stay_s = scenario.rules.overhead_s
    if meets(one.out, start_s, stay_s):
        return True
    moves = [
        t
        for s in plan.roster
        if s.drone.rpartition("-")[0] == one.station.id
        for t in (s.takeoff_s, s.landing_s)
    ]
    leaves_s = start_s + one.over_s + stay_s
    latest_s = min(start_s + one.lasts_s, one.until_s)
    for home_s in np.arange(leaves_s, latest_s, 5.0):
        if meets(one.stay, leaves_s, home_s - leaves_s):
            return True
        landing_s = home_s + one.home.t[-1]
        if min((abs(landing_s - t) for t in moves), default=np.inf) < 20.0:
            continue
        if not meets(one.home, float(home_s)):
            return False
    return True


def test_a_taken_layer_makes_it_wait_or_fly_higher() -> None:
    """Somebody is in the way of some of these calls, and each way out is taken."""
    scenario, plan = busy()
    answers = [
        a
        for n in range(12)
        for a in dispatch(scenario, plan, *call(n)).answers
        if a.meets
    ]
    assert any(a.waits_s > 0 for a in answers)
    assert len({a.layer_m for a in answers}) > 1
    alone = dispatch(scenario, replace(plan, routes=(), roster=()), *call(0)).answers
    assert alone
    assert all(not a.meets and a.waits_s == 0 for a in alone)


@settings(max_examples=60)
@given(
    moment_s=st.floats(0, 14_000),
    pads=st.integers(1, 3),
    spacing_s=st.sampled_from([0.0, 60.0, 300.0]),
)
def test_launches_begin_when_a_drone_stands_ready(
    moment_s: float, pads: int, spacing_s: float
) -> None:
    """The first launch is that of `standby`, where it has one then."""
    scenario, plan = tiny_scenario(), tiny_plan()
    rules = replace(scenario.rules, launch_spacing_s=spacing_s)
    scenario = replace(scenario, rules=rules)
    days = days_away(plan.routes, sorties_by_drone(plan))
    for station in scenario.stations:
        station = replace(station, pads=pads)
        now = standby(scenario, station, days, np.array([moment_s]))
        found = launches(scenario, station, days, moment_s, moment_s + 5000)
        for drone, ready in zip(now.drones, now.ready[:, 0].tolist(), strict=True):
            first_s = min((low for low, _ in found[drone]), default=np.inf) - moment_s
            if ready:
                assert first_s == pytest.approx(float(now.launch_s[0]), abs=1e-5)
            else:
                assert first_s > now.launch_s[0]
            for low_s, high_s in found[drone]:
                for at_s in (low_s, (low_s + high_s) / 2):
                    then = replace(rules, launch_s=at_s - moment_s)
                    again = standby(
                        replace(scenario, rules=then),
                        station,
                        days,
                        np.array([moment_s]),
                    )
                    assert again.launch_s[0] == pytest.approx(at_s - moment_s, abs=1e-5)
                    assert again.ready[now.drones.index(drone), 0]


spans = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 12)).map(
        lambda p: (p[0], p[0] + p[1])
    ),
    max_size=4,
).map(sorted)


@settings(max_examples=300)
@given(
    starts=spans,
    stays=spans,
    homes=spans,
    over_s=st.integers(0, 8),
    stay_s=st.integers(0, 6),
    lasts_s=st.integers(0, 30),
    until_s=st.integers(0, 50),
)
def test_the_soonest_passage_is_that_of_trying_all(
    starts: list[tuple[int, int]],
    stays: list[tuple[int, int]],
    homes: list[tuple[int, int]],
    over_s: int,
    stay_s: int,
    lasts_s: int,
    until_s: int,
) -> None:
    """Of all whole seconds, with whole ends, none earlier does; and it does itself."""
    for several in (starts, stays, homes):
        assume(all(a[1] < b[0] for a, b in itertools.pairwise(several)))

    def is_in(several: list[tuple[int, int]], low: int, high: int) -> bool:
        return any(a <= low and high <= b for a, b in several)

    def home_times(start: int) -> list[int]:
        there = start + over_s
        return [
            home
            for home in range(there + stay_s, min(start + lasts_s, until_s) + 1)
            if is_in(stays, there, home) and is_in(homes, home, home)
        ]

    able = [s for s in range(60) if is_in(starts, s, s) and home_times(s)]
    found = soonest(
        Asked(
            starts=starts,
            stays=stays,
            homes=homes,
            over_s=over_s,
            stay_s=stay_s,
            lasts_s=lasts_s,
            until_s=until_s,
        )
    )
    if found is None:
        assert not able
        return
    assert found.start_s == able[0]
    assert set(range(able[0], int(found.holds_until_s) + 1)) <= set(able)
    told = {t for low, high in found.homes for t in range(int(low), int(high) + 1)}
    assert told == set(home_times(able[0]))
