"""Read CSV with a longitude and a latitude column, or one of WKT."""

from __future__ import annotations

import csv
import io

from planner.formats.files import decoded
from planner.formats.table import Fault, Layer
from planner.formats.tabular import Row, layer_of_rows

LONGEST_FIELD = 20_000_000
"""A border of a hundred thousand vertices is 2 MB of WKT."""


def read_csv(data: bytes) -> Layer:
    """
    Return the rows of a CSV file, every value as text.

    A first line ``sep=;`` as Excel writes it is understood; otherwise the header
    tells what separates the columns.

    Raises
    ------
    Fault
        If its rows do not fit its header, or nothing says where they are.
    """
    text, remarks = decoded(data)
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        delimiter, text = first.strip()[4], rest
    else:
        delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(LONGEST_FIELD)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise Fault("E-PARSE", line=1, column=1, detail=str(error)) from error
    if not rows:
        raise Fault("E-INPUT-EMPTY")
    header = [name.strip() for name in rows[0]]
    numbered = (Row(number, cells) for number, cells in enumerate(rows[1:], 1))
    return layer_of_rows(header, numbered, remarks, separator=delimiter)
