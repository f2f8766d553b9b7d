"""
Walk a network of lines: every stretch once, straight on at junctions.

A drone need not stay on the streets between two pieces, so nothing has to be
flown twice to get from one to the next (unlike the postman of Edmonds and
Johnson, Mathematical Programming 5, 1973). Only a short side street is flown
there and back, from the street that it leaves: that is less than coming for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray

SNAP_M = 0.01
"""Vertices of a network this close are one [m]."""

SHORT_M = 60.0
"""A side street up to this long is flown there and back [m]."""

Node = tuple[float, float]
Trail = list[FloatArray]
"""Arcs one after another, each of shape (n, 2), in the direction of flight."""


def arcs_of(line: BaseGeometry) -> list[BaseGeometry]:
    """
    Return a line from junction to junction, what it runs twice only once.

    Parameters
    ----------
    line
        LineString or MultiLineString in metres.
    """
    if line.geom_type == "LineString" and line.is_simple:
        return [line]
    noded = shapely.unary_union(line, grid_size=SNAP_M)
    return list(shapely.get_parts(shapely.normalize(shapely.line_merge(noded))))


def walks(arcs: Sequence[FloatArray], longest_m: float) -> list[FloatArray]:
    """
    Return paths along arcs that meet at their ends, all together along every arc.

    Parameters
    ----------
    arcs
        Each of shape (n, 2) in metres.
    longest_m
        Longest path, unless an arc alone is longer.

    Returns
    -------
    list of ndarray
        Each path goes from arc to arc where they meet, on as straight as can be.
        None runs along an arc of another.
    """
    trails = _with_side_streets(_trails(arcs))
    return [path for trail in trails for path in _cut(trail, longest_m)]


def _node(place: FloatArray) -> Node:
    return float(place[0]), float(place[1])


def _length_m(path: FloatArray) -> float:
    return float(np.hypot(*np.diff(path, axis=0).T).sum())


def _next_ends(arcs: Sequence[FloatArray]) -> dict[tuple[int, int], tuple[int, int]]:
    """Pair the ends of arcs at each junction, the straightest pairs first."""
    meeting: dict[Node, list[tuple[int, int]]] = defaultdict(list)
    for i, arc in enumerate(arcs):
        meeting[_node(arc[0])].append((i, 0))
        meeting[_node(arc[-1])].append((i, -1))
    paired: dict[tuple[int, int], tuple[int, int]] = {}
    for ends in meeting.values():
        headings = {}
        for i, end in ends:
            off = arcs[i][1 if end == 0 else -2] - arcs[i][end]
            headings[i, end] = off / max(np.hypot(*off), SNAP_M)
        # Rounded, so that no last bit decides between equals.
        turns = sorted(
            (round(float(headings[a] @ headings[b]), 6), a, b)
            for a, b in combinations(ends, 2)
        )
        for _, a, b in turns:
            if a not in paired and b not in paired:
                paired[a], paired[b] = b, a
    return paired


def _trails(arcs: Sequence[FloatArray]) -> list[Trail]:
    """Return all arcs once, in trails that go on wherever ends are paired."""
    paired = _next_ends(arcs)
    ends = [(i, end) for i in range(len(arcs)) for end in (0, -1)]
    # Open trails first: what is left after them is closed.
    starts = sorted(ends, key=lambda end: end in paired)
    done: set[int] = set()
    trails: list[Trail] = []
    for start in starts:
        trail: Trail = []
        at: tuple[int, int] | None = start
        while at is not None and at[0] not in done:
            i, end = at
            done.add(i)
            trail.append(arcs[i] if end == 0 else arcs[i][::-1])
            at = paired.get((i, -1 if end == 0 else 0))
        if trail:
            trails.append(trail)
    return trails


def _with_side_streets(trails: list[Trail]) -> list[Trail]:
    """Return trails of which the short ones are part of one that they leave."""
    through: dict[Node, list[int]] = defaultdict(list)
    for k, trail in enumerate(trails):
        for arc in trail:
            through[_node(arc[0])].append(k)
        through[_node(trail[-1][-1])].append(k)
    lengths = [sum(_length_m(arc) for arc in trail) for trail in trails]
    hosts = dict(enumerate(trails))
    for k in sorted(hosts, key=lambda k: (lengths[k], k)):
        flown = _there_and_back(hosts[k])
        if _length_m(flown[0]) > 2 * SHORT_M:
            continue
        for path in flown:
            other = [j for j in through[_node(path[0])] if j != k and j in hosts]
            if other:
                _insert(hosts[other[0]], path)
                del hosts[k]
                break
    return list(hosts.values())


def _there_and_back(trail: Trail) -> list[FloatArray]:
    """Return the closed paths along a trail, by where they start."""
    path = _joined(trail)
    if _node(path[0]) == _node(path[-1]):
        return [_joined(trail[i:] + trail[:i]) for i in range(len(trail))]
    return [np.vstack([way, way[-2::-1]]) for way in (path, path[::-1])]


def _insert(trail: Trail, detour: FloatArray) -> None:
    """Put a closed path into a trail where it first comes by, as one arc."""
    place = _node(detour[0])
    at = [_node(arc[0]) for arc in trail] + [_node(trail[-1][-1])]
    trail.insert(at.index(place), detour)


def _joined(arcs: Sequence[FloatArray]) -> FloatArray:
    return np.vstack([arcs[0], *(arc[1:] for arc in arcs[1:])])


def _cut(trail: Trail, longest_m: float) -> Iterator[FloatArray]:
    """Yield a trail in paths that end where arcs do."""
    taken: Trail = []
    length_m = 0.0
    for arc in trail:
        more_m = _length_m(arc)
        if taken and length_m + more_m > longest_m:
            yield _joined(taken)
            taken, length_m = [], 0.0
        taken.append(arc)
        length_m += more_m
    yield _joined(taken)
