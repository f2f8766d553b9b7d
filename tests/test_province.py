"""Copies of a city are one problem each: what a province costs is what they cost."""

from __future__ import annotations

from pathlib import Path

import pytest
from worlds import problems_of, two_stations

from planner.budget import Budget
from planner.checks import examine
from planner.formats.plan_geojson import as_written
from planner.planning.pipeline import plan_routes
from planner.scenario import Scenario


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """Return three copies of a small city, as the bench makes them."""
    monkeypatch.syspath_prepend(Path(__file__).parent / "bench")
    from province import province

    return province(two_stations(), 3)


def test_tiles_share_nothing(three: Scenario) -> None:
    """Every copy is a part of its own, with the times of the city itself."""
    _, (city,) = problems_of(two_stations())
    _, parts = problems_of(three)
    assert len(parts) == 3
    for part in parts:
        assert len(part.stations) == len(city.stations)
        for name, table in city.tables.items():
            for times in ("travel", "out", "back", "task"):
                ours, theirs = getattr(table, times), getattr(part.tables[name], times)
                # A tick is lost or won where coordinates are large.
                assert abs(ours - theirs).max() <= 1


def test_a_province_is_served_as_its_cities_are(three: Scenario) -> None:
    """Its plan holds every rule, and leaves out what the city leaves out."""
    budget = Budget(iterations=0, workers=1)
    alone = plan_routes(two_stations(), budget=budget)
    plan = plan_routes(three, budget=budget)
    assert examine(three, as_written(plan)).ok
    left_out = {u.zone for u in alone.unserved}
    assert {u.zone.rpartition("-")[0] for u in plan.unserved} == left_out
