"""What stands behind a plan takes routes that end at another station."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from elsewhere_plans import elsewhere_plan, elsewhere_scenario
from missions import apart_m, places_of
from test_missions import READERS
from test_plan_geojson import schema_faults

import maps
import planner.formats
from planner.drawn.missions import drawn_routes
from planner.errors import InputError
from planner.exports.exporting import exported
from planner.formats.handover import hand_over
from planner.formats.plan_geojson import plan_to_bytes, read_plan, write_plan
from planner.formats.timetable_csv import timetable_to_bytes
from planner.given.scatter import Scatter
from planner.insight.explain import explain
from planner.plan import Plan
from planner.response.dispatch import dispatch
from planner.response.standby import days_away, sorties_by_drone, standby, team_gaps
from planner.scenario import ResponseTeam
from planner.simulation import simulate

SCENARIO = elsewhere_scenario()
PLAN = elsewhere_plan()
CALM = Scatter(
    launch_delay_s=0.0, sortie_speed_share=0, leg_speed_share=0, turnaround_share=0
)


def dji_plan() -> Plan:
    """Return the plan, flown by a drone type that DJI has a name for."""
    return replace(
        PLAN,
        drone_models=tuple({**m, "model": "M4TD"} for m in PLAN.drone_models),
        routes=tuple(replace(r, drone_model="M4TD") for r in PLAN.routes),
    )


def ready_at(station: str, moment_s: float) -> int:
    """Return how many charged drones stand at a station, sortie by sortie."""
    count = sum(s.drones for s in SCENARIO.stations if s.id == station)
    for sortie in PLAN.roster:
        route = PLAN.route(sortie.route)
        count -= route.depot == station and sortie.takeoff_s <= moment_s
        count += route.lands_at == station and sortie.ready_s <= moment_s
    return count


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    """The file says where a route ends, as its schema has it, and nothing else new."""
    write_plan(PLAN, tmp_path / "plan.geojson")
    again = read_plan(tmp_path / "plan.geojson")
    assert [r.ends_at for r in again.routes] == [r.ends_at for r in PLAN.routes]
    assert plan_to_bytes(again) == plan_to_bytes(PLAN)
    folder = Path(planner.formats.__file__).parent
    schema = json.loads((folder / "plan.schema.json").read_text(encoding="utf-8"))
    assert schema_faults(json.loads(plan_to_bytes(PLAN)), schema, schema) == []


def test_ready_drones_are_where_they_landed() -> None:
    """A launch from a station is possible while a charged drone stands there."""
    days = days_away(PLAN.routes, sorties_by_drone(PLAN))
    moments = np.arange(30.0, SCENARIO.horizon.length_s, 60.0)
    roomy = replace(SCENARIO, rules=replace(SCENARIO.rules, launch_spacing_s=0.0))
    for station in roomy.stations:
        found = standby(roomy, replace(station, pads=99), days, moments)
        wide = [ready_at(station.id, float(t)) for t in moments]
        # Who leaves before it could be launched is not ready.
        soon = [
            min(ready_at(station.id, float(t) + s) for s in (0.0, 60.0))
            for t in moments
        ]
        ready = found.ready.sum(axis=0)
        assert ((np.array(soon) <= ready) & (ready <= np.array(wide))).all()


def test_a_team_has_the_drones_that_stand_at_its_stations() -> None:
    """What a bureau lends its neighbour it is short of, and no longer."""
    stations = tuple(replace(s, district=s.id) for s in SCENARIO.stations)
    team = ResponseTeam(id="T", name="T", station_id="B", point=stations[1].point)
    scenario = replace(SCENARIO, stations=stations, response_teams=(team,))
    (gap,) = team_gaps(scenario, PLAN)
    moments = {s.takeoff_s for s in PLAN.roster} | {s.ready_s for s in PLAN.roster}
    within = [t for t in moments if t < SCENARIO.horizon.length_s]
    assert gap.fewest == min(ready_at("B", t) for t in within)


def test_who_is_sent_lands_where_its_route_ends() -> None:
    """An answer names that station, and what is missed where the drone then stands."""
    (flight,) = [s for s in PLAN.roster if s.route == "AB"][:1]
    ranking = dispatch(
        SCENARIO, PLAN, np.array([2000.0, 300.0]), flight.takeoff_s + 120.0
    )
    (one,) = [a for a in ranking.answers if a.drone == flight.drone]
    assert (one.route, one.station) == ("AB", "B")
    assert one.sorties_lost >= 1
    ready = [a for a in ranking.answers if not a.route]
    assert {a.station for a in ready} == {"A", "B"}


def test_a_day_without_scatter_keeps_what_the_checker_saw() -> None:
    """Drones are followed from one station to the other, second by second."""
    found = simulate(replace(SCENARIO, scatter=CALM), PLAN, runs=2)
    assert found.every.held == 2
    late = replace(CALM, turnaround_share=3.0)
    rough = simulate(replace(SCENARIO, scatter=late), PLAN, runs=20)
    assert rough.every.held < 20


@pytest.mark.parametrize("name", READERS)
def test_a_mission_lands_at_the_other_station(name: str) -> None:
    """No mission flies home to where the plan does not have its drone."""
    plan = dji_plan()
    route = plan.route("AB")
    files = exported(hand_over(plan, routes=["AB"]), name)
    (read,) = [READERS[name](data, file) for file, data in files.items()]
    (mission,) = read.missions
    assert mission.end == "land"
    assert apart_m(places_of(mission), route.path) <= 0.2
    last = mission.waypoints[-1]
    assert (last.lon, last.lat) == pytest.approx(route.path[-1][:2], abs=1e-7)


def test_such_a_mission_is_no_route_of_today() -> None:
    """Routes that are imported come home; one that does not is told and left out."""
    plan = dji_plan()
    files = exported(hand_over(plan, routes=["AB", "A2"]), "wpml")
    missions = [
        (file, mission)
        for file, data in files.items()
        for mission in READERS["wpml"](data, file).missions
    ]
    routes, findings = drawn_routes(SCENARIO, missions)
    assert [route.flown.route.id for route in routes] == ["A2.kmz"]
    assert [f.code for f in findings] == ["W-DRAWN-STATION"]


def test_without_its_link_such_a_mission_goes_on() -> None:
    """A drone has the charge for the way that it is on, not for the way home."""
    for name, lost in (("AB", "goContinue"), ("A2", "executeLostAction")):
        ((_, data),) = exported(hand_over(dji_plan(), routes=[name]), "wpml").items()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            text = archive.read("wpmz/waylines.wpml").decode()
        assert f"<wpml:exitOnRCLost>{lost}</wpml:exitOnRCLost>" in text
        finish = "autoLand" if name == "AB" else "goHome"
        assert f"<wpml:finishAction>{finish}</wpml:finishAction>" in text


def test_tasks_that_name_a_dock_are_refused_for_such_routes() -> None:
    """Which dock a drone stands in at the other station no plan knows."""
    with pytest.raises(InputError) as error:
        exported(hand_over(dji_plan()), "flighthub")
    assert {f.code for f in error.value.findings} == {"E-EXPORT-ELSEWHERE"}
    exported(hand_over(dji_plan(), routes=["A2", "B2"]), "flighthub")


@pytest.mark.parametrize(
    "name", ["csv", "kml", "gpx", "czml", "geojson", "ics", "xlsx", "gpkg", "intent"]
)
def test_exchange_files_take_such_routes(name: str) -> None:
    """Every format is written; those of text say where a route ends."""
    files = exported(hand_over(PLAN, routes=["AB"]), name)
    text = b"".join(files.values()).decode(errors="ignore")
    if name in ("csv", "geojson"):
        assert "ends_at" in text
    if name == "gpx":
        assert "A → B" in text
    if name == "ics":
        assert "RRULE" not in text  # a drone begins the next day where it ended


def test_tables_say_where_a_sortie_lands_only_where_that_is_elsewhere() -> None:
    """A timetable of closed routes has the columns that it had."""
    lines = timetable_to_bytes(PLAN).decode("utf-8-sig").splitlines()
    assert lines[0].endswith(",ends_at")
    assert {line.rpartition(",")[2] for line in lines[1:]} == {"A", "B"}
    closed = replace(PLAN, routes=(PLAN.route("A2"), PLAN.route("B2")))
    head = timetable_to_bytes(closed).decode("utf-8-sig").splitlines()[0]
    assert "ends_at" not in head


def test_people_are_told_where_a_route_ends() -> None:
    """Explanation, map and report name the other station."""
    told = explain(SCENARIO, PLAN, "W1")
    assert any("AB from A to B" in line for line in told.lines)
    assert told.to_json()["routes"][0]["ends_at"] == "B"
    assert "ends_at" not in explain(SCENARIO, PLAN, "S1").to_json()["routes"][0]
    page = maps.draw_plan(SCENARIO, PLAN).html
    assert '"ends_at"' in page
    assert "lands at B" in maps.report(SCENARIO, PLAN).html
