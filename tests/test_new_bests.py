"""Engines tell of each new best while they search, and the trace keeps it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from test_engines import FEW, problem_of
from worlds import two_stations, whole

from planner.budget import Budget, Progress
from planner.engines import engine
from planner.engines.assess import served_targets
from planner.engines.translate import worth_drones
from planner.formats.trace_json import trace_of
from planner.pipeline import plan_routes
from planner.prices import worth
from planner.problem import TICKS_PER_S, Problem
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
    assert told[-1][1] == pytest.approx(sum(worth_drones(problem, missing)))
    assert told[-1][2] == told[-1][3] == pytest.approx(load, abs=1e-3)


@pytest.mark.parametrize("which", ["two", "busy"])
def test_beats_get_better_to_the_end(which: str) -> None:
    """Less is left out, or fewer drones are taken, or they fly less."""
    problem = problem_of(which)
    told, missing, _ = told_by("beats", problem)
    assert all(after[1:] < before[1:] for before, after in pairwise(told))
    assert told[-1][1] == pytest.approx(sum(worth(problem, t) for t in missing))
