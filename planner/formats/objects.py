"""Make the scenario's objects of records, in metres of one projection."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, cast

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import LocalProjection
from planner.formats.banks import both_banks
from planner.formats.columns import choice, count, identifier, is_absent, number
from planner.formats.records import Record
from planner.formats.schedule import schedule
from planner.formats.times import Days
from planner.formats.weekdays import Hours, active_hours
from planner.scenario import (
    ALL_DAY,
    Airspace,
    Building,
    Demand,
    District,
    ResponseTeam,
    Restriction,
    Station,
    Zone,
    ZoneKind,
)

CENTRE_DECIMALS = 3
MOST_DRONES = 1_000
TALLEST_M = 1_000.0
MOST_MINUTES = 10_080
"""A week; who wants longer gaps wants no patrol."""

MOST_WIDTH_M = 20_000.0

HIGHEST_M = 100_000.0

GROUND_AMSL_M = (-430.0, 8_849.0)
"""The shore of the Dead Sea and the top of Everest: any ground lies between."""

MOST_SPREAD_DEG = 10.0
"""Stations and zones further apart are no city, but a slip in a coordinate."""

NEAR_DEG = 2.0
"""Airspace and base map further off than this do not matter to a plan."""

Bounds = tuple[float, float, float, float]

_AREA_KINDS = ("watch", "sweep")


def bounds_of(records: Iterable[Record]) -> Bounds:
    """Return west, south, east and north of all records [deg]."""
    bounds = shapely.total_bounds([record.geometry for record in records])
    west, south, east, north = (float(edge) for edge in bounds)
    return west, south, east, north


def projection_of(bounds: Bounds) -> LocalProjection:
    """Return the projection in the middle of a bounding box."""
    west, south, east, north = bounds
    return LocalProjection(
        round((west + east) / 2, CENTRE_DECIMALS),
        round((south + north) / 2, CENTRE_DECIMALS),
    )


def shapes_of(
    records: Sequence[Record], projection: LocalProjection
) -> tuple[BaseGeometry, ...]:
    """Return the records' shapes in metres."""
    shapes = np.array([record.geometry for record in records], dtype=object)
    return tuple(shapely.transform(shapes, projection.to_xy))


def near(records: Sequence[Record], bounds: Bounds) -> list[Record]:
    """Return the records near a bounding box; note once a file that some are not."""
    west, south, east, north = bounds
    box = shapely.box(
        west - NEAR_DEG, south - NEAR_DEG, east + NEAR_DEG, north + NEAR_DEG
    )
    far = [record for record in records if not box.intersects(record.geometry)]
    for record in far:
        turned = shapely.transform(record.geometry, lambda points: points[:, ::-1])
        if box.intersects(turned):
            lon, lat = shapely.get_coordinates(record.geometry)[0]
            source = record.source
            place = {"x": float(lon), "y": float(lat)}
            source.notes.add("E-CRS-LATLON", source.file, record.id, **place)
    if far:
        source = records[0].source
        source.notes.add("W-FAR-AWAY", source.file, count=len(far), degrees=NEAR_DEG)
    ids = {id(record) for record in far}
    return [record for record in records if id(record) not in ids]


def stations_of(
    records: Sequence[Record], projection: LocalProjection, default_model: str
) -> tuple[Station, ...]:
    """Return the stations; pads are as many as drones where none are given."""
    found: list[Station] = []
    from_none = partial(count, low=0, high=MOST_DRONES)
    for record, point in zip(records, shapes_of(records, projection), strict=True):
        drones = record.wanted(
            "drones",
            from_none,
            otherwise=1,
            default=record.source.defaults.get("drones"),
        )
        found.append(
            Station(
                id=record.id,
                name=record.text("name", record.id),
                point=point,
                drones=drones,
                pads=record.value(
                    "pads", partial(count, low=1, high=MOST_DRONES), max(drones, 1)
                ),
                model=record.text("model", default_model),
                district=record.text("district"),
                chargers=record.value("chargers", from_none, None),
                batteries=record.value("batteries", from_none, None),
            )
        )
    return tuple(found)


def zones_of(
    records: Sequence[Record], projection: LocalProjection, swath_m: float
) -> tuple[Zone, ...]:
    """
    Return the zones; a zone without a kind has the one its shape suggests.

    Parameters
    ----------
    swath_m
        What is seen across a line from any layer; of a wider one both banks count.
    """
    found: list[Zone] = []
    across = partial(number, low=0.0, high=MOST_WIDTH_M, above=True)
    for record, shape in zip(records, shapes_of(records, projection), strict=True):
        is_line = shape.geom_type.endswith("LineString")
        kind = record.assumed("kind", choice, "line" if is_line else "watch")
        if is_line == (kind in _AREA_KINDS):
            record.source.notes.add(
                "E-ZONE-KIND",
                record.source.file,
                record.id,
                kind=kind,
                found=shape.geom_type,
            )
        width_m = record.value("width_m", across, 0.0)
        if width_m and not is_line:
            record.source.notes.add("W-WIDTH", record.source.file, record.id)
        elif width_m > swath_m:
            shape = both_banks(shape, width_m)
        minutes = record.wanted(
            "revisit_min",
            partial(number, low=0, high=MOST_MINUTES, above=True),
            otherwise=60.0,
            default=record.source.defaults.get("revisit_min", {}).get(kind),
        )
        always: Hours = (ALL_DAY, ())
        daily, weekly = record.value("active", active_hours, always)
        found.append(
            Zone(
                id=record.id,
                name=record.text("name", record.id),
                kind=cast("ZoneKind", kind),
                geometry=shape,
                priority=record.assumed("priority", _priority, 1.0),
                revisit_s=minutes * 60.0,
                active=daily,
                weekly=weekly,
                dwell_s=record.value("dwell_s", _dwell, None),
                dwell_s_per_km2=record.value("dwell_s_per_km2", _dwell, 0.0),
                district=record.text("district"),
            )
        )
    return tuple(found)


def airspace_of(
    records: Sequence[Record],
    projection: LocalProjection,
    days: Days,
    ground_amsl_m: Sequence[float] | None = None,
) -> tuple[Airspace, ...]:
    """
    Return the airspace; what does not say how it is restricted is prohibited.

    Parameters
    ----------
    ground_amsl_m
        Lowest and highest ground above sea level; None where nobody says. Limits above
        sea level close all that they close over any ground between the two.
    """
    holding = partial(
        schedule, days=days, lonlat=(projection.lon_deg, projection.lat_deg)
    )
    low_m, high_m = sorted(ground_amsl_m or GROUND_AMSL_M)
    found: list[Airspace] = []
    for record, shape in zip(records, shapes_of(records, projection), strict=True):
        lower = _limit_m(record, "lower", high_m, 0.0)
        upper = _limit_m(record, "upper", low_m, math.inf)
        notes, file = record.source.notes, record.source.file
        if ground_amsl_m is None and _is_above_sea(record):
            notes.add("W-HEIGHT-AMSL", file, record.id, lower=lower, upper=upper)
        if lower > upper:
            notes.add("E-HEIGHTS", file, record.id, lower=lower, upper=upper)
        kind = record.assumed("restriction", choice, "PROHIBITED")
        found.append(
            Airspace(
                id=record.id,
                name=record.text("name", record.id),
                restriction=cast("Restriction", kind),
                geometry=shape,
                lower_m=lower,
                upper_m=upper,
                schedule=record.value("schedule", holding, None),
                reason=record.text("reason").upper(),
            )
        )
    return tuple(found)


def _limit_m(record: Record, side: str, ground_m: float, otherwise: float) -> float:
    """Return a limit above ground, of one above sea level where that is given [m]."""
    height = partial(number, low=0.0, high=HIGHEST_M)
    altitude = partial(number, low=GROUND_AMSL_M[0], high=HIGHEST_M)
    above_sea_m = record.value(f"{side}_m_amsl", altitude, math.inf)
    if math.isfinite(above_sea_m):
        otherwise = max(0.0, above_sea_m - ground_m)
    return record.value(f"{side}_m_agl", height, otherwise)


def _is_above_sea(record: Record) -> bool:
    return any(
        is_absent(record.values.get(f"{side}_m_agl"))
        and not is_absent(record.values.get(f"{side}_m_amsl"))
        for side in ("lower", "upper")
    )


def districts_of(
    records: Sequence[Record], projection: LocalProjection
) -> tuple[District, ...]:
    """Return the districts."""
    shapes = shapes_of(records, projection)
    return tuple(
        District(id=record.id, name=record.text("name", record.id), geometry=shape)
        for record, shape in zip(records, shapes, strict=True)
    )


def buildings_of(
    records: Sequence[Record], projection: LocalProjection
) -> tuple[Building, ...]:
    """Return the buildings; each says how high it is."""
    height = partial(number, low=0.0, high=TALLEST_M, above=True)
    return tuple(
        Building(
            id=record.id,
            geometry=shape,
            height_m=record.wanted("height_m", height, TALLEST_M),
        )
        for record, shape in zip(records, shapes_of(records, projection), strict=True)
    )


def teams_of(
    records: Sequence[Record], projection: LocalProjection
) -> tuple[ResponseTeam, ...]:
    """Return the rapid-response teams."""
    shapes = shapes_of(records, projection)
    return tuple(
        ResponseTeam(
            id=record.id,
            name=record.text("name", record.id),
            station_id=record.wanted("station_id", _reference, ""),
            point=point,
        )
        for record, point in zip(records, shapes, strict=True)
    )


def demand_of(
    records: Sequence[Record], projection: LocalProjection
) -> tuple[Demand, ...]:
    """Return where help is asked for; what does not say how much weighs 1."""
    weight = partial(number, low=0.0, high=1_000_000_000.0, above=True)
    found = [
        Demand(geometry=shape, weight=record.value("weight", weight, 1.0))
        for record, shape in zip(records, shapes_of(records, projection), strict=True)
    ]
    return tuple(sorted(found, key=lambda d: (d.geometry.wkb, d.weight)))


def note_assumptions(records: Iterable[Record]) -> None:
    """Note once a file which fields had to be assumed."""
    told: set[str] = set()
    for record in records:
        file = record.source.file
        if record.guessed and file not in told:
            fields = ", ".join(sorted(record.guessed))
            record.source.notes.add("W-VALUE-ASSUMED", file, fields=fields)
            told.add(file)


def _priority(field: str, value: Any) -> float:
    """Return a positive number; the words for high, medium and low are 3, 2, 1."""
    if isinstance(value, str) and not any(letter.isdigit() for letter in value):
        value = choice(field, value)
    return number(field, value, 0.0, 1_000_000.0, above=True)


def _dwell(field: str, value: Any) -> float:
    return number(field, value, 0.0, 86_400.0)


def _reference(_: str, value: Any) -> str:
    return identifier(value)
