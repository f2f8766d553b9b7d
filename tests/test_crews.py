"""No more drones are in the air than the pilots of a district may have there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from drafts import make_draft, make_scenario
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import tiny_plan, tiny_scenario
from tiny_folder import TOML, example, found, inspected, write
from worlds import problems_of, square, station, world, zone

from maps.terms import terms_table
from planner.budget import Budget
from planner.checks import examine
from planner.draft import DraftRoute
from planner.engines.assess import Assessor
from planner.formats.plan_geojson import as_written
from planner.formats.scenario_folder import read_scenario
from planner.given.crews import Break, Crews
from planner.given.horizon import Horizon
from planner.plan import Plan, Sortie
from planner.planning.pipeline import plan_routes
from planner.problem import make_column
from planner.scenario import Scenario
from planner.timetable import stationclock
from planner.timetable.making import make_timetable
from planner.timetable.rhythm import rhythm, sorties
from planner.timetable.stationclock import schedule_station
from planner.validation.findings import validate

SCENARIO = tiny_scenario()
PLAN = tiny_plan()
DAY_S = 86_400.0
NOON = ((43_200.0, 45_000.0),)


def codes(scenario: Scenario, plan: Plan) -> set[str]:
    """Return the codes of what the checker finds."""
    return {v.code for v in examine(scenario, plan).violations}


def crewed(scenario: Scenario, crews: Crews | None, district: str = "D") -> Scenario:
    """Return a scenario whose stations all are of one district, with crews."""
    ours = tuple(replace(s, district=district) for s in scenario.stations)
    return replace(scenario, stations=ours, crews=crews)


def aloft_at(spans: Sequence[tuple[float, float]], moment_s: float) -> int:
    """Return how many spans hold at a moment."""
    return sum(begin < moment_s < end for begin, end in spans)


def most_aloft(spans: Sequence[tuple[float, float]]) -> int:
    """Return the most spans that hold at once: each begins just after its start."""
    return max(aloft_at(spans, begin + 0.01) for begin, _ in spans)


def flights(plan: Plan) -> list[tuple[float, float]]:
    """Return when drones are in the air."""
    return [(s.takeoff_s, s.landing_s) for s in plan.roster]


def two_busy_stations(crews: Crews | None) -> Scenario:
    """Return two stations of a district, each with two zones that are due hourly."""
    scenario = world(
        [station("A", 0, 0, 2), station("B", 9000, 0, 2)],
        [
            zone("W1", square(0, 3000, 200)),
            zone("W2", square(0, -3000, 200)),
            zone("W3", square(9000, 3000, 200)),
            zone("W4", square(9000, -3000, 200)),
        ],
        hours=5.0,
    )
    return crewed(scenario, crews)


@cache
def planned(crews: Crews | None) -> Plan:
    """Return a plan for the two stations."""
    scenario = two_busy_stations(crews)
    return as_written(plan_routes(scenario, budget=Budget(iterations=1, workers=1)))


def test_a_plan_takes_turns_where_one_pilot_serves_two_stations() -> None:
    """With one drone in the air at a time all zones are served, and the check holds."""
    crews = Crews(drones_per_pilot=1, pilots=1)
    free, plan = planned(None), planned(crews)
    assert most_aloft(flights(free)) > 1
    assert "fleet.crew" in codes(two_busy_stations(crews), free)
    assert (plan.unserved, codes(two_busy_stations(crews), plan)) == ((), set())
    assert {s.drone[0] for s in plan.roster} == {"A", "B"}
    assert most_aloft(flights(plan)) == 1


def test_pilots_enough_change_no_plan() -> None:
    """A limit that no station could reach leaves a plan as it is without one."""
    crews = Crews(drones_per_pilot=2, districts=(("D", 2),))
    assert planned(crews) == planned(None)


def test_nobody_is_in_the_air_while_there_is_no_pilot() -> None:
    """Routes fly around a break that is shorter than their intervals."""
    rest = Break(hours=((8 * 3600.0, 8.5 * 3600.0),), district="D")
    crews = Crews(drones_per_pilot=4, breaks=(rest,))
    plan = planned(crews)
    assert (plan.unserved, codes(two_busy_stations(crews), plan)) == ((), set())
    middle = [t for t in range(7201, 9000, 10) if aloft_at(flights(plan), t)]
    assert middle == []
    assert "fleet.crew" in codes(two_busy_stations(crews), planned(None))


def test_a_break_longer_than_an_interval_is_the_reason() -> None:
    """No station has a pilot for longer than zones may wait: so it is told."""
    crews = Crews(drones_per_pilot=4, breaks=(Break(hours=NOON),))
    short = world(
        [station("A", 0, 0, 2)],
        [
            zone("W1", square(0, 2000, 200), revisit_s=1500.0),
            zone("W2", square(0, -2000, 200), active=((25_200.0, 39_600.0),)),
        ],
        hours=8.0,
    )
    scenario = replace(short, crews=crews)
    plan = as_written(plan_routes(scenario, budget=Budget(iterations=1, workers=1)))
    assert [(u.zone, u.code) for u in plan.unserved] == [("W1", "no_pilots")]
    assert plan.unserved[0].figures == {
        "begin": "12:00",
        "end": "12:30",
        "interval_min": 25.0,
    }
    assert codes(scenario, plan) == set()


def test_what_crews_may_have_aloft_follows_the_least_pilots() -> None:
    """Breaks overlap, repeat with the horizon, and count where they are meant."""
    rests = (
        Break(hours=((3600.0, 7200.0),), pilots=1),
        Break(hours=((5400.0, 9000.0),), pilots=0, district="D"),
    )
    crews = Crews(drones_per_pilot=3, districts=(("D", 2),), breaks=rests)
    day = Horizon(start="2026-01-05T00:00:00+08:00", start_clock_s=0.0, length_s=DAY_S)
    found = crews.limits("D", day, DAY_S + 4000.0)
    assert found[:5] == (
        (0.0, 3600.0, 6),
        (3600.0, 5400.0, 3),
        (5400.0, 7200.0, 0),
        (7200.0, 9000.0, 0),
        (9000.0, DAY_S + 3600.0, 6),
    )
    assert found[5:] == ((DAY_S + 3600.0, DAY_S + 4000.0, 3),)
    assert crews.limits("E", day, DAY_S) == ((3600.0, 7200.0, 3),)
    assert crews.grounded(["D"], day) == ((5400.0, 9000.0),)
    assert crews.grounded(["D", "E"], day) == ()


@st.composite
def neighbours(draw: st.DrawFn) -> tuple[list[DraftRoute], Crews]:
    """Draw routes of two stations, and pilots for them."""
    routes = [
        make_draft(
            f"R{n}",
            minutes=draw(st.sampled_from([60, 120])),
            duration_s=draw(st.integers(7000, 15_000)) / 10,
            zone=draw(st.sampled_from(["day", "day", "school"])),
            bearing_deg=60.0 * n,
            depot=n % 2,
        )
        for n in range(draw(st.integers(2, 5)))
    ]
    begin_s = 60.0 * draw(st.integers(7 * 60, 20 * 60))
    rest = Break(hours=((begin_s, begin_s + 1200.0),), pilots=draw(st.integers(0, 1)))
    return routes, Crews(
        drones_per_pilot=1, pilots=draw(st.integers(1, 2)), breaks=(rest,)
    )


@pytest.mark.parametrize("whole_days", [False, True])
@given(task=neighbours())
@settings(max_examples=8, deadline=None)
def test_clocks_keep_what_stations_share(
    whole_days: bool, task: tuple[list[DraftRoute], Crews]
) -> None:
    """At no moment are more drones in the air than there are pilots for."""
    routes, crews = task
    length_s = DAY_S if whole_days else 57_600.0
    scenario = crewed(make_scenario(stations=2, length_s=length_s), crews)
    table = make_timetable(scenario, routes, deterministic_time=0.02)
    spans = [(s.takeoff_s, s.landing_s) for s in table.roster]
    if whole_days:
        spans += [(a + DAY_S, b + DAY_S) for a, b in spans]
    for low, high, most in crews.limits("D", scenario.horizon, 2 * DAY_S):
        starts = [max(a, low) for a, b in spans if a < high and b > low]
        assert all(aloft_at(spans, t + 1e-4) <= most for t in starts)


def test_solver_and_first_fit_are_told_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where first fit finds nothing, CP-SAT keeps clear of the other station too."""
    crews = Crews(drones_per_pilot=1, pilots=1)
    scenario = crewed(make_scenario(stations=2), crews)
    theirs, ours = make_draft("R0"), make_draft("R1", depot=1)
    monkeypatch.setattr(stationclock, "first_fit", lambda *_: None)
    fixed = (rhythm(scenario, theirs), 600)
    clock = schedule_station(
        scenario, scenario.stations[1], [ours], others=[fixed], minimise=False
    )
    assert clock is not None
    spans = [
        (float(t), t + draft.duration_s)
        for draft, phase_s in ((theirs, 600), (ours, clock.phases_s["R1"]))
        for t in sorties(scenario, draft, phase_s)
    ]
    assert most_aloft(spans) == 1


def test_a_route_that_must_fly_through_a_break_is_named_at_once() -> None:
    """It is given up before routes that could be flown without it."""
    crews = Crews(drones_per_pilot=9, breaks=(Break(hours=NOON),))
    scenario = crewed(make_scenario(drones=2, pads=2), crews)
    through = make_draft("R0", minutes=30)
    around = make_draft("R1", minutes=60, zone="school", bearing_deg=180.0)
    table = make_timetable(scenario, [through, around])
    assert (table.unflyable, table.overloaded) == (("R0",), {})
    alone = make_timetable(scenario, [around])
    assert [r.id for r in alone.routes] == ["R1"]


def test_the_search_sees_what_stations_share() -> None:
    """Routes that it takes for flyable are so with the pilots that there are."""
    crews = Crews(drones_per_pilot=1, pilots=1)
    scenario = two_busy_stations(crews)
    space, (problem,) = problems_of(scenario)
    columns = []
    for t in range(len(problem.targets)):
        node = problem.nodes_of(t)[0]
        near = min((0, 1), key=lambda s: problem.table(s).out[s, node])
        columns.append(make_column(problem, near, 3600.0, [node]))
    assessor = Assessor(problem, space)
    found = assessor.assess(columns)
    assert {c.station for c in found.columns} == {0, 1}
    spans = [
        (float(t), t + draft.duration_s)
        for column in found.columns
        for draft in [assessor.draft(column)]
        for phase_s in [found.clocks[column.station].phases_s[draft.id]]
        for t in sorties(scenario, draft, phase_s)
    ]
    assert most_aloft(spans) == 1


def test_leftover_drones_are_spent_on_what_pilots_allow() -> None:
    """Where routes may come more often, still no more are in the air at once."""
    crews = Crews(drones_per_pilot=1, pilots=1)
    scenario = two_busy_stations(crews)
    scenario = replace(scenario, rules=replace(scenario.rules, leftover="tighten"))
    plan = as_written(plan_routes(scenario, budget=Budget(iterations=1, workers=1)))
    assert (plan.unserved, codes(scenario, plan)) == ((), set())
    assert most_aloft(flights(plan)) == 1


@given(
    takeoffs=st.lists(
        st.tuples(st.sampled_from(["A1", "B1"]), st.integers(0, 8000)),
        min_size=1,
        max_size=7,
    ),
    pilots=st.integers(0, 3),
    begin_s=st.integers(0, 6000),
    fewer=st.integers(0, 2),
)
@settings(max_examples=150, deadline=None)
def test_the_checker_counts_as_one_would_by_hand(
    takeoffs: list[tuple[str, int]], pilots: int, begin_s: int, fewer: int
) -> None:
    """It finds too many exactly if there are just before or after some event."""
    start_s = SCENARIO.horizon.start_clock_s
    rest = Break(hours=((start_s + begin_s, start_s + begin_s + 1800),), pilots=fewer)
    crews = Crews(drones_per_pilot=1, pilots=pilots, breaks=(rest,))
    roster = tuple(
        Sortie(
            drone=f"{name[0]}-{n + 1}",
            route=name,
            takeoff_s=float(t),
            landing_s=t + PLAN.route(name).duration_s,
            ready_s=t + 9000.0,
        )
        for n, (name, t) in enumerate(takeoffs)
    )
    spans = [(s.takeoff_s, s.landing_s) for s in roster]
    events = [t for span in spans for t in span] + [begin_s, begin_s + 1800.0]
    broken = any(
        aloft_at(spans, t + by) > (min(pilots, fewer) if resting else pilots)
        for t in events
        for by in (-0.01, 0.01)
        for resting in [begin_s < t + by < begin_s + 1800]
    )
    plan = replace(PLAN, roster=roster)
    assert ("fleet.crew" in codes(crewed(SCENARIO, crews), plan)) == broken


def test_who_is_still_in_the_air_when_the_day_begins_anew_is_counted() -> None:
    """A break after the seam is broken by the last sortie of the round before."""
    round_of_a_day = replace(SCENARIO.horizon, length_s=DAY_S)
    late_s = DAY_S - 100.0
    first = next(s for s in PLAN.roster if s.route == "B2")
    lasts_s = first.landing_s - first.takeoff_s
    sortie = replace(
        first, takeoff_s=late_s, landing_s=late_s + lasts_s, ready_s=late_s + 3000.0
    )
    horizon = dict(PLAN.horizon) | {"seconds": DAY_S}
    plan = replace(PLAN, roster=(sortie,), horizon=horizon)
    six = SCENARIO.horizon.start_clock_s
    landed = six + lasts_s - 100.0
    for spans, broken in (
        (((six, landed - 1),), True),
        (((landed - 1, landed + 60),), True),
        (((landed, landed + 60),), False),
        (((six - 101, six - 99),), True),
        (((six - 160, six - 100),), False),
    ):
        crews = Crews(drones_per_pilot=1, breaks=(Break(hours=spans),))
        scenario = replace(crewed(SCENARIO, crews), horizon=round_of_a_day)
        assert ("fleet.crew" in codes(scenario, plan)) == broken


def test_stations_of_no_district_have_pilots_of_their_own() -> None:
    """Two stations that name no district do not share the default number."""
    crews = Crews(drones_per_pilot=1, pilots=1)
    a1, b2 = (next(s for s in PLAN.roster if s.route == name) for name in ("A1", "B2"))
    takeoff_s = a1.takeoff_s + 10
    again = replace(b2, takeoff_s=takeoff_s, landing_s=takeoff_s + 100)
    plan = replace(PLAN, roster=(a1, again))
    assert "fleet.crew" not in codes(crewed(SCENARIO, crews, ""), plan)
    assert "fleet.crew" in codes(crewed(SCENARIO, crews, "D"), plan)


CREWS = """
[crews]
drones_per_pilot = 4
pilots = 2
districts = { "亭湖" = 3 }
[[crews.breaks]]
hours = "12:00-12:30"
pilots = 1
[[crews.breaks]]
hours = "周一至周五 18:00-18:30"
district = "亭湖"
"""


def folder(path: Path, crews: str) -> Path:
    """Write the example with its first station in 亭湖, and crews."""
    layers: dict[str, Any] = example()
    layers["stations"]["features"][0]["properties"]["district"] = "亭湖"
    return write(path, layers, TOML + crews)


def test_crews_are_read(tmp_path: Path) -> None:
    """All keys mean what they say, and the digest tells crews from none."""
    plain = read_scenario(folder(tmp_path / "plain", ""))
    scenario = read_scenario(folder(tmp_path / "crews", CREWS))
    crews = scenario.crews
    assert crews is not None and plain.crews is None
    assert (crews.drones_per_pilot, crews.pilots) == (4, 2)
    assert crews.districts == (("亭湖", 3),)
    daily, weekly = crews.breaks
    assert daily == Break(hours=NOON, pilots=1)
    assert (weekly.district, weekly.pilots, len(weekly.weekly)) == ("亭湖", 0, 5)
    assert scenario.digest != plain.digest
    bare = replace(scenario, crews=None, name=plain.name, digest=plain.digest)
    assert bare == plain


@pytest.mark.parametrize(
    ("crews", "code", "feature"),
    [
        ('pilots = 1\ndistricts = { "亭胡" = 3 }', "E-REF", "crews.districts"),
        (
            '[[crews.breaks]]\nhours = "12:00-12:30"\ndistrict = "X"',
            "E-REF",
            "crews.breaks",
        ),
        (
            '[[crews.breaks]]\nhours = "noon"',
            "E-VALUE-SPANS",
            "crews.breaks[0].hours",
        ),
        ('districts = { "亭湖" = 0 }', "W-NO-PILOTS", "S1"),
        (
            '[[crews.breaks]]\nhours = "05:00-23:00"\ndistrict = "亭湖"',
            "W-NO-PILOTS",
            "S1",
        ),
        ("", "E-TOML-MISSING", "crews.pilots"),
        ("pilot = 2", "E-TOML-KEY", "crews.pilot"),
        ("pilots = -1", "E-TOML-RANGE", "crews.pilots"),
        ('districts = { "亭湖" = 1.5 }', "E-TOML-TYPE", "crews.districts.亭湖"),
    ],
)
def test_what_is_wrong_with_crews_is_told(
    tmp_path: Path, crews: str, code: str, feature: str
) -> None:
    """Each fault has its code and its place."""
    toml = f"[crews]\ndrones_per_pilot = 4\n{crews}\n"
    findings = inspected(folder(tmp_path / "city", toml))
    assert found(findings, code).feature == feature


def test_a_pilot_has_at_least_one_drone(tmp_path: Path) -> None:
    """Pilots of no drones are an error, not a day on the ground."""
    toml = "[crews]\ndrones_per_pilot = 0\npilots = 2\n"
    findings = inspected(folder(tmp_path / "city", toml))
    assert found(findings, "E-TOML-RANGE").feature == "crews.drones_per_pilot"


def test_break_hours_that_still_leave_a_pilot_are_no_finding() -> None:
    """Districts that rest now and then are left alone."""
    rests = (Break(hours=NOON), Break(hours=((0.0, DAY_S),), pilots=1))
    crews = Crews(drones_per_pilot=1, pilots=2, breaks=rests)
    scenario = two_busy_stations(crews)
    assert "W-NO-PILOTS" not in {f.code for f in validate(scenario)}


def test_the_report_says_what_pilots_there_are(tmp_path: Path) -> None:
    """In both languages: by district, for the others, and the breaks."""
    scenario = read_scenario(folder(tmp_path, CREWS))
    html = terms_table(scenario)
    assert "at most 4 drones" in html and "亭湖: 3 pilots" in html
    assert "飞手 2 名" in html and "12:00–12:30" in html
    assert "Mon 18:00–18:30" in html
    assert "pilots" not in terms_table(replace(scenario, crews=None))
