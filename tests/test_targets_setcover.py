"""The fewest places that see all points, and never fewer than can be."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.geometry import Polygon, box
from worlds import closure, discretised, privacy, square, station, world, zone

from planner.airspace.freespace import free_space
from planner.targets.disc_bound import fewest_discs, viewpoint_bounds
from planner.targets.setcover import fewest, greedy

RADIUS_M = 300.0


def fewest_by_force(sees: list[set[int]], room: int = 0) -> int:
    """Return how many places see all that any sees but a few, by trying every set."""
    wanted = set().union(*sees)
    for count in range(len(sees) + 1):
        for some in itertools.combinations(sees, count):
            if len(wanted) - len(set().union(*some)) <= room:
                return count
    raise AssertionError


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.frozensets(st.integers(0, 11), max_size=6), min_size=1, max_size=9),
    st.integers(0, 4),
)
def test_no_choice_is_smaller(drawn: list[frozenset[int]], spare: int) -> None:
    """What is picked sees all that can be seen, with as few places as can be."""
    sees = [np.array(sorted(seen), dtype=np.int64) for seen in drawn]
    seeable = len(set().union(*drawn))
    room = max(0, spare - (12 - seeable))
    chosen = fewest(sees, 12, spare)
    assert seeable - len(set().union(*(drawn[i] for i in chosen))) <= room
    assert len(chosen) == fewest_by_force([set(seen) for seen in drawn], room)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.frozensets(st.integers(0, 11), max_size=6), min_size=1, max_size=9),
    st.integers(0, 4),
)
def test_greed_takes_what_sees_most(drawn: list[frozenset[int]], spare: int) -> None:
    """Each place sees as many new points as any, and none is taken without need."""
    sees = [np.array(sorted(seen), dtype=np.int64) for seen in drawn]
    left = set(range(12))
    for place in greedy(sees, 12, spare):
        assert len(left) > spare
        assert len(left & drawn[place]) == max(len(left & seen) for seen in drawn) > 0
        left -= drawn[place]
    assert len(left) <= spare or not left & set().union(*drawn)


def test_greed_is_not_enough() -> None:
    """Where the largest bite is a trap, two places do instead of three."""
    rows = [[0, 1, 2, 3], [4, 5, 6, 7], [0, 1, 2, 4, 5, 6], [3], [7]]
    assert fewest([np.array(row) for row in rows], 8) == [0, 1]


def specks(places: NDArray[np.float64]) -> list[Polygon]:
    """Return small squares."""
    return [square(float(x), float(y), 1.0) for x, y in places]


def discs_by_force(places: NDArray[np.float64], radius_m: float) -> int:
    """Return the fewest discs that hold points, by every disc through two of them."""
    centres = list(places)
    for a, b in itertools.combinations(places, 2):
        half = (b - a) / 2
        length = float(np.hypot(*half))
        if 0 < length <= radius_m:
            across = np.array([-half[1], half[0]]) / length
            away = math.sqrt(radius_m**2 - length**2)
            centres += [a + half + across * away, a + half - across * away]
    sees = {
        frozenset(np.flatnonzero(np.hypot(*(places - c).T) <= radius_m + 1e-6).tolist())
        for c in centres
    }
    return fewest_by_force([set(seen) for seen in sorted(sees, key=sorted)])


spots = st.tuples(st.floats(0, 1500), st.floats(0, 1500))


@settings(max_examples=40, deadline=None)
@given(st.lists(spots, min_size=1, max_size=6, unique=True))
def test_the_bound_is_below_the_best_by_force(drawn: list[tuple[float, float]]) -> None:
    """No choice of discs sees specks with fewer than the bound."""
    places = np.array(drawn)
    # Discs a little smaller that hold the middles are discs that hold the specks.
    best = discs_by_force(places, RADIUS_M - 2.0)
    assert 1 <= fewest_discs(specks(places), RADIUS_M) <= best


def test_the_bound_is_met_where_zones_are_far_apart() -> None:
    """Specks that share no disc need one each; those in one disc need one together."""
    apart = np.array([[0.0, 0.0], [700.0, 0.0], [0.0, 700.0]])
    assert fewest_discs(specks(apart), RADIUS_M) == 3
    assert fewest_discs(specks(apart / 3), RADIUS_M) == 1
    assert fewest_discs([], RADIUS_M) == 0


@pytest.mark.parametrize(
    ("shape", "low", "high"),
    [
        (square(0, 0, 212.0), 1, 1),  # lies in one disc
        (box(0, 0, 2000, 1), 4, 4),  # four discs, end to end
        (box(0, 0, 2400, 600), 6, 8),
        (square(0, 0, 200.0).difference(square(0, 0, 199.0)), 1, 1),
    ],
)
def test_the_bound_of_known_shapes(shape: Polygon, low: int, high: int) -> None:
    """It lies between what area or length ask for and a cover that is known."""
    assert low <= fewest_discs([shape], RADIUS_M) <= high


centre = st.floats(-600.0, 600.0)


@settings(max_examples=12, deadline=None)
@given(centre, centre, centre, centre, st.floats(40.0, 250.0))
def test_no_viewpoint_where_none_is_allowed(
    x: float, y: float, u: float, v: float, half_m: float
) -> None:
    """
    Viewpoints lie in no prohibited or privacy area, wherever these are.

    And there are at least as many as the bound says.
    """
    barred, private = square(x, y, half_m), square(u, v, half_m)
    scenario = world(
        [station("A", 0, -2000)],
        [
            zone("V", square(-500, 0, 400)),
            zone("W", square(500, 0, 400), revisit_s=1800.0),
        ],
        [closure("X", barred), privacy("P", private)],
    )
    _, found = discretised(scenario)
    places = shapely.points([t.ways[0].xy[0] for t in found.targets])
    assert not shapely.dwithin(places, barred, 30.0).any()
    assert not shapely.intersects(places, private).any()
    total, by_demand = viewpoint_bounds(scenario, free_space(scenario))
    if not found.closed:
        assert max(by_demand.values()) <= total <= len(places)
