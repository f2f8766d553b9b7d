"""Plans over ground that is not flat keep floor and ceiling over every metre of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dems import GEOGRAPHIC, Dem, over, write_dem
from hills import hilly, mixed
from shapely.geometry import LineString
from worlds import problems_of, square, station, two_stations, world, zone

from planner.basics.geometry import FloatArray
from planner.budget import Budget
from planner.checks import check, examine
from planner.flown.tracks import flown_routes
from planner.formats.plan_geojson import as_written
from planner.implied.aloft import ground_m
from planner.plan import Plan, Route
from planner.planning.pipeline import plan_routes
from planner.problem import FAR
from planner.scenario import Scenario

QUICK = Budget(iterations=1, engine="greedy")


@pytest.fixture(scope="module")
def dem(tmp_path_factory: pytest.TempPathFactory) -> Dem:
    """Return the raster of the hills, in degrees."""
    folder = tmp_path_factory.mktemp("dem")
    projection = mixed().projection
    return write_dem(folder / "dem.tif", hilly, projection, crs=GEOGRAPHIC)


@pytest.fixture(scope="module")
def hills(dem: Dem) -> Scenario:
    """Return the scenario over the hills."""
    return over(mixed(), dem)


@pytest.fixture(scope="module")
def plan(hills: Scenario) -> Plan:
    """Return its plan."""
    return as_written(plan_routes(hills, budget=QUICK))


def heights_over_ground(scenario: Scenario, plan: Plan, dem: Dem) -> FloatArray:
    """Return the height over the raster's cell at every metre flown off the column."""
    assert scenario.terrain is not None
    found = []
    for flown in flown_routes(scenario, plan):
        gone = np.append(0.0, np.cumsum(np.hypot(*np.diff(flown.xy, axis=0).T)))
        at = np.arange(0.0, gone[-1], 1.0)
        x, y, z = (np.interp(at, gone, v) for v in (*flown.xy.T, flown.z))
        home = flown.station.point
        away = np.hypot(x - home.x, y - home.y) > scenario.rules.column_radius_m
        xy = np.column_stack([x, y])[away]
        found.append(z[away] + scenario.terrain.reference_m - dem.heights(xy))
    return np.concatenate(found)


def test_hills_and_valleys_are_served_from_layers_that_are_free(
    hills: Scenario, plan: Plan
) -> None:
    """Every zone is served and the check is silent, with a margin to show."""
    assert not plan.unserved
    verdict = examine(hills, plan)
    assert not verdict.violations
    (rule,) = (r for r in verdict.rules if r.rule == "airspace")
    assert rule.worst_margin is not None
    assert 0 <= rule.worst_margin < 30
    assert rule.unit == "m"
    assert len({r.layer_m for r in plan.routes}) > 1


def test_every_metre_keeps_floor_and_ceiling(
    hills: Scenario, plan: Plan, dem: Dem
) -> None:
    """An oracle that samples the raster finds no place too low or too high."""
    over_m = heights_over_ground(hills, plan, dem)
    assert len(over_m) > 10_000
    assert over_m.min() >= hills.rules.floor_m - 1e-3
    assert over_m.max() <= hills.rules.ceiling_m + 1e-3


def test_sorties_begin_and_end_on_their_own_ground(hills: Scenario, plan: Plan) -> None:
    """A station on a plateau has a shorter climb, and the file says where it stands."""
    assert hills.terrain is not None
    stands = {s.id: ground_m(hills, s) for s in hills.stations}
    assert stands["B"] + hills.terrain.reference_m == pytest.approx(533.0, abs=1e-3)
    assert {s["id"]: s["ground_m"] for s in plan.stations} == stands
    for route in plan.routes:
        assert {route.path[0][2], route.path[-1][2]} == {stands[route.depot]}
    assert plan.provenance["terrain"] == {
        "file": "dem.tif",
        "reference_m": hills.terrain.reference_m,
    }


def moved(plan: Plan, route: Route, layer_m: float) -> Plan:
    """Return a plan with a route at another height."""
    path = tuple(
        (lon, lat, layer_m if z == route.layer_m else z) for lon, lat, z in route.path
    )
    other = replace(route, path=path, layer_m=layer_m)
    routes = tuple(other if r is route else r for r in plan.routes)
    return replace(plan, routes=routes)


def test_a_centimetre_too_low_over_the_hill_is_caught(
    hills: Scenario, plan: Plan, dem: Dem
) -> None:
    """Of each route the checker's margin is that of the samples, to a centimetre."""
    assert hills.terrain is not None
    rules = hills.rules
    for route in plan.routes:
        alone = replace(plan, routes=(route,))
        (flown,) = flown_routes(hills, alone)
        crossed = hills.terrain.crossed(flown.xy[1:-2], flown.xy[2:-1])
        floor_m = float(crossed.highest_m.max()) + rules.floor_m
        ceiling_m = float(crossed.lowest_m.min()) + rules.ceiling_m
        for layer_m, code in (
            (floor_m - 0.01, "airspace.floor"),
            (ceiling_m + 0.01, "airspace.ceiling"),
        ):
            codes = {v.code for v in check(hills, moved(plan, route, layer_m))}
            assert code in codes
        for layer_m in (floor_m, ceiling_m):
            codes = {v.code for v in check(hills, moved(plan, route, layer_m))}
            assert not codes & {"airspace.floor", "airspace.ceiling"}
        sampled = heights_over_ground(hills, alone, dem)
        assert sampled.min() >= route.layer_m - floor_m + rules.floor_m - 1e-3


def test_a_plan_that_knew_of_no_hills_breaks_its_rules(hills: Scenario) -> None:
    """The checker needs no planner to see that a flat plan flies into the ridge."""
    flat = replace(hills, terrain=None)
    blind = as_written(plan_routes(flat, budget=QUICK))
    assert not check(flat, blind)
    codes = {v.code for v in check(hills, blind)}
    assert codes & {"airspace.floor", "airspace.ceiling"}
    assert "fleet.ground" in codes


def test_a_sweep_and_a_line_are_seen_from_over_their_own_ground(
    hills: Scenario, plan: Plan
) -> None:
    """The strip under a camera is as wide as its height over the highest ground."""
    assert hills.terrain is not None
    seen = 0
    for flown in flown_routes(hills, plan):
        for stop in flown.route.stops:
            if stop.kind == "watch":
                continue
            path = LineString(flown.on_task(stop)[0])
            _, under_m = hills.terrain.near(path)
            over_m = flown.route.layer_m - under_m
            assert flown.reach_m(stop) <= flown.model.swath_m * over_m / 200
            assert over_m >= hills.rules.floor_m
            seen += 1
    assert seen >= 2


def test_routes_keep_to_one_deck(hills: Scenario) -> None:
    """No leg leads from a target to one that no layer of it serves."""
    _, problems = problems_of(hills)
    barred = 0
    for problem in problems:
        for table in problem.tables.values():
            for i, j in np.argwhere(table.travel < FAR):
                one, other = (problem.targets[problem.node_target[k]] for k in (i, j))
                assert set(one.layers_m) & set(other.layers_m)
            barred += int((table.travel >= FAR).sum())
    assert barred


def behind_a_ridge(height_m: float, folder: Path) -> tuple[Scenario, Scenario]:
    """Return a station and a zone with nothing, or a ridge without end, between."""
    flat = world([station("A", 0, 0)], [zone("W", square(2500, 0, 150))])
    dem = write_dem(
        folder / "dem.tif",
        lambda x, y: np.where(abs(x - 1200) < 150, height_m, 0.0),
        flat.projection,
    )
    return flat, over(flat, dem)


@pytest.mark.parametrize(("height_m", "lowest_m"), [(29.0, 90.0), (58.0, 120.0)])
def test_a_hill_that_closes_low_layers_is_no_obstacle(
    height_m: float, lowest_m: float, tmp_path: Path
) -> None:
    """Who flies high enough flies straight over it, as if there were no hill."""
    flat, ridge = behind_a_ridge(height_m, tmp_path)
    (straight,), (over_it,) = (
        as_written(plan_routes(s, budget=QUICK)).routes for s in (flat, ridge)
    )
    assert over_it.duration_s == straight.duration_s
    assert over_it.layer_m >= lowest_m


def test_a_ridge_higher_than_all_layers_is_told(tmp_path: Path) -> None:
    """What no layer leads to is left out, with what would help, in both languages."""
    _, ridge = behind_a_ridge(90.0, tmp_path)
    (left_out,) = plan_routes(ridge, budget=QUICK).unserved
    assert (left_out.zone, left_out.code) == ("W", "no_layer_over_ground")
    assert "one height" in left_out.texts("en")[0]
    assert "同一高度" in left_out.texts("zh")[0]


@pytest.mark.parametrize("level_m", [0.0, -12.0, 731.0])
def test_level_ground_changes_nothing(level_m: float, tmp_path: Path) -> None:
    """Over a raster that is level, at whatever height, routes are those of none."""
    flat = two_stations()
    dem = write_dem(
        tmp_path / "dem.tif",
        lambda x, y: np.full(x.shape, level_m),
        flat.projection,
    )
    level = over(flat, dem)
    assert level.terrain is not None
    assert level.terrain.reference_m == level_m
    plans = [plan_routes(s, budget=QUICK) for s in (flat, level)]
    assert plans[0].routes == plans[1].routes
    assert not check(level, as_written(plans[1]))


def test_who_flies_off_the_raster_is_caught(hills: Scenario, plan: Plan) -> None:
    """Over ground that nobody knows there is no floor to keep."""
    assert hills.terrain is not None
    lowest_m, highest_m = (
        np.where(np.arange(hills.terrain.highest_m.shape[1]) < 90, each, np.nan)
        for each in (hills.terrain.lowest_m, hills.terrain.highest_m)
    )
    half = replace(
        hills,
        terrain=replace(hills.terrain, lowest_m=lowest_m, highest_m=highest_m),
    )
    assert "airspace.unknown" in {v.code for v in check(half, plan)}
