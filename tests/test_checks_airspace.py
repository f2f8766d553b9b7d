"""Closed, private and other stations' airspace, and what can be seen from outside."""

from __future__ import annotations

from dataclasses import replace

import pytest
from broken_plans import PLAN, SCENARIO, codes
from plans import square, told
from shapely.geometry import Point

from planner.checks import check
from planner.scenario import Airspace


def test_a_closure_with_a_schedule_binds_only_while_it_holds() -> None:
    """The same path is open before seven and closed from seven to nine."""
    close = square(3000, -470, 10)
    shut = replace(next(a for a in SCENARIO.airspace if a.schedule), geometry=close)
    others = tuple(a for a in SCENARIO.airspace if not a.schedule)
    early = replace(shut, schedule=((6 * 3600.0, 6 * 3600.0 + 900.0),))
    assert "airspace.clearance" in codes(
        PLAN, replace(SCENARIO, airspace=(*others, shut))
    )
    assert codes(PLAN, replace(SCENARIO, airspace=(*others, early))) == set()


def test_a_closure_touches_at_its_limits() -> None:
    """Limits are closed: airspace from 60 m up closes the layer at 60 m."""
    over = Airspace(
        id="LOW",
        name="",
        restriction="PROHIBITED",
        geometry=square(1500, 50, 20),
        lower_m=60.0,
        upper_m=70.0,
    )
    for lower_m, found in ((60.0, {"airspace.clearance"}), (60.1, set())):
        closed = replace(over, lower_m=lower_m)
        scenario = replace(SCENARIO, airspace=(*SCENARIO.airspace, closed))
        assert codes(PLAN, scenario) == found


def test_a_station_under_closed_airspace_flies_only_with_a_waiver() -> None:
    """A climb passes through every height up to its layer."""
    shut = replace(SCENARIO.airspace[0], geometry=square(0, 0, 5), upper_m=50.0)
    scenario = replace(SCENARIO, airspace=(*SCENARIO.airspace, shut))
    assert codes(PLAN, scenario) == {"airspace.clearance"}
    waived = replace(scenario, rules=replace(SCENARIO.rules, station_waivers=("A",)))
    assert codes(PLAN, waived) == set()


def test_a_column_of_another_station_is_kept_out_of() -> None:
    """Nobody crosses where others take off."""
    third = replace(SCENARIO.stations[0], id="C", point=Point(1500, 60))
    scenario = replace(SCENARIO, stations=(*SCENARIO.stations, third))
    assert codes(told(scenario, PLAN), scenario) == {"airspace.column"}


def test_a_privacy_zone_is_crossed_high_and_not_dwelt_over() -> None:
    """Crossing below its height and watching from above it are both reported."""
    private = next(a for a in SCENARIO.airspace if a.is_privacy)
    crossed = replace(private, id="P2", geometry=square(1500, 50, 20))
    under = replace(private, id="P3", geometry=square(2000, -200, 5), upper_m=30.0)
    for zone, code in ((crossed, "airspace.privacy"), (under, "airspace.dwell")):
        scenario = replace(SCENARIO, airspace=(*SCENARIO.airspace, zone))
        off = tuple(replace(r, camera_off=((0.0, r.duration_s),)) for r in PLAN.routes)
        blind = replace(PLAN, routes=off)
        assert codes(told(scenario, blind), scenario) == {code}


def test_a_zone_that_can_hardly_be_seen_is_not_called_served() -> None:
    """Under half servable, a zone counts as unserved."""
    private = next(a for a in SCENARIO.airspace if a.is_privacy)
    cover = replace(private, id="P4", geometry=square(1000, 450, 148), upper_m=60.0)
    wide = replace(cover, geometry=square(1000, 360, 200))
    for zone in (cover, wide):
        scenario = replace(SCENARIO, airspace=(*SCENARIO.airspace, zone))
        hidden = "coverage.servable" in codes(told(scenario, PLAN), scenario)
        assert hidden is (zone is wide)


def test_what_cannot_be_seen_from_open_airspace_is_not_asked_for() -> None:
    """Deep inside closed airspace nothing can be seen, so nothing is promised."""
    # Closed from y = 1100, with the clearance 1070: seen up to y = 1370.
    deep = replace(SCENARIO.airspace[0], id="DEEP", geometry=square(1000, 2000, 900))
    for y, found in ((1390, 0.4), (2000, 0.0)):
        zone = replace(SCENARIO.zone("W3"), geometry=square(1000, y, 100))
        scenario = replace(
            SCENARIO,
            airspace=(*SCENARIO.airspace, deep),
            zones=tuple(zone if z.id == "W3" else z for z in SCENARIO.zones),
        )
        missed = check(scenario, replace(PLAN, unserved=()))
        seen = {v.where: v.found for v in missed if v.code == "coverage.servable"}
        assert seen == {"W3": pytest.approx(found, abs=1e-3)}
