"""Every number about a plan is what one counts by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from plans import (
    LINE,
    drawn,
    rostered,
    square,
    tiny_plan,
    tiny_scenario,
    told,
    with_route,
)

from planner.flown.tracks import flown_routes
from planner.flown.visits import LongestGap, longest_gaps
from planner.metrics import compute_metrics
from planner.plan import Plan

SCENARIO = tiny_scenario()
PLAN = tiny_plan()


def gap_of(plan: Plan, zone: str) -> LongestGap:
    """Return the longest gap of a zone's target over the whole horizon."""
    gaps = longest_gaps(SCENARIO, flown_routes(SCENARIO, plan))
    (gap,) = (g for g in gaps if g.zone == zone)
    return gap


def test_the_metrics_of_the_tiny_plan_are_those_counted_by_hand() -> None:
    """Six zones, five of them served; four routes, a drone each."""
    metrics = compute_metrics(SCENARIO, PLAN)
    counted = {
        "zones": 6,
        "zones_served": 5,
        "priority": 12.0,
        "priority_served": 11.0,
        "stations": 2,
        "drones": 6,
        "drones_used": 4,
        "drones_used_by_station": {"A": 2, "B": 2},
        "drones_ready": 2,
        "drones_peak": 4,
        "drones_peak_period": "07:00-09:00",
        "routes": 4,
        "sorties": 28,
        "layers_used": 4,
        # 20 s over the courtyard on each of the eight flights of A1.
        "privacy_exposure_s": 160.0,
    }
    assert metrics | counted == metrics
    durations = {r.id: r.duration_s for r in PLAN.routes}
    flown_s = sum(durations[s.route] for s in PLAN.roster)
    assert metrics["flight_hours"] == pytest.approx(flown_s / 3600, abs=1e-6)
    assert metrics["min_landing_reserve_s"] == 1800 - max(durations.values())
    assert metrics["worst_idleness_ratio"] == pytest.approx(1800 / 1850, abs=1e-6)
    assert 0 < metrics["mean_idleness_ratio"] <= metrics["worst_idleness_ratio"]


def test_a_drone_that_is_on_the_ground_all_through_the_peak_is_not_in_it() -> None:
    """The peak counts drones with a sortie or turnaround that touches it."""
    early = tuple(s for s in PLAN.roster if s.route != "B2" or s.ready_s < 3600)
    assert compute_metrics(SCENARIO, replace(PLAN, roster=early))["drones_peak"] == 3
    (last,) = (s for s in early if s.route == "B2")
    touching = tuple(replace(s, ready_s=3600.0) if s is last else s for s in early)
    assert compute_metrics(SCENARIO, replace(PLAN, roster=touching))["drones_peak"] == 4


def test_a_plan_without_routes_has_no_worst_of_anything() -> None:
    """Where there is nothing to measure, there is no number."""
    empty = compute_metrics(SCENARIO, replace(PLAN, routes=(), roster=()))
    assert empty["worst_idleness_ratio"] is None
    assert empty["mean_idleness_ratio"] is None
    assert empty["min_landing_reserve_s"] is None
    assert empty["flight_hours"] == 0


def test_a_zone_that_is_visited_from_two_routes_waits_for_either() -> None:
    """The clocks of two routes together keep one interval."""
    gap = gap_of(PLAN, "W2")
    one, other = PLAN.route("A1"), PLAN.route("B1")
    first = one.phase_s + one.stops[1].enter_s
    second = other.phase_s + other.stops[1].enter_s
    assert gap.gap_s == pytest.approx(max(second - first, 1800 - (second - first)))
    assert gap.visits == 16


def test_a_line_flown_to_and_fro_waits_from_its_start_to_its_end() -> None:
    """What is seen first one time may be seen last the next time."""
    there = PLAN.route("B1")
    back = replace(LINE, places=LINE.places[::-1])
    other = drawn("B2", "B", 90.0, 1800.0, 1900.0 % 1800, [back])
    plan = with_route(PLAN, other)
    enter, leave = there.stops[0].enter_s, there.stops[0].exit_s
    other_enter, other_leave = other.stops[0].enter_s, other.stops[0].exit_s
    first, second = 1000.0, other.phase_s
    gaps = [
        first + leave - (second + other_enter),
        second + 1800 + other_leave - (first + enter),
        second + other_leave,
    ]
    assert gap_of(plan, "L1").gap_s == pytest.approx(max(gaps))
    same = drawn("B2", "B", 90.0, 1800.0, 100.0, [LINE])
    climb_s = same.stops[0].enter_s - enter
    shorter = gap_of(with_route(PLAN, same), "L1").gap_s
    assert shorter == pytest.approx(900.0 + climb_s)


def test_exposure_counts_only_what_is_near_enough_to_be_seen() -> None:
    """A courtyard is in view while the strip below the drone reaches it."""
    private = next(a for a in SCENARIO.airspace if a.is_privacy)
    # The line is at y = -500; the strip from 75 m reaches 41.25 m to each side.
    for y, exposed in ((-459.0, True), (-458.5, False)):
        beside = replace(private, geometry=square(3100, y + 5, 5), upper_m=60.0)
        scenario = replace(SCENARIO, airspace=(beside,))
        metrics = compute_metrics(scenario, PLAN)
        assert (metrics["privacy_exposure_s"] > 0) is exposed


def test_metrics_are_taken_over_the_horizon_of_the_plan() -> None:
    """A plan of a longer day is not measured by a shorter one."""
    longer = replace(PLAN, horizon={**PLAN.horizon, "seconds": 5 * 3600.0})
    more = replace(longer, roster=rostered(PLAN.routes, 5 * 3600.0))
    assert compute_metrics(SCENARIO, longer)["worst_idleness_ratio"] > 1
    assert told(SCENARIO, more).metrics["worst_idleness_ratio"] < 1
