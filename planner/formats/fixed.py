"""Make fixed routes of the lines of a layer, in metres of one projection."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import shapely

from planner.basics.clock import parse_clock
from planner.basics.geometry import LocalProjection
from planner.formats.columns import identifier, number
from planner.formats.objects import MOST_MINUTES
from planner.formats.records import Record
from planner.formats.table import Fault
from planner.given.fixed import FixedRoute

_LONGEST_HOLD_S = 86_400.0
_HIGHEST_M = 10_000.0


def routes_of(
    records: Sequence[Record], projection: LocalProjection
) -> tuple[FixedRoute, ...]:
    """Return the fixed routes; each says of what station it is and how often flown."""
    minutes = partial(number, low=1 / 60, high=MOST_MINUTES)
    height = partial(number, low=0.0, high=_HIGHEST_M, above=True)
    found: list[FixedRoute] = []
    for record in records:
        lonlat = shapely.get_coordinates(record.geometry)
        xy = projection.to_xy(lonlat)
        if not np.isfinite(xy).all():
            file, (x, y) = record.source.file, lonlat[~np.isfinite(xy).all(axis=1)][0]
            record.source.notes.add("E-CRS-RANGE", file, record.id, x=x, y=y)
            continue
        headway_min = record.wanted(
            "headway_min",
            minutes,
            otherwise=60.0,
            default=record.source.defaults.get("headway_min"),
        )
        found.append(
            FixedRoute(
                id=record.id,
                depot=record.wanted("depot", _reference, ""),
                drone_model=record.text("drone_model"),
                places=tuple(shapely.points(xy)),
                holds_s=record.value(
                    "holds_s", partial(_holds, count=len(xy)), (0.0,) * len(xy)
                ),
                headway_s=float(round(headway_min * 60)),
                takeoff_s=record.value("takeoff", _clock, None),
                layer_m=record.value("layer_m", height, None),
            )
        )
    return tuple(found)


def _reference(_: str, value: Any) -> str:
    return identifier(value)


def _clock(field: str, value: Any) -> float:
    """Return a time of day in seconds since midnight."""
    text = unicodedata.normalize("NFKC", str(value)).strip()
    try:
        return float(parse_clock(text))
    except ValueError as error:
        raise Fault("E-VALUE-CLOCK", field=field, found=str(value)) from error


def _holds(field: str, value: Any, count: int) -> tuple[float, ...]:
    """Return how long to stay at each vertex, from a list or text with blanks [s]."""
    if isinstance(value, str):
        value = unicodedata.normalize("NFKC", value).replace(",", " ").split()
    values = value if isinstance(value, list | tuple) else [value]
    if len(values) != count:
        raise Fault("E-FIXED-HOLDS", found=len(values), wanted=count)
    return tuple(number(field, v, 0.0, _LONGEST_HOLD_S) for v in values)
