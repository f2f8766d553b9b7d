"""GeoParquet, heights in KML, and tables of Shapefiles as offices make them."""

from __future__ import annotations

import io
import json
import math
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from folder_formats import as_csv
from tiny_folder import TOML, example, found, inspected, write

from planner.errors import MissingPartError
from planner.formats.columns import match_columns
from planner.formats.dbf_text import dbf_encoding
from planner.formats.layers import read_layer
from planner.formats.scenario_folder import inspect_scenario, read_scenario
from planner.formats.table import Fault


def frame_of(name: str) -> Any:
    """Return a layer of the example as a GeoDataFrame."""
    import geopandas

    return geopandas.GeoDataFrame.from_features(example()[name], crs="EPSG:4326")


# --- GeoParquet -----------------------------------------------------------------


@pytest.mark.parametrize("crs", ["EPSG:4326", "OGC:CRS84", "EPSG:4549", "none"])
def test_geoparquet_is_the_same_layer(tmp_path: Path, crs: str) -> None:
    """What GeoPandas and pyarrow write is read, in any reference system."""
    toml = TOML.replace(".geojson", ".parquet")
    folder = write(tmp_path, toml=toml)
    for name in example():
        frame = frame_of(name)
        if crs == "none":  # the specification says that this means OGC:CRS84
            frame.to_parquet(folder / f"{name}.parquet")
            edit_geo(folder / f"{name}.parquet", lambda column: column.pop("crs"))
        else:
            frame.to_crs(crs).to_parquet(folder / f"{name}.parquet")
    assert [f for f in inspected(folder) if f.is_error] == []
    plain = read_scenario(write(tmp_path / "plain"))
    scenario = read_scenario(folder)
    for ours, theirs in zip(scenario.zones, plain.zones, strict=True):
        assert ours.geometry.hausdorff_distance(theirs.geometry) < 0.01
        assert (ours.id, ours.revisit_s, ours.active) == (
            theirs.id,
            theirs.revisit_s,
            theirs.active,
        )
    if crs != "EPSG:4549":
        assert scenario.digest == plain.digest


def edit_geo(file: Path, change: Any) -> None:
    """Change what a GeoParquet file says of its column of shapes."""
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(file)
    about = dict(table.schema.metadata)
    geo = json.loads(about[b"geo"])
    change(geo["columns"]["geometry"])
    about[b"geo"] = json.dumps(geo).encode()
    pyarrow.parquet.write_table(table.replace_schema_metadata(about), file)


def test_geoparquet_without_pyarrow_is_a_missing_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra is named, and the exit code is 7."""
    from planner.cli import main

    folder = write(tmp_path, toml=TOML.replace("zones.geojson", "zones.parquet"))
    frame_of("zones").to_parquet(folder / "zones.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingPartError, match=r"\[parquet\]"):
        read_layer(folder, "zones.parquet", "zones")
    assert main(["validate", str(folder)]) == 7


def parquet_without_shapes(file: Path) -> None:
    """Write a plain table."""
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table({"id": ["Z1"]}), file)


def test_a_bad_geoparquet_is_named(tmp_path: Path) -> None:
    """A table without shapes, other shapes than WKB, damage: each has its code."""
    file = tmp_path / "zones.parquet"

    def code() -> str:
        with pytest.raises(Fault) as caught:
            read_layer(tmp_path, "zones.parquet", "zones")
        return caught.value.code

    parquet_without_shapes(file)
    assert code() == "E-FORMAT"
    frame_of("stations").to_parquet(file, geometry_encoding="geoarrow")
    assert code() == "E-PARQUET-ENCODING"
    frame_of("stations").to_parquet(file)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert code() == "E-FORMAT-CORRUPT"
    file.write_bytes(b"text")
    assert code() == "E-FORMAT"


def test_a_reference_system_that_parquet_does_not_know_is_asked_for(
    tmp_path: Path,
) -> None:
    """`crs: null` says that nobody knows; metres are not guessed."""
    folder = write(tmp_path, toml=TOML.replace("zones.geojson", "zones.parquet"))
    frame_of("zones").to_parquet(folder / "zones.parquet")
    edit_geo(folder / "zones.parquet", lambda column: column.update(crs=None))
    assert found(inspected(folder), "E-CRS-MISSING").file == "zones.parquet"


# --- heights in KML --------------------------------------------------------------

KML = """<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>
<name>Stadium</name>{data}<Polygon>{mode}<outerBoundaryIs><LinearRing><coordinates>
120.165,33.35,{high} 120.17,33.35,{high} 120.17,33.355,{high} 120.165,33.35,{high}
</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"""
GIVEN = '<ExtendedData><Data name="上限"><value>60</value></Data></ExtendedData>'
WALL = "<extrude>1</extrude><altitudeMode>{}</altitudeMode>"

HEIGHTS: list[tuple[str, float, str, float, str]] = [
    (WALL.format("relativeToGround"), 90, "", 90.0, ""),
    (WALL.format("absolute"), 90, "", 90.0 - 2.0, ""),
    (WALL.format("clampToGround"), 90, "", math.inf, ""),
    ("<extrude>1</extrude>", 90, "", math.inf, ""),
    ("", 90, "", math.inf, ""),
    (WALL.format("relativeToGround"), 90, GIVEN, 60.0, ""),
    (WALL.format("relativeToGround"), 0, "", math.inf, ""),
    (WALL.format("relativeToGround"), -5, "", math.inf, "W-KML-HEIGHTS"),
    (WALL.format("relativeToSeaFloor"), 90, "", math.inf, "W-KML-HEIGHTS"),
    (
        "<altitudeMode>relativeToGround</altitudeMode>",
        90,
        "",
        math.inf,
        "W-KML-HEIGHTS",
    ),
]


@pytest.mark.parametrize(("mode", "high", "data", "upper_m", "code"), HEIGHTS)
def test_airspace_drawn_as_a_wall_is_as_high_as_the_wall(
    tmp_path: Path, mode: str, high: float, data: str, upper_m: float, code: str
) -> None:
    """What is drawn otherwise is closed from the ground up, and that is told."""
    toml = "ground_amsl_m = [2, 12]\n" + TOML.replace("airspace.geo", "airspace.")
    folder = write(tmp_path, toml=toml.replace("airspace.json", "airspace.kml"))
    text = KML.format(mode=mode, high=high, data=data)
    (folder / "airspace.kml").write_text(text, encoding="utf-8")
    codes = {finding.code for finding in inspected(folder)}
    assert codes - {"W-ID-MADE", "W-VALUE-ASSUMED"} == ({code} if code else set())
    (area,) = read_scenario(folder).airspace
    assert (area.lower_m, area.upper_m) == (0.0, upper_m)


def test_heights_of_a_zone_in_kml_are_no_news(tmp_path: Path) -> None:
    """Whoever draws patrol zones in a globe is not asked about heights."""
    folder = write(tmp_path, toml=TOML.replace("zones.geojson", "zones.kml"))
    mode = "<altitudeMode>relativeToGround</altitudeMode>"
    data = GIVEN.replace("上限", "revisit_min")
    text = KML.format(mode=mode, high=90, data=data)
    (folder / "zones.kml").write_text(text, encoding="utf-8")
    codes = {finding.code for finding in inspected(folder)}
    assert "W-KML-HEIGHTS" not in codes


# --- tables of Shapefiles ----------------------------------------------------------

COLUMNS = {"id": "巡区编号", "name": "巡区名称", "revisit_min": "巡查间隔"}
CPGS = [
    ("GBK", None, "W-ENCODING"),
    ("GBK", b"GBK", ""),
    ("GBK", b"ANSI 936", ""),
    ("GBK", b"936", ""),
    ("GBK", b"UTF-8", "W-ENCODING"),
    ("GBK", b"whatever", "W-ENCODING"),
    ("UTF-8", None, ""),
    ("UTF-8", b"UTF-8", ""),
]


# GDAL, which writes the files, stumbles over the names that it cuts.
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("encoding", "cpg", "code"), CPGS)
def test_chinese_tables_are_read_whatever_their_cpg_says(
    tmp_path: Path, encoding: str, cpg: bytes | None, code: str, packed: bool
) -> None:
    """Names are right though ten bytes cut columns amid a character."""
    suffix = ".zip" if packed else ".shp"
    folder = write(tmp_path, toml=TOML.replace("zones.geojson", f"zones{suffix}"))
    frame = frame_of("zones").rename(columns=COLUMNS)
    frame = frame[frame.kind == "watch"].assign(巡区名称="盐城经济技术开发区")
    frame.to_file(folder / "zones.shp", encoding=encoding)
    (folder / "zones.cpg").unlink()
    if cpg is not None:
        (folder / "zones.cpg").write_bytes(cpg)
    if packed:
        parts = sorted(folder.glob("zones.[sdpc]*"))
        with zipfile.ZipFile(folder / "zones.zip", "w") as archive:
            for part in parts:
                archive.writestr(f"图层/{part.name}", part.read_bytes())
                part.unlink()
    codes = {finding.code for finding in inspected(folder)}
    assert codes == ({code} if code else set())
    zone = read_scenario(folder).zone("Z1")
    assert (zone.name, zone.revisit_s) == ("盐城经济技术开发区", 3600.0)


def test_one_archive_may_hold_a_whole_city(tmp_path: Path) -> None:
    """A Shapefile in it is named; names from a Chinese Windows are read as meant."""
    names = {"QQQQQQ": "警务站", "WWWWWW": "禁飞区"}  # as long as they are in GBK
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for stem in names:
            frame_of("stations").to_file(tmp_path / f"{stem}.shp")
            for part in sorted(tmp_path.glob(f"{stem}.*")):
                archive.writestr(part.name, part.read_bytes())
    data = packed.getvalue()
    for stem, name in names.items():
        data = data.replace(stem.encode(), name.encode("gbk"))
    (tmp_path / "city.zip").write_bytes(data)
    layer = read_layer(tmp_path, "city.zip|layername=警务站", "stations")
    assert [feature.values["id"] for feature in layer.features] == ["S1", "S2"]
    with pytest.raises(Fault) as caught:
        read_layer(tmp_path, "city.zip", "zones")
    assert caught.value.values["layers"] == "禁飞区, 警务站"


def test_a_cut_name_that_could_be_two_columns_is_neither() -> None:
    """警务站 may have been an id or a name."""
    found, _ = match_columns("stations", ["警务站", "drones"], {})
    assert found == {"drones": "drones"}


def test_a_table_in_no_encoding_is_a_fault() -> None:
    """Bytes that are neither UTF-8 nor GBK are not guessed at."""
    header = bytes(8) + (65).to_bytes(2, "little") + bytes(22)
    column = b"\xff\xff".ljust(11, b"\0") + b"C" + bytes(4) + b"\x02" + bytes(15)
    with pytest.raises(Fault) as caught:
        dbf_encoding(header + column + b"\r \xff\xff")
    assert caught.value.code == "E-ENCODING"


# --- units, defaults, decimals -------------------------------------------------------


def test_numbers_come_in_the_unit_that_the_scenario_says(tmp_path: Path) -> None:
    """Hours become minutes and feet metres; text in full width too."""
    layers = example()
    for feature in layers["zones"]["features"]:
        feature["properties"]["revisit_min"] = "１.5"
    layers["airspace"]["features"][0]["properties"]["upper_m_agl"] = 400
    units = '[units.zones]\nrevisit_min = "h"\n[units.airspace]\nupper_m_agl = "ft"\n'
    scenario = read_scenario(write(tmp_path, layers, TOML + units))
    assert {zone.revisit_s for zone in scenario.zones} == {5400.0}
    assert scenario.airspace[0].upper_m == pytest.approx(121.92)


@pytest.mark.parametrize(
    ("lines", "code", "place"),
    [
        ('[units.zones]\nrevisit_min = "ft"', "E-UNITS", "units.zones.revisit_min"),
        ('[units.zones]\nname = "h"', "E-UNITS", "units.zones.name"),
        ('[units.zones]\nnone = "h"', "E-UNITS", "units.zones.none"),
        (
            '[units.zones]\nrevisit_min = "days"',
            "E-TOML-CHOICE",
            "units.zones.revisit_min",
        ),
        ('[units.roads]\nwidth_m = "ft"', "E-TOML-KEY", "units.roads"),
        ("[defaults]\ndrones = -1", "E-TOML-RANGE", "defaults.drones"),
        ("[defaults]\npads = 1", "E-TOML-KEY", "defaults.pads"),
        (
            "[defaults.revisit_min]\nwalk = 1",
            "E-TOML-KEY",
            "defaults.revisit_min.walk",
        ),
    ],
)
def test_units_and_defaults_that_make_no_sense_are_named(
    tmp_path: Path, lines: str, code: str, place: str
) -> None:
    """Each with the path of its key."""
    finding = found(inspected(write(tmp_path, toml=f"{TOML}\n{lines}\n")), code)
    assert finding.feature == place


@pytest.mark.parametrize("ground", ["3", "[3]", "[1, 2, 3]", "['a', 'b']"])
def test_ground_that_is_no_pair_is_named(tmp_path: Path, ground: str) -> None:
    """Lowest and highest, in metres."""
    toml = f"ground_amsl_m = {ground}\n{TOML}"
    codes = {f.code for f in inspected(write(tmp_path, toml=toml))}
    assert codes & {"E-TOML-TYPE", "E-TOML-RANGE"}


def test_defaults_stand_in_for_values_and_are_told(tmp_path: Path) -> None:
    """An interval by kind, drones for every station without a number."""
    layers = example()
    for feature in layers["zones"]["features"]:
        del feature["properties"]["revisit_min"]
    layers["stations"]["features"][0]["properties"]["drones"] = None
    text = "[defaults]\ndrones = 4\nrevisit_min = { watch = 45, sweep = 90, line = 30 }"
    folder = write(tmp_path, layers, f"{TOML}\n{text}\n")
    findings = inspected(folder)
    assert {f.code for f in findings} == {"W-VALUE-ASSUMED"}
    assert {f.values["fields"] for f in findings} == {"revisit_min", "drones"}
    scenario = read_scenario(folder)
    assert {z.kind: z.revisit_s / 60 for z in scenario.zones} == {
        "watch": 45,
        "sweep": 90,
        "line": 30,
    }
    assert [station.drones for station in scenario.stations] == [4, 2]


def test_a_kind_without_a_default_is_still_asked_for(tmp_path: Path) -> None:
    """A default for areas says nothing of lines."""
    layers = example()
    for feature in layers["zones"]["features"]:
        del feature["properties"]["revisit_min"]
    text = "[defaults]\nrevisit_min = { watch = 45, sweep = 90 }"
    finding = found(
        inspected(write(tmp_path, layers, f"{TOML}\n{text}\n")), "E-VALUE-MISSING"
    )
    assert finding.feature == "Z3"


def test_a_table_in_gbk_with_a_mark_or_commas_is_read_or_named(tmp_path: Path) -> None:
    """GBK and a byte order mark do no harm; a decimal comma is never a wrong number."""
    folder = write(tmp_path, toml=TOML.replace("zones.geojson", "zones.csv"))
    text = as_csv(example()["zones"]).replace("Market", "市场")
    (folder / "zones.csv").write_bytes(text.encode("gbk"))
    assert {f.code for f in inspected(folder)} == {"W-ENCODING"}
    assert read_scenario(folder).zone("Z1").name == "市场"
    (folder / "zones.csv").write_bytes(text.encode("utf-8-sig"))
    assert inspected(folder) == ()
    comma = text.replace(",60,", ',"60,5",')
    assert comma != text
    (folder / "zones.csv").write_text(comma, encoding="utf-8")
    scenario, _ = inspect_scenario(folder)
    assert scenario is None
    assert found(inspected(folder), "E-VALUE-NUMBER").values["found"] == "60,5"
