"""From a scenario to a checked plan: the same every time, with reasons for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest
from shapely.geometry import LineString, box
from worlds import (
    MODEL,
    closure,
    privacy,
    problems_of,
    square,
    station,
    two_stations,
    world,
    zone,
)

from planner.budget import Budget, Progress
from planner.checks import examine
from planner.engines import ENGINES
from planner.errors import StoppedError
from planner.formats.plan_geojson import plan_to_bytes
from planner.given.wind import Wind
from planner.plan import Plan, Unserved
from planner.planning import finishing
from planner.planning.pipeline import plan_routes
from planner.problem import make_column
from planner.scenario import Scenario

TWICE = Budget(iterations=2, workers=1)


@cache
def planned() -> Plan:
    """Return the plan of the two stations."""
    return plan_routes(two_stations(), budget=TWICE)


def faults(scenario: Scenario, plan: Plan) -> list[str]:
    """Return what the checker finds, as sentences."""
    return [v.text() for v in examine(scenario, plan).violations]


def left_out(scenario: Scenario, plan: Plan) -> dict[str, Unserved]:
    """Return the zones left out, after a check of the plan."""
    assert faults(scenario, plan) == []
    return {u.zone: u for u in plan.unserved}


def planned_without(scenario: Scenario) -> dict[str, Unserved]:
    """Return what a plan of few rounds leaves out."""
    return left_out(scenario, plan_routes(scenario, budget=TWICE))


def test_a_plan_is_flyable_and_whole() -> None:
    """The plan of two stations breaks no rule and leaves no zone out."""
    plan = planned()
    assert faults(two_stations(), plan) == []
    assert plan.unserved == ()
    assert plan.metrics["zones_served"] == len(two_stations().zones)
    assert plan.provenance["budget"] == {"iterations": 2}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_plan_repeats_byte_by_byte(workers: int) -> None:
    """The same scenario, seed and rounds give the same file, on any workers."""
    again = plan_routes(two_stations(), budget=replace(TWICE, workers=workers))
    assert plan_to_bytes(again) == plan_to_bytes(planned())


def test_more_rounds_are_never_worse() -> None:
    """A plan of more rounds takes no more drones than the first one."""
    scenario = two_stations()
    first = plan_routes(scenario, budget=replace(TWICE, iterations=0))
    assert left_out(scenario, first) == {}
    more = plan_routes(scenario, budget=replace(TWICE, iterations=6))
    assert left_out(scenario, more) == {}
    assert more.metrics["drones_peak"] <= first.metrics["drones_peak"]


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_gives_a_checked_plan(name: str) -> None:
    """Whichever engine routes, the plan breaks no rule."""
    scenario = two_stations()
    plan = plan_routes(scenario, budget=replace(TWICE, iterations=1, engine=name))
    assert faults(scenario, plan) == []
    assert plan.provenance["engine"] == name


def test_no_seconds_still_give_a_plan() -> None:
    """Without any time to search there is a plan, and it can be flown."""
    scenario = two_stations()
    plan = plan_routes(scenario, budget=Budget(seconds=0, workers=1))
    assert faults(scenario, plan) == []
    assert plan.routes


def test_a_stop_while_routing_gives_the_best_so_far() -> None:
    """A stop once routes are searched for ends the search with a checked plan."""
    scenario = two_stations()
    told: list[Progress] = []

    def routing() -> bool:
        return any(each.stage == "routing" for each in told)

    plan = plan_routes(
        scenario,
        budget=Budget(seconds=600, workers=1),
        on_progress=told.append,
        stop=routing,
    )
    assert faults(scenario, plan) == []
    assert plan.routes
    assert told[-1].stage == "timetable"


def test_a_stop_before_there_are_routes_is_told() -> None:
    """Stopped before anything could be routed there is no plan."""
    with pytest.raises(StoppedError):
        plan_routes(two_stations(), budget=TWICE, stop=lambda: True)


def test_progress_is_told() -> None:
    """Stages come in order, rounds count up, and nothing served is lost again."""
    told: list[Progress] = []
    plan_routes(two_stations(), budget=TWICE, on_progress=told.append)
    stages = list(dict.fromkeys(each.stage for each in told))
    assert stages == ["targets", "network", "routing", "timetable", "bound"]
    assert told[-1].bound is not None and told[-1].gap is not None
    rounds = [each for each in told if each.stage == "routing"]
    assert list(dict.fromkeys(each.round for each in rounds)) == [0, 1, 2]
    served = [each.zones_served or 0 for each in rounds]
    assert served == sorted(served)
    times = [each.elapsed_s for each in told]
    assert times == sorted(times)


def test_a_wind_is_planned_for() -> None:
    """In a wind the plan still breaks no rule."""
    scenario = replace(two_stations(), wind=Wind(speed_mps=5.0, from_deg=300.0))
    assert planned_without(scenario) == {}


def test_closures_and_privacy_in_zones_are_planned_for() -> None:
    """Zones of every kind that reach into closed or private airspace are flown."""
    scenario = world(
        [station("A", 0, 0), station("B", 2600, 0)],
        [
            zone("L", LineString([(-900, -700), (900, -700)]), "line"),
            zone("M", LineString([(-400, 20), (700, 20)]), "line"),
            zone("S", box(500, 400, 1100, 900), "sweep"),
            zone("W", square(-900, 500, 400)),
        ],
        [
            closure("C", square(-900, 700, 150)),
            closure("D", square(1050, 650, 120)),
            closure("E", box(-100, -690, 200, -600)),
            closure("F", box(1500, -2000, 1900, 300), lower_m=100.0),
            privacy("P", square(700, 600, 30), upper_m=80.0),
        ],
    )
    assert planned_without(scenario) == {}


def near_and(*zones: object, airspace: Sequence[object] = ()) -> Scenario:
    """Return a station with a zone that it can serve, and others."""
    return world(
        [station("A", 0, 0)],
        [zone("near", square(700, 0, 150)), *zones],  # type: ignore[list-item]
        airspace,  # type: ignore[arg-type]
    )


def test_what_is_too_far_is_out_of_reach() -> None:
    """A zone beyond the battery of every station says by how much."""
    told = planned_without(near_and(zone("far", square(15_000, 0, 100))))
    assert {name: u.code for name, u in told.items()} == {"far": "out_of_reach"}
    figures = told["far"].figures
    assert figures["station"] == "A"
    assert figures["needed_min"] > figures["allowed_min"] == 30.0
    # Two legs of 14.9 km at 12 m/s, less what a battery gives.
    over_km = (2 * 14_900 / 12 + 84 - 1800) * 12 / 2 / 1000
    assert figures["closer_km"] == pytest.approx(over_km, abs=0.3)


def test_a_detour_can_put_a_zone_out_of_reach() -> None:
    """A zone within the battery as the crow flies, but not round what is closed."""
    wall = box(4000, -9000, 4200, 9000)
    told = planned_without(
        near_and(zone("behind", square(6500, 0, 100)), airspace=[closure("X", wall)])
    )
    assert {name: u.code for name, u in told.items()} == {"behind": "out_of_reach"}
    assert told["behind"].figures["needed_min"] > 30.0


def test_what_is_closed_is_told_with_its_airspace() -> None:
    """A zone inside closed airspace names what closes it."""
    told = planned_without(
        near_and(
            zone("shut", square(3000, 0, 200)),
            airspace=[closure("X", square(3000, 0, 900))],
        )
    )
    assert {name: u.code for name, u in told.items()} == {
        "shut": "inside_closed_airspace"
    }
    assert told["shut"].figures == {"airspace": "X", "share_percent": 0.0}


def test_too_short_an_interval_is_told() -> None:
    """A zone to be seen more often than one flight takes says what is possible."""
    told = planned_without(
        near_and(zone("hurry", square(4000, 0, 100), revisit_s=600.0))
    )
    assert {name: u.code for name, u in told.items()} == {"hurry": "interval_too_short"}
    figures = told["hurry"].figures
    assert figures["interval_min"] == 10.0
    assert figures["possible_min"] > 10.0


def test_too_few_drones_is_no_proof() -> None:
    """What is left out for want of drones is called not found."""
    spots = [(1500 * x, 1500 * y) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y]
    scenario = world(
        [station("A", 0, 0, 1)],
        [
            zone(f"W{i}", square(*spot, 350), revisit_s=1900.0, priority=1.0 + i)
            for i, spot in enumerate(spots)
        ],
    )
    told = planned_without(scenario)
    assert told
    assert {u.code for u in told.values()} == {"not_found"}
    for entry in told.values():
        assert entry.figures["station"] == "A"
        assert 1 <= entry.figures["missing"] <= entry.figures["targets"]


def test_a_zone_too_large_does_not_cost_the_small_ones() -> None:
    """Where one zone asks for more than there is, it is the one given up."""
    scenario = world(
        [station("A", 0, 0, 1)],
        [
            zone("vast", square(2000, 0, 1000), revisit_s=2100.0),
            zone("small", square(1500, 0, 100), revisit_s=2100.0),
        ],
    )
    plan = plan_routes(scenario, budget=Budget(iterations=1, workers=1))
    assert set(left_out(scenario, plan)) == {"vast"}


def test_no_open_layer_is_told() -> None:
    """A zone that cameras and airspace leave no layer for says so."""
    low = closure("X", box(500, 300, 1500, 1300), lower_m=85.0)
    told = planned_without(
        near_and(zone("swept", box(700, 500, 1200, 1000), "sweep"), airspace=[low])
    )
    assert {name: u.code for name, u in told.items()} == {"swept": "no_layer"}


def test_a_walled_in_zone_has_a_reason() -> None:
    """A zone that nobody can fly to round a ring of closures is told."""
    ring = square(2000, 0, 900).difference(square(2000, 0, 800))
    told = planned_without(
        near_and(zone("kept", square(2000, 0, 100)), airspace=[closure("X", ring)])
    )
    assert {name: u.code for name, u in told.items()} == {"kept": "no_way"}


def test_a_wind_that_nobody_flies_against_is_told() -> None:
    """In a wind stronger than the airspeed every zone has its reason."""
    scenario = replace(near_and(), wind=Wind(speed_mps=14.0, from_deg=90.0))
    told = planned_without(scenario)
    assert {name: u.code for name, u in told.items()} == {"near": "no_way"}
    assert told["near"].figures["wind_mps"] == 14.0


def test_the_wind_counts_in_how_much_nearer_a_station_has_to_be() -> None:
    """A station so much nearer would reach the zone, in a strong wind as well."""
    zones = near_and(zone("far", square(15_000, 0, 100)))
    scenario = replace(zones, wind=Wind(speed_mps=8.0, from_deg=90.0))
    figures = planned_without(scenario)["far"].figures
    nearer = station("B", 1000 * figures["closer_km"], 0)
    helped = replace(scenario, stations=(*scenario.stations, nearer))
    assert planned_without(helped) == {}
    assert figures["closer_km"] < 14.9


def test_a_zone_that_sleeps_through_the_horizon_is_told() -> None:
    """What is active at other times only needs no route, and no search."""
    asleep = ((0.0, 3600.0),)
    told = planned_without(near_and(zone("night", square(900, 0, 100), active=asleep)))
    assert {name: u.code for name, u in told.items()} == {"night": "not_active"}
    assert told["night"].figures == {"active": "00:00-01:00"}


def test_nothing_to_plan_is_no_error() -> None:
    """A station without a zone in reach gives a plan without routes."""
    scenario = world([station("A", 0, 0)], [zone("W", square(50_000, 0, 100))])
    plan = plan_routes(scenario, budget=TWICE)
    told = left_out(scenario, plan)
    assert {name: u.code for name, u in told.items()} == {"W": "out_of_reach"}
    assert plan.routes == ()


def test_a_station_without_drones_flies_nothing() -> None:
    """A station whose drones are all in reserve has no routes; others serve."""
    scenario = world(
        [station("A", 0, 0, 0), station("B", 900, 0, 3)],
        [zone("W", square(0, 600, 200))],
    )
    plan = plan_routes(scenario, budget=TWICE)
    assert left_out(scenario, plan) == {}
    assert {r.depot for r in plan.routes} == {"B"}


def test_drone_types_are_planned_together() -> None:
    """Stations with different drones share zones, each within its own limits."""
    slow = replace(
        MODEL, model="N", airspeed_mps=8.0, view_radius_m=250.0, swath_m=130.0
    )
    scenario = world(
        [station("A", 0, 0), station("B", 2000, 0, model="N")],
        [
            zone("W", square(1000, 500, 400)),
            zone("S", box(600, -900, 1000, -500), "sweep"),
            zone("L", LineString([(-300, -400), (1800, -400)]), "line"),
        ],
        [closure("X", box(975, -1000, 1400, -750))],
        models=[MODEL, slow],
    )
    assert planned_without(scenario) == {}


def test_a_route_without_its_shared_stops_is_flown_in_parts() -> None:
    """Tails outlive the stops that all sorties shared, and keep what they share."""
    scenario = world(
        [station("A", 0, 0, 3)],
        [
            zone(name, square(900 * k - 1300, 600, 100), revisit_s=7200.0)
            for k, name in enumerate(("GONE", "HALF", "ONE", "TWO"))
        ],
    )
    _, (problem,) = problems_of(scenario)
    gone, half, one, two = (int(problem.nodes_of(k)[0]) for k in range(4))
    column = make_column(
        problem, 0, 1800.0, [gone], [[half, one], [two], [half], [two]]
    )
    served = {"HALF", "ONE", "TWO"}
    left = finishing._without_idle_stops(problem, [column], served)
    flown = {(c.headway_s, c.chains()) for c in left}
    assert flown == {
        (3600.0, ((half, one), (half,))),
        (3600.0, ((two,),)),
    }
