"""What the patrol is said to lose is what the rule on revisits measures without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import LINE, SWEEP, drawn, rostered, tiny_plan, tiny_scenario, watch

from planner.flown.tracks import flown_routes
from planner.flown.visits import longest_gaps
from planner.given.horizon import Horizon
from planner.plan import Plan, Route, Stop
from planner.response.losses import Flight, LostVisit, Visits, lost_visits
from planner.scenario import Scenario

DAY = Horizon(start="2026-01-31T00:00:00+08:00", start_clock_s=0.0, length_s=86_400.0)


def shared() -> tuple[Route, ...]:
    """Return routes that see the same targets from two stations, and both ways."""
    w2 = watch(["W2"], "T-W2", (2000, -200))
    turned = replace(LINE, places=LINE.places[::-1])
    return (
        drawn("A1", "A", 60.0, 1800.0, 120.0, [watch(["W1"], "T-W1", (1000, 300)), w2]),
        drawn("A2", "A", 105.0, 1800.0, 700.0, [SWEEP]),
        drawn("B1", "B", 75.0, 1800.0, 1000.0, [LINE, w2]),
        drawn("B2", "B", 90.0, 1800.0, 1900.0 - 1800.0, [turned]),
    )


def worlds() -> tuple[tuple[Scenario, Plan], ...]:
    """Return plans of a morning and of a day that repeats."""
    morning, plan = tiny_scenario(), tiny_plan()
    day = replace(morning, horizon=DAY)
    routes = shared()
    horizon = {"start": DAY.start, "seconds": DAY.length_s}
    whole = tuple(
        replace(s, takeoff_s=s.takeoff_s + n * 14_400.0)
        for n in range(6)
        for s in rostered(routes)
    )
    # Those that stop over midnight are flown as well.
    late = replace(whole[-1], takeoff_s=86_350.0)
    return (
        (morning, plan),
        (morning, replace(plan, routes=routes, roster=rostered(routes))),
        (day, replace(plan, routes=routes, roster=(*whole, late), horizon=horizon)),
    )


WORLDS = worlds()


def without(plan: Plan, broken: dict[Flight, float]) -> Plan:
    """Return a plan in which flights end where they are broken off."""
    routes, roster = list(plan.routes), []
    for n, sortie in enumerate(plan.roster):
        from_s = broken.get((sortie.route, sortie.takeoff_s))
        if from_s is None:
            roster.append(sortie)
            continue
        route = plan.route(sortie.route)
        done = tuple(s for s in route.stops if sortie.takeoff_s + s.exit_s <= from_s)
        routes.append(replace(route, id=f"{route.id} {n}", stops=done))
        roster.append(replace(sortie, route=f"{route.id} {n}"))
    return replace(plan, routes=tuple(routes), roster=tuple(roster))


def gaps_of(scenario: Scenario, plan: Plan) -> dict[tuple[str, str, float], float]:
    """Return by how much targets are late, by zone, target and start of the window."""
    return {
        (g.zone, g.target, g.window[0]): max(0.0, g.gap_s - g.interval_s)
        for g in longest_gaps(scenario, flown_routes(scenario, plan))
    }


@settings(max_examples=120)
@given(
    world=st.sampled_from(range(len(WORLDS))),
    picks=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=3),
)
def test_what_is_lost_is_what_the_rule_measures_without_it(
    world: int, picks: list[tuple[float, float]]
) -> None:
    """A zone is as late as its longest gap says with the flights cut off."""
    scenario, plan = WORLDS[world]
    broken: dict[Flight, float] = {}
    for which, share in picks:
        sortie = plan.roster[int(which * (len(plan.roster) - 1))]
        duration_s = plan.route(sortie.route).duration_s
        broken[sortie.route, sortie.takeoff_s] = sortie.takeoff_s + share * duration_s
    visits = Visits(scenario, flown_routes(scenario, plan))
    found = {lost.zone: lost for lost in lost_visits(visits, broken)}
    before, after = gaps_of(scenario, plan), gaps_of(scenario, without(plan, broken))
    late: dict[str, float] = {}
    for zone, target, window in after.keys() | before.keys():
        # Where no visit is left the rule has no target to measure: all of the window.
        now_s = after.get((zone, target, window))
        if now_s is None:
            continue
        if now_s > before.get((zone, target, window), 0.0) + 1e-6:
            late[zone] = max(late.get(zone, 0.0), now_s)
    for zone, late_s in late.items():
        assert found[zone].late_s == pytest.approx(late_s, abs=2e-3)
    assert all(
        lost.late_s <= max(after.get(k, 0.0) for k in after if k[0] == zone) + 2e-3
        for zone, lost in found.items()
    )
    for lost in found.values():
        assert lost.stops == count(scenario, plan, broken, lost.zone)
        check_caught_up(scenario, plan, broken, lost)


def missed(
    scenario: Scenario, plan: Plan, broken: dict[Flight, float], zone: str
) -> list[tuple[Stop, float, tuple[float, float]]]:
    """Return the stops of a zone that are not done in one of its windows."""
    length_s = scenario.horizon.length_s
    windows = scenario.windows(scenario.zone(zone))
    endless = scenario.horizon.repeats and windows == ((0, length_s),)
    rounds = (-1, 0, 1) if scenario.horizon.repeats else (0,)
    found = []
    for (route, takeoff_s), from_s in broken.items():
        for stop in plan.route(route).stops:
            begin_s, end_s = takeoff_s + stop.enter_s, takeoff_s + stop.exit_s
            if zone not in stop.zones or end_s <= from_s:
                continue
            if endless:
                found.append((stop, takeoff_s, (-np.inf, np.inf)))
                continue
            found += [
                (stop, takeoff_s, (low_s + n * length_s, high_s + n * length_s))
                for n in rounds
                for low_s, high_s in windows
                if low_s + n * length_s - 1e-3 <= begin_s
                and end_s <= high_s + n * length_s + 1e-3
            ]
    return found


def count(
    scenario: Scenario, plan: Plan, broken: dict[Flight, float], zone: str
) -> int:
    """Return how many visits a zone loses."""
    return len(missed(scenario, plan, broken, zone))


def check_caught_up(
    scenario: Scenario, plan: Plan, broken: dict[Flight, float], lost: LostVisit
) -> None:
    """Assert that the last of what is lost is seen again when it is said."""
    rounds = (-1, 0, 1) if scenario.horizon.repeats else (0,)
    length_s, again = scenario.horizon.length_s, []
    for gone, takeoff_s, (low_s, high_s) in missed(scenario, plan, broken, lost.zone):
        done = [
            s.takeoff_s + n * length_s + stop.exit_s
            for s in plan.roster
            for n in rounds
            for stop in plan.route(s.route).stops
            if stop.target == gone.target
            and s.takeoff_s + n * length_s + stop.enter_s > takeoff_s + gone.enter_s
            and low_s - 1e-3 <= s.takeoff_s + n * length_s + stop.enter_s
            and s.takeoff_s + n * length_s + stop.exit_s <= high_s + 1e-3
            and s.takeoff_s + n * length_s + stop.exit_s
            <= broken.get((s.route, s.takeoff_s + n * length_s), np.inf)
        ]
        again.append(min(done, default=np.inf))
    if np.isfinite(max(again)):
        assert lost.caught_up_s == pytest.approx(max(again))
    else:
        assert lost.caught_up_s is None
