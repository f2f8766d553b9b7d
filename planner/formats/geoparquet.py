"""Read GeoParquet (1.0 and 1.1), its shapes as WKB."""

from __future__ import annotations

import json
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from planner.errors import MissingPartError
from planner.formats.files import MOST_BYTES
from planner.formats.table import Fault, Feature, Layer


def read_geoparquet(data: bytes) -> Layer:
    """
    Return the rows of a GeoParquet file, with the shapes of its primary column.

    Raises
    ------
    Fault
        If it is no sound GeoParquet.
    MissingPartError
        If pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingPartError(
            "GeoParquet needs pyarrow; install the extra: "
            'pip install "drone-patrol-planner[parquet]"'
        ) from error
    if not data.startswith(b"PAR1"):
        raise Fault("E-FORMAT", wanted="GeoParquet", found="?")
    try:
        file = parquet.ParquetFile(pyarrow.BufferReader(data))
        groups = range(file.metadata.num_row_groups)
        size = sum(file.metadata.row_group(k).total_byte_size for k in groups)
        about = (file.metadata.metadata or {}).get(b"geo")
    except Exception as error:  # damaged bytes make it raise almost anything
        raise Fault("E-FORMAT-CORRUPT", format="Parquet") from error
    if size > MOST_BYTES:
        raise Fault("E-SIZE", limit_mb=MOST_BYTES // 1_000_000)
    if about is None:
        raise Fault("E-FORMAT", wanted="GeoParquet", found="Parquet")
    try:
        geo = json.loads(about)
        primary = geo["primary_column"]
        column = geo["columns"][primary]
        encoding = column["encoding"]
        crs = _crs(column)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Fault("E-FORMAT-CORRUPT", format="GeoParquet") from error
    if encoding != "WKB":
        raise Fault("E-PARQUET-ENCODING", encoding=str(encoding))
    try:
        rows = file.read().to_pylist()
    except Exception as error:  # the same
        raise Fault("E-FORMAT-CORRUPT", format="Parquet") from error
    others = [str(name) for name in geo["columns"]]
    names = [name for name in file.schema_arrow.names if name not in others]
    features = tuple(
        Feature(
            row=number,
            values={name: _plain(row[name]) for name in names},
            geometry=_geometry(row.get(primary)),
        )
        for number, row in enumerate(rows, 1)
    )
    return Layer(columns=tuple(names), features=features, crs=crs)


def _crs(column: dict[str, Any]) -> str | None:
    """Return a code, or PROJJSON, of a column; none given means longitude, latitude."""
    crs = column.get("crs", "OGC:CRS84")
    if crs is None or isinstance(crs, str):
        return crs
    code = crs.get("id")
    return f"{code['authority']}:{code['code']}" if code else json.dumps(crs)


def _plain(value: Any) -> Any:
    """Return a value as text or number; NaN, a table's gap, as none."""
    if isinstance(value, float) and value != value:
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def _geometry(wkb: Any) -> BaseGeometry | Fault:
    if wkb is None:
        return Fault("E-GEOM-NULL")
    try:
        return shapely.from_wkb(wkb)
    except (shapely.errors.GEOSException, TypeError):
        return Fault("E-FORMAT-CORRUPT", format="WKB")
