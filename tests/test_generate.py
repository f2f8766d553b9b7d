"""Routes that would pay are looked for by what targets are worth in a choice."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import problems_of, square, station, world, zone

from planner.engines import Effort, Piece, beats
from planner.engines.assess import served_targets
from planner.engines.generate import generate
from planner.engines.prices import price
from planner.engines.selection import Covering, in_order, share
from planner.problem import Column, Problem, make_column

EFFORT = Effort(seconds=None, solutions=1, seed=1)


@pytest.fixture(scope="module")
def problem() -> Problem:
    """Return two stations with a dozen viewpoints round them."""
    scenario = world(
        [station("A", 0, 0, 3), station("B", 2400, 0, 3)],
        [
            zone(f"W{i}{j}", square(600 * i, 700 * j, 150), revisit_s=3600.0)
            for i in range(6)
            for j in (-1, 1)
        ],
    )
    _, (only,) = problems_of(scenario)
    return only


def alone(problem: Problem) -> list[Column]:
    """Return a route of its own for each target."""
    return [
        make_column(problem, t % 2, 3600.0, [int(problem.nodes_of(t)[0])])
        for t in range(len(problem.targets))
    ]


def cost(problem: Problem, columns: list[Column]) -> float:
    """Return what the best parts of routes cost."""
    found = Covering(problem, in_order(columns), by_zone=True).relaxed(seconds=None)
    assert found is not None
    return found.cost


def test_what_is_found_makes_a_better_choice(problem: Problem) -> None:
    """From routes with one target each, fuller ones are found, and cost less."""
    pool = alone(problem)
    new = generate(problem, pool, EFFORT)
    assert new and not set(new) & set(pool)
    assert max(len(c.nodes) for c in new) > 1
    assert cost(problem, [*pool, *new]) < 0.8 * cost(problem, pool)
    for column in new:
        longest = problem.longest(column.station, column.headway_s)
        assert column.duration <= longest


def test_it_repeats(problem: Problem) -> None:
    """Without a clock the same pool and seed give the same routes."""
    pool = alone(problem)
    assert generate(problem, pool, EFFORT) == generate(problem, pool, EFFORT)


@pytest.mark.parametrize("central", [False, True])
def test_prices_are_those_of_the_choice(problem: Problem, *, central: bool) -> None:
    """What targets are worth adds up to no more than the choice costs."""
    pool = [*alone(problem), *generate(problem, alone(problem), EFFORT)]
    covering = Covering(problem, in_order(pool), by_zone=True)
    found = covering.relaxed(seconds=None, central=central)
    assert found is not None
    assert (found.prices >= 0.0).all()
    assert 0.0 < found.prices.sum() <= found.cost * (1 + 1e-4)


def test_drones_cost_most_where_they_are_short(problem: Problem) -> None:
    """What a route costs above its worth follows from targets and its station."""
    pool = in_order([*alone(problem), *generate(problem, alone(problem), EFFORT)])
    found = Covering(problem, pool, by_zone=True).relaxed(seconds=None)
    assert found is not None
    for column, part, reduced in zip(pool, found.parts, found.reduced, strict=True):
        charged = share(problem, column) * found.drones[column.station]
        paid = sum(found.prices[t] for t in column.targets(problem))
        above = price(problem, column) + charged - paid
        assert np.isclose(above, reduced, atol=1e-6)
        assert part < 1e-9 or above < 1e-6
    assert (found.drones[found.drones > 0] >= problem.objective.drone - 1e-6).any()


def test_a_drone_is_filled_with_what_is_worth_most(problem: Problem) -> None:
    """Free to leave targets out, beats leave out those that are worth least."""
    dear = [0, 1, 2, 3]
    worth = tuple(1.0 if t in dear else 0.001 for t in range(len(problem.targets)))
    piece = Piece(
        stations=(0,),
        targets=tuple(range(len(problem.targets))),
        drones=(1.0,),
        worth=worth,
    )
    found = beats.route(problem, piece, EFFORT)
    assert set(dear) <= served_targets(problem, found)
    assert np.isclose(sum(c.load(problem) for c in found), 1.0, atol=0.5)
