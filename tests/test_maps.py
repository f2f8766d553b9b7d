"""The map is one inert file that holds everything and asks for nothing."""

from __future__ import annotations

import base64
import hashlib
import inspect
import json
import re
import stat
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile import TEXTS, hostile_plan, hostile_scenario
from hypothesis import given
from hypothesis import strategies as st
from made_plan import made_plan

import maps
import seeds
from maps import map_page
from maps.colours import NEAR_M, _neighbours, station_colours
from maps.compact import ALPHABET, pack, pack_path
from maps.facts import (
    busy_drones,
    clock_of,
    district_rows,
    peak_period,
)
from maps.page import island
from planner.basics.palette import PALETTE
from planner.formats.scenario_folder import read_scenario
from planner.messages import catalogue
from planner.plan import Plan, Sortie, Unserved
from planner.scenario import Scenario

ASSETS = Path(maps.__file__).parent / "assets"
OURS = sorted(set(ASSETS.glob("*.js")) - {ASSETS / "leaflet.js"})


@cache
def yancheng() -> Scenario:
    """Return the city."""
    return read_scenario(seeds.path("yancheng"))


@cache
def plan() -> Plan:
    """Return a made-up plan of the city."""
    return made_plan(yancheng())


@cache
def page() -> str:
    """Return the map of that plan."""
    return maps.draw_plan(yancheng(), plan()).html


def data_of(html: str) -> dict[str, Any]:
    """Return the data of a page, read as the browser reads it."""
    found = re.search(r'id="patrol-data">(.*?)</script>', html, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def unpack(text: str, columns: int) -> list[list[int]]:
    """Undo `pack`, the slow way."""
    numbers, value, weight = [], 0, 1
    for character in text:
        digit = ALPHABET.index(character)
        value += (digit & 31) * weight
        weight *= 32
        if digit < 32:
            numbers.append(-(value + 1) // 2 if value % 2 else value // 2)
            value, weight = 0, 1
    steps = np.array(numbers, dtype=np.int64).reshape(-1, columns)
    rows: list[list[int]] = np.cumsum(steps, axis=0).tolist()
    return rows


@given(
    st.lists(st.tuples(*[st.integers(-(10**10), 10**10)] * 3), min_size=1, max_size=20)
)
def test_packed_numbers_come_back(rows: list[tuple[int, int, int]]) -> None:
    """What the map's scripts unpack is what was packed."""
    assert unpack(pack(np.array(rows)), 3) == [list(row) for row in rows]


def test_a_path_keeps_its_place_within_a_metre_and_its_time_within_a_tenth() -> None:
    """Packing loses nothing that an eye could see."""
    route = plan().routes[0]
    back = np.array(unpack(pack_path(route), 4)) / [1e5, 1e5, 1, 10]
    assert np.abs(back[:, :2] - np.array(route.path)[:, :2]).max() <= 0.5e-5 + 1e-12
    assert np.abs(back[:, 3] - np.array(route.t_s)).max() <= 0.05 + 1e-9


def test_the_page_holds_the_whole_city() -> None:
    """No station, drone, district, zone or route is lost on the way to the map."""
    data = data_of(page())
    assert len(data["stations"]) == 37
    assert sum(s["drones"] for s in data["stations"]) == 120
    assert len(data["districts"]) == len(data["rows"]) == 11
    assert len(data["zones"]) == 283
    assert len(data["plan"]["routes"]) == len(plan().routes)
    flown = [unpack(d["sorties"], 4) for d in data["plan"]["drones"]]
    assert sum(map(len, flown)) == len(plan().roster)


def test_the_page_is_small() -> None:
    """A city with about 150 routes stays under 3 MB."""
    assert len(page().encode()) < 3_000_000


def test_the_same_plan_gives_the_same_bytes() -> None:
    """Nothing random, and no clock, gets into the page."""
    assert maps.draw_plan(yancheng(), plan()).html == page()


def test_only_the_scripts_and_styles_of_the_page_may_run() -> None:
    """The policy names each script and style by its hash, and allows no other."""
    html = page()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy
    said = policy[1].replace("&#x27;", "'")
    assert said.startswith("default-src 'none';")
    assert "unsafe" not in said
    for name in ("script", "style"):
        for text in re.findall(rf"<{name}>(.*?)</{name}>", html, re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in said


def test_the_page_names_nothing_to_fetch() -> None:
    """No element and no style points anywhere."""
    html = page()
    assert not re.search(r"<(?:link|img|iframe|script)[^>]*(?:src|href)=\"?http", html)
    assert re.findall(r"<script[^>]*src", html) == []
    styles = "".join(re.findall(r"<style>(.*?)</style>", html, re.DOTALL))
    assert "url(" not in styles
    assert "@import" not in styles
    assert "sourceMappingURL" not in html


def test_folium_is_given_nothing_of_the_input() -> None:
    """The part made by folium depends on no scenario and no plan."""
    assert not inspect.signature(map_page._folium_parts).parameters
    div, script = map_page._folium_parts()
    assert 'id="map_patrol"' in div
    assert all(f"feature_group_{name}" in script for name in map_page.LAYERS)


def test_harmful_texts_stay_text() -> None:
    """A name adds no element to the page, and is never taken for a template."""
    harmless = maps.draw_plan(yancheng(), plan()).html
    scenario = hostile_scenario(yancheng())
    html = maps.draw_plan(scenario, hostile_plan(made_plan(scenario))).html
    assert html.count("<") == harmless.count("<")
    assert "{{ 7 * 191 }}{% raw %}" in html
    data = data_of(html)
    assert data["name"] == "".join(TEXTS)
    assert {s["name"] for s in data["stations"]} <= set(TEXTS)


@given(st.text())
def test_no_text_leaves_the_island(text: str) -> None:
    """Any text comes back from JSON, and none can end the element it stands in."""
    said = island({"name": text})
    assert not re.search("[<>&\u2028\u2029]", said)
    assert json.loads(said) == {"name": text}


def test_a_saved_page_is_for_its_owner_alone(tmp_path: Path) -> None:
    """A map of patrols is written whole, and nobody else may read it."""
    path = tmp_path / "map.html"
    drawn = maps.draw_plan(yancheng(), plan())
    drawn.save(path)
    assert path.read_bytes() == drawn.to_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["map.html"]


def test_a_scenario_can_be_drawn_alone() -> None:
    """Without a plan the map shows what is to be planned."""
    data = data_of(maps.draw_plan(yancheng(), language="zh").html)
    assert data["plan"] is None
    assert data["language"] == "zh"


@pytest.mark.parametrize("name", [n for n in seeds.names() if "yancheng" not in n])
def test_every_seed_can_be_drawn(name: str) -> None:
    """Scenarios without districts, water or airspace have a map and a report."""
    scenario = read_scenario(seeds.path(name))
    made = made_plan(scenario)
    assert data_of(maps.draw_plan(scenario, made).html)["name"] == scenario.name
    assert maps.report(scenario, made).html.endswith("</html>")


def test_a_plan_without_metrics_can_be_drawn() -> None:
    """What a plan does not tell is left open."""
    bare = replace(plan(), metrics={}, provenance={}, drone_models=())
    assert data_of(maps.draw_plan(yancheng(), bare).html)["plan"]["metrics"] == {}
    assert "–" in maps.report(yancheng(), bare).html


def test_numbers_that_json_does_not_know_are_left_open() -> None:
    """An infinite metric does not make the page unreadable."""
    odd = replace(
        plan(), metrics={"worst_idleness_ratio": float("inf"), "n": np.int64(3)}
    )
    metrics = data_of(maps.draw_plan(yancheng(), odd).html)["plan"]["metrics"]
    assert metrics == {"worst_idleness_ratio": None, "n": 3}


def test_neighbouring_stations_differ_in_colour() -> None:
    """Where six colours can do it, no two stations that meet look alike."""
    colours = station_colours(yancheng(), None)
    assert set(colours) <= set(PALETTE)
    near = _neighbours(yancheng(), None)
    points = [s.point for s in yancheng().stations]
    for i, others in enumerate(near):
        assert all(points[i].distance(points[j]) <= NEAR_M for j in others)
        assert all(colours[i] != colours[j] for j in others)


def test_few_stations_share_a_colour_with_a_neighbour_when_routes_are_drawn() -> None:
    """Colours that must repeat do so as rarely as the greedy rule can make it."""
    colours = station_colours(yancheng(), plan())
    near = _neighbours(yancheng(), plan())
    clashes = {
        (min(i, j), max(i, j))
        for i, others in enumerate(near)
        for j in others
        if colours[i] == colours[j]
    }
    assert len(clashes) <= 5


def test_the_clock_is_the_plans() -> None:
    """A plan for other hours than the scenario's is shown at its own hours."""
    horizon = {"start": "2026-05-01T22:30:00+08:00", "seconds": 7200}
    clock = clock_of(yancheng(), replace(plan(), horizon=horizon))
    assert (clock.start_clock_s, clock.length_s) == (81_000, 7200)


@pytest.mark.parametrize(
    ("told", "period"),
    [
        ("07:00-08:30", (3600, 9000)),
        ("22:00-02:00", (57_600, 72_000)),
        (None, None),
        ([1, 2], None),
        ("soon", None),
    ],
)
def test_the_busiest_period_is_read_as_the_plan_tells_it(
    told: object, period: tuple[float, float] | None
) -> None:
    """Clock times become seconds of the horizon; anything else is left open."""
    busiest = replace(plan(), metrics={"drones_peak_period": told})
    assert peak_period(busiest, clock_of(yancheng(), plan())) == period


def test_districts_add_up() -> None:
    """Every station, drone, zone, route and sortie stands in one row."""
    rows = district_rows(yancheng(), plan())
    assert sum(r.stations for r in rows) == 37
    assert sum(r.drones for r in rows) == 120
    assert sum(r.zones for r in rows) == 283
    assert sum(r.zones - r.served for r in rows) == len(plan().unserved)
    assert sum(r.routes for r in rows) == len(plan().routes)
    assert sum(r.sorties for r in rows) == len(plan().roster)


def test_a_drone_counts_as_busy_until_it_is_ready() -> None:
    """In the air from take-off to landing, at work until the turnaround ends."""
    sortie = Sortie(drone="A-1", route="R", takeoff_s=300, landing_s=600, ready_s=900)
    busy = busy_drones([sortie], 1200)
    assert busy.airborne.tolist() == [0, 1, 0, 0, 0]
    assert busy.occupied.tolist() == [0, 1, 1, 0, 0]


def test_a_reason_the_catalogue_does_not_know_is_told_in_the_plans_words() -> None:
    """Nothing is lost when a code is new, whatever its figures are called."""
    entry = Unserved(
        zone="Z", code="moon", reason="Too far.", remedy="Wait.", figures={"key": 1}
    )
    assert entry.texts("zh") == ("Too far.", "Wait.")


def test_a_known_reason_is_told_in_the_language_of_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The code and its figures make the sentence, not the plan's English words."""
    monkeypatch.setitem(
        catalogue(), "unserved.far", {"en": "{n} km away", "zh": "相距 {n} 公里"}
    )
    entry = Unserved(zone="Z", code="far", reason="Far.", figures={"n": 22})
    assert entry.texts("zh") == ("相距 22 公里", "")
    lacking = replace(entry, figures={})
    assert lacking.texts("zh") == ("Far.", "")


def test_the_scripts_say_only_what_the_catalogue_knows() -> None:
    """A text that a script asks for by name is there in both languages."""
    text = "".join(f.read_text(encoding="utf-8") for f in [*OURS, ASSETS / "map.html"])
    asked = re.findall(r'\bsay\("(\w+)"(?! \+)', text)
    asked += re.findall(r'\bsection\("(\w+)"', text)
    asked += re.findall(r'data-say(?:-label|-placeholder)?="(\w+)"', text)
    assert len(asked) > 50
    assert {key for key in asked if f"map.{key}" not in catalogue()} == set()


@pytest.mark.parametrize("file", OURS, ids=lambda f: f.name)
def test_our_scripts_never_write_html(file: Path) -> None:
    """Text enters the page through textContent and setAttribute alone."""
    text = file.read_text(encoding="utf-8")
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", text
    )
