"""Bring the numbers of a column into the unit that its name says."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from planner.formats.columns import FIELDS
from planner.formats.settings import FILE, Unit
from planner.formats.table import Notes

OURS: dict[str, Unit] = {
    "revisit_min": "min",
    "dwell_s": "s",
    "dwell_s_per_km2": "s",
    "width_m": "m",
    "lower_m_agl": "m",
    "upper_m_agl": "m",
    "lower_m_amsl": "m",
    "upper_m_amsl": "m",
    "height_m": "m",
    "headway_min": "min",
    "layer_m": "m",
}
"""Columns with a unit, and which."""

_SIZES: tuple[dict[Unit, float], ...] = (
    {"s": 1.0, "min": 60.0, "h": 3600.0},
    {"m": 1.0, "km": 1000.0, "ft": 0.3048},
)


def factors_of(layer: str, units: Mapping[str, Unit], notes: Notes) -> dict[str, float]:
    """
    Return what the numbers of columns are multiplied by.

    A column that has no unit, or another kind of one, is noted.

    Parameters
    ----------
    units
        Our column to the unit that its numbers are in.
    """
    factors: dict[str, float] = {}
    for field, unit in units.items():
        ours = OURS.get(field) if field in FIELDS[layer] else None
        sizes = next((s for s in _SIZES if ours in s), None)
        if ours is None or sizes is None or unit not in sizes:
            known = " ".join(sizes or [f for f in FIELDS[layer] if f in OURS]) or "-"
            place = f"units.{layer}.{field}"
            notes.add("E-UNITS", FILE, place, field=field, unit=unit, known=known)
        else:
            factors[field] = sizes[unit] / sizes[ours]
    return factors


def in_our_unit(value: Any, factor: float | None) -> Any:
    """Return a number in our unit; what is none stays, for its reader to tell of."""
    if factor is None or value is None or isinstance(value, bool):
        return value
    text = unicodedata.normalize("NFKC", value) if isinstance(value, str) else value
    try:
        return float(text) * factor
    except (TypeError, ValueError):
        return value
