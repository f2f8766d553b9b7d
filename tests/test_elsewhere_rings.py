"""Rings of stations exchange routes, and their drones wait for chargers."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import pytest
from drawings import fixed
from elsewhere_world import SIXTEEN_HOURS, WHOLE_DAY, lake, two_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import MODEL, problems_of, square, station, world, zone

from planner.budget import Budget
from planner.checks import check
from planner.elsewhere.rings import rings_near
from planner.elsewhere.tails import exchanges
from planner.given.horizon import Horizon
from planner.plan import Plan
from planner.planning.pipeline import plan_routes
from planner.problem import ChartedProblem, make_column
from planner.scenario import Scenario

QUICK = Budget(iterations=1)


def ends(plan: Plan) -> set[tuple[str, str]]:
    """Return where the routes of a plan that end elsewhere begin and end."""
    return {(route.depot, route.ends_at) for route in plan.routes if route.ends_at}


def balance(plan: Plan) -> Counter[str]:
    """Return how many more drones land at each station than take off there."""
    more: Counter[str] = Counter()
    for sortie in plan.roster:
        more[plan.route(sortie.route).lands_at] += 1
        more[plan.route(sortie.route).depot] -= 1
    return more


@pytest.mark.parametrize("horizon", [SIXTEEN_HOURS, WHOLE_DAY])
def test_drones_that_fly_on_round_a_lake_are_fewer(horizon: Horizon) -> None:
    """Three stations send them on to each other, and the day balances at each."""
    closed = plan_routes(lake(allowed=False, horizon=horizon), budget=QUICK)
    scenario = lake(allowed=True, horizon=horizon)
    plan = plan_routes(scenario, budget=QUICK)
    assert check(scenario, plan) == []
    assert ends(plan) == {("A", "B"), ("B", "C"), ("C", "A")}
    assert not any(balance(plan).values())
    assert plan.metrics["drones_peak"] < closed.metrics["drones_peak"]
    assert plan.metrics["flight_hours"] < closed.metrics["flight_hours"]
    assert plan.unserved == closed.unserved == ()


def test_rings_of_stations_that_are_near_go_both_ways_round() -> None:
    """Of three stations, three pairs and two rings of all; none twice."""
    _, (problem,) = problems_of(lake(allowed=True))
    found = list(rings_near(problem, [0, 1, 2], 2))
    assert sorted(found) == [(0, 1), (0, 1, 2), (0, 2), (0, 2, 1), (1, 2)]


def test_the_best_exchange_of_three_is_that_of_trying_all() -> None:
    """Every cut of three chains, each either way round, measured stop by stop."""
    _, (problem,) = problems_of(lake(allowed=True))
    # Those of one place a route, and so cut anew.
    nodes = [
        tuple(int(problem.nodes_of(t)[0]) for t in targets)
        for targets in ([1, 0], [3, 4], [6, 5, 7])
    ]
    ring = [make_column(problem, k, 1800.0, chain) for k, chain in enumerate(nodes)]
    found = exchanges(problem, ring, most=1)[0]
    tried = []
    for chains in itertools.product(*((chain, chain[::-1]) for chain in nodes)):
        for cuts in itertools.product(*(range(len(chain) + 1) for chain in chains)):
            routes = [
                chains[k][: cuts[k]] + chains[(k + 1) % 3][cuts[(k + 1) % 3] :]
                for k in range(3)
            ]
            if all(routes):
                ticks = [
                    lasts(problem, k, r, (k + 1) % 3) for k, r in enumerate(routes)
                ]
                if max(ticks) <= problem.longest(0, 1800.0):
                    tried.append(sum(ticks))
    assert found.added == min(tried) - sum(column.duration for column in ring)
    assert found.ends == (1, 2, 0)


def lasts(problem: ChartedProblem, start: int, nodes: tuple[int, ...], end: int) -> int:
    """Return how long nodes take from one station to another [ticks]."""
    table = problem.table(start)
    ticks = table.overhead + table.out[start, nodes[0]] + table.back[nodes[-1], end]
    ticks += sum(table.task[n] for n in nodes)
    return int(ticks + sum(table.travel[a, b] for a, b in itertools.pairwise(nodes)))


def with_a_charger_each(scenario: Scenario) -> Scenario:
    """Return a scenario of one charger a station, taken for ten minutes."""
    return replace(
        scenario,
        stations=tuple(replace(s, chargers=1) for s in scenario.stations),
        drone_models=tuple(replace(m, charge_s=600.0) for m in scenario.drone_models),
    )


def test_drones_wait_for_a_charger_where_routes_are_exchanged() -> None:
    """Without waiting two would charge at once where there is one charger."""
    at_s = SIXTEEN_HOURS.start_clock_s + 1200.0
    west = fixed("west", "A", [(-1500, 0), (-1500, 400)], takeoff_s=at_s)
    rows = replace(two_rows(allowed=True), fixed=(west,))
    scenario = with_a_charger_each(rows)
    plan = plan_routes(scenario, budget=QUICK)
    assert check(scenario, plan) == []
    assert ends(plan) == {("A", "B"), ("B", "A")}
    rest_s = scenario.drone_models[0].turnaround_s
    waits_s = {s.route: s.ready_s - s.landing_s - rest_s for s in plan.roster}
    assert max(waits_s.values()) > 0
    hasty = tuple(replace(s, ready_s=s.landing_s + rest_s) for s in plan.roster)
    broken = {v.code for v in check(scenario, replace(plan, roster=hasty))}
    assert "pads.chargers" in broken


@st.composite
def cities(draw: st.DrawFn) -> Scenario:
    """Draw a city of two to four stations, and four to nine squares."""
    places = st.tuples(st.integers(0, 12), st.integers(0, 12))
    count = draw(st.integers(2, 4))
    homes = draw(st.lists(places, min_size=count, max_size=count, unique=True))
    squares = draw(st.lists(places, min_size=4, max_size=9, unique=True))
    often = st.sampled_from([1800.0, 1800.0, 3600.0])
    city = world(
        [station("ABCD"[k], 700.0 * x, 700.0 * y) for k, (x, y) in enumerate(homes)],
        [
            zone(f"Z{k}", square(700 * x, 700 * y, 120), revisit_s=draw(often))
            for k, (x, y) in enumerate(squares)
        ],
        models=[replace(MODEL, turnaround_s=draw(st.sampled_from([900.0, 1500.0])))],
        land_elsewhere=True,
    )
    city = replace(city, horizon=draw(st.sampled_from([SIXTEEN_HOURS, WHOLE_DAY])))
    return with_a_charger_each(city) if draw(st.booleans()) else city


@given(city=cities())
@settings(max_examples=15)
def test_landing_elsewhere_is_sound_and_never_takes_more_drones(city: Scenario) -> None:
    """Plans of random cities keep every rule, and their days balance."""
    closed = replace(city, rules=replace(city.rules, land_elsewhere=False))
    plan, other = (plan_routes(each, budget=QUICK) for each in (city, closed))
    assert check(city, plan) == []
    assert not any(balance(plan).values())
    assert plan.metrics["drones_peak"] <= other.metrics["drones_peak"]
    assert [u.zone for u in plan.unserved] == [u.zone for u in other.unserved]
