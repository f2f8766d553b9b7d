"""Mission formats by the letter: each trap that breaks a flight has its test."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import fastkml
import numpy as np
import pytest
from missions import dji_plan, lengths_m
from plans import AIRSPACE, PROJECTION, tiny_plan, tiny_scenario
from pymavlink import mavwp
from shapely import union_all
from shapely.geometry import LineString, Polygon, box

from planner.errors import MissionError
from planner.exports.exporting import export_plan, exported
from planner.formats.handover import hand_over
from planner.formats.missions.briefing import brief
from planner.formats.missions.fence import fence_of
from planner.formats.missions.wpml import drones
from planner.scenario import Airspace

KML = "{http://www.opengis.net/kml/2.2}"
WPML = "{http://www.dji.com/wpmz/1.0.6}"


def plan_file() -> dict[str, Any]:
    """Return the ``.plan`` document of route A1."""
    files = exported(hand_over(tiny_plan(), routes=["A1"]), "qgc")
    document: dict[str, Any] = json.loads(files["A1.plan"])
    return document


def test_a_plan_file_has_what_qgroundcontrol_asks_for() -> None:
    """Every key and version is that of the format, for PX4 on a quadrotor."""
    document = plan_file()
    assert (document["fileType"], document["version"]) == ("Plan", 1)
    mission = document["mission"]
    assert (mission["version"], mission["firmwareType"], mission["vehicleType"]) == (
        2,
        12,
        2,
    )
    assert document["geoFence"] == {"version": 2, "circles": [], "polygons": []}
    numbers = [item["doJumpId"] for item in mission["items"]]
    assert numbers == list(range(1, len(numbers) + 1))
    for item in mission["items"]:
        assert item["type"] == "SimpleItem" and item["autoContinue"] is True
        assert len(item["params"]) == 7


def test_places_are_latitude_first_and_heights_are_above_home() -> None:
    """Frame 3 goes with altitude mode 1, and no heading is forced on the drone."""
    document = plan_file()
    lat, lon, _ = document["mission"]["plannedHomePosition"]
    assert (round(lat), round(lon)) == (33, 120)
    items = document["mission"]["items"]
    assert [items[0]["command"], items[-1]["command"]] == [22, 21]
    for item in items:
        if item["command"] in (16, 19, 21, 22):
            assert (item["frame"], item["AltitudeMode"]) == (3, 1)
            assert item["params"][3] is None
            assert (round(item["params"][4]), round(item["params"][5])) == (33, 120)
            assert item["Altitude"] == item["params"][6]
        else:
            assert item["frame"] == 2 and "AltitudeMode" not in item
    lat, lon, height_m = document["rallyPoints"]["points"][0]
    assert (lat, lon, height_m) == (33.0, 120.0, 60.0)


def fenced(*airspace: Airspace) -> tuple[list[Polygon], list[Polygon], LineString]:
    """Return keep-in and keep-out fences and the path, metres, of A1 in airspace."""
    scenario = replace(tiny_scenario(), airspace=airspace)
    handover = hand_over(tiny_plan(), scenario=scenario, routes=["A1"])
    document = json.loads(exported(handover, "qgc")["A1.plan"])
    rings: dict[bool, list[Polygon]] = {True: [], False: []}
    for polygon in document["geoFence"]["polygons"]:
        lonlat = [(lon, lat) for lat, lon in polygon["polygon"]]
        assert polygon["version"] == 1 and lonlat[0] != lonlat[-1]
        rings[polygon["inclusion"]].append(Polygon(PROJECTION.to_xy(np.array(lonlat))))
    path = [
        (item["params"][5], item["params"][4])
        for item in document["mission"]["items"]
        if item["command"] in (16, 22)
    ]
    return rings[True], rings[False], LineString(PROJECTION.to_xy(np.array(path)))


def test_fences_keep_in_the_path_and_keep_out_closed_airspace() -> None:
    """``inclusion`` says in or out, not on or off; rings are not closed."""
    prison = replace(AIRSPACE[0], geometry=box(1000, 60, 1080, 120))
    inside, outside, path = fenced(prison)
    assert [fence.contains(path) for fence in inside] == [True]
    assert [fence.contains(prison.geometry) for fence in outside] == [True]
    assert not any(fence.intersects(path) for fence in outside)


def test_a_fence_goes_round_a_hole_that_is_flown_in() -> None:
    """A ring of closed airspace is cut into pieces that leave its middle open."""
    hull = fenced()[2].convex_hull
    ring = hull.buffer(140).difference(hull.buffer(40))
    inside, outside, path = fenced(replace(AIRSPACE[0], geometry=ring))
    assert len(outside) >= 2
    assert not any(fence.intersects(path) for fence in outside)
    assert union_all(outside).buffer(0.1).covers(ring.intersection(inside[0]))


def test_a_fence_with_many_corners_is_drawn_with_fewer() -> None:
    """A coast with many bays fits PX4, and is still kept out of to the last bay."""
    teeth = [
        (500 + 12 * k, -0.1 * (500 + 12 * k) - 60 - 25 * (k % 2)) for k in range(80)
    ]
    coast = Polygon([*teeth, (1448, -400), (500, -400)])
    closed = replace(AIRSPACE[0], geometry=coast)
    handover = hand_over(
        tiny_plan(), scenario=replace(tiny_scenario(), airspace=(closed,))
    )
    route = handover.routes[0]
    mission = brief(handover, route)
    corners = [
        sum(map(len, (*fence.keep_in, *fence.keep_out)))
        for fence in (fence_of(handover, route, mission, most) for most in (999, 64))
    ]
    assert corners[0] > 64 >= corners[1]
    inside, outside, path = fenced(closed)
    assert union_all(outside).buffer(0.01).covers(coast.intersection(inside[0]))
    assert not union_all(outside).intersects(path)


def test_only_airspace_that_is_closed_there_and_then_is_fenced_out() -> None:
    """A fence knows no height and no clock, so what is above or asleep is left out."""
    across = box(400, -500, 600, 500)
    above = replace(AIRSPACE[1], geometry=across)  # from 105 m; A1 flies at 60 m
    asleep = replace(AIRSPACE[2], geometry=across)  # a school run
    awake = replace(AIRSPACE[2], geometry=box(1000, 60, 1080, 120))
    beside = replace(AIRSPACE[2], geometry=box(400, 160, 500, 200))  # 10 m off
    assert fenced(above, asleep, beside)[1] == []
    assert len(fenced(above, asleep, awake)[1]) == 1


def test_a_mission_through_closed_airspace_is_not_written() -> None:
    """A plan of another scenario does not get past its fences."""
    with pytest.raises(MissionError) as error:
        fenced(replace(AIRSPACE[0], geometry=box(400, -500, 600, 500)))
    (finding,) = error.value.findings
    assert (finding.code, finding.feature) == ("E-PREFLIGHT-KEEP-OUT", "A1")
    assert finding.file == "A1.plan"


def test_a_waypoint_file_is_read_by_pymavlink(tmp_path: Path) -> None:
    """Its loader finds every item with the numbers of the route; row 0 is home."""
    plan = tiny_plan()
    written = export_plan(plan, "wpl", tmp_path)
    for route, path in zip(plan.routes, written, strict=True):
        assert path.read_bytes().startswith(b"QGC WPL 110\r\n")
        loader = mavwp.MAVWPLoader()
        assert loader.load(str(path)) == loader.count()
        items = [loader.wp(i) for i in range(loader.count())]
        assert [item.seq for item in items] == list(range(len(items)))
        assert [item.current for item in items] == [1, *[0] * (len(items) - 1)]
        assert (items[0].frame, items[0].command) == (0, 16)
        assert [items[1].command, items[-1].command] == [22, 21]
        flown = [(i.y, i.x) for i in items[1:] if i.command in (16, 22)]
        assert float(lengths_m([flown[0], route.path[0]])[0]) < 0.2
        assert {i.z for i in items if i.command in (16, 19, 22)} == {0, route.layer_m}
        holds = [i.param1 for i in items if i.command in (16, 19)]
        assert all(hold == int(hold) for hold in holds)


def archive(route: str = "A2") -> dict[str, bytes]:
    """Return the files in the KMZ of a route."""
    data = exported(hand_over(dji_plan(), routes=[route]), "wpml")[f"{route}.kmz"]
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def texts(root: ElementTree.Element, name: str) -> list[str]:
    """Return the texts of all elements of WPML of a name."""
    return [element.text or "" for element in root.iter(f"{WPML}{name}")]


def test_waylines_have_both_files_with_the_same_waypoints_and_actions() -> None:
    """What a person edits on the ground is what the drone flies."""
    files = archive()
    assert list(files) == ["wpmz/template.kml", "wpmz/waylines.wpml"]
    template, waylines = (ElementTree.fromstring(data) for data in files.values())
    for name in ("index", "actionActuatorFunc", "hoverTime", "waypointSpeed"):
        assert texts(template, name) == texts(waylines, name)
    assert texts(template, "height") == texts(waylines, "executeHeight")
    places = [
        [e.text for e in root.iter(f"{KML}coordinates")]
        for root in (template, waylines)
    ]
    assert places[0] == places[1]


def test_ids_in_waylines_count_from_0_without_a_gap() -> None:
    """A gap makes a ground station refuse the file."""
    root = ElementTree.fromstring(archive()["wpmz/waylines.wpml"])
    for name in ("index", "actionGroupId"):
        found = [int(text) for text in texts(root, name)]
        assert found == list(range(len(found))) and found
    for group in root.iter(f"{WPML}actionGroup"):
        assert texts(group, "actionId") == [
            str(i) for i in range(len(texts(group, "actionId")))
        ]
        (start,), (end,) = (
            texts(group, f"actionGroup{edge}Index") for edge in ("Start", "End")
        )
        assert start == end


def test_waylines_are_longitude_first_but_for_the_place_of_take_off() -> None:
    """Two orders in one file: each where the format has it."""
    for data in archive().values():
        root = ElementTree.fromstring(data)
        for point in root.iter(f"{KML}coordinates"):
            lon, lat = map(float, (point.text or "").split(","))
            assert (round(lon), round(lat)) == (120, 33)
        (home,) = texts(root, "takeOffRefPoint")
        assert [round(float(part)) for part in home.split(",")] == [33, 120, 0]


def test_waylines_are_above_the_place_of_take_off() -> None:
    """Neither ellipsoid nor sea: both files say so, and give the layer itself."""
    template, waylines = map(ElementTree.fromstring, archive().values())
    assert texts(template, "heightMode") == ["relativeToStartPoint"]
    assert texts(waylines, "executeHeightMode") == ["relativeToStartPoint"]
    assert set(texts(waylines, "executeHeight")) == {"105"}
    assert texts(waylines, "globalRTHHeight") == ["105"]
    assert texts(waylines, "takeOffSecurityHeight") == ["105"]


def test_turns_of_waylines_fit_their_legs() -> None:
    """Two turns on one leg are together shorter than the leg."""
    for route in ("A1", "A2", "B1", "B2"):
        root = ElementTree.fromstring(archive(route)["wpmz/waylines.wpml"])
        places = [
            tuple(map(float, (point.text or "").split(",")))
            for point in root.iter(f"{KML}coordinates")
        ]
        turns = [float(text) for text in texts(root, "waypointTurnDampingDist")]
        modes = texts(root, "waypointTurnMode")
        assert texts(root, "useStraightLine") == ["1"] * len(turns)
        for length_m, one, other in zip(
            lengths_m(places), turns[:-1], turns[1:], strict=True
        ):
            assert one + other < length_m
        for turn_m, mode in zip(turns, modes, strict=True):
            assert (turn_m > 0) == (mode == "toPointAndPassWithContinuityCurvature")


def test_waylines_name_the_drone_and_its_camera() -> None:
    """An empty configuration is read as drone 65535, which no one has."""
    for data in archive().values():
        root = ElementTree.fromstring(data)
        assert texts(root, "droneEnumValue") == ["100"]
        assert texts(root, "droneSubEnumValue") == ["1"]
        assert texts(root, "payloadEnumValue") == ["99"]
        assert set(texts(root, "payloadPositionIndex")) == {"0"}
        assert texts(root, "exitOnRCLost") == ["executeLostAction"]
        assert texts(root, "executeRCLostAction") == ["goBack"]
        assert texts(root, "finishAction") == ["goHome"]


def test_every_camera_has_one_drone_and_a_source() -> None:
    """68 is another maker's number for a camera that an M30T does not have."""
    named = [(tuple(d["drone"]), d["payload"]) for d in drones().values()]
    assert len(set(named)) == len(named)
    assert drones()["M30T"]["payload"] == 53
    assert 68 not in {payload for _, payload in named}
    assert all(drone["source"] for drone in drones().values())


@pytest.mark.parametrize("name", ["wpmz/template.kml", "wpmz/waylines.wpml"])
def test_waylines_are_kml_to_a_reader_of_kml(name: str) -> None:
    """Fastkml finds the waypoints where the route has them."""
    text = archive()[name].decode().partition("?>")[2]
    root = fastkml.KML.from_string(text, strict=False)
    placemarks = list(fastkml.utils.find_all(root, of_type=fastkml.Placemark))
    route = dji_plan().route("A2")
    assert len(placemarks) >= 5
    start = placemarks[0].geometry.coords[0]
    assert float(lengths_m([start, route.path[0]])[0]) < 0.2
