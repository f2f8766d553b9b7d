"""A plan that is asked to hold has room where that is needed, and says how often."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from worlds import square, station, world, zone

import maps
import planner
from planner.budget import Budget, Progress
from planner.checks import check
from planner.cli import main
from planner.errors import EXIT_INFEASIBLE, EXIT_OK, StoppedError
from planner.formats.plan_geojson import as_written, plan_to_bytes
from planner.formats.trace_json import read_trace
from planner.given.scatter import Scatter
from planner.planning.margins import Room, fitted, room_for, stricter
from planner.planning.robustness import Robust, plan_robustly
from planner.scenario import Scenario
from planner.simulation import Kept, odds, simulate
from planner.simulation.lateness import Lateness

ONCE = Budget(iterations=1, workers=1)
ROOM = Room(visit_s=100.0, move_s=50.0, ready_s={"M": 60.0}, longer_s={"M": 9.0})


def town(scatter: Scatter | None = None) -> Scenario:
    """Return two stations, one with drones to spare, and zones that keep them busy."""
    made = world(
        [station("A", 0, 0, 6), station("B", 9000, 0, 6)],
        [
            zone(name, square(x, y, 250), revisit_s=2400.0, dwell_s=240.0)
            for name, x, y in (
                ("W1", 900, -300),
                ("W2", 1800, 400),
                ("W3", 700, 900),
                ("W4", 8100, 500),
                ("W5", 7200, -400),
            )
        ],
    )
    return replace(made, scatter=scatter or Scatter())


@pytest.fixture(scope="module")
def robust() -> Robust:
    """Return a plan that is asked to hold on 99 of 100 days."""
    return plan_robustly(town(), 0.99, budget=ONCE)


def test_a_plan_that_is_asked_to_hold_does_on_days_that_it_was_not_made_for(
    robust: Robust,
) -> None:
    """Where the plain plan hardly ever holds, this one does on 99 of 100 days."""
    scenario = town()
    plain = planner.plan_routes(scenario, budget=ONCE)
    before = simulate(scenario, as_written(plain))
    assert before.worst_route_odds.share < 0.9
    assert robust.reached >= 0.99 and robust.short == ()
    plan = as_written(robust.plan)
    assert check(scenario, plan) == []
    assert plan.unserved == ()
    other = simulate(scenario, plan, runs=4000, seed=77)
    assert min(kept.odds.share for kept in other.kept) >= 0.99
    told = plan.analysis["robust"]
    again = simulate(scenario, plan, runs=told["days"], seed=told["seed"])
    assert min(kept.odds.share for kept in again.kept) == told["reached"]


def test_each_promise_is_a_rule_at_a_route_or_a_station(robust: Robust) -> None:
    """Four rules at each route and the pads of each station, each counted once."""
    assert robust.simulation is not None
    routes, depots = robust.plan.routes, {r.depot for r in robust.plan.routes}
    assert {(k.rule, k.where) for k in robust.simulation.kept} == {
        *(
            (rule, route.id)
            for rule in ("revisit", "energy", "fleet", "separation")
            for route in routes
        ),
        *(("pads", depot) for depot in depots),
    }
    assert robust.of == robust.holding == 4 * len(routes) + len(depots)


@pytest.mark.parametrize("start_s", [0.0, 22 * 3600.0])
def test_room_makes_intervals_shorter_and_windows_end_sooner(start_s: float) -> None:
    """A late visit still lies in its window, over midnight too."""
    scenario = town()
    active = ((23 * 3600.0, 26 * 3600.0), (6 * 3600.0, 7 * 3600.0))
    scenario = replace(
        scenario,
        horizon=replace(scenario.horizon, start_clock_s=start_s, length_s=86_400.0),
        zones=tuple(replace(z, active=active) for z in scenario.zones),
    )
    asked = stricter(scenario, ROOM)
    before, after = scenario.zone("W1"), asked.zone("W1")
    assert asked.rules.revisit_slack_s == 100
    assert asked.horizon == scenario.horizon  # which has no end
    assert asked.windows(after) == tuple(
        (low, high - 100) for low, high in scenario.windows(before)
    )
    own, plain = asked.drone_models[0], scenario.drone_models[0]
    assert own.turnaround_s == plain.turnaround_s + 60
    assert own.usable_endurance_s == plain.usable_endurance_s - 9
    assert asked.rules.launch_spacing_s == scenario.rules.launch_spacing_s + 50
    assert asked.delay_slack_s == 50


def test_a_horizon_that_ends_does_so_sooner_and_all_day_stays_all_day() -> None:
    """Zones that are active all day have no window of part of it."""
    scenario = town()
    asked = stricter(scenario, ROOM)
    length_s = scenario.horizon.length_s - 100
    assert asked.horizon.length_s == length_s
    assert all(asked.windows(z) == ((0.0, length_s),) for z in asked.zones)
    late = replace(
        scenario.zone("W1"),
        active=tuple(
            (scenario.horizon.start_clock_s + a, scenario.horizon.start_clock_s + b)
            for a, b in ((0.0, 3600.0), (length_s + 50, length_s + 100))
        ),
    )
    short = replace(scenario, zones=(late, *scenario.zones[1:]))
    assert stricter(short, ROOM).horizon == scenario.horizon
    assert stricter(short, ROOM).zone("W1") == late


def test_longer_intervals_share_out_what_they_need() -> None:
    """Headways stay multiples of the shortest, so its room counts several times."""
    zones = town().zones
    scenario = replace(town(), zones=(replace(zones[0], revisit_s=9600.0), *zones[1:]))
    late = Lateness(
        zones_s={"W1": 240.0, "W2": 90.2},
        landing_s={"M": 49.5},
        ready_s={"M": 60.0},
        longer_s={"M": 9.0},
    )
    assert room_for(scenario, late) == replace(ROOM, visit_s=91.0)


def test_room_becomes_what_simulated_days_show() -> None:
    """More by what was missed, less by what the tightest promise had left."""

    def kept(rule: str, *excess: float) -> Kept:
        held = odds(sum(e <= 0 for e in excess), len(excess))
        return Kept(rule=rule, where="A", odds=held, excess=np.array(excess))

    days = [
        kept("revisit", -50, -5, 12.5),
        kept("revisit", -50, -40, -30),
        kept("energy", -9, -8, -7),
        kept("fleet", -90, -80, -70),
        kept("pads", 0, 0, 1),
    ]
    assert fitted(ROOM, days, 0.99) == Room(
        visit_s=113.0, move_s=63.0, ready_s={"M": 0.0}, longer_s={"M": 2.0}
    )
    # On one of three days a promise may fail, so on one of six it may here.
    assert fitted(ROOM, days[:-1], 1 / 3).visit_s == 95.0
    assert fitted(ROOM, days[:-1], 1 / 3).move_s == 38.0
    assert fitted(ROOM, (), 0.99).visit_s == 75.0


def test_the_same_rounds_give_the_same_plan(robust: Robust) -> None:
    """No clock is read where rounds are counted."""
    again = plan_robustly(town(), 0.99, budget=replace(ONCE, workers=2))
    assert plan_to_bytes(again.plan) == plan_to_bytes(robust.plan)


def test_a_zone_without_time_for_delays_is_left_out_and_told_so() -> None:
    """What only a plan without room could serve says that, with the room it lacks."""
    roomy = town()
    # Its one drone is back on the pad and charged just in time for the next look.
    busy = replace(roomy.zone("W1"), geometry=square(900, -300, 100), dwell_s=600.0)
    tight = replace(
        roomy,
        stations=(replace(roomy.station("A"), drones=1), roomy.station("B")),
        zones=(busy, roomy.zone("W4"), roomy.zone("W5")),
    )
    assert planner.plan_routes(tight, budget=ONCE).unserved == ()
    found = plan_robustly(tight, 0.99, budget=ONCE)
    plan = as_written(found.plan)
    assert check(tight, plan) == []
    (left_out,) = plan.unserved
    assert (left_out.zone, left_out.code) == ("W1", "no_room_for_delays")
    assert left_out.figures["interval_s"] > 0 and "99 %" in left_out.reason
    assert "99 %" in left_out.texts("zh")[0]
    assert found.short == () and {r.depot for r in plan.routes} == {"B"}


def test_who_stops_in_the_second_attempt_gets_the_first_plan() -> None:
    """A plan that is there is not lost."""
    begun: list[str] = []

    def on_progress(progress: Progress) -> None:
        begun.append(progress.stage)

    found = plan_robustly(
        town(),
        0.99,
        budget=ONCE,
        on_progress=on_progress,
        stop=lambda: begun.count("targets") > 1,
    )
    assert begun.count("targets") == 2
    assert found.plan.unserved == () and found.reached < 0.9
    with pytest.raises(StoppedError):
        plan_robustly(town(), 0.99, budget=ONCE, stop=lambda: True)


def test_the_trace_is_that_of_the_search_for_the_plan(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of several searches the one that the plan came of is told, from its start."""
    monkeypatch.setattr("planner.cli.reading.sound_scenario", lambda *_: town())
    words = ["plan", "town", "-o", str(tmp_path), "--iterations", "1"]
    assert main([*words, "--robust", "0.99", "--trace"]) == EXIT_OK
    told = read_trace(tmp_path / "trace.json").told
    assert [p.stage for p in told].count("targets") == 1
    plan = planner.read_plan(tmp_path / "plan.geojson")
    assert told[-1].zones_served == plan.metrics["zones_served"]
    assert "at least" in capsys.readouterr().out
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "promises (a rule at a route or a station)" in page


def test_what_cannot_be_reached_is_told_and_no_zone_is_given_up(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Drones that come an hour late keep no promise; the plan is what it can be."""
    hopeless = town(Scatter(launch_delay_s=3600.0))
    monkeypatch.setattr("planner.cli.reading.sound_scenario", lambda *_: hopeless)
    words = ["plan", "town", "-o", str(tmp_path), "--iterations", "1", "--strict"]
    assert main([*words, "--robust", "0.99", "--json"]) == EXIT_INFEASIBLE
    shown = capsys.readouterr()
    told = json.loads(shown.out)["robust"]
    assert "Not reached" in shown.err
    plan = planner.read_plan(tmp_path / "plan.geojson")
    assert plan.unserved == () and check(hopeless, plan) == []
    assert told["asked"] == 0.99 and told["reached"] < 0.5
    assert told["of"] == 4 * len(plan.routes) + 2
    assert told["holding"] == told["of"] - len(told["short"])
    worst = told["short"][0]
    assert worst["held"] == told["reached"]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert worst["where"] in page and "可行措施" in page


def test_a_plan_whose_words_are_not_ours_is_drawn_without_them(robust: Robust) -> None:
    """A file may say anything of how often it holds."""
    for told in ([], {"asked": "much"}, {**robust.plan.analysis["robust"], "short": 1}):
        odd = replace(robust.plan, analysis={"robust": told})
        assert maps.report(town(), odd, None).to_bytes()
