"""Write routes, stations and stops as plain GeoJSON (RFC 7946), a file each."""

from __future__ import annotations

import json
from datetime import datetime

import shapely

from planner.formats.exchange.tables import (
    Cell,
    Table,
    routes_table,
    stations_table,
    stops_table,
)
from planner.formats.handover import Handover


def export(handover: Handover) -> dict[str, bytes]:
    """Return a FeatureCollection of each kind; heights are the plan's."""
    drawn = (
        routes_table(handover),
        stations_table(handover),
        stops_table(handover),
    )
    return {f"{table.name}.geojson": _collection(table) for table in drawn}


def _collection(table: Table) -> bytes:
    """Return one feature a line, so that two exports can be compared by line."""
    features = ",\n".join(
        json.dumps(
            {
                "type": "Feature",
                "geometry": json.loads(geometry),
                "properties": dict(zip(table.columns, map(_plain, row), strict=True)),
            },
            ensure_ascii=False,
            allow_nan=False,
            separators=(",", ":"),
        )
        for row, geometry in zip(
            table.rows, shapely.to_geojson(list(table.shapes)), strict=True
        )
    )
    return f'{{"type":"FeatureCollection","features":[\n{features}\n]}}\n'.encode()


def _plain(cell: Cell) -> Cell:
    return cell.isoformat() if isinstance(cell, datetime) else cell
