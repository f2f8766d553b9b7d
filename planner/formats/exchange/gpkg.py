"""
Write a GeoPackage that QGIS opens coloured: routes, stations, stops, tables.

A GeoPackage is an SQLite database by a written schema (OGC 12-128r17), made here in
memory with what Python has: GDAL can put only one layer into memory.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyproj
import shapely

from planner.formats.exchange.colours import layer_colours
from planner.formats.exchange.qgis_style import style
from planner.formats.exchange.tables import Cell, Table, tables
from planner.formats.handover import Handover

_APPLICATION, _VERSION = 0x47504B47, 10300
"""Marks of GeoPackage 1.3 in the database's head (its requirement 2)."""

_WGS84 = 4326
_NO_TIME = "1980-01-01T00:00:00.000Z"
"""Written as the time of each change, as in archives: there is no clock to read."""

_TYPES = {str: "TEXT", int: "INTEGER", float: "REAL", datetime: "DATETIME"}
_KINDS = {"Point": "POINT", "LineString": "LINESTRING"}

_SCHEMA = """
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL,
  definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL,
  identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL
    DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
  srs_id INTEGER REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL UNIQUE REFERENCES gpkg_contents(table_name),
  column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL REFERENCES gpkg_spatial_ref_sys(srs_id),
  z TINYINT NOT NULL, m TINYINT NOT NULL,
  PRIMARY KEY (table_name, column_name));
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
"""
"""
The tables of the standard, and that in which QGIS keeps styles.

Reference of the latter: QGIS, ``QgsOgrProviderMetadata::saveStyle``.
"""


def export(handover: Handover) -> dict[str, bytes]:
    """
    Return ``plan.gpkg``.

    A GeoPackage's times are in UTC; beside each stands its local clock as text.
    """
    laid_out = [_with_clocks(table) for table in tables(handover)]
    database = sqlite3.connect(":memory:")
    try:
        database.executescript(
            f"PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {_VERSION};"
        )
        database.executescript(_SCHEMA)
        _insert(database, "gpkg_spatial_ref_sys", _reference_systems())
        for table in laid_out:
            _add_table(database, table)
        _add_styles(database, laid_out, layer_colours(handover))
        database.commit()
        return {"plan.gpkg": database.serialize()}
    finally:
        database.close()


def _with_clocks(table: Table) -> Table:
    """Return a table with a text of the local clock after each time."""
    columns: dict[str, type] = {}
    rows: list[list[Cell]] = [[] for _ in table.rows]
    for i, (name, kind) in enumerate(table.columns.items()):
        columns[name] = kind
        is_time = kind is datetime
        if is_time:
            columns[f"{name}_local"] = str
        for row, full in zip(table.rows, rows, strict=True):
            cell = row[i]
            full.append(_utc(cell) if isinstance(cell, datetime) else cell)
            if is_time:
                clock = isinstance(cell, datetime) and f"{cell:%Y-%m-%d %H:%M:%S}"
                full.append(clock or None)
    return Table(
        name=table.name,
        columns=columns,
        rows=tuple(map(tuple, rows)),
        shapes=table.shapes,
    )


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}"


def _reference_systems() -> list[tuple[Any, ...]]:
    """Return the three that each GeoPackage has (requirement 11)."""
    wgs84 = pyproj.CRS.from_epsg(_WGS84).to_wkt("WKT1_GDAL")
    return [
        ("WGS 84", _WGS84, "EPSG", _WGS84, wgs84, "lon, lat"),
        ("Undefined Cartesian", -1, "NONE", -1, "undefined", None),
        ("Undefined geographic", 0, "NONE", 0, "undefined", None),
    ]


def _add_table(database: sqlite3.Connection, table: Table) -> None:
    """Add a layer, or a table without places, and tell the contents of it."""
    columns = [f'"{name}" {_TYPES[kind]}' for name, kind in table.columns.items()]
    kind = _KINDS[table.shapes[0].geom_type] if table.shapes else ""
    if kind:
        columns.insert(0, f'"geom" {kind}')
    listed = ", ".join(['"fid" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL', *columns])
    database.execute(f'CREATE TABLE "{table.name}" ({listed})')
    cells: list[list[Any]] = [[fid, *row] for fid, row in enumerate(table.rows, 1)]
    bounds: Sequence[float | None] = [None] * 4
    if kind:
        bounds = shapely.total_bounds(list(table.shapes)).tolist()
        for row, blob in zip(cells, _blobs(table), strict=True):
            row.insert(1, blob)
    _insert(database, table.name, cells)
    use, srs = ("features", _WGS84) if kind else ("attributes", 0)
    content = (table.name, use, table.title, "", _NO_TIME, *bounds, srs)
    _insert(database, "gpkg_contents", [content])
    if kind:
        placed = (table.name, "geom", kind, _WGS84, 1, 0)
        _insert(database, "gpkg_geometry_columns", [placed])


def _blobs(table: Table) -> list[bytes]:
    """
    Return geometries as GeoPackage has them: a head with the bounds, and WKB.

    Reference: OGC 12-128r17, 2.1.3. Points have no bounds.
    """
    shapes = np.array(table.shapes, dtype=object)
    flavoured = shapely.to_wkb(shapes, flavor="iso", byte_order=1, output_dimension=3)
    if table.shapes[0].geom_type == "Point":
        head = struct.pack("<2sBBi", b"GP", 0, 0b001, _WGS84)
        return [head + wkb for wkb in flavoured]
    left, low, right, high = shapely.bounds(shapes).T
    return [
        struct.pack("<2sBBi4d", b"GP", 0, 0b011, _WGS84, *bounds) + wkb
        for bounds, wkb in zip(
            np.column_stack([left, right, low, high]).tolist(), flavoured, strict=True
        )
    ]


def _add_styles(
    database: sqlite3.Connection, laid_out: list[Table], colours: dict[float, str]
) -> None:
    """Add a style for each table, told in the contents, or QGIS does not find them."""
    rows = [
        (
            number,
            *("", "", table.name, "geom" if table.shapes else "", table.name),
            *(style(table, colours), "", True, table.title, "", "", _NO_TIME),
        )
        for number, table in enumerate(laid_out, 1)
    ]
    _insert(database, "layer_styles", rows)
    content = ("layer_styles", "attributes", "layer_styles", "", _NO_TIME)
    _insert(database, "gpkg_contents", [(*content, *[None] * 4, 0)])


def _insert(
    database: sqlite3.Connection, table: str, rows: Sequence[Sequence[Any]]
) -> None:
    """Add rows; their values are never part of a statement."""
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        database.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows)
