"""Who is sent is there when it is said, and the patrol loses what is said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command_runs import Run
from incidents import City
from plans import PROJECTION, tiny_plan, tiny_scenario
from tiny_folder import TOML, write

import planner
from planner.flown.tracks import flown_routes
from planner.flown.visits import longest_gaps
from planner.formats.datum import gcj02_of_wgs84
from planner.plan import Plan
from planner.response.dispatch import Answer, dispatch

SCENARIO, PLAN = tiny_scenario(), tiny_plan()


def sent(moment_s: float, drone: str, xy: tuple[float, float] = (1500, 0)) -> Answer:
    """Return what one drone can do at a moment."""
    answers = dispatch(SCENARIO, PLAN, np.array(xy), moment_s)
    return next(answer for answer in answers if answer.drone == drone)


def longest_s(plan: Plan, zone: str, moment_s: float) -> float:
    """Return the longest gap of a zone's targets in the window of a moment."""
    gaps = longest_gaps(SCENARIO, flown_routes(SCENARIO, plan))
    return max(
        g.gap_s
        for g in gaps
        if g.zone == zone and g.window[0] <= moment_s <= g.window[1]
    )


def test_the_first_is_there_when_a_simulation_says_so() -> None:
    """At random places and moments the ranking begins with the time found alone."""
    city, dice = City(SCENARIO, PLAN), np.random.default_rng(5)
    for _ in range(150):
        xy = dice.uniform((-1500, -1500), (6500, 1500))
        moment_s = float(dice.uniform(0, SCENARIO.horizon.length_s))
        answers = dispatch(SCENARIO, PLAN, xy, moment_s)
        times = [answer.overhead_s for answer in answers]
        alone_s = city.overhead_s((float(xy[0]), float(xy[1])), moment_s)
        assert min(times, default=np.inf) == pytest.approx(alone_s)
        assert times == sorted(times)
        assert len({answer.drone for answer in answers}) == len(answers)
        assert all(a.stays_s >= SCENARIO.rules.overhead_s - 1e-6 for a in answers)


def test_a_flight_that_is_broken_off_loses_its_visits() -> None:
    """As if it had never been in the roster, where no stop was done yet."""
    takeoff_s = next(s.takeoff_s for s in PLAN.roster[4:] if s.route == "A1")
    answer = sent(takeoff_s + 20.0, "A-1")
    assert (answer.route, answer.sorties_lost) == ("A1", 1)
    assert [visit.zone for visit in answer.lost] == ["W1", "W2"]
    left = tuple(s for s in PLAN.roster if (s.route, s.takeoff_s) != ("A1", takeoff_s))
    without = replace(PLAN, roster=left)
    for visit in answer.lost:
        interval_s = SCENARIO.zone(visit.zone).revisit_s
        wait_s = longest_s(without, visit.zone, takeoff_s)
        assert visit.stops == 1
        assert visit.late_s == pytest.approx(max(0.0, wait_s - interval_s))
    first, second = answer.lost
    stop = PLAN.route("A1").stops[0]
    assert first.late_s > 1000
    assert first.caught_up_s == pytest.approx(takeoff_s + 1800.0 + stop.exit_s)
    assert second.caught_up_s is not None
    assert second.caught_up_s < first.caught_up_s  # B1 comes by


def test_what_is_done_already_is_not_lost() -> None:
    """Past its first stop, a flight loses only the second."""
    takeoff_s = next(s.takeoff_s for s in PLAN.roster[4:] if s.route == "A1")
    done_s = PLAN.route("A1").stops[0].exit_s
    assert [v.zone for v in sent(takeoff_s + done_s - 1, "A-1").lost] == ["W1", "W2"]
    assert [v.zone for v in sent(takeoff_s + done_s + 1, "A-1").lost] == ["W2"]


def test_a_drone_that_no_roster_names_loses_nothing() -> None:
    """So it stands ready; the drones of a route take their later flights."""
    answer = sent(5000.0, "A-3")
    assert (answer.route, answer.sorties_lost, answer.lost) == ("", 0, ())


def test_the_last_flight_of_the_day_is_not_caught_up() -> None:
    """Nobody comes by before the window ends, and that is said."""
    takeoff_s = max(s.takeoff_s for s in PLAN.roster if s.route == "B2")
    lost = {v.zone: v for v in sent(takeoff_s + 30.0, "B-2", (3500, 0)).lost}
    assert lost["W4"].caught_up_s is None


def test_others_of_the_station_fly_what_is_left() -> None:
    """A flight is lost only where nobody of the station is free for it."""
    moment_s = next(s.takeoff_s for s in PLAN.roster[4:] if s.route == "A1") - 200
    assert sent(moment_s, "A-1").sorties_lost == 0  # A-3 is free
    two = tuple(replace(s, drones=2) for s in SCENARIO.stations)
    answers = dispatch(
        replace(SCENARIO, stations=two), PLAN, np.array([1500.0, 0.0]), moment_s
    )
    answer = next(a for a in answers if a.drone == "A-1")
    assert answer.sorties_lost >= 1
    assert "W1" in {visit.zone for visit in answer.lost}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a scenario and a plan of it, once."""
    folder = write(tmp_path_factory.mktemp("respond") / "city")
    plan = planner.plan_routes(
        planner.read_scenario(folder), budget=planner.Budget(iterations=1)
    )
    planner.write_plan(plan, folder.parent / "plan.geojson")
    return folder


def test_respond_tells_a_person_and_a_program(run: Run, folder: Path) -> None:
    """A row a drone in either language, and the same as JSON."""
    plan = folder.parent / "plan.geojson"
    scenario = planner.read_scenario(folder)
    home = scenario.projection.to_lonlat(
        np.array([[scenario.stations[0].point.x + 300, scenario.stations[0].point.y]])
    )[0]
    words = ("respond", folder, plan, "--at", f"{home[0]},{home[1]}", "--time", "09:30")
    code, said, _ = run(*words)
    assert code == 0
    assert f"{scenario.stations[0].id}-1" in said
    code, chinese, _ = run(*words, "--lang", "zh")
    assert code == 0
    assert "到达时刻" in chinese
    code, said, _ = run(*words, "--json")
    told = json.loads(said)
    assert (code, told["time"]) == (0, "09:30:00")
    assert told["at"] == pytest.approx(home.tolist(), abs=1e-8)
    first = told["drones"][0]
    assert {"drone", "station", "route", "overhead_s", "stays_s", "zones"} <= set(first)
    assert first["overhead_at"].startswith("09:3")
    code, said, _ = run(*words[:4], "1.0,1.0", "--time", "09:30")
    assert code == 0
    assert "nobody" in said


def test_a_place_is_taken_in_the_datum_of_the_files(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    """Who reads a place off a map in GCJ-02 means the same place on the ground."""
    plan = folder.parent / "plan.geojson"
    at = PROJECTION.to_lonlat(np.array([[0.0, 0.0]]))[0]
    shifted = gcj02_of_wgs84(at.reshape(1, 2))[0]
    chinese = write(tmp_path, toml='datum = "GCJ-02"\n' + TOML)
    words = ("respond", chinese, plan, "--time", "10:00", "--json", "--at")
    code, said, _ = run(*words, f"{shifted[0]},{shifted[1]}")
    assert code == 0
    assert json.loads(said)["at"] == pytest.approx(at.tolist(), abs=1e-6)


@pytest.mark.parametrize(
    ("at", "clock", "code"),
    [
        ("120.1", "09:00", 2),
        ("a,b", "09:00", 2),
        ("120.1,33", "nine", 2),
        ("120.1,33", "23:30", 2),
        ("999,33", "09:00", 3),
        ("nan,33", "09:00", 3),
    ],
)
def test_what_cannot_be_meant_is_told(
    run: Run, folder: Path, at: str, clock: str, code: int
) -> None:
    """A slip in the place or the time is a usage error or bad input, no traceback."""
    plan = folder.parent / "plan.geojson"
    found, _, said = run("respond", folder, plan, "--at", at, "--time", clock)
    assert found == code
    assert "Traceback" not in said
    assert said
