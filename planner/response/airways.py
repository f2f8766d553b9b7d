"""Say how long flights take that no route has, clear of closed airspace."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray, grown
from planner.basics.physics import Winds, flight_time_s
from planner.given.aloft import closures_aloft, privacy_aloft
from planner.given.winds import all_winds, calm_layers_m
from planner.scenario import Scenario, Station

_TOUCH_M = 1.0
"""Who keeps the clearance may be so far inside its outline, which has corners [m]."""

_NO_LENGTH_M = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Airways:
    """
    Where one may fly at one height, in the slowest of the winds that may blow.

    Parameters
    ----------
    layer_m
        The height.
    closed
        Areas that are flown round, the clearance included; no two touch.
    tree
        The same, to be searched.
    grounded
        Ids of the stations from which that height cannot be reached.
    """

    layer_m: float
    closed: NDArray[np.object_]
    tree: shapely.STRtree
    winds: Winds
    grounded: frozenset[str]

    @property
    def strongest_mps(self) -> float:
        """Speed of the strongest wind [m/s]."""
        return max(float(np.hypot(*wind)) for wind in self.winds)

    def is_open(self, xy: FloatArray) -> NDArray[np.bool_]:
        """Whether places, shape (n, 2), lie outside of all that is closed."""
        shut = np.zeros(len(xy), dtype=bool)
        shut[self.tree.query(shapely.points(xy), "intersects")[0]] = True
        return ~shut

    def room_m(self, shapes: NDArray[np.object_]) -> FloatArray:
        """Return how far points or lines are from all that is closed [m]."""
        if not len(self.closed):
            return np.full(len(shapes), np.inf)
        found: FloatArray = self.tree.query_nearest(
            shapes, return_distance=True, all_matches=False
        )[1]
        return found

    def flight_s(
        self,
        airspeed_mps: float,
        start: FloatArray,
        end: FloatArray,
        room_m: FloatArray | float = 0.0,
    ) -> FloatArray:
        """
        Return how long flights between places take at most [s].

        Straight where nothing closed lies between. Otherwise along its outline, the
        shorter way round, for as long as the straight line would be inside, at the
        speed of the worst heading: a way that can be flown, seldom the shortest.
        Infinite where an end is inside.

        Parameters
        ----------
        start, end
            Shape (n, 2).
        room_m
            How far start and end together are from all that is closed, shape (n,):
            who flies less meets none of it.
        """
        step = end - start
        times: FloatArray = flight_time_s(
            step[:, 0], step[:, 1], airspeed_mps, self.winds
        )
        length_m = np.hypot(step[:, 0], step[:, 1])
        far = np.flatnonzero((length_m >= room_m) & np.isfinite(times))
        if not len(far) or not len(self.closed):
            return times
        lines = shapely.linestrings(np.stack([start[far], end[far]], axis=1))
        line, area = self.tree.query(lines, "intersects")
        inside, detour = self._round(lines[line], self.closed[area])
        inside_m, detour_m = np.zeros(len(far)), np.zeros(len(far))
        np.add.at(inside_m, line, inside)
        np.add.at(detour_m, line, detour)
        share = inside_m / np.maximum(length_m[far], _NO_LENGTH_M)
        # No heading is slower; with none left, whoever has to go round is stuck.
        slowest_mps = max(airspeed_mps - self.strongest_mps, 1e-300)
        with np.errstate(over="ignore"):
            times[far] = times[far] * (1.0 - share) + detour_m / slowest_mps
        return times

    def _round(
        self, lines: NDArray[np.object_], areas: NDArray[np.object_]
    ) -> tuple[FloatArray, FloatArray]:
        """Return how much of each line lies in its area, and the way round that [m]."""
        parts, of = shapely.get_parts(
            shapely.intersection(lines, areas), return_index=True
        )
        inside_m, detour_m = np.zeros(len(lines)), np.zeros(len(lines))
        chord_m = shapely.length(parts)
        # A point is touched; a line without length that is inside stays inside.
        kept = chord_m > _NO_LENGTH_M
        parts, of, chord_m = parts[kept], of[kept], chord_m[kept]
        rings = shapely.get_exterior_ring(areas[of])
        ends = [shapely.get_point(parts, at) for at in (0, -1)]
        low, high = (shapely.line_locate_point(rings, end) for end in ends)
        off_m = np.array([shapely.distance(rings, end) for end in ends])
        one_way = np.abs(high - low)
        way_m = np.minimum(one_way, shapely.length(rings) - one_way) + off_m.sum(axis=0)
        way_m[(off_m > _TOUCH_M).any(axis=0)] = np.inf
        np.add.at(inside_m, of, chord_m)
        np.add.at(detour_m, of, way_m)
        return inside_m, detour_m


def airways(scenario: Scenario) -> Airways:
    """
    Return where drones may fly to an incident, at one height for all.

    The height is the lowest layer, calm enough for every drone type, at which no
    privacy zone has to be flown round; the highest calm one if there is none. What is
    closed at some hours is closed at all.
    """
    rules = scenario.rules
    calm = calm_layers_m(scenario) or rules.layers_m
    private = privacy_aloft(scenario)
    over_m = max((p.upper_m for p in private), default=0.0)
    layer_m = next((h for h in calm if h >= over_m), calm[-1])
    shut = [
        grown(c.geometry, rules.clearance_m)
        for c in closures_aloft(scenario)
        if c.lower_m <= layer_m <= c.upper_m
    ] + [p.geometry for p in private if p.upper_m > layer_m]
    closed = shapely.get_parts(shapely.union_all(shut))
    closed = closed[shapely.area(closed) > 0]
    return Airways(
        layer_m=layer_m,
        closed=closed,
        tree=shapely.STRtree(closed),
        winds=all_winds(scenario),
        grounded=frozenset(
            s.id for s in scenario.stations if _is_grounded(scenario, s, layer_m)
        ),
    )


def _is_grounded(scenario: Scenario, station: Station, layer_m: float) -> bool:
    """Whether a station may not climb to a layer for what is closed over it."""
    rules = scenario.rules
    return station.id not in rules.station_waivers and any(
        c.lower_m <= layer_m
        and shapely.distance(c.geometry, station.point) < rules.clearance_m
        for c in closures_aloft(scenario)
    )
