"""Read a sheet of an Excel workbook as people see it, not as it is stored."""

from __future__ import annotations

import datetime
import io
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from planner.formats.columns import fold, is_absent
from planner.formats.files import zip_members
from planner.formats.table import Fault, Layer
from planner.formats.tabular import Row, layer_of_rows, place_of

HEADER_WITHIN = 20
"""Rows above the header: a title, a date, who filled it in."""

SHEETS = {
    "stations": "警务站 站点 基站",
    "zones": "巡区 巡逻区 巡查区",
    "airspace": "空域 限制空域 禁飞区",
    "response_teams": "快反队 快反分队",
    "districts": "辖区 分局",
}
"""Layer to the names of sheets that hold it, beside its own."""

_OLE = b"\xd0\xcf\x11\xe0"
_DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]+\d+:[A-Z]+\d+)"')
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_ZEROS = re.compile(r"0{2,}")

Grid = list[Sequence[Any]]


@dataclass
class _Sheet:
    """Rows of cells under a header, by the row numbers that Excel shows."""

    header: list[str]
    first: int
    cells: Grid
    remarks: dict[int, list[Fault]]


def read_xlsx(data: bytes, chosen: str, layer: str) -> Layer:
    """
    Return the rows of a sheet of a workbook.

    Dates and times come as ``2026-05-01`` and ``06:00``; a number shown as ``007``
    is the text "007"; cells merged downwards count for each of their rows. A title
    above the header is passed over. A formula counts as what Excel last made of it.

    Parameters
    ----------
    chosen
        Name of the sheet; if empty, the only visible one with content, or the one
        named like the layer.
    layer
        Our name.

    Raises
    ------
    Fault
        If it is no workbook, or does not say which sheet.
    """
    if data.startswith(_OLE):  # an .xls by another name, or one with a password
        raise Fault("E-FORMAT-CORRUPT", format="XLSX")
    members = zip_members(data)
    if "xl/workbook.xml" not in members:
        raise Fault("E-ZIP-NOGEO", wanted="xl/workbook.xml")
    for content in members.values():
        if _DOCTYPE.search(content.replace(b"\0", b"")):  # in UTF-16 as well
            raise Fault("E-XML-DTD")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles that do not matter here
            sheet, merged = _read(data, members, chosen, layer)
    except Fault:
        raise
    except Exception as error:  # damaged bytes make openpyxl raise almost anything
        raise Fault("E-FORMAT-CORRUPT", format="XLSX") from error
    notes: tuple[Fault, ...] = ()
    if merged:
        notes = (Fault("W-XLSX-MERGED", count=merged),)
    rows = (
        Row(number, cells, tuple(sheet.remarks.get(number, ())))
        for number, cells in enumerate(sheet.cells, sheet.first)
    )
    return layer_of_rows(sheet.header, rows, notes)


def _read(
    data: bytes, members: dict[str, bytes], chosen: str, layer: str
) -> tuple[_Sheet, int]:
    """Return the sheet, and how many merged cells were filled."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    found = _picked(book.worksheets, chosen, layer)
    # openpyxl reads merged cells only with the whole book in memory.
    xml = members.get(found._worksheet_path, b"")
    formulas = None
    if _FORMULA.search(xml):
        formulas = openpyxl.load_workbook(io.BytesIO(data), read_only=True)[found.title]
    sheet = _of_cells(list(_rows(found)), list(_rows(formulas)) if formulas else [])
    ranges = [match.decode() for match in _MERGED.findall(xml)]
    return sheet, _filled(sheet, ranges)


def _rows(sheet: Any) -> Iterator[Sequence[Any]]:
    sheet.reset_dimensions()  # some programs write wrong ones, and rows were lost
    yield from sheet.iter_rows()


def _picked(sheets: Sequence[Any], chosen: str, layer: str) -> Any:
    """Return the sheet that is meant; hidden ones only by their name."""
    full = [s for s in sheets if s.sheet_state == "visible" and _has_content(s)]
    named = {layer, *SHEETS.get(layer, "").split()}
    for hits in (
        [s for s in sheets if s.title == chosen] if chosen else full,
        [] if chosen else [s for s in full if fold(s.title) in named],
    ):
        if len(hits) == 1:
            return hits[0]
    if not full and not chosen:
        raise Fault("E-INPUT-EMPTY")
    raise Fault("E-LAYER-AMBIGUOUS", layers=", ".join(s.title for s in full) or "-")


def _has_content(sheet: Any) -> bool:
    return any(not is_absent(cell.value) for row in _rows(sheet) for cell in row)


def _of_cells(rows: Grid, formulas: Grid) -> _Sheet:
    """Return header and rows, all of one width."""
    width = max(map(len, rows), default=0)
    plain: Grid = []
    remarks: dict[int, list[Fault]] = {}
    for number, row in enumerate(rows, 1):
        values = [_plain(cell) for cell in row] + [None] * (width - len(row))
        for column, cell in enumerate(row):
            formula = formulas[number - 1][column] if formulas else None
            if cell.value is not None and cell.data_type == "e":
                fault = Fault("W-XLSX-ERROR", cell=cell.coordinate, found=cell.value)
                remarks.setdefault(number, []).append(fault)
            elif cell.value is None and formula is not None and formula.value:
                fault = Fault("W-XLSX-FORMULA", cell=formula.coordinate)
                remarks.setdefault(number, []).append(fault)
        plain.append(values)
    top = next((k for k, row in enumerate(plain) if any(map(_is_text, row))), 0)
    for k, row in enumerate(plain[:HEADER_WITHIN]):
        if place_of([_name(cell) for cell in row]).is_known:
            top = k
            break
    header = [_name(cell) for cell in plain[top]] if plain else []
    return _Sheet(header, top + 2, plain[top + 1 :], remarks)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _name(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _plain(cell: Any) -> Any:
    """Return what a cell shows, as plain text or number."""
    value = cell.value
    if value is None or cell.data_type == "e":
        return None
    if isinstance(value, datetime.datetime):
        at_midnight = value.time() == datetime.time()
        return f"{value:%Y-%m-%d}" if at_midnight else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat(*(["minutes"] if hasattr(value, "hour") else []))
    if isinstance(value, datetime.timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    if type(value) is int and _ZEROS.fullmatch(str(cell.number_format)):
        return str(value).zfill(len(cell.number_format))
    return value


def _filled(sheet: _Sheet, ranges: Sequence[str]) -> int:
    """Give every row of a cell merged downwards its value; return how many were."""
    from openpyxl.utils import range_boundaries

    count = 0
    for text in ranges:
        left, top, _, bottom = range_boundaries(text)
        last = min(bottom, sheet.first + len(sheet.cells) - 1)
        if top < sheet.first or last <= top or left > len(sheet.header):
            continue
        value = sheet.cells[top - sheet.first][left - 1]
        for number in range(top + 1, last + 1):
            row = list(sheet.cells[number - sheet.first])
            row[left - 1] = value
            sheet.cells[number - sheet.first] = row
        count += 1
    return count
