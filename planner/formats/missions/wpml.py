"""
Write missions as DJI waylines: KMZ files with ``template.kml`` and ``waylines.wpml``.

Reference: DJI Cloud API, DJI WPML. The drone flies ``waylines.wpml``; ground stations
edit ``template.kml``; both are there and say the same. Heights are above the place of
take-off. Coordinates are longitude before latitude, the place of take-off is not.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any
from xml.etree import ElementTree

import numpy as np

from planner.errors import Finding, InputError
from planner.formats.archive import zipped
from planner.formats.handover import PLAN_FILE, Handover
from planner.formats.missions.autopilots import autopilot
from planner.formats.missions.mission import Action, Mission, Waypoint
from planner.formats.missions.release import release
from planner.formats.missions.relief import relief_under
from planner.formats.missions.wpml_reader import TEMPLATE, WAYLINES, is_home, read_wpml
from planner.plan import Route

Element = ElementTree.Element
Figures = Mapping[str, Any]

STOP_AT = "toPointAndStopWithDiscontinuityCurvature"
PASS_BY = "toPointAndPassWithContinuityCurvature"

_WIDEST_TURN_M = 5.0
_TURN_SHARE = 0.4
"""Of the shorter leg; two turns on a leg must leave some of it straight."""

_SMALLEST_TURN_M = 0.2
_FUNCTIONS = {"hold": "hover", "record": "startRecord", "stop": "stopRecord"}
_FUNCTIONS |= {"photo": "takePhoto", "pitch": "gimbalRotate"}


@cache
def drones() -> dict[str, dict[str, Any]]:
    """Return what waylines call each drone type and its camera."""
    data = resources.files("planner") / "data" / "wpml.toml"
    table = tomllib.loads(data.read_text(encoding="utf-8"))
    del table["sources"]
    return table


def export(handover: Handover) -> dict[str, bytes]:
    """
    Return a KMZ file for each route.

    Raises
    ------
    InputError
        If a drone type of the routes has no name among DJI's.
    MissionError
        If a drone would refuse one.
    """
    unknown = {
        r.drone_model: r.id for r in handover.routes if r.drone_model not in drones()
    }
    if unknown:
        known = ", ".join(drones())
        raise InputError(
            [
                Finding(
                    code="E-WPML-DRONE",
                    file=PLAN_FILE,
                    feature=route,
                    values={"model": model, "known": known},
                )
                for model, route in unknown.items()
            ]
        )
    stamp_ms = str(round(handover.moment(0.0).timestamp() * 1000))

    def write(route: Route, mission: Mission) -> bytes:
        figures = drones()[route.drone_model]
        cruise_mps = float(handover.model(route)["airspeed_mps"])
        return_m = return_height_m(handover, route)
        return zipped(
            {
                TEMPLATE: _document(mission, figures, cruise_mps, return_m, stamp_ms),
                WAYLINES: _document(mission, figures, cruise_mps, return_m),
            }
        )

    return release(
        handover,
        autopilot("dji"),
        ".kmz",
        size=lambda mission: len(mission.waypoints),
        write=write,
        read=read_wpml,
    )


def return_height_m(handover: Handover, route: Route) -> float:
    """
    Return the height above take-off at which a drone flies home straight.

    That of the route; over terrain higher where the ground on a way home asks for it.
    """
    path = np.array(route.path, dtype=float)
    path[:, 2] -= handover.stands_m(handover.station(route))
    relief = relief_under(handover, route)
    return float(path[:, 2].max()) if relief is None else relief.return_height_m(path)


def _document(
    mission: Mission,
    figures: Figures,
    cruise_mps: float,
    return_m: float,
    stamp_ms: str = "",
) -> bytes:
    """Return one of the two files; the template has a time of making."""
    space = f"http://www.dji.com/wpmz/{figures['namespace']}"
    kml = ElementTree.Element(
        "kml", {"xmlns": "http://www.opengis.net/kml/2.2", "xmlns:wpml": space}
    )
    document = ElementTree.SubElement(kml, "Document")
    if stamp_ms:
        _put(document, author="patrol", createTime=stamp_ms, updateTime=stamp_ms)
    _configure(document, mission, figures, cruise_mps, return_m)
    folder = ElementTree.SubElement(document, "Folder")
    if stamp_ms:
        _head_of_template(folder, mission, figures, cruise_mps)
    else:
        _put(
            folder,
            templateId=0,
            executeHeightMode="relativeToStartPoint",
            waylineId=0,
            distance=_number(float(mission.lengths_m.sum())),
            duration=_number(mission.duration_s or 0.0),
            autoFlightSpeed=_number(cruise_mps),
        )
    groups = 0
    for i, waypoint in enumerate(mission.waypoints):
        placemark = ElementTree.SubElement(folder, "Placemark")
        _place(placemark, mission, i, template=bool(stamp_ms))
        if waypoint.actions:
            _act(placemark, i, groups, waypoint.actions, figures)
            groups += 1
        _put(placemark, isRisky=0)
    ElementTree.indent(kml, " ")
    body = ElementTree.tostring(kml, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'.encode()


def _put(parent: Element, **values: object) -> None:
    """Append elements of WPML with their texts."""
    for name, value in values.items():
        ElementTree.SubElement(parent, f"wpml:{name}").text = str(value)


def _in(parent: Element, name: str) -> Element:
    return ElementTree.SubElement(parent, f"wpml:{name}")


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _configure(
    document: Element,
    mission: Mission,
    figures: Figures,
    cruise_mps: float,
    return_m: float,
) -> None:
    first, last = mission.waypoints[0], mission.waypoints[-1]
    finish = {"stay": "noAction", "return": "goHome", "land": "autoLand"}[mission.end]
    lost = "executeLostAction"
    if mission.end == "land" and is_home(mission, last):
        finish = "goHome"  # over its own station: down from where it is
    elif mission.end == "land" and mission.home is not None:
        lost = "goContinue"  # its charge is for the way to where it lands
    config = _in(document, "missionConfig")
    _put(
        config,
        flyToWaylineMode="safely",
        finishAction=finish,
        exitOnRCLost=lost,
        executeRCLostAction="goBack",
        takeOffSecurityHeight=_number(first.height_m),
    )
    if mission.home is not None:
        lon, lat = mission.home
        _put(
            config, takeOffRefPoint=f"{lat:.8f},{lon:.8f},0", takeOffRefPointAGLHeight=0
        )
    _put(
        config,
        globalTransitionalSpeed=_number(cruise_mps),
        globalRTHHeight=_number(return_m),
    )
    drone, sub = figures["drone"]
    _put(_in(config, "droneInfo"), droneEnumValue=drone, droneSubEnumValue=sub)
    _put(
        _in(config, "payloadInfo"),
        payloadEnumValue=figures["payload"],
        payloadSubEnumValue=0,
        payloadPositionIndex=0,
    )


def _head_of_template(
    folder: Element, mission: Mission, figures: Figures, cruise_mps: float
) -> None:
    _put(folder, templateType="waypoint", templateId=0)
    _put(
        _in(folder, "waylineCoordinateSysParam"),
        coordinateMode="WGS84",
        heightMode="relativeToStartPoint",
        positioningType="GPS",
    )
    _put(
        folder,
        autoFlightSpeed=_number(cruise_mps),
        globalHeight=_number(mission.waypoints[0].height_m),
        gimbalPitchMode="manual",
    )
    _put(
        _in(folder, "payloadParam"),
        payloadPositionIndex=0,
        imageFormat=figures["lenses"],
    )
    _heading(folder, "globalWaypointHeadingParam")
    _put(folder, globalWaypointTurnMode=STOP_AT, globalUseStraightLine=1)


def _heading(parent: Element, name: str) -> None:
    _put(
        _in(parent, name),
        waypointHeadingMode="followWayline",
        waypointHeadingAngle=0,
        waypointHeadingPathMode="followBadArc",
    )


def _place(placemark: Element, mission: Mission, i: int, *, template: bool) -> None:
    waypoint = mission.waypoints[i]
    point = ElementTree.SubElement(placemark, "Point")
    place = f"{waypoint.lon:.8f},{waypoint.lat:.8f}"
    ElementTree.SubElement(point, "coordinates").text = place
    height = _number(waypoint.height_m)
    _put(placemark, index=i)
    if template:
        _put(
            placemark,
            ellipsoidHeight=height,
            height=height,
            useGlobalHeight=0,
            useGlobalSpeed=0,
            useGlobalHeadingParam=1,
            useGlobalTurnParam=0,
        )
    else:
        _put(placemark, executeHeight=height)
    # A waypoint's speed is that of the leg after it.
    onward: Sequence[Waypoint] = mission.waypoints[i + 1 : i + 2] or [waypoint]
    _put(placemark, waypointSpeed=_number(onward[0].speed_mps or 1.0))
    if not template:
        _heading(placemark, "waypointHeadingParam")
    turn_m = _turn_m(mission, i)
    _put(
        _in(placemark, "waypointTurnParam"),
        waypointTurnMode=PASS_BY if turn_m else STOP_AT,
        waypointTurnDampingDist=_number(turn_m),
    )
    _put(placemark, useStraightLine=1)


def _turn_m(mission: Mission, i: int) -> float:
    """Return how far before a waypoint a turn begins; 0 where the drone stops."""
    waypoint = mission.waypoints[i]
    if waypoint.actions or i in (0, len(mission.waypoints) - 1):
        return 0.0
    shorter_m = float(min(mission.lengths_m[i - 1 : i + 1]))
    turn_m = min(_WIDEST_TURN_M, _TURN_SHARE * shorter_m)
    return turn_m if turn_m >= _SMALLEST_TURN_M else 0.0


def _act(
    placemark: Element, i: int, group: int, actions: Sequence[Action], figures: Figures
) -> None:
    """Append what is done on reaching a waypoint, one after the other."""
    holder = _in(placemark, "actionGroup")
    _put(
        holder,
        actionGroupId=group,
        actionGroupStartIndex=i,
        actionGroupEndIndex=i,
        actionGroupMode="sequence",
    )
    _put(_in(holder, "actionTrigger"), actionTriggerType="reachPoint")
    for k, action in enumerate(actions):
        element = _in(holder, "action")
        _put(element, actionId=k, actionActuatorFunc=_FUNCTIONS[action.kind])
        params = _in(element, "actionActuatorFuncParam")
        if action.kind == "hold":
            _put(params, hoverTime=_number(action.value))
            continue
        _put(params, payloadPositionIndex=0)
        if action.kind == "pitch":
            _turn_camera(params, action.value)
        else:
            _put(
                params,
                fileSuffix=f"wp{i}",
                payloadLensIndex=figures["lenses"],
                useGlobalPayloadLensIndex=1,
            )


def _turn_camera(params: Element, pitch_deg: float) -> None:
    _put(
        params,
        gimbalHeadingYawBase="north",
        gimbalRotateMode="absoluteAngle",
        gimbalPitchRotateEnable=1,
        gimbalPitchRotateAngle=_number(pitch_deg),
        gimbalRollRotateEnable=0,
        gimbalRollRotateAngle=0,
        gimbalYawRotateEnable=0,
        gimbalYawRotateAngle=0,
        gimbalRotateTimeEnable=0,
        gimbalRotateTime=0,
    )
