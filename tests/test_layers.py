"""A bad layer is named with code, file and row; a good one reads in any format."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_folder import TOML, example, found, inspected, write

from planner.formats.scenario_folder import inspect_scenario, read_scenario

BOX = [[120.155, 33.365], [120.165, 33.365], [120.165, 33.373], [120.155, 33.373]]
RING = [*BOX, BOX[0]]
BOWTIE = [BOX[0], BOX[2], BOX[1], BOX[3], BOX[0]]
FAR_HOLE = [[121.1, 33], [121.2, 33], [121.2, 33.1], [121.1, 33]]


def shape(kind: str, coordinates: Any) -> Callable[[dict[str, Any]], None]:
    """Return a change that gives the first zone another shape."""

    def change(layers: dict[str, Any]) -> None:
        geometry = {"type": kind, "coordinates": coordinates}
        layers["zones"]["features"][0]["geometry"] = geometry

    return change


def area(*rings: Any) -> Callable[[dict[str, Any]], None]:
    """Return a change that gives the first zone another polygon."""
    return shape("Polygon", list(rings))


def value(layer: str, name: str, new: Any) -> Callable[[dict[str, Any]], None]:
    """Return a change of a value in the first row of a layer."""

    def change(layers: dict[str, Any]) -> None:
        layers[layer]["features"][0]["properties"][name] = new

    return change


def both_ids(one: Any, two: Any) -> Callable[[dict[str, Any]], None]:
    """Return a change of the ids of the first two stations."""

    def change(layers: dict[str, Any]) -> None:
        for feature, name in zip(
            layers["stations"]["features"], (one, two), strict=True
        ):
            feature["properties"]["id"] = name

    return change


def crs(name: Any) -> Callable[[dict[str, Any]], None]:
    """Return a change that gives the zones a ``crs`` member."""

    def change(layers: dict[str, Any]) -> None:
        layers["zones"]["crs"] = {"type": "name", "properties": {"name": name}}

    return change


def without(layer: str, name: str) -> Callable[[dict[str, Any]], None]:
    """Return a change that takes a column away."""

    def change(layers: dict[str, Any]) -> None:
        for feature in layers[layer]["features"]:
            del feature["properties"][name]

    return change


def geometry(new: Any) -> Callable[[dict[str, Any]], None]:
    """Return a change of the first zone's whole geometry member."""

    def change(layers: dict[str, Any]) -> None:
        layers["zones"]["features"][0]["geometry"] = new

    return change


def far_airspace(layers: dict[str, Any]) -> None:
    """Add airspace on the other side of the earth."""
    ring = [[x - 170, -y] for x, y in RING]
    shape = {"type": "Polygon", "coordinates": [ring]}
    area = {"type": "Feature", "properties": {"id": "A9"}, "geometry": shape}
    layers["airspace"]["features"].append(area)


def swapped(ring: list[Any]) -> list[Any]:
    """Return a ring as [lat, lon]."""
    return [[y, x] for x, y in ring]


def metres(ring: list[Any]) -> list[Any]:
    """Return a ring in what looks like metres."""
    return [[x * 4000, y * 100_000] for x, y in ring]


Z1 = "zones.geojson#Z1"
CHANGES: list[tuple[Callable[[dict[str, Any]], None], str, str]] = [
    (area(BOWTIE), "E-GEOM-SELFX", Z1),
    (area(BOX), "W-GEOM-UNCLOSED", Z1),
    (area([BOX[0], BOX[1], BOX[0]]), "E-GEOM-DEGENERATE", Z1),
    (area(RING, FAR_HOLE), "E-GEOM-HOLE-OUTSIDE", Z1),
    (
        area([[120, 33], [120, 33.1], [120, 33.2], [120, 33]]),
        "E-GEOM-ZERO-AREA",
        Z1,
    ),
    (
        area(
            [[120.155, 33.365], [120.165, 33.365], [120.165, 33.36500001], BOX[0]],
        ),
        "W-GEOM-SLIVER",
        Z1,
    ),
    (area(swapped(RING)), "E-CRS-LATLON", Z1),
    (area(metres(RING)), "E-CRS-METRES", Z1),
    (area([[x + 100, y] for x, y in RING]), "E-CRS-RANGE", Z1),
    (area([[x, y + 60] for x, y in RING]), "E-CRS-RANGE", Z1),
    (area([[x, y + 54] for x, y in RING]), "E-CRS-POLE", Z1),
    (
        area([[-179, 0], [179, 0], [179, 1], [-179, 1], [-179, 0]]),
        "E-GEOM-ANTIMERIDIAN",
        Z1,
    ),
    (area([[0, 0], [0.001, 0], [0.001, 0.001], [0, 0]]), "W-CRS-NULL-ISLAND", Z1),
    (area([[float("nan"), 33], *BOX]), "E-GEOM-NONFINITE", Z1),
    (area([[float("inf"), 33], *BOX]), "E-GEOM-NONFINITE", Z1),
    (area([["120.1", "33.3"], *BOX]), "E-GEOM-COORDS", Z1),
    (area([[True, 33.3], *BOX]), "E-GEOM-COORDS", Z1),
    (area([[x, y, 1, 2] for x, y in RING]), "W-GEOM-4D", Z1),
    (area([[x - 60, y] for x, y in RING]), "E-CRS-SPREAD", "scenario.toml#layers"),
    (far_airspace, "W-FAR-AWAY", "airspace.geojson#"),
    (shape("Polygon", []), "E-GEOM-EMPTY", Z1),
    (shape("Circle", [1, 2]), "E-GEOM-TYPE", Z1),
    (shape("Point", BOX[0]), "E-GEOM-KIND", Z1),
    (shape("LineString", BOX), "E-ZONE-KIND", Z1),
    (geometry(None), "E-GEOM-NULL", Z1),
    (geometry("POINT (1 2)"), "E-GEOM-TYPE", Z1),
    (
        geometry(
            {
                "type": "GeometryCollection",
                "geometries": [{"type": "Polygon", "coordinates": [RING]}],
            }
        ),
        "W-GEOM-COLLECTION",
        Z1,
    ),
    (
        geometry(
            {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "Polygon", "coordinates": [RING]},
                    {"type": "Point", "coordinates": BOX[0]},
                ],
            }
        ),
        "E-GEOM-MIXED",
        Z1,
    ),
    (
        shape("MultiPolygon", [[RING], [[[x + 0.005, y] for x, y in RING]]]),
        "W-GEOM-UNION",
        Z1,
    ),
    (both_ids("S1", "S1"), "E-ID-DUP", "stations.geojson#S1"),
    (both_ids("S1", " ｓ1 "), "E-ID-DUP", "stations.geojson#ｓ1"),
    (both_ids(1, "1"), "E-ID-DUP", "stations.geojson#1"),
    (both_ids(None, "S2"), "E-ID-MISSING", "stations.geojson#row 1"),
    (both_ids(True, "S2"), "E-ID-TYPE", "stations.geojson#row 1"),
    (both_ids("S\u202e1", "S2"), "E-ID-CHARS", "stations.geojson#row 1"),
    (both_ids("S" * 201, "S2"), "E-NAME-LONG", "stations.geojson#row 1"),
    (value("zones", "name", "x" * 1_000_000), "E-NAME-LONG", Z1),
    (value("zones", "name", "a\x1b[2Jb"), "W-NAME-CHARS", Z1),
    (value("zones", "name", "a\ud800"), "E-NAME-SURROGATE", Z1),
    (value("stations", "drones", -3), "E-VALUE-RANGE", "stations.geojson#S1"),
    (value("stations", "drones", 1.5), "E-VALUE-RANGE", "stations.geojson#S1"),
    (value("stations", "drones", 1e9), "E-VALUE-RANGE", "stations.geojson#S1"),
    (value("stations", "drones", None), "E-VALUE-MISSING", "stations.geojson#S1"),
    (value("stations", "pads", 0), "E-VALUE-RANGE", "stations.geojson#S1"),
    (value("zones", "revisit_min", 0), "E-VALUE-RANGE", Z1),
    (value("zones", "revisit_min", "30 min"), "E-VALUE-NUMBER", Z1),
    (value("zones", "revisit_min", float("nan")), "E-VALUE-NAN", Z1),
    (value("zones", "priority", -1), "E-VALUE-RANGE", Z1),
    (value("zones", "priority", "urgent"), "E-VALUE-CHOICE", Z1),
    (value("zones", "kind", "swep"), "E-VALUE-CHOICE", Z1),
    (value("zones", "active", "8 to 9"), "E-VALUE-SPANS", Z1),
    (value("zones", "active", "08:00-08:00"), "E-VALUE-SPANS", Z1),
    (value("airspace", "lower_m_agl", 500), "ok", ""),
    (value("airspace", "restriction", "OPEN"), "E-VALUE-CHOICE", "airspace.geojson#A1"),
    (without("stations", "drones"), "E-COLUMN-MISSING", "stations.geojson#"),
    (without("zones", "priority"), "W-VALUE-ASSUMED", "zones.geojson#"),
    (crs("urn:ogc:def:crs:EPSG::99999"), "E-CRS-UNKNOWN", "zones.geojson#"),
    (crs("+init=/etc/passwd"), "E-CRS-UNKNOWN", "zones.geojson#"),
]


@pytest.mark.parametrize(("change", "code", "place"), CHANGES)
def test_a_bad_row_is_named(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], code: str, place: str
) -> None:
    """Each fault has its code, its file and its row, and blocks where it must."""
    layers = example()
    change(layers)
    findings = inspected(write(tmp_path, layers))
    if code == "ok":
        assert findings == ()
        return
    finding = found(findings, code)
    assert f"{finding.file}#{finding.feature}" == place


FILES: list[tuple[bytes, str]] = [
    (b"", "E-INPUT-EMPTY"),
    (b'{"type": "FeatureCollection", "features": []}', "E-INPUT-EMPTY"),
    (b'{"type": "FeatureCollection", "feat', "E-PARSE"),
    (b'{"a": ' + b"9" * 5000 + b"}", "E-PARSE"),
    (b"[" * 100_000, "E-PARSE-DEPTH"),
    (b'{"type": "Topology", "objects": {}}', "E-FORMAT"),
    (b"<!DOCTYPE html><html>not found</html>", "E-FORMAT"),
    (b'{"type": "FeatureCollection", "features": 3}', "E-FORMAT"),
    (b'{"type": "FeatureCollection", "features": [3]}', "E-FEATURE"),
    (b'{"type": 1, "type": 2}', "E-PARSE-DUPKEY"),
    (b"\x81\xff\xff\xff", "E-ENCODING"),
]


@pytest.mark.parametrize(("content", "code"), FILES)
def test_a_bad_file_is_named(tmp_path: Path, content: bytes, code: str) -> None:
    """A file that is no layer gets one finding that says what it is."""
    write(tmp_path)
    (tmp_path / "zones.geojson").write_bytes(content)
    finding = found(inspected(tmp_path), code)
    assert finding.file == "zones.geojson"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_does_no_harm(tmp_path: Path, encoding: str) -> None:
    """What Windows writes at the start of a text is understood."""
    write(tmp_path)
    file = tmp_path / "zones.geojson"
    file.write_text(file.read_text(encoding="utf-8"), encoding=encoding)
    assert inspected(tmp_path) == ()


def test_gbk_text_is_read_with_a_warning(tmp_path: Path) -> None:
    """Names from a Chinese Windows come out right, and the guess is told."""
    layers = example()
    layers["zones"]["features"][0]["properties"]["name"] = "盐城市区"
    write(tmp_path, layers)
    text = json.dumps(layers["zones"], ensure_ascii=False)
    (tmp_path / "zones.geojson").write_bytes(text.encode("gbk"))
    found(inspected(tmp_path), "W-ENCODING")
    assert read_scenario(tmp_path).zone("Z1").name == "盐城市区"


def test_heights_and_ring_direction_change_nothing(tmp_path: Path) -> None:
    """A border with heights, run the other way from another corner, is the same."""
    layers = example()
    ring = layers["zones"]["features"][0]["geometry"]["coordinates"][0]
    other = [ring[2], ring[1], ring[0], ring[3], ring[2]]
    changed = example()
    changed["zones"]["features"][0]["geometry"]["coordinates"] = [
        [[*position, 4.5] for position in other]
    ]
    changed["zones"]["features"].reverse()
    one = read_scenario(write(tmp_path / "one", layers))
    two = read_scenario(write(tmp_path / "two", changed))
    assert one.digest == two.digest
    assert one.zones == two.zones


def test_ids_stay_text(tmp_path: Path) -> None:
    """007 and 7 are two stations, and 7.0 is 7."""
    layers = example()
    both_ids("007", 7.0)(layers)
    scenario = read_scenario(write(tmp_path, layers))
    assert [station.id for station in scenario.stations] == ["007", "7"]


@pytest.mark.parametrize(
    "name",
    ["EPSG:4326", "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4979"],
)
def test_names_of_plain_degrees_change_nothing(tmp_path: Path, name: str) -> None:
    """Longitude and latitude have several names, one of them with heights."""
    layers = example()
    crs(name)(layers)
    plain = read_scenario(write(tmp_path / "plain"))
    assert read_scenario(write(tmp_path / "named", layers)).digest == plain.digest


def test_a_crs_member_is_obeyed(tmp_path: Path) -> None:
    """A layer in another reference system comes out where it belongs."""
    from pyproj import Transformer

    plain = read_scenario(write(tmp_path / "plain"))
    layers = example()
    crs("urn:ogc:def:crs:EPSG::3857")(layers)
    move = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True).transform
    for feature in layers["zones"]["features"]:
        part = feature["geometry"]["coordinates"]
        ring = part[0] if feature["geometry"]["type"] == "Polygon" else part
        ring[:] = [list(move(*position)) for position in ring]
    assert read_scenario(write(tmp_path / "moved", layers)).digest == plain.digest


@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
def test_a_datum_is_converted_at_the_border(tmp_path: Path, datum: str) -> None:
    """A layer drawn on a Chinese web map lands within a centimetre of the truth."""
    import numpy as np

    from planner.formats.datum import bd09_of_gcj02, gcj02_of_wgs84

    plain = read_scenario(write(tmp_path / "plain"))
    layers = example()
    for layer in layers.values():
        for feature in layer["features"]:
            shape = feature["geometry"]
            flat = np.array(shape["coordinates"])
            moved = gcj02_of_wgs84(flat.reshape(-1, 2))
            if datum == "BD-09":
                moved = bd09_of_gcj02(moved)
            shape["coordinates"] = moved.reshape(flat.shape).tolist()
    toml = f'datum = "{datum}"\n' + TOML
    scenario = read_scenario(write(tmp_path / "moved", layers, toml))
    for ours, theirs in zip(scenario.zones, plain.zones, strict=True):
        there = plain.projection.project(scenario.projection.unproject(ours.geometry))
        assert there.hausdorff_distance(theirs.geometry) < 0.01


@pytest.mark.parametrize(
    "name",
    [
        "../zones.geojson",
        "/etc/passwd",
        "/vsicurl/http://example.org/x.geojson",
        "http://example.org/x.geojson",
        "C:\\\\zones.geojson",
        "<VRT/>",
        "~/zones.geojson",
        "",
    ],
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    """A layer is a file of the folder and nothing else."""
    folder = write(tmp_path / "in", toml=TOML.replace('"zones.geojson"', f'"{name}"'))
    write(tmp_path)
    found(inspected(folder), "E-PATH")


def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    """A link to a file elsewhere is refused, a link in a circle too."""
    folder = write(tmp_path / "in")
    outside = tmp_path / "zones.geojson"
    (folder / "zones.geojson").rename(outside)
    (folder / "zones.geojson").symlink_to(outside)
    found(inspected(folder), "E-PATH-SYMLINK")
    (folder / "zones.geojson").unlink()
    (folder / "zones.geojson").symlink_to("zones.geojson")
    found(inspected(folder), "E-PATH")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_no_layer(tmp_path: Path) -> None:
    """Reading does not wait for ever on something that is no file."""
    folder = write(tmp_path)
    (folder / "zones.geojson").unlink()
    os.mkfifo(folder / "zones.geojson")
    found(inspected(folder), "E-FILE-MISSING")


def test_many_faults_of_one_kind_are_counted(tmp_path: Path) -> None:
    """A thousand bad rows make a page, not a thousand lines."""
    layers = example()
    first = layers["zones"]["features"][0]
    layers["zones"]["features"] = [
        {**first, "properties": {"id": f"Z{i}", "revisit_min": -1}} for i in range(100)
    ]
    findings = inspected(write(tmp_path, layers))
    assert found(findings, "E-MORE").values["count"] == 80
    assert len(findings) < 30


def test_a_border_of_a_hundred_thousand_corners_is_read(tmp_path: Path) -> None:
    """A detailed border is no reason to refuse a scenario."""
    import numpy as np

    turns = np.linspace(0, 2 * np.pi, 100_001)
    ring = np.column_stack(
        [120.16 + 0.005 * np.cos(turns), 33.36 + 0.004 * np.sin(turns)]
    )
    layers = example()
    area([*ring[:-1].tolist(), ring[0].tolist()])(layers)
    scenario, _ = inspect_scenario(write(tmp_path, layers))
    assert scenario is not None


def test_a_mapping_goes_before_every_guess(tmp_path: Path) -> None:
    """What scenario.toml maps is taken; a column that is not there is named."""
    layers = example()
    for feature in layers["zones"]["features"]:
        feature["properties"]["gap"] = feature["properties"].pop("revisit_min")
    mapped = TOML + '[columns.zones]\nrevisit_min = "gap"\n'
    assert inspected(write(tmp_path, layers, mapped)) == ()
    wrong = TOML + '[columns.zones]\nrevisit_min = "gapp"\n'
    finding = found(inspected(write(tmp_path, layers, wrong)), "E-COLUMN-MAPPED")
    assert finding.values["guess"] == "gap"
    wrong = TOML + '[columns.zones]\nrevisit = "gap"\n'
    finding = found(inspected(write(tmp_path, layers, wrong)), "E-COLUMN-FIELD")
    assert finding.values["guess"] == "revisit_min"
