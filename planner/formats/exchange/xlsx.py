"""Write the timetable as a workbook, with heads in English and Chinese."""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING

from planner.errors import Finding, InputError
from planner.formats.exchange.tables import (
    Cell,
    Table,
    both,
    routes_table,
    sorties_table,
    stations_table,
    stops_table,
    unserved_table,
)
from planner.formats.handover import PLAN_FILE, Handover
from planner.formats.timetable_csv import is_formula

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_048_576
LONGEST_TEXT = 32_767
"""Limits of the format; a longer text ends in three dots."""

_WIDTHS = {str: 16, int: 12, float: 12, datetime: 20}
_WIDE = {"zones", "windows", "name", "target"}
_WIDTH_WIDE = 40


def export(handover: Handover) -> dict[str, bytes]:
    """
    Return ``timetable.xlsx``: sorties, routes, stops, stations and what is unserved.

    Each sheet can be filtered, by station or by anything else. Times are local
    ones of the plan. Texts are texts, whatever they begin with.

    Raises
    ------
    InputError
        If a sheet cannot hold that many rows.
    """
    from xlsxwriter import Workbook

    sheets = (
        sorties_table(handover),
        routes_table(handover),
        stops_table(handover),
        stations_table(handover),
        unserved_table(handover),
    )
    for table in sheets:
        if len(table.rows) >= MOST_ROWS:
            values = {"rows": len(table.rows), "limit": MOST_ROWS - 1}
            raise InputError(
                [Finding(code="E-EXPORT-ROWS", file=PLAN_FILE, values=values)]
            )
    packed = io.BytesIO()
    # In memory, its archive has no clock time either.
    with Workbook(packed, {"in_memory": True}) as workbook:
        workbook.set_properties({"created": handover.moment(0).replace(tzinfo=None)})
        for table in sheets:
            _write(workbook, table)
    return {"timetable.xlsx": packed.getvalue()}


def _write(workbook: Workbook, table: Table) -> None:
    """Add a sheet of a table."""
    sheet = workbook.add_worksheet(table.title)
    head = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    time = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    text = workbook.add_format({"quote_prefix": True})
    for x, (name, kind, title) in enumerate(
        zip(table.columns, table.columns.values(), table.heads, strict=True)
    ):
        wide = name in _WIDE or name.startswith(("reason", "remedy"))
        sheet.set_column(x, x, _WIDTH_WIDE if wide else _WIDTHS[kind])
        sheet.write_string(0, x, title, head)
    for y, row in enumerate(table.rows, 1):
        for x, cell in enumerate(row):
            _write_cell(sheet, (y, x), cell, time, text)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer("&L" + both("map.sensitivity") + "&R&P / &N")


def _write_cell(
    sheet: Worksheet, at: tuple[int, int], cell: Cell, time: Format, text: Format
) -> None:
    """Write a cell by its type: nothing is guessed from what a text looks like."""
    if isinstance(cell, datetime):
        sheet.write_datetime(*at, cell.replace(tzinfo=None), time)
    elif isinstance(cell, str):
        if len(cell) > LONGEST_TEXT:
            cell = f"{cell[: LONGEST_TEXT - 1]}…"
        sheet.write_string(*at, cell, text if is_formula(cell) else None)
    elif cell is not None:
        sheet.write_number(*at, cell)
