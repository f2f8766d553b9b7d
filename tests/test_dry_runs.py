"""Dry runs: requests as other systems take them, which nothing sends."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from implicitdict import ImplicitDict
from missions import dji_plan, plans
from plans import PROJECTION, tiny_plan, tiny_scenario
from shapely.geometry import Point, Polygon
from uas_standards.astm.f3548.v21 import api, constants

from planner.errors import InputError, MissionError
from planner.exports.exporting import exported
from planner.formats.handover import hand_over, timed_path
from planner.plan import Plan


def intents(plan: Plan) -> list[dict[str, Any]]:
    """Return the operational intents of a plan."""
    found = []
    for data in exported(hand_over(plan), "intent").values():
        document = json.loads(data)
        assert document["dry_run"] is True
        found += document["intents"]
    return found


@settings(max_examples=25, deadline=None)
@given(plan=plans())
def test_4d_volumes_contain_every_second_of_the_sortie(plan: Plan) -> None:
    """At each moment the drone is inside a volume, on the map, in height and time."""
    handover = hand_over(plan)
    path = timed_path(handover, plan.roster[0])
    vertices_s = np.array([moment.timestamp() for *_, moment in path])
    xy = PROJECTION.to_xy(np.array([place[:2] for place in path]))
    moments = np.append(np.arange(vertices_s[0], vertices_s[-1]), vertices_s[-1])
    x, y, z = (
        np.interp(moments, vertices_s, values)
        for values in (*xy.T, np.array([place[2] for place in path]))
    )
    (intent,) = intents(plan)
    inside = np.zeros(len(moments), dtype=bool)
    for volume in intent["details"]["volumes"]:
        start, end = (
            datetime.fromisoformat(volume[f"time_{edge}"]["value"]).timestamp()
            for edge in ("start", "end")
        )
        space = volume["volume"]
        low_m, high_m = (
            space[f"altitude_{edge}"]["value"] for edge in ("lower", "upper")
        )
        corners = [(v["lng"], v["lat"]) for v in space["outline_polygon"]["vertices"]]
        ground = Polygon(PROJECTION.to_xy(np.array(corners)))
        then = (moments >= start) & (moments <= end) & (z >= low_m) & (z <= high_m)
        for i in np.flatnonzero(then & ~inside):
            inside[i] = ground.contains(Point(x[i], y[i]))
    assert inside.all()


def test_intents_are_those_of_the_standard() -> None:
    """The library of the standard's own API reads them, and every limit is kept."""
    plan = tiny_plan()
    found = intents(plan)
    assert len(found) == len(plan.roster)
    assert len({intent["id"] for intent in found}) == len(found)
    for intent in found:
        details = ImplicitDict.parse(intent["details"], api.OperationalIntentDetails)
        assert intent["state"] == api.OperationalIntentState.Accepted
        assert (details.priority, details.off_nominal_volumes) == (0, [])
        for volume in details.volumes:
            assert volume.time_start.format == volume.time_end.format == "RFC3339"
            assert volume.time_start.value.datetime < volume.time_end.value.datetime
            vertices = volume.volume.outline_polygon.vertices
            assert 3 <= len(vertices) <= constants.OiMaxVertices
            assert vertices[0] != vertices[-1]
            assert volume.volume.altitude_lower.reference == "W84"
            assert volume.volume.altitude_lower.units == "M"


def tasks(plan: Plan, **options: Any) -> list[dict[str, Any]]:
    """Return the bodies of the requests for flight tasks."""
    bodies = []
    for data in exported(hand_over(plan, **options), "flighthub").values():
        document = json.loads(data)
        assert document["dry_run"] is True
        for request in document["requests"]:
            assert request["path"] == "/openapi/v0.1/flight-task"
            assert request["body"]["sn"] in document["stand_ins"]["sn"]
            assert (
                request["body"]["wayline_uuid"] in document["stand_ins"]["wayline_uuid"]
            )
            bodies.append(request["body"])
    return bodies


def test_each_sortie_is_a_flight_task_in_whole_seconds() -> None:
    """It begins when the roster says, in Unix seconds, not milliseconds."""
    plan = dji_plan()
    bodies = tasks(plan)
    assert len(bodies) == len(plan.roster)
    start_s = datetime.fromisoformat(str(plan.horizon["start"])).timestamp()
    begins = sorted(body["begin_at"] for body in bodies)
    assert begins == sorted(int(start_s + s.takeoff_s) for s in plan.roster)
    for body in bodies:
        assert isinstance(body["begin_at"], int) and body["begin_at"] < body["end_at"]
        assert 15 <= body["rth_altitude"] <= 1500
        assert (body["task_type"], body["rth_mode"]) == ("timed", "preset")


def test_a_task_names_its_time_zone() -> None:
    """That of the scenario; without one, the plan's offset as the sign is meant."""
    assert {b["time_zone"] for b in tasks(dji_plan())} == {"Etc/GMT-8"}
    zones = {b["time_zone"] for b in tasks(dji_plan(), scenario=tiny_scenario())}
    assert zones == {tiny_scenario().timezone}


def test_a_drone_that_dji_does_not_know_has_no_task() -> None:
    """The type is named, with those that are known."""
    with pytest.raises(InputError) as error:
        tasks(tiny_plan())
    assert {f.code for f in error.value.findings} == {"E-WPML-DRONE"}


def test_a_height_to_return_at_that_is_not_allowed_is_told() -> None:
    """A layer below 15 m flies as a wayline, but not as a task."""
    plan = low(dji_plan(), 12.0)
    assert exported(hand_over(plan), "wpml")
    with pytest.raises(MissionError) as error:
        tasks(plan)
    assert {f.code for f in error.value.findings} == {"E-PREFLIGHT-RETURN"}


def low(plan: Plan, layer_m: float) -> Plan:
    """Return a plan with all its routes at another layer."""
    return replace(
        plan,
        routes=tuple(
            replace(
                route,
                layer_m=layer_m,
                path=tuple((x, y, min(z, layer_m)) for x, y, z in route.path),
            )
            for route in plan.routes
        ),
    )
