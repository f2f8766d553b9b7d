"""Over hills somebody is overhead no later than told: flights clear all ground."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dems import GEOGRAPHIC, Dem, over, write_dem
from hills import hilly, mixed
from shapely.geometry import box
from worlds import MODEL, closure, square, station, two_stations, world, zone

from planner.budget import Budget
from planner.flown.tracks import flown_routes
from planner.formats.plan_geojson import as_written
from planner.given.wind import Spell, Wind
from planner.implied.aloft import ground_m
from planner.plan import Plan
from planner.planning.pipeline import plan_routes
from planner.response.airways import airways
from planner.response.arrivals import airborne_s, first_overhead_s, ground
from planner.response.figures import response
from planner.response.places import places
from planner.scenario import Scenario

QUICK = Budget(iterations=1, engine="greedy")


@pytest.fixture(scope="module")
def dem(tmp_path_factory: pytest.TempPathFactory) -> Dem:
    """Return the raster of the hills."""
    folder = tmp_path_factory.mktemp("dem")
    return write_dem(folder / "dem.tif", hilly, mixed().projection, crs=GEOGRAPHIC)


@pytest.fixture(scope="module")
def hills(dem: Dem) -> Scenario:
    """Return the scenario over the hills."""
    return over(mixed(), dem)


@pytest.fixture(scope="module")
def plan(hills: Scenario) -> Plan:
    """Return its plan."""
    return as_written(plan_routes(hills, budget=QUICK))


def test_flights_to_incidents_clear_all_ground(
    hills: Scenario, plan: Plan, dem: Dem
) -> None:
    """From stations and from all routes, straight to every place, over the floor."""
    assert hills.terrain is not None
    ways = airways(hills)
    asked = places(hills, ways).xy
    starts = np.vstack(
        [
            *(np.array([[s.point.x, s.point.y]]) for s in hills.stations),
            *(f.xy[1:-1] for f in flown_routes(hills, plan)),
        ]
    )
    assert ways.holds(starts).all()
    shares = np.linspace(0, 1, 150)[:, None, None, None]
    lines = (starts[:, None] + shares * (asked - starts[:, None])).reshape(-1, 2)
    over_m = ways.layer_m + hills.terrain.reference_m - dem.heights(lines)
    assert over_m.min() >= hills.rules.floor_m - 1e-3
    assert over_m.min() < hills.rules.floor_m + 15.0 + 2.0  # and not much higher
    assert ways.sink_m(asked).max() > 0


def test_a_ready_drone_climbs_from_its_ground_and_comes_down_over_the_place(
    hills: Scenario, dem: Dem
) -> None:
    """Its time is climb, straight flight and descent to the ceiling, by hand."""
    assert hills.terrain is not None
    ways, level_m = airways(hills), hills.terrain.reference_m
    spots = np.array([[1800.0, 1400.0], [2300.0, -900.0], [1500.0, 200.0]])
    land = ground(hills, ways, spots)
    beside = 30.0 * np.array([[i, k] for i in (-1, 0, 1) for k in (-1, 0, 1)])
    lowest = [dem.heights(spot + beside) for spot in spots]
    for one in hills.stations:
        up_s = (ways.layer_m - ground_m(hills, one)) / MODEL.climb_mps
        away = np.hypot(*(spots - (one.point.x, one.point.y)).T) / MODEL.airspeed_mps
        down_m = [ways.layer_m + level_m - low.min() - 120.0 for low in lowest]
        wanted = up_s + away + np.maximum(0.0, down_m) / MODEL.descent_mps
        found = airborne_s(hills, ways, land, one)
        assert land.near[one.id].tolist() == [0, 1, 2]
        assert found == pytest.approx(wanted, abs=1.0)  # cells of a square differ
    assert max(down_m) > 20 > 0 > min(down_m)


def test_drones_on_their_routes_help_over_hills_too(
    hills: Scenario, plan: Plan
) -> None:
    """Somewhere one that is in the air is sooner there than any that stands ready."""
    ways = airways(hills)
    spots = np.array([[1800.0, 1400.0], [700.0, 300.0], [4500.0, 300.0]])
    flights = {sortie.route: sortie for sortie in plan.roster}.values()
    moments = np.sort([(one.takeoff_s + one.landing_s) / 2 for one in flights])
    land = ground(hills, ways, spots)
    routes = flown_routes(hills, plan)
    best, by_ready = first_overhead_s(hills, plan, routes, ways, land, moments)
    assert (best < by_ready).any()


@pytest.mark.parametrize("level_m", [0.0, 731.0])
def test_level_ground_changes_no_figure(level_m: float, tmp_path: Path) -> None:
    """Over a raster that is level, response is what it is without one."""
    flat = two_stations()
    dem = write_dem(
        tmp_path / "dem.tif", lambda x, y: np.full(x.shape, level_m), flat.projection
    )
    level = over(flat, dem)
    plan = as_written(plan_routes(flat, budget=QUICK))
    assert response(level, plan) == response(flat, plan)


def hill(folder: Path, high_m: float, **changes: object) -> Scenario:
    """Return a station and a zone with a hill beside the straight way."""
    scenario = world([station("A", 0, 0)], [zone("W", square(2500, 0, 150))])
    scenario = replace(scenario, **changes)  # type: ignore[arg-type]
    dem = write_dem(
        folder / "dem.tif",
        lambda x, y: np.where(np.hypot(x - 1200, y - 600) < 150, high_m, 0.0),
        scenario.projection,
    )
    return over(scenario, dem)


def test_a_hill_above_all_layers_is_flown_over(tmp_path: Path) -> None:
    """Help climbs higher than any route, and airspace up there is in its way."""
    free = hill(tmp_path, 200.0)
    ways = airways(free)
    assert ways.layer_m == 260.0
    assert ways.layer_m > max(free.rules.layers_m)
    middle = np.array([[2500.0, 0.0]])
    for upper_m in (np.inf, 220.0):  # a drone comes down through the second
        shut = closure("S", square(2500, 0, 400), lower_m=200.0, upper_m=upper_m)
        below = airways(hill(tmp_path, 30.0, airspace=(shut,)))
        above = airways(hill(tmp_path, 200.0, airspace=(shut,)))
        assert below.is_open(middle).all()
        assert not above.is_open(middle).any()


def test_nobody_comes_over_a_hill_in_too_much_wind(tmp_path: Path) -> None:
    """Where it blows too hard over the hills, no time is promised."""
    model = replace(MODEL, wind_limit_mps=10.0)
    storm = Wind(
        speed_mps=0.0,
        from_deg=0.0,
        spells=(Spell(speed_mps=5.0, from_deg=0.0, gust_mps=15.0, low_m=150.0),),
    )
    high = hill(tmp_path, 200.0, drone_models=(model,), wind=storm)
    low = hill(tmp_path, 30.0, drone_models=(model,), wind=storm)
    spot = np.array([[2500.0, 0.0]])
    for scenario, comes in ((high, False), (low, True)):
        ways = airways(scenario)
        land = ground(scenario, ways, spot)
        assert bool(len(land.near["A"])) == comes


def test_a_way_round_that_leaves_the_area_is_none(tmp_path: Path) -> None:
    """Beyond what was looked at there may be hills, so nobody is sent there."""
    wall = closure("S", box(1100, -60, 1300, 3000))
    flat = world([station("A", 0, 0)], [zone("W", square(2500, 0, 150))], [wall])
    dem = write_dem(tmp_path / "dem.tif", lambda x, y: 0.0 * x, flat.projection)
    spot = np.array([[2500.0, 0.0]])
    for scenario, comes in ((flat, True), (over(flat, dem), False)):
        ways = airways(scenario)
        flight_s = ways.flight_s(12.0, np.zeros((1, 2)), spot)
        assert bool(np.isfinite(flight_s)[0]) == comes
