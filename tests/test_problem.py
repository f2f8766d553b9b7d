"""The problem in whole numbers never promises more than can be flown."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, box
from worlds import (
    MODEL,
    closure,
    discretised,
    problems_of,
    square,
    station,
    two_stations,
    whole,
    world,
    zone,
)

from planner.engines import greedy
from planner.engines.piece import Effort
from planner.given.wind import Wind
from planner.network.reach import independent_parts, overhead_s, straight_s, task_s
from planner.problem import (
    FAR,
    TICKS_PER_S,
    Problem,
    formulate,
    make_column,
)
from planner.scenario import Scenario
from planner.targets import Target, Way
from planner.timetable.drafting import draw

NO_EFFORT = Effort(seconds=None, solutions=0, seed=1)


def looked_at(name: str, x: float, y: float, dwell_s: float = 20.0) -> Target:
    """Return a viewpoint that is due hourly all day."""
    return Target(
        id=name,
        kind="watch",
        zones=(name,),
        revisit_s=3600.0,
        windows=((0.0, 14_400.0),),
        shortest_window_s=14_400.0,
        ways=(Way(xy=np.array([[x, y]]), wait_s=np.array([dwell_s])),),
        layers_m=(60.0,),
    )


def windy() -> Scenario:
    """Return the two stations in a wind."""
    return replace(two_stations(), wind=Wind(speed_mps=4.0, from_deg=200.0))


@pytest.mark.parametrize("scenario", [two_stations(), windy()])
def test_ticks_are_never_below_the_time(scenario: Scenario) -> None:
    """Every time in ticks is at least the time in seconds, by less than a tick."""
    _, (problem,) = problems_of(scenario)
    legs, table = problem.legs["M"], problem.tables["M"]
    model, winds = MODEL, ((0.0, 0.0),)
    for ticks, rows, columns in (
        (table.travel, problem.leave, problem.entry),
        (table.out, problem.home, problem.entry),
        (table.back, problem.leave, problem.home),
    ):
        spare = ticks - TICKS_PER_S * legs.times_s(rows, columns)
        assert spare.min() >= -1e-5
        assert spare.max() < 1 + 1e-5
    assert table.overhead >= TICKS_PER_S * overhead_s(scenario, model) - 1e-5
    if scenario.wind.speed_mps == 0:
        for node, ticks in enumerate(table.task):
            target = problem.targets[problem.node_target[node]]
            way = target.ways[problem.node_way[node]]
            assert 0 <= ticks - TICKS_PER_S * task_s(way, model, winds) + 1e-5 < 1.1


def test_wind_makes_out_and_back_differ() -> None:
    """In a wind the way to a target and the way back take different times."""
    _, (problem,) = problems_of(windy())
    table = problem.tables["M"]
    assert (table.out != table.back.T).any()


@pytest.mark.parametrize("scenario", [two_stations(), windy()])
def test_drawn_routes_take_no_longer_than_their_ticks(scenario: Scenario) -> None:
    """A route as drawn lasts no longer than it was planned for, but for rounding."""
    space, (problem,) = problems_of(scenario)
    columns = greedy.route(problem, whole(problem), NO_EFFORT)
    chance = np.random.default_rng(1)
    for _ in range(20):
        order = chance.permutation(len(problem.targets))[:5]
        nodes = [int(chance.choice(problem.nodes_of(int(t)))) for t in order]
        columns.append(make_column(problem, int(chance.integers(2)), 3600.0, nodes))
    assert len(columns) > 20
    for column in columns:
        draft = draw(problem, space, column)
        legs = len(draft.xy)
        assert draft.duration_s <= column.duration / TICKS_PER_S + 0.004 * legs
        stops = [s.target for s in draft.stops]
        names = [problem.targets[t].id for t in column.targets(problem)]
        # Where hours have lists of their own, the draft has the stops of all of them.
        assert sorted(stops) == sorted(names) if draft.variants else stops == names
        assert np.all(np.diff(draft.t_s) >= 0)
        assert math.isclose(draft.headway_s, column.headway_s)


def test_a_route_within_its_limit_is_within_the_endurance() -> None:
    """What fits the longest sortie of its class fits battery and headway as drawn."""
    scenario = two_stations()
    space, (problem,) = problems_of(scenario)
    for column in greedy.route(problem, whole(problem), NO_EFFORT):
        assert column.duration <= problem.longest(column.station, column.headway_s)
        draft = draw(problem, space, column)
        assert draft.duration_s <= MODEL.usable_endurance_s
        spacing = scenario.rules.launch_spacing_s
        assert draft.duration_s + spacing <= column.headway_s


def test_longest_leaves_the_column_clear_for_the_next_sortie() -> None:
    """A short headway limits a sortie before the battery does."""
    _, (problem,) = problems_of(two_stations())
    assert problem.longest(0, 3600.0) <= TICKS_PER_S * MODEL.usable_endurance_s
    spacing = problem.scenario.rules.launch_spacing_s
    assert problem.longest(0, 900.0) <= TICKS_PER_S * (900.0 - spacing)
    assert problem.longest(0, 3600.0) > problem.longest(0, 900.0)


def test_duration_is_the_sum_of_its_parts() -> None:
    """A sortie lasts climb, legs, tasks and descent."""
    _, (problem,) = problems_of(two_stations())
    table, nodes = problem.table(0), [0, 3, 5]
    by_hand = table.overhead + table.out[0, 0] + table.back[5, 0]
    by_hand += table.travel[0, 3] + table.travel[3, 5] + sum(table.task[nodes])
    assert problem.duration(0, nodes) == by_hand
    column = make_column(problem, 0, 3600.0, nodes)
    assert column.duration == by_hand
    turnaround = MODEL.turnaround_s
    assert column.load(problem) == pytest.approx((by_hand / 10 + turnaround) / 3600)


def test_tails_are_flown_in_turn() -> None:
    """Of sorties that alternate the longest counts, and all their targets."""
    _, (problem,) = problems_of(two_stations())
    column = make_column(problem, 0, 3600.0, [0], [[3], [5], []])
    assert column.chains() == ((0, 3), (0, 5), (0,))
    longest = max(problem.duration(0, chain) for chain in column.chains())
    assert column.duration == longest
    expected = {int(problem.node_target[n]) for n in (0, 3, 5)}
    assert set(column.targets(problem)) == expected


places = st.tuples(st.floats(-40_000, 40_000), st.floats(-40_000, 40_000))


@settings(max_examples=40)
@given(
    st.lists(places, min_size=1, max_size=6),
    st.lists(places, max_size=25),
    st.floats(0, 8),
)
def test_stations_with_a_common_target_are_never_parted(
    homes: list[tuple[float, float]],
    spots: list[tuple[float, float]],
    wind_mps: float,
) -> None:
    """Two stations that can both reach a target are in one part, with the target."""
    scenario = world(
        [station(f"S{i}", *home) for i, home in enumerate(homes)],
        wind=Wind(speed_mps=wind_mps, from_deg=70.0),
    )
    targets = [looked_at(f"T{i}", *spot) for i, spot in enumerate(spots)]
    parts = independent_parts(scenario, targets)
    part_of = {t: k for k, (_, mine) in enumerate(parts) for t in mine}
    home_of = {s: k for k, (mine, _) in enumerate(parts) for s in mine}
    for s, t in itertools.product(range(len(homes)), range(len(targets))):
        if straight_s(scenario, targets[t])[s] <= MODEL.usable_endurance_s:
            assert part_of[t] == home_of[s]
    reached = {
        t
        for t, target in enumerate(targets)
        if straight_s(scenario, target).min() <= MODEL.usable_endurance_s
    }
    assert set(part_of) == reached
    stations = [s for mine, _ in parts for s in mine]
    assert len(stations) == len(set(stations))


def test_far_stations_have_nothing_to_do_with_each_other() -> None:
    """Stations beyond each other's reach make parts of their own, in order."""
    scenario = world([station("A", 0, 0), station("B", 60_000, 0)])
    targets = [looked_at("T0", 59_000, 0), looked_at("T1", 500, 0)]
    targets += [looked_at("T2", 30_000, 0)]
    assert independent_parts(scenario, targets) == [([0], [1]), ([1], [0])]


def test_no_targets_make_no_parts() -> None:
    """A scenario in which nothing can be flown has no problem to solve."""
    assert independent_parts(two_stations(), []) == []


def test_what_cannot_be_flown_is_far() -> None:
    """A target walled in by closures stays in the problem, but never fits."""
    ring = square(1000, 0, 400).difference(square(1000, 0, 300))
    scenario = world(
        [station("A", 0, 0)],
        [zone("far", square(1000, 0, 100))],
        airspace=[closure("X", ring)],
    )
    lonely = looked_at("far", 1000, 0)
    space, _ = discretised(scenario)
    walled_in = formulate(scenario, space, [lonely], ([0], [0]))
    assert walled_in.tables["M"].out[0, 0] == FAR
    assert walled_in.duration(0, [0]) > walled_in.longest(0, 3600.0)


def test_drone_types_have_times_of_their_own() -> None:
    """Stations with other drones have other tables, for the same nodes."""
    slow = replace(MODEL, model="SLOW", airspeed_mps=6.0)
    scenario = world(
        [station("A", 0, 0), station("B", 1000, 0, model="SLOW")],
        [zone("L", LineString([(0, 500), (1000, 500)]), "line")],
        models=[MODEL, slow],
    )
    _, (problem,) = problems_of(scenario)
    fast_s, slow_s = problem.tables["M"].task, problem.tables["SLOW"].task
    assert np.all(slow_s >= 1.9 * fast_s)
    assert problem.table(0) is problem.tables["M"]
    assert problem.table(1) is problem.tables["SLOW"]


def test_reserve_drones_are_not_rostered() -> None:
    """A station has its drones less the reserve, and never fewer than none."""
    scenario = world(
        [station("A", 0, 0, 3), station("B", 500, 0, 1)],
        [zone("W", box(0, 300, 200, 500))],
        reserve_drones=2,
    )
    _, (problem,) = problems_of(scenario)
    assert [problem.drones(s) for s in range(2)] == [1, 0]


def test_a_draft_keeps_out_of_what_is_closed() -> None:
    """A route as drawn keeps out of closures, and only its own column is passed."""
    space, (problem,) = problems_of(two_stations())
    for column in greedy.route(problem, whole(problem), NO_EFFORT):
        path = LineString(draw(problem, space, column).xy)
        assert not path.intersects(space.closed.buffer(-1e-3))
        for s, home in enumerate(problem.stations):
            if s != column.station:
                assert not path.intersects(home.point.buffer(50.0))


def nodes_by_target(problem: Problem) -> dict[int, list[int]]:
    """Return the nodes of each target."""
    grouped: dict[int, list[int]] = {}
    for node, target in enumerate(problem.node_target.tolist()):
        grouped.setdefault(target, []).append(node)
    return grouped


def test_every_way_is_a_node() -> None:
    """Each way of each target is one node, and the two ends are where it says."""
    _, (problem,) = problems_of(two_stations())
    for target, nodes in nodes_by_target(problem).items():
        assert nodes == problem.nodes_of(target).tolist()
        assert len(nodes) == len(problem.targets[target].ways)
        assert problem.index(problem.targets[target].id) == target
    ends = np.array(
        [
            problem.targets[t].ways[w].xy[-1]
            for t, w in zip(problem.node_target, problem.node_way, strict=True)
        ]
    )
    starts = np.array(
        [
            problem.targets[t].ways[w].xy[0]
            for t, w in zip(problem.node_target, problem.node_way, strict=True)
        ]
    )
    away = np.hypot(*(ends[:, None] - starts[None]).swapaxes(0, 2)).T
    assert np.all(problem.tables["M"].travel >= 10 * away / 12 - 1e-3)
