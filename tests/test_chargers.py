"""No more drones or batteries are at chargers than there are, and swaps find one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drafts import make_draft, make_scenario
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import tiny_plan, tiny_scenario, told
from tiny_folder import TOML, example, write
from worlds import MODEL, square, station, world, zone
from worlds import MODEL as TYPE

from planner.budget import Budget
from planner.checks import examine
from planner.draft import DraftRoute
from planner.formats.plan_geojson import as_written
from planner.formats.scenario_folder import inspect_scenario, read_scenario
from planner.plan import Plan, Sortie
from planner.planning.pipeline import plan_routes
from planner.scenario import Scenario
from planner.timetable.roster import make_roster
from planner.timetable.stationclock import schedule_station

SCENARIO = tiny_scenario()
PLAN = tiny_plan()
Spans = Sequence[tuple[float, float]]


def codes(scenario: Scenario, plan: Plan) -> set[str]:
    """Return the codes of what the checker finds."""
    return {v.code for v in examine(scenario, plan).violations}


def most_each_second(spans: Spans) -> int:
    """Return the most spans that hold in the middle of any second."""
    last = int(max(end for _, end in spans)) + 1
    begin, end = np.array(spans).T
    return max(int(((begin < t) & (t < end)).sum()) for t in np.arange(last) + 0.5)


def supplied(scenario: Scenario, charge_s: float | None, **supply: Any) -> Scenario:
    """Return a scenario with what each station has to charge with."""
    swaps = "batteries" in supply
    return replace(
        scenario,
        stations=tuple(replace(s, **supply) for s in scenario.stations),
        drone_models=tuple(
            replace(m, swaps=swaps, charge_s=charge_s) for m in scenario.drone_models
        ),
    )


@st.composite
def routes_of_a_station(draw: st.DrawFn) -> list[DraftRoute]:
    """Draw two to four routes."""
    return [
        make_draft(
            f"R{n}",
            minutes=draw(st.sampled_from([60, 120])),
            duration_s=draw(st.integers(7000, 17_000)) / 10,
            zone=draw(st.sampled_from(["day", "day", "school"])),
            bearing_deg=60.0 * n,
        )
        for n in range(draw(st.integers(2, 4)))
    ]


@given(
    routes=routes_of_a_station(),
    chargers=st.integers(1, 2),
    charge_s=st.sampled_from([None, 900.0, 300.0]),
)
@settings(max_examples=12, deadline=None)
def test_a_clock_keeps_chargers(
    routes: list[DraftRoute], chargers: int, charge_s: float | None
) -> None:
    """At no second of the day are more drones at chargers than there are."""
    scenario = supplied(make_scenario(drones=4, pads=4), charge_s, chargers=chargers)
    clock = schedule_station(
        scenario, scenario.stations[0], routes, deterministic_time=0.02
    )
    if clock is None or clock.peak > 4:
        return
    rest_s = TYPE.turnaround_s
    flights = make_roster(scenario, routes, clock.phases_s, clock.waits_s)
    lasts_s = rest_s if charge_s is None else charge_s
    assert most_each_second([(s.ready_s - lasts_s, s.ready_s) for s in flights]) <= (
        chargers
    )
    busy = [(s.takeoff_s, s.ready_s) for s in flights]
    assert most_each_second(busy) <= len({s.drone for s in flights}) == clock.peak
    assert all(s.ready_s - s.landing_s >= rest_s - 1e-3 for s in flights)


def shared_charger(chargers: int | None) -> Scenario:
    """Return a station with two zones at opposite ends, due hourly."""
    busy = station("A", 0, 0, 2)
    return world(
        [replace(busy, chargers=chargers)],
        [zone("E", square(8000, 0, 200)), zone("W", square(-8000, 0, 200))],
        hours=5.0,
    )


def test_a_plan_shares_one_charger() -> None:
    """Where a second drone would charge at the same time, it is flown later."""
    scenario = shared_charger(1)
    plan = as_written(plan_routes(scenario, budget=Budget(iterations=1, workers=1)))
    assert (plan.unserved, codes(scenario, plan)) == ((), set())
    assert len({s.drone for s in plan.roster}) == 2
    spans = [(s.ready_s - MODEL.turnaround_s, s.ready_s) for s in plan.roster]
    assert most_each_second(spans) == 1
    assert plan.stations[0]["chargers"] == 1
    free = plan_routes(shared_charger(None), budget=Budget(iterations=1, workers=1))
    spans = [(s.ready_s - MODEL.turnaround_s, s.ready_s) for s in free.roster]
    assert most_each_second(spans) == 2


def test_what_is_not_said_is_not_in_a_plan() -> None:
    """A plan for a scenario without chargers is what it always was."""
    plan = plan_routes(shared_charger(None), budget=Budget(iterations=0, workers=1))
    assert not {"chargers", "batteries"} & plan.stations[0].keys()
    assert not {"swaps", "charge_s"} & plan.drone_models[0].keys()


def nearest_of(depot: str) -> float:
    """Return the least time between two drones of a station being ready [s]."""
    ids = {r.id for r in PLAN.routes if r.depot == depot}
    ready = np.sort([s.ready_s for s in PLAN.roster if s.route in ids])
    return float(np.diff(ready).min())


def test_a_second_too_long_at_the_charger_is_found() -> None:
    """Chargers may be passed on to the second, and not a second before."""
    room_s = min(nearest_of("A"), nearest_of("B"))
    assert 60 < room_s < 599
    for more_s, broken in ((-1.0, set()), (0.0, set()), (1.0, {"pads.chargers"})):
        scenario = supplied(SCENARIO, room_s + more_s, chargers=1)
        assert codes(scenario, told(scenario, PLAN)) == broken


def test_a_drone_may_wait_for_a_charger() -> None:
    """Ready later, charged later: then its place at the charger is free before."""
    scenario = supplied(SCENARIO, 500.0, chargers=1)
    assert codes(scenario, told(scenario, PLAN)) == {"pads.chargers"}
    waits: list[Sortie] = []
    free_s = {"A": 0.0, "B": 0.0}
    for s in sorted(PLAN.roster, key=lambda s: s.ready_s):
        depot = s.drone[0]
        ready_s = max(s.ready_s, free_s[depot] + 500.0)
        free_s[depot] = ready_s
        waits.append(replace(s, ready_s=ready_s))
    assert codes(scenario, told(scenario, replace(PLAN, roster=tuple(waits)))) == set()


def alone(count: int) -> Plan:
    """Return a plan in which only the drone of route A1 flies."""
    roster = [s for s in PLAN.roster if s.route == "A1"][:count]
    return told(SCENARIO, replace(PLAN, roster=tuple(roster)))


def test_a_battery_a_second_late_is_found() -> None:
    """One spare battery goes round: swapped out, charged, swapped in again."""
    headway_s, swap_s = 1800.0, SCENARIO.drone_models[0].turnaround_s
    for more_s, late in ((-1.0, False), (0.0, False), (1.0, True)):
        charge_s = headway_s - swap_s + more_s
        scenario = supplied(SCENARIO, charge_s, batteries=1)
        assert ("pads.batteries" in codes(scenario, alone(5))) == late


def runs_out(
    landings_s: Sequence[int], swap_s: int, charge_s: int, batteries: int, chargers: int
) -> bool:
    """Look second by second whether a drone lands and no battery is charged."""
    waiting, at_charger, charged = 0, [0] * chargers, batteries
    for t in range(max(landings_s) + 1):
        charged += sum(left == 1 for left in at_charger)
        at_charger = [max(left - 1, 0) for left in at_charger]
        waiting += landings_s.count(t - swap_s)
        for k, left in enumerate(at_charger):
            if left == 0 and waiting:
                at_charger[k], waiting = charge_s, waiting - 1
        charged -= landings_s.count(t)
        if charged < 0:
            return True
    return False


@given(
    gaps=st.lists(st.integers(60, 900), min_size=1, max_size=12),
    charge_s=st.integers(100, 2000),
    batteries=st.integers(1, 3),
    chargers=st.integers(1, 2),
)
@settings(max_examples=150, deadline=None)
def test_batteries_run_out_when_they_do(
    gaps: list[int], charge_s: int, batteries: int, chargers: int
) -> None:
    """The checker says so exactly if a simulation of every second does."""
    supply = {"batteries": batteries, "chargers": chargers}
    scenario = supplied(SCENARIO, float(charge_s), **supply)
    length_s = PLAN.route("A1").duration_s
    takeoffs = np.cumsum(gaps)
    roster = tuple(
        Sortie(
            drone="A-1",
            route="A1",
            takeoff_s=t - length_s,
            landing_s=float(t),
            ready_s=t + 600.0,
        )
        for t in takeoffs
    )
    found = "pads.batteries" in codes(scenario, replace(PLAN, roster=roster))
    landings = [int(t) for t in takeoffs]
    assert found == runs_out(landings, 600, charge_s, batteries, chargers)


def test_a_plan_keeps_its_stock_of_batteries() -> None:
    """Drones that swap fly on after minutes, as often as charged batteries allow."""
    swapping = replace(MODEL, turnaround_s=180.0, swaps=True, charge_s=2400.0)
    zones = [zone("E", square(4000, 0, 200)), zone("W", square(-4000, 0, 200))]
    scenario = world(
        [replace(station("A", 0, 0, 1), batteries=2, chargers=2)],
        [replace(z, revisit_s=2700.0) for z in zones],
        hours=5.0,
        models=[swapping],
    )
    plan = as_written(plan_routes(scenario, budget=Budget(iterations=1, workers=1)))
    assert (plan.unserved, codes(scenario, plan)) == ((), set())
    landings = [round(s.landing_s) for s in plan.roster]
    assert not runs_out(landings, 180, 2400, 2, 2)
    (drone,) = plan.drone_models
    assert (drone["swaps"], drone["charge_s"]) == (True, 2400.0)
    assert plan.stations[0]["batteries"] == 2


def test_chargers_and_batteries_are_read(tmp_path: Path) -> None:
    """Columns are known in Chinese too; the digest tells what was said."""
    plain = read_scenario(write(tmp_path / "plain"))
    layers = example()
    for feature in layers["stations"]["features"]:
        feature["properties"] |= {"充电位": 2, "备用电池": 3}
    toml = TOML + 'service = "swap"\nturnaround_s = 180\ncharge_s = 1800\n'
    scenario = read_scenario(write(tmp_path / "swap", layers, toml))
    assert {(s.chargers, s.batteries) for s in scenario.stations} == {(2, 3)}
    (model,) = scenario.drone_models
    assert (model.swaps, model.charge_s, model.turnaround_s) == (True, 1800.0, 180.0)
    assert scenario.digest != plain.digest


@pytest.mark.parametrize("key", ["chargers", "batteries"])
def test_what_is_no_number_of_chargers_is_told(tmp_path: Path, key: str) -> None:
    """A typing error stops the plan, not the program."""
    layers = example()
    layers["stations"]["features"][0]["properties"][key] = "two"
    scenario, findings = inspect_scenario(write(tmp_path, layers))
    assert scenario is None
    assert "E-VALUE-NUMBER" in {f.code for f in findings}


def test_drones_wait_for_the_charger_where_all_are_wanted_at_once() -> None:
    """Both zones are due in one half hour, charging takes longer than that."""
    slow = replace(MODEL, turnaround_s=3000.0)
    school = ((7 * 3600.0, 7.5 * 3600.0),)
    zones = [zone("E", square(7000, 0, 200)), zone("W", square(-7000, 0, 200))]
    scenario = world(
        [replace(station("A", 0, 0, 2), chargers=1)],
        [replace(z, active=school, revisit_s=7200.0) for z in zones],
        hours=6.0,
        models=[slow],
    )
    plan = as_written(plan_routes(scenario, budget=Budget(iterations=1, workers=1)))
    assert (plan.unserved, codes(scenario, plan)) == ((), set())
    waits = [s.ready_s - s.landing_s - slow.turnaround_s for s in plan.roster]
    assert max(waits) >= 60
    spans = [(s.ready_s - slow.turnaround_s, s.ready_s) for s in plan.roster]
    assert most_each_second(spans) == 1
