"""Draw the ways that drones fly to incidents and home, with a time at each corner."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.ops import substring

from planner.basics.geometry import FloatArray
from planner.basics.physics import flight_time_s
from planner.response.airways import Airways

_NO_LENGTH_M = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Way:
    """
    A level flight.

    Parameters
    ----------
    xy
        Its corners, shape (n, 2) [m].
    t
        When it is there after it has left, at the latest, shape (n,) [s].
    """

    xy: FloatArray
    t: FloatArray


def draw(
    ways: Airways, airspeed_mps: float, start: FloatArray, end: FloatArray
) -> list[Way | None]:
    """
    Return flights between places as `Airways.flight_s` times them.

    None where there is no way.

    Parameters
    ----------
    start, end
        Shape (n, 2) [m].
    """
    step = end - start
    straight_s = flight_time_s(step[:, 0], step[:, 1], airspeed_mps, ways.winds)
    times_s = ways.flight_s(airspeed_mps, start, end)
    crossed: dict[int, list[int]] = defaultdict(list)
    if len(ways.closed):
        lines = shapely.linestrings(np.stack([start, end], axis=1))
        for line, area in zip(*ways.tree.query(lines, "intersects"), strict=True):
            crossed[int(line)].append(int(area))
    slowest_mps = max(airspeed_mps - ways.strongest_mps, 1e-300)
    found: list[Way | None] = []
    for k, length_m in enumerate(np.hypot(*step.T).tolist()):
        if not np.isfinite(times_s[k]):
            found.append(None)
            continue
        pace = float(straight_s[k]) / max(length_m, _NO_LENGTH_M)
        xy, s_per_m = [start[k]], list[float]()
        for chord, ring in _chords(ways, crossed[k], start[k], end[k]):
            xy += [chord[0], *ring, chord[1]]
            s_per_m += [pace, *([1.0 / slowest_mps] * (len(ring) + 1))]
        corners = np.array([*xy, end[k]])
        lasts = np.hypot(*np.diff(corners, axis=0).T) * np.array([*s_per_m, pace])
        t = np.append(0.0, np.cumsum(lasts))
        moves = np.append(True, np.diff(t) > 0)
        found.append(Way(xy=corners[moves], t=t[moves]))
    return found


def _chords(
    ways: Airways, areas: list[int], start: FloatArray, end: FloatArray
) -> list[tuple[FloatArray, FloatArray]]:
    """Return what of a line lies inside of what is closed, each with the way round."""
    line = shapely.LineString([start, end])
    found = []
    for area in areas:
        ring = shapely.LineString(ways.closed[area].exterior)
        for chord in shapely.get_parts(shapely.intersection(line, ways.closed[area])):
            if chord.length <= _NO_LENGTH_M:
                continue
            ends = shapely.get_coordinates(chord)[[0, -1]]
            if np.hypot(*(ends - start).T).argmin() == 1:
                ends = ends[::-1]
            low, high = shapely.line_locate_point(ring, shapely.points(ends))
            inner = substring(ring, low, high)
            if 2 * inner.length > ring.length:
                inner = _over_the_start(ring, float(low), float(high))
            found.append((ends, shapely.get_coordinates(inner)))
    return sorted(found, key=lambda one: float(np.hypot(*(one[0][0] - start))))


def _over_the_start(
    ring: shapely.LineString, low: float, high: float
) -> shapely.LineString:
    """Return the part of a ring between two places that its own start lies in."""
    before, after = (ring.length, 0.0) if low > high else (0.0, ring.length)
    parts = substring(ring, low, before), substring(ring, after, high)
    return shapely.LineString(np.vstack([shapely.get_coordinates(p) for p in parts]))
