"""Read KML and KMZ: placemarks with their data, nothing that leads elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import cast
from xml.etree import ElementTree

import shapely
from shapely.geometry.base import BaseGeometry

from planner.formats.files import decoded, zip_members
from planner.formats.geojson import Position, line, point, polygon
from planner.formats.table import Fault, Feature, Layer

_DOCTYPE = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_DEEPEST = 100


def read_kmz(data: bytes) -> Layer:
    """Return the placemarks of the KML in a KMZ archive, or raise a Fault."""
    members = zip_members(data)
    kml = sorted(name for name in members if name.lower().endswith(".kml"))
    if not kml:
        raise Fault("E-ZIP-NOGEO", wanted=".kml")
    if len(kml) > 1 and "doc.kml" not in kml:
        raise Fault("E-LAYER-AMBIGUOUS", layers=", ".join(kml))
    return read_kml(members["doc.kml" if "doc.kml" in kml else kml[0]])


def read_kml(data: bytes) -> Layer:
    """
    Return the placemarks of a KML file.

    Columns are ``name`` and ``id`` of the placemark and the names in its
    ``ExtendedData``; of the same name, the latter holds.

    Raises
    ------
    Fault
        If it is no KML, or has a document type, which could hold entities.
    """
    root, remarks = kml_root(data)
    if next(_all(root, "NetworkLink"), None) is not None:
        raise Fault("E-KML-NETWORKLINK")
    features = tuple(
        _feature(placemark, row)
        for row, placemark in enumerate(_all(root, "Placemark"), 1)
    )
    columns = dict.fromkeys(name for feature in features for name in feature.values)
    return Layer(
        columns=tuple(columns), features=features, crs="OGC:CRS84", remarks=remarks
    )


def kml_root(data: bytes) -> tuple[ElementTree.Element, tuple[Fault, ...]]:
    """
    Return the root element of a KML file, and remarks about its encoding.

    Raises
    ------
    Fault
        If it is no KML, or has a document type, which could hold entities.
    """
    text, remarks = decoded(data)
    if _DOCTYPE.search(text):  # before any parser sees it
        raise Fault("E-XML-DTD")
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)  # it is decoded already
    root = _parsed(text)
    if _tag(root) != "kml":
        raise Fault("E-FORMAT", wanted="KML", found=_tag(root))
    return root, remarks


def _parsed(text: str) -> ElementTree.Element:
    """Return the root element; one nested too deep is a fault, not a crash."""
    depth = 0
    root: ElementTree.Element | None = None
    parser: ElementTree.XMLPullParser[ElementTree.Element]
    parser = ElementTree.XMLPullParser(events=("start", "end"))
    try:
        for start in range(0, len(text), 65_536):
            parser.feed(text[start : start + 65_536])
            for item in parser.read_events():
                event, element = cast("tuple[str, ElementTree.Element]", item)
                root = element if root is None else root
                depth += 1 if event == "start" else -1
                if depth > _DEEPEST:
                    raise Fault("E-PARSE-DEPTH")
        parser.close()
    except ElementTree.ParseError as error:
        row, column = error.position
        raise Fault("E-PARSE", line=row, column=column, detail=str(error)) from error
    if root is None:
        raise Fault("E-INPUT-EMPTY")
    return root


def _tag(element: ElementTree.Element) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _all(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (child for child in element.iter() if _tag(child) == name)


def _text(element: ElementTree.Element, name: str) -> str:
    """Return the text of the first child of a name, or nothing."""
    return next(((c.text or "").strip() for c in element if _tag(c) == name), "")


def _feature(placemark: ElementTree.Element, row: int) -> Feature:
    values: dict[str, str] = {}
    if placemark.get("id"):
        values["id"] = str(placemark.get("id"))
    if _text(placemark, "name"):
        values["name"] = _text(placemark, "name")
    for data in _all(placemark, "Data"):
        values[data.get("name", "")] = _text(data, "value")
    for data in _all(placemark, "SimpleData"):
        values[data.get("name", "")] = (data.text or "").strip()
    remarks: list[Fault] = []
    geometry: BaseGeometry | Fault
    try:
        geometry = _geometry(placemark, remarks)
    except Fault as fault:
        geometry = fault
    return Feature(row=row, values=values, geometry=geometry, remarks=tuple(remarks))


def _geometry(element: ElementTree.Element, remarks: list[Fault]) -> BaseGeometry:
    """Return the geometry of a placemark; of several, a collection."""
    shapes: list[BaseGeometry] = []
    for child in element:
        kind = _tag(child)
        if kind in _SHAPES:
            shapes.append(_SHAPES[kind](child, remarks))
        elif kind == "MultiGeometry":
            shapes.extend(shapely.get_parts(_geometry(child, remarks)))
    if not shapes:
        raise Fault("E-GEOM-NULL")
    kinds = {shape.geom_type for shape in shapes}
    if len(shapes) == 1:
        return shapes[0]
    if kinds == {"Polygon"}:
        return shapely.MultiPolygon(shapes)
    if kinds == {"LineString"}:
        return shapely.MultiLineString(shapes)
    return shapely.GeometryCollection(shapes)


def _coordinates(element: ElementTree.Element) -> list[Position]:
    """Return the positions of an element's ``coordinates``; heights are dropped."""
    positions: list[Position] = []
    for triple in _text(element, "coordinates").split():
        try:
            lon, lat = (float(number) for number in triple.split(",")[:2])
        except ValueError as error:
            raise Fault("E-KML-COORD", found=triple) from error
        positions.append((lon, lat))
    if not positions:
        raise Fault("E-GEOM-EMPTY")
    return positions


def _point(element: ElementTree.Element, remarks: list[Fault]) -> BaseGeometry:
    return point(_coordinates(element)[0], remarks)


def _line(element: ElementTree.Element, remarks: list[Fault]) -> BaseGeometry:
    return line(_coordinates(element), remarks)


def _polygon(element: ElementTree.Element, remarks: list[Fault]) -> BaseGeometry:
    borders = [
        _coordinates(ring)
        for side in ("outerBoundaryIs", "innerBoundaryIs")
        for border in _all(element, side)
        for ring in _all(border, "LinearRing")
    ]
    return polygon(borders, remarks)


_SHAPES: dict[str, Callable[[ElementTree.Element, list[Fault]], BaseGeometry]] = {
    "Point": _point,
    "LineString": _line,
    "Polygon": _polygon,
}
