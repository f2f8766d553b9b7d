"""Explaining a zone: from the scenario and the plan alone, in two languages."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from plans import tiny_plan, tiny_scenario, told

import planner
from planner.cli import main
from planner.errors import EXIT_INPUT, InputError
from planner.flown.tracks import flown_routes
from planner.flown.visits import longest_gaps
from planner.formats.plan_geojson import write_plan
from planner.given.wind import Wind
from planner.insight.explain import explain
from planner.insight.explanation import Explanation
from planner.messages import LANGUAGES, catalogue
from planner.plan import Plan, Sortie, Unserved

SCENARIO = tiny_scenario()
PLAN = tiny_plan()
FAR = {
    "needed_min": 31.5,
    "station": "B",
    "allowed_min": 30.0,
    "closer_km": 0.6,
}


def left_out(code: str, **figures: object) -> Plan:
    """Return the plan with W3 left out for a reason."""
    entry = Unserved(
        zone="W3", code=code, reason="in English", remedy="do it", figures=figures
    )
    return told(SCENARIO, replace(PLAN, unserved=(entry,)))


def test_a_served_zone_names_every_route_that_stops_for_it() -> None:
    """A person sees who comes by, when first, how often, how high, with which drone."""
    explanation = explain(SCENARIO, PLAN, "W2")
    assert explanation.served
    assert explanation.targets == ("T-W2",)
    first, second = explanation.routes
    assert (first.route, first.station, first.layer_m) == ("A1", "A", 60.0)
    assert (first.headway_s, first.first_takeoff) == (1800.0, "06:02")
    assert (first.drones, first.targets) == (("A-1",), 1)
    assert (second.route, second.first_takeoff) == ("B1", "06:16")
    flown = sum(sortie.route == "A1" for sortie in PLAN.roster)
    assert first.flights_a_day == flown


def test_the_worst_gap_counts_the_visits_of_all_routes() -> None:
    """Two routes in turn keep a shorter interval than either alone."""
    gap = explain(SCENARIO, PLAN, "W2").worst_gap
    assert gap is not None
    assert gap.gap_s < 1800.0 <= PLAN.route("A1").headway_s
    assert gap.interval_s == 1100.0
    gaps = longest_gaps(SCENARIO, flown_routes(SCENARIO, PLAN))
    assert gap.gap_s == pytest.approx(
        max(g.gap_s for g in gaps if g.zone == "W2"), abs=1e-3
    )


def test_the_worst_gap_says_where_on_any_map() -> None:
    """The place is where the drone looks from, in degrees."""
    gap = explain(SCENARIO, PLAN, "W1").worst_gap
    assert gap is not None
    ((x, y),) = SCENARIO.projection.to_xy([[gap.lon, gap.lat]])
    assert (x, y) == pytest.approx((1000, 300), abs=0.2)


@pytest.mark.parametrize(("zone", "unit"), [("W1", "share"), ("L1", "m")])
def test_coverage_is_measured_by_the_checker_itself(zone: str, unit: str) -> None:
    """The margin is that of the rule of coverage for this zone alone."""
    coverage = explain(SCENARIO, PLAN, zone).coverage
    assert coverage is not None
    assert coverage.unit == unit
    assert coverage.margin > 0


def test_the_windows_are_told_in_local_time() -> None:
    """A part-time zone says when it is active."""
    assert explain(SCENARIO, PLAN, "S1").windows == ("07:00-09:00",)


def test_flights_are_told_by_the_day() -> None:
    """A plan of two days does not look twice as busy."""
    horizon = {"start": SCENARIO.horizon.start, "seconds": 2 * 86_400.0}
    once = explain(SCENARIO, PLAN, "W1").routes[0].flights_a_day
    over_two_days = explain(SCENARIO, replace(PLAN, horizon=horizon), "W1")
    assert over_two_days.routes[0].flights_a_day == once / 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reason_is_made_of_its_figures_in_the_language(language: str) -> None:
    """The proof behind a zone left out reads in Chinese as in English."""
    entry = left_out("out_of_reach", **FAR).unserved[0]
    for kind, text in zip(("unserved", "remedy"), entry.texts("zh"), strict=True):
        assert text == catalogue()[f"{kind}.out_of_reach"]["zh"].format(**FAR)
    lines = explain(SCENARIO, left_out("out_of_reach", **FAR), "W3", language).lines
    assert any(entry.texts(language)[0] in line for line in lines)
    assert any(entry.texts(language)[1] in line for line in lines)


@pytest.mark.parametrize(
    "plan",
    [left_out("of_another_version"), left_out("out_of_reach", station="B")],
)
def test_what_cannot_be_translated_stands_in_english(plan: Plan) -> None:
    """A plan of another version, or with other figures, is explained all the same."""
    assert plan.unserved[0].texts("zh") == ("in English", "do it")
    reason = explain(SCENARIO, plan, "W3", "zh").reason
    assert reason is not None
    assert reason.reason == "in English"


def test_a_zone_left_out_is_told_the_nearest_stations_first() -> None:
    """Distance, time there and back, endurance and drones stand side by side."""
    scenario = replace(SCENARIO, wind=Wind())
    near, far = explain(scenario, PLAN, "W3").stations
    assert (near.station, far.station) == ("B", "A")
    assert near.distance_m == pytest.approx(15_900)
    assert near.out_and_back_s == pytest.approx(2 * 15_900 / 12 + 60 / 5 + 60 / 3)
    assert (near.usable_endurance_s, near.drones) == (1800.0, 3)


def test_drones_at_work_are_counted_at_the_busiest_moment() -> None:
    """Sorties that touch without overlapping count once; turnaround is work."""
    assert [s.in_use for s in explain(SCENARIO, PLAN, "W3").stations] == [2, 2]

    def sortie(drone: str, takeoff_s: float, ready_s: float) -> Sortie:
        return Sortie(
            drone=drone,
            route="A1",
            takeoff_s=takeoff_s,
            landing_s=takeoff_s,
            ready_s=ready_s,
        )

    relay = replace(PLAN, roster=(sortie("A-1", 0, 900), sortie("A-2", 900, 1800)))
    both = replace(PLAN, roster=(sortie("A-1", 0, 901), sortie("A-2", 900, 1800)))
    assert [s.in_use for s in explain(SCENARIO, relay, "W3").stations] == [0, 1]
    assert [s.in_use for s in explain(SCENARIO, both, "W3").stations] == [0, 2]


def test_drones_at_work_while_the_zone_sleeps_do_not_count() -> None:
    """A zone of the evening is not left out for want of drones in the morning."""
    zones = tuple(
        replace(z, active=((9.5 * 3600, 10 * 3600),)) if z.id == "W3" else z
        for z in SCENARIO.zones
    )
    morning = tuple(s for s in PLAN.roster if s.ready_s < 3 * 3600)
    told = explain(replace(SCENARIO, zones=zones), replace(PLAN, roster=morning), "W3")
    assert [station.in_use for station in told.stations] == [0, 0]


def test_a_station_that_the_wind_cuts_off_has_no_time() -> None:
    """Infinity never reaches JSON."""
    stormy = replace(SCENARIO, wind=Wind(speed_mps=15.0, from_deg=270.0))
    told = explain(stormy, PLAN, "W3")
    assert "∞" in told.lines[-1]
    plain = json.loads(json.dumps(told.to_json(), allow_nan=False))
    assert plain["stations"][0]["out_and_back_s"] is None


def test_a_zone_that_the_plan_forgets_is_said_to_be_forgotten() -> None:
    """A plan that breaks the accounts is not explained away."""
    forgetful = explain(SCENARIO, replace(PLAN, unserved=()), "W3")
    assert not forgetful.served
    assert "neither" in forgetful.lines[0]


@pytest.mark.parametrize("zone", [zone.id for zone in SCENARIO.zones])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_zone_is_explained_in_every_language(zone: str, language: str) -> None:
    """No kind of zone, served or not, fails for want of words."""
    told: Explanation = explain(SCENARIO, PLAN, zone, language)
    assert told.lines[0].startswith(zone)
    assert json.loads(json.dumps(told.to_json(), allow_nan=False))["zone"] == zone


@pytest.mark.parametrize(
    ("given", "meant"), [("W11", "W1"), ("far village", "W3"), ("", "L1")]
)
def test_an_unknown_zone_gets_a_guess(given: str, meant: str) -> None:
    """A slip of the pen, or a name for an id, is answered with what was meant."""
    with pytest.raises(InputError) as caught:
        explain(SCENARIO, PLAN, given)
    (finding,) = caught.value.findings
    assert finding.code == "E-ZONE-UNKNOWN"
    assert meant in finding.values["near"]


def test_the_command_explains_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program gets one object, a person the sentences on standard error."""
    folder = tmp_path / "city"
    assert main(["new", str(folder), "--quiet"]) == 0
    write_plan(PLAN, tmp_path / "plan.geojson")
    files = [str(folder), str(tmp_path / "plan.geojson")]
    assert main(["explain", *files, "nowhere", "--json", "--lang", "en"]) == EXIT_INPUT
    refused = json.loads(capsys.readouterr().out)
    assert [finding["code"] for finding in refused["findings"]] == ["E-ZONE-UNKNOWN"]
    zone = planner.read_scenario(folder).zones[0].id
    assert main(["explain", *files, zone, "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["zone"] == zone
    assert zone in said.err
