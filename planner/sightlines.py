"""Find, compiled, which straight lines pass near which circles."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import njit


@njit(cache=True)
def near_lines(
    starts: Any, ends: Any, centres: Any, radii_m: Any, symmetric: bool
) -> Any:
    """
    Return the lines that touch a circle as (start, end, circle), in that order.

    Parameters
    ----------
    starts, ends, centres
        In metres, shapes (n, 2), (m, 2) and (c, 2).
    radii_m
        Of the circles, shape (c,).
    symmetric
        Starts are ends: each line once, from the lower index to the higher.

    Returns
    -------
    ndarray
        Indices, shape (found, 3).
    """
    room = 1024
    found = np.empty((room, 3), np.int64)
    count = 0
    for i in range(len(starts)):
        x, y = starts[i]
        for j in range(i + 1 if symmetric else 0, len(ends)):
            step_x, step_y = ends[j, 0] - x, ends[j, 1] - y
            length2 = max(step_x * step_x + step_y * step_y, 1e-12)
            for c in range(len(centres)):
                to_x, to_y = centres[c, 0] - x, centres[c, 1] - y
                along = (to_x * step_x + to_y * step_y) / length2
                along = min(1.0, max(0.0, along))
                gap_x, gap_y = to_x - along * step_x, to_y - along * step_y
                if gap_x * gap_x + gap_y * gap_y > radii_m[c] * radii_m[c]:
                    continue
                if count == room:
                    room *= 2
                    larger = np.empty((room, 3), np.int64)
                    larger[:count] = found
                    found = larger
                found[count, 0], found[count, 1], found[count, 2] = i, j, c
                count += 1
    return found[:count]


@cache
def load() -> None:
    """Have the search compiled: for some seconds once, then read from a cache."""
    here = np.zeros((1, 2))
    near_lines(here, here, here, np.zeros(1), False)
