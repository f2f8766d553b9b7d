"""What a scenario asks for is told before anything is planned."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from shapely.geometry import LineString, box
from worlds import MODEL, square, station, two_stations, world, zone

import seeds
from planner.budget import Budget
from planner.cli import main
from planner.given.wind import Wind
from planner.insight.survey import survey
from planner.planning.pipeline import plan_routes
from planner.scenario import Scenario


def test_what_there_is_to_do_is_counted() -> None:
    """Zones, targets and visits are told by kind, and each station's targets."""
    scenario = two_stations()
    seen = survey(scenario)
    kinds = {row.kind: row for row in seen.kinds}
    assert {k: row.zones for k, row in kinds.items()} == {
        "watch": 3,
        "sweep": 1,
        "line": 1,
    }
    assert kinds["line"].size == pytest.approx(scenario.zone("L1").geometry.length)
    assert kinds["sweep"].size == pytest.approx(400 * 300)
    assert kinds["sweep"].on_task_s > 400 * 300 / MODEL.swath_m / MODEL.airspeed_mps / 2
    least = kinds["watch"].least_targets
    assert least is not None and 1 <= least <= kinds["watch"].targets
    assert kinds["line"].least_targets is kinds["sweep"].least_targets is None
    total = sum(row.targets for row in seen.kinds)
    assert [row.targets for row in seen.stations] == [total, total]
    assert seen.unreached == {"area": 0.0, "line": 0.0} and seen.closed == ()


def test_no_plan_needs_fewer_drones_than_are_told() -> None:
    """The bound before planning is no more than the drones of a plan."""
    scenario = two_stations()
    plan = plan_routes(scenario, budget=Budget(iterations=2, workers=1))
    assert 1 <= survey(scenario).bound <= plan.metrics["drones_peak"]


def test_bounds_of_districts_are_of_their_own_zones() -> None:
    """A district that asks for more needs more; together they need no less."""
    zones = [
        zone(f"{name}{i}", square(700 * i, y, 250), revisit_s=revisit_s, district=name)
        for name, y, revisit_s in (("CALM", 900, 7200.0), ("BUSY", -900, 900.0))
        for i in range(8)
    ]
    stations = [
        replace(station("A", 0, 0, 8), district="CALM"),
        replace(station("B", 3500, 0, 5), district="BUSY"),
    ]
    seen = survey(world(stations, zones))
    rows = {row.district: row for row in seen.districts}
    assert rows["BUSY"].bound > rows["CALM"].bound >= 1
    assert seen.bound >= max(row.bound for row in seen.districts)
    assert (rows["CALM"].drones, rows["BUSY"].drones) == (8, 5)


def far_world(wind: Wind) -> Scenario:
    """Return a zone and a line that a station reaches only in part."""
    return world(
        [station("A", 0, 0)],
        [
            zone("W", box(10_000, -150, 11_500, 150)),
            zone("L", LineString([(0, 0), (20_000, 0)]), "line"),
        ],
        wind=wind,
    )


def test_what_no_station_reaches_is_a_share_of_what_is_asked() -> None:
    """Without wind it is what lies beyond half the endurance; wind makes it more."""
    calm = survey(far_world(Wind()))
    climb_s = 120 / MODEL.climb_mps + 120 / MODEL.descent_mps
    reach_m = (MODEL.usable_endurance_s - climb_s) * MODEL.airspeed_mps / 2
    assert calm.stations[0].farthest_m == pytest.approx(reach_m)
    beyond = 1 - (reach_m + MODEL.view_radius_m) / 20_000
    assert calm.unreached["line"] == pytest.approx(beyond, abs=0.005)
    windy = survey(far_world(Wind(speed_mps=8.0, from_deg=90.0)))
    assert windy.unreached["line"] > calm.unreached["line"]
    assert windy.stations[0].farthest_m < calm.stations[0].farthest_m
    slow = MODEL.airspeed_mps - 8.0**2 / MODEL.airspeed_mps
    along_m = (MODEL.usable_endurance_s - climb_s) * slow / 2
    assert windy.unreached["line"] == pytest.approx(
        1 - (along_m + MODEL.view_radius_m) / 20_000, abs=0.005
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_command_tells_it(
    capsys: pytest.CaptureFixture[str], language: str
) -> None:
    """`patrol validate --world` prints tables, and the same with `--json`."""
    path = str(seeds.path("two-stations"))
    assert main(["--lang", language, "validate", path, "--world"]) == 0
    spoken = capsys.readouterr().out
    assert ("targets" if language == "en" else "目标") in spoken
    assert main(["validate", path, "--world", "--json"]) == 0
    seen = json.loads(capsys.readouterr().out)["world"]
    assert seen["bound"] >= 1 and len(seen["stations"]) == 2
    assert all(math.isfinite(share) for share in seen["unreached"].values())


def test_without_drones_nothing_is_bounded() -> None:
    """A station whose drones are all gone reaches nothing, and no bound is told."""
    scenario = world([station("A", 0, 0, 0)], [zone("W", square(500, 0, 200))])
    seen = survey(scenario)
    assert seen.bound == 0 and seen.unreached == {"area": 1.0}
