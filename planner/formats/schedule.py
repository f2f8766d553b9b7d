"""Read when airspace holds: hours, days, and the hours of the sun."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from typing import Any

from planner.basics.clock import Span, parse_clock
from planner.formats.columns import listed
from planner.formats.table import Fault
from planner.formats.times import Days, Edge, Times, held
from planner.formats.weekdays import days_before

_DATES = re.compile(r"(\d{4}-\d{2}-\d{2})(?:/(\d{4}-\d{2}-\d{2}))?\s*")
_EDGES = {
    "日出": "sunrise",
    "日落": "sunset",
    "天亮": "dawn",
    "天黑": "dusk",
} | {name: name for name in ("sunrise", "sunset", "dawn", "dusk")}


def days_of(start: str, length_s: float, timezone: str) -> Days:
    """
    Return the days that a horizon touches; ``start`` is RFC 3339.

    An unknown time zone, a fault that is told elsewhere, counts as UTC.
    """
    try:
        zone = zoneinfo.ZoneInfo(timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        zone = zoneinfo.ZoneInfo("UTC")
    first = datetime.datetime.fromisoformat(start).astimezone(zone)
    last = first + datetime.timedelta(seconds=max(0.0, length_s - 1))
    count = (last.date() - first.date()).days + 1
    days = (first.date() + datetime.timedelta(days=k) for k in range(count))
    return Days(tuple(days), zone)


def schedule(
    field: str, value: Any, days: Days, lonlat: tuple[float, float]
) -> tuple[Span, ...]:
    """
    Return the daily spans in which airspace holds on any of some days.

    Written as spans ``HH:MM-HH:MM``, the hours of the sun among the ends, each after
    a date or two with a slash between, or days of the week (``MON-FRI``), if it
    holds on those days alone; days without hours hold all day. None of them on these
    days gives no span. Formats that have times of their own give a tuple of `Times`.

    Raises
    ------
    Fault
        If it cannot be read so.
    """
    if isinstance(value, tuple):
        return held(value, days, lonlat)
    parts = [part.strip() for part in listed(value).split(",")]
    try:
        return held([_times(part) for part in parts], days, lonlat)
    except ValueError as error:
        raise Fault("E-VALUE-SCHEDULE", field=field, found=str(value)) from error


def _times(part: str) -> Times:
    """Return one part of a schedule, or raise a ValueError."""
    dates = None
    on = _DATES.match(part)
    if on:
        first = datetime.date.fromisoformat(on[1])
        last = datetime.date.fromisoformat(on[2] or on[1])
        if last < first:
            raise ValueError(f"{part!r} ends before it begins.")
        dates, part = (first, last), part[on.end() :]
    weekdays, part = days_before(part)
    if not part and (dates or weekdays):
        return Times(dates=dates, weekdays=weekdays)
    low, high = (_edge(end.strip()) for end in part.split("-"))
    if low == high:
        raise ValueError(f"{part!r} starts and ends at the same time.")
    return Times(dates=dates, weekdays=weekdays, low=low, high=high)


def _edge(text: str) -> Edge:
    return _EDGES.get(text) or float(parse_clock(text))
