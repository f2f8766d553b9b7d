"""Read KML and KMZ: placemarks with their data, nothing that leads elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import cast
from xml.etree import ElementTree

import shapely
from shapely.geometry.base import BaseGeometry

from planner.formats.columns import match_columns
from planner.formats.files import decoded, zip_members
from planner.formats.geojson import Position, line, point, polygon
from planner.formats.table import Fault, Feature, Layer
from planner.formats.xml_elements import all_named, tag_of, text_of

_DOCTYPE = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_DEEPEST = 100


def read_kmz(data: bytes, layer: str) -> Layer:
    """Return the placemarks of the KML in a KMZ archive, or raise a Fault."""
    members = zip_members(data)
    kml = sorted(name for name in members if name.lower().endswith(".kml"))
    if not kml:
        raise Fault("E-ZIP-NOGEO", wanted=".kml")
    if len(kml) > 1 and "doc.kml" not in kml:
        raise Fault("E-LAYER-AMBIGUOUS", layers=", ".join(kml))
    return read_kml(members["doc.kml" if "doc.kml" in kml else kml[0]], layer)


def read_kml(data: bytes, layer: str) -> Layer:
    """
    Return the placemarks of a KML file.

    Columns are ``name`` and ``id`` of the placemark and the names in its
    ``ExtendedData``; of the same name, the latter holds. Heights are dropped but for
    airspace that no column gives limits: a wall that is drawn from the ground up
    (``extrude``) gives its upper one, above ground, or above sea level if it is
    ``absolute``.

    Parameters
    ----------
    layer
        Our name.

    Raises
    ------
    Fault
        If it is no KML, or has a document type, which could hold entities.
    """
    root, remarks = kml_root(data)
    if all_named(root, "NetworkLink"):
        raise Fault("E-KML-NETWORKLINK")
    placemarks = all_named(root, "Placemark")
    features = tuple(_feature(mark, row) for row, mark in enumerate(placemarks, 1))
    columns = dict.fromkeys(name for feature in features for name in feature.values)
    if layer == "airspace":
        known, _ = match_columns(layer, columns, {})
        if not any(name.startswith(("lower", "upper")) for name in known):
            pairs = zip(features, placemarks, strict=True)
            features = tuple(_with_height(feature, mark) for feature, mark in pairs)
            columns |= dict.fromkeys(("upper_m_agl", "upper_m_amsl"))
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
    if tag_of(root) != "kml":
        raise Fault("E-FORMAT", wanted="KML", found=tag_of(root))
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


def _feature(placemark: ElementTree.Element, row: int) -> Feature:
    values: dict[str, str] = {}
    if placemark.get("id"):
        values["id"] = str(placemark.get("id"))
    if text_of(placemark, "name"):
        values["name"] = text_of(placemark, "name")
    for data in all_named(placemark, "Data"):
        values[data.get("name", "")] = text_of(data, "value")
    for data in all_named(placemark, "SimpleData"):
        values[data.get("name", "")] = (data.text or "").strip()
    remarks: list[Fault] = []
    geometry: BaseGeometry | Fault
    try:
        geometry = _geometry(placemark, remarks)
    except Fault as fault:
        geometry = fault
    return Feature(row=row, values=values, geometry=geometry, remarks=tuple(remarks))


def _with_height(feature: Feature, placemark: ElementTree.Element) -> Feature:
    """Return airspace with the upper limit that it is drawn with."""
    walls = {
        (_mode(area), text_of(area, "extrude") in ("1", "true"), _highest_m(area))
        for area in all_named(placemark, "Polygon")
    }
    drawn = {wall for wall in walls if wall[0] != "clampToGround" and wall[2] != 0}
    if not drawn:
        return feature
    (mode, is_wall, height_m), *others = drawn
    column = {"relativeToGround": "upper_m_agl", "absolute": "upper_m_amsl"}.get(mode)
    if others or drawn != walls or not is_wall or column is None or height_m < 0:
        return replace(feature, remarks=(*feature.remarks, Fault("W-KML-HEIGHTS")))
    return replace(feature, values={**feature.values, column: height_m})


def _mode(area: ElementTree.Element) -> str:
    return text_of(area, "altitudeMode") or "clampToGround"


def _highest_m(area: ElementTree.Element) -> float:
    """Return the greatest height among the corners of an area, 0 if there is none."""
    triples = [
        triple.split(",")
        for part in all_named(area, "coordinates")
        for triple in (part.text or "").split()
    ]
    try:
        return max(float(t[2]) if len(t) > 2 else 0.0 for t in triples)
    except ValueError:  # none, or no number, which is told of the shape
        return 0.0


def _geometry(element: ElementTree.Element, remarks: list[Fault]) -> BaseGeometry:
    """Return the geometry of a placemark; of several, a collection."""
    shapes: list[BaseGeometry] = []
    for child in element:
        kind = tag_of(child)
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
    for triple in text_of(element, "coordinates").split():
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
        for border in all_named(element, side)
        for ring in all_named(border, "LinearRing")
    ]
    return polygon(borders, remarks)


_SHAPES: dict[str, Callable[[ElementTree.Element, list[Fault]], BaseGeometry]] = {
    "Point": _point,
    "LineString": _line,
    "Polygon": _polygon,
}
