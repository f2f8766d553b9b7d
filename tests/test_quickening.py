"""Clocks are chosen for response, and nothing else gets worse by it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import square, station, two_stations, world, zone

import planner
from planner.checks import check
from planner.formats.plan_geojson import as_written
from planner.metrics import compute_metrics
from planner.plan import Plan
from planner.planning import finishing
from planner.planning.quickening import quicken
from planner.response.figures import response
from planner.scenario import Scenario
from planner.timetable.draft import DraftRoute
from planner.timetable.leeway import Leeway, free_phases, leeway, reclocked
from planner.timetable.making import Timetable, settled

Asked = tuple[Plan, list[DraftRoute], Timetable]


def side_by_side() -> Scenario:
    """Return two stations whose drones look at two places side by side."""
    return world(
        [station("A", 0, 0, 2), station("B", 3000, 0, 2)],
        [
            zone("W1", square(1300, 0, 100), dwell_s=1000.0),
            zone("W2", square(1700, 0, 100), dwell_s=1000.0),
        ],
        hours=6.0,
        launch_s=200.0,
    )


@lru_cache(maxsize=4)
def asked(name: str) -> Asked:
    """Return a plan, and what its clocks were chosen from: all in one round."""
    noted: list[Any] = []

    def note(
        scenario: Scenario, drafts: list[DraftRoute], table: Timetable, **rest: Any
    ) -> Timetable:
        noted[:] = [drafts, table]
        return quicken(scenario, drafts, table, **rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finishing, "quicken", note)
        plan = planner.plan_routes(WORLDS[name], budget=planner.Budget(iterations=1))
    return plan, noted[0], noted[1]


WORLDS = {"side_by_side": side_by_side(), "two_stations": two_stations()}


def of(scenario: Scenario, plan: Plan, table: Timetable) -> Plan:
    """Return a plan with the clocks of a timetable, and no figures but metrics."""
    bare = replace(
        plan, routes=table.routes, roster=table.roster, analysis={}, certificate={}
    )
    return as_written(replace(bare, metrics=compute_metrics(scenario, bare)))


def test_help_is_there_sooner_where_drones_flew_at_once() -> None:
    """Two drones that watched at the same time take turns: far more is near at hand."""
    scenario = WORLDS["side_by_side"]
    plan, _, table = asked("side_by_side")
    before = of(scenario, plan, table)
    was, now = (response(scenario, p)["all"] for p in (before, plan))
    assert now["within_120_s"] > was["within_120_s"] + 0.1
    assert now["mean_s"] < was["mean_s"]


@pytest.mark.parametrize("name", WORLDS)
def test_nothing_else_gets_worse(name: str) -> None:
    """As many drones, the same routes at the same heights, and a silent check."""
    scenario = WORLDS[name]
    plan, _, table = asked(name)
    before = of(scenario, plan, table)
    was, now = (response(scenario, p)["all"] for p in (before, plan))
    assert now["within_120_s"] > was["within_120_s"]
    assert check(scenario, plan) == []
    for told in ("drones_peak", "drones_used"):
        assert plan.metrics[told] <= before.metrics[told]
    assert [(r.id, r.path, r.stops) for r in plan.routes] == [
        (r.id, r.path, r.stops) for r in before.routes
    ]


@pytest.mark.parametrize("name", WORLDS)
def test_the_same_phases_are_chosen_again(name: str) -> None:
    """No clock is read where rounds are counted; without time nothing moves."""
    scenario = WORLDS[name]
    plan, drafts, table = asked(name)
    clocks = {r.id: r.phase_s for r in plan.routes}
    for until_s, ended in ((None, False), (0.0, False), (None, True)):
        found = quicken(
            scenario,
            drafts,
            table,
            given=scenario,
            until_s=until_s,
            stop=lambda ended=ended: ended,
        )
        same = until_s is None and not ended
        assert found.routes == table.routes or same
        if same:
            assert {r.id: r.phase_s for r in found.routes} == clocks


@lru_cache(maxsize=4)
def room_of(name: str) -> Leeway:
    """Return what binds the phases of a world's first timetable."""
    scenario, (_, drafts, table) = WORLDS[name], asked(name)
    return leeway(scenario, [settled(scenario, d) for d in drafts], table)


@settings(max_examples=20, deadline=None)
@given(name=st.sampled_from(sorted(WORLDS)), data=st.data())
def test_every_free_phase_passes_the_check(name: str, data: st.DataObject) -> None:
    """Whichever is taken, one route after the other; no station needs more drones."""
    scenario, (plan, _, table) = WORLDS[name], asked(name)
    room = room_of(name)
    first_s = {r.id: round(r.phase_s) for r in table.routes}
    phases_s = {
        d.id: first_s[d.flown[0].id] - d.flown[0].turn * round(d.headway_s)
        for d in room.drafts.values()
    }
    for draft in room.drafts.values():
        free = np.flatnonzero(free_phases(room, draft, phases_s)).tolist()
        phases_s[draft.id] = data.draw(st.sampled_from([phases_s[draft.id], *free]))
    found = reclocked(room, table, phases_s)
    assert check(scenario, of(scenario, plan, found)) == []
    assert all(found.peaks[s] <= peak for s, peak in table.peaks.items())
    assert found.unresolved == ()


def test_stations_where_drones_wait_for_chargers_stay_as_they_are() -> None:
    """Their waits belong to their clocks."""
    scenario, (_, drafts, table) = WORLDS["two_stations"], asked("two_stations")
    short = replace(
        scenario, stations=tuple(replace(s, chargers=1) for s in scenario.stations)
    )
    room = leeway(short, [settled(short, d) for d in drafts], table)
    assert not room.tasks
    assert not any(free_phases(room, draft, {}).any() for draft in room.drafts.values())
