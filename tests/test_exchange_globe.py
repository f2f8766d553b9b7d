"""What a globe or a GPS shows is where the plan's drones are, and text stays text."""

from __future__ import annotations

import io
import json
import zipfile
from collections import defaultdict
from itertools import pairwise
from typing import Any

import czml3
import gpxpy
import numpy as np
import pyogrio
import pytest
from fastkml import kml as fast
from fastkml.features import Placemark
from fastkml.gx import Track
from fastkml.utils import find_all
from fastkml.validator import validate
from handovers import BALLOON, LAT, LON, Balloon, handovers
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from plans import tiny_plan

from planner.formats.exchange import czml, gpx, kml, kmz
from planner.formats.exchange.markup import xml_text
from planner.formats.handover import Handover, hand_over
from planner.plan import Sortie

TINY = hand_over(tiny_plan())


def placemarks(data: bytes) -> list[Placemark]:
    """Return the placemarks that fastkml reads."""
    document = fast.KML.from_string(data.partition(b"?>")[2].decode())
    return [
        p for p in find_all(document, of_type=Placemark) if isinstance(p, Placemark)
    ]


def cells(description: str) -> list[str]:
    """Return the cells of a balloon that holds nothing but a table of texts."""
    balloon = Balloon(description)
    assert balloon.elements == BALLOON
    return balloon.cells


@settings(max_examples=25)
@given(handover=handovers())
def test_every_sortie_is_a_track_on_its_route_at_its_times(handover: Handover) -> None:
    """Each vertex of a track is one of the route, at take-off plus its time."""
    marks = placemarks(kml.export(handover)["plan.kml"])
    drawn: dict[tuple[str, str], list[Track]] = defaultdict(list)
    for mark in marks:
        if isinstance(mark.kml_geometry, Track):
            told = dict(zip(*[iter(cells(mark.description or ""))] * 2, strict=True))
            drone, route = told["Drone 无人机"], told["Route 航线"]
            drawn[drone, route].append(mark.kml_geometry)
    for sortie in handover.sorties:
        route = handover.plan.route(sortie.route)
        track = drawn[_shown(sortie.drone), _shown(sortie.route)].pop(0)
        assert track.altitude_mode is not None
        assert track.altitude_mode.value == "relativeToGround"
        items = track.track_items
        assert np.array([item.coord.coords[0] for item in items if item.coord]) == (
            pytest.approx(np.array(route.path), abs=1e-8)
        )
        start = handover.moment(0)
        times = [(item.when.dt - start).total_seconds() for item in items if item.when]
        wanted = [sortie.takeoff_s + t for t in route.t_s]
        assert times == pytest.approx(wanted, abs=1e-3)
        assert all(before <= after for before, after in pairwise(times))
    assert not any(drawn.values())


def _shown(text: str) -> str:
    """Return a text as XML gives it back: what it can hold, line ends made one."""
    return xml_text(text).replace("\r\n", "\n").replace("\r", "\n")


def test_kml_is_valid_by_its_schema() -> None:
    """The schema of OGC KML 2.2 finds no fault."""
    document = kml.export(TINY)["plan.kml"].partition(b"?>")[2]
    assert validate(element=etree.fromstring(document))


def test_kml_has_each_route_as_a_line_above_ground() -> None:
    """GDAL reads one line a route, with the heights of the path."""
    data = kml.export(TINY)["plan.kml"]
    read = pyogrio.read_dataframe(io.BytesIO(data), layer="Routes 巡航航线")
    assert read["Name"].tolist() == [route.id for route in TINY.routes]
    for line, route in zip(read.geometry, TINY.routes, strict=True):
        assert np.array(line.coords) == pytest.approx(np.array(route.path))
    assert data.count(b"<altitudeMode>relativeToGround</altitudeMode>") == len(
        TINY.routes
    ) + len(TINY.sorties)


def test_a_globe_shows_nothing_but_what_was_escaped() -> None:
    """Every style shows the description alone, never a name as HTML."""
    data = kml.export(TINY)["plan.kml"].decode()
    assert data.count("<BalloonStyle>") == data.count("<Style ")
    assert data.count("<text>$[description]</text>") == data.count("<BalloonStyle>")


def test_kmz_is_the_same_document_in_an_archive_without_a_clock() -> None:
    """Its one member is doc.kml, as Google Earth wants it."""
    with zipfile.ZipFile(io.BytesIO(kmz.export(TINY)["plan.kmz"])) as archive:
        assert archive.namelist() == ["doc.kml"]
        assert archive.read("doc.kml") == kml.export(TINY)["plan.kml"]
        assert archive.infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)


@settings(max_examples=25)
@given(handover=handovers())
def test_gpx_has_a_track_a_route_timed_as_its_first_sortie(handover: Handover) -> None:
    """Places, heights and times are the plan's; a route without a sortie has none."""
    read = gpxpy.parse(gpx.export(handover)["routes.gpx"])
    assert len(read.tracks) == len(handover.routes)
    for track, route in zip(read.tracks, handover.routes, strict=True):
        assert (track.name or "").strip() == _shown(route.id).strip()
        points = track.segments[0].points
        found = [(p.longitude, p.latitude, float(p.extensions[0].text)) for p in points]
        assert np.array(found) == pytest.approx(np.array(route.path), abs=1e-8)
        # Heights are above ground; `ele` would be taken for one above the sea.
        assert all(point.elevation is None for point in points)
        sorties = [s for s in handover.sorties if s.route == route.id]
        if not sorties:
            assert all(point.time is None for point in points)
            continue
        times = [(p.time - handover.moment(0)).total_seconds() for p in points]
        wanted = [sorties[0].takeoff_s + t for t in route.t_s]
        assert times == pytest.approx(wanted, abs=1e-3)


def test_gpx_has_a_waypoint_for_each_station_and_stop() -> None:
    """GDAL reads them as well, each where it is."""
    data = gpx.export(TINY)["routes.gpx"]
    read = pyogrio.read_dataframe(io.BytesIO(data), layer="waypoints")
    stops = [stop.target for route in TINY.routes for stop in route.stops]
    assert read["name"].tolist() == ["A", "B", *stops]
    assert read.geometry.x.between(119, 121).all()


def packets(handover: Handover) -> dict[str, dict[str, Any]]:
    """Return the packets by id, each of which czml3 accepts and writes the same."""
    document = json.loads(czml.export(handover)["plan.czml"])
    for packet in document:
        assert json.loads(czml3.Packet.model_validate(packet).dumps()) == packet
    found = {packet["id"]: packet for packet in document}
    assert len(found) == len(document)
    assert next(iter(found)) == "document"
    return found


@settings(max_examples=25)
@given(handover=handovers(), shares=st.lists(st.floats(0, 1), max_size=20))
def test_a_drone_of_czml_is_where_the_plan_has_it(
    handover: Handover, shares: list[float]
) -> None:
    """At any moment it is on its route, or rests at its station."""
    found = packets(handover)
    flown: dict[str, list[Sortie]] = defaultdict(list)
    for sortie in handover.sorties:
        flown[sortie.drone].append(sortie)
    drones = {name for name in found if name.startswith("drone/")}
    assert drones == {f"drone/{drone}" for drone in flown}
    for drone, sorties in flown.items():
        samples = np.array(
            found[f"drone/{drone}"]["position"]["cartographicDegrees"]
        ).reshape(-1, 4)
        times = samples[:, 0]
        assert times[0] == 0 and times[-1] >= 86_400.0
        assert (np.diff(times) > 0).all()
        for t in [share * times[-1] for share in shares]:
            at = [np.interp(t, times, samples[:, i]) for i in (1, 2, 3)]
            assert at == pytest.approx(_place(handover, sorties, t), abs=1e-3)


def _place(handover: Handover, sorties: list[Sortie], t: float) -> list[float]:
    """Return where a drone is by its roster."""
    for sortie in sorties:
        route = handover.plan.route(sortie.route)
        if sortie.takeoff_s <= t <= sortie.takeoff_s + route.duration_s:
            return [
                float(np.interp(t - sortie.takeoff_s, route.t_s, axis))
                for axis in zip(*route.path, strict=True)
            ]
    return [LON, LAT, 0.0]


@settings(max_examples=25)
@given(handover=handovers())
def test_descriptions_of_czml_are_text(handover: Handover) -> None:
    """Cesium shows them as HTML; nothing of a scenario is an element there."""
    found = packets(handover)
    for station in handover.stations:
        packet = found[f"station/{station['id']}"]
        told = cells(packet["description"])
        assert packet["label"]["text"] == station["id"]
        assert told[1] == station["id"]
        assert told[3] == station["name"]


def test_the_clock_of_czml_is_the_horizon() -> None:
    """It starts with the plan, ends with it or with its last landing, and is fixed."""
    found = packets(TINY)
    clock = found["document"]["clock"]
    start, _, end = clock["interval"].partition("/")
    assert clock["currentTime"] == start == kml.utc(TINY.moment(0))
    assert end == kml.utc(TINY.moment(TINY.plan.horizon["seconds"]))
    assert {
        packet["availability"]
        for name, packet in found.items()
        if name.startswith("drone/")
    } == {clock["interval"]}
