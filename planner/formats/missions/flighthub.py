"""
Write sorties as flight tasks of DJI FlightHub 2, for a dry run.

Reference: FlightHub 2 OpenAPI, create a flight task. Nothing is sent. What only the
receiving system knows has stand-ins: a dock's serial number is the drone's name in
the roster, a wayline's id the name of its KMZ file of the format ``wpml``.
"""

from __future__ import annotations

import json
import math
from datetime import timedelta
from typing import Any

from planner.errors import Finding, InputError, MissionError
from planner.formats.handover import PLAN_FILE, Handover, file_stems
from planner.formats.missions.wpml import export as export_waylines
from planner.formats.missions.wpml import return_height_m
from planner.plan import Sortie

PATH = "/openapi/v0.1/flight-task"
LOWEST_RETURN_M, HIGHEST_RETURN_M = 15.0, 1500.0


def export(handover: Handover) -> dict[str, bytes]:
    """
    Return a file for each station with a task for each of its sorties.

    Raises
    ------
    InputError
        If a drone type of the routes has no name among DJI's, or a route ends at
        another station: which dock a drone then stands in a plan does not know.
    MissionError
        If a drone would refuse a wayline, or the height to return at.
    """
    elsewhere = [
        Finding(
            code="E-EXPORT-ELSEWHERE",
            file=PLAN_FILE,
            feature=route.id,
            values={"station": route.ends_at},
        )
        for route in handover.routes
        if route.ends_at
    ]
    if elsewhere:
        raise InputError(elsewhere)
    waylines = export_waylines(handover)
    heights = {r.id: return_height_m(handover, r) for r in handover.routes}
    wrong = [
        Finding(
            code="E-PREFLIGHT-RETURN",
            file=PLAN_FILE,
            feature=route,
            values={
                "found": f"{height_m:g}",
                "low": f"{LOWEST_RETURN_M:g}",
                "high": f"{HIGHEST_RETURN_M:g}",
            },
        )
        for route, height_m in heights.items()
        if not LOWEST_RETURN_M <= height_m <= HIGHEST_RETURN_M
    ]
    if wrong:
        raise MissionError(wrong)
    stems = handover.stems()
    depots = {route.id: route.depot for route in handover.routes}
    files = {}
    names = file_stems(str(s.get("id")) for s in handover.plan.stations)
    for station in handover.stations:
        sorties = [s for s in handover.sorties if depots[s.route] == station["id"]]
        document = {
            "dry_run": True,
            "stand_ins": {
                "sn": sorted({sortie.drone for sortie in sorties}),
                "wayline_uuid": sorted(
                    name
                    for name in waylines
                    if any(name.startswith(f"{stems[s.route]}.") for s in sorties)
                ),
            },
            "requests": [
                {
                    "method": "POST",
                    "path": PATH,
                    "body": _task(handover, sortie, stems, heights),
                }
                for sortie in sorties
            ],
        }
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1)
        files[f"{names[station['id']]}.flighthub.json"] = f"{text}\n".encode()
    return files


def _task(
    handover: Handover,
    sortie: Sortie,
    stems: dict[str, str],
    heights_m: dict[str, float],
) -> dict[str, Any]:
    begin = handover.moment(sortie.takeoff_s)
    return {
        "name": f"{sortie.route} {begin:%Y-%m-%d %H:%M:%S}",
        "sn": sortie.drone,
        "wayline_uuid": f"{stems[sortie.route]}.kmz",
        "time_zone": _time_zone(handover),
        "task_type": "timed",
        # The tasks of FlightHub count seconds; the dock's own messages milliseconds.
        "begin_at": math.floor(begin.timestamp()),
        "end_at": math.ceil(handover.moment(sortie.landing_s).timestamp()),
        "rth_mode": "preset",
        "rth_altitude": math.ceil(heights_m[sortie.route]),
        "wayline_precision_type": "rtk",
        "out_of_control_action_in_flight": "return_home",
        # A sortie that is resumed later would meet others.
        "resumable_status": "manual",
    }


def _time_zone(handover: Handover) -> str:
    """Return the scenario's time zone, or the plan's if that is whole hours, or UTC."""
    if handover.scenario is not None:
        return handover.scenario.timezone
    offset = handover.moment(0.0).utcoffset() or timedelta()
    hours, rest = divmod(offset, timedelta(hours=1))
    # Names of this kind count hours west of Greenwich.
    return "Etc/UTC" if rest or not hours else f"Etc/GMT{-hours:+d}"
