"""
Write sorties as operational intents of ASTM F3548-21, for a dry run.

Nothing is sent. An intent is a set of 4D volumes; each holds a piece of the sortie with
room to every side and some seconds before and after. The standard wants heights above
the WGS 84 ellipsoid, which a plan does not know: they are heights above ground plus
``ground_w84_m`` of the file, 0 until it is replaced.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import shapely

from planner.basics.geometry import FloatArray, LocalProjection
from planner.formats.handover import Handover
from planner.plan import Route, Sortie

ROOM_M, ROOM_UP_M = 15.0, 7.0
"""Less than half of what plans keep between drones, so that volumes do not meet."""

ROOM_S = 5.0
"""How far apart the clocks of two services may be, by the standard."""

PIECE_S = 120.0
"""Longest flight at one height in a volume; shorter ones are more and tighter."""

_SMOOTH_M = 2.0
_DECIMALS = 7
GROUND_W84_M = 0.0


def export(handover: Handover) -> dict[str, bytes]:
    """Return a file for each route with an intent for each of its sorties."""
    stems = handover.stems()
    files = {}
    for route in handover.routes:
        pieces = list(_pieces(handover, route))
        document = {
            "dry_run": True,
            "ground_w84_m": GROUND_W84_M,
            "intents": [
                _intent(handover, sortie, pieces)
                for sortie in handover.sorties
                if sortie.route == route.id
            ],
        }
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        files[f"{stems[route.id]}.intents.json"] = f"{text}\n".encode()
    return files


def _pieces(
    handover: Handover, route: Route
) -> Iterable[tuple[float, float, dict[str, Any]]]:
    """Yield when each piece of a sortie begins and ends, and its volume in space."""
    station = handover.station(route)
    projection = LocalProjection(float(station["lon"]), float(station["lat"]))
    path, times = np.array(route.path, dtype=float), np.array(route.t_s, dtype=float)
    xy = projection.to_xy(path[:, :2])
    for low_s, high_s in _spans(path[:, 2], times):
        inner = (times > low_s) & (times < high_s)
        moments = np.concatenate([[low_s], times[inner], [high_s]])
        places = np.column_stack([np.interp(moments, times, xy[:, i]) for i in (0, 1)])
        heights = np.interp(moments, times, path[:, 2])
        yield low_s, high_s, _volume(projection, places, heights)


def _spans(heights_m: FloatArray, times: FloatArray) -> Iterable[tuple[float, float]]:
    """Yield spans of a sortie: each climb or descent, and level flight in pieces."""
    climbs = np.diff(heights_m) != 0
    borders = [0, *(np.flatnonzero(np.diff(climbs)) + 1), len(climbs)]
    for first, last in pairwise(borders):
        start_s, end_s = float(times[first]), float(times[last])
        count = (
            1 if climbs[first] else max(int(np.ceil((end_s - start_s) / PIECE_S)), 1)
        )
        edges = np.linspace(start_s, end_s, count + 1).tolist()
        yield from pairwise(edges)


def _volume(
    projection: LocalProjection, places: FloatArray, heights_m: FloatArray
) -> dict[str, Any]:
    moved = len(np.unique(places, axis=0)) > 1
    shape = shapely.LineString(places) if moved else shapely.Point(places[0])
    ground = shape.buffer(ROOM_M + 2 * _SMOOTH_M, quad_segs=4).simplify(_SMOOTH_M)
    corners = projection.to_lonlat(np.array(ground.exterior.coords)[:-1])
    low_m = GROUND_W84_M + float(heights_m.min()) - ROOM_UP_M
    high_m = GROUND_W84_M + float(heights_m.max()) + ROOM_UP_M
    return {
        "outline_polygon": {
            "vertices": [
                {"lat": round(lat, _DECIMALS), "lng": round(lon, _DECIMALS)}
                for lon, lat in corners.tolist()
            ]
        },
        "altitude_lower": _altitude(low_m),
        "altitude_upper": _altitude(high_m),
    }


def _altitude(metres: float) -> dict[str, Any]:
    return {"value": round(metres, 2), "reference": "W84", "units": "M"}


def _intent(
    handover: Handover,
    sortie: Sortie,
    pieces: Iterable[tuple[float, float, dict[str, Any]]],
) -> dict[str, Any]:
    name = f"{sortie.drone} {sortie.route} {handover.moment(sortie.takeoff_s)}"
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
        "drone": sortie.drone,
        "route": sortie.route,
        "state": "Accepted",
        "details": {
            "volumes": [
                {
                    "volume": volume,
                    "time_start": _time(handover, sortie.takeoff_s + low_s - ROOM_S),
                    "time_end": _time(handover, sortie.takeoff_s + high_s + ROOM_S),
                }
                for low_s, high_s, volume in pieces
            ],
            "off_nominal_volumes": [],
            "priority": 0,
        },
    }


def _time(handover: Handover, after_s: float) -> dict[str, str]:
    moment: datetime = handover.moment(after_s).astimezone(UTC)
    return {"value": f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z", "format": "RFC3339"}
