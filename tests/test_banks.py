"""Both banks of a wide river are flown, a narrow one along its middle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString

import planner
import seeds
from planner.basics.physics import swath_at
from planner.budget import Budget
from planner.formats.banks import both_banks
from planner.formats.scenario_folder import inspect_scenario
from planner.plan import Plan
from planner.scenario import Scenario

WIDE_M = 300.0


def river(folder: Path, width_m: float | None, **changes: Any) -> Path:
    """Write a scenario of a station and a river beside it."""
    toml = (seeds.path("lines") / "scenario.toml").read_text(encoding="utf-8")
    properties = {"id": "R", "kind": "line", "revisit_min": 60, "width_m": width_m}
    bends = [[120.0, 33.0], [120.012, 33.004], [120.02, 33.0]]
    geometry: dict[str, Any] = {"type": "LineString", "coordinates": bends}
    zone = {"type": "Feature", "properties": properties, "geometry": geometry} | changes
    home = {
        "type": "Feature",
        "properties": {"id": "A", "drones": 3},
        "geometry": {"type": "Point", "coordinates": [120.01, 33.0]},
    }
    folder.mkdir()
    (folder / "scenario.toml").write_text(toml, encoding="utf-8")
    for name, feature in (("stations", home), ("zones", zone)):
        layer = {"type": "FeatureCollection", "features": [feature]}
        (folder / f"{name}.geojson").write_text(json.dumps(layer), encoding="utf-8")
    return folder


def planned(scenario: Scenario) -> Plan:
    """Return a quick plan."""
    return planner.plan_routes(scenario, budget=Budget(iterations=1, workers=1))


def test_banks_lie_half_the_width_beside_the_middle() -> None:
    """Every place of both banks is so far from it, on either side."""
    middle = LineString([(0, 0), (1000, 200), (2000, 0)])
    banks = both_banks(middle, WIDE_M)
    places = shapely.points(shapely.get_coordinates(shapely.segmentize(banks, 20.0)))
    away_m = shapely.distance(middle, places)
    assert np.allclose(away_m, WIDE_M / 2, atol=1.0)
    assert banks.length == pytest.approx(2 * middle.length, rel=0.05)
    assert len(shapely.get_parts(banks)) == 2


def test_a_wide_river_is_seen_on_both_banks(tmp_path: Path) -> None:
    """A plan flies along both, and one without a bank is not passed."""
    scenario = planner.read_scenario(river(tmp_path / "wide", WIDE_M))
    (zone,) = scenario.zones
    assert zone.geometry.geom_type == "MultiLineString"
    plan = planned(scenario)
    assert plan.unserved == () and not planner.check(scenario, plan)
    narrow = planner.read_scenario(river(tmp_path / "narrow", None))
    middle = planned(narrow)
    codes = {v.code for v in planner.check(scenario, middle)}
    assert "coverage.line" in codes


def test_a_narrow_river_is_flown_along_its_middle(tmp_path: Path) -> None:
    """What a drone sees across from the lowest layer takes no second track."""
    folder = river(tmp_path / "plain", None)
    plain = planner.read_scenario(folder)
    seen_m = swath_at(plain.drone_models[0].swath_m, plain.rules.floor_m)
    narrow = planner.read_scenario(river(tmp_path / "narrow", seen_m))
    assert narrow.zones[0].geometry.equals(plain.zones[0].geometry)
    assert narrow.digest == plain.digest


def test_a_width_of_an_area_is_told_of(tmp_path: Path) -> None:
    """It is not used; and a width below nothing is an error."""
    square = [[[120.0, 33.0], [120.01, 33.0], [120.01, 33.01], [120.0, 33.0]]]
    area = {"type": "Polygon", "coordinates": square}
    properties = {"id": "W", "kind": "watch", "revisit_min": 60, "width_m": 50}
    folder = river(tmp_path / "a", 50.0, geometry=area, properties=properties)
    found, findings = inspect_scenario(folder)
    assert found is not None and "W-WIDTH" in {f.code for f in findings}
    _, findings = inspect_scenario(river(tmp_path / "b", -5.0))
    assert "E-VALUE-RANGE" in {f.code for f in findings}
