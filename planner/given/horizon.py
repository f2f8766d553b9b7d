"""Hold the stretch of time that a plan covers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from planner.basics.clock import (
    DAY_S,
    WEEK_S,
    Span,
    clock_text,
    cut_to_horizon,
    joined,
    week_text,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """
    The stretch of time a plan covers.

    One of whole days repeats: its plan is flown again and again, and what follows its
    last second is its first.

    Parameters
    ----------
    start
        Its first instant, RFC 3339 with the offset of the scenario's time zone.
    start_clock_s
        The same as seconds since local midnight.
    length_s
        Its length.
    """

    start: str
    start_clock_s: float
    length_s: float

    @property
    def repeats(self) -> bool:
        """Whether it is of whole days."""
        return self.length_s % DAY_S == 0

    @property
    def start_week_s(self) -> float:
        """Its first instant in seconds since midnight before Monday."""
        weekday = datetime.fromisoformat(self.start).weekday()
        return weekday * DAY_S + self.start_clock_s

    def moment(self, after_s: float) -> str:
        """Return the clock time [s from its start], with the day if it has several."""
        if self.length_s > DAY_S:
            return week_text(self.start_week_s + after_s)
        return clock_text(self.start_clock_s + after_s)

    def windows(
        self, daily: tuple[Span, ...], weekly: tuple[Span, ...] = ()
    ) -> tuple[Span, ...]:
        """Cut daily and weekly spans to the horizon; seconds from its start."""
        days = cut_to_horizon(daily, self.start_clock_s, self.length_s)
        if not weekly:
            return days
        weeks = cut_to_horizon(weekly, self.start_week_s, self.length_s, WEEK_S)
        return joined((*days, *weeks))

    def headway_s(self, longest_s: float) -> float:
        """
        Return the longest headway [s] of at most so much, in whole seconds.

        Where the horizon repeats it divides the day (or, if longer, the horizon): so
        a clock goes on across midnight as if there were none.
        """
        whole_s = math.floor(longest_s)
        if not self.repeats:
            return float(whole_s)
        round_s = DAY_S if whole_s < DAY_S else int(self.length_s)
        whole_s = min(whole_s, round_s)
        return float(next(h for h in range(whole_s, 0, -1) if round_s % h == 0))
