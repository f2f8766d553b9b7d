"""What keeps a zone from being found a route is told by its name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from worlds import square, station, world, zone

from planner.budget import Budget
from planner.checks import examine
from planner.formats.plan_geojson import as_written
from planner.given.crews import Break, Crews
from planner.messages import LANGUAGES
from planner.plan import Plan
from planner.planning.pipeline import plan_routes
from planner.scenario import Scenario

NOON = Break(hours=((12 * 3600.0, 12.5 * 3600.0),))


def planned(scenario: Scenario) -> Plan:
    """Return a plan of a round, as it is read again; the checker finds no fault."""
    budget = Budget(iterations=1, workers=1)
    plan = as_written(plan_routes(scenario, budget=budget))
    assert examine(scenario, plan).violations == ()
    return plan


def due(minutes: float, pads: int, crews: Crews | None = None) -> Scenario:
    """Return a station with three drones, and a zone that is 12 minutes' flight."""
    home = replace(station("A", 0, 0, 3), pads=pads)
    asked = zone("Z", square(3500, 0, 100), revisit_s=60 * minutes)
    return replace(world([home], [asked], hours=10.0), crews=crews)


RESTING = Crews(drones_per_pilot=9, breaks=(NOON,))
CASES = {
    "single_pad": (due(30, 1), due(30, 2)),
    "break_too_long": (due(35, 3, RESTING), due(35, 3)),
}


@pytest.mark.parametrize("code", CASES)
def test_what_keeps_a_zone_from_being_served_is_told_and_how_to_help(code: str) -> None:
    """One more pad, no break, or the interval that is told: each is enough."""
    asked, helped = CASES[code]
    (left_out,) = planned(asked).unserved
    assert left_out.code == code
    assert planned(helped).unserved == ()
    wider = replace(asked.zones[0], revisit_s=60.0 * left_out.figures["possible_min"])
    assert planned(replace(asked, zones=(wider,))).unserved == ()
    for language in LANGUAGES:
        assert "{" not in "".join(left_out.texts(language))


def test_where_the_day_leaves_no_headway_nothing_else_is_blamed() -> None:
    """Every 17 minutes are every 16 over midnight: no pad and no pilot is to blame."""
    asked = replace(due(17, 3).zones[0], geometry=square(5000, 0, 20))
    scenario = replace(due(17, 3), zones=(asked,))
    daily = replace(scenario.horizon, length_s=86_400.0, start_clock_s=0.0)
    (left_out,) = planned(replace(scenario, horizon=daily)).unserved
    assert (left_out.code, left_out.figures["station"]) == ("not_found", "A")
