"""Routes that are flown in turn are told as one line with one interval."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from made_plan import in_turn, made_plan

import maps
import seeds
from maps.payload import payload
from maps.turns import in_order, turns
from planner.formats.scenario_folder import read_scenario
from planner.plan import Plan

CITY = read_scenario(seeds.path("yancheng"))
ALONE = made_plan(CITY)
NAME = next(r.id for r in ALONE.routes if len({s.zones for s in r.stops}) > 2)
PLAN = in_turn(ALONE, NAME)
HEADWAY_S = ALONE.route(NAME).headway_s


def shifted(plan: Plan, seconds: float) -> Plan:
    """Return a plan whose other route of the turn takes off later."""
    routes = tuple(
        replace(r, phase_s=r.phase_s + seconds) if r.id == f"{NAME}-B" else r
        for r in plan.routes
    )
    return replace(plan, routes=routes)


def test_routes_without_common_stops_are_no_turn() -> None:
    """A plan whose routes share nothing has no turns."""
    assert turns(ALONE) == {}


def test_routes_that_share_stops_are_a_turn_in_the_order_of_their_clocks() -> None:
    """Two routes of half the pace come by as often as the one they stand for."""
    found = turns(PLAN)
    assert set(found) == {NAME, f"{NAME}-B"}
    assert found[NAME].routes == (NAME, f"{NAME}-B")
    assert found[NAME].every_s == HEADWAY_S


def test_a_turn_is_as_slow_as_its_longest_pause() -> None:
    """Where the clocks are not evenly spread, the longer pause is told."""
    assert turns(shifted(PLAN, 300))[NAME].every_s == HEADWAY_S + 300


@pytest.mark.parametrize("change", [{"headway_s": 7.0}, {"depot": "YC99"}])
def test_other_clocks_and_other_stations_are_no_turn(change: dict[str, object]) -> None:
    """Only routes of one station and one headway are flown in turn."""
    routes = tuple(replace(r, **change) if r.id == NAME else r for r in PLAN.routes)
    assert turns(replace(PLAN, routes=routes)) == {}


def test_three_routes_are_one_turn_though_two_of_them_share_nothing() -> None:
    """What is linked through a third belongs together, in whatever order they come."""
    first, last = PLAN.route(f"{NAME}-B"), PLAN.route(NAME)
    low = replace(first, id="low", stops=first.stops[:1])
    high = replace(last, id="high", stops=last.stops[-1:])
    for routes in [(low, high, last), (last, high, low), (high, low, last)]:
        assert set(turns(replace(PLAN, routes=routes))) == {"low", "high", NAME}


def test_routes_of_a_turn_stand_side_by_side() -> None:
    """A sheet lists them together, in the order of their clocks."""
    names = [r.id for r in in_order(PLAN.routes, turns(PLAN))]
    assert sorted(names) == sorted(r.id for r in PLAN.routes)
    assert names.index(f"{NAME}-B") == names.index(NAME) + 1


def test_the_map_knows_the_turns() -> None:
    """The page gets the routes of each turn and how often one of them takes off."""
    (turn,) = payload(CITY, PLAN, None, "en")["plan"]["turns"]
    names = [PLAN.routes[i].id for i in turn["routes"]]
    assert (names, turn["every_s"]) == ([NAME, f"{NAME}-B"], HEADWAY_S)
    assert payload(CITY, ALONE, None, "en")["plan"]["turns"] == []


def test_what_routes_of_a_turn_share_is_told_once() -> None:
    """The second route of a turn says where it goes on otherwise than the first."""
    assert ">as 1</span>" in maps.report(CITY, PLAN).html  # only the last stop is not
    last = PLAN.route(NAME).stops[-1]
    elsewhere = replace(last, target="?", zones=("elsewhere",))
    routes = tuple(
        replace(r, stops=(*r.stops, elsewhere)) if r.id == f"{NAME}-B" else r
        for r in PLAN.routes
    )
    html = maps.report(CITY, replace(PLAN, routes=routes)).html
    assert re.search("starts as 1, then</span>.*? elsewhere</span>", html)


def test_a_station_sheet_tells_a_turn_as_one_line() -> None:
    """A turn has one column of the timetable, and its interval beside each headway."""
    before, after = (maps.report(CITY, plan).html for plan in (ALONE, PLAN))
    minutes = f"{HEADWAY_S / 60:g} min"
    assert after.count(f"in turn {minutes}") == 2
    assert f"in turn {minutes}" not in before
    columns = [len(re.findall("scope=.col.", text)) for text in (before, after)]
    assert columns[0] == columns[1]
