"""Read CSV with a longitude and a latitude column, or one of WKT."""

from __future__ import annotations

import csv
import io
import re

import shapely
from shapely.geometry.base import BaseGeometry

from planner.formats.columns import fold, is_absent, number
from planner.formats.files import decoded
from planner.formats.settings import guess
from planner.formats.table import Fault, Feature, Layer

LON = ["lon", "lng", "long", "longitude", "x", "经度", "东经"]
LAT = ["lat", "latitude", "y", "纬度", "北纬"]
WKT = ["wkt", "geometry", "geom", "the_geom", "几何", "边界"]

LONGEST_FIELD = 20_000_000
"""A border of a hundred thousand vertices is 2 MB of WKT."""

_DMS = re.compile(r"\d+\s*[°度]")


def read_csv(data: bytes) -> Layer:
    """
    Return the rows of a CSV file, every value as text.

    A first line ``sep=;`` as Excel writes it is understood; otherwise the header
    tells what separates the columns.

    Raises
    ------
    Fault
        If its rows do not fit its header, or nothing says where they are.
    """
    text, remarks = decoded(data)
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        delimiter, text = first.strip()[4], rest
    else:
        delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(LONGEST_FIELD)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise Fault("E-PARSE", line=1, column=1, detail=str(error)) from error
    if not rows:
        raise Fault("E-INPUT-EMPTY")
    header = [name.strip() for name in rows[0]]
    twice = [name for name in header if name and header.count(name) > 1]
    if twice:
        raise Fault("E-CSV-DUPCOL", column=twice[0])
    lon, lat, wkt = (_column(header, names) for names in (LON, LAT, WKT))
    if wkt is None and (lon is None or lat is None):
        missing = "lon" if lon is None else "lat"
        near = guess(missing, header) if header else "-"
        raise Fault("E-CSV-COLUMN", column=missing, guess=near, delimiter=delimiter)
    features = []
    for index, row in enumerate(rows[1:], 1):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            raise Fault("E-CSV-RAGGED", row=index, found=len(row), wanted=len(header))
        values = dict(zip(header, row, strict=True))
        geometry: BaseGeometry | Fault
        try:
            if wkt is not None:
                geometry = _of_wkt(values[wkt])
            else:
                x = _degrees("lon", values[str(lon)])
                geometry = shapely.Point(x, _degrees("lat", values[str(lat)]))
        except Fault as fault:
            geometry = fault
        features.append(Feature(row=index, values=values, geometry=geometry))
    columns = tuple(name for name in header if name)
    return Layer(
        columns=columns,
        features=tuple(features),
        crs=None,
        usual_crs="OGC:CRS84",
        remarks=remarks,
    )


def _column(header: list[str], names: list[str]) -> str | None:
    """Return the first of their columns that is known by one of the names."""
    return next((column for column in header if fold(column) in names), None)


def _of_wkt(text: str) -> BaseGeometry:
    if is_absent(text):
        raise Fault("E-GEOM-NULL")
    try:
        return shapely.from_wkt(text)
    except shapely.errors.GEOSException as error:
        raise Fault("E-GEOM-WKT", found=text[:40]) from error


def _degrees(field: str, text: str) -> float:
    """Return a coordinate; degrees and minutes, or a comma, get their own fault."""
    if is_absent(text):
        raise Fault("E-GEOM-NULL")
    if _DMS.search(text):
        raise Fault("E-CSV-DMS", found=text)
    if re.fullmatch(r"\s*-?\d+,\d+\s*", text):
        raise Fault("E-CSV-DECIMAL", found=text)
    return number(field, text, -1e9, 1e9)
