"""
See from every place which places and corners near it lie in a straight free line.

What is seen has nothing to do with wind or drone, so all types share it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray
from planner.network.obstacles import Obstacles, outline

IntArray = NDArray[np.int64]
Numbers = NDArray[np.int32]
"""Of places, corners and stations in long lists of lines, at half the memory."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sights:
    """
    Straight lines between places and corners that are no farther apart than a reach.

    Parameters
    ----------
    places
        Shape (n, 2), in metres.
    own
        The station that each is, or -1, shape (n,).
    corners
        Where legs may bend, shape (v, 2), in metres.
    along
        The direction in which an outline passes each, its obstacle on the left, shape
        (v, 2).
    reach_m
        Nothing is seen beyond.
    free, barred
        Pairs of places with nothing between them, and with something, each once,
        shapes (a, 2) and (b, 2).
    seen, seen_gate
        Pairs of a place and a corner, shape (c, 2), and who may fly the line: -1 for
        all, or the one station whose column it passes, shape (c,).
    between, between_gate
        The same of two corners, each pair once, shapes (d, 2) and (d,).
    """

    places: FloatArray
    own: IntArray
    corners: FloatArray
    along: FloatArray
    reach_m: float
    free: Numbers
    barred: Numbers
    seen: Numbers
    seen_gate: Numbers
    between: Numbers
    between_gate: Numbers


def see(
    obstacles: Obstacles, places: FloatArray, own: IntArray, reach_m: float
) -> Sights:
    """
    Return what can be seen from places and from corners.

    Of the lines to a corner only those are kept that touch its obstacle: quickest
    paths have no others (Rohnert, 1986), in any uniform wind, since cutting a bend
    short is quicker there, too.

    Parameters
    ----------
    places
        Shape (n, 2), in metres.
    own
        Index of the station that a place is, or -1, shape (n,); a leg from or to a
        station may pass its own column.
    """
    from planner.network.sightlines import (
        OPEN,
        SHUT,
        lines_between,
        look,
        points,
        walls,
    )

    n = len(places)
    inside = _inside(obstacles, obstacles.corners, np.full(len(obstacles.corners), -1))
    # Corners inside another obstacle lead nowhere.
    use = inside != SHUT
    corners = obstacles.corners[use]
    before, after = obstacles.before[use], obstacles.after[use]
    everything = points(
        np.vstack([places, corners]),
        np.vstack([places, before]),
        np.vstack([places, after]),
        np.append(own, np.full(len(corners), -1)),
        np.append(_inside(obstacles, places, own), inside[use]),
        reach_m,
    )
    lines = lines_between(everything, reach_m)
    gates = np.empty(len(lines), dtype=np.int32)
    start, _, end, of = outline(obstacles.cores)
    edges = walls(np.hstack([start, end]), obstacles.owner[of])
    look(edges, everything, lines, gates)
    near, far = lines.T
    ends_in_place, starts_at_corner = far < n, near >= n
    usable = gates != SHUT
    seen = usable & ~ends_in_place & ~starts_at_corner
    between = usable & starts_at_corner
    return Sights(
        places=places,
        own=own,
        corners=corners,
        along=_units(corners - before) + _units(after - corners),
        reach_m=reach_m,
        free=lines[ends_in_place & (gates == OPEN)],
        barred=lines[ends_in_place & (gates != OPEN)],
        seen=lines[seen] - np.array([0, n], dtype=np.int32),
        seen_gate=gates[seen],
        between=lines[between] - np.int32(n),
        between_gate=gates[between],
    )


def _units(steps: FloatArray) -> FloatArray:
    """Return vectors as long as one, shape (k, 2)."""
    units: FloatArray = steps / np.hypot(*steps.T)[:, None]
    return units


def _inside(obstacles: Obstacles, points: FloatArray, own: IntArray) -> IntArray:
    """Return the gate of each point, where it lies in an obstacle not its own."""
    from planner.network.sightlines import OPEN, SHUT

    gates = np.full(len(points), OPEN)
    tree = shapely.STRtree(obstacles.cores)
    for point, core in tree.query(shapely.points(points), "intersects").T:
        owner = obstacles.owner[core]
        if owner >= 0 and owner in (own[point], gates[point]):
            continue
        lone = owner >= 0 and gates[point] == OPEN
        gates[point] = owner if lone else SHUT
    return gates
