"""Write the timetable and the stops as tables with commas."""

from __future__ import annotations

from dataclasses import replace

from planner.formats.exchange.tables import stops_table
from planner.formats.handover import Handover
from planner.formats.timetable_csv import table_to_bytes, timetable_to_bytes


def export(handover: Handover) -> dict[str, bytes]:
    """
    Return ``timetable.csv``, as beside each plan, and ``stops.csv``.

    Columns have the names of the plan's file, since programs read them.
    """
    chosen = replace(handover.plan, routes=handover.routes, roster=handover.sorties)
    stops = stops_table(handover)
    rows = [
        [*row, shape.x, shape.y, shape.z]
        for row, shape in zip(stops.rows, stops.shapes, strict=True)
    ]
    return {
        "timetable.csv": timetable_to_bytes(chosen),
        "stops.csv": table_to_bytes([*stops.columns, "lon", "lat", "height_m"], rows),
    }
