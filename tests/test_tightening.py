"""Gaps are shortened as far as drones go, and nothing served is lost for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import problems_of, square, station, whole, world, zone

from planner.airspace.freespace import FreeSpace
from planner.budget import Budget
from planner.checks import check
from planner.draft import DraftRoute
from planner.engines.assess import Assessed, Assessor, served_targets
from planner.engines.greedy import route
from planner.engines.piece import Effort
from planner.engines.spill import spill
from planner.flown.tracks import flown_routes
from planner.flown.visits import longest_gaps
from planner.formats.digest import scenario_digest
from planner.formats.plan_geojson import as_written
from planner.planning.pipeline import plan_routes
from planner.planning.tightening import (
    GRID,
    Bisection,
    at_factor,
    bisection,
    carried_over,
)
from planner.problem import Problem, make_column
from planner.scenario import Scenario
from planner.timetable.drafting import draw
from planner.timetable.phases import allowed_phases
from planner.timetable.shrinking import hasten, shrink

EFFORT = Effort(seconds=0, solutions=0, seed=1)


def town() -> Scenario:
    """Return two stations with drones to spare, and four squares due hourly or so."""
    return world(
        [station("A", 0, 0, 3), station("B", 3000, 0, 3)],
        [
            zone("W1", square(800, 0, 150)),
            zone("W2", square(1500, 500, 150), revisit_s=7200.0),
            zone("W3", square(2200, 0, 150)),
            zone("W4", square(1500, -500, 150), revisit_s=5400.0),
        ],
    )


def routed() -> tuple[FreeSpace, Problem, Assessed]:
    """Return the town with routes that a station can fly."""
    space, (problem,) = problems_of(town())
    columns = route(problem, whole(problem), EFFORT)
    return space, problem, Assessor(problem, space).assess(columns)


ROUTED = routed()


def drafts(problem: Problem, space: FreeSpace, name: str) -> list[DraftRoute]:
    """Return the drafts of the routes of a station."""
    columns = route(problem, whole(problem), EFFORT)
    made = [draw(problem, space, column) for column in columns]
    return [draft for draft in made if draft.depot == name]


@given(truth=st.integers(1, GRID))
def test_six_tries_find_nearly_the_smallest_factor(truth: int) -> None:
    """Whatever the smallest factor is that holds, bisection comes within two of it."""
    _, problem, best = ROUTED
    found = bisection(problem, best)
    for _ in range(6):
        if found.low < found.high:
            factor = found.factors[found.place]
            found.learn(at_factor(problem, factor), best if factor >= truth else None)
    reached = round(found.problem.idleness_ratio * GRID)
    assert max(truth, found.factors[0]) <= reached
    assert reached - max(truth, found.factors[0]) <= 1


def test_what_fails_leaves_the_routes_as_they_were() -> None:
    """Where no factor holds, the part keeps its routes at the wanted intervals."""
    _, problem, best = ROUTED
    found: Bisection = bisection(problem, best)
    while found.low < found.high:
        found.learn(at_factor(problem, found.factors[found.place]), None)
    assert found.problem is problem
    assert found.best is best


@given(factor=st.integers(1, GRID))
def test_shorter_intervals_stay_whole_and_nested(factor: int) -> None:
    """Multiples of the shortest interval stay multiples; none gets too long."""
    problem = ROUTED[1]
    tight = at_factor(problem, factor)
    beat_s = min(t.revisit_s for t in tight.targets)
    for before, after in zip(problem.targets, tight.targets, strict=True):
        assert after.revisit_s == int(after.revisit_s)
        assert after.revisit_s <= before.revisit_s * factor / GRID
        if before.revisit_s % 3600 == 0:
            assert after.revisit_s % beat_s == 0


def test_routes_carried_over_fly_at_the_new_headways() -> None:
    """Each target keeps its route, in halves where the whole became too long."""
    _, problem, best = ROUTED
    tight = at_factor(problem, 20)
    columns = carried_over(problem, best, tight)
    assert served_targets(tight, columns) == served_targets(problem, best.columns)
    for column in columns:
        assert column.duration <= tight.longest(column.station, column.headway_s)
        due = [tight.targets[t].revisit_s for t in column.targets(tight)]
        assert column.headway_s <= min(due)


@given(factor=st.integers(20, GRID), headway_s=st.integers(1800, 3600))
def test_routes_whose_headways_fit_others_are_carried_over_too(
    factor: int, headway_s: int
) -> None:
    """A headway that is no interval becomes one that keeps those of all stops."""
    _, problem, best = ROUTED
    sooner = [
        make_column(problem, c.station, float(headway_s), c.nodes, c.tails)
        for c in best.columns
    ]
    tight = at_factor(problem, factor)
    for column in carried_over(problem, replace(best, columns=tuple(sooner)), tight):
        for t in column.targets(tight):
            gaps = problem.targets[t].revisit_s // headway_s
            assert gaps * column.headway_s <= tight.targets[t].revisit_s


def test_what_one_station_cannot_fly_goes_to_another() -> None:
    """Targets on no route are put where drones are free, within load and duration."""
    _, (problem,) = problems_of(town())
    found = spill(problem, [], {})
    assert served_targets(problem, found) == set(range(len(problem.targets)))
    for s in range(len(problem.stations)):
        mine = [c for c in found if c.station == s]
        assert sum(c.load(problem) for c in mine) <= problem.drones(s)
        assert all(c.duration <= problem.longest(s, c.headway_s) for c in mine)


def test_nothing_is_put_where_no_drone_is_free() -> None:
    """With all drones left free there is no room for any target."""
    _, (problem,) = problems_of(town())
    assert spill(problem, [], {0: 1.0, 1: 1.0}) == []


def test_a_tight_draft_comes_in_time_at_the_ends_of_windows_too() -> None:
    """First and last visits keep the share of the interval, not only the headway."""
    space, (problem,) = problems_of(town())
    column = make_column(problem, 0, 3600.0, [0])
    draft = draw(problem, space, column)
    half = replace(draft, headway_s=1800.0, idleness_ratio=0.5)
    for low_s, high_s in allowed_phases(town(), half):
        for stop in draft.stops:
            assert max(low_s, high_s) % 1800.0 + stop.exit_s <= 1800.0 + 1e-6


@pytest.mark.parametrize("name", ["A", "B"])
def test_a_station_with_drones_left_comes_more_often(name: str) -> None:
    """Headways shrink while the station's clock fits, and ratios with them."""
    space, (problem,) = problems_of(town())
    before = drafts(problem, space, name)
    after = shrink(town(), town().station(name), before)
    assert after is not None
    for old, new in zip(before, after.drafts, strict=True):
        assert new.headway_s <= old.headway_s * new.idleness_ratio + 1e-6
        assert new.headway_s >= new.duration_s + town().rules.launch_spacing_s
        assert 0 <= after.phases_s[new.id] < new.headway_s
    assert any(new.headway_s < 0.7 * 3600 for new in after.drafts)


def test_a_station_without_drones_left_stays_as_it_is() -> None:
    """Where the only drone is busy all the time, no headway shrinks."""
    busy = world(
        [station("A", 0, 0, 1)], [zone("W", square(900, 0, 100), revisit_s=1800.0)]
    )
    space, (problem,) = problems_of(busy)
    draft = draw(problem, space, make_column(problem, 0, 1800.0, [0]))
    tight = replace(draft, headway_s=float(int(draft.duration_s + 1501)))
    assert shrink(busy, busy.station("A"), [tight]) is None
    assert hasten(busy, busy.station("A"), [tight]) is None


def test_leftover_drones_go_to_what_matters_most() -> None:
    """What has the highest priority is seen more often; the rest as often as before."""
    plenty = world(
        [station("A", 0, 0, 3)],
        [
            zone("HIGH", square(8000, 0, 200), priority=3.0, revisit_s=3000.0),
            zone("LOW", square(-8000, 0, 200), revisit_s=3000.0),
        ],
        hours=4.0,
    )
    budget = Budget(iterations=1, workers=1)
    spent = replace(plenty, rules=replace(plenty.rules, leftover="tighten"))

    def gaps_s(scenario: Scenario) -> dict[str, float]:
        plan = as_written(plan_routes(scenario, budget=budget))
        assert (plan.unserved, check(scenario, plan)) == ((), [])
        flown = flown_routes(scenario, plan)
        return {gap.zone: gap.gap_s for gap in longest_gaps(scenario, flown)}

    kept, hastened = gaps_s(plenty), gaps_s(spent)
    assert kept["HIGH"] > 2900 and kept["LOW"] > 2900
    assert hastened["HIGH"] < 0.6 * kept["HIGH"]
    assert hastened["LOW"] > 2900
    assert scenario_digest(plenty) == scenario_digest(spent)
