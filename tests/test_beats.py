"""Beats: cycles of sorties that whole drones fly in rhythm."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_engines import FEW, problem_of
from worlds import problems_of, square, station, whole, world, zone

from planner.engines import beats
from planner.engines.assess import Assessor, served_targets
from planner.engines.beats_world import DEEPEST, LISTS
from planner.engines.prices import worth
from planner.engines.selection import whole_drones
from planner.problem import Column
from planner.timetable.drafting import draw
from planner.timetable.phases import allowed_phases


def lists_of(**filled: list[int]) -> list[list[int]]:
    """Return the lists of a beat, named by level and turn as ``l1t0``."""
    lists: list[list[int]] = [[] for _ in range(LISTS)]
    for name, stops in filled.items():
        level, turn = int(name[1]), int(name[3])
        lists[2**level - 1 + turn] = stops
    return lists


def test_what_is_due_half_as_often_is_on_every_other_sortie() -> None:
    """Lists of level 1 follow those of level 0, in turn."""
    lists = lists_of(l0t0=[1, 2], l1t0=[3], l1t1=[4, 5])
    assert list(beats.unfolded(lists, 0, 0, 600.0)) == [(600.0, [1, 2], [[3], [4, 5]])]


def test_a_cycle_is_as_long_as_its_rarest_stop_asks() -> None:
    """A list of level 2 makes four sorties; the others repeat within them."""
    lists = lists_of(l0t0=[1], l1t0=[2], l1t1=[3], l2t2=[4])
    ((headway_s, stops, tails),) = beats.unfolded(lists, 0, 0, 600.0)
    assert (headway_s, stops) == (600.0, [1])
    assert tails == [[2], [3], [2, 4], [3]]


def test_halves_with_nothing_in_common_are_routes_of_their_own() -> None:
    """Without a stop on every sortie, either half has a clock of its own."""
    lists = lists_of(l1t0=[1], l1t1=[2], l2t1=[3])
    assert list(beats.unfolded(lists, 0, 0, 600.0)) == [
        (1200.0, [1], []),
        (1200.0, [2], [[3], []]),
    ]


def test_a_beat_where_all_sorties_are_alike_is_one_plain_route() -> None:
    """Stops of level 0 alone need no turns."""
    lists = lists_of(l0t0=[7, 8])
    assert list(beats.unfolded(lists, 0, 0, 600.0)) == [(600.0, [7, 8], [])]


@pytest.mark.parametrize("which", ["two", "busy", "unlike"])
def test_no_target_comes_more_seldom_than_it_is_due(which: str) -> None:
    """In a cycle, each target is on as many sorties as its interval asks for."""
    problem = problem_of(which)
    for column in beats.route(problem, whole(problem), FEW):
        chains = column.chains()
        for target in set(column.targets(problem)):
            turns = [
                k
                for k, chain in enumerate(chains)
                if target in problem.node_target[list(chain)]
            ]
            every_s = column.headway_s * len(chains) / len(turns)
            assert every_s <= problem.targets[target].revisit_s
            assert len(chains) <= 2**DEEPEST


def test_a_single_visit_will_do_in_a_short_window() -> None:
    """What is due every two hours in shorter windows is on one turn of two."""
    windows = ((7 * 3600.0, 8.5 * 3600.0), (16 * 3600.0, 18 * 3600.0))
    often = zone("often", square(600, 0, 200), revisit_s=3600.0)
    rush = zone("rush", square(1500, 0, 200), revisit_s=7200.0, active=windows)
    scenario = world([station("A", 0, 0, 1)], [often, rush], hours=16.0)
    space, (problem,) = problems_of(scenario)
    (column,) = beats.route(problem, whole(problem), FEW)
    assert (column.headway_s, [len(tail) for tail in column.tails]) == (3600.0, [0, 1])
    assert allowed_phases(scenario, draw(problem, space, column))


def test_a_seed_gives_the_same_beats_again() -> None:
    """Without a clock, routes depend on the seed alone."""
    problem = problem_of("busy")
    once, again = (beats.route(problem, whole(problem), FEW) for _ in range(2))
    assert once == again
    assert beats.route(problem, whole(problem), replace(FEW, seed=8))


@pytest.mark.parametrize("which", ["two", "busy", "unlike"])
def test_a_search_may_start_from_its_own_routes(which: str) -> None:
    """Routes become the beats they were: no worth is lost, and no more drones fly."""
    problem = problem_of(which)
    first = beats.route(problem, whole(problem), FEW)
    again = beats.route(problem, replace(whole(problem), start=tuple(first)), FEW)
    worths = [
        sum(worth(problem, t) for t in served_targets(problem, columns))
        for columns in (first, again)
    ]
    assert worths[1] >= worths[0] - 1e-9
    before, after = whole_drones(problem, first), whole_drones(problem, again)
    assert sum(after) <= sum(before)


def test_good_beats_are_told_of() -> None:
    """What a search comes to is among what it told of on the way, in some order."""
    problem = problem_of("busy")
    told: list[Column] = []
    found = beats.route(problem, whole(problem), replace(FEW, seen=told.extend))

    def beats_of(columns: list[Column]) -> set[tuple[int, float, frozenset[int]]]:
        return {
            (c.station, c.headway_s, frozenset(c.targets(problem))) for c in columns
        }

    assert beats_of(found) <= beats_of(told)


def test_a_target_of_two_zones_keeps_the_window_of_each() -> None:
    """What is due all day for one zone still falls into the school run of another."""
    spots = [(x, y) for x in (-900, 0, 900) for y in (900, 1800)]
    zones = [zone(f"W{i}", square(*at, 50)) for i, at in enumerate(spots)]
    hours = ((7 * 3600.0, 8.5 * 3600.0),)
    for name, windows in (("ALL", ((0.0, 86400.0),)), ("RUN", hours)):
        zones.append(zone(name, square(0, -900, 50), revisit_s=7200.0, active=windows))
    space, (problem,) = problems_of(world([station("A", 0, 0, 3)], zones))
    assert any(len(target.zones) > 1 for target in problem.targets)
    columns = beats.route(problem, whole(problem), FEW)
    assert served_targets(problem, columns) == set(range(len(problem.targets)))
    assert not Assessor(problem, space).assess(columns).unserved
    (shared,) = [t for t, each in enumerate(problem.targets) if len(each.zones) > 1]
    for column in columns:
        if shared in column.targets(problem):
            turns = sum(
                shared in problem.node_target[list(chain)] for chain in column.chains()
            )
            every_s = column.headway_s * len(column.chains()) / turns
            assert every_s <= hours[0][1] - hours[0][0]
