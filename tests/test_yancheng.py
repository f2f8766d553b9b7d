"""The whole city: planned by the command, accepted as a user would, then broken."""

from __future__ import annotations

import copy
import csv
import json
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
from browser import browser
from city_edits import EDITS, City, Document

import planner
import seeds
from planner.checks import examine
from planner.cli import main

ROOT = Path(__file__).resolve().parents[1]
SEED = seeds.path("yancheng")
FILES = ("plan.geojson", "timetable.csv", "map.html", "report.html")

OUT_OF_REACH = {"L037", "S026", "W220"}
CLOSED = {"S025": "NFZ-WET-2", "W219": "NFZ-ZSYN-2"}

MEASURED = {
    "coverage",
    "revisit",
    "motion",
    "energy",
    "airspace",
    "fleet",
    "pads",
    "separation",
    "accounts",
}


def patrol(*args: object) -> subprocess.CompletedProcess[str]:
    """Run a verb as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "planner", *map(str, args), "--lang", "en"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )


def plan_city(out: Path, *limits: object) -> dict[str, Any]:
    """Plan the city into a folder and return what the command tells."""
    run = patrol("plan", SEED, "-o", out, *limits, "--json")
    assert run.returncode == 0, run.stderr[-2000:]
    told: dict[str, Any] = json.loads(run.stdout)
    return told


@dataclass(frozen=True)
class Planned:
    """One run of the command on the city."""

    out: Path
    told: dict[str, Any]

    @property
    def file(self) -> Path:
        """The plan's file."""
        return self.out / "plan.geojson"

    def document(self) -> Document:
        """Return the content of the plan's file, to be changed at will."""
        return copy.deepcopy(_content(self.file))


@cache
def _content(file: Path) -> Document:
    content: Document = json.loads(file.read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """Plan the city once for all tests."""
    out = tmp_path_factory.mktemp("yancheng") / "out"
    return Planned(out, plan_city(out, "--iterations", 1, "--workers", 2))


@pytest.fixture(scope="module")
def city(planned: Planned) -> City:
    """Return the city with what the checker measures on its plan."""
    scenario = planner.read_scenario(SEED)
    return City(scenario, examine(scenario, planner.read_plan(planned.file)))


@cache
def zones() -> dict[str, dict[str, Any]]:
    """Return the properties of the zones as the seed's file has them."""
    return {f["properties"]["id"]: f["properties"] for f in features("zones")}


@cache
def shapes() -> dict[str, shapely.Geometry]:
    """Return the shapes of the zones, in degrees."""
    return {
        f["properties"]["id"]: shapely.from_geojson(json.dumps(f["geometry"]))
        for f in features("zones")
    }


def features(layer: str) -> list[dict[str, Any]]:
    """Return the features of a layer of the seed."""
    content = json.loads((SEED / f"{layer}.geojson").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = content["features"]
    return found


def island(page: Path) -> dict[str, Any]:
    """Return the data that a page carries."""
    text = page.read_text(encoding="utf-8")
    found = re.search(r'id="patrol-data">(.*?)</script>', text, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def left_out(planned: Planned) -> dict[str, dict[str, Any]]:
    """Return the entries of the zones that the plan leaves out."""
    return {entry["zone"]: entry for entry in planned.document()["unserved"]}


def test_the_city_is_planned_and_keeps_all_ten_rules(planned: Planned) -> None:
    """The command ends with 0 and no rule is broken, by its own word."""
    assert planned.told["ok"] is True
    assert planned.told["check"]["violations"] == []
    assert len(planned.told["check"]["rules"]) == 10


def test_a_check_of_the_files_agrees(planned: Planned) -> None:
    """`patrol check` finds nothing in the files, and measures what the run did."""
    run = patrol("check", SEED, planned.file, "--json")
    assert run.returncode == 0
    assert json.loads(run.stdout) == planned.told["check"]


def test_every_rule_is_measured(city: City) -> None:
    """No rule holds only because it looked at nothing."""
    measured = {r.rule for r in city.verdict.rules if r.worst_margin is not None}
    assert measured >= MEASURED
    assert {r.rule for r in city.verdict.rules} == {*MEASURED, "provenance"}


def test_nearly_all_that_can_be_served_is_served(planned: Planned) -> None:
    """At least 97 % of the servable priority, after one round."""
    servable = sum(z["priority"] for z in zones().values() if not z["demo_case"])
    assert planned.told["metrics"]["priority_served"] >= 0.97 * servable


def test_what_nobody_can_serve_is_left_out_for_the_right_reason(
    planned: Planned,
) -> None:
    """The five zones that the seed makes unservable have their codes."""
    assert {z for z, p in zones().items() if p["demo_case"]} == {*OUT_OF_REACH, *CLOSED}
    codes = {zone: entry["code"] for zone, entry in left_out(planned).items()}
    for zone in OUT_OF_REACH:
        assert codes[zone] == "out_of_reach"
    for zone in CLOSED:
        assert codes[zone] == "inside_closed_airspace"


def test_no_code_reads_the_answers() -> None:
    """What the seed says about its unservable zones is for tests and readers."""
    for package in ("planner", "maps"):
        for file in (ROOT / package).rglob("*.py"):
            assert "demo_case" not in file.read_text(encoding="utf-8"), file


@pytest.mark.parametrize("zone", sorted(OUT_OF_REACH))
def test_out_of_reach_is_told_with_true_figures(
    planned: Planned, city: City, zone: str
) -> None:
    """Nearest station, minutes and kilometres are those of a flight there and back."""
    figures = left_out(planned)[zone]["figures"]
    model = city.scenario.drone_models[0]
    earth = pyproj.Geod(ellps="WGS84")
    corners = shapely.get_coordinates(shapes()[zone])

    def distances_m(station: dict[str, Any]) -> np.ndarray:
        lon, lat = station["geometry"]["coordinates"]
        n = len(corners)
        return np.array(earth.inv([lon] * n, [lat] * n, *corners.T)[2])

    by_station = {s["properties"]["id"]: distances_m(s) for s in features("stations")}
    assert figures["station"] == min(by_station, key=lambda s: by_station[s].min())
    away_m = by_station[figures["station"]]
    rules = city.scenario.rules
    # From a look at its near edge from the lowest layer, to all of it from afar
    # and from the highest: so long does the part that is hardest to reach take.
    climb_s = np.array([rules.floor_m, rules.ceiling_m]) * (
        1 / model.climb_mps + 1 / model.descent_mps
    )
    length_m = 1000 * (zones()[zone]["length_km"] or 0)
    area_m2 = 1e6 * (zones()[zone]["area_km2"] or 0)
    task_s = length_m / model.airspeed_mps + area_m2 / model.lane_spacing_m / 5
    least_s = 2 * away_m.min() / model.airspeed_mps + climb_s[0]
    reach_s = 2 * model.view_radius_m / model.airspeed_mps
    most_s = 2 * away_m.max() / model.airspeed_mps + climb_s[1] + task_s + model.dwell_s
    assert least_s - reach_s <= 60 * figures["needed_min"] <= most_s + reach_s
    assert 60 * figures["allowed_min"] == model.usable_endurance_s
    excess_s = 60 * figures["needed_min"] - model.usable_endurance_s
    assert excess_s * model.airspeed_mps / 2000 == pytest.approx(
        figures["closer_km"], abs=0.15
    )


@pytest.mark.parametrize("zone", sorted(CLOSED))
def test_closed_airspace_is_told_with_true_figures(
    planned: Planned, city: City, zone: str
) -> None:
    """The closures named cover the zone, and so much of it can be seen from outside."""
    figures = left_out(planned)[zone]["figures"]
    named = figures["airspace"].split(", ")
    assert CLOSED[zone] in named
    to_utm = pyproj.Transformer.from_crs(4326, 32651, always_xy=True).transform

    def metres(shape: shapely.Geometry) -> shapely.Geometry:
        return shapely.transform(shape, lambda p: np.column_stack(to_utm(*p.T)))

    area = metres(shapes()[zone])
    closed = {
        f["properties"]["id"]: metres(shapely.from_geojson(json.dumps(f["geometry"])))
        for f in features("airspace")
    }
    assert all(closed[name].intersects(area) for name in named)
    forbidden = shapely.union_all([closed[name] for name in named])
    clearance_m = city.scenario.rules.clearance_m
    model = city.scenario.drone_models[0]
    reach_m = (
        model.view_radius_m
        if zones()[zone]["kind"] == "watch"
        else model.swath_m / 2 * city.scenario.rules.ceiling_m / 100
    )
    unseen = forbidden.buffer(clearance_m, 64).buffer(-reach_m, 64)
    share = 1 - shapely.intersection(area, unseen).area / area.area
    assert figures["share_percent"] == pytest.approx(100 * share, abs=0.5)
    assert share < 0.5


def test_the_map_shows_the_city(planned: Planned) -> None:
    """37 stations, 120 drones, 11 districts and every zone are in its data."""
    data = island(planned.out / "map.html")
    assert len(data["stations"]) == 37
    assert sum(s["drones"] for s in data["stations"]) == 120
    assert len(data["districts"]) == 11
    assert len(data["zones"]) == 283
    assert len(data["plan"]["routes"]) == len(planned.document()["features"])


@pytest.mark.parametrize("name", ["map.html", "report.html"])
def test_a_page_is_small_enough_to_send(planned: Planned, name: str) -> None:
    """Less than 3 MB."""
    assert (planned.out / name).stat().st_size < 3e6


def test_the_plan_opens_in_a_gis(planned: Planned) -> None:
    """GDAL reads one line a route, with heights."""
    table = pyogrio.read_dataframe(planned.file)
    assert len(table) == planned.told["metrics"]["routes"] > 0
    assert set(table.geom_type) == {"LineString"}
    assert table.has_z.all()
    highest = [max(z for _, _, z in line.coords) for line in table.geometry]
    assert list(table["layer_m"]) == highest
    assert set(table["depot"]) <= {s["properties"]["id"] for s in features("stations")}


def test_the_timetable_has_a_row_a_sortie(planned: Planned) -> None:
    """A spreadsheet shows every flight, as the plan has them."""
    with (planned.out / "timetable.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    roster = planned.document()["timetable"]["roster"]
    assert len(rows) == len(roster) == planned.told["metrics"]["sorties"]
    assert [(r["drone"], r["route"], float(r["takeoff_s"])) for r in rows] == [
        (s["drone"], s["route"], s["takeoff_s"]) for s in roster
    ]


def test_nobody_else_may_read_what_is_written(planned: Planned) -> None:
    """Patrol plans are not for everybody on the machine."""
    for file in planned.out.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


@pytest.mark.parametrize(
    ("edit", "rule", "beside"), EDITS, ids=[edit.__name__ for edit, _, _ in EDITS]
)
def test_an_edit_of_the_plan_is_caught(
    planned: Planned,
    city: City,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    edit: Callable[[Document, City], str],
    rule: str,
    beside: frozenset[str],
) -> None:
    """Exit code 5, the right rule, and the place; of the others only what follows."""
    document = planned.document()
    where = edit(document, city)
    assert document != planned.document()
    # Tests of their own edit these; recomputed for each edit they would take longest.
    document["analysis"].pop("response", None)
    file = tmp_path / "plan.geojson"
    file.write_text(json.dumps(document), encoding="utf-8")
    code = main(["check", str(SEED), str(file), "--json"])
    told = json.loads(capsys.readouterr().out)
    broken = {v["rule"] for v in told["violations"]}
    assert code == 5
    assert rule in broken <= beside | {rule}
    named = [v["where"] for v in told["violations"] if v["rule"] == rule]
    assert any(set(where.split()) <= set(place.split()) for place in named), named[:5]


@pytest.mark.browser
def test_the_map_of_the_city_works_in_a_browser(planned: Planned) -> None:
    """No request, no complaint; a click on a station opens its card."""
    page = planned.out / "map.html"
    with browser() as chromium:
        tab = chromium.open(page)
        icons = "document.querySelectorAll('.station-icon')"
        assert tab.run(f"{icons}.length") == 37
        tab.run(f"{icons}[0].click()")
        card = tab.run("document.getElementById('card').innerText")
        station = tab.run("Patrol.data.stations[0]")
        assert station["name"] in card
        assert f"{station['id']}-1" in card
        tab.run("play(true)")
        assert tab.complaints == []
        assert tab.requests == [page.resolve().as_uri()]


@pytest.mark.slow
def test_a_minute_is_enough_for_all_of_the_city(tmp_path: Path) -> None:
    """All 278 servable zones are served, and no rule is broken."""
    told = plan_city(tmp_path / "out", "--seconds", 60)
    assert told["metrics"]["zones_served"] == 278
    assert told["check"]["violations"] == []


@pytest.mark.slow
def test_the_same_rounds_give_the_same_bytes(planned: Planned, tmp_path: Path) -> None:
    """With one worker as with two, in every file."""
    plan_city(tmp_path / "out", "--iterations", 1, "--workers", 1)
    for name in FILES:
        ours, theirs = tmp_path / "out" / name, planned.out / name
        assert ours.read_bytes() == theirs.read_bytes(), name
