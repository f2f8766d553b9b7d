"""
Find when two straight even moves come too close.

While both last, the shifts between their take-offs at which the drones are closer than
both minima are one interval with ends in closed form: nothing is sampled.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray
from planner.flown.segments import Segments

IntArray = NDArray[np.int64]

_STILL = 1e-12


def meeting_shifts(
    pieces: Segments, i: IntArray, j: IntArray, horizontal_m: float, vertical_m: float
) -> tuple[FloatArray, FloatArray]:
    """
    Return the least and greatest shift at which two pieces come too close.

    With x and y seconds into the pieces, the drones are apart by ``gap + v x - w y``
    on the ground and ``rise + p x - q y`` in height. Both within their minima is a
    convex set in the box of both durations: an ellipse (or a strip) cut by a strip.
    The shift grows with x - y, so its extremes lie on an edge of the box or of the
    strip of heights, or where the ellipse touches a line of constant x - y.

    Parameters
    ----------
    i, j
        Indices of the pieces, shape (n,).

    Returns
    -------
    low, high
        Take-off of the route of ``j`` minus that of the route of ``i`` [s], shape
        (n,); ``low > high`` where the pieces never come too close.
    """
    long_x, long_y = (pieces.tb - pieces.ta)[i], (pieces.tb - pieces.ta)[j]
    gap, rise = pieces.a[i] - pieces.a[j], pieces.za[i] - pieces.za[j]
    v, p = _rates(pieces, i)
    w, q = _rates(pieces, j)
    least, most = np.full(len(i), np.inf), np.full(len(i), -np.inf)

    def along(
        x: FloatArray,
        y: FloatArray,
        step_x: FloatArray,
        step_y: FloatArray,
        start: FloatArray,
        end: FloatArray,
    ) -> None:
        """Take in what of the line (x, y) + t (step_x, step_y) is too close."""
        start, end = _clipped(
            rise + p * x - q * y, p * step_x - q * step_y, vertical_m, start, end
        )
        start, end = _in_disc(
            gap + v * x[:, None] - w * y[:, None],
            v * step_x[:, None] - w * step_y[:, None],
            horizontal_m,
            start,
            end,
        )
        ever = start <= end
        for t in (start, end):
            shift = x - y + np.where(ever, t, 0.0) * (step_x - step_y)
            np.minimum(least, np.where(ever, shift, np.inf), out=least)
            np.maximum(most, np.where(ever, shift, -np.inf), out=most)

    none, one = np.zeros(len(i)), np.ones(len(i))
    for x in (none, long_x):
        along(x, none, none, one, none, long_y)
    for y in (none, long_y):
        along(none, y, one, none, none, long_x)
    slope2 = p * p + q * q
    tilted = slope2 > _STILL
    safe = np.where(tilted, slope2, 1.0)
    edge_m = vertical_m * (1 - _STILL)  # lest rounding puts it outside
    for limit_m in (-edge_m, edge_m):
        # Where the difference of heights is the minimum: a line along (q, p).
        x, y = (limit_m - rise) * p / safe, -(limit_m - rise) * q / safe
        start = np.where(tilted, -np.inf, np.inf)
        start, end = _clipped(x - long_x / 2, q, long_x / 2, start, -start)
        start, end = _clipped(y - long_y / 2, p, long_y / 2, start, end)
        along(x, y, q, p, start, end)
    with np.errstate(divide="ignore", invalid="ignore"):
        cross = _cross(v, w)
        # The normal z of the touching line: v z = w z = 1.
        z = np.column_stack([w[:, 1] - v[:, 1], v[:, 0] - w[:, 0]]) / cross[:, None]
        reach = horizontal_m * z / np.hypot(z[:, 0], z[:, 1])[:, None]
        for apart in (reach, -reach):
            x = _cross(apart - gap, w) / cross
            y = -_cross(v, apart - gap) / cross
            valid = (x >= 0) & (x <= long_x) & (y >= 0) & (y <= long_y)
            valid &= np.abs(rise + p * x - q * y) <= vertical_m
            np.minimum(least, np.where(valid, x - y, np.inf), out=least)
            np.maximum(most, np.where(valid, x - y, -np.inf), out=most)
    offset = pieces.ta[i] - pieces.ta[j]
    return offset + least, offset + most


def _rates(pieces: Segments, i: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return velocities over the ground and rates of climb; none where none lasts."""
    span_s = (pieces.tb - pieces.ta)[i]
    per_s = np.where(span_s > 0, 1 / np.where(span_s > 0, span_s, 1.0), 0.0)
    level = (pieces.b - pieces.a)[i] * per_s[:, None]
    return level, (pieces.zb - pieces.za)[i] * per_s


def _clipped(
    at: FloatArray,
    rate: FloatArray,
    limit: FloatArray | float,
    start: FloatArray,
    end: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return where in [start, end] ``at + rate t`` is within a limit of zero."""
    steady = np.abs(rate) < _STILL
    safe = np.where(steady, 1.0, rate)
    one, other = (-limit - at) / safe, (limit - at) / safe
    low = np.where(steady, start, np.maximum(np.minimum(one, other), start))
    high = np.where(steady, end, np.minimum(np.maximum(one, other), end))
    out = steady & (np.abs(at) > limit)
    return np.where(out, np.inf, low), np.where(out, -np.inf, high)


def _in_disc(
    at: FloatArray,
    rate: FloatArray,
    limit_m: float,
    start: FloatArray,
    end: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return where in [start, end] ``at + rate t`` is within a disc."""
    a = np.einsum("ij,ij->i", rate, rate)
    b = np.einsum("ij,ij->i", at, rate)
    c = np.einsum("ij,ij->i", at, at) - limit_m**2
    moving = a > _STILL
    safe = np.where(moving, a, 1.0)
    room = b * b - a * c
    root = np.sqrt(np.maximum(room, 0.0))
    low = np.where(moving, np.maximum((-b - root) / safe, start), start)
    high = np.where(moving, np.minimum((-b + root) / safe, end), end)
    out = np.where(moving, room < 0, c > 0)
    return np.where(out, np.inf, low), np.where(out, -np.inf, high)


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
