"""Files of plans over hills: their heights are those of the plan, over real ground."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import fastkml
import gpxpy
import numpy as np
import pyogrio
import pytest
from dems import GEOGRAPHIC, Dem, over, write_dem
from fastkml.features import Placemark
from fastkml.utils import find_all
from hills import hilly, mixed
from hypothesis import given, settings
from hypothesis import strategies as st
from implicitdict import ImplicitDict
from pymavlink import mavwp
from uas_standards.astm.f3548.v21 import api

import planner
from planner.basics.geometry import FloatArray, LocalProjection
from planner.basics.terrain import ELLIPSOID, Terrain
from planner.budget import Budget
from planner.drawn.missions import drawn_routes
from planner.errors import InputError, MissionError
from planner.exports.exporting import exported
from planner.exports.registry import FORMATS
from planner.flown.tracks import FlownRoute, flown_routes
from planner.formats.handover import hand_over
from planner.formats.missions.importing import read_missions
from planner.formats.missions.mission import Mission, Waypoint
from planner.formats.missions.relief import Relief
from planner.formats.plan_geojson import as_written
from planner.plan import Plan, Route
from planner.planning.pipeline import plan_routes
from planner.scenario import Rules, Scenario

GEOID_M = 7.25
MISSIONS = ("qgc", "wpl", "wpml")
NEAR_M = 0.2


@pytest.fixture(scope="module")
def dem(tmp_path_factory: pytest.TempPathFactory) -> Dem:
    """Return the raster of the hills."""
    folder = tmp_path_factory.mktemp("dem")
    return write_dem(folder / "dem.tif", hilly, mixed().projection, crs=GEOGRAPHIC)


@pytest.fixture(scope="module")
def hills(dem: Dem) -> Scenario:
    """Return the scenario over the hills, which knows how high the sea is."""
    scenario = over(mixed("M4TD"), dem)
    assert scenario.terrain is not None
    return replace(scenario, terrain=replace(scenario.terrain, geoid_m=GEOID_M))


@pytest.fixture(scope="module")
def plan(hills: Scenario) -> Plan:
    """Return its plan."""
    return as_written(plan_routes(hills, budget=Budget(iterations=1, engine="greedy")))


def files_of(hills: Scenario, plan: Plan, name: str) -> dict[str, bytes]:
    """Return the files of a format."""
    return exported(hand_over(plan, scenario=hills), name)


def stands_above_sea_m(hills: Scenario, plan: Plan, route: Route) -> float:
    """Return how high drones of a route stand, in the raster's heights."""
    assert hills.terrain is not None
    ground = {s["id"]: s["ground_m"] for s in plan.stations}
    return float(ground[route.depot] + hills.terrain.reference_m)


def read_by_others(
    files: dict[str, bytes], name: str, route: Route, folder: Path
) -> FloatArray:
    """Return lon, lat and height over home of waypoints, as others read the file."""
    found: list[tuple[float, float, float]] = []
    for file, data in files.items():
        if not file.startswith(f"{route.id}."):
            continue
        if name == "qgc":
            items = json.loads(data)["mission"]["items"]
            places = [i for i in items if i["command"] in (16, 22)]
            assert {i["frame"] for i in places} == {3}
            found += [(i["params"][5], i["params"][4], i["params"][6]) for i in places]
        elif name == "wpl":
            (folder / file).write_bytes(data)
            loader = mavwp.MAVWPLoader()
            loader.load(str(folder / file))
            points = [loader.wp(k) for k in range(1, loader.count())]
            points = [p for p in points if p.command in (16, 22)]
            assert {p.frame for p in points} == {3}
            found += [(p.y, p.x, p.z) for p in points]
        else:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                root = ElementTree.fromstring(archive.read("wpmz/waylines.wpml"))
            tags = "{http://www.dji.com/wpmz/1.0.6}"
            modes = [e.text for e in root.iter(f"{tags}executeHeightMode")]
            assert modes == ["relativeToStartPoint"]
            for placemark in root.iter("{http://www.opengis.net/kml/2.2}Placemark"):
                text = next(
                    placemark.iter("{http://www.opengis.net/kml/2.2}coordinates")
                ).text
                lon, lat = map(float, str(text).split(","))
                height = placemark.findtext(f"{tags}executeHeight")
                found.append((lon, lat, float(str(height))))
    return np.array(found)


@pytest.mark.parametrize("name", MISSIONS)
def test_missions_keep_floor_and_ceiling_over_the_raster(
    name: str, hills: Scenario, plan: Plan, dem: Dem, tmp_path: Path
) -> None:
    """Flown from where the station stands, each metre between waypoints is allowed."""
    files = files_of(hills, plan, name)
    looked_at = 0
    for route in plan.routes:
        path = read_by_others(files, name, route, tmp_path)
        xy = hills.projection.to_xy(path[:, :2])
        gone = np.append(0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T)))
        at = np.arange(0.0, gone[-1], 1.0)
        x, y, z = (np.interp(at, gone, v) for v in (*xy.T, path[:, 2]))
        ground = dem.heights(np.column_stack([x, y]))
        over_m = z + stands_above_sea_m(hills, plan, route) - ground
        assert over_m.min() >= hills.rules.floor_m - 1e-3
        assert over_m.max() <= hills.rules.ceiling_m + 1e-3
        looked_at += len(at)
    assert looked_at > 10_000


@pytest.mark.parametrize("name", MISSIONS)
def test_missions_are_flown_where_the_plan_has_them(
    name: str, hills: Scenario, plan: Plan, tmp_path: Path
) -> None:
    """Read back and set up at its station, a route is where it was, to 0.2 m."""
    for file in planner.export_plan(plan, name, tmp_path, scenario=hills):
        missions = [(file.name, m) for m in read_missions(file).missions]
        (drawn,), findings = drawn_routes(hills, missions)
        assert not findings
        planned = next(
            f
            for f in flown_routes(hills, plan)
            if file.name.startswith(f"{f.route.id}.")
        )
        assert drawn.flown.ground_m == planned.ground_m
        assert apart_m(drawn.flown, planned) <= NEAR_M


def apart_m(one: FlownRoute, other: FlownRoute) -> float:
    """Return how far each corner of a route is from the other's path, in space."""
    worst = 0.0
    for corners, path in ((one, other), (other, one)):
        a = np.column_stack([path.xy, path.z])
        step = np.diff(a, axis=0)
        length = np.maximum(np.einsum("ij,ij->i", step, step), 1e-12)
        for place in np.column_stack([corners.xy, corners.z]):
            share = np.clip(np.einsum("ij,ij->i", place - a[:-1], step) / length, 0, 1)
            foot = a[:-1] + share[:, None] * step
            worst = max(worst, float(np.linalg.norm(foot - place, axis=1).min()))
    return worst


def test_lines_of_kml_come_back_at_their_heights(
    hills: Scenario, plan: Plan, tmp_path: Path
) -> None:
    """Heights above the sea are taken off the ground that a line begins on."""
    (file,) = planner.export_plan(plan, "kml", tmp_path)
    missions = read_missions(file).missions
    assert len(missions) == len(plan.routes)
    drawn, _ = drawn_routes(hills, [(file.name, m) for m in missions])
    for route, planned in zip(drawn, flown_routes(hills, plan), strict=True):
        assert route.id == planned.route.id
        assert apart_m(route.flown, planned) <= NEAR_M


def test_lines_above_ground_are_lifted_by_the_ground_under_them(
    hills: Scenario, dem: Dem
) -> None:
    """A line that somebody drew 80 m over hill and valley is that over both."""
    assert hills.terrain is not None
    xy = np.array([[0, 0], [2300, -900], [1800, 1400], [0, 0]], float)
    lonlat = hills.projection.to_lonlat(xy)
    line = Mission(
        name="m",
        waypoints=tuple(Waypoint(lon=x, lat=y, height_m=80.0) for x, y in lonlat),
        takes_off=False,
        over_ground=True,
        end="stay",
    )
    ((drawn,), _) = drawn_routes(hills, [("a.kml", line)])
    heights = drawn.flown.z[2:-2] + hills.terrain.reference_m
    assert heights == pytest.approx(dem.heights(xy) + 80.0, abs=2.0)
    assert np.ptp(heights) > 60


def test_globes_and_receivers_get_heights_above_the_sea(
    hills: Scenario, plan: Plan
) -> None:
    """KML says ``absolute`` and GPX ``ele``; both are the plan's and its level's."""
    assert hills.terrain is not None
    lift_m = hills.terrain.reference_m
    data = files_of(hills, plan, "kml")["plan.kml"]
    kml = fastkml.KML.from_string(data.partition(b"?>")[2].decode())
    modes = {
        mark.kml_geometry.altitude_mode.value
        for mark in find_all(kml, of_type=Placemark)
        if mark.name in {route.id for route in plan.routes}
    }
    assert modes == {"absolute"}
    lines = pyogrio.read_dataframe(io.BytesIO(data), layer="Routes 巡航航线").geometry
    gpx = gpxpy.parse(files_of(hills, plan, "gpx")["routes.gpx"].decode())
    for route, line, track in zip(plan.routes, lines, gpx.tracks, strict=True):
        heights = [z + lift_m for *_, z in route.path]
        assert [p[2] for p in line.coords] == pytest.approx(heights)
        points = track.segments[0].points
        assert [p.elevation for p in points] == pytest.approx(heights, abs=1e-3)
        assert not any(p.extensions for p in points)
    stands = {s["id"]: s["ground_m"] + lift_m for s in plan.stations}
    told = {w.name: w.elevation for w in gpx.waypoints if w.type == "station"}
    assert told == pytest.approx(stands, abs=1e-3)


def test_cesium_gets_heights_above_the_ellipsoid(hills: Scenario, plan: Plan) -> None:
    """Nothing is put on a ground that a globe has of its own."""
    assert hills.terrain is not None
    lift_m = hills.terrain.reference_m + GEOID_M
    document, *packets = json.loads(files_of(hills, plan, "czml")["plan.czml"])
    assert "dem.tif" in document["description"]
    found: set[float] = set()
    for packet in packets:
        assert packet["point"]["heightReference"] == {"heightReference": "NONE"}
        place = packet["position"]["cartographicDegrees"]
        found |= set(place[3::4] if len(place) > 3 else place[2:])
    wanted = {s["ground_m"] + lift_m for s in plan.stations}
    wanted |= {r.layer_m + lift_m for r in plan.routes}
    assert sorted(found) == pytest.approx(sorted(wanted))


def test_intents_hold_the_flight_above_the_ellipsoid(
    hills: Scenario, plan: Plan
) -> None:
    """The standard's own reader finds layers and stations within the volumes."""
    assert hills.terrain is not None
    lift_m = hills.terrain.reference_m + GEOID_M
    for route in plan.routes:
        data = files_of(hills, plan, "intent")[f"{route.id}.intents.json"]
        document = json.loads(data)
        assert document["reference_w84_m"] == lift_m
        for intent in document["intents"]:
            details = ImplicitDict.parse(
                intent["details"], api.OperationalIntentDetails
            )
            lows = [v.volume.altitude_lower.value for v in details.volumes]
            highs = [v.volume.altitude_upper.value for v in details.volumes]
            stands_m = route.path[0][2] + lift_m
            assert stands_m - 8 < min(lows) <= stands_m
            assert route.layer_m + lift_m <= max(highs) < route.layer_m + lift_m + 8


def test_what_is_not_known_of_heights_is_not_made_up(
    hills: Scenario, plan: Plan
) -> None:
    """Heights above what the raster does not count from need the way between."""
    assert hills.terrain is not None

    def codes(heights: str, geoid_m: float | None) -> dict[str, str]:
        told = {**plan.provenance["terrain"], "heights": heights, "geoid_m": geoid_m}
        other = replace(plan, provenance={**plan.provenance, "terrain": told})
        found = {}
        for name in ("kml", "kmz", "gpx", "czml", "intent"):
            try:
                exported(hand_over(other), name)
            except InputError as error:
                found[name] = error.findings[0].code
        return found

    of_ellipsoid = dict.fromkeys(("czml", "intent"), "E-EXPORT-ELLIPSOID")
    assert codes("EGM2008 height", None) == of_ellipsoid
    assert codes(ELLIPSOID, None) == dict.fromkeys(
        ("kml", "kmz", "gpx"), "E-EXPORT-SEA"
    )
    assert codes("", GEOID_M) == codes(ELLIPSOID, GEOID_M) == {}


@pytest.mark.parametrize("name", FORMATS)
def test_missions_over_terrain_need_the_ground_under_them(
    name: str, hills: Scenario, plan: Plan
) -> None:
    """What drones fly is not written unseen; what people look at is."""
    flown = name in (*MISSIONS, "flighthub")
    if not flown:
        assert exported(hand_over(plan), name)
        return
    with pytest.raises(InputError) as caught:
        exported(hand_over(plan), name)
    assert [f.code for f in caught.value.findings] == ["E-EXPORT-SCENARIO"]
    flat = replace(hills, terrain=None)
    with pytest.raises(InputError) as caught:
        hand_over(plan, scenario=flat)
    assert {f.code for f in caught.value.findings} == {"E-EXPORT-GROUND"}


def test_a_plan_that_does_not_say_its_level_is_not_handed_over(plan: Plan) -> None:
    """Wrong or missing heights of the ground are findings, not tracebacks."""

    def codes(plan: Plan) -> set[str]:
        with pytest.raises(InputError) as caught:
            hand_over(plan)
        return {f.code for f in caught.value.findings}

    told: Any
    for told in ("dem.tif", {}, {"reference_m": "high"}, {"reference_m": True}):
        odd = replace(plan, provenance={**plan.provenance, "terrain": told})
        assert codes(odd) == {"E-EXPORT-TERRAIN"}
    stations = tuple({**s, "ground_m": None} for s in plan.stations)
    assert codes(replace(plan, stations=stations)) == {"E-EXPORT-STANDS"}


def at_layer(plan: Plan, route: Route, layer_m: float) -> Plan:
    """Return a plan of a route alone, at another height."""
    path = tuple(
        (lon, lat, layer_m if z == route.layer_m else z) for lon, lat, z in route.path
    )
    return replace(plan, routes=(replace(route, path=path, layer_m=layer_m),))


@pytest.mark.parametrize("name", MISSIONS)
def test_a_mission_too_low_or_too_high_over_a_hill_is_not_written(
    name: str, hills: Scenario, plan: Plan
) -> None:
    """Preflight looks at the ground between waypoints, not at the plan's word."""
    assert hills.terrain is not None
    for route in plan.routes:
        (flown,) = flown_routes(hills, replace(plan, routes=(route,)))
        crossed = hills.terrain.crossed(flown.xy[1:-2], flown.xy[2:-1])
        floor_m = float(crossed.highest_m.max()) + hills.rules.floor_m
        ceiling_m = float(crossed.lowest_m.min()) + hills.rules.ceiling_m
        for layer_m, code in (
            (floor_m - 0.1, "E-PREFLIGHT-FLOOR"),
            (ceiling_m + 0.1, "E-PREFLIGHT-CEILING"),
        ):
            with pytest.raises(MissionError) as caught:
                files_of(hills, at_layer(plan, route, layer_m), name)
            assert code in {f.code for f in caught.value.findings}
        assert files_of(hills, at_layer(plan, route, floor_m), name)


def test_the_way_home_is_over_every_hill(hills: Scenario, plan: Plan, dem: Dem) -> None:
    """From any place of a wayline the straight way at its return height is free."""
    higher = 0
    for name, data in files_of(hills, plan, "wpml").items():
        route = next(r for r in plan.routes if name.startswith(f"{r.id}."))
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            root = ElementTree.fromstring(archive.read("wpmz/waylines.wpml"))
        tag = "{http://www.dji.com/wpmz/1.0.6}globalRTHHeight"
        return_m = float(str(next(root.iter(tag)).text))
        stands_m = stands_above_sea_m(hills, plan, route)
        path = hills.projection.to_xy(np.array([p[:2] for p in route.path]))
        steps = np.vstack([np.linspace(a, b, 20) for a, b in pairwise(path)])
        shares = np.linspace(0, 1, 200)[:, None, None]
        ways = (path[0] + shares * (steps - path[0])).reshape(-1, 2)
        assert (
            return_m + stands_m - dem.heights(ways)
        ).min() >= hills.rules.floor_m - 1e-3
        (task,) = {
            request["body"]["rth_altitude"]
            for file in files_of(hills, plan, "flighthub").values()
            for request in json.loads(file)["requests"]
            if request["body"]["name"].startswith(f"{route.id} ")
        }
        assert task == np.ceil(return_m)
        level_m = route.layer_m - route.path[0][2]
        assert return_m >= level_m - 1e-3
        higher += return_m > level_m + 1
    assert higher


def test_rally_points_have_no_hill_before_them(
    hills: Scenario, plan: Plan, dem: Dem
) -> None:
    """A drone may fly straight there from each place of its route, at its height."""
    assert hills.terrain is not None
    ground = {s["id"]: s["ground_m"] for s in plan.stations}
    others = 0
    for name, data in files_of(hills, plan, "qgc").items():
        route = next(r for r in plan.routes if name.startswith(f"{r.id}."))
        own, *spare = json.loads(data)["rallyPoints"]["points"]
        assert own[2] + ground[route.depot] == pytest.approx(route.layer_m)
        path = hills.projection.to_xy(np.array([p[:2] for p in route.path[1:-1]]))
        for lat, lon, _ in spare:
            place = hills.projection.to_xy(np.array([[lon, lat]]))
            shares = np.linspace(0, 1, 400)[:, None, None]
            ways = (place + shares * (path - place)).reshape(-1, 2)
            over_m = route.layer_m + hills.terrain.reference_m - dem.heights(ways)
            assert over_m.min() >= hills.rules.floor_m - 1e-3
            others += 1
    assert others < len(plan.routes)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_preflight_is_never_kinder_than_samples(data: st.DataObject) -> None:
    """Random legs over random squares: a sample that is too low or high is a fault."""
    numbers = st.floats(0, 60).map(lambda m: round(m, 2))
    cells = data.draw(st.lists(numbers, min_size=36, max_size=36))
    ground = np.array(cells).reshape(6, 6)
    projection = LocalProjection(120.0, 33.0)
    terrain = Terrain(
        west_m=0, south_m=0, square_m=50, lowest_m=ground, highest_m=ground
    )
    relief = Relief(terrain=terrain, projection=projection, rules=Rules(), stands_m=3.0)
    place = st.tuples(st.floats(1, 299), st.floats(1, 299), st.floats(50, 140))
    path = np.array(data.draw(st.lists(place, min_size=2, max_size=4)))
    lonlat = projection.to_lonlat(path[:, :2])
    mission = Mission(
        name="m",
        waypoints=tuple(
            Waypoint(lon=lon, lat=lat, height_m=z - 3.0)
            for (lon, lat), z in zip(lonlat.tolist(), path[:, 2].tolist(), strict=True)
        ),
    )
    shares = np.linspace(0, 1, 500)[:, None, None]
    samples = (path[:-1] + shares * np.diff(path, axis=0)).reshape(-1, 3)
    row, column = (samples[:, [1, 0]] // 50).astype(int).T
    over_m = samples[:, 2] - ground[row, column]
    codes = {f.code for f in relief.faults(mission)}
    if over_m.min() < 60 - 0.02:
        assert "E-PREFLIGHT-FLOOR" in codes
    if over_m.max() > 120 + 0.02:
        assert "E-PREFLIGHT-CEILING" in codes
    if over_m.min() - np.ptp(cells) > 60.5 and over_m.max() + np.ptp(cells) < 119.5:
        assert not codes
