"""Headways and phases of a station are chosen together, so that its routes fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import MODEL, problems_of, square, station, world, zone

from planner.budget import Budget
from planner.checks import examine
from planner.draft import DraftRoute
from planner.engines.assess import Assessor
from planner.formats.plan_geojson import as_written
from planner.planning.pipeline import plan_routes
from planner.problem import make_column
from planner.scenario import Scenario
from planner.timetable.harmony import harmonised
from planner.timetable.nesting import nestings
from planner.timetable.stationclock import schedule_station

RESTING = replace(MODEL, turnaround_s=1500.0)


def two_rounds(pads: int) -> Scenario:
    """Return a station with two drones and two zones far out, due every hour."""
    zones = [
        zone("E", square(9800, 0, 200), revisit_s=3600.0),
        zone("W", square(-9800, 0, 200), revisit_s=3600.0),
    ]
    home = replace(station("A", 0, 0, 2), pads=pads)
    return world([home], zones, hours=6.0, models=[RESTING])


def drafts_of(scenario: Scenario, headways_s: Sequence[float]) -> list[DraftRoute]:
    """Return a route to each target of a scenario with one station."""
    space, (problem,) = problems_of(scenario)
    assessor = Assessor(problem, space)
    return [
        assessor.draft(
            make_column(problem, 0, headway_s, [int(problem.nodes_of(t)[0])])
        )
        for t, headway_s in enumerate(headways_s)
    ]


def test_two_drones_take_turns_on_one_pad() -> None:
    """At an hour both would want it at once; somewhat sooner one is always away."""
    scenario = two_rounds(1)
    plan = as_written(plan_routes(scenario, budget=Budget(iterations=1, workers=1)))
    assert examine(scenario, plan).violations == ()
    assert plan.unserved == ()
    assert len(plan.routes) == 2
    assert {r.headway_s for r in plan.routes} != {3600.0}
    roomy = plan_routes(two_rounds(2), budget=Budget(iterations=1, workers=1))
    assert {r.headway_s for r in roomy.routes} == {3600.0}


def test_the_longest_beat_is_found() -> None:
    """One second more, and no phases let two drones take turns."""
    scenario = two_rounds(1)
    home, drafts = scenario.stations[0], drafts_of(scenario, [3600.0, 3600.0])
    found = harmonised(scenario, home, drafts, deterministic_time=1.0)
    assert found is not None
    assert len(set(found.headways_s)) == 1
    best_s = found.headways_s[0]
    # Each is away while the other rests, and a minute more at both ends.
    flights_s = sum(draft.duration_s for draft in drafts)
    assert best_s <= flights_s - 2 * scenario.rules.launch_spacing_s + 1e-6
    # Of so many beats that are looked at, no longer one would do.
    assert best_s > flights_s - 2 * scenario.rules.launch_spacing_s - 60


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_is_chosen_has_a_clock(data: st.DataObject) -> None:
    """Headways get no longer, are multiples of a beat, and the phases fit the day."""
    revisits_s = data.draw(
        st.lists(
            st.sampled_from([2700.0, 3000.0, 3600.0, 3900.0, 7200.0]),
            min_size=1,
            max_size=4,
        )
    )
    zones = [
        zone(
            f"Z{k}",
            square(data.draw(st.sampled_from([2000, 5000, 8000])), 1500 * k, 100),
            revisit_s=revisit_s,
        )
        for k, revisit_s in enumerate(revisits_s)
    ]
    home = replace(
        station("A", 0, 0, 4),
        pads=data.draw(st.integers(1, 3)),
        chargers=data.draw(st.sampled_from([None, 1, 2])),
    )
    scenario = world([home], zones, hours=8.0, models=[RESTING])
    drafts = drafts_of(scenario, revisits_s)
    found = harmonised(scenario, home, drafts, deterministic_time=0.3)
    if found is None:
        return
    beat_s = np.gcd.reduce(found.headways_s)
    assert min(found.headways_s) == beat_s
    assert all(h <= r for h, r in zip(found.headways_s, revisits_s, strict=True))
    chosen = [
        replace(draft, headway_s=float(headway_s))
        for draft, headway_s in zip(drafts, found.headways_s, strict=True)
    ]
    phases_s = {d.id: p for d, p in zip(chosen, found.phases_s, strict=True)}
    clock = schedule_station(
        scenario, home, chosen, hint=phases_s, minimise=False, deterministic_time=1.0
    )
    assert clock is not None
    assert clock.peak <= home.drones


@given(headways_s=st.lists(st.integers(60, 7200).map(float), min_size=1, max_size=5))
def test_headways_nest_and_get_no_longer(headways_s: list[float]) -> None:
    """Each is a whole multiple of the next shorter one."""
    ways = nestings(headways_s, [600.0] * len(headways_s))
    assert ways
    for times in ways:
        beat_s = min(h / n for h, n in zip(headways_s, times, strict=True))
        assert beat_s > 0
        ordered = sorted(set(times))
        assert all(b % a == 0 for a, b in pairwise(ordered))
        order = np.argsort(headways_s, kind="stable")
        assert np.all(np.diff(np.array(times)[order]) >= 0)
