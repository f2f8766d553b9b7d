"""Check a written mission as autopilots do themselves before they take off."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from planner.errors import Finding
from planner.formats.missions import mavlink
from planner.formats.missions.autopilots import Autopilot
from planner.formats.missions.fence import breaches
from planner.formats.missions.mavlink import Item
from planner.formats.missions.mission import Fence, Mission, leg_lengths_m
from planner.formats.missions.relief import Relief

SAME_PATH_M = 0.2
"""A mission that is read back lies this close to the one that was meant."""

SAME_SPEED_MPS = 0.11
SAME_HOLD_S = 1.0
_BREACHES = {"keep_in": "E-PREFLIGHT-KEEP-IN", "keep_out": "E-PREFLIGHT-KEEP-OUT"}

SET_SERVO = 183
SERVOS, WIDEST_PULSE = 6, 2000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MissionFile:
    """
    What a mission file says to one who reads it.

    Parameters
    ----------
    items
        As they stand in it, where it has MAVLink items.
    landing_places
        Rally points as longitude, latitude and height above home.
    findings
        Warnings about what was not understood.
    """

    missions: tuple[Mission, ...]
    fence: Fence = field(default_factory=Fence)
    items: tuple[Item, ...] = ()
    landing_places: tuple[tuple[float, float, float], ...] = ()
    findings: tuple[Finding, ...] = ()


def preflight(
    file: str,
    read: MissionFile,
    meant: Mission,
    autopilot: Autopilot,
    *,
    whole: bool = True,
    relief: Relief | None = None,
) -> list[Finding]:
    """
    Return why a mission must not be written: what is wrong, where, what would do.

    Parameters
    ----------
    file
        Name of the file, for the findings.
    read
        The file as its reader has it.
    meant
        The mission that it stands for.
    whole
        Whether it is a sortie from take-off to landing; a part of one need not be.
    relief
        The ground round the place of take-off, where it is not flat: floor and ceiling
        hold over it.
    """
    found = [*read.findings, *_refused_items(read.items, autopilot)]
    for mission in read.missions:
        found += _refused(mission, autopilot)
        if whole and not (mission.takes_off and mission.end != "stay"):
            found.append(_finding("E-PREFLIGHT-ENDS"))
        if relief is not None and mission.waypoints:
            found += relief.faults(mission)
        found += [_finding(_BREACHES[which]) for which in breaches(read.fence, mission)]
    found += _limits(read, autopilot)
    if len(read.missions) != 1 or deviates(read.missions[0], meant):
        found.append(_finding("E-PREFLIGHT-DEVIATES"))
    # Only MAVLink's items say whether a mission begins in the air.
    if read.items and read.missions[0].takes_off != meant.takes_off:
        found.append(_finding("E-PREFLIGHT-DEVIATES"))
    return [
        Finding(
            code=f.code, file=file, feature=f.feature or meant.name, values=f.values
        )
        for f in found
    ]


def _finding(code: str, waypoint: int | None = None, **values: Any) -> Finding:
    where = "" if waypoint is None else f"waypoint {waypoint}"
    return Finding(code=code, file="", feature=where, values=values)


def _refused_items(items: Sequence[Item], autopilot: Autopilot) -> Iterable[Finding]:
    """Yield what PX4's feasibility checker finds in the items one by one."""
    placed = False
    for i, item in enumerate(items, 1):
        if autopilot.commands and item.command not in autopilot.commands:
            yield _finding("E-PREFLIGHT-COMMAND", item=i, command=item.command)
        if item.command == SET_SERVO and not (
            0 <= (item.params[0] or 0) < SERVOS
            and abs(item.params[1] or 0) <= WIDEST_PULSE
        ):
            yield _finding("E-PREFLIGHT-ACTUATOR", item=i)
        if item.command == mavlink.LAND and i == 1:
            yield _finding("E-PREFLIGHT-LANDS-FIRST")
        if item.command == mavlink.TAKEOFF and placed:
            yield _finding("E-PREFLIGHT-TAKEOFF-LATE", item=i)
        placed = placed or item.command in mavlink.PLACES


def _refused(mission: Mission, autopilot: Autopilot) -> Iterable[Finding]:
    """Yield what is wrong with heights, distances and speeds."""
    if not mission.waypoints:
        yield _finding("E-PREFLIGHT-EMPTY")
        return
    lowest_m = autopilot.lowest_takeoff_m
    first = mission.waypoints[0]
    if mission.takes_off and first.height_m < lowest_m:
        found_m = f"{first.height_m:g}"
        yield _finding(
            "E-PREFLIGHT-TAKEOFF-LOW", 1, found=found_m, limit=f"{lowest_m:g}"
        )
    if mission.home is not None and mission.takes_off:
        ends = [(*mission.home, 0.0), (first.lon, first.lat, 0.0)]
        away_m = float(leg_lengths_m(np.array(ends))[0])
        if away_m > autopilot.first_waypoint_m:
            limit = f"{autopilot.first_waypoint_m:g}"
            yield _finding(
                "E-PREFLIGHT-FIRST-FAR", 1, found=f"{away_m:.0f}", limit=limit
            )
    for i, length_m in enumerate(mission.lengths_m, 2):
        if length_m > autopilot.longest_leg_m:
            limit = f"{autopilot.longest_leg_m:g}"
            yield _finding("E-PREFLIGHT-LEG", i, found=f"{length_m:.0f}", limit=limit)
    for i, waypoint in enumerate(mission.waypoints, 1):
        if not 0 < waypoint.height_m <= autopilot.highest_m:
            limit = f"{autopilot.highest_m:g}"
            found = f"{waypoint.height_m:g}"
            yield _finding("E-PREFLIGHT-HEIGHT", i, found=found, limit=limit)
        speed_mps = waypoint.speed_mps
        if speed_mps is not None and not (
            0 < speed_mps <= autopilot.fastest_mps and math.isfinite(speed_mps)
        ):
            limit = f"{autopilot.fastest_mps:g}"
            yield _finding(
                "E-PREFLIGHT-SPEED", i, found=f"{speed_mps:.1f}", limit=limit
            )


def _limits(read: MissionFile, autopilot: Autopilot) -> Iterable[Finding]:
    """Yield what is more than an autopilot's memory holds."""
    size = len(read.items) or sum(len(m.waypoints) for m in read.missions)
    for code, found, limit in (
        ("E-PREFLIGHT-MANY", size, autopilot.most_items),
        (
            "E-PREFLIGHT-FENCE",
            sum(map(len, (*read.fence.keep_in, *read.fence.keep_out))),
            autopilot.fence_vertices,
        ),
        ("E-PREFLIGHT-RALLY", len(read.landing_places), autopilot.rally_points),
    ):
        if found > limit:
            yield _finding(code, found=found, limit=limit)
    if size < autopilot.fewest_items:
        yield _finding("E-PREFLIGHT-FEW", found=size, limit=autopilot.fewest_items)


def deviates(read: Mission, meant: Mission) -> bool:
    """Whether a mission is another than was meant, in path, order or actions."""
    if len(read.waypoints) != len(meant.waypoints) or read.end != meant.end:
        return True
    for one, other in zip(read.waypoints, meant.waypoints, strict=True):
        ends = [(w.lon, w.lat, w.height_m) for w in (one, other)]
        if not leg_lengths_m(np.array(ends))[0] <= SAME_PATH_M:
            return True
        if [a.kind for a in one.actions] != [a.kind for a in other.actions]:
            return True
        for done, wanted in zip(one.actions, other.actions, strict=True):
            if abs(done.value - wanted.value) > SAME_HOLD_S:
                return True
        if (
            one.speed_mps is not None
            and other.speed_mps is not None
            and not abs(one.speed_mps - other.speed_mps) <= SAME_SPEED_MPS
        ):
            return True
    return False
