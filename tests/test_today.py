"""Today's routes are measured as planned ones are, and told what is wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import MODEL, PROJECTION, WIND, XY, square, tiny_scenario
from shapely.geometry import LineString, box

import planner
import seeds
from planner.checks.case import case_of
from planner.checks.motion import motion
from planner.checks.verdict import Gauge
from planner.cli import main
from planner.drawn.missions import STATION_WITHIN_M, DrawnRoute, drawn_routes
from planner.drawn.today import Today, measure_today
from planner.errors import InputError
from planner.exports.exporting import export_plan
from planner.formats.missions.importing import read_missions
from planner.formats.missions.mission import Action, Mission, Waypoint
from planner.plan import Plan
from planner.scenario import Scenario, Zone

HOLD = Action(kind="hold", value=20.0)


@pytest.fixture(scope="module")
def planned() -> Callable[[str], tuple[Scenario, Plan]]:
    """Return a function that gives a seed and a plan of it, made once."""
    made: dict[str, tuple[Scenario, Plan]] = {}

    def get(name: str) -> tuple[Scenario, Plan]:
        if name not in made:
            scenario = planner.read_scenario(seeds.path(name))
            budget = planner.Budget(seconds=None, iterations=2, workers=1)
            made[name] = scenario, planner.plan_routes(scenario, budget=budget)
        return made[name]

    return get


def mission(
    *places: XY, height_m: float = 60.0, name: str = "R", **said: object
) -> Mission:
    """Return a mission over places in metres; said is of the mission."""
    lonlat = PROJECTION.to_lonlat(np.array(places)).tolist()
    waypoints = [Waypoint(lon=x, lat=y, height_m=height_m) for x, y in lonlat]
    return Mission(name=name, waypoints=tuple(waypoints), **said)  # type: ignore[arg-type]


def doing(flight: Mission, actions: dict[int, tuple[Action, ...]]) -> Mission:
    """Return a mission with actions at some of its waypoints."""
    return replace(
        flight,
        waypoints=tuple(
            replace(w, actions=actions.get(i, ()))
            for i, w in enumerate(flight.waypoints)
        ),
    )


def drawn(scenario: Scenario, *missions: Mission) -> tuple[DrawnRoute, ...]:
    """Return missions as routes of a scenario; none may be left out."""
    routes, findings = drawn_routes(scenario, [("f.kml", m) for m in missions])
    assert not findings
    return routes


def measured(scenario: Scenario, *missions: Mission) -> Today:
    """Return what missions do in a scenario."""
    return measure_today(scenario, drawn(scenario, *missions))


def with_zones(*zones: Zone) -> Scenario:
    """Return the tiny scenario with other zones and open airspace."""
    return replace(tiny_scenario(), zones=zones, airspace=())


def zone(
    kind: str, geometry: object, revisit_s: float = 1800.0, name: str = "Z"
) -> Zone:
    """Return a zone that is active all day."""
    return Zone(
        id=name,
        name=name,
        kind=kind,  # type: ignore[arg-type]
        geometry=geometry,  # type: ignore[arg-type]
        priority=1.0,
        revisit_s=revisit_s,
    )


@pytest.mark.parametrize(
    ("name", "form"),
    [("two-stations", "qgc"), ("two-stations", "wpl"), ("two-stations", "wpml")]
    + [(name, "qgc") for name in ("sweeps", "lines", "windy")],
)
def test_a_plan_handed_over_and_read_back_has_its_own_figures(
    planned: Callable[[str], tuple[Scenario, Plan]],
    tmp_path: Path,
    name: str,
    form: str,
) -> None:
    """Zones, drones and sorties alike; times but for descents to the ceiling."""
    scenario, plan = planned(name)
    files = export_plan(plan, form, tmp_path)
    routes, findings = drawn_routes(
        scenario, [(f.name, m) for f in files for m in read_missions(f).missions]
    )
    today = measure_today(scenario, routes)
    assert not findings and not today.violations and not today.in_passing
    left_out = {unserved.zone for unserved in plan.unserved}
    assert {s.zone.id for s in today.unseen} == left_out
    metrics = plan.metrics
    assert sum(today.drones.values()) == metrics["drones_peak"]
    assert sum(r.sorties for r in today.routes) == pytest.approx(metrics["sorties"])
    assert today.worst_idleness_ratio == 1.0
    spare_h = 0.0
    for route, found in zip(plan.routes, today.routes, strict=True):
        assert route.depot == found.depot
        assert route.headway_s == pytest.approx(found.headway_s)
        served = {z for stop in route.stops for z in stop.zones}
        assert set(found.zones) == served
        # A plan leaves time for the descent from the ceiling, whatever the layer.
        rate_mps = scenario.model(route.drone_model).descent_mps
        spare_s = (scenario.rules.ceiling_m - route.layer_m) / rate_mps
        assert route.duration_s - found.duration_s == pytest.approx(spare_s, abs=0.2)
        spare_h += spare_s * found.sorties / 3600
    assert metrics["flight_hours"] - today.flight_hours == pytest.approx(
        spare_h, abs=0.001
    )


places = st.tuples(*[st.integers(-3000, 3000).map(float)] * 2)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(places, st.sampled_from([0.0, 6.0, 33.5])), max_size=6),
    st.sampled_from([60.0, 90.0, 120.0]),
)
def test_a_drawn_route_is_flown_no_faster_than_the_checker_allows(
    stops: list[tuple[XY, float]], height_m: float
) -> None:
    """From its station and back in the wind, with its holds and nothing else."""
    scenario = tiny_scenario()
    flight = mission((0, 0), *(p for p, _ in stops), (0, 0), height_m=height_m)
    holds = {
        i: (Action(kind="hold", value=hold_s),)
        for i, (_, hold_s) in enumerate(stops, 1)
    }
    (route,) = drawn(scenario, doing(flight, holds))
    flown = route.flown
    case = case_of(scenario, replace(empty_plan(scenario), routes=(flown.route,)))
    gauge = Gauge("motion")
    motion(case, gauge)
    codes = {v.code for v in gauge.violations}
    assert codes <= {"motion.load"}  # it has no headway yet
    assert flown.route.path[0] == flown.route.path[-1]
    least_s = height_m / MODEL.climb_mps + height_m / MODEL.descent_mps
    least_s += sum(hold_s for _, hold_s in stops)
    way = [(0.0, 0.0), *(p for p, _ in stops), (0.0, 0.0)]
    for (x0, y0), (x1, y1) in pairwise(way):
        least_s += in_the_wind_s(x1 - x0, y1 - y0)
    assert flown.route.duration_s == pytest.approx(least_s, abs=0.1)


def empty_plan(scenario: Scenario) -> Plan:
    """Return a plan with a horizon and nothing else."""
    horizon = scenario.horizon
    return Plan(
        horizon={"start": horizon.start, "seconds": horizon.length_s},
        stations=(),
        drone_models=(),
        routes=(),
        roster=(),
    )


def in_the_wind_s(east_m: float, north_m: float) -> float:
    """Return the time of a leg: the air that passes is as long as the airspeed."""
    if not (east_m or north_m):
        return 0.0
    # |leg / t - wind| = airspeed, solved for t; the wind blows east.
    a = MODEL.airspeed_mps**2 - WIND.speed_mps**2
    b = 2 * WIND.speed_mps * east_m
    c = -(east_m**2 + north_m**2)
    return (-b + math.sqrt(b * b - 4 * a * c)) / (2 * a)


def test_what_breaks_a_rule_is_told() -> None:
    """Closed airspace, a low and a high flight, another's column, a long sortie."""
    scenario = replace(tiny_scenario(), airspace=tiny_scenario().airspace[:1])

    def broken(flight: Mission) -> set[str]:
        return {v.code for v in measured(scenario, flight).violations}

    assert broken(mission((0, 0), (1000, 500), (0, 0))) == set()
    assert broken(mission((0, 0), (1300, -800), (0, 0))) == {"airspace.clearance"}
    low = mission((0, 0), (1000, 500), (0, 0), height_m=30.0)
    assert "airspace.floor" in broken(low)
    high = mission((0, 0), (1000, 500), (0, 0), height_m=150.0)
    assert "airspace.ceiling" in broken(high)
    assert broken(mission((0, 0), (4000, 20), (0, 0))) == {"airspace.column"}
    far = mission((0, 0), (-8000, 0), (-8000, 4000), (0, 0))
    assert broken(far) == {"energy.endurance"}


def test_airspace_with_hours_closes_for_the_sorties_in_them() -> None:
    """Whoever never flies while it holds does not break it."""
    scenario = replace(tiny_scenario(), airspace=tiny_scenario().airspace[2:3])
    flight = mission((4000, 0), (3000, -130), (3000, -600), (4000, 0))
    all_day = zone("watch", square(3000, -130, 100), 1800.0)
    early = replace(all_day, active=((6 * 3600.0, 6.25 * 3600.0),))
    for wanted, codes in ((all_day, {"airspace.clearance"}), (early, set())):
        today = measured(replace(scenario, zones=(wanted,)), flight)
        assert {v.code for v in today.violations} == codes


def test_a_route_that_belongs_to_no_station_is_left_out_and_told() -> None:
    """Both ends lie at one station, wherever a mission says that it starts."""
    scenario = tiny_scenario()
    near, far = STATION_WITHIN_M - 1, STATION_WITHIN_M + 1
    good = mission((near, 0), (1000, 0), (0, -near), name="good")
    home = PROJECTION.to_lonlat(np.array([[10.0, 0.0]]))[0]
    homed = mission((900, 0), (1000, 0), home=tuple(home), end="return", name="homed")
    bad = [
        mission((far, 0), (1000, 0), (0, 0), name="starts off"),
        mission((0, 0), (1000, 0), (0, far), name="ends off"),
        mission((0, 0), (4000, 0), name="from one to the other"),
        replace(homed, takes_off=False, name="a part"),
    ]
    routes, findings = drawn_routes(scenario, [("f", m) for m in (good, homed, *bad)])
    assert [(r.id, r.flown.station.id) for r in routes] == [
        ("good", "A"),
        ("homed", "A"),
    ]
    assert [f.feature for f in findings] == [m.name for m in bad]
    assert {f.code for f in findings} == {"W-DRAWN-STATION"}
    with pytest.raises(InputError) as error:
        drawn_routes(scenario, [("f", m) for m in bad])
    assert [f.code for f in error.value.findings][-1] == "E-DRAWN-NONE"


def test_a_wind_that_is_too_strong_is_told() -> None:
    """No time is made up for a leg that cannot be flown."""
    scenario = tiny_scenario()
    stormy = replace(scenario, wind=replace(scenario.wind, speed_mps=13.0))
    flights = [mission((0, 0), (-1000, 0), (0, 0))]
    with pytest.raises(InputError) as error:
        drawn_routes(stormy, [("f", m) for m in flights])
    assert [f.code for f in error.value.findings] == ["W-DRAWN-WIND", "E-DRAWN-NONE"]


def test_a_square_that_is_flown_over_without_a_stay_is_seen_in_passing() -> None:
    """A plan would stay there; a stay that is long enough is as good as planned."""
    scenario = with_zones(zone("watch", square(1000, 300, 100)))
    flight = mission((0, 0), (1000, 300), (0, 0))

    def seen(*actions: Action) -> tuple[int, tuple[str, ...]]:
        today = measured(scenario, doing(flight, {1: actions}))
        return len(today.unseen), today.in_passing

    assert seen() == (0, ("Z",))
    assert seen(replace(HOLD, value=19.0)) == (0, ("Z",))
    assert seen(HOLD) == (0, ())
    # A camera that records for a while looks for no longer.
    on, off = Action(kind="record"), Action(kind="stop")
    assert seen(on, HOLD, off) == (0, ())
    assert seen(on, off, HOLD) == (1, ())


@pytest.mark.parametrize(
    ("kind", "geometry", "height_m", "whole"),
    [
        ("sweep", box(500, 40, 900, 160), 120.0, True),
        ("sweep", box(500, 40, 900, 160), 60.0, False),
        ("line", LineString([(500, 130), (900, 130)]), 60.0, True),
        ("line", LineString([(500, 130), (900, 135)]), 60.0, False),
    ],
)
def test_ground_is_seen_as_wide_as_the_height_lets_it(
    kind: str, geometry: object, height_m: float, whole: bool
) -> None:
    """The swath is 110 m from 100 m; a line must lie in it, but for a metre."""
    scenario = with_zones(zone(kind, geometry))
    flight = mission((0, 0), (400, 100), (1000, 100), (0, 0), height_m=height_m)
    (seen,) = measured(scenario, flight).seen
    assert bool(seen.routes) is whole
    assert (seen.share >= 0.995) is whole or kind == "line"


def test_routes_share_a_zone_that_none_sees_alone() -> None:
    """Each comes as often as the shortest interval on it; loads become drones."""
    wide = zone("sweep", box(500, 50, 900, 230), 3600.0, "wide")
    often = zone("sweep", box(600, 60, 800, 110), 900.0, "often")
    scenario = with_zones(wide, often)
    there = dict(height_m=120.0)
    south = mission((0, 0), (400, 100), (1000, 100), (0, 0), name="south", **there)
    north = mission((0, 0), (400, 190), (1000, 190), (0, 0), name="north", **there)
    assert {s.zone.id for s in measured(scenario, south).unseen} == {"wide"}
    today = measured(scenario, south, north)
    first, second = today.routes
    assert not today.unseen
    assert (first.headway_s, second.headway_s) == pytest.approx((900.0, 3600.0))
    assert (first.sorties, second.sorties) == pytest.approx((16, 4))
    loads = [
        (r.duration_s + MODEL.turnaround_s) / h
        for r, h in ((first, 900.0), (second, 3600.0))
    ]
    assert [first.load, second.load] == pytest.approx(loads)
    assert today.drones == {"A": math.ceil(sum(loads))}
    hours = (16 * first.duration_s + 4 * second.duration_s) / 3600
    assert today.flight_hours == pytest.approx(hours)
    one, *others = scenario.stations
    poor = replace(scenario, stations=(replace(one, drones=1), *others))
    stretched = measured(poor, south, north).worst_idleness_ratio
    assert stretched == pytest.approx(sum(loads))
    none = replace(scenario, stations=(replace(one, drones=0), *others))
    assert measured(none, south, north).worst_idleness_ratio is None


def test_routes_that_see_the_same_take_turns() -> None:
    """What both see every half hour, each need only see every hour."""
    scenario = with_zones(
        zone("watch", square(1000, 0, 50), 1800.0, "both"),
        zone("sweep", box(600, -320, 800, -300), 3600.0, "one"),
        zone("sweep", box(600, 300, 800, 320), 3600.0, "other"),
    )
    flights = [
        mission((0, 0), (500, y), (900, y), (1000, 0), (0, 0), name=name)
        for y, name in ((-310.0, "one"), (310.0, "other"))
    ]
    headways = [r.headway_s for r in measured(scenario, *flights).routes]
    assert headways == pytest.approx([3600.0, 3600.0])
    scenario = replace(scenario, zones=scenario.zones[:1])
    today = measured(scenario, *flights)
    assert sum(r.sorties for r in today.routes) == pytest.approx(8)


def test_routes_of_different_hours_share_drones() -> None:
    """A station needs what its busiest stretch of the day needs, not the sum of all."""
    scenario = with_zones(
        replace(
            zone("watch", square(1000, 300, 50), 1200.0, "early"),
            active=((6 * 3600.0, 8 * 3600.0),),
        ),
        replace(
            zone("watch", square(-1000, 300, 50), 1200.0, "late"),
            active=((8 * 3600.0, 10 * 3600.0),),
        ),
    )
    today = measured(
        scenario,
        mission((0, 0), (1000, 300), (0, 0), name="east"),
        mission((0, 0), (-1000, 300), (0, 0), name="west"),
    )
    loads = [route.load for route in today.routes]
    assert max(loads) < 1 < sum(loads)
    assert today.drones == {"A": 1}
    # Five visits leave no gap above 20 minutes in two hours.
    assert [route.sorties for route in today.routes] == pytest.approx([5, 5])


def test_a_route_that_sees_no_zone_takes_no_drone() -> None:
    """It has no headway to keep, and its zones are told as unseen."""
    today = measured(tiny_scenario(), mission((0, 0), (-500, 0), (0, 0)))
    (route,) = today.routes
    assert (route.headway_s, route.load, route.sorties) == (None, 0.0, 0)
    assert today.drones == {"A": 0} and today.worst_idleness_ratio is None


def patrol(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Run ``patrol import`` in this process: exit code, output and errors."""
    code = main(["import", *(str(word) for word in words)])
    said = capsys.readouterr()
    return code, said.out, said.err


def exported(scenario_and_plan: tuple[Scenario, Plan], folder: Path) -> Sequence[Path]:
    """Write a plan and its missions; the file of the plan comes first."""
    _, plan = scenario_and_plan
    path = folder / "plan.geojson"
    planner.write_plan(plan, path)
    return [path, *export_plan(plan, "qgc", folder / "missions")]


def test_the_command_puts_today_beside_the_plan(
    planned: Callable[[str], tuple[Scenario, Plan]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In tables of either language, and as one object of JSON."""
    plan, *files = exported(planned("two-stations"), tmp_path)
    given = ["--scenario", seeds.path("two-stations"), "--plan", plan]
    code, said, _ = patrol(capsys, *files[:2], *given, "--json")
    told = json.loads(said)
    assert (code, told["ok"], told["routes"]) == (0, True, 2)
    assert told["planned"]["zones_served"] == told["today"]["zones"] == 3
    assert told["today"]["zones_seen"] + len(told["today"]["zones_unseen"]) == 3
    code, said, _ = patrol(capsys, *files, *given, "--lang", "en")
    assert code == 0 and "3 / 3" in said and "today" in said and "planned" in said
    out = tmp_path / "lines.geojson"
    code, said, _ = patrol(capsys, *files, *given[:2], "--lang", "zh", "-o", out)
    assert code == 0 and "现有航线" in said and "规划航线" not in said
    assert len(json.loads(out.read_text(encoding="utf-8"))["features"]) == 3


def test_the_command_says_what_it_needs_and_what_is_wrong(
    planned: Callable[[str], tuple[Scenario, Plan]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Usage, files that are no missions, and missions of another city."""
    plan, *files = exported(planned("two-stations"), tmp_path)
    assert patrol(capsys, files[0])[0] == 2
    assert patrol(capsys, files[0], "--plan", plan, "-o", tmp_path / "x")[0] == 2
    here = ["--scenario", seeds.path("two-stations"), "--lang", "en"]
    bad = tmp_path / "bad.plan"
    bad.write_text("{}")
    code, _, told = patrol(capsys, bad, *here)
    assert code == 3 and "E-MISSION-FORMAT" in told
    code, _, told = patrol(capsys, files[0], "--scenario", tmp_path, "--lang", "en")
    assert code == 3 and "scenario.toml" in told
    other = ["--scenario", seeds.path("lines"), "--lang", "en"]
    code, _, told = patrol(capsys, files[0], *other)
    assert code == 3 and "E-DRAWN-NONE" in told and "W-DRAWN-STATION" in told
