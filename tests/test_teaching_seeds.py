"""The small seeds come out as their READMEs say."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import planner
import seeds

TEACHING = ("by-hand", "lines", "overbooked", "sweeps", "two-stations", "windy")


@cache
def planned(name: str) -> tuple[planner.Scenario, planner.Plan]:
    """Return a seed and a plan of it, by rounds so that it repeats."""
    scenario = planner.read_scenario(seeds.path(name))
    budget = planner.Budget(seconds=None, iterations=2, workers=1)
    return scenario, planner.plan_routes(scenario, budget=budget)


def expected(name: str) -> dict[str, Any]:
    """Return what the README of a seed promises, as bounds."""
    content: dict[str, Any] = json.loads(
        (seeds.path(name) / "expected.json").read_text()
    )
    return content


@pytest.mark.parametrize("name", TEACHING)
def test_a_seed_is_planned_without_breaking_a_rule(name: str) -> None:
    """What the planner makes of each seed holds all ten rules."""
    assert planner.check(*planned(name)) == []


@pytest.mark.parametrize("name", TEACHING)
def test_a_seed_comes_out_as_its_readme_says(name: str) -> None:
    """Zones served, zones left out and drones are those that the README works out."""
    scenario, plan = planned(name)
    wanted = expected(name)
    left_out = {item.zone: item.code for item in plan.unserved}
    assert sorted(left_out) == wanted["zones_unserved"]
    assert len(scenario.zones) - len(left_out) == wanted["zones_served"]
    peak = plan.metrics["drones_peak"]
    assert wanted["drones_peak_min"] <= peak <= wanted["drones_peak_max"]
    for zone, codes in wanted["unserved_codes"].items():
        assert left_out[zone] in codes


@pytest.mark.parametrize("name", TEACHING)
def test_a_seed_has_a_readme_of_five_lines(name: str) -> None:
    """A seed is explained on less than a page."""
    readme = (seeds.path(name) / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) == 5
    assert readme.startswith("# ")


def test_two_stations_is_about_routes_that_cross() -> None:
    """The seed shows layers: paths cross, so heights or times differ."""
    _, plan = planned("two-stations")
    zones = {
        zone for route in plan.routes for stop in route.stops for zone in stop.zones
    }
    assert {"X1", "X2"} <= zones
    assert len(plan.routes) >= 2


def test_every_seed_that_ships_is_tested() -> None:
    """No seed lies about without a test; the city has tests of its own."""
    assert set(seeds.names()) == {*TEACHING, "yancheng", "yancheng-energy"}
    assert Path(seeds.path("yancheng")).is_dir()
