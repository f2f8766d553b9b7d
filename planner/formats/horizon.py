"""Read the horizon of a scenario: which hours of which day, in which zone."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from collections.abc import Sequence

from planner.basics.clock import WEEK_S, parse_spans
from planner.formats.table import Fault
from planner.given.horizon import Horizon

LONGEST_H = 168


def parse_horizon(
    text: str | Sequence[str], timezone: str, date: str, remarks: list[Fault]
) -> Horizon:
    """
    Return the horizon of ``"24h"``, ``"week"`` or ``"06:00-22:00"``.

    Parameters
    ----------
    timezone
        IANA name of the time zone in which all clock times are meant.
    date
        First day, ``YYYY-MM-DD``: it fixes the offset from UTC and which days of the
        week are meant. A week begins with the Monday before it, or with itself.
    remarks
        Where a warning about clocks that change goes.

    Raises
    ------
    Fault
        If any of them makes no sense, or the clocks skip the start.
    """
    start_clock_s, length_s = _clock(text)
    try:
        zone = zoneinfo.ZoneInfo(timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Fault("E-TIMEZONE", timezone=timezone) from error
    try:
        day = datetime.date.fromisoformat(date)
    except ValueError as error:
        raise Fault("E-DATE", date=date) from error
    if _is_week(text):
        day -= datetime.timedelta(days=day.weekday())
    local = datetime.datetime.combine(day, datetime.time(), zone)
    start = local + datetime.timedelta(seconds=start_clock_s)  # on the wall clock
    there_and_back = start.astimezone(datetime.UTC).astimezone(zone)
    if there_and_back.replace(tzinfo=None) != start.replace(tzinfo=None):
        raise Fault("E-TIME-GAP", time=start.isoformat(), timezone=timezone)
    end = start.astimezone(datetime.UTC) + datetime.timedelta(seconds=length_s)
    offsets = {
        moment.utcoffset()
        for moment in (start, start.replace(fold=1), end.astimezone(zone))
    }
    if len(offsets) > 1:
        remarks.append(Fault("W-TIME-CHANGE", date=date, timezone=timezone))
    return Horizon(
        start=start.isoformat(timespec="seconds"),
        start_clock_s=start_clock_s,
        length_s=length_s,
    )


def _is_week(text: str | Sequence[str]) -> bool:
    return isinstance(text, str) and text.strip().casefold() in ("week", "一周")


def _clock(text: str | Sequence[str]) -> tuple[float, float]:
    """Return start, in seconds since midnight, and length [s]."""
    if _is_week(text):
        return 0.0, float(WEEK_S)
    if isinstance(text, str):
        hours = re.fullmatch(r"(\d{1,3})h", text.strip())
        if hours and 1 <= int(hours[1]) <= LONGEST_H:
            return 0.0, int(hours[1]) * 3600.0
        given = text
    else:
        given = "-".join(text) if len(text) == 2 else ", ".join(text)
    try:
        ((start, end),) = parse_spans(given)
    except ValueError as error:
        raise Fault("E-HORIZON", given=given) from error
    return float(start), float(end - start)
