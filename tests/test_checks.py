"""A good plan keeps every rule; a rule that is broken alone is reported alone."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from broken_plans import (
    BROKEN,
    PLAN,
    SCENARIO,
    b2,
    codes,
    flown,
    moved,
    route,
    rules_broken,
    stop_of,
    with_times,
)
from plans import ROOM_S, SWEEP, drawn, rostered, tiny_routes, told, with_sortie

import planner.checks
from planner.checks import RULES, check, examine, verdict_json
from planner.messages import LANGUAGES, catalogue
from planner.plan import Plan, Stop, Unserved


def test_a_good_plan_keeps_every_rule_and_every_rule_is_measured() -> None:
    """No false alarm; ten rules, each with its worst margin and its place."""
    verdict = examine(SCENARIO, PLAN)
    assert verdict.violations == ()
    assert verdict.ok
    assert [r.rule for r in verdict.rules] == [rule.__name__ for rule in RULES]
    assert len(verdict.rules) == 10
    for result in verdict.rules:
        if result.rule != "provenance":  # a digest is right or wrong
            assert result.worst_margin is not None and result.worst_margin >= 0
            assert result.where and result.unit


def test_the_verdict_as_json_has_the_shape_that_others_rely_on() -> None:
    """`patrol check --json` prints ok, rules and violations with fixed keys."""
    told_ = verdict_json(examine(SCENARIO, replace(PLAN, provenance={})))
    assert set(told_) == {"ok", "rules", "violations"}
    assert told_["ok"] is False
    keys = {"rule", "ok", "worst_margin", "unit", "where"}
    assert all(set(rule) == keys for rule in told_["rules"])
    assert [set(v) for v in told_["violations"]] == [
        {"rule", "where", "found", "limit"}
    ]


@pytest.mark.parametrize("code", BROKEN)
def test_a_rule_that_is_broken_alone_is_reported_alone(code: str) -> None:
    """Whoever reads the report is led to the one thing that is wrong."""
    plan = BROKEN[code]()
    assert rules_broken(plan) == {code.partition(".")[0]}
    assert ".".join(code.split(".")[:2]) in codes(plan)


def test_every_rule_has_a_plan_that_breaks_it_alone() -> None:
    """A rule that nothing breaks would prove nothing."""
    rules = {rule.__name__ for rule in RULES}
    assert rules - {code.partition(".")[0] for code in BROKEN} == {"energy"}


def test_a_flat_battery_is_reported_alone() -> None:
    """A sortie must end within the usable endurance."""
    weak = replace(SCENARIO.drone_models[0], usable_endurance_s=429.0)
    scenario = replace(SCENARIO, drone_models=(weak,))
    assert codes(told(scenario, PLAN), scenario) == {"energy.endurance"}


def test_pads_that_are_too_few_are_reported_alone() -> None:
    """Two drones charge while a pad is asked for only one."""
    one = tuple(replace(s, pads=1) for s in SCENARIO.stations)
    scenario = replace(SCENARIO, stations=one)
    assert codes(told(scenario, PLAN), scenario) == {"pads.free"}


def test_a_pad_that_is_left_and_taken_at_once_counts_once() -> None:
    """Intervals that only touch do not add up."""
    length = PLAN.route("A1").duration_s
    busy = tuple(
        replace(s, ready_s=s.takeoff_s + 1800.0) if s.route == "A1" else s
        for s in PLAN.roster
        if s.route == "A1"
    )
    assert busy[0].ready_s > busy[0].takeoff_s + length + 600
    alone = replace(PLAN, roster=busy)
    one = tuple(replace(s, pads=1) for s in SCENARIO.stations)
    scenario = replace(SCENARIO, stations=one)
    assert "pads.free" not in codes(alone, scenario)


def test_two_drones_in_one_column_are_reported() -> None:
    """One drone moves at a time in a station's column, whatever their heights."""
    assert codes(flown(b2(phase_s=1001.0))) >= {"separation.column", "pads.spacing"}


def test_a_drone_in_two_places_is_reported() -> None:
    """A drone does not take off before it is ready."""
    shared = tuple(
        replace(s, drone="B-1") if s.route == "B2" else s for s in PLAN.roster
    )
    plan = told(SCENARIO, replace(PLAN, roster=shared))
    assert codes(plan) == {"fleet.ready"}


def test_a_take_off_that_stands_twice_is_reported() -> None:
    """Two drones cannot fly one sortie."""
    twin = replace(PLAN.roster[0], drone="A-3")
    broken = codes(told(SCENARIO, replace(PLAN, roster=(*PLAN.roster, twin))))
    assert "fleet.twice" in broken
    assert "separation.distance" in broken


def test_a_drone_that_does_not_rest_does_not_watch() -> None:
    """Flying past a place is no look at it."""
    drifting = moved(with_times(PLAN.route("A1"), 4, 9.0), 3, 2, 0)
    assert codes(flown(drifting)) == {"motion.rest", "coverage.area"}


def test_a_stop_of_another_kind_does_not_serve_a_zone() -> None:
    """A look from above is no sweep."""
    sweep = PLAN.route("A2")
    looked = stop_of(sweep, 0, kind="line")
    assert "coverage.area" in codes(flown(looked))


def test_the_turn_of_a_sweep_is_found_wherever_the_lane_is_cut() -> None:
    """Vertices along a lane do not hide the turn at its end."""
    places = ((500, 644), (700, 644), (900, 644), (900, 732), (650, 732), (500, 732))
    lazy = replace(SWEEP, places=places, waits_s=(0.0, 0.0, 6.01, 0.0, 0.0, 0.0))
    hasty = replace(lazy, waits_s=(0.0,) * 6)
    good, bad = (
        flown(drawn("A2", "A", 105.0, 1800.0, 700.0, [task])) for task in (lazy, hasty)
    )
    assert codes(good) == set()
    assert codes(bad) == {"motion.turn"}


def test_many_short_pieces_gain_no_time_by_rounding() -> None:
    """A path cut into crumbs is as slow as the whole path."""
    whole = PLAN.route("A1")
    start, end = np.array(whole.path[1]), np.array(whole.path[2])
    cuts = np.linspace(0, 1, 600)[1:-1]
    crumbs = tuple(map(tuple, (start + cuts[:, None] * (end - start)).tolist()))
    quick = 0.9985 * (whole.t_s[2] - whole.t_s[1])
    times = tuple((whole.t_s[1] + cuts * quick).tolist())
    cut = replace(
        whole,
        path=(*whole.path[:2], *crumbs, *whole.path[2:]),
        t_s=(*whole.t_s[:2], *times, *whole.t_s[2:]),
    )
    # The last crumb takes the time that the others saved; shorten that too.
    late = len(crumbs) + 2
    gained = whole.t_s[2] - whole.t_s[1] - quick - ROOM_S
    assert codes(flown(with_times(cut, late, -gained))) == {"motion.hurry"}


def test_a_plan_for_a_longer_horizon_is_checked_over_its_own() -> None:
    """A plan may cover more than was asked for, never less."""
    longer = {**PLAN.horizon, "seconds": 5 * 3600.0}
    more = rostered(tiny_routes(), 5 * 3600.0)
    plan = told(SCENARIO, replace(PLAN, horizon=longer, roster=more))
    assert codes(plan) == set()
    assert codes(told(SCENARIO, replace(PLAN, horizon=longer))) == {"revisit.gap"}
    shorter = {**PLAN.horizon, "seconds": 3 * 3600.0}
    assert "provenance.end" in codes(replace(PLAN, horizon=shorter))
    later = {**PLAN.horizon, "start": "2026-01-31T07:00:00+08:00"}
    assert "provenance.start" in codes(replace(PLAN, horizon=later))


@pytest.mark.parametrize(
    "plan",
    [
        replace(PLAN, routes=(), roster=()),
        replace(PLAN, horizon={}),
        replace(PLAN, horizon={"start": "yesterday", "seconds": "x"}),
        replace(PLAN, horizon={**PLAN.horizon, "seconds": 1e15}),
        replace(PLAN, routes=(route("A1", t_s=(0.0,)), *PLAN.routes[1:])),
        replace(PLAN, routes=(route("A1", path=PLAN.routes[0].path[:1], t_s=(0.0,)),)),
        replace(PLAN, routes=(route("A1", depot="Z"), *PLAN.routes[1:])),
        replace(PLAN, routes=(route("A1", drone_model="Z"), *PLAN.routes[1:])),
        replace(PLAN, routes=(route("A1", t_s=PLAN.routes[0].t_s[::-1]),)),
        replace(PLAN, routes=(PLAN.routes[0], *PLAN.routes)),
        replace(PLAN, routes=(route("A1", stops=()), *PLAN.routes[1:])),
        replace(PLAN, routes=(stop_of(PLAN.routes[0], 0, enter_s=9e9, exit_s=-9e9),)),
        replace(PLAN, metrics={"zones": {"zones": 1}}),
        replace(PLAN, unserved=(Unserved(zone="?", code="", reason=""),)),
        with_sortie(PLAN, 0, route="?", drone=""),
    ],
)
def test_a_plan_that_makes_no_sense_is_a_violation_never_a_crash(plan: Plan) -> None:
    """Whatever a hand edited, the checker says so."""
    assert check(SCENARIO, plan)


def test_every_violation_is_told_in_both_languages() -> None:
    """What is broken can be read in English and in Chinese."""
    for make in BROKEN.values():
        for violation in check(SCENARIO, make()):
            for language in LANGUAGES:
                assert violation.where in violation.text(language)
    assert all(f"rule.{rule.__name__}" in catalogue() for rule in RULES)


def test_every_code_that_the_rules_use_has_a_sentence() -> None:
    """No violation is left without words."""
    folder = Path(planner.checks.__file__).parent
    prefixes = tuple(f"{rule.__name__}." for rule in RULES)
    used = {
        node.value
        for file in folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith(prefixes)
        and " " not in node.value
    } - {"provenance.scenario_digest"}
    said = {
        key.removeprefix("violation.")
        for key in catalogue()
        if key.startswith("violation.")
    }
    assert used == said


def test_the_checker_knows_nothing_of_the_solver() -> None:
    """It imports the nouns and the ground floor, numpy and shapely, nothing else."""
    words = "basics errors messages given implied plan scenario"
    words += " bounds checks flown metrics response"
    allowed = set(words.split())
    folder = Path(planner.checks.__file__).parent
    beside = [
        folder.parent / "metrics.py",
        *(folder.parent / "flown").glob("*.py"),
        *(folder.parent / "response").glob("*.py"),
    ]
    bounds = [
        file
        for file in (folder.parent / "bounds").glob("*.py")
        if not file.stem.startswith("routing_")
    ]
    for file in [*folder.glob("*.py"), *beside, *bounds]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for name in names:
                top, _, rest = name.partition(".")
                if top == "planner":
                    assert rest.partition(".")[0] in allowed, file
                else:
                    assert top not in {"ortools", "networkx", "scipy", "pandas"}, file


def test_a_stop_without_zones_is_reported() -> None:
    """Every stop is for a zone."""
    extra = Stop(zones=(), target="T", kind="line", enter_s=300.0, exit_s=310.0)
    of = PLAN.route("A1")
    assert codes(flown(replace(of, stops=(*of.stops, extra)))) == {"accounts.stop"}
