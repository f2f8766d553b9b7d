"""Write the drones of a day for Cesium: where each is at every moment."""

from __future__ import annotations

import html
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from planner.formats.exchange.colours import rgb, station_colours
from planner.formats.exchange.kml import utc
from planner.formats.exchange.markup import balloon
from planner.formats.exchange.tables import both, notes, stations_table
from planner.formats.handover import Handover
from planner.plan import Route, Sortie

_FASTER = 60
"""Seconds of the day that are played in one."""

_TRAIL_S = 300
_TIME_DECIMALS = 3


def export(handover: Handover) -> dict[str, bytes]:
    """
    Return ``plan.czml``: a packet a station and a packet a drone.

    A drone waits on the ground between its sorties. Points and labels stand at
    their height above the terrain that is shown; a trail stands above the
    ellipsoid, which is the same without terrain. Of a plan over terrain, all
    heights are above the ellipsoid.

    Raises
    ------
    InputError
        If a plan over terrain does not know its heights above the ellipsoid.
    """
    flown: dict[str, list[Sortie]] = defaultdict(list)
    for sortie in handover.sorties:
        flown[sortie.drone].append(sortie)
    end_s = max(
        [float(handover.plan.horizon["seconds"])]
        + [sortie.landing_s for sortie in handover.sorties]
    )
    span = f"{utc(handover.moment(0))}/{utc(handover.moment(end_s))}"
    routes = {route.id: route for route in handover.routes}
    colours = station_colours(handover)
    packets = [
        _document(handover, span),
        *_stations(handover, colours),
        *(
            _drone(handover, name, sorties, routes, (span, end_s), colours)
            for name, sorties in sorted(flown.items())
        ),
    ]
    lines = ",\n".join(
        json.dumps(p, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        for p in packets
    )
    return {"plan.czml": f"[\n{lines}\n]\n".encode()}


def _document(handover: Handover, span: str) -> dict[str, Any]:
    # What a globe shows of a description, it shows as HTML.
    text = html.escape(" ".join(notes(handover)))
    return {
        "id": "document",
        **({} if handover.level is None else {"description": text}),
        "name": both("exchange.plan"),
        "version": "1.0",
        "clock": {
            "interval": span,
            "currentTime": utc(handover.moment(0)),
            "multiplier": _FASTER,
            "range": "LOOP_STOP",
            "step": "SYSTEM_CLOCK_MULTIPLIER",
        },
    }


def _stations(handover: Handover, colours: Mapping[str, str]) -> list[dict[str, Any]]:
    table, lift_m = stations_table(handover), handover.lift_m("ellipsoid")
    return [
        {
            "id": f"station/{row[0]}",
            "name": f"{row[0]} {row[1]}",
            "description": balloon(
                (head, "" if cell is None else str(cell))
                for head, cell in zip(table.heads, row, strict=True)
            ),
            "position": {"cartographicDegrees": [shape.x, shape.y, shape.z + lift_m]},
            "point": _point(handover, colours[str(row[0])], size=12),
            "label": _label(handover, str(row[0])),
        }
        for row, shape in zip(table.rows, table.shapes, strict=True)
    ]


def _drone(
    handover: Handover,
    name: str,
    sorties: list[Sortie],
    routes: Mapping[str, Route],
    span: tuple[str, float],
    colours: Mapping[str, str],
) -> dict[str, Any]:
    """Return the packet of a drone: its whole day, and what it looks like."""
    station = routes[sorties[0].route].depot
    colour = colours[station]
    facts = [(both("exchange.column.station"), station)] + [
        (f"{handover.moment(round(s.takeoff_s)):%H:%M:%S}", s.route) for s in sorties
    ]
    return {
        "id": f"drone/{name}",
        "name": name,
        "description": balloon(facts),
        "availability": span[0],
        "position": {
            "epoch": utc(handover.moment(0)),
            "interpolationAlgorithm": "LINEAR",
            "interpolationDegree": 1,
            "cartographicDegrees": samples(
                sorties, routes, span[1], handover.lift_m("ellipsoid")
            ),
        },
        "point": _point(handover, colour, size=8),
        "label": _label(handover, name),
        "path": {
            "leadTime": 0,
            "trailTime": _TRAIL_S,
            "width": 2,
            "material": {"solidColor": {"color": {"rgba": [*rgb(colour), 255]}}},
        },
    }


def samples(
    sorties: list[Sortie],
    routes: Mapping[str, Route],
    end_s: float,
    lift_m: float = 0.0,
) -> list[float]:
    """
    Return time, lon, lat and height of a drone, one after the other.

    Parameters
    ----------
    sorties
        All of one drone, in the order of take-off.
    end_s
        Until when it waits after the last of them.
    lift_m
        Added to heights of the plan.
    """
    along: list[tuple[float, ...]] = []
    for sortie in sorties:
        route = routes[sortie.route]
        along += [
            (round(sortie.takeoff_s + t, _TIME_DECIMALS), lon, lat, height_m + lift_m)
            for t, (lon, lat, height_m) in zip(route.t_s, route.path, strict=True)
        ]
    along = [(0.0, *along[0][1:]), *along, (end_s, *along[-1][1:])]
    # Of several at one moment the last holds, as it does for a reader.
    at_times = {t: place for t, *place in along}
    return [value for t in sorted(at_times) for value in (t, *at_times[t])]


def _point(handover: Handover, colour: str, *, size: int) -> dict[str, Any]:
    return {
        "pixelSize": size,
        "color": {"rgba": [*rgb(colour), 255]},
        "outlineColor": {"rgba": [255, 255, 255, 255]},
        "outlineWidth": 1,
        "heightReference": _reference(handover),
    }


def _label(handover: Handover, text: str) -> dict[str, Any]:
    return {
        "text": text,
        "font": "12px sans-serif",
        "pixelOffset": {"cartesian2": [0, -16]},
        "heightReference": _reference(handover),
    }


def _reference(handover: Handover) -> dict[str, str]:
    """Return what heights of points and labels are above."""
    over_ground = "RELATIVE_TO_GROUND" if handover.level is None else "NONE"
    return {"heightReference": over_ground}
