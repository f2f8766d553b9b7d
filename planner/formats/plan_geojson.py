"""Write a plan as one GeoJSON file, and read it back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from planner.errors import Finding, InputError
from planner.formats.files import write_atomically
from planner.formats.json_document import json_document, read_whole
from planner.formats.plan_reader import Reader
from planner.plan import LeftOut, Plan, Route, Sortie, Stop, Unserved

LONLAT_DECIMALS = 8
TIME_DECIMALS = 3
HEIGHT_DECIMALS = 3
MOST_BYTES = 200_000_000
LONGEST_S = 31 * 86_400.0
"""Longest horizon of a plan that is read [s]."""

KINDS = ("watch", "sweep", "line")
MAPPINGS = ("metrics", "certificate", "analysis", "provenance")


def write_plan(plan: Plan, path: Path) -> None:
    """
    Write a plan as ``plan.geojson``, whole or not at all.

    Raises
    ------
    OutputError
        If the disk or its permissions do not allow it.
    """
    write_atomically(Path(path), plan_to_bytes(plan))


def as_written(plan: Plan) -> Plan:
    """
    Return a plan as a reader of its file will see it.

    A file rounds coordinates and times: whoever computes metrics of a plan, or
    checks it, before it is written, does so for this one.

    Raises
    ------
    InputError
        If no reader could use the file.
    """
    return _plan(plan_to_bytes(plan), "plan.geojson")


def plan_to_bytes(plan: Plan) -> bytes:
    """
    Return the content of a plan's file: a function of the plan alone.

    One line a route and one a sortie, so that two plans can be compared line by
    line.
    """
    members = [
        '"type":"FeatureCollection"',
        f'"horizon":{_json(plan.horizon)}',
        f'"stations":{_lines(_json(s) for s in plan.stations)}',
        f'"drone_models":{_lines(_json(m) for m in plan.drone_models)}',
        f'"features":{_lines(_json(_feature(r), sort=False) for r in plan.routes)}',
        '"timetable":{"roster":'
        + _lines(_json(_sortie(s), sort=False) for s in plan.roster)
        + "}",
        f'"unserved":{_left_out("zone", plan.unserved)}',
        *(f'"{name}":{_json(getattr(plan, name))}' for name in MAPPINGS),
    ]
    if plan.left_out:
        told = f'"left_out":{_left_out("route", plan.left_out)}'
        members.insert(-len(MAPPINGS), told)
    return ("{\n" + ",\n".join(members) + "\n}\n").encode()


def _json(value: Any, *, sort: bool = True) -> str:
    """Return the one way to write a value; mappings of free content are sorted."""
    return json.dumps(
        value,
        ensure_ascii=False,
        allow_nan=False,
        sort_keys=sort,
        separators=(",", ":"),
        default=_plain,
    )


def _plain(value: Any) -> Any:
    """Return what JSON knows for a mapping or a number of another library."""
    if isinstance(value, Mapping):
        return dict(value)
    return value.item()


def _lines(items: Iterable[str]) -> str:
    """Return a JSON list with one item a line."""
    return "[\n" + ",\n".join(items) + "\n]"


def _feature(route: Route) -> dict[str, Any]:
    camera_off = [[float(low), float(high)] for low, high in route.camera_off]
    return {
        "type": "Feature",
        "geometry": {
            "type": "LineString",
            "coordinates": [
                [
                    _rounded(lon, LONLAT_DECIMALS),
                    _rounded(lat, LONLAT_DECIMALS),
                    _rounded(height, HEIGHT_DECIMALS),
                ]
                for lon, lat, height in route.path
            ],
        },
        "properties": {
            "id": route.id,
            "depot": route.depot,
            **({"ends_at": route.ends_at} if route.ends_at else {}),
            "drone_model": route.drone_model,
            "layer_m": float(route.layer_m),
            "headway_s": float(route.headway_s),
            "phase_s": float(route.phase_s),
            "duration_s": float(route.duration_s),
            "load": float(route.load),
            "t_s": [_rounded(t, TIME_DECIMALS) for t in route.t_s],
            "stops": [_written_stop(stop) for stop in route.stops],
            **({"camera_off": camera_off} if camera_off else {}),
            **({"fixed": True} if route.fixed else {}),
        },
    }


def _written_stop(stop: Stop) -> dict[str, Any]:
    written: dict[str, Any] = {
        "zones": list(stop.zones),
        "target": stop.target,
        "kind": stop.kind,
        "enter_s": float(stop.enter_s),
        "exit_s": float(stop.exit_s),
    }
    if stop.windows:
        written["windows"] = [[float(s), float(e)] for s, e in stop.windows]
    return written


def _rounded(value: float, decimals: int) -> float:
    return round(float(value), decimals) + 0.0  # and never -0.0


def _sortie(sortie: Sortie) -> dict[str, Any]:
    return {
        "drone": sortie.drone,
        "route": sortie.route,
        "takeoff_s": float(sortie.takeoff_s),
        "landing_s": float(sortie.landing_s),
        "ready_s": float(sortie.ready_s),
    }


def _left_out(key: str, entries: Iterable[Unserved | LeftOut]) -> str:
    return _lines(_json(_given_up(key, entry), sort=False) for entry in entries)


def _given_up(key: str, entry: Unserved | LeftOut) -> dict[str, Any]:
    """Return what is left out under a key, and why."""
    return {
        key: getattr(entry, key),
        "code": entry.code,
        "reason": entry.reason,
        "figures": {name: entry.figures[name] for name in sorted(entry.figures)},
        "remedy": entry.remedy,
    }


def read_plan(path: Path) -> Plan:
    """
    Return the plan in a file.

    It is complete and of the right types; whether it keeps the rules is for
    `planner.checks.check` to say.

    Raises
    ------
    InputError
        With every fault of the file, if it is no plan.
    """
    path = Path(path)
    return _plan(read_whole(path, MOST_BYTES), path.name)


def _plan(data: bytes, file: str) -> Plan:
    """Return the plan that bytes hold, or raise every fault."""
    reader = Reader(file)
    document = json_document(data, file)
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise InputError([Finding(code="E-PLAN-KIND", file=file)])
    timetable = reader.mapping_in(document, "timetable", "")
    plan = Plan(
        horizon=_read_horizon(reader, document),
        stations=tuple(reader.mappings_in(document, "stations", "")),
        drone_models=tuple(reader.mappings_in(document, "drone_models", "")),
        routes=tuple(
            _read_route(reader, feature, f"features[{i}]")
            for i, feature in enumerate(reader.mappings_in(document, "features", ""))
        ),
        roster=tuple(
            _read_sortie(reader, entry, f"timetable.roster[{i}]")
            for i, entry in enumerate(
                reader.mappings_in(timetable, "roster", "timetable")
            )
        ),
        unserved=tuple(
            Unserved(
                zone=reader.text_in(entry, "zone", f"unserved[{i}]"),
                **_read_reason(reader, entry, f"unserved[{i}]"),
            )
            for i, entry in enumerate(reader.mappings_in(document, "unserved", ""))
        ),
        left_out=tuple(
            LeftOut(
                route=reader.text_in(entry, "route", f"left_out[{i}]"),
                **_read_reason(reader, entry, f"left_out[{i}]"),
            )
            for i, entry in enumerate(
                reader.mappings_in(document, "left_out", "")
                if "left_out" in document
                else ()
            )
        ),
        **{name: reader.mapping_in(document, name, "") for name in MAPPINGS},
    )
    ids = [route.id for route in plan.routes]
    for i, route_id in enumerate(ids):
        if route_id in ids[:i]:
            reader.fault(
                "E-PLAN-DUPLICATE", f"features[{i}].properties.id", id=route_id
            )
    reader.raise_faults()
    return plan


def _read_horizon(reader: Reader, document: Mapping[str, Any]) -> dict[str, Any]:
    horizon = reader.mapping_in(document, "horizon", "")
    reader.instant_in(horizon, "start", "horizon")
    reader.number_in(horizon, "seconds", "horizon", above=0.0, highest=LONGEST_S)
    return horizon


def _read_route(reader: Reader, feature: Mapping[str, Any], where: str) -> Route:
    own = reader.mapping_in(feature, "properties", where)
    where_own = f"{where}.properties"
    path = _read_path(reader, feature, where)
    times = reader.numbers_in(own, "t_s", where_own)
    if len(times) != len(path):
        reader.fault(
            "E-PLAN-LENGTH", f"{where_own}.t_s", found=len(times), expected=len(path)
        )
    return Route(
        id=reader.text_in(own, "id", where_own),
        depot=reader.text_in(own, "depot", where_own),
        ends_at=reader.text_in(own, "ends_at", where_own) if "ends_at" in own else "",
        drone_model=reader.text_in(own, "drone_model", where_own),
        layer_m=reader.number_in(own, "layer_m", where_own),
        headway_s=reader.number_in(own, "headway_s", where_own, above=0.0),
        phase_s=reader.number_in(own, "phase_s", where_own),
        duration_s=reader.number_in(own, "duration_s", where_own, above=0.0),
        load=reader.number_in(own, "load", where_own),
        path=path,
        t_s=times,
        stops=tuple(
            _read_stop(reader, stop, f"{where_own}.stops[{i}]")
            for i, stop in enumerate(reader.mappings_in(own, "stops", where_own))
        ),
        camera_off=reader.spans_in(own, "camera_off", where_own),
        fixed=reader.flag_in(own, "fixed", where_own),
    )


def _read_path(
    reader: Reader, feature: Mapping[str, Any], where: str
) -> tuple[tuple[float, float, float], ...]:
    geometry = reader.mapping_in(feature, "geometry", where)
    where = f"{where}.geometry"
    if geometry.get("type") != "LineString":
        reader.fault("E-PLAN-GEOMETRY", where)
    points = reader.list_in(geometry, "coordinates", where)
    if len(points) < 2:
        reader.fault("E-PLAN-SHORT", f"{where}.coordinates", found=len(points))
    path: list[tuple[float, float, float]] = []
    for i, point in enumerate(points):
        place = f"{where}.coordinates[{i}]"
        if not (
            isinstance(point, list)
            and len(point) == 3
            and all(
                isinstance(v, int | float) and not isinstance(v, bool) for v in point
            )
        ):
            reader.fault("E-PLAN-POSITION", place)
            continue
        lon, lat, height = map(float, point)
        if abs(lon) > 180 or abs(lat) > 90 or abs(height) > 100_000:
            reader.fault("E-PLAN-POSITION", place)
        path.append((lon, lat, height))
    return tuple(path)


def _read_stop(reader: Reader, stop: Mapping[str, Any], where: str) -> Stop:
    kind = reader.text_in(stop, "kind", where)
    if kind and kind not in KINDS:
        reader.fault(
            "E-PLAN-CHOICE", f"{where}.kind", found=kind, expected=", ".join(KINDS)
        )
    return Stop(
        zones=reader.texts_in(stop, "zones", where),
        target=reader.text_in(stop, "target", where),
        kind=kind,
        enter_s=reader.number_in(stop, "enter_s", where),
        exit_s=reader.number_in(stop, "exit_s", where),
        windows=reader.spans_in(stop, "windows", where),
    )


def _read_sortie(reader: Reader, entry: Mapping[str, Any], where: str) -> Sortie:
    return Sortie(
        drone=reader.text_in(entry, "drone", where),
        route=reader.text_in(entry, "route", where),
        takeoff_s=reader.number_in(entry, "takeoff_s", where),
        landing_s=reader.number_in(entry, "landing_s", where),
        ready_s=reader.number_in(entry, "ready_s", where),
    )


def _read_reason(
    reader: Reader, entry: Mapping[str, Any], where: str
) -> dict[str, Any]:
    """Return why something is left out."""
    return {
        "code": reader.text_in(entry, "code", where),
        "reason": reader.text_in(entry, "reason", where),
        "figures": reader.mapping_in(entry, "figures", where),
        "remedy": reader.text_in(entry, "remedy", where, empty=True),
    }
