"""Airspace holds at hours, on days, and by the sun."""

from __future__ import annotations

import datetime
import zoneinfo
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import closure, square, station, world, zone

from planner.airspace.freespace import free_space
from planner.basics.clock import cut_to_horizon, parse_clock
from planner.basics.sun import sun_hours
from planner.formats.schedule import days_of, schedule
from planner.formats.table import Fault
from planner.formats.times import Days, Times, held
from planner.validation.findings import validate

SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")
YANCHENG = (120.16, 33.35)
MAY = Days((datetime.date(2026, 5, 1), datetime.date(2026, 5, 2)), SHANGHAI)
HOUR_S = 3600.0


@pytest.mark.parametrize(
    ("day", "place", "zone_name", "rise", "set_"),
    [
        ("2024-06-21", (116.4, 39.9), "Asia/Shanghai", "04:46", "19:46"),
        ("2024-12-21", (-0.13, 51.51), "Europe/London", "08:04", "15:53"),
        ("2024-01-01", (151.21, -33.87), "Australia/Sydney", "05:47", "20:09"),
    ],
)
def test_the_sun_rises_and_sets_as_almanacs_say(
    day: str, place: tuple[float, float], zone_name: str, rise: str, set_: str
) -> None:
    """Within three minutes of published times, north and south of the equator."""
    date = datetime.date.fromisoformat(day)
    found = sun_hours(date, *place)
    assert found is not None
    midnight = datetime.datetime.combine(
        date, datetime.time(), zoneinfo.ZoneInfo(zone_name)
    )
    offset = midnight.utcoffset()
    assert offset is not None
    for utc_s, told in zip(found, (rise, set_), strict=True):
        assert abs(utc_s + offset.total_seconds() - parse_clock(told)) <= 180


MINUTES = st.integers(0, 24 * 60 - 1).map(lambda minute: minute * 60.0)
ZONES = st.integers(-12, 14).map(
    lambda hours: datetime.timezone(datetime.timedelta(hours=hours))
)
INSTANTS = st.none() | st.datetimes(
    datetime.datetime(2026, 4, 29), datetime.datetime(2026, 5, 4)
).map(lambda moment: moment.replace(microsecond=0, tzinfo=datetime.UTC))


@given(
    weekdays=st.frozensets(st.integers(0, 6)),
    low=MINUTES,
    high=MINUTES,
    zone=st.none() | ZONES,
    begins=INSTANTS,
    ends=INSTANTS,
    count=st.integers(1, 2),
)
@settings(max_examples=300, deadline=None)
def test_no_moment_that_holds_is_left_open(count: int, **given_times: Any) -> None:
    """By every clock, on every day; and what is closed holds at that hour of a day."""
    times, days = Times(**given_times), replace_days(count)
    length_s = count * 24 * HOUR_S
    closed = cut_to_horizon(held([times], days, YANCHENG), 0.0, length_s)
    start = datetime.datetime.combine(days.days[0], datetime.time(), SHANGHAI)
    for second in range(17, int(length_s), 1013):
        moment = start + datetime.timedelta(seconds=second)
        is_closed = any(low <= second <= high for low, high in closed)
        assert is_closed or not holds_at(times, moment)
        hours = (moment + datetime.timedelta(days=k) for k in range(-1, count + 1))
        assert not is_closed or any(holds_at(times, hour) for hour in hours)


def holds_at(times: Times, moment: datetime.datetime) -> bool:
    """Whether a moment is in some times, by going through the days around it."""
    assert isinstance(times.low, float) and isinstance(times.high, float)
    if times.begins and moment < times.begins:
        return False
    if times.ends and moment > times.ends:
        return False
    local = moment.astimezone(times.zone or SHANGHAI)
    length_s = (times.high - times.low) % 86_400 or 86_400
    for back in (0, 1, 2):
        day = local.date() - datetime.timedelta(days=back)
        midnight = datetime.datetime.combine(day, datetime.time(), local.tzinfo)
        since_s = (local - midnight).total_seconds() - times.low
        on = not times.weekdays or day.weekday() in times.weekdays
        if on and 0 <= since_s <= length_s:
            return True
    return False


def test_beyond_the_polar_circle_the_sun_stays() -> None:
    """In Tromso it does not set in June, and does not rise in December."""
    june, december = datetime.date(2026, 6, 21), datetime.date(2026, 12, 21)
    assert sun_hours(june, 18.96, 69.65) == (-float("inf"), float("inf"))
    assert sun_hours(december, 18.96, 69.65) is None
    north = Days((december,), zoneinfo.ZoneInfo("Europe/Oslo"))
    assert schedule("schedule", "sunrise-sunset", north, (18.96, 69.65)) == ()
    assert schedule("schedule", "sunset-sunrise", north, (18.96, 69.65)) == (
        (0.0, 24 * HOUR_S),
    )


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("07:00-09:00, 22:00-02:00", ((7, 9), (22, 26))),
        ("2026-05-02 08:00-10:00", ((8, 10),)),
        ("2026-05-03 08:00-10:00", ()),
        ("2026-04-01/2026-05-01 08:00-10:00；12:00-13:00", ((8, 10), (12, 13))),
        ("2026-05-02", ((0, 24),)),
        ("2025-01-01/2025-12-31", ()),
        # The first of May 2026 is a Friday.
        ("FRI 08:00-10:00", ((8, 10),)),
        ("mon-thu 08:00-10:00", ()),
        ("sat-mon/wed 08:00-10:00", ((8, 10),)),
        ("周五/周日 08:00-10:00", ((8, 10),)),
        ("周天", ()),
        ("2026-05-01 SAT 08:00-10:00", ()),
        # The night before the plan reaches into it.
        ("2026-04-30 22:00-02:00", ((0, 2),)),
        ("THU 22:00-02:00", ((0, 2),)),
        ("WED 22:00-02:00", ()),
    ],
)
def test_hours_and_dates_are_read(
    text: str, spans: tuple[tuple[int, int], ...]
) -> None:
    """A span after dates holds only if the plan has one of these days."""
    found = schedule("schedule", text, MAY, YANCHENG)
    assert found == tuple((low * HOUR_S, high * HOUR_S) for low, high in spans)


def test_hours_of_the_sun_are_on_the_safe_side() -> None:
    """Day and night together leave no gap, and each covers the sun's own hours."""
    (light,) = schedule("schedule", "sunrise-sunset", replace_days(1), YANCHENG)
    (dark,) = schedule("schedule", "日落-日出", replace_days(1), YANCHENG)
    sun = sun_hours(MAY.days[0], *YANCHENG)
    assert sun is not None
    rise_s, set_s = (s + 8 * HOUR_S for s in sun)
    assert light[0] < rise_s < set_s < light[1]
    assert dark[0] < set_s and dark[1] > rise_s + 24 * HOUR_S


def test_twilight_lasts_longer_than_the_day() -> None:
    """Civil twilight begins before sunrise and ends after sunset, by half an hour."""
    day, wide = (
        schedule("schedule", text, replace_days(1), YANCHENG)
        for text in ("sunrise-sunset", "dawn-dusk")
    )
    ((rise, set_),), ((dawn, dusk),) = day, wide
    assert 20 * 60 < rise - dawn < 35 * 60
    assert 20 * 60 < dusk - set_ < 35 * 60


def replace_days(count: int) -> Days:
    """Return the first of the days."""
    return Days(MAY.days[:count], MAY.zone)


@pytest.mark.parametrize(
    "text",
    [
        "noon-18:00",
        "08:00",
        "2026-05-05/2026-05-01 08:00-09:00",
        "",
        "1-2-3",
        "mon-wed-fri 08:00-09:00",
        "holiday 08:00-09:00",
        "08:00-08:00",
    ],
)
def test_what_is_no_schedule_is_told(text: str) -> None:
    """Nothing that cannot be read is taken for always or never."""
    with pytest.raises(Fault) as fault:
        schedule("schedule", text, MAY, YANCHENG)
    assert fault.value.code == "E-VALUE-SCHEDULE"


def test_a_horizon_touches_its_days() -> None:
    """From six in the evening, 36 hours touch three days, and six hours one."""
    start = "2026-05-01T18:00:00+08:00"
    assert len(days_of(start, 36 * HOUR_S, "Asia/Shanghai").days) == 3
    assert len(days_of(start, 6 * HOUR_S, "Asia/Shanghai").days) == 1


def test_airspace_that_never_holds_closes_nothing() -> None:
    """It is left alone, and told of if dates are why; near the horizon it counts."""
    far = closure("FAR", square(500, 0, 100), schedule=((0.0, HOUR_S),))
    near = replace(far, id="NEAR", schedule=((4.5 * HOUR_S, 5.5 * HOUR_S),))
    never = replace(far, id="NEVER", schedule=())
    scenario = world(
        [station("A", 0, 0)], [zone("W", square(900, 0, 100))], [far, near, never]
    )
    assert [a.id for a in scenario.closures()] == ["NEAR"]
    assert len(free_space(scenario).closures) == 1
    told = [f.feature for f in validate(scenario) if f.code == "W-SCHEDULE-NEVER"]
    assert told == ["NEVER"]
