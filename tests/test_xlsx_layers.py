"""A workbook is read as people see it: openpyxl and GDAL write what we read."""

from __future__ import annotations

import datetime
import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from folder_formats import packed
from tiny_folder import TOML, example, found, inspected, write

from planner.formats.layers import read_layer
from planner.formats.scenario_folder import read_scenario
from planner.formats.table import Fault, Layer

STATIONS = [
    ["编号", "名称", "经度", "纬度", "无人机数"],
    ["S1", "West", 120.15, 33.36, 3],
    ["S2", "East", 120.19, 33.36, 2],
]


def book(folder: Path, rows: list[list[Any]], name: str = "stations.xlsx") -> Any:
    """Return a workbook with one sheet of rows, and how to save it."""
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    workbook.save(folder / name)
    return workbook


def read(folder: Path, chosen: str = "") -> Layer:
    """Return the layer of the workbook."""
    text = f"stations.xlsx{f'|layername={chosen}' if chosen else ''}"
    return read_layer(folder, text, "stations")


def codes(layer: Layer) -> list[str]:
    """Return the codes of all remarks on a layer."""
    rows = [fault for feature in layer.features for fault in feature.remarks]
    return [fault.code for fault in (*layer.remarks, *rows)]


def fault_of(folder: Path, chosen: str = "") -> Fault:
    """Return the fault that the workbook has as a whole."""
    with pytest.raises(Fault) as caught:
        read(folder, chosen)
    return caught.value


def test_a_workbook_is_the_same_layer_as_geojson(tmp_path: Path) -> None:
    """A sheet of stations plans like any other file of them."""
    plain = read_scenario(write(tmp_path / "plain"))
    folder = write(tmp_path, toml=TOML.replace("stations.geojson", "stations.xlsx"))
    rows = [[*STATIONS[0], "pads"], [*STATIONS[1], 3], [*STATIONS[2], 2]]
    book(folder, rows)
    assert inspected(folder) == ()
    assert read_scenario(folder).digest == plain.digest


def test_a_workbook_that_gdal_wrote_is_read(tmp_path: Path) -> None:
    """Another program's workbook, with shapes as text, is understood."""
    import geopandas
    import pyogrio

    frame = geopandas.GeoDataFrame.from_features(example()["zones"], crs="EPSG:4326")
    frame["wkt"] = frame.geometry.to_wkt()
    table = frame.drop(columns="geometry")
    pyogrio.write_dataframe(table, tmp_path / "zones.xlsx", driver="XLSX")
    folder = write(tmp_path, toml=TOML.replace("zones.geojson", "zones.xlsx"))
    assert inspected(folder) == ()
    assert read_scenario(folder).digest == read_scenario(write(tmp_path / "p")).digest


def test_ids_keep_their_noughts(tmp_path: Path) -> None:
    """A text 007, a number shown as 007 and a number 7 are two stations, not three."""
    rows = [STATIONS[0], *(["007", "", 120.15, 33.36, n] for n in (1, 2, 3))]
    workbook = book(tmp_path, rows)
    sheet = workbook.active
    sheet["A3"], sheet["A3"].number_format, sheet["A4"] = 7, "000", 7
    workbook.save(tmp_path / "stations.xlsx")
    ids = [feature.values["编号"] for feature in read(tmp_path).features]
    assert ids == ["007", "007", 7]


def test_dates_and_times_come_as_they_are_written_elsewhere(tmp_path: Path) -> None:
    """Excel's clock and calendar become the text that a schedule understands."""
    values = [
        datetime.time(6, 30),
        datetime.datetime(2026, 5, 1),
        datetime.datetime(2026, 5, 1, 8, 5),
        datetime.timedelta(hours=26, minutes=15),
        "06:00-22:00",
    ]
    head = ["lon", "lat", "a", "b", "c", "d", "e"]
    book(tmp_path, [head, [120.15, 33.36, *values]])
    (feature,) = read(tmp_path).features
    assert [feature.values[name] for name in "abcde"] == [
        "06:30",
        "2026-05-01",
        "2026-05-01 08:05",
        "26:15",
        "06:00-22:00",
    ]


def test_cells_merged_downwards_count_for_each_row(tmp_path: Path) -> None:
    """A bureau that is written once over its stations is that of all, with a remark."""
    rows = [["辖区", *STATIONS[0]], ["亭湖", *STATIONS[1]], [None, *STATIONS[2]]]
    workbook = book(tmp_path, rows)
    workbook.active.merge_cells("A2:A3")
    workbook.save(tmp_path / "stations.xlsx")
    layer = read(tmp_path)
    assert [f.values["辖区"] for f in layer.features] == ["亭湖", "亭湖"]
    assert codes(layer) == ["W-XLSX-MERGED"]


def test_a_title_above_the_header_is_passed_over(tmp_path: Path) -> None:
    """Rows keep the numbers that Excel shows, whatever stands above them."""
    rows = [["盐城市警务站一览表"], ["填表人：王"], *STATIONS]
    workbook = book(tmp_path, rows)
    workbook.active.merge_cells("A1:E1")
    workbook.save(tmp_path / "stations.xlsx")
    layer = read(tmp_path)
    assert layer.columns == tuple(STATIONS[0])
    assert [feature.row for feature in layer.features] == [4, 5]
    assert codes(layer) == []


def test_hidden_sheets_are_not_read_unless_named(tmp_path: Path) -> None:
    """An old list that somebody hid does not come back by itself."""
    workbook = book(tmp_path, STATIONS)
    old = workbook.create_sheet("旧表")
    for row in (STATIONS[0], ["X", "old", 1.0, 2.0, 9]):
        old.append(row)
    old.sheet_state = "hidden"
    workbook.create_sheet("Sheet2")
    workbook.save(tmp_path / "stations.xlsx")
    assert len(read(tmp_path).features) == 2
    (feature,) = read(tmp_path, "旧表").features
    assert feature.values["编号"] == "X"


def test_of_several_sheets_the_one_named_like_the_layer_is_read(tmp_path: Path) -> None:
    """Else they are listed, and one is to be named."""
    workbook = book(tmp_path, STATIONS)
    workbook.active.title = "甲"
    for row in STATIONS[:2]:
        workbook.create_sheet("乙") if "乙" not in workbook.sheetnames else None
        workbook["乙"].append(row)
    workbook.save(tmp_path / "stations.xlsx")
    fault = fault_of(tmp_path)
    assert (fault.code, fault.values["layers"]) == ("E-LAYER-AMBIGUOUS", "甲, 乙")
    assert len(read(tmp_path, "甲").features) == 2
    workbook["乙"].title = "警务站"
    workbook.save(tmp_path / "stations.xlsx")
    assert len(read(tmp_path).features) == 1


def test_a_formula_that_nobody_calculated_is_told(tmp_path: Path) -> None:
    """A program that writes formulas leaves no value; an error is none either."""
    rows = [STATIONS[0], ["S1", "West", 120.15, 33.36, "=1+2"]]
    workbook = book(tmp_path, rows)
    error = workbook.active["B2"]
    error.value = "#N/A"
    assert error.data_type == "e"
    workbook.save(tmp_path / "stations.xlsx")
    layer = read(tmp_path)
    assert sorted(codes(layer)) == ["W-XLSX-ERROR", "W-XLSX-FORMULA"]
    assert layer.features[0].values["无人机数"] is None
    folder = write(tmp_path, toml=TOML.replace("stations.geojson", "stations.xlsx"))
    assert found(inspected(folder), "E-VALUE-MISSING").feature == "S1"


def changed(data: bytes, member: str, old: str, new: str) -> bytes:
    """Return an archive with a text in one of its members replaced."""
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            if name == member:
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            target.writestr(name, content)
    return result.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_a_formula_that_was_calculated_counts_as_its_value(tmp_path: Path) -> None:
    """What Excel last made of it is what people see."""
    with xlsxwriter.Workbook(tmp_path / "stations.xlsx") as workbook:
        sheet = workbook.add_worksheet()
        for row, cells in enumerate([STATIONS[0], ["S1", "West", 120.15, 33.36]]):
            sheet.write_row(row, 0, cells)
        sheet.write_formula(1, 4, "=1+2", value=3)
    layer = read(tmp_path)
    assert layer.features[0].values["无人机数"] == 3
    assert codes(layer) == []


def test_a_wrong_size_in_the_sheet_loses_no_rows(tmp_path: Path) -> None:
    """Some programs write that a sheet is one cell large, and fill it all the same."""
    book(tmp_path, STATIONS)
    file = tmp_path / "stations.xlsx"
    file.write_bytes(changed(file.read_bytes(), SHEET, 'ref="A1:E3"', 'ref="A1"'))
    assert len(read(tmp_path).features) == 2


def test_columns_of_a_web_map_tell_their_datum(tmp_path: Path) -> None:
    """`gcj_lon` says what it is, whatever scenario.toml says."""
    rows = [["编号", "gcj_lon", "gcj_lat", "架数"], ["S1", 120.15, 33.36, 3]]
    book(tmp_path, rows)
    layer = read(tmp_path)
    assert (layer.datum, codes(layer)) == ("GCJ-02", ["W-DATUM-COLUMN"])
    folder = write(tmp_path, toml=TOML.replace("stations.geojson", "stations.xlsx"))
    scenario = read_scenario(folder)
    lonlat = scenario.projection.unproject(scenario.station("S1").point)
    metres = abs(lonlat.x - 120.15) * 93_000
    assert 400 < metres < 600


def test_a_workbook_without_coordinates_says_its_columns(tmp_path: Path) -> None:
    """A list of addresses is no layer."""
    book(tmp_path, [["编号", "地址"], ["S1", "人民路1号"]])
    fault = fault_of(tmp_path)
    assert fault.code == "E-XLSX-COLUMN"
    assert "地址" in fault.values["guess"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xd0\xcf\x11\xe0 an old .xls, or a password", "E-FORMAT-CORRUPT"),
        (b"PK\x03\x04broken", "E-FORMAT-CORRUPT"),
        (packed(readme_txt=b"hello"), "E-ZIP-NOGEO"),
        (packed(xl__workbook_xml=b"<workbook>"), "E-FORMAT-CORRUPT"),
        (packed(**{"..__evil_xml": b"x"}), "E-ZIP-PATH"),
        (packed(xl__workbook_xml=b"\0" * 30_000_000), "E-ZIP-RATIO"),
        (packed(xl__workbook_xml=b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"), "E-XML-DTD"),
        (
            packed(xl__workbook_xml="<!DOCTYPE a><a/>".encode("utf-16")),
            "E-XML-DTD",
        ),
    ],
)
def test_a_bad_workbook_is_named(tmp_path: Path, data: bytes, code: str) -> None:
    """A workbook that is none, or made to do harm, is one finding."""
    (tmp_path / "stations.xlsx").write_bytes(data)
    assert fault_of(tmp_path).code == code


def test_an_empty_workbook_is_told(tmp_path: Path) -> None:
    """A book of blank sheets has nothing in it."""
    book(tmp_path, [])
    assert fault_of(tmp_path).code == "E-INPUT-EMPTY"
