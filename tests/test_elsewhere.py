"""Routes end at another station where the scenario allows it and it saves drones."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace

import pytest
from drawings import fixed
from elsewhere_world import SIXTEEN_HOURS, WHOLE_DAY, two_rows
from worlds import problems_of

from planner.budget import Budget
from planner.checks import check
from planner.elsewhere.rings import rings_near
from planner.elsewhere.tails import exchanges
from planner.formats.plan_geojson import plan_to_bytes
from planner.given.crews import Crews
from planner.given.horizon import Horizon
from planner.plan import Plan
from planner.planning.pipeline import plan_routes
from planner.problem import TICKS_PER_S, ChartedProblem, make_column
from planner.scenario import Scenario
from planner.timetable.drafting import draw
from planner.timetable.roster import make_roster

QUICK = Budget(iterations=1)


def ends(plan: Plan) -> set[tuple[str, str]]:
    """Return where the routes of a plan begin and end."""
    return {(route.depot, route.lands_at) for route in plan.routes}


@pytest.fixture(scope="module")
def plans() -> dict[tuple[bool, Horizon], Plan]:
    """Return the plans of two rows, with and without the rule, by day and all day."""
    return {
        (allowed, horizon): plan_routes(
            two_rows(allowed=allowed, horizon=horizon), budget=QUICK
        )
        for allowed in (False, True)
        for horizon in (SIXTEEN_HOURS, WHOLE_DAY)
    }


@pytest.mark.parametrize("horizon", [SIXTEEN_HOURS, WHOLE_DAY])
def test_landing_elsewhere_saves_a_drone_and_flight_time(
    plans: dict[tuple[bool, Horizon], Plan], horizon: Horizon
) -> None:
    """Three drones that change places do what takes four that come home."""
    closed, open_ = plans[False, horizon], plans[True, horizon]
    assert ends(closed) == {("A", "A"), ("B", "B")}
    assert ends(open_) == {("A", "B"), ("B", "A")}
    assert closed.metrics["drones_peak"] == closed.metrics["drones_used"] == 4
    assert open_.metrics["drones_peak"] == open_.metrics["drones_used"] == 3
    assert open_.metrics["flight_hours"] < 0.85 * closed.metrics["flight_hours"]
    assert closed.unserved == open_.unserved == ()


@pytest.mark.parametrize("horizon", [SIXTEEN_HOURS, WHOLE_DAY])
def test_such_a_plan_keeps_every_rule_and_its_days_balance(
    plans: dict[tuple[bool, Horizon], Plan], horizon: Horizon
) -> None:
    """As many fly from A to B as from B to A, by day and where days repeat."""
    plan = plans[True, horizon]
    assert check(two_rows(allowed=True, horizon=horizon), plan) == []
    flown = defaultdict(int)
    for sortie in plan.roster:
        flown[plan.route(sortie.route).depot] += 1
    assert flown["A"] == flown["B"] > 0


def test_bounds_of_such_a_plan_name_what_they_assume(
    plans: dict[tuple[bool, Horizon], Plan],
) -> None:
    """They are for plans whose drones come home, so there is no gap to them."""
    for (allowed, _), plan in plans.items():
        for name in ("bound_periodic", "bound_steady", "bound_any_plan"):
            assumed = plan.certificate[name]["assumptions"]
            gap = plan.certificate[name.replace("bound", "gap")]
            assert ("closed" in assumed) == allowed
            assert (gap is None) == allowed


def test_without_the_rule_nothing_is_said_of_it(
    plans: dict[tuple[bool, Horizon], Plan],
) -> None:
    """A plan of closed routes has not one byte more than it had."""
    assert b"ends_at" not in plan_to_bytes(plans[False, SIXTEEN_HOURS])
    assert b"ends_at" in plan_to_bytes(plans[True, SIXTEEN_HOURS])


def test_what_is_frugal_lands_elsewhere_to_fly_less() -> None:
    """Flight hours come first then, and are fewer."""
    scenario = replace(two_rows(allowed=True), objective="frugal")
    closed = replace(two_rows(allowed=False), objective="frugal")
    plan = plan_routes(scenario, budget=QUICK)
    assert check(scenario, plan) == []
    told = plan_routes(closed, budget=QUICK).metrics["flight_hours"]
    assert plan.metrics["flight_hours"] < told


def changed(**changes: object) -> Scenario:
    """Return two rows where landing elsewhere is allowed, their stations changed."""
    scenario = two_rows(allowed=True)
    stations = tuple(replace(s, **changes) for s in scenario.stations)  # type: ignore[arg-type]
    return replace(scenario, stations=stations)


@pytest.mark.parametrize(
    "scenario",
    [
        changed(pads=1),
        changed(chargers=1),
        replace(changed(), rules=replace(changed().rules, leftover="tighten")),
        replace(changed(), crews=Crews(drones_per_pilot=1, pilots=4)),
        replace(changed(), rules=replace(changed().rules, reserve_drones=1)),
    ],
    ids=["pads", "chargers", "leftover", "crews", "reserve"],
)
def test_what_is_scarce_is_kept_at_both_stations(scenario: Scenario) -> None:
    """With few pads, chargers, pilots or drones a plan is as sound, closed or not."""
    plan = plan_routes(scenario, budget=QUICK)
    assert check(scenario, plan) == []
    if scenario.rules.leftover == "tighten":
        assert ends(plan) <= {("A", "A"), ("B", "B")}  # drones are not to be saved


def test_the_best_exchange_is_that_of_trying_all() -> None:
    """Every cut of both chains, each either way round, measured stop by stop."""
    _, (problem,) = problems_of(two_rows(allowed=True))
    first = nodes_at(problem, [0, 1, 2])
    second = nodes_at(problem, [4, 5])
    one = make_column(problem, 0, 1800.0, first)
    other = make_column(problem, 1, 1800.0, second)
    found = exchanges(problem, [one, other], most=1)[0]
    tried = []
    for a, b in itertools.product((first, first[::-1]), (second, second[::-1])):
        for i, j in itertools.product(range(len(a) + 1), range(len(b) + 1)):
            there, back = a[:i] + b[j:], b[:j] + a[i:]
            if there and back:
                both = (lasts(problem, 0, there, 1), lasts(problem, 1, back, 0))
                if max(both) <= problem.longest(0, 1800.0):
                    tried.append(sum(both))
    assert found.added == min(tried) - one.duration - other.duration


def test_routes_that_fly_in_turn_or_by_hours_exchange_their_common_part() -> None:
    """Every target stays on a route, and drafts last as long as they were judged."""
    scenario = two_rows(allowed=True)
    by_day = ((8 * 3600.0, 18 * 3600.0),)
    zones = tuple(
        replace(z, active=by_day) if z.id == "N1" else z for z in scenario.zones
    )
    space, (problem,) = problems_of(replace(scenario, zones=zones))
    n = {t: int(problem.nodes_of(t)[0]) for t in range(len(problem.targets))}
    one = make_column(problem, 0, 1800.0, [n[0], n[1]], [[n[4]], [n[5]]])
    other = make_column(problem, 1, 1800.0, [n[3], n[2]])
    found = exchanges(problem, [one, other], most=8)
    assert found
    wanted = sorted((*one.targets(problem), *other.targets(problem)))
    for exchange in found:
        both = [t for column in exchange.routes for t in column.targets(problem)]
        assert sorted(both) == wanted
        assert exchange.ends == (1, 0)
        for column, station in zip(exchange.routes, exchange.ends, strict=True):
            draft = draw(problem, space, column, station)
            longest_s = max(v.duration_s for v in draft.flown)
            assert longest_s == pytest.approx(column.duration / TICKS_PER_S, abs=2.0)
            end = problem.stations[station]
            for variant in draft.flown:
                assert variant.ends_at == end.id
                assert tuple(variant.xy[-1]) == (end.point.x, end.point.y)
    assert any(len(draw(problem, space, e.routes[1], 0).flown) > 1 for e in found)


def nodes_at(problem: ChartedProblem, targets: list[int]) -> tuple[int, ...]:
    """Return the first node of each target."""
    return tuple(int(problem.nodes_of(t)[0]) for t in targets)


def lasts(problem: ChartedProblem, start: int, nodes: tuple[int, ...], end: int) -> int:
    """Return how long nodes take from one station to another [ticks]."""
    table = problem.table(start)
    ticks = table.overhead + table.out[start, nodes[0]] + table.back[nodes[-1], end]
    ticks += sum(table.task[n] for n in nodes)
    return int(ticks + sum(table.travel[a, b] for a, b in itertools.pairwise(nodes)))


def test_only_stations_of_one_drone_type_exchange_routes() -> None:
    """A drone is charged where it is at home, and where it would be."""
    scenario = two_rows(allowed=True)
    _, (problem,) = problems_of(scenario)
    assert list(rings_near(problem, [0, 1], 3)) == [(0, 1)]
    a, b = scenario.stations
    other = replace(scenario.drone_models[0], model="N")
    mixed = replace(
        scenario,
        stations=(a, replace(b, model="N")),
        drone_models=(*scenario.drone_models, other),
    )
    _, (problem,) = problems_of(mixed)
    assert list(rings_near(problem, [0, 1], 3)) == []


def test_a_drone_flies_on_from_where_it_stands(
    plans: dict[tuple[bool, Horizon], Plan],
) -> None:
    """By its name it began at one station; its own station's drones come first."""
    plan = plans[True, SIXTEEN_HOURS]
    place: dict[str, str] = {}
    for sortie in plan.roster:
        route = plan.route(sortie.route)
        assert place.get(sortie.drone, sortie.drone[0]) == route.depot
        place[sortie.drone] = route.lands_at
    assert make_roster(two_rows(allowed=True), [], {}) == ()


def test_a_fixed_route_is_flown_beside_them_as_it_was_drawn() -> None:
    """It is never exchanged, and keeps the take-off that it was given."""
    at_s = SIXTEEN_HOURS.start_clock_s + 600.0
    west = fixed("west", "A", [(-1500, 0), (-1500, 400)], takeoff_s=at_s)
    scenario = replace(two_rows(allowed=True), fixed=(west,))
    plan = plan_routes(scenario, budget=QUICK)
    assert check(scenario, plan) == []
    route = plan.route("west")
    assert (route.depot, route.ends_at, route.phase_s) == ("A", "", 600.0)
    assert route.fixed
    assert {("A", "B"), ("B", "A")} <= ends(plan)
