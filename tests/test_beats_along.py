"""Taking along what is due at other hours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_engines import FEW
from worlds import problems_of, square, station, whole, world, zone

from planner import Budget, check, plan_routes
from planner.engines import beats
from planner.engines.assess import active, served_targets
from planner.engines.beats_along import folded, take_along
from planner.engines.beats_world import LISTS
from planner.formats.plan_geojson import as_written
from planner.problem import Column
from planner.scenario import Scenario
from planner.timetable.drafting import draw
from planner.timetable.phases import allowed_phases

SCHOOL = ((7 * 3600.0, 8.5 * 3600.0), (16 * 3600.0, 18 * 3600.0))
MARKET = ((18 * 3600.0, 22 * 3600.0),)


def town(drones: int = 1) -> Scenario:
    """Return a town with a school and a market, each as much as there is time for."""
    return world(
        [station("A", 0, 0, drones)],
        [
            zone("home", square(600, 0, 200)),
            zone("seldom", square(0, 900, 200), revisit_s=7200.0),
            zone("school", square(2600, 2600, 800), active=SCHOOL),
            zone("market", square(2600, -2600, 800), active=MARKET),
        ],
        hours=16.0,
    )


def test_the_lists_of_a_beat_are_found_again() -> None:
    """What sorties have in common at their start is flown on all of them."""
    column = Column(0, 600.0, (1,), 0, ((2,), (3,), (2, 4), (3,)))
    lists = folded(column.nodes, column.tails)
    assert lists is not None
    ((headway_s, stops, tails),) = beats.unfolded(lists, 0, 0, 600.0)
    assert (headway_s, stops) == (600.0, [1])
    assert [tuple(tail) for tail in tails] == list(column.tails)
    assert lists[1:3] == [[2], [3]]
    assert lists[5] == [4]
    assert sum(map(bool, lists)) == 4 < LISTS


def test_what_no_beat_flies_has_no_lists() -> None:
    """Three sorties in turn are no binary tree."""
    assert folded([1], [[2], [3], [4]]) is None


@pytest.fixture(scope="module")
def taken() -> tuple:
    """Return a problem, the beats of its rush, and what they take along."""
    space, (problem,) = problems_of(town())
    rush = active(problem, problem.busiest)
    piece = replace(whole(problem), targets=tuple(np.flatnonzero(rush).tolist()))
    before = beats.route(problem, piece, FEW)
    missing = [int(t) for t in np.flatnonzero(~rush)]
    return space, problem, before, take_along(problem, before, missing, FEW)


def test_a_market_takes_the_place_of_a_school(taken: tuple) -> None:
    """One drone flies both, though no sortie has time for both."""
    _, problem, before, after = taken
    together = beats.route(problem, whole(problem), FEW)
    assert len(served_targets(problem, together)) < len(problem.targets)
    assert len(before) == len(after) == 1
    assert served_targets(problem, after) == set(range(len(problem.targets)))
    assert after[0].varies(problem)
    whole_s = max(problem.duration(0, chain) for chain in after[0].chains()) / 10
    assert whole_s > 1800.0 > after[0].duration / 10


def test_what_was_on_a_beat_keeps_its_order(taken: tuple) -> None:
    """Taking along adds stops to sorties, and moves none of those there were."""
    _, _, (before,), (after,) = taken
    chains = after.chains()
    for turn, chain in enumerate(before.chains()):
        mine = chains[turn % len(chains)]
        assert [n for n in mine if n in chain] == list(chain)


def test_a_beat_that_takes_along_can_be_flown(taken: tuple) -> None:
    """Its clock keeps every interval, and all its sorties the endurance."""
    space, problem, _, (after,) = taken
    draft = draw(problem, space, after)
    assert allowed_phases(problem.scenario, draft)
    assert all(v.duration_s <= 1800.0 for v in draft.variants)


def test_nothing_is_flown_for_a_market_in_the_morning() -> None:
    """A plan with one drone serves school and market, and keeps every rule."""
    scenario = town()
    plan = as_written(plan_routes(scenario, budget=Budget(iterations=1)))
    assert not plan.unserved
    assert plan.metrics["drones_used"] == 1
    assert not check(scenario, plan)
    routes = {route.id: route for route in plan.routes}
    for sortie in plan.roster:
        zones = {z for s in routes[sortie.route].stops for z in s.zones}
        assert not {"school", "market"} <= zones
        assert "market" not in zones or sortie.landing_s > 12 * 3600.0
