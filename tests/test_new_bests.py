"""Engines tell of each new best while they search, and the trace keeps it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from test_engines import FEW, problem_of
from worlds import two_stations, whole

from planner.budget import Budget, Progress
from planner.engines import engine
from planner.engines.assess import served_targets
from planner.engines.prices import worth
from planner.engines.translate import worth_drones
from planner.formats.plan_geojson import plan_to_bytes
from planner.formats.trace_json import trace_of
from planner.planning.pipeline import plan_routes
from planner.problem import Problem
from planner.runners.wire import problem_to_bytes
from planner.runners.work import noted, perform, routing_in_waves
from planner.trace import Trace, thinned

Told = list[tuple[str, float, float, float]]


def told_by(name: str, problem: Problem) -> tuple[Told, list[int], float]:
    """Return what an engine told, the targets it left out, and its routes' load."""
    told: Told = []
    effort = replace(FEW, better=lambda *best: told.append(best))
    columns = engine(name)(problem, whole(problem), effort)
    assert columns == engine(name)(problem, whole(problem), FEW)
    served = served_targets(problem, columns)
    missing = [t for t in range(len(problem.targets)) if t not in served]
    return told, missing, sum(column.load(problem) for column in columns)


@pytest.mark.parametrize("which", ["two", "busy"])
@pytest.mark.parametrize("name", ["ortools", "pyvrp", "ruin"])
def test_costs_fall_to_that_of_the_answer(name: str, which: str) -> None:
    """Each best is better than the one before, the last one is what is returned."""
    problem = problem_of(which)
    told, missing, load = told_by(name, problem)
    assert {best[0] for best in told} == {name}
    costs = [left_out + load for _, left_out, _, load in told]
    assert all(after < before for before, after in pairwise(costs))
    prizes = worth_drones(problem, range(len(problem.targets)))
    assert told[-1][1] == pytest.approx(sum(prizes[t] for t in missing))
    assert told[-1][2] == told[-1][3] == pytest.approx(load, abs=1e-3)


@pytest.mark.parametrize("which", ["two", "busy"])
def test_beats_get_better_to_the_end(which: str) -> None:
    """Less is left out, or fewer drones are taken, or they fly less."""
    problem = problem_of(which)
    told, missing, _ = told_by("beats", problem)
    figures = [tuple(round(figure, 6) for figure in best[1:]) for best in told]
    assert all(after < before for before, after in pairwise(figures))
    assert told[-1][1] == pytest.approx(sum(worth(problem, t) for t in missing))


def test_a_task_notes_bests_only_where_a_clock_is_read() -> None:
    """They come with the time, few enough to send; without a clock there are none."""
    problem = problem_of("busy")
    data = problem_to_bytes(problem)
    by_clock, by_count = (
        noted(perform(routing_in_waves("", "portfolio", effort), data))
        for effort in (replace(FEW, seconds=0.5), FEW)
    )
    assert by_count == []
    assert 0 < len(by_clock) <= 50
    assert {best.engine for best in by_clock} <= {"beats", "ortools"}
    times = [best.at_s for best in by_clock]
    assert times == sorted(times)


def test_points_are_thinned_evenly() -> None:
    """The first and the last stay; what is few enough stays whole."""
    assert thinned([3, 1, 2], 3) == [3, 1, 2]
    found = thinned(range(1000), 50)
    assert (found[0], found[-1], len(found)) == (0, 999, 50)
    assert {b - a for a, b in pairwise(found)} == {20, 21}


@cache
def traced(budget: Budget) -> tuple[bytes, Trace, tuple[Progress, ...]]:
    """Return a plan's bytes, its trace, and what was told."""
    told: list[Progress] = []
    plan = plan_routes(two_stations(), budget=budget, on_progress=told.append)
    return plan_to_bytes(plan), trace_of(plan, told), tuple(told)


def test_a_search_by_the_clock_is_traced_inside_its_rounds() -> None:
    """Each best falls into the search, and is of a round that was told."""
    _, trace, told = traced(Budget(seconds=4, workers=1))
    assert trace.bests
    routing = [p for p in told if p.step]
    begin_s, end_s = routing[0].elapsed_s, routing[-1].elapsed_s
    ends_s = {p.round: p.elapsed_s for p in routing if p.engine is None}
    stations = {s.id for s in two_stations().stations}
    for best in trace.bests:
        assert (
            begin_s - 0.1 <= best.elapsed_s <= ends_s[best.round] + 0.001 <= end_s + 1
        )
        assert best.engine in ("beats", "ortools")
        assert best.step in ("whole", "pieces", "generation", "recombination")
        assert best.part in stations
    times = [best.elapsed_s for best in trace.bests]
    assert times == sorted(times)


def test_rounds_without_a_clock_have_none() -> None:
    """Nothing is noted under iterations, and listening changes no byte of the plan."""
    budget = Budget(iterations=2, workers=1)
    plan, trace, _ = traced(budget)
    assert trace.bests == ()
    assert plan == plan_to_bytes(plan_routes(two_stations(), budget=budget))
