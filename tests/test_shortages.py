"""A zone is told infeasible only where drones, chargers or batteries cannot do it."""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point
from worlds import MODEL, discretised, square, station, world, zone

from planner.budget import Budget
from planner.checks import examine
from planner.formats.plan_geojson import as_written
from planner.given.drone import DroneModel
from planner.given.fixed import FixedRoute
from planner.messages import LANGUAGES
from planner.network.reach import overhead_s, straight_s
from planner.plan import Plan, Unserved
from planner.planning.pipeline import plan_routes
from planner.planning.shortages import shortage
from planner.scenario import Scenario, Station

SWAPPED = replace(MODEL, turnaround_s=120.0, charge_s=3600.0, swaps=True)


def planned(scenario: Scenario) -> Plan:
    """Return a plan of a round, as it is read again; the checker finds no fault."""
    budget = Budget(iterations=1, workers=1)
    plan = as_written(plan_routes(scenario, budget=budget))
    assert examine(scenario, plan).violations == ()
    return plan


def day(
    home: Station, revisit_min: float, model: DroneModel = MODEL, **rules: int
) -> Scenario:
    """Return a zone 2 km from a station that is due all day."""
    asked = zone("Z", square(2000, 0, 100), revisit_s=60 * revisit_min)
    return world([home], [asked], hours=16.0, models=[model], **rules)


def told(scenario: Scenario) -> dict[str, Any] | None:
    """Return the figures for the first zone, flown to as the crow flies."""
    _, found = discretised(scenario)
    targets = [t for t in found.targets if scenario.zones[0].id in t.zones]
    return shortage(
        scenario, scenario.zones[0], targets, lambda t: straight_s(scenario, t)
    )


CASES = {
    # Ready again after 32 minutes: 31 times in 16 hours, where 34 are wanted.
    "drones": (day(station("A", 0, 0, 1), 28), {"drones": 2, "pads": 2}),
    # 3 drones that are full at first, and 38 charges of 25 minutes.
    "chargers": (
        day(replace(station("A", 0, 0, 3), chargers=1), 20),
        {"chargers": 2},
    ),
    # 2 drones, and a battery that comes back after 62 minutes.
    "batteries": (
        day(
            replace(station("A", 0, 0, 2), chargers=4, pads=4, batteries=1),
            40,
            SWAPPED,
        ),
        {"batteries": 2},
    ),
}


@pytest.mark.parametrize("supply", CASES)
def test_what_runs_out_is_told_and_one_more_is_enough(supply: str) -> None:
    """By its kind, how many there are, and how many would be needed at least."""
    scenario, more = CASES[supply]
    (left_out,) = planned(scenario).unserved
    assert left_out.code == "infeasible"
    figures = left_out.figures
    assert (figures["supply"], figures["station"]) == (supply, "A")
    assert figures["asked"] == figures["there"] + 1 == more[supply]
    assert figures["possible"] < figures["needed"]
    stations = tuple(replace(s, **more) for s in scenario.stations)
    assert planned(replace(scenario, stations=stations)).unserved == ()


@pytest.mark.parametrize("supply", CASES)
def test_it_is_said_in_both_languages(supply: str) -> None:
    """What runs out has a word of its own in each."""
    figures = told(CASES[supply][0])
    assert figures is not None
    entry = Unserved(zone="Z", code="infeasible", reason="?", figures=figures)
    words = {
        "drones": "可轮飞无人机",
        "chargers": "充电位",
        "batteries": "备用电池",
    }
    assert set(LANGUAGES) == {"en", "zh"}
    assert all(words[supply] in text for text in entry.texts("zh"))
    (spoken,) = planned(CASES[supply][0]).unserved
    assert supply in spoken.reason
    assert f"at least {figures['asked']} at A" in spoken.remedy


def test_drones_kept_in_reserve_fly_nothing() -> None:
    """Two drones of which one stays ready are one; none left is none."""
    two = day(station("A", 0, 0, 2), 28)
    assert told(two) is None
    figures = told(replace(two, rules=replace(two.rules, reserve_drones=1)))
    assert figures is not None
    assert (figures["there"], figures["asked"]) == (1, 2)
    figures = told(replace(two, rules=replace(two.rules, reserve_drones=2)))
    assert figures is not None
    assert (figures["possible"], figures["there"], figures["asked"]) == (0, 0, 2)


def test_nothing_is_proven_where_sorties_may_differ() -> None:
    """Drones that land elsewhere, and routes as drawn, are beyond the argument."""
    scenario = day(station("A", 0, 0, 1), 28)
    assert told(scenario) is not None
    elsewhere = replace(scenario.rules, land_elsewhere=True)
    assert told(replace(scenario, rules=elsewhere)) is None
    drawn = FixedRoute(
        id="F", depot="A", places=(Point(900, 0),), holds_s=(20.0,), headway_s=7200.0
    )
    assert told(replace(scenario, fixed=(drawn,))) is None


def most_visits(
    scenario: Scenario, home: Station, flight_s: float, length_s: float
) -> int:
    """
    Return the visits of a station's drones, each off again as soon as it can be.

    All are over the target as the time begins, full, with spare batteries full too.
    """
    model = scenario.model(home.model)
    charge_s = model.steady_charge_s
    chargers = home.pads if home.chargers is None else home.chargers
    free = [0.0] * chargers
    batteries = [0.0] * (home.batteries or 0)
    limited = home.batteries is not None if model.swaps else home.chargers is not None
    drones = [0.0] * max(0, home.drones - scenario.rules.reserve_drones)
    visits = 0
    while drones:
        at_s = heapq.heappop(drones)
        if at_s > length_s:
            break
        visits += 1
        landed_s = at_s + flight_s / 2
        if not limited:
            ready_s = landed_s + model.turnaround_s
        elif not model.swaps:
            idle_s = model.turnaround_s - charge_s
            ready_s = max(landed_s + idle_s, heapq.heappop(free)) + charge_s
            heapq.heappush(free, ready_s)
        else:
            if not batteries:
                continue
            ready_s = max(landed_s, heapq.heappop(batteries)) + model.turnaround_s
            charged_s = max(ready_s, heapq.heappop(free)) + charge_s
            heapq.heappush(free, charged_s)
            heapq.heappush(batteries, charged_s)
        heapq.heappush(drones, ready_s + flight_s / 2)
    return visits


@st.composite
def stations_in_reach(draw: st.DrawFn) -> Scenario:
    """Draw one or two stations round a zone, poor in one thing or another."""
    swaps = draw(st.booleans())
    model = replace(
        MODEL,
        swaps=swaps,
        turnaround_s=draw(st.sampled_from([300.0, 900.0, 1500.0])),
        charge_s=draw(st.sampled_from([3600.0, 5400.0] if swaps else [300.0, 200.0])),
    )
    homes = []
    for k in range(draw(st.integers(1, 2))):
        drones = draw(st.integers(1, 3))
        chargers = draw(st.sampled_from([None, *range(1, drones + 1)]))
        batteries = draw(st.integers(1, 3)) if swaps else None
        away_m = draw(st.integers(500, 4000)) * (-1) ** k
        homes.append(
            replace(
                station(f"S{k}", away_m, 0, drones),
                chargers=chargers,
                batteries=batteries,
            )
        )
    asked = zone("Z", square(0, 0, 100), revisit_s=60.0 * draw(st.integers(9, 60)))
    hours = draw(st.sampled_from([3.0, 16.0]))
    reserve = draw(st.sampled_from([0, 0, 1]))
    return world(homes, [asked], hours=hours, models=[model], reserve_drones=reserve)


@given(scenario=stations_in_reach())
@settings(max_examples=150, deadline=None)
def test_what_drones_could_do_by_themselves_is_never_called_impossible(
    scenario: Scenario,
) -> None:
    """Not even where nothing but the target is flown to, with no thought of clocks."""
    figures = told(scenario)
    if figures is None:
        return
    _, found = discretised(scenario)
    (target,) = found.targets
    length_s = scenario.horizon.length_s
    could = 0
    for home, alone_s in zip(
        scenario.stations, straight_s(scenario, target), strict=True
    ):
        model = scenario.model(home.model)
        lower = replace(scenario.rules, ceiling_m=scenario.rules.floor_m)
        flight_s = alone_s - overhead_s(scenario, model)
        flight_s += overhead_s(replace(scenario, rules=lower), model)
        could += most_visits(scenario, home, float(flight_s), length_s)
    assert could <= figures["possible"] < figures["needed"]
    # So many gaps, with the window's ends, cannot fill the window.
    gaps = int(np.floor(length_s / scenario.zones[0].revisit_s))
    assert figures["needed"] <= gaps


@given(scenario=stations_in_reach())
@settings(max_examples=12, deadline=None)
def test_a_zone_told_infeasible_is_in_no_plan(scenario: Scenario) -> None:
    """However much a plan does for it alone, the zone stays out, with that reason."""
    plan = planned(scenario)
    if told(scenario) is not None:
        assert [(u.zone, u.code) for u in plan.unserved] == [("Z", "infeasible")]


def test_a_day_that_repeats_has_no_ends_to_save_a_visit_at() -> None:
    """What a day of its own could just do, a drone cannot do day after day."""
    once = day(station("A", 0, 0, 1), 30)
    long = replace(once, horizon=replace(once.horizon, length_s=86_399.0))
    assert told(long) is None
    whole = replace(once, horizon=replace(once.horizon, length_s=86_400.0))
    figures = told(whole)
    assert figures is not None
    assert (figures["needed"], figures["possible"]) == (48, 47)


def test_a_zone_that_two_stations_serve_in_turn_is_not_told_infeasible() -> None:
    """Neither station could alone; the same drones at one of them are enough too."""
    near = [station("A", 0, 0, 1), station("B", 4000, 0, 1)]
    alone = day(near[0], 28)
    assert told(alone) is not None
    assert told(replace(alone, stations=tuple(near))) is None
    assert told(day(station("A", 0, 0, 2), 28)) is None


def test_a_short_window_counts_by_itself() -> None:
    """In two hours, due every 15 minutes, seven visits are more than a drone has."""
    rush = ((7 * 3600.0, 9 * 3600.0),)
    scenario = day(station("A", 0, 0, 1), 15)
    asked = replace(scenario.zones[0], active=rush)
    figures = told(replace(scenario, zones=(asked,)))
    assert figures is not None
    assert (figures["begin"], figures["end"]) == ("07:00", "09:00")
    assert (figures["needed"], figures["possible"], figures["asked"]) == (7, 4, 2)
