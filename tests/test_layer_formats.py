"""A layer reads in any format, and each format has its own way to be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from folder_formats import in_format, packed
from tiny_folder import TOML, example, found, inspected, write

import seeds
from planner.formats.scenario_folder import read_scenario


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
