"""Give a scenario's content one name, whatever files it came from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import Field, fields, is_dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import LocalProjection
from planner.basics.terrain import Terrain
from planner.formats.shapes import DECIMALS
from planner.scenario import Scenario

_LEFT_OUT = (
    "name",
    "horizon",
    "projection",
    "objective",
    "scatter",
    "attribution",
    "digest",
    "delay_slack_s",
)
_ASKED = ("leftover",)
"""A rule that says what is asked of a plan, as the objective does."""
_IF_ANY = (
    "buildings",
    "demand",
    "chargers",
    "batteries",
    "swaps",
    "charge_s",
    "weekly",
    "terrain",
    "crews",
    "fixed",
)
"""Fields that came later: where they are empty, the digest is what it was."""
_IF_SET = ("launch_s", "overhead_s", "team_ready", "land_elsewhere")
"""Rules that came later: where they have their default, the digest is what it was."""


def scenario_digest(scenario: Scenario) -> str:
    """
    Return the SHA-256 of the normalised content of a scenario, in hex.

    Geometry counts as [lon, lat] with nine decimals. The horizon, the objective,
    the scatter and the title do not count, nor the order of rows, nor names and
    formats of files.
    """
    content = {
        field.name: _plain(getattr(scenario, field.name), scenario.projection)
        for field in fields(scenario)
        if field.init
        and field.name not in _LEFT_OUT
        and _counts(field, getattr(scenario, field.name))
    }
    text = json.dumps(
        content, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _counts(field: Field[Any], value: Any) -> bool:
    if field.name in _ASKED:
        return False
    if field.name in _IF_SET:
        return bool(value != field.default)
    return field.name not in _IF_ANY or not (
        value is None or value is False or value == ()
    )


def _plain(value: Any, projection: LocalProjection) -> Any:
    """Return a value as JSON knows it, every number as a float."""
    if isinstance(value, BaseGeometry):
        lonlat = projection.unproject(value)
        rounded = shapely.transform(lonlat, lambda p: np.round(p, DECIMALS) + 0.0)
        return shapely.to_wkt(
            shapely.normalize(rounded), rounding_precision=DECIMALS, trim=True
        )
    if isinstance(value, Terrain):
        return value.sha256
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _plain(getattr(value, field.name), projection)
            for field in fields(value)
            if _counts(field, getattr(value, field.name))
        }
    if isinstance(value, tuple):
        return [_plain(item, projection) for item in value]
    if isinstance(value, int | float):
        return repr(float(value))
    return value
