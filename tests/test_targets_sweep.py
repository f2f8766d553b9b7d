"""Sweep tiles pass every square metre under the camera, and keep out of closures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPoint, Point, Polygon, box
from shapely.geometry.base import BaseGeometry
from sweep_shapes import HARD
from worlds import MODEL, closure, discretised, privacy, square, station, world, zone

from planner.basics.physics import swath_at
from planner.scenario import Rules
from planner.targets import Target, Way
from planner.targets.camera import Camera, Sweeper, sweep_camera
from planner.targets.lanes import lay_lanes
from planner.targets.parts import layouts, narrow_directions
from planner.targets.sweep import sweep_tiles

PROMISED = 0.995
NOTHING = Polygon()
CAMERA = sweep_camera((MODEL,), Rules())
REACH_M = swath_at(MODEL.swath_m, CAMERA.layers_m[0]) / 2
LONGEST_S = 420.0


def sweeper(
    camera: Camera = CAMERA,
    closed: BaseGeometry = NOTHING,
    longest_s: float = LONGEST_S,
) -> Sweeper:
    """Return how the common drone type sweeps."""
    return Sweeper(
        camera=camera,
        airspeed_mps=MODEL.airspeed_mps,
        longest_s=longest_s,
        closed=closed,
    )


def tiles_of(
    shape: BaseGeometry, closed: BaseGeometry = NOTHING, longest_s: float = LONGEST_S
) -> list[tuple[Way, ...]]:
    """Return the tiles of a shape for the common drone type."""
    return sweep_tiles(shape, sweeper(closed=closed, longest_s=longest_s))


def seen(ways: Sequence[Way], reach_m: float = REACH_M) -> BaseGeometry:
    """Return what is seen along paths."""
    return shapely.union_all([track(w).buffer(reach_m, quad_segs=64) for w in ways])


def track(way: Way) -> BaseGeometry:
    """Return the path of a way."""
    if len(np.unique(way.xy, axis=0)) == 1:
        return Point(way.xy[0])
    return shapely.LineString(way.xy)


def seen_share(
    shape: BaseGeometry, tiles: Sequence[tuple[Way, ...]], reach_m: float = REACH_M
) -> float:
    """Return the share of a shape that is seen, each tile flown one way."""
    first = seen([ways[0] for ways in tiles], reach_m)
    return float(shape.intersection(first).area / shape.area)


def on_task_s(way: Way) -> float:
    """Return the time on task of a way without wind."""
    flown_m = float(np.hypot(*np.diff(way.xy, axis=0).T).sum())
    return flown_m / MODEL.airspeed_mps + float(way.wait_s.sum())


@st.composite
def shapes(draw: st.DrawFn) -> BaseGeometry:
    """Draw blobs, L and U shapes, holed, thin and tiny zones, turned at random."""
    kind = draw(st.sampled_from(("blob", "L", "U", "holed", "thin", "tiny", "two")))
    a, b = draw(st.floats(150.0, 1500.0)), draw(st.floats(150.0, 1500.0))
    if kind == "blob":
        spot = st.tuples(st.floats(-a, a), st.floats(-b, b))
        corners = draw(st.lists(spot, min_size=4, max_size=9, unique=True))
        shape = MultiPoint(corners).convex_hull.buffer(20.0)
    elif kind == "L":
        shape = box(0, 0, a, b).difference(box(a / 3, b / 3, a, b))
    elif kind == "U":
        shape = box(0, 0, a, b).difference(box(a / 3, b / 4, a / 2, b))
    elif kind == "holed":
        shape = box(0, 0, a, b).difference(box(a / 3, b / 4, a / 2, b / 2))
    elif kind == "thin":
        shape = box(0, 0, a, 7.0)
    elif kind == "tiny":
        shape = box(0, 0, 6.0, 4.0)
    else:
        shape = box(0, 0, a, b).union(box(a + 200, 0, 2 * a, b / 2))
    return affinity.rotate(shape, draw(st.floats(0.0, 180.0)))


@given(shapes())
def test_all_of_a_zone_is_swept(shape: BaseGeometry) -> None:
    """From the lowest fit layer at least 99.5 % of any shape is seen."""
    assert seen_share(shape, tiles_of(shape)) >= PROMISED


@given(shapes())
def test_ways_of_a_tile_see_the_same(shape: BaseGeometry) -> None:
    """However a tile is flown, the same ground is seen, and more on the way at most."""
    for ways in tiles_of(shape):
        assert len(ways) in (2, 4)
        views = [seen([way]) for way in ways]
        both = shapely.intersection_all(views).intersection(shape).area
        least = min(view.intersection(shape).area for view in views)
        assert both >= 0.99 * least
        ends = {(*way.xy[0].round(3), *way.xy[-1].round(3)) for way in ways}
        assert len(ends) == len(ways) or on_task_s(ways[0]) < 10.0


@given(shapes())
def test_a_turn_is_waited_at_each_change_of_lane(shape: BaseGeometry) -> None:
    """Each change of lane takes the time for one turn, and nothing else is waited."""
    for ways in tiles_of(shape):
        lanes = len(ways[0].xy) // 2
        for way in ways:
            assert len(way.xy) == 2 * lanes
            assert len(way.wait_s) == len(way.xy)
            assert way.wait_s[0] == way.wait_s[-1] == 0.0
            changes = way.wait_s[1:-1].reshape(-1, 2).sum(axis=1)
            assert changes.tolist() == [MODEL.turn_s] * (lanes - 1)


@given(shapes(), st.floats(60.0, 500.0))
def test_no_tile_is_too_long(shape: BaseGeometry, longest_s: float) -> None:
    """A tile takes no longer than allowed, unless it is a single lane."""
    for ways in tiles_of(shape, longest_s=longest_s):
        for way in ways:
            lanes = len(way.xy) // 2
            assert on_task_s(way) <= longest_s + 1e-6 or lanes == 1
            if lanes == 1:
                assert on_task_s(way) <= longest_s + 1e-6


@given(st.floats(0.0, 179.0), st.floats(200.0, 1500.0), st.floats(1.2, 4.0))
def test_lanes_run_along_the_narrow_direction(
    angle_deg: float, width_m: float, ratio: float
) -> None:
    """A turned rectangle is narrowest along its longer side; lanes follow a side."""
    shape = affinity.rotate(box(0, 0, width_m * ratio, width_m), angle_deg)
    found = narrow_directions(shape)[0]
    assert abs((found - angle_deg + 90) % 180 - 90) < 0.01
    (chosen,) = layouts(shape, sweeper())
    assert chosen.cost_s <= lay_lanes(shape, sweeper(), found).cost_s
    for ways in tiles_of(shape):
        lanes = ways[0].xy.reshape(-1, 2, 2)
        ahead = lanes[:, 1] - lanes[:, 0]
        turned = np.degrees(np.arctan2(ahead[:, 1], ahead[:, 0]))
        # Where it saves a lane, they run along the other side.
        assert np.all(np.abs((turned - angle_deg + 45) % 90 - 45) < 0.1)


@pytest.mark.parametrize("name", HARD)
def test_thin_tiny_and_torn_zones_are_swept(name: str) -> None:
    """Strips, slivers, patches, many holes and several parts are seen to 99.5 %."""
    tiles = tiles_of(HARD[name])
    assert seen_share(HARD[name], tiles) >= PROMISED
    assert all(on_task_s(way) <= LONGEST_S + 1e-6 for ways in tiles for way in ways)


@given(st.floats(0.0, 180.0), st.floats(0.05, 0.95))
def test_rings_that_touch_are_swept_however_they_are_turned(
    angle_deg: float, place: float
) -> None:
    """Holes whose corner lies on the rim leave no shape that cannot be cut."""
    rim = Polygon([(0, 0), (700, 90), (610, 540), (-80, 480)])
    touch = rim.exterior.interpolate(place, normalized=True)
    hole = Polygon([(touch.x, touch.y), (280, 250), (330, 300)])
    shape = affinity.rotate(rim.difference(hole), angle_deg, origin=(4e4, 9e3))
    assert seen_share(shape.buffer(0), tiles_of(shape)) >= PROMISED


@pytest.mark.parametrize("side_m", [47.0, 48.0, 55.1])
def test_a_field_that_is_no_multiple_of_the_swath_is_swept(side_m: float) -> None:
    """A square of 48 m at a swath of 11 m has no strip left at its edge."""
    camera = Camera(
        lane_spacing_m=11.0 / 1.05, layers_m=(100.0,), turn_s=6.0, reach_m=(5.5,)
    )
    field = box(0, 0, side_m, side_m)
    tiles = sweep_tiles(field, sweeper(camera))
    assert seen_share(field, tiles, reach_m=5.5) >= PROMISED
    lanes = sum(len(ways[0].xy) // 2 for ways in tiles)
    assert lanes == math.ceil(side_m * 1.05 / 11.0)


@given(shapes())
def test_no_fewer_lanes_run_along_another_direction(shape: BaseGeometry) -> None:
    """Lines of any direction cross a zone at least as often as those chosen."""
    assert narrow_width(shape, narrow_directions(shape)[0]) <= 1e-6 + min(
        narrow_width(shape, angle) for angle in np.arange(0.0, 180.0, 7.5)
    )


def narrow_width(shape: BaseGeometry, angle_deg: float) -> float:
    """Return how wide all stretches are that lines of a direction cross, by lines."""
    turned = affinity.rotate(shape, -angle_deg, origin=(0, 0))
    heights = np.unique(shapely.get_coordinates(turned)[:, 1])
    x0, _, x1, _ = turned.bounds
    width_m = 0.0
    for low, high in pairwise(heights.tolist()):
        y = (low + high) / 2
        line = shapely.LineString([(x0 - 1, y), (x1 + 1, y)])
        stretches = shapely.get_parts(turned.intersection(line))
        width_m += (high - low) * sum(s.length > 0 for s in stretches)
    return width_m


def test_arms_of_a_zone_have_lanes_of_their_own_direction() -> None:
    """Lanes run along each arm of a U and each tooth of a comb, not across."""
    for name in ("U of two directions", "comb"):
        found = layouts(HARD[name], sweeper())
        assert {round(one.angle_deg) % 180 for one in found} == {0, 90}


def test_parts_far_apart_have_lanes_of_their_own_direction() -> None:
    """No lane runs from one part of a zone to another that is far away."""
    zone = HARD["far apart"]
    assert {round(one.angle_deg) for one in layouts(zone, sweeper())} == {0, 60}
    for ways in tiles_of(zone):
        assert track(ways[0]).length < 3000.0


def test_lanes_cross_a_narrow_gap_at_once() -> None:
    """Two sides of a road are swept in common lanes where these cross it."""
    sides = shapely.union(box(0, 0, 600, 80), box(612, 0, 1200, 80))
    ((first, *_),) = tiles_of(sides)
    assert track(first).length == pytest.approx(1200.0, abs=100.0)
    assert len(first.xy) == 2


@st.composite
def barred(draw: st.DrawFn) -> tuple[BaseGeometry, BaseGeometry]:
    """Draw a zone and what is closed in it."""
    shape = draw(shapes())
    x0, y0, x1, y1 = shape.bounds
    parts = [
        Point(draw(st.floats(x0, x1)), draw(st.floats(y0, y1))).buffer(
            draw(st.floats(20.0, 200.0))
        )
        for _ in range(draw(st.integers(1, 3)))
    ]
    return shape, shapely.union_all(parts)


@given(barred())
def test_no_tile_enters_what_is_closed(
    pair: tuple[BaseGeometry, BaseGeometry],
) -> None:
    """No way of any tile enters what is closed, not between its lanes either."""
    shape, closed = pair
    inside = closed.buffer(-1e-6)
    for ways in tiles_of(shape, closed):
        for way in ways:
            assert not track(way).intersects(inside)


def swept(targets: Sequence[Target], layer_m: float) -> BaseGeometry:
    """Return what sweep targets see from a layer."""
    reach_m = swath_at(MODEL.swath_m, layer_m) / 2
    return seen([t.ways[0] for t in targets], reach_m)


def servable(shape: BaseGeometry, closed: BaseGeometry) -> BaseGeometry:
    """Return what can be seen from the ceiling outside a closure's clearance."""
    reach_m = swath_at(MODEL.swath_m, Rules().ceiling_m) / 2
    around = closed.buffer(30.0, quad_segs=64)
    return shape.difference(around.buffer(-reach_m, quad_segs=64))


CLOSURES = {
    "edge": box(800, -500, 3000, 1500),
    "corner": square(1000, 600, 250),
    "inside": square(500, 300, 60),
    "large inside": square(500, 300, 150),
    "small": square(500, 300, 10),
    "round": Point(500, 0).buffer(220),
    "slanted": affinity.rotate(box(850, -800, 3000, 1500), 20, origin=(850, 300)),
}


@pytest.mark.parametrize("where", CLOSURES)
def test_what_lies_in_closed_airspace_is_seen_from_its_edge(where: str) -> None:
    """From every layer a sweep may be flown at, all that counts is seen."""
    shape, closed = box(0, 0, 1000, 600), CLOSURES[where]
    scenario = world(
        [station("A", -1500, 0)], [zone("S", shape, "sweep")], [closure("X", closed)]
    )
    space, found = discretised(scenario)
    assert found.targets
    part = servable(shape, closed)
    layers = set.intersection(*(set(t.layers_m) for t in found.targets))
    assert layers
    for layer in layers:
        view = swept(found.targets, layer)
        assert part.intersection(view).area / part.area >= PROMISED
    for target in found.targets:
        for way in target.ways:
            assert not track(way).intersects(space.closed)


def test_a_private_courtyard_is_crossed_above_its_height() -> None:
    """A sweep that crosses a privacy zone is flown above it, and sees the rest."""
    shape, yard = box(0, 0, 800, 500), square(400, 250, 40)
    scenario = world(
        [station("A", -1500, 0)],
        [zone("S", shape, "sweep")],
        [privacy("P", yard, upper_m=100.0)],
    )
    _, found = discretised(scenario)
    rest = shape.difference(yard)
    assert rest.intersection(swept(found.targets, 90.0)).area / rest.area >= PROMISED
    for target in found.targets:
        crossed = track(target.ways[0]).intersects(yard)
        assert target.layers_m == ((105.0, 120.0) if crossed else (90.0, 105.0, 120.0))


def test_a_courtyard_that_no_drone_may_cross_is_gone_round() -> None:
    """A privacy zone higher than all layers is no reason to leave a zone unserved."""
    shape, yard = box(0, 0, 800, 500), square(400, 250, 40)
    scenario = world(
        [station("A", -1500, 0)],
        [zone("S", shape, "sweep")],
        [privacy("P", yard, upper_m=150.0)],
    )
    _, found = discretised(scenario)
    rest = shape.difference(yard)
    assert found.targets
    assert all(target.layers_m for target in found.targets)
    assert rest.intersection(swept(found.targets, 90.0)).area / rest.area >= PROMISED
    assert not any(track(w).intersects(yard) for t in found.targets for w in t.ways)


def test_a_sweep_goes_round_station_columns() -> None:
    """A station in a zone is gone round, and its surroundings are seen."""
    shape = box(-400, -300, 400, 300)
    scenario = world([station("A", 0, 0)], [zone("S", shape, "sweep")])
    _, found = discretised(scenario)
    column = Point(0, 0).buffer(50.0)
    assert not any(track(w).intersects(column) for t in found.targets for w in t.ways)
    assert shape.intersection(swept(found.targets, 90.0)).area / shape.area >= PROMISED


def test_lanes_suit_every_drone_type() -> None:
    """The narrowest swath, the widest overlap and the slowest turn set the lanes."""
    other = replace(MODEL, model="N", swath_m=140.0, overlap=0.3, turn_s=9.0)
    camera = sweep_camera((MODEL, other), Rules())
    assert camera.lane_spacing_m == pytest.approx(0.7 * 110.0)
    assert camera.turn_s == 9.0
    for layer in camera.layers_m:
        assert swath_at(110.0, layer) >= camera.lane_spacing_m
    assert CAMERA.layers_m == (90.0, 105.0, 120.0)


def test_a_low_ceiling_brings_lanes_together() -> None:
    """Under a ceiling below 100 m lanes are as close as its swath asks."""
    camera = sweep_camera((MODEL,), Rules(ceiling_m=75.0))
    assert camera.layers_m == (75.0,)
    assert camera.lane_spacing_m == pytest.approx(0.8 * 110.0 * 0.75)
    exact = sweep_camera((replace(MODEL, overlap=0.0),), Rules())
    assert exact.layers_m
    assert all(swath_at(110.0, h) >= exact.lane_spacing_m for h in exact.layers_m)
    low = sweep_camera((replace(MODEL, overlap=0.0),), Rules(ceiling_m=75.0))
    assert low.layers_m == (75.0,)
    assert low.lane_spacing_m <= swath_at(110.0, 75.0)


def test_neighbouring_lanes_are_no_farther_apart_than_the_spacing() -> None:
    """Lanes are evenly spaced, at most the lane spacing apart."""
    for ways in tiles_of(box(0, 0, 1000, 500)):
        rows = np.sort(np.unique(ways[0].xy[:, 1].round(3)))
        for low, high in pairwise(rows.tolist()):
            assert high - low <= CAMERA.lane_spacing_m + 1e-6
            assert math.isclose(high - low, 500 / math.ceil(500 / 88), abs_tol=0.01)
