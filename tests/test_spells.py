"""Promises of routes whose stops vary by the hour."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from plans import told
from worlds import problems_of, square, station, world, zone

from planner import Plan, check
from planner.basics.spells import Windows, arrivals, due_together, spells
from planner.formats.plan_geojson import as_written
from planner.problem import ChartedProblem, Column, make_column
from planner.scenario import Scenario, Zone
from planner.timetable.draft import DraftRoute
from planner.timetable.drafting import draw
from planner.timetable.making import make_timetable
from planner.timetable.phases import flown_spans
from planner.timetable.rhythm import rhythm, sorties

SCHOOL: Windows = ((3600.0, 7200.0), (36_000.0, 43_200.0))
MARKET: Windows = ((43_200.0, 57_600.0),)
CLOCK = 6 * 3600.0


def at(windows: Windows) -> Windows:
    """Return windows of the horizon by the clock, as a zone has them."""
    return tuple((start + CLOCK, end + CLOCK) for start, end in windows)


def town(order: str, *, drones: int = 2) -> Scenario:
    """Return a town of one station with zones of a kind each letter says, in a row."""
    made: list[Zone] = []
    for i, kind in enumerate(order):
        shape = square(600 + 900 * i, 0, 200)
        made.append(zone(f"{kind}{i}", shape))
    windows = {"S": at(SCHOOL), "M": at(MARKET)}
    zones = [replace(z, active=windows.get(z.id[0], ())) or z for z in made]
    return world(
        [station("A", 0, 0, drones)],
        [z if z.active else replace(z, active=made[0].active) for z in zones],
        hours=16.0,
    )


def column_of(problem: ChartedProblem, order: str) -> Column:
    """Return the route through all zones of a town in their order."""
    nodes = [
        int(problem.nodes_of(t)[0])
        for i, kind in enumerate(order)
        for t, target in enumerate(problem.targets)
        if target.zones == (f"{kind}{i}",)
    ]
    return make_column(problem, 0, 3600.0, nodes)


@cache
def drafted(order: str) -> tuple[ChartedProblem, DraftRoute]:
    """Return the route through a town, drawn."""
    space, (problem,) = problems_of(town(order))
    return problem, draw(problem, space, column_of(problem, order))


def test_a_stop_is_left_out_where_it_is_not_due() -> None:
    """A school at the end of a route is flown in its windows, and never else."""
    problem, draft = drafted("AAS")
    short, long = sorted(draft.variants, key=lambda v: v.duration_s)
    assert [stop.zones[0] for stop in short.stops] == ["A0", "A1"]
    assert [stop.zones[0] for stop in long.stops] == ["A0", "A1", "S2"]
    assert long.stops[2].windows == SCHOOL
    takeoffs = sorties(problem.scenario, long, 0)
    assert takeoffs == [3600, 36_000, 39_600]
    everyone = sorted([*takeoffs, *sorties(problem.scenario, short, 0)])
    assert everyone == list(range(0, 57_600, 3600))


def test_what_saves_nothing_is_flown_all_day() -> None:
    """A school that is on the way to what is due all day stays on every sortie."""
    _, draft = drafted("ASA")
    assert not draft.variants


def test_school_and_market_take_each_other_s_place() -> None:
    """Stops that are never due together do not add up."""
    problem, draft = drafted("ASM")
    alone = [problem.duration(0, chain) for chain in ((0, 1), (0, 2))]
    column = column_of(problem, "ASM")
    assert column.duration == max(alone) < problem.duration(0, column.nodes)
    assert {tuple(s.zones[0] for s in v.stops) for v in draft.variants} == {
        ("A0",),
        ("A0", "S1"),
        ("A0", "M2"),
    }


@settings(max_examples=20)
@given(order=st.text("ASM", min_size=1, max_size=6).map(lambda rest: "A" + rest))
def test_a_stop_comes_at_the_same_time_of_every_sortie(order: str) -> None:
    """Whatever is left out, nothing else comes earlier or later for it."""
    problem, draft = drafted(order)
    times: dict[str, set[tuple[float, float]]] = {}
    for variant in draft.flown:
        for stop in variant.stops:
            moments = (round(stop.enter_s, 6), round(stop.exit_s, 6))
            times.setdefault(stop.target, set()).add(moments)
    assert len(times) == len(order)
    assert all(len(seen) == 1 for seen in times.values())
    # A drawn path takes a rounding more than whole ticks.
    duration = column_of(problem, order).duration / 10
    assert abs(duration - max(v.duration_s for v in draft.flown)) < 2.0


@settings(max_examples=20)
@given(order=st.text("ASM", min_size=1, max_size=5).map(lambda rest: "A" + rest))
def test_every_sortie_of_the_clock_is_flown_once(order: str) -> None:
    """At each take-off one variant is flown, and none without an active stop."""
    problem, draft = drafted(order)
    scenario = problem.scenario
    allowed = rhythm(scenario, draft).allowed.nonzero()[0]
    for phase in {int(allowed[0]), int(allowed[-1])}:
        flown = [t for v in draft.flown for t in sorties(scenario, v, phase)]
        assert len(flown) == len(set(flown))
        assert set(flown) == set(sorties(scenario, draft, phase))
    for variant in draft.flown:
        assert flown_spans(scenario, variant)


@given(
    first=st.integers(100, 900),
    length=st.integers(0, 600),
    other=st.integers(100, 900),
    more=st.integers(0, 600),
)
def test_spells_part_the_day(first: int, length: int, other: int, more: int) -> None:
    """Every take-off of the day is in one spell, and touching windows never meet."""
    on_task = {
        SCHOOL: (float(first), float(first + length)),
        MARKET: (float(other), float(other + more)),
    }
    found = spells(on_task, 57_600.0)
    whole = sorted(span for spans in found.values() for span in spans)
    assert (whole[0][0], whole[-1][1]) == (0, 57_599)
    assert all(b[0] == a[1] + 1 for a, b in pairwise(whole))
    assert set(found) <= set(due_together([SCHOOL, MARKET]))


def test_windows_that_overlap_are_due_together() -> None:
    """What is open at the same time is flown on one sortie."""
    early, late = ((0.0, 200.0),), ((100.0, 300.0),)
    assert frozenset([early, late]) in due_together([early, late])


def test_who_is_early_waits() -> None:
    """The longest way to a stop says when it is reached in all chains."""
    found = arrivals([[1, 2, 4], [1, 3, 4]], lambda _, stop: {3: 50.0}.get(stop, 10.0))
    assert found == {1: 10.0, 2: 20.0, 3: 60.0, 4: 70.0}


def test_a_plan_with_spells_keeps_every_rule() -> None:
    """Routes that vary by the hour pass the checker, which knows nothing of them."""
    problem, draft = drafted("AASM")
    scenario = problem.scenario
    table = make_timetable(scenario, [draft])
    assert len(table.routes) == 3
    assert len({(r.headway_s, r.phase_s) for r in table.routes}) == 1
    plan = Plan(
        horizon={
            "start": scenario.horizon.start,
            "seconds": scenario.horizon.length_s,
        },
        stations=(),
        drone_models=(),
        routes=table.routes,
        roster=table.roster,
        provenance={"scenario_digest": scenario.digest},
    )
    written = as_written(told(scenario, plan))
    assert any(stop.windows for route in written.routes for stop in route.stops)
    assert not check(scenario, written)
