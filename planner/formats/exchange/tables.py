"""Lay what is handed over out as tables: the same ones for every format."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.formats.handover import Handover
from planner.messages import LANGUAGES, say
from planner.plan import Route, Sortie, Stop, Unserved

Cell = str | int | float | datetime | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """
    Rows of one kind, and where each of them is.

    Parameters
    ----------
    columns
        Name of each column to the type of its cells; a cell may be None.
    shapes
        Point or LineString of lon, lat and metres above ground for each row, over
        terrain above the plan's reference level; none where rows have no place.
    """

    name: str
    columns: Mapping[str, type]
    rows: tuple[tuple[Cell, ...], ...]
    shapes: tuple[BaseGeometry, ...] = ()

    @property
    def title(self) -> str:
        """What people call it."""
        return both(f"exchange.table.{self.name}")

    @property
    def heads(self) -> tuple[str, ...]:
        """What people call its columns."""
        return tuple(both(f"exchange.column.{name}") for name in self.columns)


def both(key: str) -> str:
    """Return the text of a key in all languages, one after the other."""
    return " ".join(say(key, language) for language in LANGUAGES)


def notes(handover: Handover) -> tuple[str, ...]:
    """Return what every reader of a file should know, in all languages."""
    if handover.level is None:
        return (both("map.sensitivity"),)
    values = {"raster": handover.level.file, "heights": handover.level.heights or "-"}
    of = " ".join(say("exchange.heights", to, **values) for to in LANGUAGES)
    return both("map.sensitivity"), of


def tables(handover: Handover) -> tuple[Table, ...]:
    """Return the tables of routes, stations, stops, sorties and unserved zones."""
    return (
        routes_table(handover),
        stations_table(handover),
        stops_table(handover),
        sorties_table(handover),
        unserved_table(handover),
    )


def routes_table(handover: Handover) -> Table:
    """Return a row for each route, with the line that it flies."""
    flown: dict[str, list[Sortie]] = defaultdict(list)
    for sortie in handover.sorties:
        flown[sortie.route].append(sortie)

    def row(route: Route) -> tuple[Cell, ...]:
        takeoffs = [sortie.takeoff_s for sortie in flown[route.id]]
        return (
            route.id,
            route.depot,
            route.drone_model,
            float(route.layer_m),
            float(route.headway_s),
            float(route.phase_s),
            float(route.duration_s),
            float(route.load),
            _second(handover, min(takeoffs)) if takeoffs else None,
            len(takeoffs),
            len(route.stops),
            zones_of(route),
            *_ends(handover, route),
        )

    return Table(
        name="routes",
        columns={
            "route": str,
            "station": str,
            "model": str,
            "layer_m": float,
            "headway_s": float,
            "phase_s": float,
            "duration_s": float,
            "load": float,
            "first_takeoff": datetime,
            "sorties": int,
            "stops": int,
            "zones": str,
            **_ENDS_AT[handover.ends_elsewhere],
        },
        rows=tuple(map(row, handover.routes)),
        shapes=tuple(shapely.LineString(route.path) for route in handover.routes),
    )


def stations_table(handover: Handover) -> Table:
    """Return a row for each station, with its place on the ground."""
    routes = defaultdict(list)
    for route in handover.routes:
        routes[route.depot].append(route.id)
    station_of = {route.id: route.depot for route in handover.routes}
    sorties = [station_of[sortie.route] for sortie in handover.sorties]

    def row(station: Mapping[str, Any]) -> tuple[Cell, ...]:
        return (
            station["id"],
            str(station.get("name", "")),
            _count(station.get("drones")),
            _count(station.get("pads")),
            len(routes[station["id"]]),
            sorties.count(station["id"]),
        )

    return Table(
        name="stations",
        columns={
            "station": str,
            "name": str,
            "drones": int,
            "pads": int,
            "routes": int,
            "sorties": int,
        },
        rows=tuple(map(row, handover.stations)),
        shapes=tuple(
            shapely.Point(float(s["lon"]), float(s["lat"]), handover.stands_m(s))
            for s in handover.stations
        ),
    )


def stops_table(handover: Handover) -> Table:
    """Return a row for each stop of each route, with where it begins."""

    def row(route: Route, number: int, stop: Stop) -> tuple[Cell, ...]:
        return (
            route.id,
            route.depot,
            number,
            stop.target,
            stop.kind,
            " ".join(stop.zones),
            float(stop.enter_s),
            float(stop.exit_s),
            _clocks(handover, stop),
        )

    return Table(
        name="stops",
        columns={
            "route": str,
            "station": str,
            "number": int,
            "target": str,
            "kind": str,
            "zones": str,
            "enter_s": float,
            "exit_s": float,
            "windows": str,
        },
        rows=tuple(
            row(route, number, stop)
            for route in handover.routes
            for number, stop in enumerate(route.stops, 1)
        ),
        shapes=tuple(
            shapely.Point(place)
            for route in handover.routes
            for place in places(route, [stop.enter_s for stop in route.stops])
        ),
    )


def sorties_table(handover: Handover) -> Table:
    """Return a row for each sortie: the timetable."""
    routes = {route.id: route for route in handover.routes}
    zones = {route.id: zones_of(route) for route in handover.routes}

    def row(sortie: Sortie) -> tuple[Cell, ...]:
        route = routes[sortie.route]
        times = (sortie.takeoff_s, sortie.landing_s, sortie.ready_s)
        return (
            sortie.drone,
            route.depot,
            sortie.route,
            *(_second(handover, time) for time in times),
            float(route.layer_m),
            zones[route.id],
            *_ends(handover, route),
        )

    return Table(
        name="sorties",
        columns={
            "drone": str,
            "station": str,
            "route": str,
            "takeoff": datetime,
            "landing": datetime,
            "ready": datetime,
            "layer_m": float,
            "zones": str,
            **_ENDS_AT[handover.ends_elsewhere],
        },
        rows=tuple(map(row, handover.sorties)),
    )


def unserved_table(handover: Handover) -> Table:
    """Return a row for each zone that the whole plan leaves out, and why."""

    def row(unserved: Unserved) -> tuple[Cell, ...]:
        told = [unserved.texts(language) for language in LANGUAGES]
        reasons, remedies = zip(*told, strict=True)
        return (unserved.zone, unserved.code, *reasons, *remedies)

    texts = [f"{kind}_{to}" for kind in ("reason", "remedy") for to in LANGUAGES]
    return Table(
        name="unserved",
        columns=dict.fromkeys(["zone", "code", *texts], str),
        rows=tuple(map(row, handover.plan.unserved)),
    )


_ENDS_AT: Mapping[bool, Mapping[str, type]] = {False: {}, True: {"ends_at": str}}
"""The column that tells where drones land, where some do elsewhere."""


def _ends(handover: Handover, route: Route) -> tuple[str, ...]:
    """Return the cell of that column, where there is one."""
    return (route.lands_at,) if handover.ends_elsewhere else ()


def zones_of(route: Route) -> str:
    """Return the zones that a route serves, in one text."""
    return " ".join(sorted({zone for stop in route.stops for zone in stop.zones}))


def places(
    route: Route, times_s: Iterable[float]
) -> tuple[tuple[float, float, float], ...]:
    """Return lon, lat and height of a plan at times from take-off [s]."""
    wanted = list(times_s)
    along = [
        np.interp(wanted, route.t_s, axis).tolist()
        for axis in zip(*route.path, strict=True)
    ]
    return tuple(zip(*along, strict=True))


def _second(handover: Handover, after_s: float) -> datetime:
    """Return a time as a timetable tells it: to the second."""
    return handover.moment(round(after_s))


def _clocks(handover: Handover, stop: Stop) -> str:
    """Return the hours in which a stop is flown; those of each day once."""
    spans = [
        "-".join(f"{handover.moment(end):%H:%M}" for end in span)
        for span in stop.windows
    ]
    return ", ".join(dict.fromkeys(spans))


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) else None
