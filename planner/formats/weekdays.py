"""Read days of the week that stand before hours."""

from __future__ import annotations

import re

from planner.basics.clock import DAY_S, Span, parse_spans
from planner.formats.columns import listed
from planner.formats.table import Fault

Hours = tuple[tuple[Span, ...], tuple[Span, ...]]
"""Daily spans, and weekly ones from midnight before Monday."""

_NAMES = (
    "mon monday 周一 星期一",
    "tue tuesday 周二 星期二",
    "wed wednesday 周三 星期三",
    "thu thursday 周四 星期四",
    "fri friday 周五 星期五",
    "sat saturday 周六 星期六",
    "sun sunday 周日 周天 星期日 星期天",
)
_DAYS = {name: day for day, names in enumerate(_NAMES) for name in names.split()}
_GROUPS = {
    "weekdays": frozenset(range(5)),
    "工作日": frozenset(range(5)),
    "weekend": frozenset((5, 6)),
    "周末": frozenset((5, 6)),
}
_NAME = f"(?:{'|'.join(sorted(_DAYS, key=len, reverse=True))})(?![a-z])"  # no sunset
_GROUP = re.compile(rf"({'|'.join(_GROUPS)})\s*(.*)")
_RANGE = rf"{_NAME}(?:\s*[-至到]\s*{_NAME})?"
_LIST = re.compile(rf"({_RANGE}(?:\s*/\s*{_RANGE})*)\s*(.*)")


def days_before(text: str) -> tuple[frozenset[int], str]:
    """
    Return the days of the week that a text begins with, and what follows.

    Monday is 0; no days at all where it names none.

    Examples
    --------
    >>> days_before("sat-mon 07:00-09:00")
    (frozenset({0, 5, 6}), '07:00-09:00')
    """
    if group := _GROUP.fullmatch(text):
        return _GROUPS[group[1]], group[2]
    named = _LIST.fullmatch(text)
    if not named:
        return frozenset(), text
    days: set[int] = set()
    for part in named[1].split("/"):
        ends = [_DAYS[name] for name in re.findall(_NAME, part)]
        length = (ends[-1] - ends[0]) % 7 + 1
        days |= {(ends[0] + k) % 7 for k in range(length)}
    return frozenset(days), named[2]


def active_hours(field: str, value: object) -> Hours:
    """
    Return daily and weekly spans of ``"[DAYS ]HH:MM-HH:MM,..."``.

    Raises
    ------
    Fault
        If the value cannot be read so.
    """
    daily: set[Span] = set()
    weekly: set[Span] = set()
    try:
        for part in listed(value).split(","):
            days, hours = days_before(part.strip())
            for low, high in parse_spans(hours):
                if not days:
                    daily.add((low, high))
                weekly |= {(low + day * DAY_S, high + day * DAY_S) for day in days}
    except ValueError as error:
        raise Fault("E-VALUE-SPANS", field=field, found=str(value)) from error
    return tuple(sorted(daily)), tuple(sorted(weekly))
