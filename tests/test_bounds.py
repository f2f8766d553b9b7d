"""A bound is never above what some plan needs, and a certificate proves itself."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import tiny_plan, tiny_scenario
from scipy.optimize import linprog
from worlds import MODEL, station, world

from planner.bounds.anyplan import airborne_s, time_in_period_s
from planner.bounds.certificate import audit, beyond, certify
from planner.bounds.effort import Effort, Turn
from planner.bounds.fleets import (
    Fleet,
    fleets_at_any_rate,
    fleets_by_headway,
    intervals_s,
)
from planner.bounds.pricing import Sorties, price, sorties_of
from planner.bounds.proof import fleets_by_station
from planner.bounds.stations import fewest, holds, needed, sharpened
from planner.bounds.work import Due, Duty, Part
from planner.bounds.worths import (
    Known,
    Search,
    busy_drones,
    first_worths_s,
    proven,
    whole_drones,
)
from planner.checks import check
from planner.plan import Plan
from planner.scenario import Scenario

ROUNDS = Effort(rounds=60)


@cache
def certified() -> Plan:
    """Return the tiny plan with its certificate."""
    return certify(tiny_scenario(), tiny_plan(), ROUNDS)


def duties(places: Sequence[tuple[float, float]]) -> tuple[Duty, ...]:
    """Return a viewpoint at each place, due every half hour."""
    return tuple(
        Duty(
            target=f"T{i}",
            kind="watch",
            xy=np.array([place], dtype=float),
            dwell_s={"M": 20.0},
            dues=(Due(interval_s=1800.0, lasts=True),),
        )
        for i, place in enumerate(places)
    )


def small_part(
    places: Sequence[tuple[float, float]], memory: int
) -> tuple[Scenario, Sorties]:
    """Return the sorties of two stations over a few viewpoints."""
    scenario = world([station("A", 0, 0), station("B", 3000, 1000)])
    part = Part(stations=scenario.stations, duties=duties(places))
    sorties = sorties_of(scenario, part, MODEL, part.stations, memory=memory)
    assert sorties is not None
    return scenario, sorties


def elementary(sorties: Sorties) -> list[tuple[int, ...]]:
    """Return every order of duties that ends within the endurance."""
    limit_s = MODEL.usable_endurance_s + MODEL.turnaround_s
    n = len(sorties.duty)
    return [
        path
        for size in range(1, n + 1)
        for path in itertools.permutations(range(n), size)
        if sorties.occupied_s(path) <= limit_s
    ]


coordinate = st.integers(-4000, 6000).map(float)
places_of = st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=5)


@settings(deadline=None, max_examples=40)
@given(places=places_of, data=st.data())
def test_pricing_never_misses_a_sortie(
    places: list[tuple[float, float]], data: st.DataObject
) -> None:
    """With full memory the best sortie is found; with less, none better is missed."""
    worth_s = np.array([data.draw(st.floats(0, 3000)) for _ in places])
    _, full = small_part(places, memory=len(places))
    paths = elementary(full)
    assert paths
    best_s = max(worth_s[full.duty[list(p)]].sum() - full.occupied_s(p) for p in paths)
    found_s = price(full, worth_s).excess_s
    if best_s > 1e-3:
        assert found_s == pytest.approx(best_s, abs=1e-3)
    else:
        assert found_s <= 1e-3
    forgetful = small_part(places, memory=1)[1]
    for weaker in (forgetful, replace(full, exact=False)):
        assert max(price(weaker, worth_s).excess_s, 0.0) >= max(best_s, 0.0) - 1e-3


intervals = st.sampled_from([1800.0, 3600.0, 5400.0])


def drawn_part(
    places: Sequence[tuple[float, float]], data: st.DataObject
) -> tuple[Scenario, Part]:
    """Return two stations and what is due at some places at intervals by chance."""
    scenario = world([station("A", 0, 0), station("B", 3000, 1000)])
    due = tuple(
        replace(d, dues=(Due(interval_s=data.draw(intervals), lasts=True),))
        for d in duties(places)
    )
    return scenario, Part(stations=scenario.stations, duties=due)


def least_busy(sorties: Sorties, interval_s: np.ndarray) -> float:
    """Return the drones busy at least, of all rates of all sorties."""
    paths = elementary(sorties)
    visits = np.zeros((len(interval_s), len(paths)))
    for k, path in enumerate(paths):
        visits[sorties.duty[list(path)], k] = 1
    busy = [sorties.occupied_s(p) for p in paths]
    return float(linprog(busy, A_ub=-visits, b_ub=-1 / interval_s).fun)


def partitions(items: Sequence[int]) -> Iterator[list[list[int]]]:
    """Yield every way to put items into groups."""
    if not items:
        yield []
        return
    for rest in partitions(items[1:]):
        yield [[items[0]], *rest]
        for k, group in enumerate(rest):
            yield [*rest[:k], [items[0], *group], *rest[k + 1 :]]


def fewest_drones(scenario: Scenario, part: Part) -> int:
    """Return the whole drones that routes with one target each once need at least."""
    interval_s = intervals_s(part)
    load: dict[tuple[int, ...], list[float]] = {}
    for home in part.stations:
        own = sorties_of(scenario, part, MODEL, (home,), memory=12)
        for path in elementary(own) if own else ():
            duty = own.duty[list(path)]
            key = tuple(sorted(duty.tolist()))
            of_home = load.setdefault(key, [math.inf] * len(part.stations))
            k = part.stations.index(home)
            drones = own.occupied_s(path) / interval_s[duty].min()
            of_home[k] = min(of_home[k], drones)
    fewest = 10**6
    for groups in partitions(range(len(part.duties))):
        options = [load.get(tuple(sorted(g)), [math.inf] * 2) for g in groups]
        for homes in itertools.product(range(len(part.stations)), repeat=len(groups)):
            of_home = [0.0] * len(part.stations)
            for k, option in zip(homes, options, strict=True):
                of_home[k] += option[k]
            if all(map(math.isfinite, of_home)):
                fewest = min(fewest, sum(math.ceil(x - 1e-6) for x in of_home))
    return fewest


def found_drones(fleets: Sequence[Fleet], interval_s: np.ndarray, rounds: int) -> float:
    """Return what a search proves."""
    halted = np.zeros(1, dtype=np.int8)
    start_s = first_worths_s(fleets, interval_s, [Known((0,), 3300.0)])
    search = Search(fleets, interval_s, start_s, halted)
    search.improve(Turn(halted, rounds=rounds))
    assert proven(fleets, search.proof_s)
    return busy_drones(search.proof_s, interval_s)


@settings(deadline=None, max_examples=15)
@given(places=places_of, data=st.data())
def test_no_bound_is_above_the_best_of_all_plans(
    places: list[tuple[float, float]], data: st.DataObject
) -> None:
    """Neither fluid nor whole drones go below what is proven; little is given away."""
    scenario, part = drawn_part(places, data)
    interval_s = intervals_s(part)
    at_any_rate = fleets_at_any_rate(scenario, part, memory=5, exact=True)
    busy = least_busy(at_any_rate[0].sorties, interval_s)
    steady = found_drones(at_any_rate, interval_s, 60)
    assert 0.9 * busy <= steady <= busy + 1e-6
    by_headway = fleets_by_headway(scenario, part, memory=5, exact=True)
    periodic = found_drones(by_headway, interval_s, 60)
    assert 0.9 * busy <= periodic
    assert whole_drones(periodic) <= fewest_drones(scenario, part)
    assert found_drones(by_headway, interval_s, 1) > 0.0, "one round proves something"
    loose = fleets_by_headway(scenario, part, memory=1, exact=False)
    assert whole_drones(found_drones(loose, interval_s, 20)) <= whole_drones(
        fewest_drones(scenario, part)
    )


@settings(deadline=None, max_examples=15)
@given(places=places_of, data=st.data())
def test_whole_drones_by_station_are_never_more_than_the_best_plan_has(
    places: list[tuple[float, float]], data: st.DataObject
) -> None:
    """Cuts hold, leave no plan out, and prove no less than drones of no station do."""
    scenario, part = drawn_part(places, data)
    fleets = fleets_by_station(scenario, part, "bound_periodic", 5, True)
    halted = np.zeros(1, dtype=np.int8)
    cuts = sharpened(part, fleets, halted, lambda: Turn(halted, rounds=40))
    assert all(holds(fleets, cut) for cut in cuts)
    found = fewest(cuts).sum()
    assert found <= fewest_drones(scenario, part)
    assert found >= whole_drones(cuts[0].least)
    assert fewest(needed(cuts)).sum() == found


def test_half_a_drone_at_each_of_two_stations_takes_two() -> None:
    """Where no drone gets to what is at the other station, each has one."""
    scenario = world([station("A", 0, 0), station("B", 30_000, 0)])
    due = tuple(
        replace(duty, dues=(Due(interval_s=7200.0, lasts=True),))
        for duty in duties([(0.0, 500.0), (30_000.0, 500.0)])
    )
    part = Part(stations=scenario.stations, duties=due)
    fleets = fleets_by_station(scenario, part, "bound_periodic", 3, True)
    halted = np.zeros(1, dtype=np.int8)
    cuts = sharpened(part, fleets, halted, lambda: Turn(halted, rounds=60))
    assert whole_drones(cuts[0].least) == 1
    assert fewest(cuts).sum() == fewest_drones(scenario, part) == 2


def test_a_stop_ends_the_search_with_what_is_proven() -> None:
    """Whoever stops at once still gets a certificate that holds."""
    plan = certify(tiny_scenario(), tiny_plan(), ROUNDS, stop=lambda: True)
    assert check(tiny_scenario(), plan) == []


def test_a_plan_of_another_class_is_not_held_against_its_bound() -> None:
    """With targets on several routes a plan may do with less."""
    above = {"bound_periodic": {"drones": 9}, "bound_steady": {"drones": 3}}
    numbers = above | {"bound_any_plan": {"drones": 1}, "drones_peak": 4}
    numbers |= {"steady_drones": 4}
    assert beyond(numbers | {"shared_targets": 2}) == {}
    assert beyond(numbers | {"shared_targets": 0}) == {"bound_periodic": (9, 4)}


def test_a_certified_plan_keeps_every_rule() -> None:
    """What proves the bounds is in the file; the plan itself needs no fewer drones."""
    plan = certified()
    assert check(tiny_scenario(), plan) == []
    found = audit(tiny_scenario(), plan)
    assert found.unproven == () and found.numbers == plan.certificate
    assert beyond(found.numbers) == {}
    assert plan.certificate["bound_periodic"]["drones"] >= 1


def test_a_certificate_repeats() -> None:
    """Counted in rounds, it is the same however many threads look for it."""
    again = certify(tiny_scenario(), tiny_plan(), ROUNDS, threads=2)
    assert again.certificate == certified().certificate


def tampered(**changes: object) -> Plan:
    """Return the plan with other entries in the first part of its certificate."""
    plan = certified()
    bound = plan.certificate["bound_periodic"]
    parts = [{**bound["parts"][0], **changes}, *bound["parts"][1:]]
    return replace(
        plan,
        certificate={**plan.certificate, "bound_periodic": {**bound, "parts": parts}},
    )


def worths(factor: float) -> dict[str, float]:
    """Return the worths of the first part, scaled."""
    part = certified().certificate["bound_periodic"]["parts"][0]
    return {target: factor * worth for target, worth in part["worth_s"].items()}


@pytest.mark.parametrize(
    "changes",
    [
        {"worth_s": worths(1.05)},
        {"worth_s": {}},
        {"worth_s": {**worths(1.0), "T-W1": -1.0}},
        {"worth_s": {**worths(1.0), "T-W1": float("nan")}},
        {"worth_s": {**worths(1.0), "T-W9": 5.0}},
        {"worth_s": "much"},
        {"busy": 7.5},
        {"drones": 9},
        {"memory": 40},
        {"exact": 1},
        {"stations": ["A"]},
        {"cuts": None},
        {"cuts": [5]},
        {"cuts": [{"price": [1.0, 1.0], "worth_s": worths(3.0)}]},
        {"cuts": [{"price": [1.0, 1.0], "worth_s": worths(1.0)}] * 200},
        {"cuts": [{"price": [1.0, 0.0], "worth_s": worths(1.0)}]},
        {"cuts": [{"price": [1.0], "worth_s": worths(1.0)}]},
        {"cuts": [{"price": "all", "worth_s": worths(1.0)}]},
        {"cuts": [{"price": [1.0, 1.0], "worth_s": {}}]},
    ],
    ids=str,
)
def test_a_certificate_that_proves_nothing_is_reported(
    changes: dict[str, object],
) -> None:
    """Whoever writes larger numbers into a file is found out, and breaks nothing."""
    broken = {v.rule for v in check(tiny_scenario(), tampered(**changes))}
    assert broken == {"accounts"}


@pytest.mark.parametrize("value", [{}, {"parts": 3}, [], None, 5])
def test_a_certificate_of_another_shape_is_reported(value: object) -> None:
    """A file may hold anything."""
    plan = replace(
        certified(), certificate={**certified().certificate, "bound_periodic": value}
    )
    assert {v.rule for v in check(tiny_scenario(), plan)} == {"accounts"}


@given(length_s=st.floats(1.0, 20_000.0), step_s=st.floats(1.0, 100.0))
def test_a_drone_is_in_the_air_as_long_as_its_batteries_let_it(
    length_s: float, step_s: float
) -> None:
    """A longer period never holds less time in the air, nor more than is longer."""
    shorter, longer = airborne_s(MODEL, length_s), airborne_s(MODEL, length_s + step_s)
    assert shorter - 1e-6 <= longer <= shorter + step_s + 1e-6


def test_visits_may_be_waited_for_on_the_spot() -> None:
    """Where little is missing to an interval, waiting is cheaper than coming back."""
    due = Due(interval_s=1800.0, lasts=True)
    # One visit keeps 3,600 s; what the period is longer by is waited or flown to.
    for over_s, least_s in ((-10.0, 90.0), (40.0, 130.0), (600.0, 180.0)):
        found_s = time_in_period_s(due, 3620.0 + over_s, 20.0, 90.0)
        assert found_s == pytest.approx(least_s, abs=0.1)


def test_a_zone_of_the_period_alone_is_visited_within_it() -> None:
    """However long its interval, it is visited once, and from one end to the other."""
    for interval_s, least_s in ((9000.0, 90.0), (2000.0, 180.0)):
        due = Due(interval_s=interval_s, lasts=False)
        found_s = time_in_period_s(due, 5400.0, 20.0, 90.0)
        assert found_s == pytest.approx(least_s, abs=0.1)
