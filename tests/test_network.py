"""Legs are the quickest flyable ways round what is in the way, and no quicker."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from shapely.affinity import translate
from shapely.geometry import LineString, MultiPoint, Point, box
from shapely.geometry.base import BaseGeometry
from worlds import MODEL, closure, privacy, square, station, world

from planner.airspace.freespace import FreeSpace, free_space
from planner.basics.geometry import FloatArray
from planner.basics.physics import flight_time_s, wind_vector
from planner.network.legs import Legs, path_times
from planner.network.obstacles import obstacles_near
from planner.network.sights import Sights, see
from planner.scenario import Scenario

CALM = (0.0, 0.0)
SIZE_M = 4000.0
AREA = box(-SIZE_M, -SIZE_M, 3 * SIZE_M, SIZE_M)


def sights_of(
    scenario: Scenario,
    places: Sequence[tuple[float, float]],
    reach_m: float = 20 * SIZE_M,
    space: FreeSpace | None = None,
) -> Sights:
    """Return what a scenario's stations, first, and other places see."""
    homes = [(s.point.x, s.point.y) for s in scenario.stations]
    stations = list(range(len(homes)))
    own = np.array([*stations, *(-1 for _ in places)])
    obstacles = obstacles_near(space or free_space(scenario), AREA, stations)
    return see(obstacles, np.array([*homes, *places], dtype=float), own, reach_m)


def legs_of(
    scenario: Scenario,
    places: Sequence[tuple[float, float]],
    wind: tuple[float, float] = CALM,
) -> tuple[FreeSpace, Legs, FloatArray]:
    """Return legs between a scenario's stations, first, and other places; times."""
    sights = sights_of(scenario, places)
    legs = Legs(sights, MODEL, (wind,), math.inf)
    return free_space(scenario), legs, times_of(legs, sights)


def times_of(legs: Legs, sights: Sights) -> FloatArray:
    """Return the times of all legs, shape (n, n)."""
    every = np.arange(len(sights.places))
    return legs.times_s(every, every)


def straight_s(a: FloatArray, b: FloatArray, wind: tuple[float, float] = CALM) -> float:
    """Return the time of a straight leg."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    return float(flight_time_s(dx, dy, MODEL.airspeed_mps, (wind,)))


def kept_out(space: FreeSpace) -> list[BaseGeometry]:
    """Return what no leg may enter but for a station's own column."""
    return [*space.closures, *(p.geometry for p in space.privacy)]


@dataclass(frozen=True)
class Field:
    """A scenario with obstacles, and places clear of them."""

    scenario: Scenario
    places: tuple[tuple[float, float], ...]


def made_field(seed: int, count: int = 40) -> Field:
    """Return closures, privacy zones and stations at random, and places between."""
    chance = np.random.default_rng(seed)

    def spot() -> tuple[float, float]:
        x, y = chance.uniform(-0.8 * SIZE_M, 0.8 * SIZE_M, 2)
        return float(x), float(y)

    shapes: list[BaseGeometry] = []
    for _ in range(7):
        x, y = spot()
        kind = int(chance.integers(3))
        if kind == 0:
            shapes.append(square(x, y, float(chance.uniform(20, 500))))
        elif kind == 1:
            shapes.append(Point(x, y).buffer(float(chance.uniform(30, 400))))
        else:
            spread = chance.normal((x, y), 300, (6, 2))
            shapes.append(MultiPoint(spread).convex_hull)
    homes = [spot() for _ in range(4)]
    # This one reaches into the first station's column.
    shapes[0] = square(homes[0][0] + 95, homes[0][1] + 20, 35)
    scenario = world(
        [station(f"S{i}", *home) for i, home in enumerate(homes)],
        airspace=[
            *(closure(f"X{i}", shape) for i, shape in enumerate(shapes[:5])),
            *(privacy(f"P{i}", shape) for i, shape in enumerate(shapes[5:])),
        ],
    )
    space = free_space(scenario)
    barred = shapely.union_all(
        [space.shut, *space.columns, space.privacy_area.buffer(1.0)]
    )
    places: list[tuple[float, float]] = []
    while len(places) < count:
        at = spot()
        if not barred.intersects(Point(at)):
            places.append(at)
    return Field(scenario, tuple(places))


@pytest.mark.parametrize("wind", [CALM, wind_vector(5.0, 30.0)])
def test_nothing_in_the_way_is_flown_straight(wind: tuple[float, float]) -> None:
    """Over open ground a leg takes as long as the straight line, wind or not."""
    chance = np.random.default_rng(1)
    places = [tuple(p) for p in chance.uniform(-3000, 3000, (30, 2)).tolist()]
    _, legs, time_s = legs_of(world([station("A", 3900, 3900)]), places, wind)
    xy = np.array([(3900.0, 3900.0), *places])
    for i, j in itertools.permutations(range(len(xy)), 2):
        assert time_s[i, j] == pytest.approx(straight_s(xy[i], xy[j], wind))
        assert np.array_equal(legs.path(i, j), xy[[i, j]])


@pytest.mark.parametrize("seed", range(6))
def test_no_leg_enters_what_is_closed(seed: int) -> None:
    """Of ten thousand legs none enters a closure, a privacy zone or a column."""
    field = made_field(seed)
    space, legs, time_s = legs_of(field.scenario, field.places)
    n, stations = len(time_s), len(field.scenario.stations)
    pairs = [
        (i, j)
        for i, j in itertools.permutations(range(n), 2)
        if math.isfinite(time_s[i, j])
    ]
    assert len(pairs) > 1500
    lines = np.array([LineString(legs.path(i, j)) for i, j in pairs])
    for shape in kept_out(space):
        shapely.prepare(shape)
        assert not shapely.intersects(shape, lines).any()
    for s in range(stations):
        column = field.scenario.stations[s].point.buffer(50.0)
        foreign = np.array([s not in pair for pair in pairs])
        assert not shapely.intersects(column, lines[foreign]).any()


@pytest.mark.parametrize("wind", [CALM, wind_vector(4.0, 250.0)])
def test_a_leg_takes_as_long_as_its_path(wind: tuple[float, float]) -> None:
    """The time of a leg is that of the path drawn for it."""
    field = made_field(3)
    _, legs, time_s = legs_of(field.scenario, field.places, wind)
    for i, j in itertools.permutations(range(0, len(time_s), 2), 2):
        if math.isfinite(time_s[i, j]):
            path = legs.path(i, j)
            times = path_times(path, np.zeros(len(path)), MODEL, (wind,))
            assert times[-1] == pytest.approx(time_s[i, j], abs=1e-6)
            # Through the air, each line is as long as the airspeed makes it.
            spent_s = np.diff(times)[:, None]
            through_air_m = np.hypot(*(np.diff(path, axis=0) - spent_s * wind).T)
            assert through_air_m == pytest.approx(MODEL.airspeed_mps * spent_s[:, 0])


def test_out_and_back_are_alike_without_wind() -> None:
    """In still air a leg takes as long in either direction."""
    field = made_field(5)
    _, _, time_s = legs_of(field.scenario, field.places)
    assert np.allclose(time_s, time_s.T, rtol=1e-9)
    assert np.array_equal(np.diag(time_s), np.zeros(len(time_s)))


def test_wind_helps_one_way_and_hinders_the_other() -> None:
    """Out and back differ as the wind triangle says."""
    _, _, time_s = legs_of(
        world([station("A", 3900, 3900)]),
        [(0, 0), (2400, 0), (0, 1200)],
        wind_vector(6.0, 270.0),
    )
    assert time_s[1, 2] == pytest.approx(2400 / 18)
    assert time_s[2, 1] == pytest.approx(2400 / 6)
    across = 1200 / math.sqrt(12**2 - 6**2)
    assert time_s[[1, 3], [3, 1]] == pytest.approx(across)


def test_too_strong_a_wind_leaves_no_way_back() -> None:
    """What cannot be flown against the wind is infinite, and what can is not."""
    _, _, time_s = legs_of(
        world([station("A", 3900, 3900)], airspace=[closure("X", square(0, 900, 99))]),
        [(0, 0), (2400, 0)],
        wind_vector(13.0, 270.0),
    )
    assert time_s[1, 2] == pytest.approx(2400 / 25)
    assert math.isinf(time_s[2, 1])


@pytest.mark.parametrize(("seed", "wind"), [(0, CALM), (2, wind_vector(4.0, 100.0))])
def test_no_detour_is_quicker(seed: int, wind: tuple[float, float]) -> None:
    """No leg takes longer than two legs by way of a third place."""
    field = made_field(seed)
    _, _, time_s = legs_of(field.scenario, field.places, wind)
    # Only a station's own legs may pass its column.
    times = time_s[4:, 4:]
    for middle in range(len(times)):
        by_way = times[:, middle, None] + times[None, middle, :]
        assert np.all(times <= by_way + 1e-6)


class ByHand:
    """
    Quickest times between places over all corners, each line held against all walls.

    Nothing of it is ours but where flight is closed: lines by shapely, the search by
    scipy.
    """

    def __init__(
        self, space: FreeSpace, places: FloatArray, wind: tuple[float, float]
    ) -> None:
        private = [p.geometry.buffer(0.5, join_style="mitre") for p in space.privacy]
        walls = [*shapely.get_parts(space.closed), *private, *space.columns]
        shapely.prepare(walls)
        round_them = [w.simplify(0.3).buffer(0.35, join_style="mitre") for w in walls]
        nodes = np.vstack([places, *map(shapely.get_coordinates, round_them)])
        self._count, self._size = len(places), len(nodes)
        self._i, self._j = np.triu_indices(len(nodes), 1)
        ends = np.stack([nodes[self._i], nodes[self._j]], axis=1)
        lines = shapely.linestrings(ends)
        self._met = np.array([shapely.intersects(wall, lines) for wall in walls])
        east, north = (ends[:, 1] - ends[:, 0]).T
        self._there_s = flight_time_s(east, north, MODEL.airspeed_mps, (wind,))
        self._back_s = flight_time_s(-east, -north, MODEL.airspeed_mps, (wind,))
        self._first_column = len(walls) - len(space.columns)

    def times_s(self, own: int | None) -> FloatArray:
        """Return the times between places, where one column may be passed."""
        walls = np.ones(len(self._met), dtype=bool)
        if own is not None:
            walls[self._first_column + own] = False
        free = ~self._met[walls].any(axis=0)
        i, j = self._i[free], self._j[free]
        graph = coo_array(
            (
                np.concatenate([self._there_s[free], self._back_s[free]]),
                (np.concatenate([i, j]), np.concatenate([j, i])),
            ),
            shape=(self._size,) * 2,
        )
        found = dijkstra(graph.tocsr(), indices=range(self._count))
        return found[:, : self._count]


@pytest.mark.parametrize("seed", range(20))
def test_legs_are_the_quickest(seed: int) -> None:
    """Legs agree with a search by hand to 0.1 %, on two hundred at the least."""
    wind = wind_vector(5.0, 36.0 * seed) if seed % 2 else CALM
    field = made_field(seed, count=12)
    space, _, time_s = legs_of(field.scenario, field.places, wind)
    homes = [(s.point.x, s.point.y) for s in field.scenario.stations]
    xy = np.array([*homes, *field.places])
    hand = ByHand(space, xy, wind)
    step = xy[None] - xy[:, None]
    straight = flight_time_s(step[..., 0], step[..., 1], MODEL.airspeed_mps, (wind,))
    bent = (time_s > straight + 1e-6) & (np.hypot(*step.T) > 1000)
    stations = len(homes)
    compared = 0
    for own in (None, *range(stations)):
        mine = np.zeros_like(bent)
        if own is None:
            mine[stations:, stations:] = True
        else:
            mine[own, stations:] = mine[stations:, own] = True
        by_hand = hand.times_s(own)[mine & bent]
        ours = time_s[mine & bent]
        assert np.array_equal(np.isinf(ours), np.isinf(by_hand))
        flown = np.isfinite(ours)
        assert ours[flown] == pytest.approx(by_hand[flown], rel=1e-3)
        compared += int(flown.sum())
    assert compared >= 10


@pytest.mark.parametrize("wind", [CALM, wind_vector(5.0, 120.0)])
def test_only_what_no_sortie_holds_is_left_out(wind: tuple[float, float]) -> None:
    """Within a reach all legs are as without one, if they and the way back fit."""
    field = made_field(2, count=60)
    longest_s = 450.0
    reach_m = MODEL.airspeed_mps * longest_s / 2
    near = sights_of(field.scenario, field.places, reach_m)
    some = times_of(Legs(near, MODEL, (wind,), longest_s), near)
    _, _, everything = legs_of(field.scenario, field.places, wind)
    step = near.places[:, None] - near.places[None]
    back_s = flight_time_s(step[..., 0], step[..., 1], MODEL.airspeed_mps, (wind,))
    fits = everything + back_s <= longest_s
    assert np.allclose(some[fits], everything[fits], rtol=1e-9)
    assert np.isinf(some[~fits]).all()
    assert 0.1 < fits.mean() < 0.9


def test_a_city_twice_as_large_takes_twice_the_work() -> None:
    """Lines looked along and corners searched grow with the city, not its square."""
    field = made_field(7, count=200)
    scenario = field.scenario
    shift_m = 2 * SIZE_M
    twice = replace(
        scenario,
        stations=(
            *scenario.stations,
            *(
                station(f"T{i}", s.point.x + shift_m, s.point.y)
                for i, s in enumerate(scenario.stations)
            ),
        ),
        airspace=(
            *scenario.airspace,
            *(
                replace(a, id=f"Y{i}", geometry=translate(a.geometry, shift_m))
                for i, a in enumerate(scenario.airspace)
            ),
        ),
    )
    places = [*field.places, *((x + shift_m, y) for x, y in field.places)]
    longest_s = 300.0
    reach_m = MODEL.airspeed_mps * longest_s / 2
    work = []
    for city, spots in ((scenario, field.places), (twice, places)):
        sights = sights_of(city, spots, reach_m)
        legs = Legs(sights, MODEL, (CALM,), longest_s)
        lines = (sights.free, sights.barred, sights.seen, sights.between)
        work.append([*map(len, lines), legs.reached])
    ratio = np.array(work[1]) / np.array(work[0])
    assert np.all((ratio > 1.9) & (ratio < 2.3))


def test_the_order_of_obstacles_changes_nothing() -> None:
    """Legs are the same, byte by byte, in whatever order obstacles come."""
    field = made_field(4)
    space = free_space(field.scenario)
    turned = replace(
        space,
        closed=shapely.MultiPolygon(
            [part.reverse() for part in shapely.get_parts(space.closed)[::-1]]
        ),
        privacy=space.privacy[::-1],
    )
    seen = [
        sights_of(field.scenario, field.places, space=each) for each in (space, turned)
    ]
    one, other = (Legs(sights, MODEL, (CALM,), math.inf) for sights in seen)
    time_s = times_of(one, seen[0])
    assert time_s.tobytes() == times_of(other, seen[1]).tobytes()
    for i, j in itertools.permutations(range(0, 40, 3), 2):
        if math.isfinite(time_s[i, j]):
            assert one.path(i, j).tobytes() == other.path(i, j).tobytes()


def test_a_leg_that_is_not_there_has_no_path() -> None:
    """Who asks for a path that cannot be flown is told so."""
    ring = square(0, 0, 600).difference(square(0, 0, 300))
    scenario = world([station("A", 2000, 0)], airspace=[closure("X", ring)])
    _, legs, _ = legs_of(scenario, [(0, 0)])
    with pytest.raises(ValueError, match="no leg"):
        legs.path(0, 1)


def test_only_its_own_column_is_open_to_a_station() -> None:
    """A station's legs leave its column straight; those of others go round it."""
    scenario = world([station("A", 0, 0), station("B", 1000, 10)])
    _, legs, time_s = legs_of(scenario, [(-800, 0), (800, 0), (2000, 0)])
    a, b, west, middle, east = range(5)
    assert len(legs.path(a, west)) == 2
    assert len(legs.path(a, middle)) == 2
    assert len(legs.path(a, b)) == 2
    assert len(legs.path(west, middle)) > 2
    assert len(legs.path(a, east)) > 2
    column = scenario.stations[b].point.buffer(50.0)
    assert not LineString(legs.path(a, east)).intersects(column)
    assert time_s[a, east] < 1.01 * straight_s(np.zeros(2), np.array([2000.0, 0]))


def test_a_walled_place_is_out_of_reach() -> None:
    """A place inside a ring of closures has infinite legs, and no others have."""
    ring = square(0, 0, 600).difference(square(0, 0, 300))
    scenario = world([station("A", 2000, 0)], airspace=[closure("X", ring)])
    _, _, time_s = legs_of(scenario, [(0, 0), (-2000, 0), (100, 50)])
    assert np.isinf(time_s[[0, 2], 1]).all()
    assert np.isinf(time_s[1, [0, 2]]).all()
    assert np.isfinite(time_s[0, 2])
    assert time_s[1, 3] == pytest.approx(math.hypot(100, 50) / 12)


def test_a_ring_can_be_flown_in() -> None:
    """Inside a closed ring the corners of its hole are gone round."""
    ring = square(0, 0, 1500).difference(
        shapely.union_all([box(-1200, -1200, 1200, -300), box(-1200, -400, -300, 1200)])
    )
    scenario = world([station("A", 3000, 0)], airspace=[closure("X", ring)])
    space, legs, time_s = legs_of(scenario, [(1000, -800), (-800, 1000)])
    assert math.isfinite(time_s[1, 2])
    assert not LineString(legs.path(1, 2)).intersects(space.closed.buffer(-1e-3))


def test_a_place_beside_a_closure_is_reached() -> None:
    """Where a target may be, right at the margin of a closure, legs begin and end."""
    around = Point(0, 0).buffer(237.0)
    scenario = world([station("A", 2000, 0)], airspace=[closure("X", around)])
    space = free_space(scenario)
    rim = shapely.boundary(space.shut.buffer(0.01))
    places = [
        (p.x, p.y)
        for share in np.linspace(0, 1, 25)
        for p in [rim.interpolate(share, normalized=True)]
    ]
    _, _, time_s = legs_of(scenario, places)
    assert np.isfinite(time_s).all()


@settings(max_examples=8)
@given(st.integers(0, 10_000), st.floats(0.0, 10.0), st.floats(0.0, 360.0))
def test_no_leg_beats_the_crow(seed: int, speed_mps: float, from_deg: float) -> None:
    """No leg is quicker than the straight line would be."""
    wind = wind_vector(speed_mps, from_deg)
    field = made_field(seed, count=6)
    _, _, time_s = legs_of(field.scenario, field.places, wind)
    homes = [(s.point.x, s.point.y) for s in field.scenario.stations]
    xy = np.array([*homes, *field.places])
    for i, j in itertools.permutations(range(len(xy)), 2):
        assert time_s[i, j] >= straight_s(xy[i], xy[j], wind) - 1e-6


def test_arrival_times_include_waits_before_but_not_at_the_end() -> None:
    """A wait is spent after arriving at its vertex."""
    xy = np.array([[0.0, 0], [120, 0], [120, 240]])
    model = replace(MODEL, airspeed_mps=12.0)
    times = path_times(xy, np.array([5.0, 7.0, 9.0]), model, (CALM,))
    assert times.tolist() == [0.0, 15.0, 42.0]
