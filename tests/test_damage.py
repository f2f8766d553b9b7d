"""No damage to a file is ever a traceback."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from folder_formats import in_format
from tiny_folder import inspected, write

PIECES = [b'"', b"null", b"[", b"}", b"NaN", b"-1e999", b"\0", b"\xff", b"9" * 23, b","]
ROUNDS = 60


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
    "suffix", [".geojson", ".kml", ".kmz", ".csv", ".gpkg", ".shp", ".zip"]
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
