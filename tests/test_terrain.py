"""The ground of a raster: what a path touches, and what is closed over it."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.airspace.overground import smoothed
from planner.basics.terrain import Terrain

SIDE_M = 7.0


def ground(seed: int, rows: int = 9, columns: int = 11, holes: float = 0.0) -> Terrain:
    """Return made-up ground."""
    dice = np.random.default_rng(seed)
    high = np.round(dice.uniform(-30, 40, (rows, columns)), 3)
    low = high - np.round(dice.uniform(0, 5, high.shape), 3)
    unknown = dice.random(high.shape) < holes
    low[unknown] = high[unknown] = np.nan
    return Terrain(
        west_m=-20.0, south_m=5.0, square_m=SIDE_M, lowest_m=low, highest_m=high
    )


inside = st.tuples(st.floats(-19.9, 56.9), st.floats(5.1, 67.9))
on_lines = st.tuples(
    st.integers(1, 10).map(lambda k: -20.0 + SIDE_M * k),
    st.integers(1, 8).map(lambda k: 5.0 + SIDE_M * k),
)
places = st.one_of(inside, on_lines)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**31), places, places)
def test_what_a_segment_crosses_is_what_dense_samples_say(
    seed: int, a: tuple[float, float], b: tuple[float, float]
) -> None:
    """No sample of a segment lies over ground beyond that of its stretch, nor less."""
    terrain = ground(seed)
    crossed = terrain.crossed(np.array([a]), np.array([b]))
    shares = np.linspace(0, 1, 501)
    xy = np.array(a) + shares[:, None] * (np.array(b) - a)
    column, row = np.floor((xy - (-20.0, 5.0)) / SIDE_M).astype(int).T
    here = (crossed.start <= shares[:, None] + 1e-9) & (
        shares[:, None] - 1e-9 <= crossed.end
    )
    found_m = np.where(here, crossed.highest_m, -np.inf).max(axis=1)
    assert (found_m >= terrain.highest_m[row, column]).all()
    found_m = np.where(here, crossed.lowest_m, np.inf).min(axis=1)
    assert (found_m <= terrain.lowest_m[row, column]).all()
    # Nor does it say more than what lies within a hair of the segment.
    line = shapely.LineString([a, b]).buffer(1e-3)
    low_m, high_m = terrain.near(line)
    assert crossed.highest_m.max() <= high_m
    assert crossed.lowest_m.min() >= low_m


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**31), places, places)
def test_stretches_fill_a_segment_in_order(
    seed: int, a: tuple[float, float], b: tuple[float, float]
) -> None:
    """The stretches of a segment follow each other from its beginning to its end."""
    crossed = ground(seed).crossed(np.array([a, b]), np.array([b, a]))
    for k in (0, 1):
        long = (crossed.segment == k) & (crossed.start < crossed.end)
        start, end = crossed.start[long], crossed.end[long]
        if a == b:
            continue
        assert start[0] == 0.0
        assert end[-1] == 1.0
        assert np.array_equal(start[1:], end[:-1])


def test_an_edge_counts_for_both_squares_and_a_corner_for_four() -> None:
    """Squares are closed: who flies along a line is over both sides of it."""
    high = np.arange(9.0).reshape(3, 3)
    terrain = Terrain(
        west_m=0.0, south_m=0.0, square_m=10.0, lowest_m=high, highest_m=high
    )
    places_xy = np.array([[5.0, 5.0], [10.0, 5.0], [10.0, 10.0], [0.0, 5.0], [99, 5]])
    lowest_m, highest_m = terrain.at(places_xy)
    assert lowest_m[:3].tolist() == [0.0, 0.0, 0.0]
    assert highest_m[:3].tolist() == [0.0, 1.0, 4.0]
    assert np.isnan(highest_m[3:]).all()
    along = terrain.crossed(np.array([[10.0, 1.0]]), np.array([[10.0, 9.0]]))
    assert (along.highest_m == 1.0).all()
    through = terrain.crossed(np.array([[5.0, 5.0]]), np.array([[15.0, 15.0]]))
    assert through.highest_m[through.start == through.end].max() == 4.0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.05, 0.6))
def test_outlines_hold_all_squares(seed: int, share: float) -> None:
    """However it is smoothed, no closed square reaches out of its outline."""
    terrain = ground(seed, 25, 30)
    chosen = np.random.default_rng(seed).random((25, 30)) < share
    squares = terrain.squares(chosen)
    assert squares.area == np.float64(chosen.sum() * SIDE_M**2) or np.isclose(
        squares.area, chosen.sum() * SIDE_M**2
    )
    assert smoothed(squares, SIDE_M).contains(squares)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), places, st.floats(0.1, 30.0))
def test_ground_near_a_shape_is_that_of_the_squares_it_touches(
    seed: int, centre: tuple[float, float], radius_m: float
) -> None:
    """What is found by window and what all squares together say is the same."""
    terrain = ground(seed, holes=0.3)
    disc = shapely.Point(centre).buffer(radius_m)
    x = -20.0 + SIDE_M * np.arange(11)
    y = 5.0 + SIDE_M * np.arange(9)[:, None]
    boxes = shapely.box(x, y, x + SIDE_M, y + SIDE_M)
    touched = shapely.intersects(boxes, disc) & ~np.isnan(terrain.highest_m)
    found = terrain.near(disc)
    if touched.any():
        assert found == (
            terrain.lowest_m[touched].min(),
            terrain.highest_m[touched].max(),
        )
    else:
        assert np.isnan(found).all()
    known = shapely.union_all(boxes[~np.isnan(terrain.highest_m)])
    share = disc.intersection(known).area / disc.area
    assert np.isclose(terrain.known_share(disc), share, atol=1e-9)
