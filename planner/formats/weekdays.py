"""Read days of the week that stand before hours."""

from __future__ import annotations

import re

from planner.clock import DAY_S, Span, parse_spans
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
_RANGE = re.compile(rf"({_NAME})\s*[-至到]\s*({_NAME})\s*(.*)")
_LIST = re.compile(rf"({_NAME}(?:\s*/\s*{_NAME})*)\s*(.*)")


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
        days, rest = _GROUPS[group[1]], group[2]
    elif span := _RANGE.fullmatch(text):
        first, last, rest = _DAYS[span[1]], _DAYS[span[2]], span[3]
        days = frozenset((first + k) % 7 for k in range((last - first) % 7 + 1))
    elif names := _LIST.fullmatch(text):
        days = frozenset(_DAYS[name.strip()] for name in names[1].split("/"))
        rest = names[2]
    else:
        return frozenset(), text
    return days, rest


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
