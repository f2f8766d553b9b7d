"""Read routes that were drawn as lines in KML and KMZ files."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import Element

from planner.formats.files import zip_members
from planner.formats.kml import kml_root
from planner.formats.missions.mission import Mission, Waypoint
from planner.formats.missions.preflight import MissionFile
from planner.formats.missions.remarks import Remarks
from planner.formats.table import Fault, shown
from planner.formats.xml_elements import all_named, place_of, text_of


def read_kmz_routes(data: bytes, file: str) -> MissionFile:
    """Return the lines of the KML in a KMZ archive; as `read_kml_routes` does."""
    try:
        members = zip_members(data)
        names = sorted(name for name in members if name.lower().endswith(".kml"))
        if not names:
            raise Fault("E-ZIP-NOGEO", wanted=".kml")
    except Fault as fault:
        Remarks(file).refuse(fault.code, **fault.values)
    return read_kml_routes(members["doc.kml" if "doc.kml" in names else names[0]], file)


def read_kml_routes(data: bytes, file: str) -> MissionFile:
    """
    Return a mission for each line of a KML file: where it leads, nothing else.

    Heights are those above ground. A line on the ground has none, which is warned
    of; one with heights above the sea is taken if it begins with a climb on the spot:
    that starts on the ground.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    remarks = Remarks(file)
    missions: list[Mission] = []
    try:
        root, _ = kml_root(data)
    except Fault as fault:
        remarks.refuse(fault.code, **fault.values)
    for row, placemark in enumerate(all_named(root, "Placemark"), 1):
        for line in all_named(placemark, "LineString"):
            name = text_of(placemark, "name") or f"{file} {row}"
            try:
                missions.append(_mission(remarks, shown(name), line, row))
            except Fault as fault:
                remarks.warn(fault.code, f"Placemark {row}", **fault.values)
    remarks.raise_errors()
    if not missions:
        remarks.refuse("E-INPUT-EMPTY")
    return MissionFile(missions=tuple(missions), findings=tuple(remarks.findings))


def _mission(remarks: Remarks, name: str, line: Element, row: int) -> Mission:
    mode = text_of(line, "altitudeMode") or "clampToGround"
    waypoints = []
    for triple in text_of(line, "coordinates").split():
        lon, lat, height_m = place_of(triple)
        if mode == "clampToGround":
            height_m = 0.0
        waypoints.append(Waypoint(lon=lon, lat=lat, height_m=height_m))
    if len(waypoints) < 2:
        raise Fault("E-GEOM-DEGENERATE", count=len(waypoints), wanted=2)
    if mode == "absolute":
        first, second = waypoints[:2]
        if (first.lon, first.lat) != (second.lon, second.lat):
            raise Fault("E-MISSION-HEIGHTS", mode=mode)
        waypoints = [
            replace(w, height_m=w.height_m - first.height_m) for w in waypoints
        ]
    if mode == "clampToGround":
        remarks.warn("W-MISSION-NO-HEIGHT", f"Placemark {row}")
    return Mission(
        name=name,
        waypoints=tuple(waypoints),
        takes_off=False,
        over_ground=mode == "relativeToGround",
        end="stay",
    )
