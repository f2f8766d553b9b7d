"""A plan minimises what the scenario asks for, and says so."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import pytest
from tiny_folder import TOML, found, inspected, write
from worlds import problems_of, square, station, whole, world, zone

import maps
import planner
import seeds
from planner.cli import main
from planner.engines.assess import Assessor
from planner.engines.greedy import route
from planner.engines.piece import Effort
from planner.engines.prices import day_share, patterns, price
from planner.formats.digest import scenario_digest
from planner.formats.plan_geojson import plan_to_bytes
from planner.formats.scenario_folder import read_scenario
from planner.given.objectives import OBJECTIVES, ObjectiveName
from planner.messages import LANGUAGES, catalogue
from planner.problem import make_column

SMALL = ("by-hand", "two-stations")
ROUNDS = 4


@cache
def scenario(seed: str, objective: ObjectiveName = "guarantee") -> planner.Scenario:
    """Return a seed that asks for an objective."""
    return replace(read_scenario(seeds.path(seed)), objective=objective)


@cache
def planned(seed: str, objective: ObjectiveName) -> planner.Plan:
    """Return the plan of a seed for an objective, by rounds so that it repeats."""
    budget = planner.Budget(seconds=None, iterations=ROUNDS, workers=1)
    return planner.plan_routes(scenario(seed, objective), budget=budget)


def figure(seed: str, objective: ObjectiveName, name: str) -> Any:
    """Return a metric of the plan of a seed for an objective."""
    return planned(seed, objective).metrics[name]


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("seed", SMALL)
def test_a_plan_for_any_objective_breaks_no_rule(
    seed: str, objective: ObjectiveName
) -> None:
    """Whatever is minimised, every rule holds and no priority is lost."""
    plan = planned(seed, objective)
    assert planner.check(scenario(seed), plan) == []
    served = figure(seed, "guarantee", "priority_served")
    assert plan.metrics["priority_served"] == served
    assert plan.provenance["objective"] == objective


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_plan_for_any_objective_repeats_byte_by_byte(
    objective: ObjectiveName,
) -> None:
    """The same scenario, seed and rounds give the same file, on any workers."""
    budget = planner.Budget(seconds=None, iterations=ROUNDS, workers=2)
    again = planner.plan_routes(scenario("two-stations", objective), budget=budget)
    assert plan_to_bytes(again) == plan_to_bytes(planned("two-stations", objective))


@pytest.mark.parametrize("seed", SMALL)
def test_a_frugal_plan_never_flies_longer(seed: str) -> None:
    """Who asks for few flight hours gets no more than who asks for few drones."""
    frugal = figure(seed, "frugal", "flight_hours")
    assert frugal <= figure(seed, "guarantee", "flight_hours")


def school_run() -> planner.Scenario:
    """Return a station with a zone for all day and one for an hour of four."""
    hour = ((6 * 3600.0, 7 * 3600.0),)
    return world(
        [station("A", 0, 0)],
        [
            zone("day", square(900, 0, 150)),
            zone("run", square(0, 900, 150), active=hour),
        ],
    )


def test_a_frugal_search_pays_for_the_hours_flown() -> None:
    """An hourly route for one hour of four costs a quarter of one for all day."""
    _, (problem,) = problems_of(replace(school_run(), objective="frugal"))
    short, long = patterns(problem, range(len(problem.targets)))
    assert (day_share(problem, short), day_share(problem, long)) == (0.25, 1.0)
    columns = {
        problem.targets[problem.node_target[n]].zones[0]: make_column(
            problem, 0, 3600.0, [n]
        )
        for n in range(len(problem.node_target))
    }
    airborne = columns["run"].duration / 10 / 3600
    assert price(problem, columns["run"]) == pytest.approx(airborne / 4)
    assert price(problem, columns["day"]) > 3 * price(problem, columns["run"])


def test_a_search_for_few_drones_pays_for_the_ground_as_well() -> None:
    """By default the price of a route is the drones that it occupies."""
    _, (problem,) = problems_of(school_run())
    column = make_column(problem, 0, 3600.0, [0])
    assert price(problem, column) == pytest.approx(column.load(problem))
    assert len(patterns(problem, range(len(problem.targets)))) == 1


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_routes_are_compared_in_the_order_of_the_objective(
    objective: ObjectiveName,
) -> None:
    """The score of a set of routes is its measures, in the order stated."""
    space, (problem,) = problems_of(replace(school_run(), objective=objective))
    columns = route(problem, whole(problem), Effort(seconds=0, solutions=0, seed=1))
    assessed = Assessor(problem, space).assess(columns)
    measures = [getattr(assessed, name) for name in OBJECTIVES[objective].routes]
    assert assessed.score == pytest.approx(measures)


def test_an_unknown_objective_is_told_with_those_there_are(tmp_path: Path) -> None:
    """A wrong word in the file is a finding that names the right ones."""
    folder = write(tmp_path, toml=f'objective = "cheapest"\n{TOML}')
    finding = found(inspected(folder), "E-TOML-CHOICE")
    assert finding.feature == "objective"
    assert all(name in finding.values["choices"] for name in OBJECTIVES)


def test_the_objective_is_read_and_changes_no_digest(tmp_path: Path) -> None:
    """What is asked for is no part of what there is: old plans stay checkable."""
    plain = read_scenario(write(tmp_path / "a"))
    frugal = read_scenario(write(tmp_path / "b", toml=f'objective = "frugal"\n{TOML}'))
    assert (plain.objective, frugal.objective) == ("guarantee", "frugal")
    assert scenario_digest(frugal) == plain.digest


def test_the_option_goes_before_the_scenario(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--objective`` decides, and terminal, file and report say what was minimised."""
    words = ["plan", str(seeds.path("by-hand")), "-o", str(tmp_path), "--lang", "en"]
    assert main([*words, "--iterations", "1", "--objective", "frugal"]) == 0
    what = catalogue()["objective.frugal"]
    assert what["en"] in capsys.readouterr().out
    document = json.loads((tmp_path / "plan.geojson").read_text())
    assert document["provenance"]["objective"] == "frugal"
    report = (tmp_path / "report.html").read_text()
    assert all(what[code] in report for code in LANGUAGES)


def test_a_report_of_a_plan_that_names_no_objective_has_no_such_line() -> None:
    """A plan of another version, or a strange one, is told without a guess."""
    plan = planned("by-hand", "guarantee")
    for provenance in ({}, {"objective": "<b>"}):
        page = maps.report(scenario("by-hand"), replace(plan, provenance=provenance))
        assert "inimised" not in page.to_bytes().decode()


def test_every_objective_is_told_everywhere() -> None:
    """Names in code, schema and catalogue are the same."""
    schema = json.loads(
        resources.files("planner").joinpath("formats/plan.schema.json").read_text()
    )
    told = schema["properties"]["provenance"]["properties"]["objective"]["enum"]
    assert sorted(told) == sorted(OBJECTIVES) == sorted(get_args(ObjectiveName))
    assert {f"objective.{name}" for name in OBJECTIVES} <= set(catalogue())


@pytest.mark.parametrize("stage", ["tightening", "timetable"])
def test_a_stop_while_tightening_gives_the_best_so_far(stage: str) -> None:
    """Whenever it is stopped, the plan is whole, checked, and no wider than asked."""
    told: list[str] = []
    plan = planner.plan_routes(
        scenario("two-stations", "tighten"),
        budget=planner.Budget(seconds=None, iterations=ROUNDS, workers=1),
        on_progress=lambda progress: told.append(progress.stage),
        stop=lambda: stage in told,
    )
    assert planner.check(scenario("two-stations"), plan) == []
    assert plan.unserved == ()
    assert plan.metrics["worst_idleness_ratio"] <= 1


def test_tightening_by_the_clock_ends_in_time_with_a_whole_plan() -> None:
    """Seconds in place of rounds give a checked plan, however few they are."""
    for seconds in (0, 2):
        plan = planner.plan_routes(
            scenario("two-stations", "tighten"),
            budget=planner.Budget(seconds=seconds, workers=1),
        )
        assert planner.check(scenario("two-stations"), plan) == []
        assert plan.unserved == ()


@pytest.mark.parametrize("seed", SMALL)
def test_a_tight_plan_never_waits_longer(seed: str) -> None:
    """Who asks for short gaps gets none longer, in proportion, than by default."""
    tight = figure(seed, "tighten", "worst_idleness_ratio")
    assert tight <= figure(seed, "guarantee", "worst_idleness_ratio")


def test_a_tight_plan_uses_the_drones_that_are_left() -> None:
    """With four drones where two would do, gaps get much shorter, by every measure."""
    assert figure("two-stations", "guarantee", "drones_used") < 4
    assert figure("two-stations", "tighten", "drones_used") == 4
    for name in ("worst_idleness_ratio", "mean_idleness_ratio"):
        assert figure("two-stations", "tighten", name) < 0.75 * figure(
            "two-stations", "guarantee", name
        )
