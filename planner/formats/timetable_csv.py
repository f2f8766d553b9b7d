"""Write a plan's timetable as a table that a spreadsheet opens as it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from planner.formats.files import write_atomically
from planner.plan import Plan

COLUMNS = (
    "drone",
    "station",
    "route",
    "takeoff",
    "landing",
    "ready",
    "takeoff_s",
    "landing_s",
    "ready_s",
    "layer_m",
    "zones",
)

_FORMULA_STARTS = tuple("=+-@\t\r\n\0＝＋－＠")


def write_timetable_csv(plan: Plan, path: Path) -> None:
    """
    Write one row a sortie, see `timetable_to_bytes`.

    Raises
    ------
    OutputError
        If the disk or its permissions do not allow it.
    """
    write_atomically(Path(path), timetable_to_bytes(plan))


def timetable_to_bytes(plan: Plan) -> bytes:
    """
    Return one row a sortie, with clock times of the plan's own time zone.

    Where routes end at other stations, a last column says where each sortie lands.
    """
    rows = _rows(plan)
    if not any(route.ends_at for route in plan.routes):
        return table_to_bytes(COLUMNS, rows)
    lands_at = {route.id: route.lands_at for route in plan.routes}
    ends = [lands_at.get(sortie.route, "") for sortie in plan.roster]
    with_ends = [[*row, end] for row, end in zip(rows, ends, strict=True)]
    return table_to_bytes([*COLUMNS, "ends_at"], with_ends)


def table_to_bytes(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """
    Return a table as a spreadsheet opens it.

    UTF-8 with a byte order mark, since spreadsheets ask for one. No text of a
    scenario can become a formula: it gets an apostrophe in front.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(columns)
    writer.writerows([_inert(cell) for cell in row] for row in rows)
    return table.getvalue().encode("utf-8-sig")


def _rows(plan: Plan) -> list[list[Any]]:
    start = datetime.fromisoformat(str(plan.horizon["start"]))
    routes = {route.id: route for route in plan.routes}
    rows: list[list[Any]] = []
    for sortie in plan.roster:
        route = routes.get(sortie.route)
        times = (sortie.takeoff_s, sortie.landing_s, sortie.ready_s)
        zones = {z for stop in route.stops for z in stop.zones} if route else set()
        rows.append(
            [
                sortie.drone,
                route.depot if route else "",
                sortie.route,
                *(_clock(start, time) for time in times),
                *(round(time, 3) for time in times),
                route.layer_m if route else "",
                " ".join(sorted(zones)),
            ]
        )
    return rows


def _clock(start: datetime, after_s: float) -> str:
    """Return the local date and time, to the second."""
    moment = start + timedelta(seconds=round(after_s))
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _inert(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and is_formula(cell) else cell


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may take a text for a formula."""
    return text.startswith(_FORMULA_STARTS)
