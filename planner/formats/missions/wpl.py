"""
Write missions as MAVLink's plain text, ``QGC WPL 110``, for ArduPilot and its tools.

Reference: mavlink.io, File formats. Row 0 is home, as ArduPilot's tools expect.
"""

from __future__ import annotations

import math
from dataclasses import replace

from planner.formats.files import decoded
from planner.formats.handover import Handover
from planner.formats.missions.autopilots import autopilot
from planner.formats.missions.mavlink import (
    WAYPOINT,
    Item,
    items_of,
)
from planner.formats.missions.mission import Mission
from planner.formats.missions.preflight import MissionFile
from planner.formats.missions.release import release
from planner.formats.missions.remarks import Remarks
from planner.formats.table import Fault
from planner.plan import Route

HEAD = "QGC WPL 110"
_COLUMNS = 12
_ABOVE_SEA = 0


def export(handover: Handover) -> dict[str, bytes]:
    """
    Return a ``.waypoints`` file for each route, parted where ArduPilot holds no more.

    Raises
    ------
    MissionError
        If an autopilot would refuse one.
    """
    return release(
        handover,
        autopilot("ardupilot"),
        ".waypoints",
        size=lambda mission: len(items_of(mission)) + 1,
        write=_write,
        read=read_wpl,
    )


def _write(route: Route, mission: Mission) -> bytes:
    lon, lat = mission.home or (mission.waypoints[0].lon, mission.waypoints[0].lat)
    home = Item(
        command=WAYPOINT, frame=_ABOVE_SEA, params=(0.0, 0.0, 0.0, 0.0, lat, lon, 0.0)
    )
    items = (home, *items_of(_in_whole_seconds(mission)))
    rows = [_row(item, i) for i, item in enumerate(items)]
    return "".join(f"{line}\r\n" for line in (HEAD, *rows)).encode("ascii")


def _in_whole_seconds(mission: Mission) -> Mission:
    """Return a mission with holds rounded up: ArduPilot drops parts of a second."""
    return replace(
        mission,
        waypoints=tuple(
            replace(
                waypoint,
                actions=tuple(
                    replace(action, value=float(math.ceil(action.value)))
                    if action.kind == "hold"
                    else action
                    for action in waypoint.actions
                ),
            )
            for waypoint in mission.waypoints
        ),
    )


def _row(item: Item, index: int) -> str:
    numbers = (f"{0.0 if p is None else p:.8f}" for p in item.params)
    cells = (index, int(index == 0), item.frame, item.command, *numbers, 1)
    return "\t".join(map(str, cells))


def read_wpl(data: bytes, file: str) -> MissionFile:
    """
    Return what a waypoint file says.

    Raises
    ------
    InputError
        If it is no such file, or its path cannot be followed.
    """
    remarks = Remarks(file)
    try:
        text, _ = decoded(data)
    except Fault as fault:
        remarks.refuse(fault.code, **fault.values)
    head, *lines = text.splitlines() or [""]
    if head.strip() != HEAD:
        remarks.refuse("E-MISSION-FORMAT", wanted=HEAD)
    items = []
    for number, line in enumerate(lines, 2):
        if line.strip():
            item = _item(line.split())
            if item is None:
                remarks.warn("E-MISSION-ROW", f"line {number}")
            else:
                items.append(item)
    remarks.raise_errors()
    if not items:
        remarks.refuse("E-INPUT-EMPTY")
    home, home_m = None, 0.0
    if items[0].command == WAYPOINT and items[0].frame == _ABOVE_SEA:
        first = items.pop(0)
        lat, lon, home_m = (float(p or 0.0) for p in first.params[4:])
        home = (lon, lat)
    flown = remarks.followed(file, items, home, home_m)
    return MissionFile(
        missions=(flown,), items=tuple(items), findings=tuple(remarks.findings)
    )


def _item(cells: list[str]) -> Item | None:
    """Return the item of a row, or None if it is not one."""
    if len(cells) != _COLUMNS:
        return None
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError:
        return None
    # Only a parameter that the autopilot chooses itself may be no number.
    if any(map(math.isinf, numbers)) or any(map(math.isnan, numbers[:4])):
        return None
    return Item(
        command=int(numbers[3]),
        frame=int(numbers[2]),
        params=tuple(None if math.isnan(n) else n for n in numbers[4:11]),
    )
