"""What is wrong with fixed routes is told at once, and the checker sees to the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawings import fixed
from shapely.geometry import Point
from tiny_folder import TOML, example, found, inspected, write
from worlds import square, station, world, zone

import planner
from planner.checks import check
from planner.formats.digest import scenario_digest
from planner.formats.plan_geojson import as_written
from planner.formats.scenario_folder import inspect_scenario
from planner.plan import LeftOut, Plan, Route
from planner.validation.findings import validate

NAMED = TOML.replace("[layers]", '[layers]\nroutes = "routes.geojson"')


def layer(folder: Path) -> tuple[Any, Any]:
    """Return the example with a sound fixed route, and the feature of that."""
    scenario, _ = inspect_scenario(write(folder / "plain"))
    assert scenario is not None
    home = scenario.stations[0]
    x, y = home.point.x, home.point.y
    way = np.array([(x + 100, y), (x + 400, y + 300), (x - 100, y)])
    feature = {
        "type": "Feature",
        "geometry": {
            "type": "LineString",
            "coordinates": scenario.projection.to_lonlat(way).tolist(),
        },
        "properties": {"id": "R1", "depot": home.id, "headway_min": 60},
    }
    layers = example()
    layers["routes"] = {"type": "FeatureCollection", "features": [feature]}
    return layers, feature


def test_a_line_with_station_and_headway_is_a_fixed_route(tmp_path: Path) -> None:
    """In the order drawn, with stays, clock and layer where they are given."""
    layers, feature = layer(tmp_path)
    feature["properties"] |= {
        "holds_s": [0, 20.5, 0],
        "takeoff": "07:10",
        "layer_m": 90,
    }
    folder = write(tmp_path / "city", layers, NAMED)
    scenario, findings = inspect_scenario(folder)
    assert scenario is not None and not [f for f in findings if f.file == "routes"]
    (route,) = scenario.fixed
    drawn = scenario.projection.to_xy(
        np.array(feature["geometry"]["coordinates"], dtype=float)
    )
    assert np.allclose(route.xy, drawn, rtol=0, atol=1e-3)
    assert route.holds_s == (0.0, 20.5, 0.0)
    assert (route.headway_s, route.takeoff_s, route.layer_m) == (3600, 25800, 90)
    feature["geometry"]["coordinates"].reverse()
    again, _ = inspect_scenario(write(tmp_path / "other", layers, NAMED))
    assert again is not None and again.digest != scenario.digest


def test_headways_may_stand_in_the_toml_and_columns_have_other_names(
    tmp_path: Path,
) -> None:
    """As those of zones: a default, Chinese names, another unit."""
    layers, feature = layer(tmp_path)
    own = feature["properties"]
    own |= {"警务站": own.pop("depot"), "停留秒数": "0, 20 0"}
    del own["headway_min"]
    toml = NAMED + "\n[defaults]\nheadway_min = 45\n"
    scenario, _ = inspect_scenario(write(tmp_path / "a", layers, toml))
    assert scenario is not None
    assert scenario.fixed[0].headway_s == 2700.0
    assert scenario.fixed[0].holds_s == (0.0, 20.0, 0.0)
    own["班次间隔"] = 1.5
    toml = NAMED + '\n[units.routes]\nheadway_min = "h"\n'
    scenario, _ = inspect_scenario(write(tmp_path / "b", layers, toml))
    assert scenario is not None and scenario.fixed[0].headway_s == 5400.0


@pytest.mark.parametrize(
    ("own", "code"),
    [
        ({"depot": None}, "E-VALUE-MISSING"),
        ({"depot": "NOWHERE"}, "E-REF"),
        ({"headway_min": None}, "E-VALUE-MISSING"),
        ({"headway_min": "often"}, "E-VALUE-NUMBER"),
        ({"headway_min": -5}, "E-VALUE-RANGE"),
        ({"headway_min": 2}, "E-FIXED-HEADWAY"),
        ({"headway_min": 6000}, "E-FIXED-SELDOM"),
        ({"drone_model": "OTHER"}, "E-FIXED-MODEL"),
        ({"takeoff": "soon"}, "E-VALUE-CLOCK"),
        ({"holds_s": [1, 2]}, "E-FIXED-HOLDS"),
        ({"holds_s": [0, 4000, 0]}, "E-FIXED-LONG"),
        ({"layer_m": 10}, "E-FIXED-HEIGHT"),
        ({"layer_m": 400}, "E-FIXED-HEIGHT"),
    ],
)
def test_a_faulty_value_is_told_with_its_route(
    tmp_path: Path, own: dict[str, Any], code: str
) -> None:
    """One finding of its own, in both languages, and no traceback."""
    layers, feature = layer(tmp_path)
    feature["properties"] |= own
    findings = inspected(write(tmp_path / "city", layers, NAMED))
    assert found(findings, code).feature == "R1"


@pytest.mark.parametrize(
    ("kind", "places", "code"),
    [
        ("MultiLineString", [[[0, 0], [1, 1]], [[2, 2], [3, 3]]], "E-GEOM-KIND"),
        ("Point", [120.0, 33.0], "E-GEOM-KIND"),
        ("LineString", [[120.0, 33.0]] * 2, "E-GEOM-DEGENERATE"),
        ("LineString", [[-60.0, -33.0], [-60.1, -33.0]], "E-FIXED-AWAY"),
    ],
)
def test_a_faulty_line_is_told_with_its_route(
    tmp_path: Path, kind: str, places: list[Any], code: str
) -> None:
    """Several lines are no one flight, and the other end of the world no station."""
    layers, feature = layer(tmp_path)
    feature["geometry"] = {"type": kind, "coordinates": places}
    findings = inspected(write(tmp_path / "city", layers, NAMED))
    assert code in {f.code for f in findings}


def test_all_that_is_in_the_way_of_fixed_routes_is_told_at_once() -> None:
    """Closed and private airspace, columns, batteries, stations: a finding each."""
    from worlds import closure, privacy

    routes = (
        fixed("AWAY", "A", [(900, 0)]),
        fixed("CLOSED", "A", [(0, 100), (0, 1000), (0, -100)]),
        fixed("COLUMN", "A", [(100, 0), (3000, 0), (100, 50)]),
        fixed("EMPTY", "C", [(100, 3000)]),
        fixed("HERE", "A", [(0, 0), (0.5, 0)]),
        fixed("LONG", "A", [(100, -100), (9000, -9000), (100, 0)]),
        fixed("PRIVATE", "A", [(-100, 0), (-1000, 0), (-100, 0)], layer_m=60.0),
    )
    scenario = replace(
        world(
            [station("A", 0, 0), station("B", 3000, 0), station("C", 0, 3000, 0)],
            [zone("Z", square(500, 500, 100))],
            [
                closure("X", square(0, 900, 50)),
                privacy("P", square(-900, 0, 50)),
            ],
        ),
        fixed=routes,
    )
    told = {(f.feature, f.code) for f in validate(scenario) if f.file == "routes"}
    assert told == {
        ("AWAY", "E-FIXED-AWAY"),
        ("CLOSED", "E-FIXED-CLOSED"),
        ("COLUMN", "E-FIXED-COLUMN"),
        ("EMPTY", "E-FIXED-DRONES"),
        ("HERE", "E-FIXED-NOWHERE"),
        ("LONG", "E-FIXED-LONG"),
        ("PRIVATE", "E-FIXED-PRIVATE"),
    }


def test_a_route_must_go_on_where_the_horizon_repeats() -> None:
    """Of 24 hours every headway is a part."""
    day = replace(SCENARIO, horizon=world([], [], hours=24.0).horizon)
    odd = replace(day, fixed=(replace(day.fixed[0], headway_s=3500.0),))
    assert [f.code for f in validate(day)] == [f.code for f in validate(SCENARIO)]
    assert "E-FIXED-REPEATS" in {f.code for f in validate(odd)}


def test_a_scenario_without_fixed_routes_has_the_digest_it_had() -> None:
    """Plans of before stay plans of their scenario."""
    plain = replace(SCENARIO, fixed=())
    assert scenario_digest(plain) != scenario_digest(SCENARIO)
    turned = SCENARIO.fixed[0]
    turned = replace(turned, places=turned.places[::-1], holds_s=turned.holds_s[::-1])
    other = replace(SCENARIO, fixed=(turned,))
    assert scenario_digest(other) != scenario_digest(SCENARIO)


SCENARIO = replace(
    world([station("A", 0, 0)], [zone("Z", square(-900, 0, 150))], hours=3.0),
    fixed=(fixed("R", "A", [(200, 0), (800, 0), (800, 500)], [0, 0, 15.0], 2400.0),),
)


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Return a plan with a fixed route and one of its own."""
    budget = planner.Budget(seconds=None, iterations=1, workers=1)
    made = as_written(planner.plan_routes(SCENARIO, budget=budget))
    assert check(SCENARIO, made) == []
    assert [r.fixed for r in made.routes] == [False, True]
    return made


def with_route(plan: Plan, change: Callable[[Route], Route | None]) -> Plan:
    """Return a plan with its fixed route changed, or without it and its sorties."""
    new = change(plan.route("R"))
    return replace(
        plan,
        routes=tuple(
            r for r in (new if r.fixed else r for r in plan.routes) if r is not None
        ),
        roster=tuple(s for s in plan.roster if new is not None or s.route != "R"),
    )


def moved(route: Route, metres: float) -> Route:
    """Return a route with one vertex elsewhere."""
    (lon, lat, height), k = route.path[3], 3
    there = (lon, lat + metres / 111_000, height)
    return replace(route, path=(*route.path[:k], there, *route.path[k + 1 :]))


def turned_round(route: Route) -> Route:
    """Return a route that is flown the other way."""
    end_s = route.t_s[-1]
    return replace(
        route,
        path=route.path[::-1],
        t_s=tuple(end_s - t for t in reversed(route.t_s)),
    )


CHANGES: dict[str, Callable[[Plan], Plan]] = {
    "accounts.fixed": lambda plan: with_route(plan, lambda _: None),
    "accounts.drawn": lambda plan: with_route(plan, lambda r: moved(r, 0.3)),
    "accounts.asked": lambda plan: with_route(
        plan, lambda r: replace(r, headway_s=4800.0)
    ),
    "accounts.stay": lambda plan: with_route(
        plan, lambda r: replace(r, t_s=tuple(t * 0.99 for t in r.t_s))
    ),
    "accounts.flown": lambda plan: replace(
        plan,
        roster=tuple(s for s in plan.roster if s.route != "R" or s.takeoff_s > 3e3),
    ),
    "accounts.reason": lambda plan: replace(
        with_route(plan, lambda _: None),
        left_out=(LeftOut(route="R", code="", reason=""),),
    ),
}


@pytest.mark.parametrize("code", sorted(CHANGES))
def test_a_fixed_route_that_is_not_flown_as_drawn_is_reported(
    plan: Plan, code: str
) -> None:
    """Missing, elsewhere, at another clock, with shorter stays, without sorties."""
    assert code in {v.code for v in check(SCENARIO, CHANGES[code](plan))}


def test_as_drawn_is_within_a_fifth_of_a_metre_and_one_way_round(plan: Plan) -> None:
    """A tenth of a metre is let pass; the same path backwards is another route."""
    near = check(SCENARIO, with_route(plan, lambda r: moved(r, 0.1)))
    assert not {v.code for v in near if v.code.startswith("accounts.drawn")}
    back = check(SCENARIO, with_route(plan, turned_round))
    assert "accounts.drawn" in {v.code for v in back}


@pytest.mark.parametrize("flag", [True, False])
def test_no_route_is_called_fixed_that_is_not(plan: Plan, flag: bool) -> None:
    """Nor is a fixed one without its mark; both are told by name."""
    changed = replace(
        plan,
        routes=tuple(
            replace(r, fixed=flag) if r.fixed != flag else r for r in plan.routes
        ),
    )
    (told,) = {v.where for v in check(SCENARIO, changed) if v.code == "accounts.fixed"}
    assert (told == "R") != flag


def test_a_route_left_out_with_a_reason_is_accounted_for(plan: Plan) -> None:
    """Then it need not be flown; left out and flown as well is once too often."""
    entry = LeftOut(route="R", code="fixed_meets", reason="meets another")
    without = replace(with_route(plan, lambda _: None), left_out=(entry,))
    codes = {v.code for v in check(SCENARIO, without)}
    assert not codes & {"accounts.fixed", "accounts.reason"}
    both = check(SCENARIO, replace(plan, left_out=(entry,)))
    assert [v.code for v in both] == ["accounts.fixed"]


def test_a_plan_file_keeps_what_is_fixed_and_left_out(
    plan: Plan, tmp_path: Path
) -> None:
    """Written and read again it is the same; others do not name these members."""
    entry = LeftOut(route="Q", code="c", reason="r", figures={"n": 1}, remedy="m")
    full = replace(plan, left_out=(entry,))
    planner.write_plan(full, tmp_path / "plan.geojson")
    assert planner.read_plan(tmp_path / "plan.geojson") == full
    plain = replace(plan, routes=plan.routes[:1], left_out=())
    planner.write_plan(plain, tmp_path / "plain.geojson")
    document = json.loads((tmp_path / "plain.geojson").read_text())
    assert "left_out" not in document
    assert "fixed" not in document["features"][0]["properties"]


def test_pages_and_words_mark_fixed_routes(plan: Plan) -> None:
    """Map, report and explanation say which routes are fixed, and which not flown."""
    import maps
    from maps.payload import payload
    from planner.insight.explain import explain

    entry = LeftOut(route="Q", code="fixed_meets", reason="r", figures={"other": "R"})
    full = replace(plan, left_out=(entry,))
    told = payload(SCENARIO, full, None, "en")["plan"]
    assert [r["fixed"] for r in told["routes"]] == [False, True]
    assert [e["route"] for e in told["left_out"]] == ["Q"]
    report = maps.report(SCENARIO, full).to_bytes().decode()
    assert "fixed, as it was drawn" in report and "Fixed routes not flown" in report
    over = replace(SCENARIO, zones=(zone("Z", square(800, 500, 20)),))
    budget = planner.Budget(seconds=None, iterations=0, workers=1)
    served = replace(over, fixed=(replace(over.fixed[0], holds_s=(0.0, 0.0, 20.0)),))
    lines = explain(served, planner.plan_routes(served, budget=budget), "Z").lines
    assert any("fixed as it was drawn" in line for line in lines)


def test_a_station_is_where_its_routes_climb() -> None:
    """Waypoints over it at both ends are no part of the way, others are."""
    route = fixed("R", "A", [(0, 0.5), (300, 0), (0, 0), (0, 300), (0, 0)])
    beyond, stays_s = route.beyond(Point(0, 0))
    assert beyond.tolist() == [[300, 0], [0, 0], [0, 300]] and len(stays_s) == 3
