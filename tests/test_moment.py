"""A moment of a plan is named by its clock, its day or its date."""

from __future__ import annotations

import pytest

from planner.basics.clock import WEEK_S
from planner.formats.moment import moment_s
from planner.given.horizon import Horizon

HOUR_S = 3600.0
MORNING = Horizon(
    start="2026-01-31T06:00:00+08:00", start_clock_s=6 * HOUR_S, length_s=4 * HOUR_S
)
NIGHT = Horizon(
    start="2026-01-31T22:00:00+08:00", start_clock_s=22 * HOUR_S, length_s=8 * HOUR_S
)
WEEK = Horizon(
    start="2026-01-26T00:00:00+08:00", start_clock_s=0.0, length_s=float(WEEK_S)
)


@pytest.mark.parametrize(
    ("horizon", "text", "hours"),
    [
        (MORNING, "06:00", 0),
        (MORNING, "9:30", 3.5),
        (MORNING, "10：00", 4),
        (MORNING, "10:01", None),
        (MORNING, "Sat 07:00", 1),
        (MORNING, "Sun 07:00", None),
        (NIGHT, "23:30", 1.5),
        (NIGHT, "01:30", 3.5),
        (NIGHT, "Sun 01:30", 3.5),
        (NIGHT, "Sat 01:30", None),
        (NIGHT, "2026-02-01 01:30", 3.5),
        (NIGHT, "2026-02-01T01:30:00+09:00", 2.5),
        (NIGHT, "2026-01-31T17:30Z", 3.5),
        (WEEK, "14:30", 14.5),
        (WEEK, "Sat 14:30", 5 * 24 + 14.5),
        (WEEK, "saturday 14:30:36", 5 * 24 + 14.51),
        (WEEK, "周六14:30", 5 * 24 + 14.5),
        (WEEK, "星期天 00:00", 6 * 24),
        (WEEK, "Sun 24:00", 7 * 24),
        (WEEK, "2026-01-27T06:00", 30),
        (WEEK, "2026-02-02T00:01", None),
    ],
)
def test_a_moment_is_read(horizon: Horizon, text: str, hours: float | None) -> None:
    """The first such moment of the horizon, or none."""
    found = moment_s(horizon, text)
    if text == "Sun 24:00":
        assert found in (0.0, WEEK_S)  # its end is its start
    else:
        assert found == (None if hours is None else pytest.approx(hours * HOUR_S))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nine",
        "25:00",
        "09:61",
        "09:00:75",
        "Sat",
        "weekend 09:00",
        "Sat-Sun 09:00",
        "Xyz 09:00",
        "2026-01-31",
        "2026-02-30T09:00",
        "2026-01-31T25:00",
    ],
)
def test_what_names_no_moment_is_told(text: str) -> None:
    """Days without hours, several days, and times there are not."""
    with pytest.raises(ValueError, match=r"\w"):
        moment_s(WEEK, text)
