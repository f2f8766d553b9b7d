"""MAVSDK, the autopilots' own library, reads ``.plan`` files as they are meant."""

from __future__ import annotations

import math
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import mavsdk
import pytest
from mavsdk.plugins.mission_raw import MissionRaw
from plans import AIRSPACE, tiny_plan, tiny_scenario
from pymavlink import mavutil
from shapely.geometry import box

from planner.exports.exporting import export_plan
from planner.formats.missions.mavlink import PLACES
from planner.formats.missions.qgc_reader import read_qgc

INCLUSION, EXCLUSION, RALLY = 5001, 5002, 5100
LONGEST_WAIT_S = 30.0


def free_port() -> int:
    """Return a port of this machine that nobody uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def be_a_vehicle(port: int, done: threading.Event) -> None:
    """Say that a PX4 quadrotor is there, and yes to whatever is asked of it."""
    link = mavutil.mavlink_connection(f"udpout:127.0.0.1:{port}", source_system=1)
    while not done.wait(0.1):
        link.mav.heartbeat_send(2, 12, 0, 0, 3)
        while (message := link.recv_match(blocking=False)) is not None:
            if message.get_type() == "COMMAND_LONG":
                link.mav.command_ack_send(message.command, 0)
    link.close()


@pytest.fixture(scope="module")
def importer() -> Iterator[MissionRaw]:
    """Return MAVSDK's importer; it works only where there is a vehicle."""
    port, done = free_port(), threading.Event()
    vehicle = threading.Thread(target=be_a_vehicle, args=(port, done))
    vehicle.start()
    station = mavsdk.ComponentType.GROUND_STATION
    settings = mavsdk.Configuration.create_with_component_type(station)
    try:
        with mavsdk.Mavsdk(settings) as library:
            library.add_any_connection(f"udpin://127.0.0.1:{port}")
            since_s = time.monotonic()
            while not (systems := library.get_systems()):
                assert time.monotonic() - since_s < LONGEST_WAIT_S, "no vehicle is seen"
                time.sleep(0.1)
            yield MissionRaw(systems[0])
    finally:
        done.set()
        vehicle.join()


def place(item: Any) -> tuple[float, float]:
    """Return longitude and latitude of an item of MAVSDK."""
    return item.y / 1e7, item.x / 1e7


def test_mavsdk_reads_missions_fences_and_rally_points(
    importer: MissionRaw, tmp_path: Path
) -> None:
    """Every item, every corner in or out, every landing place, where it was meant."""
    prison = replace(AIRSPACE[0], geometry=box(1000, 60, 1080, 120))
    scenario = replace(tiny_scenario(), airspace=(prison,))
    for path in export_plan(tiny_plan(), "qgc", tmp_path, scenario=scenario):
        ours = read_qgc(path.read_bytes(), path.name)
        theirs = importer.import_qgroundcontrol_mission(str(path))
        assert len(theirs.mission_items) == len(ours.items)
        for one, other in zip(theirs.mission_items, ours.items, strict=True):
            assert (one.command, one.frame) == (other.command, other.frame)
            assert one.param1 == pytest.approx(other.params[0], abs=1e-4)
            assert math.isnan(one.param4) == (other.params[3] is None)
            if other.command in PLACES:
                lat, lon, height_m = (float(p or 0) for p in other.params[4:])
                assert place(one) == pytest.approx((lon, lat), abs=2e-7)
                assert one.z == pytest.approx(height_m)
        for command, rings in (
            (INCLUSION, ours.fence.keep_in),
            (EXCLUSION, ours.fence.keep_out),
        ):
            corners = [place(i) for i in theirs.geofence_items if i.command == command]
            wanted = [corner for ring in rings for corner in ring]
            assert len(corners) == len(wanted)
            for corner, other in zip(corners, wanted, strict=True):
                assert corner == pytest.approx(other, abs=2e-7)
        spare = [(*place(i), i.z) for i in theirs.rally_items if i.command == RALLY]
        assert len(spare) == len(ours.landing_places) > 0
        for one, other in zip(spare, ours.landing_places, strict=True):
            assert one == pytest.approx(other, abs=2e-7)
    assert ours.fence.keep_in
