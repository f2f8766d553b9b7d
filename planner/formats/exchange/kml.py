"""Write stations, routes and every sortie of the day as KML 2.2, to be played."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from planner.formats.exchange.colours import layer_colours, rgb
from planner.formats.exchange.markup import add, balloon, xml_document
from planner.formats.exchange.tables import (
    Cell,
    Table,
    both,
    notes,
    routes_table,
    sorties_table,
    stations_table,
)
from planner.formats.handover import Handover, timed_path
from planner.plan import Route, Sortie

_KML = "http://www.opengis.net/kml/2.2"
_GX = "http://www.google.com/kml/ext/2.2"
_ABOVE_GROUND, _ABOVE_SEA = "relativeToGround", "absolute"


def export(handover: Handover) -> dict[str, bytes]:
    """
    Return ``plan.kml``.

    Routes are lines, sorties are tracks with the time of each vertex, heights
    are above ground, over terrain above the sea. What a balloon shows is text.

    Raises
    ------
    InputError
        If a plan over terrain does not know its heights above the sea.
    """
    return {"plan.kml": kml_document(handover)}


def kml_document(handover: Handover) -> bytes:
    """Return the one document that KML and KMZ hold."""
    root = Element("kml", {"xmlns": _KML, "xmlns:gx": _GX})
    document = add(root, "Document")
    add(document, "name", both("exchange.plan"))
    add(document, "description", " ".join(notes(handover)))
    styles = _add_styles(document, handover)
    _add_stations(document, stations_table(handover))
    _add_routes(document, handover, styles)
    _add_sorties(document, handover, styles)
    return xml_document(root)


def _add_styles(document: Element, handover: Handover) -> dict[float, str]:
    """Add a style for each height layer and return its address."""
    addresses = {}
    for i, (layer_m, colour) in enumerate(layer_colours(handover).items()):
        style = add(document, "Style", id=f"layer-{i}")
        red, green, blue = rgb(colour)
        abgr = f"ff{blue:02x}{green:02x}{red:02x}"
        add(add(style, "IconStyle"), "color", abgr)
        line = add(style, "LineStyle")
        add(line, "color", abgr)
        add(line, "width", "2")
        _add_balloon_style(style)
        addresses[layer_m] = f"#layer-{i}"
    _add_balloon_style(add(document, "Style", id="station"))
    return addresses


def _add_balloon_style(style: Element) -> None:
    """Show descriptions alone: a name in a balloon would be rendered as HTML."""
    add(add(style, "BalloonStyle"), "text", "$[description]")


def _add_stations(document: Element, table: Table) -> None:
    folder = _folder(document, table.title)
    for row, shape in zip(table.rows, table.shapes, strict=True):
        name = " ".join(str(cell) for cell in row[:2])
        placemark = _placemark(folder, name, table, row, "#station")
        point = add(placemark, "Point")
        add(point, "coordinates", _coordinates([(shape.x, shape.y, 0.0)]))


def _add_routes(
    document: Element, handover: Handover, styles: dict[float, str]
) -> None:
    table, lift_m = routes_table(handover), handover.lift_m("sea")
    folder = _folder(document, table.title)
    for route, row in zip(handover.routes, table.rows, strict=True):
        placemark = _placemark(folder, route.id, table, row, styles[route.layer_m])
        line = add(placemark, "LineString")
        add(line, "altitudeMode", _mode(handover))
        path = [(lon, lat, height_m + lift_m) for lon, lat, height_m in route.path]
        add(line, "coordinates", _coordinates(path))


def _add_sorties(
    document: Element, handover: Handover, styles: dict[float, str]
) -> None:
    """Add a folder for each station with the tracks of its sorties."""
    table = sorties_table(handover)
    folder, lift_m = _folder(document, table.title), handover.lift_m("sea")
    routes = {route.id: route for route in handover.routes}
    flown: dict[str, list[tuple[Sortie, tuple[Cell, ...]]]] = defaultdict(list)
    for sortie, row in zip(handover.sorties, table.rows, strict=True):
        flown[routes[sortie.route].depot].append((sortie, row))
    for station, sorties in sorted(flown.items()):
        of_station = _folder(folder, station)
        for sortie, row in sorties:
            route: Route = routes[sortie.route]
            placemark = _placemark(
                of_station, sortie.drone, table, row, styles[route.layer_m]
            )
            track = add(placemark, "gx:Track")
            add(track, "altitudeMode", _mode(handover))
            path = timed_path(handover, sortie)
            for *_, moment in path:
                add(track, "when", utc(moment))
            for lon, lat, height_m, _ in path:
                place = (lon, lat, height_m + lift_m)
                add(track, "gx:coord", " ".join(map(_decimal, place)))


def _mode(handover: Handover) -> str:
    """Return what heights are above, as KML says it."""
    return _ABOVE_GROUND if handover.level is None else _ABOVE_SEA


def _folder(parent: Element, name: str) -> Element:
    folder = add(parent, "Folder")
    add(folder, "name", name)
    return folder


def _placemark(
    folder: Element, name: str, table: Table, row: tuple[Cell, ...], style: str
) -> Element:
    """Add a placemark that tells its row to people and to programs."""
    placemark = add(folder, "Placemark")
    add(placemark, "name", name)
    cells = [_shown(cell) for cell in row]
    add(placemark, "description", balloon(zip(table.heads, cells, strict=True)))
    add(placemark, "styleUrl", style)
    data = add(placemark, "ExtendedData")
    for column, cell in zip(table.columns, cells, strict=True):
        add(add(data, "Data", name=column), "value", cell)
    return placemark


def _shown(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    return f"{cell:g}" if isinstance(cell, float) else "" if cell is None else str(cell)


def _coordinates(places: Iterable[tuple[float, ...]]) -> str:
    """Return lon,lat,height of each place."""
    return " ".join(",".join(map(_decimal, place)) for place in places)


def _decimal(value: float) -> str:
    return f"{value:.8f}".rstrip("0").rstrip(".")


def utc(moment: datetime) -> str:
    """
    Return a time as XML and JSON have it, to the millisecond.

    Examples
    --------
    >>> utc(datetime.fromisoformat("2026-01-01T06:00:00.5+08:00"))
    '2025-12-31T22:00:00.500Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
