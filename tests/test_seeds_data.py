"""Yancheng is what its README says, and no planner peeks at its answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import seeds
from planner.formats.scenario_folder import inspect_scenario, read_scenario

YANCHENG = seeds.path("yancheng")
UNSERVABLE = {"L037", "S025", "S026", "W219", "W220"}


def test_yancheng_has_its_stations_drones_teams_and_zones() -> None:
    """37 stations with 120 drones, 11 teams, 283 zones, 19 pieces of airspace."""
    scenario = read_scenario(YANCHENG)
    assert len(scenario.stations) == 37
    assert sum(station.drones for station in scenario.stations) == 120
    assert len(scenario.response_teams) == 11
    assert len(scenario.zones) == 283
    assert len(scenario.airspace) == 19
    assert len(scenario.privacy_zones()) == 6
    assert len(scenario.districts) == 11
    assert (len(scenario.water), len(scenario.boundary)) == (7, 1)


def test_yancheng_is_sound_and_names_the_zones_that_cannot_be_served() -> None:
    """No error; the warnings about places are about the five hopeless zones."""
    scenario, findings = inspect_scenario(YANCHENG)
    assert scenario is not None
    places = [f for f in findings if f.code.startswith("W-ZONE")]
    assert {finding.feature for finding in places} == UNSERVABLE
    assert len(findings) <= 8


def test_the_horizon_is_six_to_ten_and_can_be_the_whole_day() -> None:
    """The digest stays the same, for the horizon is no part of the content."""
    day = read_scenario(YANCHENG)
    whole = read_scenario(YANCHENG, horizon="24h")
    assert day.horizon.start == "2026-01-01T06:00:00+08:00"
    assert day.horizon.length_s == 57_600
    assert (whole.horizon.start_clock_s, whole.horizon.length_s) == (0, 86_400)
    assert day.digest == whole.digest


def test_all_is_sorted_by_id() -> None:
    """No order of rows in a file changes a plan."""
    scenario = read_scenario(YANCHENG)
    for things in (scenario.stations, scenario.zones, scenario.airspace):
        names = [thing.id for thing in things]
        assert names == sorted(names)


def test_reading_does_not_look_at_the_answers(tmp_path: Path) -> None:
    """A scenario without ``demo_case`` and the nearest stations is the same."""
    for file in YANCHENG.iterdir():
        if file.suffix in (".toml", ".geojson"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
    zones = json.loads((tmp_path / "zones.geojson").read_text(encoding="utf-8"))
    for feature in zones["features"]:
        for name in ("demo_case", "nearest_station", "nearest_km", "provenance"):
            del feature["properties"][name]
    (tmp_path / "zones.geojson").write_text(json.dumps(zones), encoding="utf-8")
    assert read_scenario(tmp_path).digest == read_scenario(YANCHENG).digest


def test_no_module_knows_the_word_demo_case() -> None:
    """A planner must find for itself why a zone cannot be served."""
    root = Path(__file__).resolve().parents[1]
    for folder in ("planner", "maps"):
        for file in (root / folder).rglob("*.py"):
            assert "demo_case" not in file.read_text(encoding="utf-8"), file


def test_reading_imports_no_heavy_library() -> None:
    """GeoJSON is read without the seconds that geopandas takes to import."""
    code = (
        "import sys, seeds\n"
        "from planner.formats.scenario_folder import read_scenario\n"
        "read_scenario(seeds.path('yancheng'))\n"
        "heavy = {'pandas', 'geopandas', 'pyogrio', 'scipy', 'folium', 'ortools'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_a_wrong_name_lists_the_right_ones() -> None:
    """Whoever mistypes a seed is told what ships."""
    with pytest.raises(KeyError, match="yancheng"):
        seeds.path("yangcheng")


def test_every_row_says_where_it_comes_from() -> None:
    """Real, derived or synthetic: no row is without provenance."""
    for file in YANCHENG.glob("*.geojson"):
        for feature in json.loads(file.read_text(encoding="utf-8"))["features"]:
            assert feature["properties"]["provenance"] in (
                "real",
                "derived",
                "synthetic",
            )


def test_the_city_by_battery_is_the_same_city() -> None:
    """Its layers are Yancheng's, byte for byte; only what a drone can do differs."""
    here = seeds.path("yancheng-energy")
    for file in here.glob("*.geojson"):
        assert file.read_bytes() == (YANCHENG / file.name).read_bytes()
    (city, _), (same, findings) = map(inspect_scenario, (YANCHENG, here))
    assert city is not None
    assert same is not None
    assert (same.zones, same.stations) == (city.zones, city.stations)
    assert [
        m.battery is not None for m in (*city.drone_models, *same.drone_models)
    ] == [
        False,
        True,
    ]
    assert {f.feature for f in findings if f.code.startswith("W-ZONE")} <= UNSERVABLE
