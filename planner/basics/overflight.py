"""Say when a path is over an area."""

from __future__ import annotations

import math

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray

_MS = 1000
_JOIN_S = 0.002
_NO_LENGTH_M = 1e-6


def spans_over(
    xy: FloatArray, t_s: FloatArray, area: BaseGeometry
) -> tuple[tuple[float, float], ...]:
    """
    Return when a path is over an area, in spans of whole milliseconds.

    Each is rounded outwards, so that no moment over it lies outside of them.

    Parameters
    ----------
    xy, t_s
        Vertices [m], shape (n, 2), and times, shape (n,); straight and even between.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [100.0, 0.0]])
    >>> spans_over(xy, np.array([0.0, 10.0]), shapely.box(20, -5, 40, 5))
    ((2.0, 4.0),)
    """
    lines = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
    length_m = np.hypot(*(xy[1:] - xy[:-1]).T)
    found: list[tuple[float, float]] = []
    for i in np.flatnonzero(shapely.intersects(area, lines)):
        spent_s = float(t_s[i + 1] - t_s[i])
        if length_m[i] < _NO_LENGTH_M:
            found.append((float(t_s[i]), float(t_s[i + 1])))
            continue
        for part in shapely.get_parts(shapely.intersection(lines[i], area)):
            ends = shapely.get_coordinates(part)
            along = np.hypot(*(ends - xy[i]).T) / length_m[i] * spent_s
            found.append((t_s[i] + float(along.min()), t_s[i] + float(along.max())))
    spans: list[tuple[float, float]] = []
    for low, high in sorted(found):
        low, high = (
            math.floor(low * _MS + 1e-6) / _MS,
            math.ceil(high * _MS - 1e-6) / _MS,
        )
        if spans and low <= spans[-1][1] + _JOIN_S:
            spans[-1] = (spans[-1][0], max(spans[-1][1], high))
        else:
            spans.append((low, high))
    return tuple(spans)
