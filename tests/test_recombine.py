"""The selection among all routes seen is never worse than the routes at hand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import problems_of, square, station, two_stations, whole, world, zone

from planner.engines import Effort, engine
from planner.engines.assess import active, regimes, unserved_priority
from planner.engines.prices import price
from planner.engines.recombine import bold_choice, recombine, without_repeats
from planner.engines.selection import Covering, share
from planner.problem import Column, Problem, make_column

EFFORT = Effort(seconds=None, solutions=1, seed=1)


@cache
def problem() -> Problem:
    """Return two stations between which targets lie at which both look."""
    scenario = world(
        [station("A", 0, 0, 2), station("B", 2400, 0, 2)],
        [
            zone(
                f"W{i}{j}",
                square(600 * i, 700 * j, 150),
                priority=float(1 + (i + j) % 3),
                revisit_s=(3600.0, 7200.0)[(i + j) % 2],
                active=((6 * 3600.0, 8 * 3600.0),) if i == 2 else ((0, 86400.0),),
            )
            for i in range(5)
            for j in (-1, 1)
        ],
    )
    _, (only,) = problems_of(scenario)
    return only


def random_columns(seed: int, count: int) -> list[Column]:
    """Return routes through targets at random that fit their class."""
    chance, made = np.random.default_rng(seed), []
    while len(made) < count:
        size = int(chance.integers(1, 6))
        targets = chance.permutation(len(problem().targets))[:size]
        nodes = [int(problem().nodes_of(int(t))[0]) for t in targets]
        headway = min(problem().targets[int(t)].revisit_s for t in targets)
        column = make_column(problem(), int(chance.integers(2)), headway, nodes)
        if column.duration <= problem().longest(column.station, headway):
            made.append(column)
    return made


def repeated(columns: Sequence[Column]) -> list[int]:
    """Return targets that are on more than one route."""
    seen = [t for c in columns for t in c.targets(problem())]
    return [t for t in set(seen) if seen.count(t) > 1]


def drones_taken(columns: Sequence[Column], *, rush: bool) -> list[int]:
    """Return the whole drones that each station needs at some time."""
    busiest = problem().busiest
    most = [0.0, 0.0]
    for period in regimes(problem()):
        if rush and not (period[0] < busiest[1] and busiest[0] < period[1]):
            continue
        now = active(problem(), period)
        for s in range(2):
            mine = [
                share(problem(), c)
                for c in columns
                if c.station == s and now[list(c.targets(problem()))].any()
            ]
            most[s] = max(most[s], sum(mine))
    return [int(np.ceil(each - 1e-6)) for each in most]


def enough(columns: Sequence[Column]) -> bool:
    """Return whether every station has the drones for its routes at all times."""
    taken = drones_taken(columns, rush=False)
    return all(n <= problem().drones(s) for s, n in enumerate(taken))


def judged(columns: Sequence[Column]) -> tuple[float, float]:
    """Return what a selection is judged by: unserved priority, then drones."""
    spent = sum(price(problem(), c) for c in columns)
    drones = sum(drones_taken(columns, rush=True))
    return (unserved_priority(problem(), columns), 3 * drones + spent)


@settings(max_examples=12)
@given(st.integers(0, 10_000))
def test_a_selection_is_never_worse(seed: int) -> None:
    """A selection from a pool serves as much as the routes at hand with no more."""
    pool = random_columns(seed, 25)
    current = without_repeats(problem(), random_columns(seed + 1, 3))
    found = recombine(problem(), pool, current, EFFORT)
    assert not repeated(found)
    assert enough(found) or not enough(current)
    if enough(current):
        before, after = judged(current), judged(found)
        assert after[0] <= before[0]
        if after[0] == before[0]:
            assert after[1] <= before[1] + 1e-3


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 7))
def test_a_small_choice_is_the_best_there_is(seed: int, count: int) -> None:
    """Among a few routes, no set at all that fits is better than the one chosen."""
    pool = list(dict.fromkeys(random_columns(seed, count)))
    chosen = Covering(problem(), pool, by_zone=True).whole([], seconds=None, nodes=1000)
    assert chosen is not None
    best = min(
        judged(some)
        for size in range(len(pool) + 1)
        for some in combinations(pool, size)
        if enough(some)
    )
    assert enough(chosen)
    assert judged(chosen) == pytest.approx(best, abs=1e-3)
    found = recombine(problem(), pool, [], EFFORT)
    assert judged(found)[0] <= best[0] + 1e-9


@settings(max_examples=12)
@given(st.integers(0, 10_000), st.integers(0, 4))
def test_fewer_drones_are_not_overdrawn(seed: int, most: int) -> None:
    """What is picked for so many drones takes no more, and no station's."""
    picked = bold_choice(problem(), random_columns(seed, 25), most, EFFORT)
    assert sum(drones_taken(picked, rush=True)) <= most
    assert enough(picked)
    assert not repeated(picked)


@pytest.mark.parametrize(
    ("headway_s", "busy_s", "drones"),
    [
        (3600, 3300, 1.0),
        (7200, 3300, 0.5),
        (14400, 3300, 0.25),
        (1800, 3300, 2.0),
        (7200, 1900, 1900 / 7200 / 0.98),
    ],
)
def test_a_route_takes_whole_drones_or_halves_of_them(
    headway_s: float, busy_s: float, drones: float
) -> None:
    """A drone that is busy for most of its hour is whole, whatever the minutes left."""
    turnaround_s = problem().model(0).turnaround_s
    column = Column(0, headway_s, (0,), round((busy_s - turnaround_s) * 10))
    assert share(problem(), column) == pytest.approx(drones)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 12))
def test_repeats_are_taken_off(seed: int, count: int) -> None:
    """Every target stays on exactly one route, and no route gets longer."""
    columns = random_columns(seed, count)
    single = without_repeats(problem(), columns)
    assert not repeated(single)
    before = {t for c in columns for t in c.targets(problem())}
    assert {t for c in single for t in c.targets(problem())} == before
    for column in single:
        assert column == make_column(
            problem(), column.station, column.headway_s, column.nodes
        )
        assert column.duration <= problem().longest(column.station, column.headway_s)
        assert any(
            set(column.nodes) <= set(c.nodes) and column.duration <= c.duration
            for c in columns
        )


def test_the_selection_repeats() -> None:
    """The same pool gives the same selection, in whatever order it comes."""
    pool = random_columns(4, 25)
    first = recombine(problem(), pool, pool[:2], EFFORT)
    assert recombine(problem(), pool[::-1], pool[:2], EFFORT) == first


def test_the_best_of_two_answers_is_put_together() -> None:
    """The routes of one station from one answer meet those of another from another."""
    _, (both,) = problems_of(two_stations())
    effort = Effort(seconds=None, solutions=100, seed=1)
    good = engine("portfolio")(both, whole(both), effort)
    wasteful = [
        make_column(both, c.station, c.headway_s, [n]) for c in good for n in c.nodes
    ]
    found = recombine(both, [*good, *wasteful], wasteful, EFFORT)
    assert unserved_priority(both, found) <= unserved_priority(both, wasteful)
    served = unserved_priority(both, good)
    assert unserved_priority(both, found) == served == 0
    spent = sum(c.load(both) for c in found)
    assert spent <= sum(c.load(both) for c in good) + 1e-3


def test_routes_that_alternate_keep_what_every_sortie_does() -> None:
    """A target twice goes off a tail as well, but the last of all sorties stays."""
    nodes = [int(problem().nodes_of(t)[0]) for t in range(4)]
    in_turn = make_column(problem(), 0, 3600.0, nodes[:1], [nodes[1:2], nodes[2:3]])
    other = make_column(problem(), 1, 3600.0, nodes[1:])
    kept = without_repeats(problem(), [in_turn, other])
    assert kept[0].nodes == in_turn.nodes
    assert not repeated(kept)
    assert {t for c in kept for t in c.targets(problem())} == {0, 1, 2, 3}


@pytest.mark.parametrize("pool_size", [0, 5])
def test_nothing_at_hand_is_no_error(pool_size: int) -> None:
    """Without routes at hand, or without any, a selection is made all the same."""
    pool = random_columns(9, pool_size)
    found = recombine(problem(), pool, [], EFFORT)
    assert enough(found)
    assert unserved_priority(problem(), found) <= unserved_priority(problem(), [])
