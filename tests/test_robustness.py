"""A plan that is asked to hold has room where that is needed, and says how often."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from worlds import square, station, world, zone

import planner
from planner.budget import Budget, Progress
from planner.checks import check
from planner.cli import main
from planner.errors import EXIT_INFEASIBLE, EXIT_USAGE, StoppedError
from planner.formats.plan_geojson import as_written, plan_to_bytes
from planner.given.scatter import Scatter
from planner.planning.margins import Room, stricter
from planner.planning.robustness import Robust, plan_robustly
from planner.scenario import Scenario
from planner.simulation import simulate
from planner.simulation.lateness import Lateness

ONCE = Budget(iterations=1, workers=1)


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


def test_a_plan_that_is_asked_to_hold_does_and_keeps_the_rules(robust: Robust) -> None:
    """Where the plain plan hardly ever holds, this one does on 99 of 100 days."""
    scenario = town()
    plain = planner.plan_routes(scenario, budget=ONCE)
    before = simulate(scenario, as_written(plain))
    assert before.worst_route_odds.share < 0.9
    assert robust.reached >= 0.99
    plan = as_written(robust.plan)
    assert check(scenario, plan) == []
    assert plan.unserved == ()
    # Whoever simulates the written plan finds the same.
    again = simulate(scenario, plan)
    assert again.worst_route_odds.share == robust.simulation.worst_route_odds.share  # type: ignore[union-attr]


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
    late = Lateness(
        zones_s={"W1": 100.0}, landing_s={"M": 50}, ready_s={"M": 60}, longer_s={"M": 9}
    )
    spared = Room(spared_stations=frozenset({"B"}), spared_zones=frozenset({"W2"}))
    asked = stricter(scenario, late, spared)
    before, after = scenario.zone("W1"), asked.zone("W1")
    assert after.revisit_s == before.revisit_s - 100
    assert asked.windows(after) == tuple(
        (low, high - 100) for low, high in scenario.windows(before)
    )
    assert asked.zone("W2") == scenario.zone("W2")
    own, plain = (asked.model(asked.station(s).model) for s in "AB")
    assert plain == scenario.drone_models[0]
    assert own.turnaround_s == plain.turnaround_s + 60
    assert own.usable_endurance_s == plain.usable_endurance_s - 9
    wide = stricter(scenario, late, Room(apart=True))
    assert wide.rules.launch_spacing_s == scenario.rules.launch_spacing_s + 50
    assert wide.delay_slack_s == 50


def test_the_same_rounds_give_the_same_plan(robust: Robust) -> None:
    """No clock is read where rounds are counted."""
    again = plan_robustly(town(), 0.99, budget=replace(ONCE, workers=2))
    assert plan_to_bytes(again.plan) == plan_to_bytes(robust.plan)


def test_a_station_without_time_for_it_is_spared_and_the_others_are_not() -> None:
    """Where room would cost zones there is none; elsewhere routes hold all the same."""
    roomy = town()
    # Its one drone is back on the pad and charged just in time for the next look.
    busy = replace(roomy.zone("W1"), geometry=square(900, -300, 100), dwell_s=600.0)
    tight = replace(
        roomy,
        stations=(replace(roomy.station("A"), drones=1), roomy.station("B")),
        zones=(busy, roomy.zone("W4"), roomy.zone("W5")),
    )
    found = plan_robustly(tight, 0.99, budget=ONCE)
    plan = as_written(found.plan)
    assert plan.unserved == () and check(tight, plan) == []
    assert found.simulation is not None
    held = {r.id: found.simulation.routes[r.id].share for r in plan.routes}
    at = {s: [held[r.id] for r in plan.routes if r.depot == s] for s in "AB"}
    assert min(at["A"]) < 0.9 and min(at["B"]) >= 0.99
    assert 0 < found.holding < found.of


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


def test_a_trace_of_several_searches_is_no_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be had together is wrong usage, told before any work."""
    words = ["plan", "town", "-o", str(tmp_path), "--robust", "0.9", "--trace"]
    assert main(words) == EXIT_USAGE
    assert "--robust" in capsys.readouterr().err


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
    assert told["holding"] < told["of"] == len(plan.routes) + 2
