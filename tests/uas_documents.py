"""UAS zones in both standards, and scenarios whose airspace they are."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tiny_folder import TOML, write

from planner.formats.scenario_folder import read_scenario
from planner.scenario import Airspace, Scenario

RING = [[120.165, 33.35], [120.17, 33.35], [120.17, 33.355], [120.165, 33.355]]
CLOSED = [*RING, RING[0]]
ALWAYS = [{"permanent": "YES"}]

VOLUME: dict[str, Any] = {
    "uomDimensions": "M",
    "lowerLimit": 0,
    "lowerVerticalReference": "AGL",
    "upperLimit": 120,
    "upperVerticalReference": "AGL",
    "horizontalProjection": {"type": "Polygon", "coordinates": [CLOSED]},
}

ED269: dict[str, Any] = {
    "title": "UAS zones",
    "description": "for a test",
    "features": [
        {
            "identifier": "CHN001",
            "country": "CHN",
            "name": "Hospital",
            "type": "COMMON",
            "restriction": "PROHIBITED",
            "reason": ["SENSITIVE"],
            "applicability": ALWAYS,
            "zoneAuthority": [{"name": "Bureau", "purpose": "AUTHORIZATION"}],
            "geometry": [VOLUME],
        }
    ],
}

ED318: dict[str, Any] = {
    "type": "FeatureCollection",
    "name": "UAS zones",
    "metadata": {"provider": [{"text": "Bureau", "lang": "en-GB"}]},
    "features": [
        {
            "type": "Feature",
            "id": 1,
            "properties": {
                "identifier": "CHN001",
                "country": "CHN",
                "name": [{"text": "Hospital", "lang": "en-GB"}],
                "type": "PROHIBITED",
                "variant": "COMMON",
                "reason": ["SENSITIVE"],
                "zoneAuthority": [{"purpose": "AUTHORIZATION"}],
            },
            "geometry": {
                "type": "Polygon",
                "coordinates": [CLOSED],
                "layer": {
                    "upper": 120,
                    "upperReference": "AGL",
                    "lower": 0,
                    "lowerReference": "AGL",
                    "uom": "m",
                },
            },
        }
    ],
}

Change = Callable[[dict[str, Any]], None]


def at(*path: str | int, value: Any) -> Change:
    """Return a change of one member of a document."""

    def change(document: dict[str, Any]) -> None:
        place: Any = document["features"][0]
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return change


def folder_of(
    folder: Path, document: dict[str, Any], *changes: Change, toml: str = ""
) -> Path:
    """Write a scenario whose airspace is a document, changed, and return it."""
    document = copy.deepcopy(document)
    for change in changes:
        change(document)
    text = toml + TOML.replace("airspace.geojson", "airspace.json")
    write(folder, toml=text)
    # Live files begin with a byte order mark.
    (folder / "airspace.json").write_text(json.dumps(document), encoding="utf-8-sig")
    return folder


def scenario_of(
    folder: Path, document: dict[str, Any], *changes: Change, toml: str = ""
) -> Scenario:
    """Return the scenario whose airspace is a document, changed."""
    return read_scenario(folder_of(folder, document, *changes, toml=toml))


def area_of(
    folder: Path, document: dict[str, Any], *changes: Change, toml: str = ""
) -> Airspace:
    """Return the one airspace of a document."""
    (area,) = scenario_of(folder, document, *changes, toml=toml).airspace
    return area
