"""Read DJI waylines: what a drone would fly, or else what a ground station edits."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

import numpy as np

from planner.formats.files import zip_members
from planner.formats.kml import kml_root
from planner.formats.missions.mission import Action, Mission, Waypoint, leg_lengths_m
from planner.formats.missions.preflight import MissionFile
from planner.formats.missions.remarks import Remarks
from planner.formats.table import Fault
from planner.formats.xml_elements import (
    all_named,
    number_of,
    place_of,
    tag_of,
    text_of,
)

TEMPLATE, WAYLINES = "wpmz/template.kml", "wpmz/waylines.wpml"

_HOME_M = 1.0
_SIMPLE = {"startRecord": "record", "stopRecord": "stop", "takePhoto": "photo"}

Element = ElementTree.Element


def is_home(mission: Mission, waypoint: Waypoint) -> bool:
    """Whether a waypoint is above the place of take-off."""
    if mission.home is None:
        return False
    ends = [(*mission.home, 0.0), (waypoint.lon, waypoint.lat, 0.0)]
    return bool(leg_lengths_m(np.array(ends))[0] <= _HOME_M)


def is_wpml(members: Iterable[str]) -> bool:
    """Whether the names in an archive are those of waylines."""
    return not {TEMPLATE, WAYLINES}.isdisjoint(members)


def read_wpml(data: bytes, file: str) -> MissionFile:
    """
    Return the missions in a KMZ file of waylines.

    Heights of the ellipsoid or the sea become heights above the place of take-off,
    which the file must say then.

    Raises
    ------
    InputError
        If it is no such file, or its path cannot be followed.
    """
    remarks = Remarks(file)
    try:
        members = zip_members(data)
        name = WAYLINES if WAYLINES in members else TEMPLATE
        if name not in members:
            raise Fault("E-ZIP-NOGEO", wanted=WAYLINES)
        if name == TEMPLATE:
            remarks.warn("W-MISSION-TEMPLATE")
        root, _ = kml_root(members[name])
        missions = tuple(
            _mission(remarks, root, folder, file)
            for folder in all_named(root, "Folder")
        )
    except Fault as fault:
        remarks.refuse(fault.code, **fault.values)
    if not missions:
        remarks.refuse("E-INPUT-EMPTY")
    for mission in missions:
        remarks.check_places(mission)
    remarks.raise_errors()
    return MissionFile(missions=missions, findings=tuple(remarks.findings))


def _mission(remarks: Remarks, root: Element, folder: Element, file: str) -> Mission:
    config = next(iter(all_named(root, "missionConfig")), ElementTree.Element("none"))
    home, home_m = _home(config)
    drop_m = _drop_m(remarks, folder, home_m)
    waypoints: list[Waypoint] = []
    onward_mps = None
    usual_mps = number_of(folder, "autoFlightSpeed")
    placemarks = [
        p for p in folder if tag_of(p) == "Placemark" and all_named(p, "Point")
    ]
    for k, placemark in enumerate(placemarks):
        if number_of(placemark, "index") != k:
            remarks.warn("E-MISSION-INDEX", f"Placemark {k + 1}")
        point = text_of(all_named(placemark, "Point")[0], "coordinates")
        lon, lat, _ = place_of(point)
        waypoints.append(
            Waypoint(
                lon=lon,
                lat=lat,
                height_m=_height_m(folder, placemark) - drop_m,
                speed_mps=onward_mps if k else None,
                actions=tuple(_actions(remarks, placemark, k)),
            )
        )
        onward_mps = number_of(placemark, "waypointSpeed") or usual_mps
    ends = {"autoLand": "land", "goHome": "return"}
    end = ends.get(text_of(config, "finishAction"), "stay")
    mission = Mission(
        name=file,
        waypoints=tuple(waypoints),
        home=home,
        end=end,  # type: ignore[arg-type]
    )
    if end == "return" and waypoints and is_home(mission, waypoints[-1]):
        return Mission(name=file, waypoints=tuple(waypoints), home=home, end="land")
    return mission


def _home(config: Element) -> tuple[tuple[float, float] | None, float | None]:
    """Return the place of take-off, which is latitude first, and its height."""
    text = text_of(config, "takeOffRefPoint")
    if not text:
        return None, None
    lat, _, rest = text.partition(",")
    lon, _, height = rest.partition(",")
    lon_deg, lat_deg, height_m = place_of(f"{lon},{lat},{height or 0}")
    return (lon_deg, lat_deg), height_m


def _drop_m(remarks: Remarks, folder: Element, home_m: float | None) -> float:
    """Return what must be taken off heights to have them above the take-off."""
    modes = [*all_named(folder, "executeHeightMode"), *all_named(folder, "heightMode")]
    mode = (modes[0].text or "").strip() if modes else "relativeToStartPoint"
    if mode == "relativeToStartPoint":
        return 0.0
    if mode in ("realTimeFollowSurface", "aboveGroundLevel"):
        remarks.warn("W-MISSION-TERRAIN")
        return 0.0
    if home_m is None:
        remarks.refuse("E-MISSION-HEIGHTS", mode=mode)
    return home_m


def _height_m(folder: Element, placemark: Element) -> float:
    """Return a waypoint's height; in a template, above the ellipsoid or take-off."""
    height_m = number_of(placemark, "executeHeight")
    if height_m is None:
        relative = any(
            (m.text or "").strip() in ("relativeToStartPoint", "aboveGroundLevel")
            for m in all_named(folder, "heightMode")
        )
        height_m = number_of(placemark, "height" if relative else "ellipsoidHeight")
        if text_of(placemark, "useGlobalHeight") == "1" and relative:
            height_m = number_of(folder, "globalHeight")
    if height_m is None:
        raise Fault("E-MISSION-NUMBER", name="executeHeight", found="-")
    return height_m


def _actions(remarks: Remarks, placemark: Element, k: int) -> Iterable[Action]:
    """Yield what is done on reaching a waypoint; the rest is warned of."""
    for group in all_named(placemark, "actionGroup"):
        triggers = {
            (t.text or "").strip() for t in all_named(group, "actionTriggerType")
        }
        for action in all_named(group, "action"):
            function = text_of(action, "actionActuatorFunc")
            params = next(iter(all_named(action, "actionActuatorFuncParam")), action)
            if triggers != {"reachPoint"}:
                remarks.warn("W-MISSION-ACTION", f"Placemark {k + 1}", action=function)
            elif function in _SIMPLE:
                yield Action(kind=_SIMPLE[function])  # type: ignore[arg-type]
            elif function == "hover":
                yield Action(kind="hold", value=number_of(params, "hoverTime") or 0.0)
            elif function == "gimbalRotate":
                if text_of(params, "gimbalPitchRotateEnable") == "1":
                    pitch_deg = number_of(params, "gimbalPitchRotateAngle") or 0.0
                    yield Action(kind="pitch", value=pitch_deg)
            else:
                remarks.warn("W-MISSION-ACTION", f"Placemark {k + 1}", action=function)
