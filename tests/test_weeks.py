"""Zones may be due on some days of the week, and a plan may be for a week."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from drafts import make_draft, make_scenario
from hypothesis import given, settings
from hypothesis import strategies as st
from test_response import with_teams
from tiny_folder import example, inspected, write
from worlds import square, station, world, zone

import maps
from maps.facts import clock_of, peak_period
from planner.basics.clock import DAY_S, WEEK_S, parse_clock
from planner.budget import Budget
from planner.checks import examine
from planner.formats.horizon import parse_horizon
from planner.formats.plan_geojson import as_written
from planner.formats.scenario_folder import read_scenario
from planner.formats.schedule import days_of, schedule
from planner.formats.table import Fault
from planner.formats.weekdays import active_hours
from planner.given.horizon import Horizon
from planner.plan import Plan, Sortie
from planner.planning.pipeline import plan_routes
from planner.response.rounds import days_of as sorties_of
from planner.response.standby import days_away, sorties_by_drone, standby, team_gaps
from planner.scenario import Scenario
from planner.timetable.packing import packing
from planner.timetable.placing import add
from planner.timetable.rhythm import rhythm

HOUR_S = 3600.0
WEEK = Horizon(
    start="2026-01-05T00:00:00+08:00", start_clock_s=0.0, length_s=float(WEEK_S)
)
"""From Monday on."""

WORK, SATURDAY, WEEKEND = range(5), (5,), (5, 6)


@pytest.mark.parametrize(
    ("text", "days", "hours"),
    [
        ("Mon-Fri 07:00-09:00", WORK, ("07:00", "09:00")),
        ("weekdays 07:00-09:00", WORK, ("07:00", "09:00")),
        ("周一至周五07:00-09:00", WORK, ("07:00", "09:00")),
        ("星期一-星期五 07：00-09：00", WORK, ("07:00", "09:00")),
        ("工作日 07:00–09:00", WORK, ("07:00", "09:00")),
        ("Sat/Sunday 00:00-24:00", WEEKEND, ("00:00", "24:00")),
        ("周末 10:00-12:00", WEEKEND, ("10:00", "12:00")),
        ("Sat-Mon 10:00-12:00", (5, 6, 0), ("10:00", "12:00")),
    ],
)
def test_days_are_read_in_both_languages(
    text: str, days: list[int], hours: tuple[str, str]
) -> None:
    """Ranges, lists and words for days stand before hours."""
    low, high = map(parse_clock, hours)
    expected = sorted((low + d * DAY_S, high + d * DAY_S) for d in days)
    assert active_hours("active", text) == ((), tuple(expected))


def test_days_and_daily_hours_may_be_mixed() -> None:
    """What names no day holds on each; what goes over midnight, from its first day."""
    daily, weekly = active_hours("active", "06:00-07:00, Sat 22:00-02:00")
    assert daily == ((6 * 3600, 7 * 3600),)
    assert weekly == ((5 * DAY_S + 22 * 3600, 5 * DAY_S + 26 * 3600),)


@pytest.mark.parametrize("text", ["Mon", "Mon-Fri", "Mon,Tue 07:00-08:00", "Xyz 1-2"])
def test_days_without_hours_are_told(text: str) -> None:
    """A list of days is written with slashes: a comma ends what holds on a day."""
    with pytest.raises(Fault) as fault:
        active_hours("active", text)
    assert fault.value.code == "E-VALUE-SPANS"


def test_a_week_begins_on_monday() -> None:
    """The Monday before the date; the date itself says which day a day is."""
    found = parse_horizon("week", "Asia/Shanghai", "2026-01-08", [])
    assert (found.start, found.length_s) == (WEEK.start, WEEK.length_s)
    thursday = parse_horizon("24h", "Asia/Shanghai", "2026-01-08", [])
    assert (thursday.start_week_s, thursday.repeats) == (3 * DAY_S, True)
    monday = ((0.0, HOUR_S),)
    assert thursday.windows((), monday) == ()
    assert WEEK.windows((), monday) == ((0.0, HOUR_S),)
    late = ((6 * DAY_S + 22 * HOUR_S, 7 * DAY_S + 2 * HOUR_S),)
    assert WEEK.windows((), late) == ((0, 2 * HOUR_S), (late[0][0], WEEK_S))


def test_airspace_may_hold_on_days_of_the_week() -> None:
    """Only if the plan has one of them; over midnight, on the day after, too."""
    zone_name, place = "Asia/Shanghai", (120.0, 33.0)
    monday = days_of("2026-01-05T00:00:00+08:00", DAY_S, zone_name)
    eight, ten = 8 * HOUR_S, 10 * HOUR_S
    assert schedule("s", "Mon-Fri 08:00-10:00", monday, place) == ((eight, ten),)
    assert schedule("s", "周末 08:00-10:00", monday, place) == ()
    assert schedule("s", "Sun 22:00-02:00", monday, place) == ((0, 2 * HOUR_S),)


def test_days_of_a_zone_count_in_its_digest(tmp_path: Path) -> None:
    """A zone that is due on other days is another scenario, on the same hours too."""
    plain = read_scenario(write(tmp_path / "plain"), horizon="week")
    layers = example()
    layers["zones"]["features"][0]["properties"]["active"] = "Mon-Fri 07:00-09:00"
    assert inspected(write(tmp_path / "days", layers), "week") == ()
    weekly = read_scenario(tmp_path / "days", horizon="week")
    assert len(weekly.windows(weekly.zones[0])) == 5
    assert weekly.digest != plain.digest


def school_and_market() -> Scenario:
    """Return a zone due all week, one on school days and one at the weekend."""
    school = tuple((d * DAY_S + 7 * HOUR_S, d * DAY_S + 9 * HOUR_S) for d in WORK)
    market = tuple((d * DAY_S + 10 * HOUR_S, d * DAY_S + 14 * HOUR_S) for d in WEEKEND)
    night = ((6 * DAY_S + 22 * HOUR_S, 7 * DAY_S + 2 * HOUR_S),)
    scenario = world(
        [station("A", 0, 0, 3)],
        [
            zone("DAY", square(1500, 0, 200)),
            zone("MARKET", square(0, 1500, 200), active=(), weekly=market),
            zone("NIGHT", square(-1500, 0, 200), active=(), weekly=night),
            zone("SCHOOL", square(0, -1500, 200), active=(), weekly=school),
        ],
    )
    return replace(scenario, horizon=WEEK)


@cache
def planned() -> Plan:
    """Return a plan for that week."""
    budget = Budget(iterations=1, workers=1)
    return as_written(plan_routes(school_and_market(), budget=budget))


def test_a_week_is_planned_and_keeps_every_rule() -> None:
    """Each zone is flown to on its own days, and the week is flown again and again."""
    scenario, plan = school_and_market(), planned()
    assert plan.unserved == ()
    assert examine(scenario, plan).violations == ()
    days: dict[str, set[int]] = {z.id: set() for z in scenario.zones}
    zones_of = {r.id: {z for s in r.stops for z in s.zones} for r in plan.routes}
    for sortie in plan.roster:
        for name in zones_of[sortie.route]:
            if len(zones_of[sortie.route]) == 1:
                days[name].add(int((sortie.landing_s % WEEK_S) // DAY_S))
    assert not days["SCHOOL"] - set(WORK)
    assert not days["MARKET"] - set(WEEKEND)
    assert not days["NIGHT"] - {6, 0}
    takeoffs = [s.takeoff_s for s in plan.roster if "DAY" in zones_of[s.route]]
    assert len(takeoffs) >= 168


def test_a_visit_left_out_on_one_day_is_found() -> None:
    """The checker counts Saturday's windows on Saturday."""
    scenario, plan = school_and_market(), planned()
    market = {r.id for r in plan.routes for s in r.stops if "MARKET" in s.zones}
    low, high = 5 * DAY_S + 9 * HOUR_S, 5 * DAY_S + 15 * HOUR_S
    fewer = tuple(
        s for s in plan.roster if s.route not in market or not low < s.takeoff_s < high
    )
    broken = examine(scenario, replace(plan, roster=fewer)).violations
    told = [v.where for v in broken if v.rule == "revisit"]
    assert any(where.startswith("MARKET") and "Sat" in where for where in told)
    assert not any("Sun" in where for where in told if where.startswith("MARKET"))


def test_pages_of_a_week_name_its_days() -> None:
    """Map and report tell weekdays; a station's timetable stands once a kind of day."""
    scenario, plan = school_and_market(), planned()
    told = plan.metrics["drones_peak_period"]
    period = peak_period(plan, clock_of(scenario, plan))
    assert told[:3] in ("Mon", "Sat") and period == scenario.busiest_period()
    page = maps.draw_plan(scenario, plan).to_bytes().decode()
    assert '"weekday":0' in page.replace(" ", "")
    report = maps.report(scenario, plan, None).to_bytes().decode()
    assert "Tue, Wed, Thu, Fri<" in report
    assert "周二, 周三, 周四, 周五<" in report
    assert "2026-01-11 24:00" in report


def test_a_zone_of_other_days_is_told_with_them() -> None:
    """The reason names the days on which it would be due."""
    scenario = school_and_market()
    day = replace(scenario, horizon=replace(WEEK, length_s=float(DAY_S)))
    plan = plan_routes(day, budget=Budget(iterations=0, workers=1))
    told = {entry.zone: entry.figures for entry in plan.unserved}
    assert told["MARKET"] == {"active": "Sat 10:00-14:00, Sun 10:00-14:00"}


@given(
    headways=st.lists(st.sampled_from([30, 60, 120]), min_size=1, max_size=3),
    days=st.sets(st.integers(0, 6)),
    phase=st.integers(0, 1799),
)
@settings(max_examples=25, deadline=None)
def test_like_days_are_packed_once_with_nothing_lost(
    headways: list[int], days: set[int], phase: int
) -> None:
    """The most drones at once over a week is what the shorter one tells."""
    plain = replace(make_scenario(drones=9, pads=9), horizon=WEEK)
    hours = tuple((d * DAY_S + 7 * HOUR_S, d * DAY_S + 11 * HOUR_S) for d in days)
    zones = tuple(
        replace(z, active=(), weekly=hours)
        if z.id.startswith("school") and hours
        else replace(z, active=((0.0, DAY_S),))
        for z in plain.zones
    )
    scenario = replace(plain, zones=zones)
    drafts = [
        make_draft(
            f"R{n}",
            minutes=minutes,
            duration_s=1500.0,
            zone="school" if n else "day",
            stops=[(600.0, 620.0)],
        )
        for n, minutes in enumerate(headways)
    ]
    rhythms = [rhythm(scenario, draft) for draft in drafts]
    task = packing(scenario, scenario.stations[0], rhythms, {}, (0.0, float(WEEK_S)))
    assert task is not None
    assert len(days) > 5 or task.length_s < 5 * DAY_S
    levels = []
    for day_rhythms, length in ((task.rhythms, task.length_s), (rhythms, 2 * WEEK_S)):
        level = np.zeros(length, dtype=np.int16)
        for r, (demand, *_) in zip(day_rhythms, task.demands, strict=True):
            add(r, demand.drones, phase % r.headway_s, level)
        levels.append(int(level.max()))
    assert levels[0] == levels[1]


def test_who_flies_over_the_end_of_a_day_is_not_ready_at_its_start() -> None:
    """A drone in the air at midnight is in the air and charging just after it."""
    scenario = world([station("A", 0, 0, 3)], hours=24.0)
    midnight = replace(scenario.horizon, start_clock_s=0.0)
    scenario = replace(scenario, horizon=midnight)
    sorties = tuple(
        Sortie(drone=drone, route="R", takeoff_s=t, landing_s=t + 900, ready_s=t + 2400)
        for drone, t in (("A-1", 600.0), ("A-2", 40_000.0), ("A-1", 86_000.0))
    )
    plan = Plan(horizon={}, stations=(), drone_models=(), routes=(), roster=sorties)
    days = sorties_of(scenario, plan)
    flown = sorted(s.takeoff_s for day in days.values() for s in day)
    assert flown == [-400.0, 600.0, 40_000.0, 86_000.0, 87_000.0, 126_400.0, 172_400.0]
    for day in days.values():
        busy = [(s.takeoff_s, s.ready_s) for s in day]
        assert all(a[1] <= b[0] for a, b in pairwise(busy))
    away = days_away(plan.routes, days)
    now = standby(scenario, scenario.stations[0], away, np.array([300.0]))
    assert now.ready[:, 0].tolist() == [True, True, False]  # A-3 is in the air still
    third = team_gaps(with_teams(scenario, "A", "A", "A"), plan)[2]
    assert (third.fewest, third.short_s, third.since_s) == (1, 5800.0, 0.0)
    morning = replace(scenario, horizon=replace(midnight, length_s=80_000.0))
    assert sorties_of(morning, plan) == sorties_by_drone(plan)
