"""Layers are open or closed by closed limits: what touches a limit is closed."""

from __future__ import annotations

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString
from worlds import closure, privacy, square, station, world

from planner.airspace.freespace import Surroundings, free_space, open_layers
from planner.scenario import Airspace

STATIONS = [station("A", 0, 0)]
ACROSS = LineString([(500, 0), (1500, 0)])
PATCH = square(1000, 0, 100)


def layers(area: Airspace, path: shapely.LineString = ACROSS) -> tuple[float, ...]:
    """Return the layers at which a path may be flown near a piece of airspace."""
    scenario = world(STATIONS, airspace=[area])
    return open_layers(scenario, free_space(scenario), path)


@pytest.mark.parametrize(
    ("lower_m", "upper_m", "left"),
    [
        (105.0, float("inf"), (60.0, 75.0, 90.0)),
        (105.1, float("inf"), (60.0, 75.0, 90.0, 105.0)),
        (61.0, 75.0, (60.0, 90.0, 105.0, 120.0)),
        (76.0, 89.0, (60.0, 75.0, 90.0, 105.0, 120.0)),
        (120.0, 120.0, (60.0, 75.0, 90.0, 105.0)),
        (120.1, 500.0, (60.0, 75.0, 90.0, 105.0, 120.0)),
    ],
)
def test_closures_above_close_the_layers_they_touch(
    lower_m: float, upper_m: float, left: tuple[float, ...]
) -> None:
    """A closure above the floor closes the layers within its limits, not the ground."""
    area = closure("X", PATCH, lower_m=lower_m, upper_m=upper_m)
    assert layers(area) == left
    assert free_space(world(STATIONS, airspace=[area])).closed.is_empty


@pytest.mark.parametrize(
    ("lower_m", "upper_m", "shut"),
    [(0.0, 60.0, True), (60.0, 60.0, True), (0.0, 59.9, False), (60.1, 200.0, False)],
)
def test_what_reaches_the_lowest_layer_is_gone_round(
    lower_m: float, upper_m: float, shut: bool
) -> None:
    """A closure is an obstacle where it reaches the floor, limits included."""
    area = closure("X", PATCH, lower_m=lower_m, upper_m=upper_m)
    closed = free_space(world(STATIONS, airspace=[area])).closed
    assert closed.is_empty != shut
    if shut:
        assert closed.contains(PATCH.buffer(30.0))


def test_clearance_is_kept_from_closures_above() -> None:
    """A path within the clearance of a closure above is restricted as well."""
    area = closure("X", PATCH, lower_m=105.0)
    near, away = LineString([(0, 129), (2000, 129)]), LineString([(0, 132), (9, 132)])
    assert layers(area, near) == (60.0, 75.0, 90.0)
    assert layers(area, away) == (60.0, 75.0, 90.0, 105.0, 120.0)


def test_privacy_is_crossed_at_its_height_and_above() -> None:
    """A privacy zone closes the layers below its height, without a clearance."""
    assert layers(privacy("P", PATCH, upper_m=90.0)) == (90.0, 105.0, 120.0)
    beside = LineString([(0, 101), (2000, 101)])
    assert layers(privacy("P", PATCH, upper_m=90.0), beside)[0] == 60.0


def test_granted_airspace_is_open() -> None:
    """Airspace that needs a permit is closed unless it is granted."""
    area = closure("R", PATCH, restriction="REQ_AUTHORISATION")
    refused = free_space(world(STATIONS, airspace=[area]))
    granted = free_space(world(STATIONS, airspace=[area], authorised=("R",)))
    assert not refused.closed.is_empty
    assert granted.closed.is_empty


def test_a_schedule_closes_all_day() -> None:
    """Airspace that is closed for an hour is gone round at all times."""
    area = closure("X", PATCH, schedule=((7 * 3600.0, 8 * 3600.0),))
    assert not free_space(world(STATIONS, airspace=[area])).closed.is_empty


@given(
    spots=st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), max_size=12),
    at=st.tuples(st.integers(-9, 9), st.integers(-9, 9)),
)
def test_surroundings_tell_all_that_is_near(
    spots: list[tuple[int, int]], at: tuple[int, int]
) -> None:
    """Round an area, a free space and what is told of it there are the same."""
    shapes = [square(400 * x, 400 * y, 150) for x, y in spots]
    scenario = world(
        [station(f"S{i}", 400 * x, 400 * y) for i, (x, y) in enumerate(spots)]
        or STATIONS,
        airspace=[
            *(closure(f"C{i}", s) for i, s in enumerate(shapes[::3])),
            *(privacy(f"P{i}", s) for i, s in enumerate(shapes[1::3])),
            *(closure(f"U{i}", s, lower_m=90.0) for i, s in enumerate(shapes[2::3])),
        ],
    )
    space = free_space(scenario)
    area = square(400 * at[0], 400 * at[1], 250)
    here, near = Surroundings(space, 100.0).of(area), area.buffer(100.0)
    for whole, told in (
        (space.shut, here.shut),
        (space.privacy_area, here.privacy_area),
        (shapely.union_all(space.columns), shapely.union_all(here.columns)),
    ):
        differing = whole.symmetric_difference(told).intersection(near)
        assert differing.area < 1e-6
    assert open_layers(scenario, here, near) == open_layers(scenario, space, near)
    assert set(here.columns) <= set(space.columns)
