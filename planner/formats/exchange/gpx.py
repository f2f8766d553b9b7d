"""Write routes as tracks of GPX 1.1, with stations and stops as waypoints."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from planner.formats.exchange.kml import utc
from planner.formats.exchange.markup import add, xml_document
from planner.formats.exchange.tables import (
    both,
    notes,
    stations_table,
    stops_table,
    zones_of,
)
from planner.formats.handover import Handover, timed_path

_GPX = "http://www.topografix.com/GPX/1/1"
_OWN = "urn:drone-patrol-planner:gpx:1"
"""
Of the height above ground; ``ele`` would be read as one above the sea, and is written
over terrain, where that is known.
"""


def export(handover: Handover) -> dict[str, bytes]:
    """
    Return ``routes.gpx``: a track a route, timed as the first sortie that flies it.

    A route that nobody flies has no times.

    Raises
    ------
    InputError
        If a plan over terrain does not know its heights above the sea.
    """
    names = {"xmlns": _GPX, "xmlns:patrol": _OWN}
    root = Element(
        "gpx", {"version": "1.1", "creator": "drone-patrol-planner", **names}
    )
    metadata = add(root, "metadata")
    add(metadata, "name", both("exchange.plan"))
    add(metadata, "desc", " ".join(notes(handover)))
    _add_waypoints(root, handover)
    _add_tracks(root, handover)
    return {"routes.gpx": xml_document(root)}


def _add_waypoints(root: Element, handover: Handover) -> None:
    stations = stations_table(handover)
    for row, shape in zip(stations.rows, stations.shapes, strict=True):
        waypoint = _point(root, "wpt", handover, shape.x, shape.y, shape.z)
        add(waypoint, "name", str(row[0]))
        add(waypoint, "desc", str(row[1]))
        add(waypoint, "type", "station")
    stops = stops_table(handover)
    for row, shape in zip(stops.rows, stops.shapes, strict=True):
        cells = dict(zip(stops.columns, row, strict=True))
        waypoint = _point(root, "wpt", handover, shape.x, shape.y, shape.z)
        add(waypoint, "name", str(cells["target"]))
        add(waypoint, "desc", f"{cells['route']} #{cells['number']}: {cells['zones']}")
        add(waypoint, "type", str(cells["kind"]))
        _add_height(waypoint, handover, shape.z)


def _add_tracks(root: Element, handover: Handover) -> None:
    first = {sortie.route: sortie for sortie in reversed(handover.sorties)}
    for route in handover.routes:
        track = add(root, "trk")
        add(track, "name", route.id)
        stations = " → ".join(dict.fromkeys((route.depot, route.lands_at)))
        add(track, "desc", f"{stations}: {zones_of(route)}")
        add(track, "type", "route")
        segment = add(track, "trkseg")
        sortie = first.get(route.id)
        moments = [utc(m) for *_, m in timed_path(handover, sortie)] if sortie else []
        for i, (lon, lat, height_m) in enumerate(route.path):
            point = _point(segment, "trkpt", handover, lon, lat, height_m)
            if moments:
                add(point, "time", moments[i])
            _add_height(point, handover, height_m)


def _point(
    parent: Element,
    tag: str,
    handover: Handover,
    lon: float,
    lat: float,
    height_m: float,
) -> Element:
    point = add(parent, tag, lat=f"{lat:.8f}", lon=f"{lon:.8f}")
    if handover.level is not None:
        add(point, "ele", f"{height_m + handover.lift_m('sea'):.3f}")
    return point


def _add_height(point: Element, handover: Handover, height_m: float) -> None:
    if handover.level is None:
        add(add(point, "extensions"), "patrol:height_agl_m", f"{height_m:g}")
