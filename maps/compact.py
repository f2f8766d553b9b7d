"""Pack coordinates and times into short text that needs no escaping."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray, LocalProjection
from planner.plan import Route

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

DEGREES = 1e5
"""Steps in a degree: about a metre."""

TENTHS = 10.0
"""Steps in a second of a path."""

OUTLINE_TOLERANCE_M = 1.0
"""Shapes on the map may leave the truth by this much."""


def pack(values: NDArray[np.int64]) -> str:
    """
    Return integers, shape (n, k), as text: differences down each column.

    Each difference is written in digits of five bits, least first, zigzag coded
    so that small ones of either sign are short; a sixth bit says "more follows".

    Examples
    --------
    >>> pack(np.array([[1], [0], [40]]))
    'CBwC'
    """
    first = np.zeros((1, values.shape[1]), dtype=np.int64)
    steps = np.diff(values, axis=0, prepend=first).ravel()
    zigzag = np.where(steps < 0, -2 * steps - 1, 2 * steps)
    digits: list[str] = []
    for number in zigzag.tolist():
        rest = number
        while rest > 31:
            digits.append(ALPHABET[32 | (rest & 31)])
            rest >>= 5
        digits.append(ALPHABET[rest])
    return "".join(digits)


def pack_lonlat(lonlat: FloatArray) -> str:
    """Return [lon, lat] degrees, shape (n, 2), packed."""
    return pack(np.rint(np.asarray(lonlat) * DEGREES).astype(np.int64))


def pack_path(route: Route) -> str:
    """Return a route's vertices packed: lon, lat, whole metres, tenths of seconds."""
    steps = np.column_stack([np.array(route.path), np.array(route.t_s)])
    scale = np.array([DEGREES, DEGREES, 1.0, TENTHS])
    return pack(np.rint(steps * scale).astype(np.int64))


def pack_shape(geometry: BaseGeometry, projection: LocalProjection) -> list[list[str]]:
    """
    Return a geometry in metres as parts, each a list of packed rings.

    A line is a part with one ring that does not close; a point likewise.
    """
    outline = geometry.simplify(OUTLINE_TOLERANCE_M, preserve_topology=True)
    parts: list[list[str]] = []
    for part in shapely.get_parts(outline):
        if part.is_empty:
            continue
        rings: list[Any] = (
            [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
        )
        parts.append(
            [pack_lonlat(projection.to_lonlat(np.array(r.coords))) for r in rings]
        )
    return parts
