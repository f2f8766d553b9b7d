"""Make a layer of the rows of a table: where each row lies, and what it says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from planner.formats.columns import fold, is_absent, number
from planner.formats.settings import guess
from planner.formats.table import Fault, Feature, Layer

LON = ["lon", "lng", "long", "longitude", "x", "经度", "东经"]
LAT = ["lat", "latitude", "y", "纬度", "北纬"]
WKT = ["wkt", "geometry", "geom", "the_geom", "几何", "边界"]

DATUMS = {
    "WGS84": re.compile(r"wgs-?_?84|wgs"),
    "GCJ-02": re.compile(r"gcj-?_?02|gcj|amap|高德|腾讯|火星"),
    "BD-09": re.compile(r"bd-?_?09|baidu|百度"),
}
"""What names a datum in the name of a column or a file."""

_DMS = re.compile(r"\d+\s*[°度]")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its number as people see it, its cells, remarks on them."""

    number: int
    cells: Sequence[Any]
    remarks: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Which columns say where a row lies, and in which datum."""

    lon: str | None = None
    lat: str | None = None
    wkt: str | None = None
    datum: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether there are enough columns to tell."""
        return self.wkt is not None or None not in (self.lon, self.lat)


def place_of(header: Sequence[str]) -> Place:
    """Return the columns that hold coordinates; ``gcj_lon`` tells its datum too."""
    wkt = _column(header, WKT)
    if wkt is not None:
        return Place(wkt=wkt)
    lon, lat = _column(header, LON), _column(header, LAT)
    if lon is not None and lat is not None:
        return Place(lon, lat)
    for datum, mark in DATUMS.items():
        marked = {c: mark.sub("", fold(c)).strip(" _-()") for c in header}
        marked = {c: rest for c, rest in marked.items() if rest != fold(c)}
        pair = [
            next((c for c, rest in marked.items() if rest in names), None)
            for names in (LON, LAT)
        ]
        if None not in pair:
            return Place(pair[0], pair[1], datum=datum)
    return Place(lon, lat)


def layer_of_rows(
    header: Sequence[str],
    rows: Iterable[Row],
    remarks: tuple[Fault, ...] = (),
    *,
    separator: str = "",
) -> Layer:
    """
    Return the layer of a table.

    Parameters
    ----------
    header
        Names of the columns; nameless ones are left out.
    separator
        What parts the columns of a text; empty for a spreadsheet.

    Raises
    ------
    Fault
        If a column comes twice, a row does not fit the header, or nothing says
        where the rows lie.
    """
    twice = [name for name in header if name and list(header).count(name) > 1]
    if twice:
        raise Fault("E-CSV-DUPCOL", column=twice[0])
    place = place_of(header)
    if not place.is_known:
        missing = "lon" if place.lon is None else "lat"
        named = [name for name in header if name]
        values = {"column": missing, "guess": guess(missing, named) if named else "-"}
        if separator:
            raise Fault("E-CSV-COLUMN", delimiter=separator, **values)
        raise Fault("E-XLSX-COLUMN", **values)
    if place.datum is not None:
        remarks = (*remarks, Fault("W-DATUM-COLUMN", datum=place.datum))
    features = []
    for row in rows:
        if all(is_absent(cell) for cell in row.cells):
            continue
        if len(row.cells) != len(header):
            raise Fault(
                "E-CSV-RAGGED",
                row=row.number,
                found=len(row.cells),
                wanted=len(header),
            )
        values = dict(zip(header, row.cells, strict=True))
        geometry: BaseGeometry | Fault
        try:
            geometry = _geometry(values, place)
        except Fault as fault:
            geometry = fault
        features.append(
            Feature(
                row=row.number, values=values, geometry=geometry, remarks=row.remarks
            )
        )
    return Layer(
        columns=tuple(name for name in header if name),
        features=tuple(features),
        crs=None,
        usual_crs="OGC:CRS84",
        datum=place.datum,
        remarks=remarks,
    )


def _column(header: Sequence[str], names: list[str]) -> str | None:
    """Return the first of their columns that is known by one of the names."""
    return next((column for column in header if fold(column) in names), None)


def _geometry(values: dict[str, Any], place: Place) -> BaseGeometry:
    if place.wkt is not None:
        return _of_wkt(values[place.wkt])
    return shapely.Point(
        _degrees("lon", values[str(place.lon)]), _degrees("lat", values[str(place.lat)])
    )


def _of_wkt(text: Any) -> BaseGeometry:
    if is_absent(text):
        raise Fault("E-GEOM-NULL")
    try:
        return shapely.from_wkt(str(text))
    except shapely.errors.GEOSException as error:
        raise Fault("E-GEOM-WKT", found=str(text)[:40]) from error


def _degrees(field: str, value: Any) -> float:
    """Return a coordinate; degrees and minutes, or a comma, get their own fault."""
    if is_absent(value):
        raise Fault("E-GEOM-NULL")
    text = str(value)
    if _DMS.search(text):
        raise Fault("E-CSV-DMS", found=text)
    if re.fullmatch(r"\s*-?\d+,\d+\s*", text):
        raise Fault("E-CSV-DECIMAL", found=text)
    return number(field, value, -1e9, 1e9)
