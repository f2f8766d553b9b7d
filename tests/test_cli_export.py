"""Export and import on the command line: files, codes, and what is said."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from command_runs import Run
from missions import dji_plan

import planner


@pytest.fixture
def plan_path(tmp_path: Path) -> Path:
    """Return the file of a small plan."""
    path = tmp_path / "plan.geojson"
    planner.write_plan(dji_plan(), path)
    return path


def test_routes_of_a_station_are_written_for_their_owner_alone(
    run: Run, plan_path: Path, tmp_path: Path
) -> None:
    """A file a route, readable by nobody else, named as the route."""
    out = tmp_path / "missions"
    code, said, _ = run(
        "export", plan_path, "--format", "qgc", "-o", out, "--station", "A", "--json"
    )
    assert code == 0
    assert json.loads(said) == {
        "ok": True,
        "format": "qgc",
        "files": ["A1.plan", "A2.plan"],
    }
    for name in ("A1.plan", "A2.plan"):
        assert stat.S_IMODE((out / name).stat().st_mode) == 0o600
    code, said, _ = run(
        "export", plan_path, "--format", "wpl", "-o", out, "--route", "B1"
    )
    assert code == 0 and "1 files" in said
    assert (out / "B1.waypoints").exists()


def test_one_route_or_one_station(run: Run, plan_path: Path, tmp_path: Path) -> None:
    """Both at once is a mistake; an id that is not there is told."""
    words = ["export", plan_path, "--format", "qgc", "-o", tmp_path / "out"]
    assert run(*words, "--route", "A1", "--station", "A")[0] == 2
    code, _, said = run(*words, "--route", "Z9")
    assert code == 3 and "E-EXPORT-ROUTE" in said and "Z9" in said
    code, _, said = run(*words, "--station", "Z9", "--lang", "zh")
    assert code == 3 and "方案中没有可导出的航线" in said


def test_a_mission_that_must_not_fly_is_told_and_not_written(
    run: Run, tmp_path: Path
) -> None:
    """Exit code 5, as for any plan that breaks a rule; the remedy is said."""
    plan = dji_plan()
    low = tuple((x, y, min(z, 6.0)) for x, y, z in plan.routes[0].path)
    plan = replace(plan, routes=(replace(plan.routes[0], path=low), *plan.routes[1:]))
    path, out = tmp_path / "plan.geojson", tmp_path / "out"
    planner.write_plan(plan, path)
    words = ["export", path, "--format", "wpml", "-o", out]
    code, said, told = run(*words, "--json")
    assert code == 5
    (finding,) = json.loads(said)["findings"]
    assert (finding["code"], finding["file"]) == ("E-PREFLIGHT-TAKEOFF-LOW", "A1.kmz")
    assert finding["remedy"] and "E-PREFLIGHT-TAKEOFF-LOW" in told
    assert not list(out.glob("*.kmz"))


def test_what_was_exported_is_imported_as_lines(
    run: Run, plan_path: Path, tmp_path: Path
) -> None:
    """Files of all kinds in one go become one GeoJSON with heights and actions."""
    out, lines = tmp_path / "missions", tmp_path / "routes.geojson"
    for name in ("qgc", "wpl", "wpml"):
        run("export", plan_path, "--format", name, "-o", out, "--route", "A1")
    files = sorted(out.glob("A1.*"))
    code, said, _ = run("import", *files, "-o", lines)
    assert code == 0 and "A1.kmz" in said and "A1.plan" in said
    document = json.loads(lines.read_text(encoding="utf-8"))
    assert len(document["features"]) == len(files) == 3
    for feature in document["features"]:
        own = feature["properties"]
        places = feature["geometry"]["coordinates"]
        assert {place[2] for place in places} == {60.0}
        assert len(own["speeds_mps"]) == len(places)
        kinds = [action["kind"] for action in own["actions"]]
        assert kinds.count("record") == kinds.count("stop") == 2
        assert own["takes_off"] and own["end"] == "land" and own["duration_s"] > 0


def test_a_bad_file_among_good_ones_keeps_all_from_being_written(
    run: Run, plan_path: Path, tmp_path: Path
) -> None:
    """Every fault of every file is told at once."""
    bad, missing, lines = (tmp_path / name for name in ("a.kml", "b.plan", "r.geojson"))
    bad.write_text("<kml/>")
    code, _, said = run("import", bad, missing, "-o", lines)
    assert code == 3
    assert "a.kml" in said and "b.plan" in said
    assert not lines.exists()
