"""What chains cost, and whether they can be driven, is recomputed exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routings import routing, scattered

from planner.routing.model import (
    FORBIDDEN,
    FOREVER,
    Chain,
    Routing,
    Vehicles,
    duration,
    judge,
)

LINE = [(0, 0), (10, 0), (20, 0), (30, 0)]


def line(**changes: object) -> Routing:
    """Return one depot and three stops on a line, ten apart."""
    kind = Vehicles(count=2, fixed_cost=5)
    return routing(LINE, (replace(kind, **changes),))


def test_a_chain_costs_its_vehicle_its_distance_and_its_time() -> None:
    """Fixed cost, distance and time with service are added up."""
    case = line(cost_per_distance=2, cost_per_time=3)
    case = replace(case, service=np.array([1, 2, 4]))
    judged = judge(case, [Chain(0, (0, 1)), Chain(0, (2,))])
    assert judged.cost == (5 + 2 * 40 + 3 * 43) + (5 + 2 * 60 + 3 * 64)
    assert (judged.lost, judged.missed, judged.faults) == (0, (), ())


def test_what_nobody_visits_loses_its_prize() -> None:
    """A group loses its best prize once, and only if none of it is visited."""
    case = replace(line(), prize=np.array([7, 8, 9]), group=np.array([-1, 0, 0]))
    assert judge(case, []).lost == 7 + 9
    assert judge(case, [Chain(0, (1,))]).lost == 7
    assert judge(case, [Chain(0, (1,))]).missed == (0,)


@pytest.mark.parametrize(
    ("changes", "stops", "fault"),
    [
        ({"capacity": 1}, (0, 1), "chain 0: load 2 of 1"),
        ({"longest": 39}, (0, 1), "chain 0: lasts 40 of 39"),
        ({"late": 39}, (0, 1), "chain 0: late by 1"),
        ({"count": 0}, (0,), "kind 0: 1 used of 0"),
        ({}, (0, 1, 0), "stop 0: visited again"),
    ],
)
def test_each_limit_that_is_broken_is_told(
    changes: dict[str, int], stops: tuple[int, ...], fault: str
) -> None:
    """One broken limit gives that fault alone."""
    assert judge(line(**changes), [Chain(0, stops)]).faults == (fault,)


def test_limits_of_the_whole_are_told() -> None:
    """A forbidden leg, a dear depot and two stops of one group are faults."""
    case = line()
    matrix = case.distance[0].copy()
    matrix[2, 3] = FORBIDDEN
    barred = replace(case, time=(matrix,))
    assert judge(barred, [Chain(0, (1, 2))]).faults == ("chain 0: a forbidden leg",)
    assert judge(barred, [Chain(0, (2, 1))]).faults == ()
    dear = replace(case, most_cost=np.array([64]))
    assert judge(dear, [Chain(0, (2,))]).faults == ("depot 0: costs 65 of 64",)
    grouped = replace(case, group=np.array([0, 0, -1]))
    assert judge(grouped, [Chain(0, (0, 1, 2))]).faults == ("group 0: visited again",)


def test_a_chain_starts_as_late_as_it_may() -> None:
    """Waiting that a later start saves is no part of the duration; the rest is."""
    case = replace(
        line(), early=np.array([100, 130, 0]), late=np.array([105, 200, FOREVER])
    )
    # Leaves at 95 at the latest, waits from 115 to 130, is back at 150.
    assert duration(case, Chain(0, (0, 1))) == (55, 0)
    # At 130 it is at the second; 35 too late at the first.
    assert duration(case, Chain(0, (1, 0)))[1] == 35


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), windows=st.booleans(), groups=st.booleans())
def test_costs_are_those_that_another_library_finds(
    seed: int, windows: bool, groups: bool
) -> None:
    """PyVRP computes the same distance, duration, cost and feasibility."""
    import pyvrp

    from planner.engines.pyvrp import problem_data

    case = scattered(12, seed, windows=windows, groups=groups)
    rng = np.random.default_rng(seed)
    order = rng.permutation(12)[: rng.integers(1, 12)]
    cut = int(rng.integers(0, len(order)))
    chains = [
        Chain(int(rng.integers(4)), tuple(int(s) for s in part))
        for part in (order[:cut], order[cut:])
        if len(part)
    ]
    data = problem_data(case)
    routes = [pyvrp.Route(data, list(c.stops), c.kind) for c in chains]
    judged = judge(case, chains)
    fine = all(route.is_feasible() for route in routes)
    assert fine == (not any(fault.startswith("chain") for fault in judged.faults))
    for chain, route in zip(chains, routes, strict=True):
        assert duration(case, chain)[1] == 0 or not route.is_feasible()
        if route.is_feasible():
            assert duration(case, chain)[0] == route.duration()
    if fine:
        assert judged.cost == sum(
            r.distance_cost() + r.duration_cost() + r.fixed_vehicle_cost()
            for r in routes
        )


def test_parts_that_do_not_fit_together_are_refused() -> None:
    """A figure too few, or a depot or profile that is not there, is told."""
    case = line()
    for wrong in (
        {"demand": np.array([1, 1])},
        {"points": np.zeros((2, 2))},
        {"most_cost": np.array([1, 1])},
        {"time": ()},
        {"time": (np.zeros((3, 3)),)},
        {"vehicles": (Vehicles(depot=1),)},
        {"vehicles": (Vehicles(profile=1),)},
    ):
        with pytest.raises(ValueError, match=r"must|needs|there is no"):
            replace(case, **wrong)
