"""Hills hide ground from viewpoints: from planner and checker alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from dems import over, write_dem
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import RegularGridInterpolator
from shapely.geometry import Point
from worlds import closure, discretised, square, station, world, zone

from planner.basics.geometry import FloatArray
from planner.basics.ridges import hidden_ground, hidden_squares
from planner.basics.terrain import Terrain
from planner.budget import Budget
from planner.checks import check
from planner.messages import LANGUAGES, say
from planner.planning.pipeline import plan_routes
from planner.scenario import Scenario
from planner.targets.view import View

SIDE_M, REACH_M = 30.0, 300.0
QUICK = Budget(iterations=1, engine="greedy")


def hilly(seed: int, steep_m: float, count: int = 24) -> Terrain:
    """Return ground with smooth hills of a height and a little noise."""
    dice = np.random.default_rng(seed)
    y, x = np.mgrid[:count, :count] * SIDE_M
    ground = dice.uniform(0, 2, x.shape)
    for cx, cy, wide in dice.uniform((0, 0, 60), (720, 720, 200), (4, 3)):
        ground += steep_m * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / wide**2)
    lowest = ground - dice.uniform(0, 1, x.shape)
    return Terrain(
        west_m=-360, south_m=-360, square_m=SIDE_M, lowest_m=lowest, highest_m=ground
    )


def depth_m(terrain: Terrain, eye: tuple[float, float, float], at: FloatArray) -> float:
    """Return how deep a line to the middle of a square lies in the ground at most."""
    middles = (terrain.lowest_m + terrain.highest_m) / 2
    rows, columns = middles.shape
    axes = [
        low + SIDE_M * (np.arange(n) + 0.5)
        for low, n in ((terrain.south_m, rows), (terrain.west_m, columns))
    ]
    ground = RegularGridInterpolator(axes, middles, bounds_error=False, fill_value=None)
    share = np.linspace(0.001, 1, 1500)[:, None]
    places = at + share * (np.array(eye[:2]) - at)
    low = float(ground(at[::-1])[0])
    line = low + share[:, 0] * (eye[2] - low)
    return float((ground(places[:, ::-1]) - line).max())


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    steep_m=st.floats(0, 150),
    x=st.floats(-100, 100),
    y=st.floats(-100, 100),
    over_m=st.floats(20, 120),
)
def test_what_is_hidden_is_what_lines_of_sight_say(
    seed: int, steep_m: float, x: float, y: float, over_m: float
) -> None:
    """A square is hidden if a line, walked in small steps, runs into the ground."""
    terrain = hilly(seed, steep_m)
    _, (high_m,) = terrain.at(np.array([[x, y]]))
    eye = (x, y, float(high_m) + over_m)
    hidden = hidden_squares(terrain, eye, REACH_M)
    middles = (terrain.lowest_m + terrain.highest_m) / 2
    steps = max(abs(np.diff(middles, axis=k)).max() for k in (0, 1))
    dice = np.random.default_rng(seed)
    for row, column in dice.integers(3, 21, (40, 2)):
        at = SIDE_M * (np.array([column, row]) + 0.5) - 360.0
        if np.hypot(*(at - eye[:2])) > REACH_M:
            continue
        deep_m = depth_m(terrain, eye, at)
        if hidden[row, column]:
            assert deep_m > -0.2
        else:  # between two of its places a line may dip below by less than a step
            assert deep_m < steps / 2 + 0.01


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    steep_m=st.floats(20, 150),
    off=st.tuples(*[st.floats(-0.002, 0.002)] * 2),
    higher_m=st.floats(0, 40),
)
def test_who_checks_sees_all_that_was_planned_to_be_seen(
    seed: int, steep_m: float, off: tuple[float, float], higher_m: float
) -> None:
    """A place rounded in a file, or a higher layer, hides nothing that was counted."""
    terrain = hilly(seed, steep_m)
    view = View(radius_m=REACH_M, height_m=60.0, terrain=terrain)
    x, y = np.random.default_rng(seed).uniform(-50, 50, 2)
    _, (high_m,) = terrain.at(np.array([[x, y]]))
    eye = (x + off[0], y + off[1], float(high_m) + 60.0 + higher_m)
    unseen = hidden_ground(terrain, eye, REACH_M)
    (planned,) = view.discs(np.array([[x, y]]))
    assert shapely.intersection(planned, unseen).area < 1e-6


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31), steep_m=st.floats(20, 150))
def test_points_are_seen_if_they_lie_in_what_is_seen(seed: int, steep_m: float) -> None:
    """The points that a viewpoint sees are those of its disc less what hills hide."""
    view = View(radius_m=250.0, height_m=60.0, terrain=hilly(seed, steep_m))
    view = view.near(square(0, 0, 60))
    dice = np.random.default_rng(seed)
    eyes, points = dice.uniform(-60, 60, (3, 2)), dice.uniform(-300, 300, (300, 2))
    for disc, seen in zip(view.discs(eyes), view.sees(eyes, points), strict=True):
        unclear = shapely.dwithin(shapely.boundary(disc), shapely.points(points), 0.1)
        told = np.isin(np.arange(len(points)), seen)
        assert (told == shapely.contains_xy(disc, *points.T))[~unclear].all()


def test_a_wall_hides_as_much_as_its_height_asks_for() -> None:
    """Behind a bar of 40 m, 120 m off, a camera at 60 m sees nothing for 240 m."""
    ground = np.zeros((61, 61))
    ground[:, 42] = 40.0  # its middle is at x = 120, of a square of 10 m
    terrain = Terrain(
        west_m=-305, south_m=-305, square_m=10, lowest_m=ground, highest_m=ground
    )
    hidden = hidden_squares(terrain, (0.0, 0.0, 60.0), 290.0)
    along = hidden[30]
    assert not along[:43].any()
    assert along[44:59].all()
    assert not hidden_squares(terrain, (110.0, 0.0, 60.0), 150.0)[30, 46:].any()
    unknown = replace(terrain, highest_m=np.where(ground > 0, np.nan, ground))
    assert hidden_squares(unknown, (0.0, 0.0, 60.0), 290.0)[30, 42:59].all()


def ridge(folder: Path, high_m: float) -> tuple[Scenario, Scenario]:
    """Return a square that is best seen from before a ridge, and that with it."""
    flat = world([station("A", 0, 0)], [zone("W", square(650, 0, 60))])
    dem = write_dem(
        folder / "dem.tif",
        lambda x, y: np.where((abs(x - 550) < 25) & (abs(y) < 100), high_m, 0.0),
        flat.projection,
        cell_m=10.0,
    )
    return flat, over(flat, dem)


def test_a_plan_looks_behind_a_ridge(tmp_path: Path) -> None:
    """
    A plan among hills keeps every rule; one that knew nothing of them does not.

    The checker finds the share that the ridge hides.
    """
    flat, among = ridge(tmp_path, 40.0)
    plan = plan_routes(among, budget=QUICK)
    assert not plan.unserved
    assert not check(among, plan)
    blind = plan_routes(flat, budget=QUICK)
    assert not check(flat, blind)
    assert ("coverage", "W") in {(v.rule, v.where) for v in check(among, blind)}


@pytest.mark.parametrize("high_m", [0.0, 1.5])
def test_level_ground_hides_nothing(high_m: float, tmp_path: Path) -> None:
    """Where no slope is as steep as a look, nothing is looked for behind hills."""
    flat, level = ridge(tmp_path, high_m)
    (_, one), (_, other) = discretised(flat), discretised(level)
    places = [[t.ways[0].xy.tolist() for t in each.targets] for each in (one, other)]
    assert places[0] == places[1]


def test_a_zone_that_hills_hide_is_told(tmp_path: Path) -> None:
    """A hollow that nobody may fly over is left out, with figures."""
    shut = closure("C", Point(650, 0).buffer(150))
    scenario = world([station("A", 0, 0)], [zone("W", square(650, 0, 40))], [shut])
    assert discretised(scenario)[1].targets
    dem = write_dem(
        tmp_path / "dem.tif",
        lambda x, y: np.where(abs(np.hypot(x - 650, y) - 90) < 25, 50.0, 0.0),
        scenario.projection,
        cell_m=20.0,
    )
    (told,) = plan_routes(over(scenario, dem), budget=QUICK).unserved
    assert told.code == "hidden_by_hills"
    assert told.figures["share_percent"] < 99
    for part in ("unserved", "remedy"):
        for language in LANGUAGES:
            assert say(f"{part}.hidden_by_hills", language, **told.figures)
