"""Among thousands of closures the checker finds what a look at each would."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from broken_plans import PLAN, SCENARIO

from planner.checks.case import LENGTH_TOLERANCE_M, Case, case_of
from planner.checks.closures import Approach, approaches
from planner.flown.segments import Segments, segments_of
from planner.scenario import Airspace, Scenario


def one_by_one(case: Case, pieces: Segments) -> list[Approach]:
    """Return the same of closures without a schedule, each held against all pieces."""
    rules = case.scenario.rules
    depots = np.array([f.route.depot for f in case.routes])[pieces.route]
    waived = np.isin(depots, rules.station_waivers) & (pieces.za != pieces.zb)
    every = sorted(
        (float(shapely.distance(closure.geometry, pieces.shapes[i])), c, i)
        for c, closure in enumerate(case.scenario.closures())
        if closure.schedule is None
        for i in np.flatnonzero(~waived).tolist()
        if min(pieces.za[i], pieces.zb[i]) <= closure.upper_m
        and max(pieces.za[i], pieces.zb[i]) >= closure.lower_m
    )
    least_m = rules.clearance_m - LENGTH_TOLERANCE_M
    near = [found for found in every if found[0] < least_m] or every[:1]
    return sorted((c, i, distance_m, None) for distance_m, c, i in near)


def crowded(seed: int, away_m: float) -> Scenario:
    """Return the tiny scenario with closures of all sizes and heights at random."""
    chance = np.random.default_rng(seed)
    closures = []
    for k in range(60):
        x, y = chance.uniform(-500, 4500), away_m + chance.uniform(-1500, 1500)
        shape = shapely.Point(x, y).buffer(chance.choice([5, 40, 200]), quad_segs=2)
        low_m = float(chance.choice([0, 0, 60, 75, 100]))
        closures.append(
            Airspace(
                id=f"X{k}",
                name="",
                restriction="PROHIBITED",
                geometry=shape,
                lower_m=low_m,
                upper_m=low_m + float(chance.choice([10, 15, 45, 60, 90])),
            )
        )
    waivers = ("A",) if chance.random() < 0.5 else ()
    return replace(
        SCENARIO,
        airspace=(*(a for a in SCENARIO.airspace if a.schedule), *closures),
        rules=replace(
            SCENARIO.rules,
            station_waivers=waivers,
            clearance_m=float(chance.choice([0, 30, 200])),
        ),
    )


@pytest.mark.parametrize("away_m", [0.0, 4_000.0, 30_000.0])
@pytest.mark.parametrize("seed", range(6))
def test_closures_at_once_are_measured_like_closures_one_by_one(
    seed: int, away_m: float
) -> None:
    """Pieces too near, the nearest piece and its distance are those of a plain loop."""
    case = case_of(crowded(seed, away_m), PLAN)
    pieces = segments_of(case.routes)
    tree = shapely.STRtree(pieces.shapes)
    found = approaches(case, pieces, case.scenario.closures(), tree)
    expected = one_by_one(case, pieces)
    assert [a for a in found if a[3] is None] == expected
    assert len(expected) == 1 or away_m == 0.0


def test_closures_far_above_are_not_measured() -> None:
    """Nothing is said of airspace that binds at no height that is flown."""
    high = replace(SCENARIO.airspace[0], schedule=None, lower_m=500.0, upper_m=900.0)
    case = case_of(replace(SCENARIO, airspace=(high,)), PLAN)
    pieces = segments_of(case.routes)
    tree = shapely.STRtree(pieces.shapes)
    assert approaches(case, pieces, case.scenario.closures(), tree) == []
