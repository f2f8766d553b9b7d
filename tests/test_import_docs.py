"""docs/import.md can be followed as it is written, with an extract of a few ways."""

from __future__ import annotations

import base64
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from planner.cli import main
from planner.formats.layers import FORMATS
from planner.formats.new_template import REVISIT_MIN
from planner.formats.scenario_folder import read_scenario

PAGE = Path(__file__).resolve().parents[1] / "docs" / "import.md"
STATIONS = "id,name,lon,lat\nS1,West,120.15,33.36\nS2,East,120.19,33.36\n"

WAYS = {
    101: ((120.155, 33.365), (120.165, 33.365), (120.165, 33.373), (120.155, 33.373)),
    102: ((120.195, 33.35), (120.203, 33.35), (120.203, 33.356), (120.195, 33.356)),
    103: ((120.15, 33.345), (120.165, 33.347)),
    104: ((120.165, 33.347), (120.18, 33.345)),
    105: ((120.15, 33.345), (120.17, 33.36)),
}
TAGS = {
    101: {"leisure": "park", "name": "人民公园"},
    102: {"place": "square", "name": "Station Square"},
    103: {"waterway": "river", "name": "串场河", "width": "150"},
    104: {"waterway": "river", "name": "串场河"},
    105: {"highway": "residential", "name": "A street"},
}


def extract() -> str:
    """Return a tiny extract in OSM's XML; areas are ways that close."""
    nodes: list[str] = []
    ways: list[str] = []
    for way, points in WAYS.items():
        refs = []
        for lon, lat in points:
            refs.append(len(nodes) + 1)
            nodes.append(f'<node id="{len(nodes) + 1}" lat="{lat}" lon="{lon}"/>')
        refs += refs[:1] if len(points) > 2 else []
        body = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        body += "".join(f'<tag k="{k}" v="{v}"/>' for k, v in TAGS[way].items())
        ways.append(f'<way id="{way}">{body}</way>')
    return f'<osm version="0.6">{"".join(nodes)}{"".join(ways)}</osm>'


PBF = """
AAAADQoJT1NNSGVhZGVyGDsQLxo3eJxT4vMvzg1OzkjNTdQNM9AzU+JySc0rTvXLT0ktbmIUyMlM
yi/OzSzN1TfSMzLWMwQAX2cOkwAAAAsKB09TTURhdGEYfBDIARp3eJzjYuFi4GIQ2s8otIeRi48J
BWgFcPExoAAhNL4UGl8Jja/Fx4TCd1JY8HDGPiaGhkecDPc7ZRgOrGRnuL+N98AOJob9QPxguZCX
2oNTH39yHJjFw7B/Fk/DKwOQ0v8POed/NwPKglTsP6/SsFUiCM0mAAqWJSYAAAAMCgdPU01EYXRh
GPABEKgCGuoBeJxVy8FKw0AQgOHNpNtsJrGWPUhZKgRPHvXgA+gr9AkWOzZLY2w3W4MP4FUQvOkj
KEh7kTxP0+dw254yh4Hh+wffAmQYFWSqlSXslfrR74W2c0y3TbP7fW9fv9vPHx/xRaHvCfvVcqV9
Opg47cxTmU2Ot6i1I1vrF+S1mbocuTXPZDHe/q3br2a33mB4fXOFUW5m+T5LLFVmSqUzukBxm1XO
Ejn5EahzQRICUBD2LlCwIRuxjF3yOw5+uOcHCX3PkegyHngsZjKMAVWYpCedACQoJXIJsX9O0q6d
7c1IGHg7HXZNwT/Xvz7y
"""
"""The same as osmium writes it in the binary form (base64)."""


def overpass() -> str:
    """Return the same as Overpass Turbo exports it."""
    features = []
    for way, points in list(WAYS.items())[:4]:
        ring = [*map(list, points)]
        is_area = len(ring) > 2
        shape = {
            "type": "Polygon" if is_area else "LineString",
            "coordinates": [[*ring, ring[0]]] if is_area else ring,
        }
        name = f"way/{way}"
        values = {"@id": name, **TAGS[way]}
        features.append(
            {"type": "Feature", "id": name, "properties": values, "geometry": shape}
        )
    return json.dumps({"type": "FeatureCollection", "features": features})


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language; the shell's have none."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [body for marked, body in found if marked == language]


def commands(start: str) -> Iterator[list[str]]:
    """Yield the words of the shell's lines that start so."""
    for block in blocks(""):
        for line in block.splitlines():
            if line.startswith(start):
                yield shlex.split(line)


def test_both_forms_of_an_extract_are_read_alike(tmp_path: Path) -> None:
    """What is tried below with one form holds for the other."""
    import pyogrio

    (tmp_path / "city.osm").write_text(extract(), encoding="utf-8")
    (tmp_path / "city.osm.pbf").write_bytes(base64.b64decode(PBF))
    for layer, columns in (
        ("multipolygons", ["osm_way_id", "name", "leisure", "place"]),
        ("lines", ["osm_id", "name", "waterway", "other_tags"]),
    ):
        one, other = (
            pyogrio.raw.read(tmp_path / file, layer=layer, columns=columns)
            for file in ("city.osm", "city.osm.pbf")
        )
        assert len(one[2]) == {"multipolygons": 2, "lines": 3}[layer]
        assert one[2].tolist() == other[2].tolist()
        assert [c.tolist() for c in one[3]] == [c.tolist() for c in other[3]]


def test_an_extract_becomes_a_scenario_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parks, squares and both banks of a river, by the script and the commands."""
    monkeypatch.chdir(tmp_path)
    (script,) = blocks("python")
    Path("osm_zones.py").write_text(script, encoding="utf-8")
    Path("city.osm").write_text(extract(), encoding="utf-8")
    Path("stations.csv").write_text(STATIONS, encoding="utf-8")
    ((_, *words),) = commands("python ")
    words[words.index("city.osm.pbf")] = "city.osm"
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    for _, *words in [*commands("patrol new osm"), *commands("patrol validate osm")]:
        assert main(words) == 0
    scenario = read_scenario(Path("osm-city"))
    zones = {zone.id: zone for zone in scenario.zones}
    assert sorted(zones) == ["way-101", "way-102", "way-103"]
    assert [zone.kind for zone in zones.values()] == ["watch", "watch", "line"]
    assert zones["way-101"].name == "人民公园"
    river = zones["way-103"]
    assert river.revisit_s == REVISIT_MIN["line"] * 60
    assert river.geometry.length == pytest.approx(2 * 2_830, rel=0.03)
    assert [station.drones for station in scenario.stations] == [2, 2]


def test_an_export_of_overpass_is_read_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ids are ours, and its shapes tell the kinds."""
    monkeypatch.chdir(tmp_path)
    Path("export.geojson").write_text(overpass(), encoding="utf-8")
    Path("stations.csv").write_text(STATIONS, encoding="utf-8")
    ((_, *words),) = commands("patrol new overpass")
    assert main(words) == 0
    kinds = {zone.id: zone.kind for zone in read_scenario(Path("overpass-city")).zones}
    assert kinds == {
        "way/101": "watch",
        "way/102": "watch",
        "way/103": "line",
        "way/104": "line",
    }


def test_the_page_names_every_format_and_the_guesses() -> None:
    """What is read stands there, and the intervals are those that are written."""
    text = PAGE.read_text(encoding="utf-8")
    assert [suffix for suffix in FORMATS if f"`{suffix}`" not in text] == []
    for kind, minutes in REVISIT_MIN.items():
        assert re.search(rf"{minutes} (minutes )?for `{kind}`", text)


def test_the_guess_for_intervals_is_that_of_the_city_that_ships() -> None:
    """The medians of Yancheng's zones, by kind."""
    from statistics import median

    import seeds

    zones = read_scenario(seeds.path("yancheng")).zones
    for kind, minutes in REVISIT_MIN.items():
        own = [zone.revisit_s / 60 for zone in zones if zone.kind == kind]
        assert median(own) == minutes
