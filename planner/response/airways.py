"""Say how long flights take that no route has, clear of closed airspace."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray, grown
from planner.basics.physics import Winds, flight_time_s
from planner.basics.terrain import Terrain
from planner.implied.aloft import closures_aloft, layers_m, privacy_aloft
from planner.implied.winds import all_winds, calm_layers_m, is_calm
from planner.scenario import Airspace, Scenario, Station

_TOUCH_M = 1.0
"""Who keeps the clearance may be so far inside its outline, which has corners [m]."""

_NO_LENGTH_M = 1e-6

_ROUND_M = 1_000.0
"""Over terrain, incidents are flown to no farther than this outside of the city [m]."""


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
    area
        Where the height is over all ground, if that is not flat: the stations, what is
        asked for, and all between.
    terrain
        The ground, if it is not flat.
    ceiling_m
        Over ground.
    """

    layer_m: float
    closed: NDArray[np.object_]
    tree: shapely.STRtree
    winds: Winds
    grounded: frozenset[str]
    ceiling_m: float
    area: BaseGeometry | None = None
    terrain: Terrain | None = None

    def holds(self, xy: FloatArray) -> NDArray[np.bool_]:
        """Whether flights may begin at places, shape (n, 2): they lie in the area."""
        if self.area is None:
            return np.ones(len(xy), dtype=bool)
        inside: NDArray[np.bool_] = shapely.intersects_xy(self.area, *xy.T)
        return inside

    def sink_m(self, xy: FloatArray) -> FloatArray:
        """
        Return how far below the height the ceiling over places is, shape (n,) [m].

        Infinite where the ground is not known.
        """
        if self.terrain is None:
            return np.zeros(len(xy))
        lowest_m, _ = self.terrain.at(xy)
        sink_m = np.maximum(0.0, self.layer_m - lowest_m - self.ceiling_m)
        return np.where(np.isnan(lowest_m), np.inf, sink_m)

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
        within_s: FloatArray | float = np.inf,
    ) -> FloatArray:
        """
        Return how long flights between places take at most [s].

        Straight where nothing closed lies between. Otherwise along its outline, the
        shorter way round, for as long as the straight line would be inside, at the
        speed of the worst heading: a way that can be flown, seldom the shortest.
        Infinite where an end is inside, and over terrain where the way round may lead
        out of the area.

        Parameters
        ----------
        start, end
            Shape (n, 2).
        room_m
            How far start and end together are from all that is closed, shape (n,):
            who flies less meets none of it.
        within_s
            What takes longer than that, shape (n,), need not be told how much longer.
        """
        step = end - start
        times: FloatArray = flight_time_s(
            step[:, 0], step[:, 1], airspeed_mps, self.winds
        )
        length_m = np.hypot(step[:, 0], step[:, 1])
        # A way round takes longer than straight through.
        asked = np.isfinite(times) & (times < within_s)
        far = np.flatnonzero((length_m >= room_m) & asked)
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
        if self.area is not None:
            way_m[~shapely.covers(self.area, areas[of])] = np.inf
        np.add.at(inside_m, of, chord_m)
        np.add.at(detour_m, of, way_m)
        return inside_m, detour_m


def airways(scenario: Scenario) -> Airways:
    """
    Return where drones may fly to an incident, at one height for all.

    The height is the lowest layer, calm enough for every drone type, at which no
    privacy zone has to be flown round; the highest calm one if there is none. What is
    closed at some hours is closed at all. Over terrain it is the floor over the highest
    ground of the area at least, higher than all layers where need be; all is closed
    where it is not calm there.
    """
    rules, terrain = scenario.rules, scenario.terrain
    calm = heights_m(scenario)
    over_m = max((p.upper_m for p in privacy_aloft(scenario)), default=0.0)
    if terrain is None:
        return airways_at(scenario, next((h for h in calm if h >= over_m), calm[-1]))
    area = _area(scenario)
    over_m = max(over_m, terrain.near(area)[1] + rules.floor_m)
    layer_m = next((h for h in calm if h >= over_m), math.ceil(over_m))
    if is_calm(scenario, layer_m):
        barriers = [
            c
            for c in closures_aloft(scenario)
            if c.lower_m <= layer_m and c.upper_m >= _least_m(scenario, c, layer_m)
        ]
        closed = _outlines(scenario, barriers, layer_m)
    else:
        closed = np.array([area], dtype=object)
    return _ways(scenario, layer_m, closed, area)


def heights_m(scenario: Scenario) -> tuple[float, ...]:
    """Return the layers calm enough for every drone type; all if none is."""
    return calm_layers_m(scenario) or layers_m(scenario)


def airways_at(scenario: Scenario, layer_m: float) -> Airways:
    """
    Return where drones may fly at one height; privacy zones above it are closed.

    Whether that is over the ground is not asked here.
    """
    return _ways(scenario, layer_m, closed_between(scenario, layer_m, layer_m))


def _ways(
    scenario: Scenario,
    layer_m: float,
    closed: NDArray[np.object_],
    area: BaseGeometry | None = None,
) -> Airways:
    return Airways(
        layer_m=layer_m,
        closed=closed,
        tree=shapely.STRtree(closed),
        winds=all_winds(scenario),
        grounded=frozenset(
            s.id for s in scenario.stations if _is_grounded(scenario, s, layer_m)
        ),
        ceiling_m=scenario.rules.ceiling_m,
        area=area,
        terrain=None if area is None else scenario.terrain,
    )


def closed_between(
    scenario: Scenario, low_m: float, high_m: float
) -> NDArray[np.object_]:
    """Return what is closed at some height of a band, clearance included, in parts."""
    return _outlines(
        scenario,
        [
            c
            for c in closures_aloft(scenario)
            if c.lower_m <= high_m and low_m <= c.upper_m
        ],
        low_m,
    )


def _outlines(
    scenario: Scenario, barriers: Sequence[Airspace], low_m: float
) -> NDArray[np.object_]:
    """Return what is flown round: barriers, and privacy zones that end above."""
    shut = [grown(c.geometry, scenario.rules.clearance_m) for c in barriers]
    shut += [p.geometry for p in privacy_aloft(scenario) if p.upper_m > low_m]
    closed = shapely.get_parts(shapely.union_all(shut))
    return np.asarray(closed[shapely.area(closed) > 0], dtype=object)


def _least_m(scenario: Scenario, area: Airspace, layer_m: float) -> float:
    """
    Return how low one flies over some airspace on the way to an incident.

    Over terrain drones come up to the height from their layers, and down from it to
    the ceiling: so whatever lies between the floor and it is in their way.
    """
    assert scenario.terrain is not None
    lowest_m, _ = scenario.terrain.near(area.geometry)
    if math.isnan(lowest_m):
        return -math.inf
    return min(layer_m, lowest_m + scenario.rules.floor_m)


def _area(scenario: Scenario) -> BaseGeometry:
    """Return the stations, zones and demand with all between, and some way round."""
    shapes = [
        *(s.point for s in scenario.stations),
        *(z.geometry for z in scenario.zones),
        *(d.geometry for d in scenario.demand),
    ]
    area = shapely.convex_hull(shapely.geometrycollections(shapes)).buffer(_ROUND_M)
    shapely.prepare(area)
    return area


def _is_grounded(scenario: Scenario, station: Station, layer_m: float) -> bool:
    """Whether a station may not climb to a layer for what is closed over it."""
    rules = scenario.rules
    return station.id not in rules.station_waivers and any(
        c.lower_m <= layer_m
        and shapely.distance(c.geometry, station.point) < rules.clearance_m
        for c in closures_aloft(scenario)
    )
