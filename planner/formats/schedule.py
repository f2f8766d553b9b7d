"""Read when airspace holds: hours, days, and the hours of the sun."""

from __future__ import annotations

import datetime
import math
import re
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from planner.clock import DAY_S, Span, parse_clock
from planner.formats.columns import listed
from planner.formats.table import Fault
from planner.formats.weekdays import days_before
from planner.sun import sun_hours

_SUN_ROOM_S = 180.0
"""The sun's hours are a minute or two off; closures last so much longer at each end."""

_DATES = re.compile(r"(\d{4}-\d{2}-\d{2})(?:/(\d{4}-\d{2}-\d{2}))?\s*")
_DAY = datetime.timedelta(days=1)
_RISE, _SET = ("sunrise", "日出"), ("sunset", "日落")


@dataclass(frozen=True, slots=True)
class Days:
    """
    The days that a plan is made for.

    Parameters
    ----------
    days
        Local dates, in order.
    zone
        In which clocks are read.
    """

    days: tuple[datetime.date, ...]
    zone: zoneinfo.ZoneInfo


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

    Written as spans ``HH:MM-HH:MM``, ``sunrise`` and ``sunset`` among the ends, each
    after a date or two with a slash between, or days of the week, if it holds on those
    days alone; a date alone holds all day. None of them on these days gives no span.

    Raises
    ------
    Fault
        If it cannot be read so.
    """
    found: set[Span] = set()
    try:
        for part in listed(value).split(","):
            found |= set(_holding(part.strip(), days, lonlat))
    except ValueError as error:
        raise Fault("E-VALUE-SCHEDULE", field=field, found=str(value)) from error
    return tuple(sorted(found))


def _holding(part: str, days: Days, lonlat: tuple[float, float]) -> list[Span]:
    """Return the spans of one part of a schedule, or raise a ValueError."""
    on = _DATES.match(part)
    mine: Sequence[datetime.date] = days.days
    # What began on the day before may go on.
    near = (days.days[0] - _DAY, *days.days)
    if on:
        first = datetime.date.fromisoformat(on[1])
        last = datetime.date.fromisoformat(on[2] or on[1])
        if last < first:
            raise ValueError(f"{part!r} ends before it begins.")
        mine = [day for day in near if first <= day <= last]
        part = part[on.end() :]
        if not part:
            return [(0.0, DAY_S)] if set(mine) & set(days.days) else []
    weekdays, part = days_before(part)
    if weekdays:
        mine = [day for day in (mine if on else near) if day.weekday() in weekdays]
    low, high = (end.strip() for end in part.split("-"))
    if {low, high} & {*_RISE, *_SET}:
        spans = [(_by_sun(low, high, day, days, lonlat), day) for day in mine]
    else:
        spans = [((float(parse_clock(low)), float(parse_clock(high))), d) for d in mine]
        if parse_clock(low) == parse_clock(high):
            raise ValueError(f"{part!r} starts and ends at the same time.")
    return [
        (span[0], span[1] if span[1] > span[0] else span[1] + DAY_S)
        for span, day in spans
        if span is not None and (day in days.days or span[1] < span[0])
    ]


def _by_sun(
    low: str, high: str, day: datetime.date, days: Days, lonlat: tuple[float, float]
) -> Span | None:
    """Return a span of which an end is the sun's; None if it does not come about."""
    sun = sun_hours(day, *lonlat)
    dark = low in _SET or high in _RISE
    if sun is None or math.isinf(sun[0]):
        lit = sun is not None
        return (0.0, DAY_S) if lit != dark else None
    midnight = datetime.datetime.combine(day, datetime.time(), days.zone)
    offset = midnight.utcoffset()
    assert offset is not None
    rise_s, set_s = (utc_s + offset.total_seconds() for utc_s in sun)

    def clock(text: str, room_s: float) -> float:
        if text in _RISE:
            return (rise_s + room_s) % DAY_S
        if text in _SET:
            return (set_s + room_s) % DAY_S
        return parse_clock(text)

    return clock(low, -_SUN_ROOM_S), clock(high, _SUN_ROOM_S)
