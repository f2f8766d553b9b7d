"""What contradicts itself in a scenario is found, and only that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely import affinity
from tiny_folder import write

from planner.basics.geometry import grown
from planner.formats.scenario_folder import read_scenario
from planner.given.wind import Wind
from planner.messages import LANGUAGES, say
from planner.scenario import Airspace, ResponseTeam, Scenario
from planner.validation.findings import CHECKS, validate

Change = Callable[[Scenario], Scenario]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Return the example, about which there is nothing to say."""
    scenario = read_scenario(write(Path(tmp_path_factory.mktemp("sound"))))
    assert validate(scenario) == []
    return scenario


def stations(**changes: Any) -> Change:
    """Return a change of the first station."""

    def change(scenario: Scenario) -> Scenario:
        first, *rest = scenario.stations
        return replace(scenario, stations=(replace(first, **changes), *rest))

    return change


def zones(index: int = 0, **changes: Any) -> Change:
    """Return a change of a zone."""

    def change(scenario: Scenario) -> Scenario:
        all_zones = list(scenario.zones)
        all_zones[index] = replace(all_zones[index], **changes)
        return replace(scenario, zones=tuple(all_zones))

    return change


def copied(share: float, **changes: Any) -> Change:
    """Return a change that adds a copy of the first zone, moved by a share of it."""

    def change(scenario: Scenario) -> Scenario:
        first = scenario.zones[0]
        west, _, east, _ = first.geometry.bounds
        moved = affinity.translate(first.geometry, share * (east - west))
        twin = replace(first, id="Z9", geometry=moved, **changes)
        return replace(scenario, zones=(*scenario.zones, twin))

    return change


def rules(**changes: Any) -> Change:
    """Return a change of the rules."""
    return lambda scenario: replace(scenario, rules=replace(scenario.rules, **changes))


def model(**changes: Any) -> Change:
    """Return a change of the drone type."""
    return lambda scenario: replace(
        scenario,
        drone_models=tuple(replace(m, **changes) for m in scenario.drone_models),
    )


def swapping(charge_s: float | None = None, **changes: Any) -> Change:
    """Return a change of the first station, whose drones swap their batteries."""
    types = model(swaps=True, charge_s=charge_s)
    return lambda scenario: stations(**changes)(types(scenario))


def wind(speed_mps: float) -> Change:
    """Return a change of the wind."""
    return lambda scenario: replace(scenario, wind=Wind(speed_mps=speed_mps))


def closed(
    margin_m: float, index: int | None = None, *, station: bool = False, **more: Any
) -> Change:
    """Return a change that adds airspace round a zone or round the first station."""

    def change(scenario: Scenario) -> Scenario:
        if station:
            shape = scenario.stations[0].point.buffer(max(margin_m, 1.0))
            if margin_m < 0:
                shape = affinity.translate(shape, 1.0 - margin_m)
        else:
            shape = grown(scenario.zones[index or 0].geometry, margin_m)
            shape = shape if margin_m >= 0 else _western_half(shape)
        values: dict[str, Any] = {
            "id": "A9",
            "name": "",
            "restriction": "PROHIBITED",
            "geometry": shape,
            "lower_m": 0.0,
            "upper_m": float("inf"),
        }
        area = Airspace(**{**values, **more})
        return replace(scenario, airspace=(*scenario.airspace, area))

    return change


def _western_half(shape: shapely.Geometry) -> shapely.Geometry:
    west, south, east, north = shape.bounds
    return shape.intersection(shapely.box(west, south, (west + east) / 2, north))


def team(station_id: str) -> Change:
    """Return a change that adds a response team."""
    return lambda scenario: replace(
        scenario,
        response_teams=(
            ResponseTeam(
                id="T1",
                name="",
                station_id=station_id,
                point=scenario.stations[0].point,
            ),
        ),
    )


def far(metres: float) -> Change:
    """Return a change that moves the first station away."""

    def change(scenario: Scenario) -> Scenario:
        point = affinity.translate(scenario.stations[0].point, metres)
        return stations(point=point)(scenario)

    return change


EVENING = ((64_800.0, 72_000.0),)
NIGHT = ((3_600.0, 7_200.0),)

CASES: list[tuple[Change, str, str, str]] = [
    (stations(id="S2"), "E-ID-DUP", "stations", "S2"),
    (stations(model="M99"), "E-REF", "stations", "S1"),
    (team("S7"), "E-REF", "response_teams", "T1"),
    (rules(station_waivers=("S7",)), "E-REF", "", "rules.station_waivers"),
    (rules(authorised=("A7",)), "E-REF", "", "rules.authorised"),
    (rules(authorised=("A1",)), "W-AUTHORISED", "", "rules.authorised"),
    (stations(drones=0), "W-STATION-EMPTY", "stations", "S1"),
    (stations(pads=0), "E-NO-PADS", "stations", "S1"),
    (stations(chargers=0), "E-NO-CHARGERS", "stations", "S1"),
    (stations(chargers=99), "W-CHARGERS-IDLE", "stations", "S1"),
    (model(charge_s=1501.0), "E-CHARGE-LONG", "", "drones.M4TD.charge_s"),
    (stations(batteries=2), "W-BATTERIES-IDLE", "stations", "S1"),
    (swapping(batteries=0), "E-NO-BATTERIES", "stations", "S1"),
    (swapping(batteries=2), "E-BATTERY-CHARGE", "stations", "S1"),
    (
        swapping(batteries=2, chargers=0, charge_s=900.0),
        "E-NO-CHARGERS",
        "stations",
        "S1",
    ),
    (rules(reserve_drones=2), "W-RESERVE", "stations", "S2"),
    (model(airspeed_mps=54.0), "W-UNIT", "", "drones.M4TD.airspeed_mps"),
    (model(usable_endurance_s=30.0), "W-UNIT", "", "drones.M4TD.usable_endurance_s"),
    (model(turnaround_s=0.0), "W-UNIT", "", "drones.M4TD.turnaround_s"),
    (wind(12.0), "E-WIND", "", "wind.speed_mps"),
    (rules(floor_m=130.0), "E-LAYERS", "", "rules.floor_m"),
    (rules(ceiling_m=150.0), "W-CEILING", "", "rules.ceiling_m"),
    (rules(floor_m=120.0), "W-LAYERS-ONE", "", "rules"),
    (
        rules(land_elsewhere=True, leftover="tighten"),
        "W-ELSEWHERE",
        "",
        "rules.land_elsewhere",
    ),
    (rules(ceiling_m=75.0), "W-SWEEP-LOW", "zones", ""),
    (rules(revisit_slack_s=3600.0), "E-SLACK", "", "rules.revisit_slack_s"),
    (zones(revisit_s=30.0), "W-REVISIT-SHORT", "zones", "Z1"),
    (zones(revisit_s=60_000.0), "W-REVISIT-WINDOW", "zones", ""),
    (zones(active=NIGHT), "W-ZONE-ASLEEP", "zones", ""),
    (far(60_000.0), "W-STATION-FAR", "stations", "S1"),
    (far(400_000.0), "W-CRS-WIDE", "", ""),
    (zones(geometry=shapely.box(50_000, 0, 50_100, 100)), "W-ZONE-FAR", "zones", "Z1"),
    (zones(geometry=shapely.box(0, 0, 500, 0.001)), "W-GEOM-SLIVER", "zones", "Z1"),
    (copied(0.0), "E-ZONE-DUP", "zones", "Z9"),
    (copied(0.5), "W-ZONE-OVERLAP", "zones", "Z9"),
    (lambda s: replace(s, airspace=()), "W-AIRSPACE-NONE", "airspace", ""),
    (closed(5.0, 2, restriction="CONDITIONAL"), "W-AIRSPACE-ALWAYS", "airspace", "A9"),
    (closed(5.0, station=True), "E-STATION-NFZ", "stations", "S1"),
    (closed(-20.0, station=True), "E-STATION-NFZ", "stations", "S1"),
    (
        closed(5.0, station=True, restriction="CONDITIONAL", schedule=EVENING),
        "W-STATION-HOURS",
        "stations",
        "S1",
    ),
    (closed(5.0), "W-ZONE-CLOSED", "zones", "Z1"),
    (closed(5.0, 2), "W-ZONE-CLOSED", "zones", "Z3"),
    (closed(-5.0), "W-ZONE-PARTLY-CLOSED", "zones", "Z1"),
    (lambda s: replace(s, zones=()), "E-INPUT-EMPTY", "zones", ""),
    (lambda s: replace(s, stations=()), "E-INPUT-EMPTY", "stations", ""),
]


@pytest.mark.parametrize(("change", "code", "layer", "feature"), CASES)
def test_a_contradiction_is_found(
    sound: Scenario, change: Change, code: str, layer: str, feature: str
) -> None:
    """Each has its code and its place, and can be said in every language."""
    findings = validate(change(sound))
    assert (code, layer, feature) in [(f.code, f.file, f.feature) for f in findings]
    for finding in findings:
        for language in LANGUAGES:
            assert say(f"finding.{finding.code}", language, **finding.values)
            assert say(f"remedy.{finding.code}", language, **finding.values)


FINE: list[Change] = [
    closed(-40.0, station=True),
    closed(5.0, station=True, restriction="CONDITIONAL", schedule=NIGHT),
    closed(5.0, station=True, lower_m=90.0),
    closed(5.0, lower_m=130.0),
    closed(5.0, upper_m=80.0),
    closed(5.0, restriction="CONDITIONAL", reason="PRIVACY", upper_m=90.0),
    lambda s: rules(authorised=("A9",))(
        closed(5.0, station=True, restriction="REQ_AUTHORISATION")(s)
    ),
    lambda s: rules(station_waivers=("S1",))(closed(5.0, station=True)(s)),
    copied(0.0, kind="sweep"),
    copied(0.0, active=EVENING),
    copied(1.0),
    wind(8.0),
    zones(active=EVENING),
    stations(chargers=1),
    model(charge_s=1500.0),
    swapping(batteries=1, charge_s=9000.0),
    swapping(chargers=0),
]


@pytest.mark.parametrize("change", FINE)
def test_what_is_meant_is_left_alone(sound: Scenario, change: Change) -> None:
    """Granted, distant, other-wise or neighbouring things are no findings."""
    assert validate(change(sound)) == []


def test_all_zones_asleep_is_an_error(sound: Scenario) -> None:
    """A horizon in which nothing is asked for cannot be planned."""
    asleep = replace(
        sound, zones=tuple(replace(zone, active=NIGHT) for zone in sound.zones)
    )
    assert [finding.code for finding in validate(asleep)] == ["E-NOTHING-ACTIVE"]


def test_no_drone_anywhere_is_an_error(sound: Scenario) -> None:
    """A fleet of nothing cannot fly."""
    empty = tuple(replace(station, drones=0) for station in sound.stations)
    findings = validate(replace(sound, stations=empty))
    assert [finding.code for finding in findings] == ["E-NO-DRONES"]


def test_stations_in_one_place_are_told(sound: Scenario) -> None:
    """Two columns cannot stand in one place."""
    first, second = sound.stations
    near = affinity.translate(first.point, 0.5)
    findings = validate(replace(sound, stations=(first, replace(second, point=near))))
    (finding,) = [f for f in findings if f.code == "W-STATION-CLOSE"]
    assert (finding.feature, finding.values["other"]) == ("S2", "S1")


def test_every_check_says_what_it_looks_for() -> None:
    """A check without a sentence is a check that nobody understands."""
    assert all(check.__doc__ for check in CHECKS)
