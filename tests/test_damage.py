"""No damage to a file is ever a traceback."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from folder_formats import in_format
from test_qgc_fences import CITY, fence
from tiny_folder import TOML, inspected, write
from uas_documents import ED269, ED318

PIECES = [b'"', b"null", b"[", b"}", b"NaN", b"-1e999", b"\0", b"\xff", b"9" * 23, b","]
ROUNDS = 60
NONSENSE: list[Any] = [None, "", "x", -1, 1e999, True, [], {}, [[]], [None], {"a": 1}]
CIRCLE = {"circle": {"center": [33.352, 120.17], "radius": 300}, "inclusion": False}
FENCES: dict[str, Any] = {
    "fileType": "Plan",
    "geoFence": {"polygons": [fence(CITY)], "circles": [CIRCLE]},
}


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Return bytes with a few changed, lost, put in, repeated or cut off."""
    result = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        at = chance.randrange(max(len(result), 1))
        kind = chance.randrange(5)
        if kind == 0:
            result[at : at + 1] = bytes([chance.randrange(256)])
        elif kind == 1:
            del result[at : at + chance.randrange(1, 30)]
        elif kind == 2:
            result[at:at] = chance.choice(PIECES)
        elif kind == 3:
            other = chance.randrange(max(len(result), 1))
            result[at : at + 8] = result[other : other + 8]
        else:
            del result[at:]
    return bytes(result)


@pytest.mark.parametrize(
    "suffix",
    [
        ".geojson",
        ".kml",
        ".kmz",
        ".csv",
        ".gpkg",
        ".shp",
        ".zip",
        ".xlsx",
        ".parquet",
    ],
)
def test_damage_is_a_finding_or_does_no_harm(tmp_path: Path, suffix: str) -> None:
    """Whatever happens to a byte of any file, it is read or it is named."""
    folder = write(tmp_path) if suffix == ".geojson" else in_format(tmp_path, suffix)
    chance = random.Random(suffix)
    files = sorted(file for file in folder.iterdir() if file.is_file())
    for _ in range(ROUNDS):
        file = chance.choice(files)
        whole = file.read_bytes()
        file.write_bytes(damaged(whole, chance))
        inspected(folder)
        file.write_bytes(whole)


@pytest.mark.parametrize("document", [ED269, ED318, FENCES])
def test_damage_to_airspace_of_an_authority_is_a_finding_too(
    tmp_path: Path, document: dict[str, Any]
) -> None:
    """Any member may be missing, of another type, or nonsense."""
    folder = write(tmp_path, toml=TOML.replace("airspace.geojson", "airspace.json"))
    chance = random.Random(sorted(document)[0])
    for _ in range(ROUNDS):
        broken = copy.deepcopy(document)
        for _ in range(chance.choice([1, 1, 2])):
            spoilt(broken, chance)
        (folder / "airspace.json").write_text(json.dumps(broken), encoding="utf-8")
        inspected(folder)


def spoilt(document: Any, chance: random.Random) -> None:
    """Change or delete one member somewhere in a document."""
    place = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return
        key = chance.choice(keys)
        below = place[key]
        if isinstance(below, dict | list) and below and chance.random() < 0.85:
            place = below
            continue
        if chance.random() < 0.3:
            del place[key]
        else:
            place[key] = copy.deepcopy(chance.choice(NONSENSE))
        return
