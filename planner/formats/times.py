"""Tell in which hours of a plan's days something holds that recurs."""

from __future__ import annotations

import datetime
import math
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass

from planner.basics.clock import DAY_S, Span
from planner.basics.sun import CIVIL_DEG, ZENITH_DEG, sun_hours

MORNING = {"sunrise": ZENITH_DEG, "dawn": CIVIL_DEG}
EVENING = {"sunset": ZENITH_DEG, "dusk": CIVIL_DEG}
"""The sun's hours: where its centre is then, from straight above [deg]."""

_SUN_ROOM_S = 180.0
"""The sun's hours are a minute or two off; closures last so much longer at each end."""

_DAY = datetime.timedelta(days=1)

Edge = float | str
"""Seconds after midnight, or one of the sun's hours."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """
    Times that recur: on which days, between which hours, in which stretch of time.

    Parameters
    ----------
    dates
        First and last day; None for all days.
    weekdays
        Monday is 0; empty for all.
    low, high
        An end that is not after its start lies on the next day.
    zone
        Of days and clocks; None for the plan's own.
    begins, ends
        Instants that it does not hold before or after.
    """

    dates: tuple[datetime.date, datetime.date] | None = None
    weekdays: frozenset[int] = frozenset()
    low: Edge = 0.0
    high: Edge = float(DAY_S)
    zone: datetime.tzinfo | None = None
    begins: datetime.datetime | None = None
    ends: datetime.datetime | None = None


def held(
    times: Iterable[Times], days: Days, lonlat: tuple[float, float]
) -> tuple[Span, ...]:
    """
    Return the daily spans, by the plan's clock, in which any of some times holds.

    What holds on one of the days counts for all of them, since a plan repeats.

    Returns
    -------
    tuple of Span
        Sorted, none touching another; empty if nothing holds on any of the days.
    """
    merged: list[Span] = []
    for low, high in sorted(s for part in times for s in _spans(part, days, lonlat)):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def _spans(times: Times, days: Days, lonlat: tuple[float, float]) -> list[Span]:
    """Return the spans of some times, one a day on which they touch the plan."""
    zone = times.zone or days.zone
    first, last = days.days[0], days.days[-1]
    plan_low = _midnight(first, days.zone)
    plan_high = _midnight(last + _DAY, days.zone)
    found: list[Span] = []
    is_daily = times == Times(low=times.low, high=times.high)
    before = 0 if is_daily else 2  # a night in a zone further west reaches so far
    for k in range(-before, (last - first).days + 2):
        day = first + k * _DAY
        if times.weekdays and day.weekday() not in times.weekdays:
            continue
        if times.dates and not times.dates[0] <= day <= times.dates[1]:
            continue
        span = _on_day(times, day, zone, lonlat)
        if span is None:
            continue
        midnight = _midnight(day, zone)
        low = midnight + datetime.timedelta(seconds=span[0])
        high = midnight + datetime.timedelta(seconds=span[1])
        low = max(low, times.begins) if times.begins else low
        low = low if is_daily else max(low, plan_low)
        high = min(high, times.ends) if times.ends else high
        if low < high and low < plan_high and high > plan_low:
            clock = low.astimezone(days.zone)
            start_s = (clock - _midnight(clock.date(), days.zone)).total_seconds()
            found.append((start_s, start_s + (high - low).total_seconds()))
    return found


def _midnight(day: datetime.date, zone: datetime.tzinfo) -> datetime.datetime:
    """Return the start of a day, in UTC so that differences are what passes."""
    start = datetime.datetime.combine(day, datetime.time(), zone)
    return start.astimezone(datetime.UTC)


def _on_day(
    times: Times, day: datetime.date, zone: datetime.tzinfo, lonlat: tuple[float, float]
) -> Span | None:
    """Return start and end on a day, in seconds after its midnight, if they come."""
    edges: list[float] = []
    for edge, room_s in ((times.low, -_SUN_ROOM_S), (times.high, _SUN_ROOM_S)):
        if not isinstance(edge, str):
            edges.append(edge)
            continue
        sun = sun_hours(day, *lonlat, zenith_deg=(MORNING | EVENING)[edge])
        if sun is None or math.isinf(sun[0]):
            lit = sun is not None
            dark = times.low in EVENING or times.high in MORNING
            return (0.0, float(DAY_S)) if lit != dark else None
        offset = datetime.datetime.combine(day, datetime.time(), zone).utcoffset()
        assert offset is not None
        at_s = sun[0] if edge in MORNING else sun[1]
        edges.append((at_s + offset.total_seconds() + room_s) % DAY_S)
    low, high = edges
    return low, high if high > low else high + DAY_S
