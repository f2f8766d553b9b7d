"""Whatever an engine answers can be flown, and the same effort answers the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from shapely.geometry import box
from worlds import (
    MODEL,
    closure,
    problems_of,
    square,
    station,
    two_stations,
    whole,
    world,
    zone,
)

from planner.engines import ENGINES, Effort, Piece, engine
from planner.engines.alternate import fill_in_turn, pressed
from planner.engines.assess import (
    Assessor,
    free_drones,
    served_targets,
    unserved_priority,
)
from planner.engines.greedy import slots
from planner.errors import MissingPartError
from planner.problem import Column, Problem, make_column
from planner.scenario import Scenario

FEW = Effort(seconds=None, solutions=60, seed=3)
EVERY = pytest.mark.parametrize("name", ENGINES)


@cache
def problem_of(which: str) -> Problem:
    """Return the only part of a small world."""
    _, problems = problems_of(WORLDS[which])
    assert len(problems) == 1
    return problems[0]


def busy() -> Scenario:
    """Return more to do than two stations can: short intervals, one drone each."""
    spots = [(x, y) for x in (-1500, 0, 1500) for y in (-1500, 0, 1500) if x or y]
    return world(
        [station("A", 0, 0, 1), station("B", 200, 1500, 1)],
        [
            zone(
                f"W{i}",
                square(*spot, 400),
                priority=float(1 + i % 3),
                revisit_s=(1800.0, 2400.0, 3600.0)[i % 3],
            )
            for i, spot in enumerate(spots)
        ],
    )


def unlike() -> Scenario:
    """Return two stations with different drones, and a zone beyond the slow one's."""
    slow = replace(MODEL, model="SLOW", airspeed_mps=7.0, usable_endurance_s=1200.0)
    return world(
        [station("A", 0, 0), station("B", 2500, 0, model="SLOW")],
        [
            zone("W1", square(7000, 0, 200)),
            zone("W2", square(1200, 300, 300)),
            zone("S", box(2000, 500, 2500, 900), "sweep", revisit_s=7200.0),
        ],
        models=[MODEL, slow],
    )


WORLDS = {"two": two_stations(), "busy": busy(), "unlike": unlike()}
ALL = pytest.mark.parametrize("which", WORLDS)


@cache
def cold_routes() -> tuple[Column, ...]:
    """Return routes for the busy world, searched for a while."""
    problem = problem_of("busy")
    longer = replace(FEW, solutions=200)
    return tuple(engine("portfolio")(problem, whole(problem), longer))


def assert_flyable(problem: Problem, piece: Piece, columns: Sequence[Column]) -> None:
    """Hold that routes fit their class, and no target is asked of two."""
    seen: list[int] = []
    for column in columns:
        assert column.station in piece.stations
        assert column.nodes
        assert column == make_column(
            problem, column.station, column.headway_s, column.nodes, column.tails
        )
        assert column.duration <= problem.longest(column.station, column.headway_s)
        for target in sorted(set(column.targets(problem))):
            assert column.headway_s <= problem.targets[target].revisit_s
            seen.append(target)
    assert len(seen) == len(set(seen))
    assert set(seen) <= set(piece.targets)


def loads(problem: Problem, columns: Sequence[Column]) -> dict[int, float]:
    """Return the load of each station."""
    spent = dict.fromkeys(range(len(problem.stations)), 0.0)
    for column in columns:
        spent[column.station] += column.load(problem)
    return spent


@EVERY
@ALL
def test_routes_can_be_flown(name: str, which: str) -> None:
    """Routes fit battery and headway, serve intervals, and share no target."""
    problem = problem_of(which)
    piece = whole(problem)
    columns = engine(name)(problem, piece, FEW)
    assert columns
    assert_flyable(problem, piece, columns)


@pytest.mark.parametrize("name", ["ortools", "portfolio"])
@ALL
def test_load_stays_within_the_drones_of_a_piece(name: str, which: str) -> None:
    """No station's routes occupy more drones than the piece has free there."""
    problem = problem_of(which)
    for share in (1.0, 0.5):
        piece = replace(
            whole(problem), drones=tuple(share * d for d in whole(problem).drones)
        )
        columns = engine(name)(problem, piece, FEW)
        for place, spent in loads(problem, columns).items():
            assert spent <= piece.drones[place] + 1e-6


@ALL
def test_greedy_stays_within_its_slots(which: str) -> None:
    """The greedy engine opens no route for which no hourly slot is left."""
    problem = problem_of(which)
    piece = whole(problem)
    columns = engine("greedy")(problem, piece, FEW)
    for s in piece.stations:
        taken = sum(slots(problem, s, c.headway_s) for c in columns if c.station == s)
        assert taken <= problem.drones(s) + 1e-6


@EVERY
def test_the_same_effort_gives_the_same_routes(name: str) -> None:
    """With the same seed and number of solutions an engine answers the same."""
    problem = problem_of("busy")
    first = engine(name)(problem, whole(problem), FEW)
    assert engine(name)(problem, whole(problem), FEW) == first


@EVERY
def test_nothing_to_do_is_no_error(name: str) -> None:
    """A piece without targets, or without a drone, has no routes."""
    problem = problem_of("two")
    all_of_it = whole(problem)
    assert engine(name)(problem, replace(all_of_it, targets=()), FEW) == []
    assert engine(name)(problem, replace(all_of_it, drones=(0.0, 0.0)), FEW) == []


@EVERY
def test_a_piece_is_routed_by_its_own_stations(name: str) -> None:
    """Only stations and targets of the piece are on its routes."""
    problem = problem_of("busy")
    piece = Piece(stations=(1,), targets=tuple(range(0, 12, 2)), drones=(1.0,))
    columns = engine(name)(problem, piece, FEW)
    assert columns
    assert_flyable(problem, piece, columns)


@EVERY
def test_what_nobody_reaches_is_left_out(name: str) -> None:
    """A target that no station can fly to and back is left out, not an error."""
    ring = square(3000, 0, 500).difference(square(3000, 0, 400))
    scenario = world(
        [station("A", 0, 0)],
        [
            zone("far", square(10_600, 0, 50)),
            zone("near", square(800, 0, 50)),
            zone("short", square(6000, 0, 50), revisit_s=900.0),
        ],
        [closure("X", ring)],
    )
    _, (problem,) = problems_of(scenario)
    piece = whole(problem)
    columns = engine(name)(problem, piece, FEW)
    assert_flyable(problem, piece, columns)
    served = {
        z for c in columns for t in c.targets(problem) for z in problem.targets[t].zones
    }
    assert served == {"near"}


@EVERY
def test_a_warm_start_is_never_made_worse(name: str) -> None:
    """From routes to start with an engine comes back with at least as much served."""
    problem = problem_of("busy")
    cold = cold_routes()
    warm = engine(name)(problem, replace(whole(problem), start=cold), FEW)
    assert_flyable(problem, whole(problem), warm)
    assert unserved_priority(problem, warm) <= unserved_priority(problem, cold)
    if served_targets(problem, warm) == served_targets(problem, cold):
        before, after = (sum(loads(problem, c).values()) for c in (cold, warm))
        assert after <= before + 1e-6


def test_more_drones_serve_more() -> None:
    """With drones enough everything is served; with fewer, what matters more."""
    problem = problem_of("busy")
    plenty = replace(whole(problem), drones=(20.0, 20.0))
    for name in ENGINES:
        columns = engine(name)(problem, plenty, FEW)
        assert unserved_priority(problem, columns) == 0
        few = engine(name)(problem, whole(problem), FEW)
        assert unserved_priority(problem, few) >= 0


def test_ortools_takes_fewer_drones_than_greedy() -> None:
    """Where both serve everything the search occupies no more drones."""
    problem = problem_of("two")
    columns = {
        name: engine(name)(problem, whole(problem), replace(FEW, solutions=300))
        for name in ("greedy", "portfolio")
    }
    greedy, found = (sum(loads(problem, c).values()) for c in columns.values())
    assert unserved_priority(problem, columns["portfolio"]) == 0
    assert found <= greedy + 1e-6


def test_an_unknown_engine_is_told() -> None:
    """A name that is no engine is refused with the names there are."""
    with pytest.raises(MissingPartError, match=r"portfolio.*greedy"):
        engine("quantum")


@ALL
def test_assessed_routes_have_a_clock(which: str) -> None:
    """What is kept of routes has a clock at every station, within its drones."""
    space, (problem,) = problems_of(WORLDS[which])
    assessor = Assessor(problem, space)
    columns = engine("portfolio")(problem, whole(problem), FEW)
    found = assessor.assess(columns)
    assert set(found.columns) <= set(columns)
    assert found.unserved == unserved_priority(problem, found.columns)
    for s, clock in found.clocks.items():
        mine = [assessor.draft(c).id for c in found.columns if c.station == s]
        assert set(clock.phases_s) == set(mine)
        assert clock.peak <= problem.drones(s)
    assert found.drones <= sum(problem.drones(s) for s in range(len(problem.stations)))
    assert assessor.assess(columns) == found


def test_drones_free_are_those_no_route_needs_then() -> None:
    """Routes of another time of day leave a station's drones free."""
    problem = problem_of("two")
    rush = next(
        t for t, target in enumerate(problem.targets) if target.zones == ("W2",)
    )
    node = int(problem.nodes_of(rush)[0])
    always = [t for t in range(len(problem.targets)) if problem.is_all_day(t)]
    column = make_column(problem, 0, 3600.0, [node])
    needed = [t in always for t in range(len(problem.targets))]
    free = free_drones(problem, [column], np.array(needed))
    assert free[0] == pytest.approx(problem.drones(0) - column.load(problem))
    assert free[1] == problem.drones(1)


def test_targets_due_less_often_are_taken_along_in_turn() -> None:
    """A route with a beat takes along what is due seldom, and stays flyable."""
    scenario = world(
        [station("A", 0, 0, 1)],
        [
            zone("often", square(600, 0, 200), revisit_s=3600.0),
            *(
                zone(f"seldom{i}", square(1500, 900 * i - 900, 200), revisit_s=14_400.0)
                for i in range(3)
            ),
        ],
        hours=8.0,
    )
    space, (problem,) = problems_of(scenario)
    often = [
        t for t in range(len(problem.targets)) if problem.targets[t].revisit_s == 3600
    ]
    nodes = [int(problem.nodes_of(t)[0]) for t in often]
    seldom = [t for t in range(len(problem.targets)) if t not in often]
    start = make_column(problem, 0, 3600.0, nodes)
    (filled,) = fill_in_turn(problem, [start], seldom)
    assert set(filled.targets(problem)) == {*often, *seldom}
    assert filled.nodes == start.nodes
    assert filled.duration <= problem.longest(0, 3600.0)
    assert len(filled.tails) * filled.headway_s <= 14_400.0
    draft = Assessor(problem, space).draft(filled)
    assert len(draft.variants) == len(filled.tails)
    assert len({v.id for v in draft.variants}) == len(draft.variants)
    assert max(v.duration_s for v in draft.variants) == draft.duration_s


def test_what_alternates_leaves_in_step_what_sorties_share() -> None:
    """A stop of every other sortie keeps its place when tails are filled in turn."""
    scenario = world(
        [station("A", 0, 0, 3)],
        [
            zone("EVERY", square(700, 0, 150), revisit_s=3600.0),
            zone("OTHER", square(1400, 300, 150), revisit_s=7200.0),
            zone("SELDOM", square(300, 500, 150), revisit_s=14_400.0),
        ],
    )
    _, (problem,) = problems_of(scenario)
    node = {
        t.id[:5]: int(problem.nodes_of(k)[0]) for k, t in enumerate(problem.targets)
    }
    every, other, seldom = node["EVERY"], node["OTHER"], node["SELDO"]
    start = make_column(problem, 0, 3600.0, [every], [[other], [], [other], []])
    (filled,) = fill_in_turn(problem, [start], [int(problem.node_target[seldom])])
    with_it = [tail for tail in filled.tails if seldom in tail]
    assert len(with_it) == 1
    assert all(tail[0] == other for tail in filled.tails if other in tail)


def test_a_stop_is_not_moved_to_a_route_that_has_it() -> None:
    """Where two routes come to the same target, what is pressed together ends."""
    rush = ((7 * 3600.0, 9 * 3600.0),)
    scenario = world(
        [station("A", 0, 0, 4)],
        [
            zone("ALL", square(700, 0, 150), revisit_s=1800.0),
            zone("RUSH", square(1400, 300, 150), revisit_s=1800.0, active=rush),
            zone("MORE", square(300, 700, 150), revisit_s=1800.0),
        ],
    )
    _, (problem,) = problems_of(scenario)
    nodes = [int(problem.nodes_of(k)[0]) for k in range(3)]
    both = [
        make_column(problem, 0, 1800.0, chain) for chain in (nodes[:2], nodes[::-1])
    ]
    for column in pressed(problem, both):
        assert len(set(column.nodes)) == len(column.nodes)
