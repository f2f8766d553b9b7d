"""Cameras are off over privacy zones, and the plan says when."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, box
from worlds import privacy, square, station, world, zone

from planner.basics.overflight import spans_over
from planner.budget import Budget
from planner.checks import examine
from planner.flown.tracks import flown_routes
from planner.formats.plan_geojson import as_written
from planner.plan import Plan
from planner.planning.pipeline import plan_routes
from planner.scenario import Scenario

PLACES = st.tuples(st.floats(-100, 100), st.floats(-100, 100))


@given(st.lists(PLACES, min_size=2, max_size=8), st.integers(0, 2**16))
def test_spans_hold_all_moments_over_an_area_and_few_others(
    places: list[tuple[float, float]], seed: int
) -> None:
    """Moments drawn at random are in a span if, and only if, it is over the area."""
    area = box(-40, -30, 10, 50).difference(box(-20, -10, 0, 20))
    xy = np.array(places)
    t_s = np.concatenate([[0.0], np.cumsum(np.full(len(xy) - 1, 10.0))])
    spans = spans_over(xy, t_s, area)
    assert all(a[1] < b[0] for a, b in pairwise(spans))
    for moment in np.random.default_rng(seed).uniform(0, t_s[-1], 40):
        here = shapely.Point(*(np.interp(moment, t_s, xy[:, k]) for k in (0, 1)))
        told = any(low <= moment <= high for low, high in spans)
        if area.boundary.distance(here) > 0.2:
            assert told == area.contains(here)


@cache
def crossing() -> tuple[Scenario, Plan]:
    """Return a line that leads through a privacy zone, and its plan."""
    scenario = world(
        [station("A", 0, -300)],
        [
            zone("L", LineString([(-500, 300), (500, 300)]), "line"),
            zone("W", square(0, 900, 100)),
        ],
        [privacy("P", box(-60, 200, 60, 400))],
    )
    return scenario, plan_routes(scenario, budget=Budget(iterations=1, workers=1))


def codes(plan: Plan) -> set[str]:
    """Return the codes of what the checker finds."""
    return {v.code for v in examine(crossing()[0], plan).violations}


def test_a_plan_says_when_it_is_over_a_privacy_zone() -> None:
    """Every moment over it is told, to the width of the zone."""
    scenario, plan = crossing()
    assert codes(plan) == set()
    told = [r for r in plan.routes if r.camera_off]
    assert told
    assert as_written(plan).routes == plan.routes
    (private,) = scenario.privacy_zones()
    for flown in flown_routes(scenario, plan):
        for low_s, high_s in flown.route.camera_off:
            middle = flown.at(np.array([(low_s + high_s) / 2]))
            assert private.geometry.covers(shapely.Point(*middle[0]))


def test_a_camera_that_is_not_called_off_is_found() -> None:
    """A plan that keeps silent about it, or ends it too soon, is not passed."""
    _, plan = crossing()
    for spans in (lambda r: (), lambda r: tuple((a, b - 1) for a, b in r.camera_off)):
        routes = tuple(replace(r, camera_off=spans(r)) for r in plan.routes)
        broken = replace(plan, routes=routes)
        assert codes(broken) == {"airspace.camera"}
