"""Fences of QGroundControl close what they say: all within, or all around."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import shapely
from tiny_folder import TOML, found, inspected, write

from planner.formats.scenario_folder import inspect_scenario, read_scenario

RING = [[120.165, 33.35], [120.17, 33.35], [120.17, 33.355], [120.165, 33.355]]
CITY = [[120.1, 33.3], [120.25, 33.3], [120.25, 33.42], [120.1, 33.42]]


def fenced(
    folder: Path,
    polygons: Sequence[Any] = (),
    circles: Sequence[Any] = (),
) -> Path:
    """Write a scenario whose airspace is the fences of a plan."""
    text = TOML.replace("airspace.geojson", "airspace.plan")
    write(folder, toml=text)
    fences = {"circles": [*circles], "polygons": [*polygons], "version": 2}
    plan = {"fileType": "Plan", "version": 1, "geoFence": fences, "mission": {}}
    (folder / "airspace.plan").write_text(json.dumps(plan))
    return folder


def fence(ring: list[Any], **more: Any) -> dict[str, Any]:
    """Return a polygon fence: latitude first, not closed."""
    return {"polygon": [[y, x] for x, y in ring], "version": 1, **more}


def test_a_fence_that_keeps_out_is_closed(tmp_path: Path) -> None:
    """Its border is latitude first and not closed; its circle in metres."""
    circle = {"circle": {"center": [33.352, 120.17], "radius": 300}, "version": 1}
    folder = fenced(
        tmp_path, [fence(RING, inclusion=False)], [circle | {"inclusion": False}]
    )
    assert inspected(folder) == ()
    scenario = read_scenario(folder)
    disc, drawn = scenario.airspace
    assert (disc.id, drawn.id) == ("keep-out-circle-1", "keep-out-polygon-1")
    ring = scenario.projection.project(shapely.Polygon(RING))
    assert drawn.geometry.hausdorff_distance(ring) < 0.01
    assert disc.geometry.area == pytest.approx(math.pi * 300**2, rel=0.001)
    assert {area.restriction for area in scenario.airspace} == {"PROHIBITED"}


@pytest.mark.parametrize("flag", [{"inclusion": True}, {}])
def test_a_fence_that_keeps_in_closes_all_around(
    tmp_path: Path, flag: dict[str, bool]
) -> None:
    """`inclusion` is no on-off switch; a fence that does not say keeps in."""
    scenario = read_scenario(fenced(tmp_path, [fence(CITY, **flag)]))
    (area,) = scenario.airspace
    inside = scenario.projection.project(shapely.Polygon(CITY))
    assert area.id == "keep-in"
    assert not area.geometry.contains(inside.centroid)
    assert area.geometry.intersection(inside).area < 1.0
    for far_m in (1.0, 20_000.0, 500_000.0):
        ring = inside.buffer(far_m).exterior
        assert area.geometry.contains(ring.difference(inside.buffer(0.5)))


def test_a_station_outside_a_fence_is_refused(tmp_path: Path) -> None:
    """What the autopilot would not let fly is not planned."""
    folder = fenced(tmp_path, [fence(RING)])
    codes = {finding.code for finding in inspected(folder)}
    assert "E-STATION-NFZ" in codes


def test_several_fences_that_keep_in_are_one(tmp_path: Path) -> None:
    """As PX4 has it; that ArduPilot differs is told."""
    circle = {"circle": {"center": [33.36, 120.19], "radius": 5000}, "version": 1}
    folder = fenced(tmp_path, [fence(CITY)], [circle])
    assert found(inspected(folder), "W-FENCE-SEVERAL").values["count"] == 2


@pytest.mark.parametrize(
    ("polygons", "circles", "code"),
    [
        ([], [], "E-FENCE-NONE"),
        ([{"polygon": []}], [], "E-GEOM-EMPTY"),
        ([{"polygon": [[33, 120], ["x", 120], [34, 121]]}], [], "E-VALUE-NUMBER"),
        ([fence([RING[0], RING[2], RING[1], RING[3]])], [], "E-GEOM-SELFX"),
        ([{"polygon": [[120.1, 33.3], [120.2, 33.3]]}], [], "E-CRS-LATLON"),
        ([], [{"circle": None}], "E-GEOM-TYPE"),
        ([], [{"circle": {"center": [33, 120], "radius": 0}}], "E-VALUE-RANGE"),
    ],
)
def test_a_bad_fence_is_named(
    tmp_path: Path, polygons: list[Any], circles: list[Any], code: str
) -> None:
    """A fence that cannot be read is an error, never left out."""
    scenario, _ = inspect_scenario(fenced(tmp_path, polygons, circles))
    assert scenario is None
    assert found(inspected(tmp_path), code).file == "airspace.plan"
