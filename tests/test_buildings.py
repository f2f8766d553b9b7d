"""Buildings hide ground from viewpoints, and high ones are flown round."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry
from tiny_folder import TOML, example, found, inspected, write
from worlds import discretised, square, station, world, zone

from planner.airspace.freespace import free_space
from planner.basics.skyline import Skyline
from planner.budget import Budget
from planner.checks import check
from planner.formats.digest import scenario_digest
from planner.formats.scenario_folder import read_scenario
from planner.messages import LANGUAGES, say
from planner.planning.pipeline import plan_routes
from planner.scenario import Building, Scenario
from planner.targets.view import View

REACH_M = 300.0


def building(name: str, shape: Polygon, height_m: float) -> Building:
    """Return a building."""
    return Building(id=name, geometry=shape, height_m=height_m)


def is_seen(
    eye: tuple[float, float, float],
    place: tuple[float, float],
    houses: list[tuple[BaseGeometry, float]],
) -> bool:
    """Whether no step of the straight line to a place lies inside a building."""
    share = np.linspace(0, 1, 4001)
    xs = eye[0] + share * (place[0] - eye[0])
    ys = eye[1] + share * (place[1] - eye[1])
    zs = eye[2] * (1 - share)
    return not any(
        (shapely.contains_xy(shape, xs, ys) & (zs < height_m)).any()
        for shape, height_m in houses
    )


YARD = square(-60, 40, 40).difference(square(-60, 40, 25))
"""A block round a courtyard."""

middles = st.floats(-150.0, 150.0)
houses = st.tuples(middles, middles, st.floats(5.0, 60.0), st.floats(5.0, 200.0))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(houses, min_size=1, max_size=4),
    st.floats(2.0, 50.0),
    st.floats(60.0, 120.0),
    st.integers(0, 2**31),
)
def test_what_is_hidden_is_what_lines_of_sight_say(
    drawn: list[tuple[float, float, float, float]],
    yard_m: float,
    height_m: float,
    seed: int,
) -> None:
    """A place is in the shadow if and only if the line to it meets a building."""
    blocks = [(square(x, y, half_m), tall_m) for x, y, half_m, tall_m in drawn]
    blocks.append((YARD, yard_m))
    skyline = Skyline.of([s for s, _ in blocks], [h for _, h in blocks])
    dice = np.random.default_rng(seed)
    eye = dice.uniform(-150, 150, 2)
    low = [s for s, h in blocks if h >= height_m]
    if shapely.intersects_xy(shapely.union_all(low), *eye):
        return  # no camera hangs inside a wall
    shadow = skyline.shadow(*eye, height_m, REACH_M)
    built = shapely.union_all([s for s, _ in blocks])
    edge = shapely.boundary(shadow).union(shapely.boundary(built))
    for x, y in eye + dice.uniform(-1, 1, (60, 2)) * REACH_M * 0.7:
        place = shapely.Point(x, y)
        if built.intersects(place) or edge.dwithin(place, 1.0):
            continue  # a step of the line is up to 10 cm long
        seen = is_seen((*eye, height_m), (x, y), blocks)
        assert shadow.contains(place) != seen


@settings(max_examples=30, deadline=None)
@given(
    st.lists(houses, min_size=1, max_size=4),
    st.floats(2.0, 50.0),
    st.integers(0, 2**31),
)
def test_points_are_seen_if_they_lie_in_what_is_seen(
    drawn: list[tuple[float, float, float, float]], yard_m: float, seed: int
) -> None:
    """The points that a viewpoint sees are those of its disc less the shadows."""
    shapes = [square(*d[:3]) for d in drawn] + [YARD]
    skyline = Skyline.of(shapes, [d[3] for d in drawn] + [yard_m])
    view = View(radius_m=REACH_M, height_m=60.0, skyline=skyline)
    dice = np.random.default_rng(seed)
    eyes = dice.uniform(-300, 300, (4, 2))
    high = shapely.union_all(
        [*(s for s, d in zip(shapes, drawn, strict=False) if d[3] >= 60.0)]
    )
    eyes = eyes[~shapely.intersects_xy(high, *eyes.T)]
    points = dice.uniform(-500, 500, (400, 2))
    for disc, seen in zip(view.discs(eyes), view.sees(eyes, points), strict=True):
        unclear = shapely.dwithin(shapely.boundary(disc), shapely.points(points), 0.1)
        told = np.isin(np.arange(len(points)), seen)
        assert (told == shapely.contains_xy(disc, *points.T))[~unclear].all()


@settings(max_examples=20, deadline=None)
@given(st.lists(houses, min_size=1, max_size=4), middles, middles)
def test_from_higher_up_no_less_is_seen(
    drawn: list[tuple[float, float, float, float]], x: float, y: float
) -> None:
    """A shadow from a higher layer lies in that from a lower one."""
    skyline = Skyline.of([square(*d[:3]) for d in drawn], [d[3] for d in drawn])
    low, high = (
        skyline.shadow(x, y, h, REACH_M).intersection(square(x, y, 200.0))
        for h in (60.0, 120.0)
    )
    assert high.difference(low.buffer(1e-6)).area < 1e-3


TOWER = building("T", box(520, -80, 580, 80), 40.0)
"""Below the layers: flown over, but it hides what is behind it."""


def behind_a_tower(*buildings: Building) -> Scenario:
    """Return a station and a square that is best seen from its middle."""
    scenario = world([station("A", 0, 0)], [zone("W", square(650, 0, 60))])
    return replace(scenario, buildings=buildings)


def test_a_plan_looks_behind_a_tower() -> None:
    """
    A plan among buildings keeps every rule; one that knew nothing of them does not.

    The checker finds the share that the tower hides.
    """
    blocks = (TOWER, building("U", box(590, -10, 710, -5), 30.0))
    among, open_ground = behind_a_tower(*blocks), behind_a_tower()
    plan = plan_routes(among, budget=Budget(iterations=1, engine="greedy"))
    assert not plan.unserved
    assert not check(among, plan)
    blind = plan_routes(open_ground, budget=Budget(iterations=1, engine="greedy"))
    assert not check(open_ground, blind)
    assert {(v.rule, v.where) for v in check(among, blind)} == {("coverage", "W")}


def test_a_high_building_is_flown_round() -> None:
    """What reaches near the layers is closed to planner and checker, low roofs not."""
    wall = building("H", box(250, -300, 300, 300), 50.0)
    low = building("L", box(350, -300, 400, 300), 44.0)
    scenario = behind_a_tower(wall, low)
    closed = free_space(scenario).closed
    assert closed.contains(wall.geometry.buffer(29.0))
    assert not closed.intersects(low.geometry.buffer(-1.0))
    through = plan_routes(
        behind_a_tower(), budget=Budget(iterations=1, engine="greedy")
    )
    assert "airspace" in {v.rule for v in check(scenario, through)}
    round_it = plan_routes(scenario, budget=Budget(iterations=1, engine="greedy"))
    assert not round_it.unserved
    assert not check(scenario, round_it)


def test_a_zone_in_a_well_is_told() -> None:
    """A courtyard into which no line of sight falls is left out, with figures."""
    walls = square(650, 0, 300).difference(square(650, 0, 5))
    scenario = world([station("A", 0, 0)], [zone("W", square(650, 0, 4))])
    scenario = replace(scenario, buildings=(building("B", walls, 44.9),))
    _, seen = discretised(scenario)
    assert [t.zones for t in seen.targets] == [("W",)]  # from right above
    overhead = (*scenario.stations, station("B", 650, 0))  # its column is in the way
    _, unseen = discretised(replace(scenario, stations=overhead))
    assert not unseen.targets
    assert unseen.closed["W"]["buildings"] == 1
    assert unseen.closed["W"]["share_percent"] < 99.0
    for part in ("unserved", "remedy"):
        for language in LANGUAGES:
            assert say(f"{part}.hidden_by_buildings", language, **unseen.closed["W"])


def blocks_layer(**properties: Any) -> dict[str, Any]:
    """Return a layer with one building in the midst of the example."""
    west, south = example()["stations"]["features"][0]["geometry"]["coordinates"][:2]
    ring = shapely.box(west + 0.01, south, west + 0.011, south + 0.001)
    feature = {
        "type": "Feature",
        "properties": properties,
        "geometry": shapely.geometry.mapping(ring),
    }
    return {"type": "FeatureCollection", "features": [feature]}


WITH_BUILDINGS = TOML.replace(
    "[[drones]]", 'buildings = "buildings.geojson"\n[[drones]]'
)


@pytest.mark.parametrize("column", ["height_m", "高度", "height"])
def test_a_layer_of_buildings_is_read(tmp_path: Path, column: str) -> None:
    """Its heights are found by our name or theirs, and count for the digest."""
    layers = example() | {"buildings": blocks_layer(id="B1", **{column: 30})}
    scenario = read_scenario(write(tmp_path / "with", layers, WITH_BUILDINGS))
    (one,) = scenario.buildings
    assert (one.id, one.height_m) == ("B1", 30.0)
    assert one.geometry.area == pytest.approx(103.0 * 92.5, rel=0.1)
    plain = read_scenario(write(tmp_path / "without"))
    assert plain.digest != scenario.digest
    assert plain.digest == scenario_digest(replace(scenario, buildings=()))


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"id": "B1"}, "E-COLUMN-MISSING"),
        ({"id": "B1", "height_m": None}, "E-VALUE-MISSING"),
        ({"id": "B1", "height_m": 0}, "E-VALUE-RANGE"),
        ({"id": "B1", "height_m": "tall"}, "E-VALUE-NUMBER"),
    ],
)
def test_a_building_without_a_height_is_told(
    tmp_path: Path, properties: dict[str, Any], code: str
) -> None:
    """A building says how high it is, in metres."""
    layers = example() | {"buildings": blocks_layer(**properties)}
    folder = write(tmp_path, json.loads(json.dumps(layers)), WITH_BUILDINGS)
    found(inspected(folder), code)
