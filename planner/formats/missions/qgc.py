"""
Write missions as ``.plan`` files for QGroundControl and PX4.

Reference: QGroundControl, Plan file format (``fileType`` Plan, version 1). Places are
latitude before longitude; polygons are not closed; ``inclusion`` says whether a fence
keeps in or out.
"""

from __future__ import annotations

import json
from typing import Any

from planner.formats.handover import Handover
from planner.formats.missions.autopilots import autopilot
from planner.formats.missions.fence import fence_of, landing_places
from planner.formats.missions.mavlink import PLACES, Item, items_of
from planner.formats.missions.mission import Mission, Ring
from planner.formats.missions.qgc_reader import read_qgc
from planner.formats.missions.release import release
from planner.plan import Route

PX4, QUADROTOR = 12, 2
RELATIVE_HEIGHT = 1


def export(handover: Handover) -> dict[str, bytes]:
    """
    Return a ``.plan`` file for each route, parted where PX4 holds no more.

    With a scenario, each has its fences; each has rally points at stations.

    Raises
    ------
    MissionError
        If PX4 would refuse one.
    """
    px4 = autopilot("px4")

    def write(route: Route, mission: Mission) -> bytes:
        fence = fence_of(handover, route, mission, px4.fence_vertices)
        spare = landing_places(handover, route, mission)[: px4.rally_points]
        height_m = max(waypoint.height_m for waypoint in mission.waypoints)
        document = {
            "fileType": "Plan",
            "version": 1,
            "groundStation": "QGroundControl",
            "mission": _mission(mission, float(handover.model(route)["airspeed_mps"])),
            "geoFence": {
                "version": 2,
                "circles": [],
                "polygons": [
                    *(_polygon(ring, inclusion=True) for ring in fence.keep_in),
                    *(_polygon(ring, inclusion=False) for ring in fence.keep_out),
                ],
            },
            "rallyPoints": {
                "version": 2,
                "points": [[s["lat"], s["lon"], height_m] for s in spare],
            },
        }
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1)
        return f"{text}\n".encode()

    return release(
        handover,
        px4,
        ".plan",
        size=lambda mission: len(items_of(mission)),
        write=write,
        read=read_qgc,
    )


def _mission(mission: Mission, speed_mps: float) -> dict[str, Any]:
    lon, lat = mission.home or (mission.waypoints[0].lon, mission.waypoints[0].lat)
    return {
        "version": 2,
        "firmwareType": PX4,
        "vehicleType": QUADROTOR,
        "globalPlanAltitudeMode": RELATIVE_HEIGHT,
        "cruiseSpeed": speed_mps,
        "hoverSpeed": speed_mps,
        # The height of home above the sea is the vehicle's to find out.
        "plannedHomePosition": [lat, lon, 0.0],
        "items": [_item(item, i) for i, item in enumerate(items_of(mission), 1)],
    }


def _item(item: Item, number: int) -> dict[str, Any]:
    written: dict[str, Any] = {
        "type": "SimpleItem",
        "doJumpId": number,
        "command": item.command,
        "frame": item.frame,
        "params": list(item.params),
        "autoContinue": True,
    }
    if item.command in PLACES:
        written |= {
            "Altitude": item.params[6],
            "AltitudeMode": RELATIVE_HEIGHT,
            "AMSLAltAboveTerrain": None,
        }
    return written


def _polygon(ring: Ring, *, inclusion: bool) -> dict[str, Any]:
    return {
        "version": 1,
        "inclusion": inclusion,
        "polygon": [[lat, lon] for lon, lat in ring],
    }
