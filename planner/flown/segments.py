"""Hold the straight pieces of all paths of a plan, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray
from planner.flown.tracks import FlownRoute, pieces_of_path


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segments:
    """
    All straight pieces of all paths, laid end to end.

    Parameters
    ----------
    route
        Index of the route of each, shape (n,).
    a, b
        Ends in metres, shape (n, 2); ``za``, ``zb`` and ``ta``, ``tb`` are
        heights [m] and times from take-off [s], shape (n,).
    shapes
        The same as lines, or points where a drone waits.
    """

    route: NDArray[np.int64]
    a: FloatArray
    b: FloatArray
    za: FloatArray
    zb: FloatArray
    ta: FloatArray
    tb: FloatArray
    shapes: NDArray[np.object_]


def segments_of(routes: Sequence[FlownRoute]) -> Segments:
    """Return the pieces of routes; there is at least one route."""
    a = np.vstack([f.xy[:-1] for f in routes])
    b = np.vstack([f.xy[1:] for f in routes])
    return Segments(
        route=np.repeat(np.arange(len(routes)), [len(f.t) - 1 for f in routes]),
        a=a,
        b=b,
        za=np.concatenate([f.z[:-1] for f in routes]),
        zb=np.concatenate([f.z[1:] for f in routes]),
        ta=np.concatenate([f.t[:-1] for f in routes]),
        tb=np.concatenate([f.t[1:] for f in routes]),
        shapes=pieces_of_path(a, b),
    )
