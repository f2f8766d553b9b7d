"""What GIS programs read of an export is what the plan says."""

from __future__ import annotations

import io
import json
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from handovers import handovers
from hypothesis import given, settings
from plans import tiny_plan

from planner.formats.exchange import csv, geojson, gpkg
from planner.formats.exchange.tables import tables
from planner.formats.handover import Handover, hand_over
from planner.formats.timetable_csv import timetable_to_bytes
from planner.messages import LANGUAGES, say

TINY = hand_over(tiny_plan())
PACKAGE = gpkg.export(TINY)["plan.gpkg"]


@contextmanager
def file(data: bytes) -> Iterator[Path]:
    """Write a GeoPackage where GDAL sees its suffix."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.gpkg"
        path.write_bytes(data)
        yield path


def layer(data: bytes, name: str, **options: Any) -> Any:
    """Return a layer of a GeoPackage as GDAL reads it."""
    with file(data) as path:
        return pyogrio.read_dataframe(path, layer=name, **options)


def fields(name: str) -> list[str]:
    """Return the columns of a layer of the tiny plan's GeoPackage."""
    with file(PACKAGE) as path:
        read: list[str] = pyogrio.read_info(path, layer=name)["fields"].tolist()
        return read


@settings(max_examples=25)
@given(handover=handovers())
def test_a_geopackage_holds_every_row_and_its_place(handover: Handover) -> None:
    """GDAL reads routes, stations, stops, sorties and unserved zones as they are."""
    data = gpkg.export(handover)["plan.gpkg"]
    for table in tables(handover):
        read = layer(data, table.name)
        assert len(read) == len(table.rows)
        for i, (name, kind) in enumerate(table.columns.items()):
            wanted = [row[i] for row in table.rows]
            if kind is str:
                # GDAL reads a text up to its first NUL.
                texts = [str(cell).split("\0")[0] for cell in wanted]
                assert read[name].tolist() == texts
            elif kind is float:
                assert np.array_equal(read[name].to_numpy(dtype=float), wanted)
        if table.shapes:
            assert read.crs.to_epsg() == 4326
            found = shapely.to_wkb(read.geometry.to_numpy())
            assert found.tolist() == shapely.to_wkb(list(table.shapes)).tolist()


def test_times_of_a_geopackage_are_those_of_the_roster() -> None:
    """A time is an instant in UTC, with the local clock as text beside it."""
    read = layer(PACKAGE, "sorties")
    for row, sortie in zip(read.itertuples(), TINY.plan.roster, strict=True):
        moment = TINY.moment(0) + timedelta(seconds=round(sortie.takeoff_s))
        assert row.takeoff == moment
        assert row.takeoff_local == f"{moment:%Y-%m-%d %H:%M:%S}"


def test_qgis_finds_a_style_for_each_layer_and_table() -> None:
    """The query by which QGIS looks for a default style finds one, and only one."""
    with file(PACKAGE) as path:
        read = [name for name, _ in pyogrio.list_layers(path)]
    assert read == [
        "routes",
        "stations",
        "stops",
        "sorties",
        "unserved",
        "layer_styles",
    ]
    for name in read[:-1]:
        column = "geom" if name in ("routes", "stations", "stops") else ""
        # As in QGIS, QgsOgrProviderMetadata::loadStyle.
        where = (
            f"f_table_schema='' AND f_table_name='{name}'"
            f" AND f_geometry_column='{column}'"
        )
        found = layer(PACKAGE, "layer_styles", where=where)
        assert found["useAsDefault"].tolist() == [True]
        assert found["styleName"].str.len().max() <= 30
        assert ElementTree.fromstring(found["styleQML"][0]).tag == "qgis"


def test_the_table_of_styles_is_as_qgis_makes_it() -> None:
    """Names and order of its columns are those of QgsOgrProviderMetadata::saveStyle."""
    assert fields("layer_styles") == [
        "f_table_catalog",
        "f_table_schema",
        "f_table_name",
        "f_geometry_column",
        "styleName",
        "styleQML",
        "styleSLD",
        "useAsDefault",
        "description",
        "owner",
        "ui",
        "update_time",
    ]


def qml(name: str) -> ElementTree.Element:
    """Return the style of a layer."""
    styles = layer(PACKAGE, "layer_styles").set_index("f_table_name")["styleQML"]
    return ElementTree.fromstring(styles[name])


@pytest.mark.parametrize(("name", "column"), [("routes", "layer_m"), ("stops", "kind")])
def test_every_route_and_stop_is_coloured(name: str, column: str) -> None:
    """Each value in a layer has a category, whose symbol has a colour of its own."""
    renderer = qml(name).find("renderer-v2")
    assert renderer is not None
    assert renderer.get("attr") == column
    symbols = {
        symbol.get("name"): [
            option.get("value")
            for option in symbol.iter("Option")
            if option.get("name") in ("color", "line_color")
        ]
        for symbol in renderer.iter("symbol")
    }
    categories = {c.get("value"): c.get("symbol") for c in renderer.iter("category")}
    values = {
        f"{value:g}" if isinstance(value, float) else value
        for value in layer(PACKAGE, name)[column]
    }
    assert values <= set(categories)
    colours = [tuple(symbols[symbol]) for symbol in categories.values()]
    assert len(set(colours)) == len(colours)
    assert all(len(colour) == 1 for colour in colours)


@pytest.mark.parametrize("name", ["routes", "stations", "stops", "sorties", "unserved"])
def test_columns_have_heads_in_both_languages(name: str) -> None:
    """QGIS shows a head in English and Chinese for every column."""
    heads = {a.get("field"): a.get("name") for a in qml(name).iter("alias")}
    assert list(heads) == fields(name)
    for field, head in heads.items():
        assert head == " ".join(say(f"exchange.column.{field}", to) for to in LANGUAGES)


def test_a_geopackage_is_sound_and_marked_as_one() -> None:
    """SQLite finds it whole; its head says GeoPackage; no clock was read."""
    database = sqlite3.connect(":memory:")
    database.deserialize(PACKAGE)
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    assert database.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
    changes = database.execute("SELECT DISTINCT last_change FROM gpkg_contents")
    assert changes.fetchall() == [("1980-01-01T00:00:00.000Z",)]
    tables_told = database.execute("SELECT table_name FROM gpkg_contents").fetchall()
    assert ("layer_styles",) in tables_told
    database.close()


@settings(max_examples=25)
@given(handover=handovers())
def test_geojson_holds_every_row_and_its_place(handover: Handover) -> None:
    """Each file is a FeatureCollection of lon, lat and height that GDAL reads."""
    files = geojson.export(handover)
    for table in tables(handover):
        if table.name in ("sorties", "unserved"):
            assert f"{table.name}.geojson" not in files
            continue
        data = files[f"{table.name}.geojson"]
        document = json.loads(data)
        assert set(document) == {"type", "features"}  # RFC 7946 knows no "crs"
        told: list[Mapping[str, Any]] = [f["properties"] for f in document["features"]]
        for row, properties in zip(table.rows, told, strict=True):
            assert list(properties) == list(table.columns)
            for cell, value in zip(row, properties.values(), strict=True):
                assert value == (cell.isoformat() if hasattr(cell, "hour") else cell)
        if table.shapes:
            read = pyogrio.read_dataframe(io.BytesIO(data))
            for found, shape in zip(read.geometry, table.shapes, strict=True):
                assert shapely.get_coordinates(found, include_z=True) == pytest.approx(
                    shapely.get_coordinates(shape, include_z=True), abs=1e-9
                )


def test_lon_comes_before_lat() -> None:
    """Yancheng is not in the Arctic Sea."""
    west, south, east, north = pyogrio.read_info(
        io.BytesIO(geojson.export(TINY)["routes.geojson"]), force_total_bounds=True
    )["total_bounds"]
    assert 119 < west < east < 121
    assert 32 < south < north < 34


def test_the_timetable_is_the_one_beside_the_plan() -> None:
    """Exported whole, its bytes are those that planning writes."""
    assert csv.export(TINY)["timetable.csv"] == timetable_to_bytes(TINY.plan)


def test_only_chosen_routes_are_in_a_timetable() -> None:
    """A station is handed its own sorties and stops, not those of others."""
    chosen = hand_over(TINY.plan, routes=["A1"])
    files = csv.export(chosen)
    for name in ("timetable.csv", "stops.csv"):
        read = pd.read_csv(io.BytesIO(files[name]), encoding="utf-8-sig")
        assert set(read["route"]) == {"A1"}
    stops = pd.read_csv(io.BytesIO(files["stops.csv"]), encoding="utf-8-sig")
    assert stops["target"].tolist() == [s.target for s in chosen.routes[0].stops]
    assert stops["lon"].between(119, 121).all()
