"""Read ``.plan`` files of QGroundControl: mission, fences and rally points."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from planner.basics.figures import is_number
from planner.formats.json_document import json_document
from planner.formats.missions.mavlink import Item
from planner.formats.missions.mission import Fence, Ring
from planner.formats.missions.preflight import MissionFile
from planner.formats.missions.remarks import Remarks
from planner.formats.plan_reader import Reader

_CIRCLE_CORNERS = 32


def read_qgc(data: bytes, file: str) -> MissionFile:
    """
    Return what a ``.plan`` file says.

    Items of surveys and corridors are those that the file lists for them; other
    complex items are warned of.

    Raises
    ------
    InputError
        With every fault, if it is no such file, or its path cannot be followed.
    """
    reader, remarks = Reader(file), Remarks(file)
    document = json_document(data, file)
    if not isinstance(document, dict) or document.get("fileType") != "Plan":
        remarks.refuse("E-MISSION-FORMAT", wanted="QGroundControl .plan")
    mission = reader.mapping_in(document, "mission", "")
    reader.raise_faults()
    home, home_m = _home(mission.get("plannedHomePosition"))
    items = tuple(_items(reader, remarks, mission, "mission", "items"))
    fence = _fence(reader, document.get("geoFence"))
    spare = _landing_places(document.get("rallyPoints"))
    reader.raise_faults()
    flown = remarks.followed(file, items, home, home_m)
    return MissionFile(
        missions=(flown,),
        fence=fence,
        items=items,
        landing_places=spare,
        findings=tuple(remarks.findings),
    )


def _home(value: Any) -> tuple[tuple[float, float] | None, float]:
    if not _are_numbers(value, 2):
        return None, 0.0
    return (float(value[1]), float(value[0])), _height(value)


def _height(place: list[Any]) -> float:
    """Return the third number of a place, 0 where it has none."""
    return float(place[2]) if len(place) > 2 and is_number(place[2]) else 0.0


def _entries(value: Any, key: str) -> list[Any]:
    """Return the list under a key of what should be an object, else nothing."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _are_numbers(value: Any, least: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= least
        and all(is_number(number) for number in value[:least])
        and abs(value[0]) <= 90
        and abs(value[1]) <= 180
    )


def _items(
    reader: Reader, remarks: Remarks, holder: Mapping[str, Any], where: str, key: str
) -> Iterable[Item]:
    for i, entry in enumerate(reader.mappings_in(holder, key, where)):
        place = f"{where}.{key}[{i}]"
        if entry.get("type") == "ComplexItem":
            inner = entry.get("TransectStyleComplexItem")
            if isinstance(inner, dict):
                yield from _items(reader, remarks, inner, place, "Items")
            else:
                kind = str(entry.get("complexItemType"))[:40]
                remarks.refuse("E-MISSION-COMPLEX", place, kind=kind)
            continue
        params = reader.list_in(entry, "params", place)
        if len(params) != 7 or not all(p is None or is_number(p) for p in params):
            reader.fault("E-MISSION-PARAMS", place)
            continue
        command = reader.number_in(entry, "command", place, above=-1)
        if math.isnan(command):
            continue
        yield Item(
            command=int(command),
            frame=int(entry["frame"]) if is_number(entry.get("frame")) else 3,
            params=tuple(None if p is None else float(p) for p in params),
        )


def _fence(reader: Reader, value: Any) -> Fence:
    """Return the fences; one that does not say keeps in, as ground stations take it."""
    rings: dict[bool, list[Ring]] = {True: [], False: []}
    for i, entry in enumerate(_entries(value, "polygons")):
        ring = entry.get("polygon") if isinstance(entry, dict) else None
        if not isinstance(ring, list) or not all(_are_numbers(p, 2) for p in ring):
            reader.fault("E-MISSION-FENCE", f"geoFence.polygons[{i}]")
        elif len(ring) >= 3:
            corners = tuple((float(place[1]), float(place[0])) for place in ring)
            rings[bool(entry.get("inclusion", True))].append(corners)
    for i, entry in enumerate(_entries(value, "circles")):
        circle = entry.get("circle") if isinstance(entry, dict) else None
        centre = circle.get("center") if isinstance(circle, dict) else None
        radius_m = circle.get("radius") if isinstance(circle, dict) else None
        if centre is None or not _are_numbers(centre, 2) or not is_number(radius_m):
            reader.fault("E-MISSION-FENCE", f"geoFence.circles[{i}]")
        else:
            corners = _circle(float(centre[1]), float(centre[0]), float(radius_m or 0))
            rings[bool(entry.get("inclusion", True))].append(corners)
    return Fence(keep_in=tuple(rings[True]), keep_out=tuple(rings[False]))


def _circle(lon: float, lat: float, radius_m: float) -> Ring:
    """Return corners on a circle, near enough for a fence of some kilometres."""
    north = math.degrees(radius_m / 6_371_000.0)
    east = north / max(math.cos(math.radians(lat)), 1e-3)
    turns = [2 * math.pi * k / _CIRCLE_CORNERS for k in range(_CIRCLE_CORNERS)]
    return tuple((lon + east * math.cos(t), lat + north * math.sin(t)) for t in turns)


def _landing_places(value: Any) -> tuple[tuple[float, float, float], ...]:
    return tuple(
        (float(p[1]), float(p[0]), _height(p))
        for p in _entries(value, "points")
        if _are_numbers(p, 2)
    )
