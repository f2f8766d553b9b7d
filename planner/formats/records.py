"""Turn the rows of a layer into records with an id and a shape in WGS 84."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from shapely.geometry.base import BaseGeometry

from planner.formats import columns
from planner.formats.columns import REQUIRED, is_absent, match_columns
from planner.formats.shapes import Wanted, fit, in_wgs84, to_wgs84
from planner.formats.table import Fault, Layer, Notes
from planner.formats.units import in_our_unit
from planner.validation.findings import twins

T = TypeVar("T")

WANTED: dict[str, Wanted] = {
    "stations": "point",
    "response_teams": "point",
    "zones": "line or area",
    "airspace": "area",
    "districts": "area",
    "buildings": "area",
    "demand": "point or area",
    "boundary": "area",
    "water": "line or area",
}


@dataclass(frozen=True, slots=True)
class Source:
    """
    The file that rows come from, and where findings about them go.

    Parameters
    ----------
    mapping
        Our column to theirs.
    factors
        Our column to what its numbers are multiplied by to be in our unit.
    defaults
        Our column to what holds where a row has no value, as scenario.toml says.
    """

    file: str
    crs: str | None
    datum: str
    mapping: Mapping[str, str]
    notes: Notes
    factors: Mapping[str, float] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Record:
    """
    A row: its id, its shape in [lon, lat], and its values by our names.

    ``value`` and its kin note a fault and go on, so that one reading finds all.
    """

    id: str
    geometry: BaseGeometry
    values: Mapping[str, Any]
    source: Source
    guessed: set[str]

    def value(self, field: str, read: Callable[[str, Any], T], default: T) -> T:
        """Return a value, or its default where the row has none."""
        raw = self.values.get(field)
        if is_absent(raw):
            return default
        try:
            return read(field, raw)
        except Fault as fault:
            self.source.notes.add_fault(fault, self.source.file, self.id)
            return default

    def wanted(
        self,
        field: str,
        read: Callable[[str, Any], T],
        otherwise: T,
        default: T | None = None,
    ) -> T:
        """
        Return a value that must be there.

        Parameters
        ----------
        otherwise
            Lets reading go on where it is missing.
        default
            What scenario.toml has for rows without one; None if it has nothing.
        """
        if default is not None:
            return self.assumed(field, read, default)
        if is_absent(self.values.get(field)):
            notes, file = self.source.notes, self.source.file
            notes.add("E-VALUE-MISSING", file, self.id, field=field)
        return self.value(field, read, otherwise)

    def assumed(self, field: str, read: Callable[[str, Any], T], default: T) -> T:
        """Return a value, or a default that is worth a warning once a file."""
        if is_absent(self.values.get(field)):
            self.guessed.add(field)
        return self.value(field, read, default)

    def text(self, field: str, default: str = "") -> str:
        """Return a text for people, without hidden characters."""

        def read(_: str, raw: Any) -> str:
            clean, changed = columns.label(raw)
            if changed:
                self.source.notes.add(
                    "W-NAME-CHARS", self.source.file, self.id, found=str(raw)
                )
            return clean

        return self.value(field, read, default)


def records(
    name: str, layer: Layer, source: Source, numbered_from: int = 1
) -> list[Record]:
    """
    Return the records of a file, noting every fault.

    Where no column holds ids, the rows are numbered in the order of the file.

    Parameters
    ----------
    numbered_from
        The number of the first row, where other files of the layer went before.

    Raises
    ------
    Fault
        If the file's reference system is not known.
    """
    notes, file = source.notes, source.file
    for remark in layer.remarks:
        notes.add_fault(remark, file)
    found, faults = match_columns(name, layer.columns, source.mapping)
    faults = [f for f in faults if not _has_default(f, source)]
    for fault in faults:
        notes.add_fault(fault, file)
    if not layer.features:
        empty = "E-INPUT-EMPTY" if name in ("stations", "zones") else "W-INPUT-EMPTY"
        notes.add(empty, file)
    crs = layer.crs or source.crs or layer.usual_crs
    if crs is None:
        notes.add("E-CRS-MISSING", file)
        return []
    to_wgs84(crs)  # one that is not known is a fault of the file, not of each row
    if faults:
        return []
    wants_id = "id" in REQUIRED.get(name, ())
    if wants_id and "id" not in found and layer.features:
        last = numbered_from + len(layer.features) - 1
        made = {"first": f"{name}-{numbered_from}", "last": f"{name}-{last}"}
        notes.add("W-ID-MADE", file, **made)
    guessed: set[str] = set()
    result: list[Record] = []
    for number, feature in enumerate(layer.features, numbered_from):
        values = {
            ours: in_our_unit(feature.values.get(theirs), source.factors.get(ours))
            for ours, theirs in found.items()
        }
        where = f"row {feature.row}"
        try:
            if wants_id and "id" in found:
                where = columns.identifier(values.get("id"))
            elif wants_id:
                where = f"{name}-{number}"
            if isinstance(feature.geometry, Fault):
                raise feature.geometry
            remarks = list(feature.remarks)
            shape = fit(feature.geometry, WANTED[name], remarks)
            shape = in_wgs84(shape, crs, layer.datum or source.datum, remarks)
        except Fault as fault:
            notes.add_fault(fault, file, where)
            continue
        for remark in remarks:
            notes.add_fault(remark, file, where)
        result.append(Record(where, shape, values, source, guessed))
    return result


def _has_default(fault: Fault, source: Source) -> bool:
    """Whether a column is missing that scenario.toml makes up for."""
    is_missing = fault.code == "E-COLUMN-MISSING"
    return is_missing and fault.values["field"] in source.defaults


def in_order(name: str, found: list[Record]) -> list[Record]:
    """Return a layer's records sorted, by id where they have one."""
    if "id" not in REQUIRED.get(name, ()):
        return sorted(found, key=lambda record: str(record.geometry.wkb_hex))
    files = {record.id: record.source for record in found}
    for twin, other in twins(record.id for record in found):
        source = files[twin]
        source.notes.add("E-ID-DUP", source.file, twin, other=other)
    return sorted(found, key=lambda record: record.id)
