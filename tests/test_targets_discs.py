"""Discs of view are thinned out, and everything stays seen."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from planner.basics.geometry import FloatArray
from planner.targets.discs import Lie, settled, thinned

RADIUS_M = 300.0
BARRED = box(200, -50, 500, 250)
ANYWHERE = box(-5000, -5000, 5000, 5000).difference(BARRED)
ZONES = [box(0, 0, 800, 800), box(600, 100, 1400, 900)]

seeds = st.integers(0, 2**31)


def lie_of(helps: list[list[bool]]) -> tuple[Lie, list[FloatArray]]:
    """Return the lie of two squares, and the points of each in metres."""
    lie = Lie.of(ZONES, np.array(helps), ANYWHERE, RADIUS_M)
    places = lie.origin + lie.ground.at * lie.spot_m
    return lie, [places[lie.ground.zone == z] for z in range(len(ZONES))]


def spread(lie: Lie, seed: int) -> dict[int, FloatArray]:
    """Return more discs than are needed, by group, each on a spot."""
    dice = np.random.default_rng(seed)
    discs = {}
    for group, zone in enumerate(ZONES):
        x0, y0, x1, y1 = zone.bounds
        places = dice.uniform((x0, y0), (x1, y1), (25, 2))
        places = lie.origin + lie.spots(places) * lie.spot_m
        discs[group] = places[~shapely.intersects_xy(BARRED, *places.T)]
    return discs


def unseen(points: FloatArray, *discs: FloatArray) -> int:
    """Count the points that no disc sees."""
    away_m = np.linalg.norm(points[:, None] - np.vstack(discs)[None], axis=-1)
    return int((away_m.min(axis=1) > RADIUS_M + 1e-6).sum())


def test_points_fill_the_zones() -> None:
    """There is a point for each piece of ground of one size, and all lie in zones."""
    lie, points = lie_of([[True, True], [True, True]])
    for zone, mine in zip(ZONES, points, strict=True):
        assert shapely.contains_xy(zone, *mine.T).all()
        cell_m = RADIUS_M / 14
        assert abs(len(mine) * cell_m**2 / zone.area - 1) < 0.06
    assert lie.points.tolist() == [len(mine) for mine in points]


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(0, 5))
def test_nothing_is_lost_but_discs(seed: int, spare: int) -> None:
    """
    No zone loses more points than it spares, from its own discs and its helpers'.

    The second zone is helped by the discs of the first, not the other way round.
    """
    lie, points = lie_of([[True, True], [False, True]])
    discs = spread(lie, seed)
    before = unseen(points[0], discs[0]), unseen(points[1], discs[0], discs[1])
    spares, visits = np.full(2, spare), np.array([2.0, 1.0])
    for care in (0.0, 1.0):
        found = thinned(lie, spares, visits, discs, care=care)
        after = unseen(points[0], found[0]), unseen(points[1], found[0], found[1])
        for lost, spared in zip(after, before, strict=True):
            assert lost <= max(spare, spared)
        assert sum(map(len, found.values())) < sum(map(len, discs.values()))
        for places in found.values():
            assert not shapely.contains_xy(BARRED, *places.T).any()


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_settling_gives_no_disc_up(seed: int) -> None:
    """Discs that are only shifted are as many as before, and see no less."""
    lie, points = lie_of([[True, False], [False, True]])
    discs = {group: places[:3] for group, places in spread(lie, seed).items()}
    found = settled(lie, np.zeros(2, int), discs)
    for group in discs:
        assert len(found[group]) == len(discs[group])
        mine = points[group]
        assert unseen(mine, found[group]) <= unseen(mine, discs[group])


def test_a_disc_that_need_not_be_shifted_stays() -> None:
    """A disc stands where it stood to the last digit, also far from all that counts."""
    lie, _ = lie_of([[True, True]])
    discs = {0: np.array([[400.123456, 400.654321], [9000.25, -7000.75]])}
    found = settled(lie, lie.points, discs)
    assert (found[0] == discs[0]).all()


@given(seeds)
@settings(max_examples=3, deadline=None)
def test_the_same_discs_are_given_up(seed: int) -> None:
    """The same discs are thinned out in the same way."""
    lie, _ = lie_of([[True, True], [True, True]])
    discs = spread(lie, seed)
    first, second = (
        thinned(lie, np.zeros(2, int), np.ones(2), discs) for _ in range(2)
    )
    assert all((first[g] == second[g]).all() for g in discs)
