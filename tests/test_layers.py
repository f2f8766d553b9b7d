"""A bad layer is named with code, file and row; a good one reads in any format."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from folder_formats import in_format, packed
from tiny_folder import TOML, example, found, inspected, write

import seeds
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


# --- one content, every format -----------------------------------------------


@pytest.mark.parametrize(
    "suffix",
    [".kml", ".kmz", ".csv", ".gpkg", ".shp", ".zip", ".xlsx", ".parquet"],
)
def test_one_content_has_one_digest_in_every_format(
    tmp_path: Path, suffix: str
) -> None:
    """The name of a content depends on no format and no order of rows."""
    plain = read_scenario(write(tmp_path / "plain"))
    folder = in_format(tmp_path / "other", suffix)
    assert inspected(folder) == ()
    assert read_scenario(folder).digest == plain.digest


def test_one_geopackage_may_hold_all_layers(tmp_path: Path) -> None:
    """A layer named like ours is found; another must be named."""
    import geopandas

    for name, layer in example().items():
        frame = geopandas.GeoDataFrame.from_features(layer, crs="EPSG:4326")
        frame.to_file(tmp_path / "city.gpkg", driver="GPKG", layer=name)
    toml = TOML
    for name in example():
        toml = toml.replace(f"{name}.geojson", "city.gpkg")
    (tmp_path / "scenario.toml").write_text(toml, encoding="utf-8")
    assert inspected(tmp_path) == ()
    named = toml.replace('zones = "city.gpkg', 'zones = "city.gpkg|layername=zones')
    (tmp_path / "scenario.toml").write_text(named, encoding="utf-8")
    assert inspected(tmp_path) == ()
    named = toml.replace('zones = "city.gpkg', 'zones = "city.gpkg|layername=nones')
    (tmp_path / "scenario.toml").write_text(named, encoding="utf-8")
    found(inspected(tmp_path), "E-LAYER-AMBIGUOUS")


def test_a_shapefile_in_gbk_without_cpg_is_understood(tmp_path: Path) -> None:
    """The most frequent Shapefile of a Chinese office reads with a warning."""
    import geopandas

    write(tmp_path, toml=TOML.replace("stations.geojson", "stations.shp"))
    layer = example()["stations"]
    frame = geopandas.GeoDataFrame.from_features(layer, crs="EPSG:4326")
    frame["name"] = ["亭湖警务站", "盐都警务站"]
    frame = frame.rename(columns={"drones": "无人机数"})
    frame.to_file(tmp_path / "stations.shp", encoding="GBK")
    (tmp_path / "stations.cpg").unlink()
    found(inspected(tmp_path), "W-ENCODING")
    assert read_scenario(tmp_path).station("S1").name == "亭湖警务站"


@pytest.mark.parametrize(
    ("gone", "code"),
    [(".dbf", "E-SHP-SIDECAR"), (".shx", "E-SHP-SIDECAR"), (".prj", "E-CRS-MISSING")],
)
def test_a_missing_part_of_a_shapefile_is_named(
    tmp_path: Path, gone: str, code: str
) -> None:
    """Attributes or positions are never lost in silence."""
    folder = in_format(tmp_path, ".shp")
    (folder / f"stations{gone}").unlink()
    assert found(inspected(folder), code).file == "stations.shp"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"plain text", "E-FORMAT"),
        (b"SQLite format 3\0" + b"\0" * 100, "E-FORMAT"),
        (b"SQLite format 3\0gpkg_contents" + b"\0" * 100, "E-FORMAT-CORRUPT"),
    ],
)
def test_a_bad_geopackage_is_named(tmp_path: Path, content: bytes, code: str) -> None:
    """A damaged or foreign database is a finding, never a traceback."""
    write(tmp_path, toml=TOML.replace("zones.geojson", "zones.gpkg"))
    (tmp_path / "zones.gpkg").write_bytes(content)
    assert found(inspected(tmp_path), code).file == "zones.gpkg"


def test_a_geopackage_cut_anywhere_is_no_traceback(tmp_path: Path) -> None:
    """A copy that broke off is a finding or still reads."""
    folder = in_format(tmp_path, ".gpkg")
    whole = (folder / "zones.gpkg").read_bytes()
    for part in (0.1, 0.3, 0.5, 0.7, 0.9):
        (folder / "zones.gpkg").write_bytes(whole[: int(len(whole) * part)])
        inspected(folder)


CSV: list[tuple[str, str]] = [
    ("id;lon;lat;drones\nS1;120,15;33,36;2\n", "E-CSV-DECIMAL"),
    ("id,lon,lat,drones\nS1,120°09'00\"E,33°21'N,2\n", "E-CSV-DMS"),
    ("id,lange,lat,drones\nS1,120.15,33.36,2\n", "E-CSV-COLUMN"),
    ("id,lon,lat,drones\nS1,nan,33.36,2\n", "E-VALUE-NAN"),
    ("id,lon,lat,drones,drones\nS1,120.15,33.36,2,3\n", "E-CSV-DUPCOL"),
    ("id,lon,lat,drones\nS1,120.15,33.36,2,9,9\n", "E-CSV-RAGGED"),
    ("id,lon,lat,drones\nS1,120.15,33.36,-3\n", "E-VALUE-RANGE"),
    ("id,lon,lat,drones\nS1,,33.36,2\n", "E-GEOM-NULL"),
    ("id,lon,lat,drones\n", "E-INPUT-EMPTY"),
    ("id,lon,lat,编号,drones\nS1,120.15,33.36,x,2\n", "ok"),
    ("sep=;\nid;lon;lat;drones\n007;120.15;33.36;2\n", "ok"),
    ("编号,经度,纬度,无人机数\nS1,１２０.15,33.36,2\n", "ok"),
    ("编号,代码,经度,纬度,无人机数\nS1,x,120.15,33.36,2\n", "E-COLUMN-AMBIGUOUS"),
    ("id,wkt,drones\nS1,POINT (120.15 33.36,2\n", "E-GEOM-WKT"),
]


@pytest.mark.parametrize(("text", "code"), CSV)
def test_csv_of_stations(tmp_path: Path, text: str, code: str) -> None:
    """What a spreadsheet exports is read, or the cell is named."""
    write(tmp_path, toml=TOML.replace("stations.geojson", "stations.csv"))
    (tmp_path / "stations.csv").write_text(text, encoding="utf-8")
    findings = inspected(tmp_path)
    if code == "ok":
        assert not any(finding.is_error for finding in findings), findings
    else:
        assert found(findings, code).file == "stations.csv"


ENTITIES = '<!DOCTYPE kml [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>'
KMLS: list[tuple[str, str]] = [
    (ENTITIES + "<kml><name>&c;</name></kml>", "E-XML-DTD"),
    ('<!doctype kml SYSTEM "file:///etc/passwd"><kml/>', "E-XML-DTD"),
    ("<kml><NetworkLink/></kml>", "E-KML-NETWORKLINK"),
    ("<kml><Placemark>", "E-PARSE"),
    ("<gpx></gpx>", "E-FORMAT"),
    ("<kml>" * 500 + "</kml>" * 500, "E-PARSE-DEPTH"),
    ("<kml></kml>", "E-INPUT-EMPTY"),
    (
        "<kml><Placemark id='Z'><Point><coordinates>120 33</coordinates></Point>"
        "<ExtendedData><Data name='revisit_min'><value>30</value></Data>"
        "</ExtendedData></Placemark></kml>",
        "E-KML-COORD",
    ),
]


@pytest.mark.parametrize(("text", "code"), KMLS)
def test_a_bad_kml_is_named(tmp_path: Path, text: str, code: str) -> None:
    """No entity is expanded, no link is followed."""
    write(tmp_path, toml=TOML.replace("zones.geojson", "zones.kml"))
    (tmp_path / "zones.kml").write_text(text, encoding="utf-8")
    assert found(inspected(tmp_path), code).file == "zones.kml"


def test_an_xml_in_utf16_hides_no_document_type(tmp_path: Path) -> None:
    """The document type is looked for in the text, not in the bytes."""
    write(tmp_path, toml=TOML.replace("zones.geojson", "zones.kml"))
    (tmp_path / "zones.kml").write_text(ENTITIES + "<kml/>", encoding="utf-16")
    found(inspected(tmp_path), "E-XML-DTD")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PK\x03\x04broken", "E-FORMAT-CORRUPT"),
        (packed(readme_txt=b"hello"), "E-ZIP-NOGEO"),
        (packed(**{"..__evil_shp": b"x"}), "E-ZIP-PATH"),
        (packed(zeros_shp=b"\0" * 30_000_000), "E-ZIP-RATIO"),
        (packed(a_shp=b"x", b_shp=b"y"), "E-LAYER-AMBIGUOUS"),
        (packed(a_shp=b"x"), "E-SHP-SIDECAR"),
        (packed(a_shp=b"x", a_shx=b"x", a_dbf=b"x"), "E-FORMAT"),
    ],
)
def test_a_bad_archive_is_named(tmp_path: Path, data: bytes, code: str) -> None:
    """An archive is read in memory within limits and never unpacked."""
    write(tmp_path, toml=TOML.replace("zones.geojson", "zones.zip"))
    (tmp_path / "zones.zip").write_bytes(data)
    before = sorted(tmp_path.parent.rglob("*"))
    assert found(inspected(tmp_path), code).file == "zones.zip"
    assert sorted(tmp_path.parent.rglob("*")) == before


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


def test_known_chinese_columns_need_no_mapping(tmp_path: Path) -> None:
    """Names as a Chinese office writes them are understood, values too."""
    toml = TOML.replace("stations.geojson", "stations.csv")
    toml = toml.replace("zones.geojson", "zones.csv")
    write(tmp_path, toml=toml)
    (tmp_path / "stations.csv").write_text(
        "编号,名称,经度,纬度,无人机数,机位\n1,一号站,120.15,33.36,3,2\n", encoding="gbk"
    )
    (tmp_path / "zones.csv").write_text(
        "编号,名称,类型,优先级,巡查间隔,时段,WKT\n"
        '甲,市场,盯守,高,60,"07:00-08:30，16:00-18:00",'
        '"POLYGON ((120.15 33.36, 120.16 33.36, 120.16 33.37, 120.15 33.36))"\n',
        encoding="utf-8-sig",
    )
    zone = read_scenario(tmp_path).zone("甲")
    assert (zone.name, zone.kind, zone.priority) == ("市场", "watch", 3.0)
    assert zone.active == ((25_200, 30_600), (57_600, 64_800))
    assert read_scenario(tmp_path).station("1").pads == 2


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


def test_a_csv_in_metres_needs_the_code_of_its_system(tmp_path: Path) -> None:
    """Projected coordinates are read where the scenario names their system."""
    from pyproj import Transformer

    x, y = Transformer.from_crs("EPSG:4326", "EPSG:32651", always_xy=True).transform(
        120.15, 33.36
    )
    toml = TOML.replace("stations.geojson", "stations.csv")
    write(tmp_path, toml=toml)
    (tmp_path / "stations.csv").write_text(f"id,x,y,drones\nS1,{x},{y},3\n")
    found(inspected(tmp_path), "E-CRS-METRES")
    (tmp_path / "scenario.toml").write_text('crs = "EPSG:32651"\n' + toml)
    scenario = read_scenario(tmp_path)
    lonlat = scenario.projection.unproject(scenario.station("S1").point)
    assert (round(lonlat.x, 6), round(lonlat.y, 6)) == (120.15, 33.36)


def test_yancheng_has_one_digest_as_geojson_and_geopackage(tmp_path: Path) -> None:
    """The whole city, through GDAL and back, keeps its name."""
    import geopandas

    source = seeds.path("yancheng")
    toml = (source / "scenario.toml").read_text(encoding="utf-8")
    text = toml.replace(".geojson", ".gpkg")
    (tmp_path / "scenario.toml").write_text(text, encoding="utf-8")
    for file in source.glob("*.geojson"):
        frame = geopandas.read_file(file)
        frame.to_file(tmp_path / f"{file.stem}.gpkg", driver="GPKG")
    assert read_scenario(tmp_path).digest == read_scenario(source).digest
