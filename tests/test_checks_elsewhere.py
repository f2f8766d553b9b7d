"""Routes that end at another station keep every rule, and break each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from broken_plans import moved, raised, with_times
from elsewhere_plans import (
    LINE,
    W2,
    elsewhere_plan,
    elsewhere_routes,
    elsewhere_scenario,
    first_free,
    flown,
)
from plans import drawn, tiny_scenario, told

from planner.checks import check, examine
from planner.formats.plan_geojson import as_written
from planner.given.horizon import Horizon
from planner.plan import Plan, Route
from planner.scenario import Scenario

SCENARIO = elsewhere_scenario()
PLAN = elsewhere_plan()
A2, AB, B2, BA = elsewhere_routes()


def codes(plan: Plan, scenario: Scenario = SCENARIO) -> set[str]:
    """Return what a plan breaks."""
    return {v.code for v in check(scenario, plan)}


def ba(phase_s: float, layer_m: float = 75.0) -> Route:
    """Return route BA with another phase or layer."""
    return drawn("BA", "B", layer_m, 1800.0, phase_s, [LINE, W2], ends_at="A")


def rostered(change: Callable[[Plan], Plan]) -> Plan:
    """Return the plan changed, its numbers following."""
    return told(SCENARIO, change(PLAN))


def renamed(names: dict[int, str]) -> Plan:
    """Return the plan with some sorties flown by others."""
    roster = [
        replace(s, drone=names.get(i, s.drone)) for i, s in enumerate(PLAN.roster)
    ]
    return rostered(lambda plan: replace(plan, roster=tuple(roster)))


def number(route: str, nth: int) -> int:
    """Return where in the roster the nth sortie of a route stands."""
    return [i for i, s in enumerate(PLAN.roster) if s.route == route][nth]


def last_of(route: str) -> Plan:
    """Return the plan without the last sortie of a route."""
    kept = [s for i, s in enumerate(PLAN.roster) if i != number(route, -1)]
    return rostered(lambda plan: replace(plan, roster=tuple(kept)))


def with_pads(pads: int, chargers: int | None = None) -> Scenario:
    """Return the scenario with fewer pads or chargers at B."""
    a, b = SCENARIO.stations
    fewer = replace(b, pads=pads, chargers=chargers)
    return replace(SCENARIO, stations=(a, fewer))


BROKEN: dict[str, Callable[[], Plan]] = {
    "fleet.home": lambda: flown(A2, moved(AB, len(AB.path) - 1, 0, 2), B2, BA),
    "fleet.ground": lambda: flown(A2, raised(AB, len(AB.path) - 1, 1.0), B2, BA),
    "fleet.depot": lambda: flown(A2, replace(AB, ends_at="C"), B2, BA),
    "fleet.place": lambda: renamed({number("A2", 1): "A-1", number("AB", 4): "B-1"}),
    "fleet.station": lambda: renamed({number("BA", 0): "A-3"}),
    "fleet.balance": lambda: last_of("BA"),
    "fleet.ready": lambda: renamed({number("BA", 0): PLAN.roster[0].drone}),
    "pads.spacing": lambda: flown(A2, AB, B2, ba(120.0 + AB.duration_s + 59.0)),
    "airspace.layer": lambda: flown(A2, replace(AB, layer_m=75.0), B2, BA),
    "airspace.floor": lambda: flown(A2, raised(AB, len(AB.path) - 3, -5.0), B2, BA),
    "motion.speed": lambda: flown(A2, with_times(AB, len(AB.path) - 2, -1.0), B2, BA),
}


def test_a_plan_with_routes_that_end_elsewhere_keeps_every_rule() -> None:
    """Two drones that change places take the place of three; nothing is broken."""
    assert examine(SCENARIO, PLAN).violations == ()
    assert PLAN.metrics["drones_used"] == 3
    assert check(SCENARIO, as_written(PLAN)) == []


@pytest.mark.parametrize("code", BROKEN)
def test_what_such_a_route_breaks_is_reported(code: str) -> None:
    """Each rule follows the drone to where it lands."""
    assert code in codes(BROKEN[code]())


def test_without_the_rule_a_route_has_to_end_where_it_begins() -> None:
    """A scenario that does not allow it is not broken in silence."""
    assert codes(told(tiny_scenario(), PLAN), tiny_scenario()) == {"fleet.elsewhere"}


@pytest.mark.parametrize(("pads", "chargers", "code"), [
    (1, None, "pads.free"),
    (3, 0, "pads.chargers"),
])  # fmt: skip
def test_pads_and_chargers_are_taken_where_a_drone_lands(
    pads: int, chargers: int | None, code: str
) -> None:
    """AB alone stands at B from touchdown on, beside what is B's own."""
    scenario = with_pads(pads, chargers)
    closed = replace(PLAN, routes=(A2, AB), roster=tuple(
        s for s in PLAN.roster if s.route in ("A2", "AB")
    ))  # fmt: skip
    if chargers is None:
        waiting = tuple(
            replace(s, ready_s=s.landing_s + 2000.0) if s.route == "AB" else s
            for s in closed.roster
        )
        closed = replace(closed, roster=waiting)
    assert code in codes(told(scenario, closed), scenario)


def test_a_drone_flies_routes_of_its_own_type_alone() -> None:
    """Where stations have other types, a drone from A is no drone of B."""
    a, b = SCENARIO.stations
    other = replace(SCENARIO.drone_models[0], model="N")
    scenario = replace(
        SCENARIO,
        stations=(a, replace(b, model="N")),
        drone_models=(*SCENARIO.drone_models, other),
    )
    routes = tuple(
        replace(r, drone_model="N") if r.depot == "B" else r for r in PLAN.routes
    )
    found = codes(told(scenario, replace(PLAN, routes=routes)), scenario)
    assert "fleet.type" in found
    assert "fleet.type" not in codes(PLAN)


def test_who_moves_in_the_column_where_it_lands_moves_there_alone() -> None:
    """The landing of AB and the climb of B2 are in one column."""
    overlapping = drawn("B2", "B", 90.0, 1800.0, 120.0 + AB.duration_s - 20.0, [])
    plan = flown(A2, AB, overlapping, BA)
    assert {"separation.column", "pads.spacing"} <= codes(plan)


def test_a_column_that_is_not_its_own_is_kept_out_of() -> None:
    """Landing at B opens B's column to a route, and no other one."""
    closed = flown(A2, AB, B2, ba(1050.0))
    assert "airspace.column" not in codes(closed)
    through = np.array(AB.path)
    plan = flown(A2, replace(AB, ends_at=""), B2, BA)
    assert through.shape[1] == 3
    assert {"airspace.column", "fleet.home"} <= codes(plan)


def test_at_the_seam_of_a_day_drones_take_over_where_they_stand() -> None:
    """Of a day that repeats, who ended at B begins there, once it is ready."""
    day = replace(
        SCENARIO,
        horizon=Horizon(
            start="2026-01-31T00:00:00+08:00", start_clock_s=0.0, length_s=86_400.0
        ),
    )
    only = drawn("BA", "B", 75.0, 1800.0, 1050.0, [LINE, W2], ends_at="A")
    length_s = 86_400.0 + 1800.0
    whole = replace(
        PLAN,
        horizon={"start": day.horizon.start, "seconds": 86_400.0},
        routes=(AB, only),
    )
    roster = tuple(s for s in first_free((AB, only), length_s) if s.takeoff_s < 86_400)
    used = Counter(drone[0] for drone in {s.drone for s in roster})
    stations = tuple(replace(s, drones=used[s.id]) for s in day.stations)
    day = replace(day, stations=stations)
    found = codes(told(day, replace(whole, roster=roster)), day)
    assert not {c for c in found if c.startswith(("fleet", "pads"))}
    late = tuple(replace(s, ready_s=90_000.0) if s == roster[-1] else s for s in roster)
    found = codes(told(day, replace(whole, roster=late)), day)
    assert "fleet.seam" in found
