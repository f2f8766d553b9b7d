"""What no answer to a routing problem is below really is below every answer."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routings import routing, scattered

from planner.benchmarks import read_benchmark
from planner.bounds.routing_bound import can_bound, cost_bound
from planner.engines import ruin
from planner.routing.model import (
    FOREVER,
    Chain,
    Routing,
    Vehicles,
    chain_cost,
    chain_fits,
)

DATA = Path(__file__).parent / "data/vrp"


def least_cost(problem: Routing) -> int:
    """Return the cost of the best answer, by looking at all of them."""
    n = problem.stops
    subsets = [s for k in range(1, n + 1) for s in combinations(range(n), k)]
    best = {frozenset[int](): 0}
    for kind, vehicles in enumerate(problem.vehicles):
        cost = {}
        for subset in subsets:
            chains = [Chain(kind, order) for order in permutations(subset)]
            fitting = [chain_cost(problem, c) for c in chains if chain_fits(problem, c)]
            if fitting:
                cost[frozenset(subset)] = min(fitting)
        for _ in range(min(vehicles.count, n)):
            found = dict(best)
            for done, spent in best.items():
                for subset, more in cost.items():
                    if not done & subset:
                        both = done | subset
                        found[both] = min(found.get(both, FOREVER), spent + more)
            best = found
    everything = frozenset(range(n))
    return min(
        spent + int(problem.prize[sorted(everything - done)].sum())
        for done, spent in best.items()
    )


def small(seed: int) -> Routing:
    """Return a problem with few stops: limits, prizes, two depots, unlike vehicles."""
    rng = np.random.default_rng(seed)
    problem = scattered(5, seed)
    vehicles = tuple(
        replace(
            kind, count=int(rng.integers(1, 3)), longest=int(rng.integers(900, 4000))
        )
        for kind in problem.vehicles[:: 1 + seed % 2]
    )
    prize = rng.integers(100, 3000, 5) if seed % 3 else problem.prize
    return replace(problem, vehicles=vehicles, prize=prize)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_no_answer_is_below_the_bound(seed: int) -> None:
    """On small problems the bound is at most the optimum, and close to it."""
    problem = small(seed)
    bound, optimum = cost_bound(problem, seconds=60), least_cost(problem)
    assert 0.8 * optimum <= bound <= optimum


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_a_bound_ended_early_is_still_one(seed: int) -> None:
    """A clock that has run out before the search begins ends at nothing."""
    problem = small(seed)
    assert 0 <= cost_bound(problem, seconds=0) <= least_cost(problem)


def test_one_chain_is_its_own_bound() -> None:
    """Where one vehicle must do all in the only order, the bound is what that costs."""
    problem = routing([(0, 0), (0, 10), (0, 20)], (Vehicles(capacity=2),))
    assert cost_bound(problem, seconds=60) == 40


def test_a_public_problem_is_bounded_closely() -> None:
    """Within one per cent of the best known cost, and never above it."""
    case = read_benchmark(DATA / "mdvrp/p01.txt")
    known = ruin.solve(case.routing, seconds=None, iterations=3000, seed=1)
    bound = case.bound(cost_bound(case.loosened(), seconds=60, known=known, workers=2))
    assert case.best_known is not None
    assert 0.99 * case.best_known <= bound <= case.best_known


def test_windows_and_groups_only_raise_the_cost() -> None:
    """The bound does not look at them, and holds for the best answer with them."""
    problem = scattered(5, 3, windows=True)
    assert 0 < cost_bound(problem, seconds=60) <= least_cost(problem)
    grouped = replace(problem, group=np.array([0, 0, -1, -1, -1]))
    assert cost_bound(grouped, seconds=60) <= cost_bound(problem, seconds=60)


def test_loads_that_cannot_be_counted_are_told() -> None:
    """A stop without demand, or loads in tiny units, are refused."""
    problem = scattered(5, 1)
    for demand in (np.zeros(5, dtype=np.int64), np.array([1, 9999, 2, 3, 4])):
        vehicles = (Vehicles(capacity=FOREVER),)
        other = replace(problem, demand=demand, vehicles=vehicles)
        assert not can_bound(other)
        with pytest.raises(ValueError, match="loads"):
            cost_bound(other, seconds=1)
