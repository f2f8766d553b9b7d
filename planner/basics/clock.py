"""Turn clock times of day into seconds of the horizon."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

DAY_S = 86_400
WEEK_S = 7 * DAY_S

Span = tuple[float, float]
"""A closed stretch of time [s], ``(start, end)`` with ``start < end``."""

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")


def parse_clock(text: str) -> int:
    """
    Return the seconds since midnight of ``"HH:MM"``, ``"24:00"`` included.

    Raises
    ------
    ValueError
        If the text is no clock time.

    Examples
    --------
    >>> parse_clock("07:30")
    27000
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no clock time; write HH:MM.")
    hours, minutes = int(match[1]), int(match[2])
    if minutes > 59 or hours * 60 + minutes > 24 * 60:
        raise ValueError(f"{text!r} is no clock time; write 00:00 to 24:00.")
    return hours * 3600 + minutes * 60


def parse_spans(text: str) -> tuple[Span, ...]:
    """
    Return the daily spans of ``"HH:MM-HH:MM,..."`` in seconds since midnight.

    A span that ends before it starts crosses midnight: its end lies beyond
    86,400.

    Raises
    ------
    ValueError
        If a span is malformed, or starts and ends at the same time.

    Examples
    --------
    >>> parse_spans("07:00-08:30,22:00-02:00")
    ((25200, 30600), (79200, 93600))
    """
    spans: list[Span] = []
    for part in text.split(","):
        ends = part.split("-")
        if len(ends) != 2:
            raise ValueError(f"{part!r} is no span of time; write HH:MM-HH:MM.")
        start, end = parse_clock(ends[0]), parse_clock(ends[1])
        if start == end:
            raise ValueError(f"{part!r}: starts and ends at the same time.")
        spans.append((start, end if end > start else end + DAY_S))
    return tuple(spans)


def cut_to_horizon(
    daily: Sequence[Span], start_s: float, length_s: float, period_s: int = DAY_S
) -> tuple[Span, ...]:
    """
    Repeat daily spans over a horizon and cut them to it.

    Parameters
    ----------
    daily
        Spans in seconds since midnight; an end beyond 86,400 crosses midnight.
    start_s
        Start of the horizon, seconds since midnight of its first day.
    length_s
        Length of the horizon [s].
    period_s
        After which they come again, if not daily: then seconds count from its start.

    Returns
    -------
    tuple of Span
        In seconds from the start of the horizon, sorted, touching ones merged.

    Examples
    --------
    >>> cut_to_horizon([(64800, 86400)], start_s=21600, length_s=57600)
    ((43200, 57600),)
    """
    cut: list[Span] = []
    for count in range(-1, int((start_s + length_s) // period_s) + 1):
        for begin, end in daily:
            low = max(begin + count * period_s - start_s, 0)
            high = min(end + count * period_s - start_s, length_s)
            if low < high:
                cut.append((low, high))
    return joined(cut)


def joined(spans: Iterable[Span], tolerance_s: float = 0.0) -> tuple[Span, ...]:
    """
    Return spans sorted, and those that overlap or touch as one.

    Parameters
    ----------
    tolerance_s
        Those that are not farther apart touch [s].

    Examples
    --------
    >>> joined([(30, 40), (0, 10), (10, 20)])
    ((0, 20), (30, 40))
    >>> joined([(0, 10), (11, 20)], tolerance_s=1)
    ((0, 20),)
    """
    merged: list[Span] = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1] + tolerance_s:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def clock_text(seconds: float) -> str:
    """
    Return ``HH:MM`` of seconds since midnight, wrapped to one day.

    Examples
    --------
    >>> clock_text(27000 + 86400)
    '07:30'
    """
    minutes = int(seconds // 60) % (24 * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def week_text(seconds: float) -> str:
    """
    Return the day and ``HH:MM`` of seconds since midnight before Monday.

    Examples
    --------
    >>> week_text(-60), week_text(27000 + 86400)
    ('Sun 23:59', 'Tue 07:30')
    """
    return f"{WEEKDAYS[int(seconds // DAY_S) % 7]} {clock_text(seconds)}"
