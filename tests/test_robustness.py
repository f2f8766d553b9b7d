"""A plan that is asked to hold has room where that is needed, and says how often."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from worlds import square, station, world, zone

import planner
from planner.budget import Budget
from planner.checks import check
from planner.cli import main
from planner.errors import EXIT_INFEASIBLE, EXIT_OK
from planner.formats.plan_geojson import as_written, plan_to_bytes
from planner.robustness import Robust, plan_robustly
from planner.scatter import Scatter
from planner.scenario import Scenario
from planner.simulation import simulate

ONCE = Budget(iterations=1, workers=1)


def town(scatter: Scatter | None = None) -> Scenario:
    """Return two stations with drones to spare and a few zones."""
    made = world(
        [station("A", 0, 0, 6), station("B", 3000, 0, 6)],
        [
            zone("W1", square(900, -300, 250)),
            zone("W2", square(1800, 400, 250)),
            zone("W3", square(2600, 900, 250)),
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


def test_the_same_rounds_give_the_same_plan(robust: Robust) -> None:
    """No clock is read where rounds are counted."""
    again = plan_robustly(town(), 0.99, budget=replace(ONCE, workers=2))
    assert plan_to_bytes(again.plan) == plan_to_bytes(robust.plan)


def test_what_cannot_be_reached_is_told_and_no_zone_is_given_up(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Drones that come an hour late keep no promise; the plan is what it can be."""
    hopeless = town(Scatter(launch_delay_s=3600.0))
    found = plan_robustly(hopeless, 0.99, budget=ONCE)
    assert found.reached < 0.5 and found.plan.unserved == ()
    assert check(hopeless, as_written(found.plan)) == []
    monkeypatch.setattr("planner.cli.reading.sound_scenario", lambda *_: hopeless)
    words = ["plan", "town", "-o", str(tmp_path), "--iterations", "1"]
    words += ["--robust", "0.99", "--json"]
    assert main(words) == EXIT_OK
    shown = capsys.readouterr()
    told = json.loads(shown.out)["robust"]
    assert told["asked"] == 0.99 and told["reached"] == found.reached
    assert "Not reached" in shown.err
    assert main([*words, "--strict"]) == EXIT_INFEASIBLE
