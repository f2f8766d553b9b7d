"""Guess what a layer that was made elsewhere means, and say each guess."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from planner.formats.columns import (
    FIELDS,
    MEANINGS,
    REQUIRED,
    choice,
    fold,
    is_absent,
    match_columns,
)
from planner.formats.drones import known_models
from planner.formats.settings import Unit
from planner.formats.table import Fault, Layer
from planner.formats.tabular import DATUMS
from planner.formats.units import OURS, in_our_unit

_UNITS: dict[Unit, str] = {
    "h": "小时|hours?|hrs?|h",
    "min": "分钟|分|minutes?|mins?|min",
    "s": "秒钟?|seconds?|secs?|s",
    "ft": "英尺|feet|foot|ft",
    "km": "公里|千米|km",
    "m": "米|metres?|meters?|m",
}
_KINDS: tuple[tuple[Unit, ...], ...] = (("h", "min", "s"), ("ft", "km", "m"))
_MAYBE_HOURS = 12.0
_MAYBE_SECONDS = 1440.0
_SAMPLES = 5

_CGCS2000 = ((25, 45, 4513), (13, 23, 4491))
"""First and last zone of Gauss-Krueger, of 3 and of 6 degrees, and the first's code."""


@dataclass
class Look:
    """
    What was found out about the file of a layer.

    Parameters
    ----------
    columns
        Our column to theirs, where they differ; empty if none is to be taken.
    units
        Our column to the unit that theirs is in.
    marked
        Our columns that a person has to name.
    lacking
        Our columns that some row has no value of.
    told
        Keys of the catalogue and what they are filled with, a sentence each.
    """

    columns: dict[str, str] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    marked: list[str] = field(default_factory=list)
    lacking: set[str] = field(default_factory=set)
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    models: tuple[str, ...] = ()
    datum: str | None = None
    crs: str | None = None
    lacks_crs: bool = False

    def settle(self, field: str) -> None:
        """Take back that a person has to name a column: what it holds is known."""
        self.marked = [ours for ours in self.marked if ours != field]
        missing = ("new.missing", field)
        self.told = [t for t in self.told if (t[0], t[1].get("field")) != missing]

    def tell(self, key: str, **values: Any) -> None:
        """Note a sentence."""
        self.told.append((f"new.{key}", values))


def looked_at(name: str, layer: Layer, file: str) -> Look:
    """
    Return what a layer seems to mean.

    Parameters
    ----------
    name
        Our name of the layer.
    file
        Its file's name, which may tell a datum.
    """
    look = Look()
    found, faults = match_columns(name, layer.columns, {})
    several = {
        f.values["field"]: f.values["columns"]
        for f in faults
        if f.code == "E-COLUMN-AMBIGUOUS"
    }
    rest = [column for column in layer.columns if column not in found.values()]
    for ours in FIELDS[name]:
        values = {"file": file, "field": ours}
        with_unit = None if ours in found else _with_unit(name, ours, rest)
        if ours in found and found[ours] != ours:
            look.columns[ours] = found[ours]
            look.tell("guessed", column=found[ours], **values)
        elif with_unit and ours not in several:
            column, unit = with_unit
            found[ours] = look.columns[ours] = column
            rest.remove(column)
            if unit != OURS[ours]:
                look.units[ours] = unit
            look.tell("guessed_unit", column=column, unit=unit, **values)
        elif ours in several:
            look.marked.append(ours)
            look.tell("several", columns=several[ours], **values)
        elif ours not in found and ours in REQUIRED[name]:
            look.marked.append(ours)
            key = "numbered" if ours == "id" else "missing"
            shown = ", ".join(layer.columns) or "-"
            look.tell(key, columns=shown, layer=name, **values)
    _look_at_values(look, name, layer, found, file)
    _look_at_place(look, layer, file)
    return look


def _with_unit(name: str, ours: str, columns: list[str]) -> tuple[str, Unit] | None:
    """Return a column whose name ends with a unit, and that unit, if it may be ours."""
    kind = next((kind for kind in _KINDS if OURS.get(ours) in kind), ())
    for column in columns:
        for unit in kind:
            names = _UNITS[unit]
            ending = rf"(.*\w)[\s_\-(/]+(?:{names})\)?|(.*[^a-z])(?:{names})"
            match = re.fullmatch(ending, fold(column))
            base = match and (match[1] or match[2])
            if base and ours in match_columns(name, [base.strip(" _-(")], {})[0]:
                return column, unit
    return None


def _look_at_values(
    look: Look, name: str, layer: Layer, found: Mapping[str, str], file: str
) -> None:
    """Add what the values of some columns tell."""
    for ours in REQUIRED.get(name, ()):
        values = _values(layer, found.get(ours))
        if len(values) < len(layer.features) or not values:
            look.lacking.add(ours)
    for ours in ("kind", "restriction"):
        values = _values(layer, found.get(ours))
        if ours in FIELDS[name] and values and not any(_means(ours, v) for v in values):
            look.columns[ours] = ""  # it means something else
            sample = ", ".join(dict.fromkeys(map(str, values[:_SAMPLES])))
            known = ", ".join(MEANINGS[ours])
            theirs = found[ours]
            look.tell(
                "strange",
                file=file,
                field=ours,
                column=theirs,
                found=sample,
                known=known,
            )
            look.lacking.add(ours)
        elif ours in FIELDS[name] and not values:
            look.lacking.add(ours)
    if name == "stations":
        named = dict.fromkeys(
            str(v).strip() for v in _values(layer, found.get("model"))
        )
        look.models = tuple(model for model in named if model in known_models())
    if name == "zones":
        _look_at_minutes(look, _values(layer, found.get("revisit_min")), file)
        if "kind" in look.lacking and layer.features:
            shapes = [f.geometry for f in layer.features]
            lines = sum(
                not isinstance(s, Fault) and s.geom_type.endswith("LineString")
                for s in shapes
            )
            look.tell("kinds", file=file, areas=len(shapes) - lines, lines=lines)


def _look_at_minutes(look: Look, values: list[Any], file: str) -> None:
    """Ask whether intervals that are very short or long are in another unit."""
    if look.units.get("revisit_min"):
        return
    minutes = (in_our_unit(value, 1.0) for value in values)
    figures = [value for value in minutes if isinstance(value, float)]
    if not figures:
        return
    low, high = min(figures), max(figures)
    if high <= _MAYBE_HOURS or low > _MAYBE_SECONDS:
        unit = "h" if high <= _MAYBE_HOURS else "s"
        look.tell("unit_doubt", file=file, low=f"{low:g}", high=f"{high:g}", unit=unit)


def _values(layer: Layer, column: str | None) -> list[Any]:
    """Return the values of a column that are not blank."""
    if column is None:
        return []
    values = [feature.values.get(column) for feature in layer.features]
    return [value for value in values if not is_absent(value)]


def _means(ours: str, value: Any) -> bool:
    try:
        choice(ours, value)
    except Fault:
        return False
    return True


def _look_at_place(look: Look, layer: Layer, file: str) -> None:
    """Add what name and coordinates tell of datum and reference system."""
    if layer.datum is None:
        named = [d for d, mark in DATUMS.items() if mark.search(fold(file))]
        look.datum = named[0] if named else None
        if look.datum:
            look.tell("datum", file=file, datum=look.datum)
    shapes = [f.geometry for f in layer.features if not isinstance(f.geometry, Fault)]
    if layer.crs is None and layer.usual_crs is None and shapes:
        look.lacks_crs = True
        look.crs = _crs_of(shapely.total_bounds(shapes))
        if look.crs:
            look.tell("crs", file=file, crs=look.crs)


def _crs_of(bounds: Any) -> str | None:
    """Return what coordinates look like: degrees, or metres with a zone's number."""
    west, south, east, north = (float(edge) for edge in bounds)
    if not np.isfinite([west, south, east, north]).all():
        return None
    if max(abs(west), abs(east)) <= 180.0 and max(abs(south), abs(north)) <= 90.0:
        return "EPSG:4326"
    prefix = int(west // 1_000_000)
    for first, last, code in _CGCS2000:
        if first <= prefix <= last and int(east // 1_000_000) == prefix:
            return f"EPSG:{code + prefix - first}"
    return None
