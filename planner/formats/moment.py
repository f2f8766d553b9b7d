"""Read one moment of a plan: a clock time, of a day of the week or of a date."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from planner.basics.clock import DAY_S, WEEK_S, parse_clock
from planner.formats.weekdays import days_before
from planner.given.horizon import Horizon

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\W*\w")
_SECONDS = re.compile(r"(.*:\d{2}):([0-5]\d)")


def moment_s(horizon: Horizon, text: str) -> float | None:
    """
    Return the first moment of a horizon that a text names, seconds from its start.

    ``"14:30"``, ``"Sat 14:30"``, ``"周六 14:30"``, each with seconds if need be, or a
    date and a time as ISO 8601 has them, local unless an offset is said.

    Returns
    -------
    float or None
        None if the horizon has no such moment.

    Raises
    ------
    ValueError
        If the text names no moment.

    Examples
    --------
    >>> day = Horizon(
    ...     start="2026-01-31T22:00:00+08:00", start_clock_s=79_200.0, length_s=28_800.0
    ... )
    >>> moment_s(day, "Sun 01:30"), moment_s(day, "2026-02-01T01:30")
    (12600.0, 12600.0)
    """
    given = unicodedata.normalize("NFKC", text).strip()
    start = datetime.fromisoformat(horizon.start)
    if _DATE.match(given):
        named = datetime.fromisoformat(given)
        after_s = (
            named.replace(tzinfo=named.tzinfo or start.tzinfo) - start
        ).total_seconds()
    else:
        after_s = _after_s(horizon, given.casefold())
    return after_s if 0 <= after_s <= horizon.length_s else None


def _after_s(horizon: Horizon, text: str) -> float:
    """Return how long after a horizon's start a clock time comes, of a day if named."""
    days, clock = days_before(text)
    if len(days) > 1:
        raise ValueError(f"{text!r} is more than one day.")
    with_seconds = _SECONDS.fullmatch(clock)
    second_s = int(with_seconds[2]) if with_seconds else 0
    clock_s = parse_clock(with_seconds[1] if with_seconds else clock) + second_s
    if not days:
        return (clock_s - horizon.start_clock_s) % DAY_S
    return (min(days) * DAY_S + clock_s - horizon.start_week_s) % WEEK_S
