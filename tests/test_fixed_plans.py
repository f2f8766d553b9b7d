"""Plans fly the fixed routes of a scenario as they were drawn, with the rest."""

from __future__ import annotations

import json
import math
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from command_runs import Run
from drawings import fixed, kml, name_routes, places_of, qgc, wpl
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, box
from worlds import square, station, world, zone

import planner
import seeds
from planner.basics.geometry import FloatArray
from planner.checks import check
from planner.exports.exporting import export_plan
from planner.formats.plan_geojson import as_written, plan_to_bytes
from planner.given.fixed import FixedRoute
from planner.implied.fixed_flight import fixed_drafts
from planner.kept.keeping import keep
from planner.plan import Plan
from planner.scenario import Scenario
from planner.targets.sight import unseen_part

BUDGET = planner.Budget(seconds=None, iterations=1, workers=1)
EARTH_M = 111_320.0
PAGE = Path(__file__).resolve().parents[1] / "docs" / "import.md"


def planned(scenario: Scenario, budget: planner.Budget = BUDGET) -> Plan:
    """Return a plan as it is written; no rule may be broken."""
    plan = as_written(planner.plan_routes(scenario, budget=budget))
    assert check(scenario, plan) == []
    return plan


def drawn_in(folder: Path) -> dict[str, FloatArray]:
    """Return the lines of a folder's routes by id, in degrees."""
    content = json.loads((folder / "routes.geojson").read_text())
    return {
        feature["properties"]["id"]: np.array(feature["geometry"]["coordinates"])
        for feature in content["features"]
    }


def off_m(scenario: Scenario, plan: Plan, name: str, line: FloatArray) -> float:
    """Return how far a route of a plan is from a line in degrees, place by place."""
    route = plan.route(name)
    at = scenario.station(route.depot).point
    home = scenario.projection.to_lonlat(np.array([[at.x, at.y]]))[0]
    flown = places_of(np.array(route.path)[:, :2], home)
    drawn = places_of(line[:, :2], home)
    scale = EARTH_M * np.array([np.cos(np.radians(home[1])), 1.0])
    assert flown.shape == drawn.shape
    return float(np.hypot(*((flown - drawn) * scale).T).max())


def test_routes_that_others_drew_are_planned_with_the_rest(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From .plan, WPL and KML to a checked plan, by the commands of docs/import.md."""
    monkeypatch.chdir(tmp_path)
    city, out = tmp_path / "my-city", tmp_path / "out-my-city"
    shutil.copytree(seeds.path("two-stations"), city)
    scenario = planner.read_scenario(city)
    one, two = scenario.stations
    x, y = one.point.x, one.point.y
    east = scenario.projection.to_lonlat(
        np.array([(x, y), (x + 900, y + 100), (x + 900, y + 900), (x, y)])
    )
    west = scenario.projection.to_lonlat(
        np.array([(x + 80, y), (x - 900, y), (x - 700, y - 900), (x, y)])
    )
    u, v = two.point.x, two.point.y
    other = scenario.projection.to_lonlat(
        np.array([(u, v), (u - 300, v + 1000), (u + 500, v + 800), (u, v + 60)])
    )
    for name, content in (
        ("east.plan", qgc(east, (0, 20, 0, 0))),
        ("west.waypoints", wpl(west, (0, 0, 25, 0))),
        ("other.kml", kml("other", other)),
    ):
        Path(name).write_bytes(content)
    page = PAGE.read_text(encoding="utf-8").split("## Fixed routes")[1]
    importing, validating, planning = re.findall(r"^patrol (.*)$", page, re.MULTILINE)
    assert run(*importing.split())[0] == 0
    assert list(drawn_in(city)) == ["east", "west", "other"]
    name_routes(city, headway_min=60)
    assert run(*validating.split())[0] == 0
    quick = ("--iterations", 1, "--strict", "--json")
    code, said, _ = run(*planning.split(), *quick)
    assert code == 0 and json.loads(said)["check"]["ok"]
    scenario = planner.read_scenario(city)
    plan = planner.read_plan(out / "plan.geojson")
    assert {r.id for r in plan.routes if r.fixed} == {"east", "west", "other"}
    for name, line in drawn_in(city).items():
        assert off_m(scenario, plan, name, line) <= 0.01
        assert plan.route(name).headway_s == 3600.0
    assert any(not route.fixed for route in plan.routes)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("two-stations", "qgc"),
        ("two-stations", "wpml"),
        ("sweeps", "qgc"),
        ("lines", "wpl"),
    ],
)
def test_a_route_handed_over_and_fixed_is_in_the_next_plan_as_it_was(
    run: Run, tmp_path: Path, name: str, form: str
) -> None:
    """Exported, imported, named as fixed and planned: its path, stays and work."""
    before = planned(planner.read_scenario(seeds.path(name)))
    city = tmp_path / "city"
    shutil.copytree(seeds.path(name), city)
    files = export_plan(before, form, tmp_path)[:1]
    code, _, _ = run(
        "import", *files, "--scenario", city, "-o", city / "routes.geojson"
    )
    assert code == 0
    ((made, line),) = drawn_in(city).items()
    old = before.routes[0]
    assert made == old.id
    name_routes(city, headway_min=old.headway_s / 60)
    scenario = planner.read_scenario(city)
    after = planned(scenario)
    new = after.route(old.id)
    assert new.fixed and not after.left_out
    assert off_m(scenario, after, old.id, line) <= 0.01
    paths = [scenario.projection.to_xy(np.array(r.path)[:, :2]) for r in (old, new)]
    assert shapely.hausdorff_distance(*map(LineString, paths)) <= 0.2
    assert new.duration_s >= old.duration_s - 0.1
    assert {z for s in new.stops for z in s.zones} >= {
        z for s in old.stops for z in s.zones
    }
    assert after.metrics["zones_served"] >= before.metrics["zones_served"]


def hourly(*routes: FixedRoute, drones: int = 3, **rules: float) -> Scenario:
    """Return one station between two hourly zones, with fixed routes."""
    zones = [
        zone("EAST", square(1500, 0, 200)),
        zone("WEST", square(-1500, 0, 200)),
    ]
    return replace(world([station("A", 0, 0, drones)], zones, **rules), fixed=routes)


EAST = fixed("R", "A", [(1500, 0)], [20.0])


def test_what_a_fixed_route_sees_in_time_needs_no_other() -> None:
    """Its zone has its stop alone; without it, or flown seldom, another has to come."""
    plan = planned(hourly(EAST))
    callers = {
        z: {r.id for r in plan.routes for s in r.stops if z in s.zones}
        for z in ("EAST", "WEST")
    }
    assert callers["EAST"] == {"R"} and "R" not in callers["WEST"]
    seldom = planned(hourly(replace(EAST, headway_s=5400.0)))
    assert seldom.route("R").stops == ()
    assert len([s for s in seldom.roster if s.route == "R"]) in (2, 3)
    assert {z for r in seldom.routes for s in r.stops for z in s.zones} == {
        "EAST",
        "WEST",
    }


@pytest.mark.parametrize("short_s", [0.04, 1.0])
def test_only_a_stay_as_long_as_asked_for_is_a_visit(short_s: float) -> None:
    """What a file rounds is made up for; a second less is no visit."""
    plan = planned(hourly(replace(EAST, holds_s=(20.0 - short_s,))))
    assert bool(plan.route("R").stops) == (short_s < 0.05)


def test_the_rest_of_a_zone_is_left_to_other_routes() -> None:
    """A wide zone of which a fixed route sees a part is served by both."""
    wide = zone("WIDE", box(600, -250, 2400, 250))
    scenario = world([station("A", 0, 0, 4)], [wide])
    alone = planned(scenario)
    drawn = fixed("R", "A", [(900, 0), (1400, 0)], [20.0, 20.0])
    fixed_too = replace(scenario, fixed=(drawn,))
    plan = planned(fixed_too)
    callers = {r.id for r in plan.routes for s in r.stops if "WIDE" in s.zones}
    assert "R" in callers and len(callers) > 1
    others = [s for r in plan.routes if r.id != "R" for s in r.stops]
    assert len(others) < sum(len(r.stops) for r in alone.routes)


def test_a_drawn_sweep_has_the_time_to_turn_back() -> None:
    """Lanes drawn without stays serve a sweep; turns are as long as they must be."""
    lanes = [(1000.0, 40.0), (1600.0, 40.0), (1600.0, 120.0), (1000.0, 120.0)]
    sweep = zone("S", box(1000, 0, 1600, 160), "sweep")
    scenario = world([station("A", 0, 0, 3)], [sweep])
    route = fixed("R", "A", lanes)
    plan = planned(replace(scenario, fixed=(route,)))
    assert [r.id for r in plan.routes] == ["R"]
    assert plan.route("R").layer_m >= 75.0  # lower down it would see too little
    (draft,) = fixed_drafts(scenario, (route,))
    no_time_s = math.ceil(draft.duration_s + scenario.rules.launch_spacing_s + 0.1)
    busy = replace(route, headway_s=float(no_time_s))
    many = replace(scenario, stations=(station("A", 0, 0, 12),), fixed=(busy,))
    assert planned(many).route("R").stops == ()


def test_a_line_is_seen_in_passing_but_a_viewpoint_is_not() -> None:
    """Flying along a line serves it; flying over what is to be watched does not."""
    zones = [
        zone("L", LineString([(400, 100), (1800, 100)]), "line"),
        zone("W", square(1100, 100, 150)),
    ]
    along = fixed("R", "A", [(400, 100), (1800, 100)])
    scenario = world([station("A", 0, 0, 3)], zones)
    plan = planned(replace(scenario, fixed=(along,)))
    assert {z for s in plan.route("R").stops for z in s.zones} == {"L"}
    assert plan.unserved == ()


def test_a_fixed_route_keeps_its_clock_and_layer_where_they_are_given() -> None:
    """The timetable chooses what is open, and nothing else."""
    asked = replace(EAST, takeoff_s=6 * 3600 + 17 * 60.0, layer_m=97.0)
    route = planned(hourly(asked)).route("R")
    assert (route.phase_s, route.layer_m) == (17 * 60.0, 97.0)


@pytest.mark.parametrize(
    ("objective", "leftover"),
    [("tighten", "reserve"), ("guarantee", "tighten"), ("frugal", "reserve")],
)
def test_no_objective_changes_a_fixed_route(objective: str, leftover: str) -> None:
    """Others may come more often where drones are left; a fixed one comes as drawn."""
    scenario = replace(hourly(EAST, leftover=leftover), objective=objective)
    assert planned(scenario).route("R").headway_s == 3600.0


def test_a_fixed_route_goes_on_where_the_horizon_repeats() -> None:
    """Over 24 hours it takes off 24 times, round and round."""
    day = replace(hourly(EAST), horizon=world([], [], hours=24.0).horizon)
    plan = planned(day)
    assert sum(s.route == "R" for s in plan.roster) == 24


def test_fixed_routes_that_cannot_all_be_flown_are_left_out_one_by_one() -> None:
    """The one that occupies most drones goes, with the reason; the plan still holds."""
    far = fixed("FAR", "A", [(4000, 0)], [20.0], 1800.0)
    scenario = hourly(EAST, far, drones=1)
    plan = planned(scenario)
    (entry,) = plan.left_out
    assert (entry.route, entry.code) == ("FAR", "fixed_no_drones")
    assert entry.figures["drones"] == 1 and entry.figures["needed"] > 1
    assert [r.id for r in plan.routes if r.fixed] == ["R"]
    for language in ("en", "zh"):
        assert all(entry.texts(language))


def test_fixed_routes_that_meet_whatever_is_tried_are_told_apart() -> None:
    """Two that must cross at one place, time and layer: one is left out."""
    stations = [station("A", 0, 0, 3), station("B", 3000, 0, 3)]
    ways = ("A", [(1500, 0), (1500, 800)]), ("B", [(1500, 0), (1500, -800)])
    clock = {"takeoff_s": 6 * 3600 + 600.0, "layer_m": 90.0}
    routes = [fixed(f"R{d}", d, places, **clock) for d, places in ways]
    scenario = world(stations, [zone("Z", square(0, 900, 100))])
    plan = planned(replace(scenario, fixed=tuple(routes)))
    (entry,) = plan.left_out
    assert entry.code == "fixed_meets"
    other = {"RA": "RB", "RB": "RA"}[entry.route]
    assert entry.figures == {"other": other}
    free = replace(scenario, fixed=tuple(replace(r, layer_m=None) for r in routes))
    assert planned(free).left_out == ()


def test_what_a_fixed_route_cannot_do_in_its_hours_it_does_not_serve() -> None:
    """A window that its only clock misses is for another route."""
    short = zone("EAST", square(1500, 0, 200), active=((8 * 3600.0, 8.5 * 3600),))
    asked = replace(EAST, takeoff_s=6 * 3600 + 2400.0)
    plan = planned(replace(hourly(asked), zones=(short,)))
    assert plan.route("R").stops == () and plan.unserved == ()


def test_the_order_of_fixed_routes_changes_nothing() -> None:
    """The same routes give the same bytes, whoever comes first in a file."""
    west = fixed("Q", "A", [(-1500, 0)], [20.0])
    plans = [planned(hourly(*pair)) for pair in ((EAST, west), (west, EAST))]
    assert plan_to_bytes(plans[0]) == plan_to_bytes(plans[1])


places = st.tuples(*[st.integers(-1500, 1500).map(float)] * 2)


@settings(max_examples=6, deadline=None)
@given(
    st.lists(st.tuples(places, st.sampled_from([0.0, 20.0])), min_size=1, max_size=5),
)
def test_whatever_is_drawn_in_open_air_is_flown_as_drawn(
    stops: list[tuple[tuple[float, float], float]],
) -> None:
    """No rule is broken, whatever the way, with the rest of the city beside it."""
    if all(np.hypot(*place) <= 1.0 for place, _ in stops):
        return
    route = fixed("R", "A", *zip(*stops, strict=True))
    plan = planned(hourly(route))
    assert plan.route("R").fixed and not plan.left_out


@given(
    st.lists(st.tuples(*[st.floats(-400, 400)] * 2), min_size=1, max_size=6),
    st.floats(50, 400),
)
def test_what_is_left_of_a_zone_completes_it(
    centres: list[tuple[float, float]], radius_m: float
) -> None:
    """Seen by fixed routes, and 99.55 % of the rest: together 99.5 % and more."""
    area = square(0, 0, 300)
    seen = LineString([*centres, centres[0]]).buffer(radius_m)
    left = unseen_part(area, seen)
    assert left.difference(area.buffer(1e-6)).area < 1e-6
    missed_m2 = area.difference(seen).difference(left).area + 0.0045 * left.area
    assert missed_m2 <= 0.005 * area.area


def test_nothing_is_kept_where_nothing_is_fixed() -> None:
    """A scenario without fixed routes is planned as ever."""
    kept = keep(hourly())
    assert kept.drafts == kept.left_out == () and not kept.seen
