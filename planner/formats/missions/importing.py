"""Import routes that others drew: of ground stations, DJI waylines and KML lines."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from planner.errors import Finding, InputError
from planner.formats.files import read_bytes, zip_members
from planner.formats.missions.kml_routes import read_kml_routes, read_kmz_routes
from planner.formats.missions.mission import Mission
from planner.formats.missions.preflight import MissionFile
from planner.formats.missions.qgc_reader import read_qgc
from planner.formats.missions.remarks import Remarks
from planner.formats.missions.wpl import HEAD, read_wpl
from planner.formats.missions.wpml_reader import is_wpml, read_wpml
from planner.formats.table import Fault

_ZIP = b"PK\x03\x04"


def read_missions(path: Path) -> MissionFile:
    """
    Return the missions in a file; what it is, its content tells.

    Raises
    ------
    InputError
        With every fault, if it is no mission file, or one that cannot be followed.
    """
    file = Path(path).name
    try:
        data = read_bytes(Path(path))
        if data.startswith(_ZIP):
            waylines = is_wpml(zip_members(data))
            return (read_wpml if waylines else read_kmz_routes)(data, file)
    except Fault as fault:
        Remarks(file).refuse(fault.code, **fault.values)
    start = data[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"{"):
        return read_qgc(data, file)
    if start.startswith(HEAD.encode()):
        return read_wpl(data, file)
    if start.startswith(b"<"):
        return read_kml_routes(data, file)
    wanted = ".plan, .waypoints, .kmz, .kml"
    raise InputError(
        [Finding(code="E-MISSION-FORMAT", file=file, values={"wanted": wanted})]
    )


def missions_to_geojson(missions: Iterable[tuple[str, Mission]]) -> bytes:
    """
    Return missions and the files they are from as a GeoJSON of lines.

    Positions are longitude, latitude and metres above the place of take-off.
    """
    features = ",\n".join(
        json.dumps(_feature(file, mission), ensure_ascii=False, allow_nan=False)
        for file, mission in missions
    )
    return f'{{"type":"FeatureCollection","features":[\n{features}\n]}}\n'.encode()


def _feature(file: str, mission: Mission) -> dict[str, Any]:
    waypoints = mission.waypoints
    coordinates = [[w.lon, w.lat, w.height_m] for w in waypoints]
    seconds = mission.duration_s
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": coordinates}
        if len(waypoints) > 1
        else {"type": "Point", "coordinates": coordinates[0]},
        "properties": {
            "name": mission.name,
            "file": file,
            "takes_off": mission.takes_off,
            "end": mission.end,
            "length_m": round(float(mission.lengths_m.sum()), 1),
            "duration_s": None if seconds is None else round(seconds, 1),
            "speeds_mps": [w.speed_mps for w in waypoints],
            "actions": [
                {"waypoint": i, "kind": action.kind, "value": action.value}
                for i, waypoint in enumerate(waypoints)
                for action in waypoint.actions
            ],
        },
    }
