"""Draw routes as others would: in code, and as files of ground stations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from shapely.geometry import Point

from planner.basics.geometry import FloatArray
from planner.given.fixed import FixedRoute

HEIGHT_M = 80.0

_GROUND, _TAKEOFF, _WAYPOINT = 3, 22, 16


def fixed(
    name: str,
    depot: str,
    places: Sequence[tuple[float, float]],
    holds_s: Sequence[float] = (),
    headway_s: float = 3600.0,
    **said: float,
) -> FixedRoute:
    """Return a fixed route over places in metres; stays are none where not said."""
    return FixedRoute(
        id=name,
        depot=depot,
        places=tuple(Point(place) for place in places),
        holds_s=tuple(holds_s) or (0.0,) * len(places),
        headway_s=headway_s,
        takeoff_s=said.get("takeoff_s"),
        layer_m=said.get("layer_m"),
    )


def qgc(lonlat: FloatArray, holds_s: Sequence[float]) -> bytes:
    """Return a ``.plan`` file of QGroundControl."""
    home = [*lonlat[0, ::-1].tolist(), 0.0]
    items = [
        {
            "type": "SimpleItem",
            "command": _WAYPOINT if i else _TAKEOFF,
            "frame": _GROUND,
            "autoContinue": True,
            "doJumpId": i + 1,
            "params": [hold_s, 0, 0, None, float(lat), float(lon), HEIGHT_M],
        }
        for i, ((lon, lat), hold_s) in enumerate(zip(lonlat, holds_s, strict=True))
    ]
    mission = {
        "cruiseSpeed": 12,
        "hoverSpeed": 12,
        "firmwareType": 12,
        "vehicleType": 2,
        "version": 2,
        "plannedHomePosition": home,
        "items": items,
    }
    document = {
        "fileType": "Plan",
        "groundStation": "QGroundControl",
        "version": 1,
        "mission": mission,
        "geoFence": {"version": 2, "polygons": [], "circles": []},
        "rallyPoints": {"version": 2, "points": []},
    }
    return json.dumps(document).encode()


def wpl(lonlat: FloatArray, holds_s: Sequence[float]) -> bytes:
    """Return a file of waypoints as ArduPilot's ground stations write it."""
    lon, lat = lonlat[0]
    lines = ["QGC WPL 110", f"0\t1\t0\t{_WAYPOINT}\t0\t0\t0\t0\t{lat}\t{lon}\t0\t1"]
    for i, ((lon, lat), hold_s) in enumerate(zip(lonlat, holds_s, strict=True)):
        command = _WAYPOINT if i else _TAKEOFF
        lines.append(
            f"{i + 1}\t0\t{_GROUND}\t{command}\t{hold_s}\t0\t0\t0"
            f"\t{lat:.9f}\t{lon:.9f}\t{HEIGHT_M}\t1"
        )
    return ("\n".join(lines) + "\n").encode()


def kml(name: str, lonlat: FloatArray) -> bytes:
    """Return a line in KML; it knows no stays."""
    places = " ".join(f"{lon:.9f},{lat:.9f},{HEIGHT_M}" for lon, lat in lonlat)
    return (
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
        f"<name>{name}</name><LineString>"
        "<altitudeMode>relativeToGround</altitudeMode>"
        f"<coordinates>{places}</coordinates>"
        "</LineString></Placemark></Document></kml>"
    ).encode()


def name_routes(folder: Path, headway_min: float | None = None) -> None:
    """Have a scenario folder name ``routes.geojson`` as fixed routes."""
    file = folder / "scenario.toml"
    text = file.read_text().replace("[layers]", '[layers]\nroutes = "routes.geojson"')
    if headway_min is not None:
        text += f"\n[defaults]\nheadway_min = {headway_min}\n"
    file.write_text(text)


def places_of(lonlat: FloatArray, home: FloatArray) -> FloatArray:
    """Return the places of a path in their order, each once, in degrees, but home."""
    far = np.abs(np.diff(lonlat, axis=0)).max(axis=1) > 1e-8
    places = lonlat[np.append(True, far)]
    away = np.abs(places - home).max(axis=1) > 1e-5
    first, last = np.flatnonzero(away)[[0, -1]]
    return places[first : last + 1]
