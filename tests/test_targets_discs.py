"""Discs of view are thinned out, and everything stays seen."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from planner.basics.geometry import FloatArray
from planner.targets.discs import thinned

RADIUS_M = 300.0
BARRED = box(200, -50, 500, 250)
ANYWHERE = box(-5000, -5000, 5000, 5000).difference(BARRED)

seeds = st.integers(0, 2**31)


def spread(seed: int) -> tuple[list[FloatArray], dict[int, FloatArray]]:
    """Return the points of two squares, and more discs than are needed, by group."""
    grid = np.stack(np.meshgrid(*[np.arange(0, 800, 40.0)] * 2), axis=-1)
    points = [grid.reshape(-1, 2), grid.reshape(-1, 2) + np.array([600.0, 100.0])]
    dice = np.random.default_rng(seed)
    discs = {}
    for group, zone in enumerate(points):
        places = zone[dice.permutation(len(zone))[:25]]
        discs[group] = places[~shapely.intersects_xy(BARRED, *places.T)]
    return points, discs


def unseen(points: FloatArray, *discs: FloatArray) -> int:
    """Count the points that no disc sees."""
    away_m = np.linalg.norm(points[:, None] - np.vstack(discs)[None], axis=-1)
    return int((away_m.min(axis=1) > RADIUS_M).sum())


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(0, 5))
def test_nothing_is_lost_but_discs(seed: int, spare: int) -> None:
    """
    No zone loses more points than it spares, from its own discs and its helpers'.

    The second zone is helped by the discs of the first, not the other way round.
    """
    points, discs = spread(seed)
    helps = np.array([[True, True], [False, True]])
    before = unseen(points[0], discs[0]), unseen(points[1], discs[0], discs[1])
    found = thinned(
        points,
        np.full(2, spare),
        helps,
        np.array([2.0, 1.0]),
        discs,
        ANYWHERE,
        RADIUS_M,
    )
    after = unseen(points[0], found[0]), unseen(points[1], found[0], found[1])
    for lost, spared in zip(after, before, strict=True):
        assert lost <= max(spare, spared)
    assert sum(map(len, found.values())) < sum(map(len, discs.values()))
    for places in found.values():
        assert not shapely.contains_xy(BARRED, *places.T).any()


@given(seeds)
@settings(max_examples=3, deadline=None)
def test_the_same_discs_are_given_up(seed: int) -> None:
    """The same discs are thinned out in the same way."""
    points, discs = spread(seed)
    helps = np.ones((2, 2), dtype=bool)
    first, second = (
        thinned(points, np.zeros(2, int), helps, np.ones(2), discs, ANYWHERE, RADIUS_M)
        for _ in range(2)
    )
    assert all((first[g] == second[g]).all() for g in discs)
