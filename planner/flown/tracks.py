"""Recompute from a plan where its drones are at every moment."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.basics.clock import DAY_S
from planner.basics.geometry import FloatArray
from planner.basics.physics import swath_at
from planner.basics.terrain import Terrain
from planner.given.drone import DroneModel
from planner.given.horizon import Horizon
from planner.implied.aloft import ground_m
from planner.plan import Plan, Route, Stop
from planner.scenario import Scenario, Station

REST_M = 0.5
"""A drone that stays within this distance of a place rests there [m]."""

_NO_LENGTH_M = 1e-6

LONGEST_HORIZON_S = 31.0 * DAY_S


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FlownRoute:
    """
    A route with its path in metres, and when it is flown.

    Parameters
    ----------
    xy, z, t
        Position [m], height above the reference level [m] and time from take-off [s]
        of each vertex; shapes (n, 2), (n,) and (n,).
    takeoffs
        Take-offs in the roster, sorted [s from the start of the horizon].
    ground_m
        Height at which its drones stand [m].
    terrain
        The ground, where it is not flat.
    elsewhere
        The other station at which it lands, if it does.
    elsewhere_m
        Height at which its drones stand there.
    """

    route: Route
    station: Station
    model: DroneModel
    xy: FloatArray
    z: FloatArray
    t: FloatArray
    takeoffs: FloatArray
    ground_m: float = 0.0
    terrain: Terrain | None = None
    elsewhere: Station | None = None
    elsewhere_m: float = 0.0

    @property
    def lands_at(self) -> Station:
        """The station at which it lands."""
        return self.elsewhere or self.station

    @property
    def stations(self) -> tuple[Station, ...]:
        """Its own stations: where it takes off and, if it does so elsewhere, lands."""
        return (self.station, self.elsewhere) if self.elsewhere else (self.station,)

    @property
    def grounds_m(self) -> tuple[float, float]:
        """Heights [m] at which a drone stands before it and after it."""
        return self.ground_m, self.elsewhere_m if self.elsewhere else self.ground_m

    def at(self, times_s: FloatArray) -> FloatArray:
        """Return the positions, shape (k, 2), at times from take-off."""
        return np.column_stack(
            [np.interp(times_s, self.t, self.xy[:, i]) for i in (0, 1)]
        )

    def on_task(self, stop: Stop) -> tuple[FloatArray, FloatArray]:
        """Return the path on task: positions, shape (k, 2), and times, (k,)."""
        return _path_on_task(self, stop)

    def reach_m(self, stop: Stop) -> float:
        """Return the radius of the footprint [m] at the lowest height on task."""
        if stop.kind == "watch":
            return self.model.view_radius_m
        return self._reach_from_m(self.height_m(stop) - _highest_seen_m(self, stop))

    def _reach_from_m(self, height_m: float) -> float:
        return swath_at(self.model.swath_m, max(height_m, 0.0)) / 2

    def height_m(self, stop: Stop) -> float:
        """Return the lowest height on task [m]."""
        low, high = sorted((stop.enter_s, stop.exit_s))
        inner = (self.t > low) & (self.t < high)
        heights = np.append(self.z[inner], np.interp([low, high], self.t, self.z))
        return float(heights.min())


@lru_cache(maxsize=8192)
def _path_on_task(flown: FlownRoute, stop: Stop) -> tuple[FloatArray, FloatArray]:
    """Cut a path to a stop; every rule asks for the same ones."""
    low, high = sorted((stop.enter_s, stop.exit_s))
    inner = (flown.t > low) & (flown.t < high)
    times = np.concatenate([[low], flown.t[inner], [high]])
    ends = flown.at(np.array([low, high]))
    xy = np.vstack([ends[:1], flown.xy[inner], ends[1:]])
    for array in (xy, times):
        array.setflags(write=False)
    return xy, times


@lru_cache(maxsize=8192)
def _highest_seen_m(flown: FlownRoute, stop: Stop) -> float:
    """
    Return the highest ground that may be in the picture on task [m].

    As far to the side as is seen from the path over its lowest ground.
    """
    if flown.terrain is None:
        return 0.0
    xy, _ = _path_on_task(flown, stop)
    path = shapely.LineString(xy)
    lowest_m, highest_m = flown.terrain.near(path)
    widest_m = flown._reach_from_m(flown.height_m(stop) - lowest_m)
    if math.isnan(widest_m):
        return math.inf  # over unknown ground nothing is sure to be seen
    return max(highest_m, flown.terrain.near(path.buffer(widest_m))[1])


def flown_routes(scenario: Scenario, plan: Plan) -> tuple[FlownRoute, ...]:
    """
    Return the routes of a plan as they are flown.

    Routes without a usable path, or of a station or drone type that the
    scenario does not know, are left out; checks report them.
    """
    stations = {s.id: s for s in scenario.stations}
    models = {m.model: m for m in scenario.drone_models}
    usable = [
        r
        for r in plan.routes
        if {r.depot, r.lands_at} <= stations.keys()
        and r.drone_model in models
        and path_is_usable(r)
    ]
    if not usable:
        return ()
    takeoffs: dict[str, list[float]] = defaultdict(list)
    for sortie in plan.roster:
        takeoffs[sortie.route].append(sortie.takeoff_s)
    vertices = np.array([vertex for r in usable for vertex in r.path])
    xy = scenario.projection.to_xy(vertices[:, :2])
    ends = np.cumsum([len(r.path) for r in usable])
    return tuple(
        FlownRoute(
            route=r,
            station=stations[r.depot],
            model=models[r.drone_model],
            xy=xy[end - len(r.path) : end],
            z=vertices[end - len(r.path) : end, 2],
            t=np.array(r.t_s, dtype=float),
            takeoffs=np.array(sorted(takeoffs[r.id]), dtype=float),
            ground_m=ground_m(scenario, stations[r.depot]),
            terrain=scenario.terrain,
            **_elsewhere(scenario, r),
        )
        for r, end in zip(usable, ends, strict=True)
    )


def _elsewhere(scenario: Scenario, route: Route) -> dict[str, Any]:
    """Return where a route ends, if that is elsewhere than it begins."""
    if route.lands_at == route.depot:
        return {}
    station = scenario.station(route.ends_at)
    return {"elsewhere": station, "elsewhere_m": ground_m(scenario, station)}


def pools_of(routes: Sequence[FlownRoute]) -> dict[str, str]:
    """Return by station the least of those that it has its drones together with."""
    pool = {s.id: s.id for flown in routes for s in flown.stations}
    for flown in (f for f in routes if f.elsewhere):
        one, other = sorted((pool[flown.station.id], pool[flown.lands_at.id]))
        pool = {s: one if least == other else least for s, least in pool.items()}
    return pool


def round_again(
    horizon: Horizon, routes: Sequence[FlownRoute], after_s: float
) -> tuple[FlownRoute, ...]:
    """
    Return routes with the take-offs of the rounds before and after, if it repeats.

    Parameters
    ----------
    after_s
        So long into the round after. Of the one before, those count that are still in
        the air at the end of it.
    """
    if not horizon.repeats:
        return tuple(routes)
    length_s, again = horizon.length_s, []
    for flown in routes:
        own = flown.takeoffs
        before = own[own + float(np.ptp(flown.t)) >= length_s] - length_s
        after = own[own <= after_s] + length_s
        takeoffs = np.sort(np.concatenate([before, own, after]))
        again.append(replace(flown, takeoffs=takeoffs))
    return tuple(again)


def over_the_seam(
    horizon: Horizon, routes: Sequence[FlownRoute]
) -> tuple[FlownRoute, ...]:
    """Return routes with all take-offs of other rounds that may meet these."""
    longest_s = max((float(np.ptp(f.t)) for f in routes), default=0.0)
    return round_again(horizon, routes, longest_s)


def takeoffs_within(
    one: FlownRoute, other: FlownRoute, low_s: float, high_s: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Return the take-offs of two routes that are so far apart, by their positions.

    Parameters
    ----------
    low_s, high_s
        Least and greatest time of the second one after the first. Beyond them, no
        more than rounding is returned.
    """
    first = np.searchsorted(other.takeoffs, one.takeoffs + low_s - 1e-6, "left")
    last = np.searchsorted(other.takeoffs, one.takeoffs + high_s + 1e-6, "right")
    count = np.maximum(last - first, 0)
    i = np.repeat(np.arange(len(count)), count)
    j = np.arange(len(i)) - np.repeat(np.cumsum(count) - count - first, count)
    return i, j


def path_is_usable(route: Route) -> bool:
    """Whether a route has a path at all: finite places, a time at each."""
    return (
        len(route.path) == len(route.t_s) >= 2
        and all(len(vertex) == 3 for vertex in route.path)
        and all(map(math.isfinite, chain.from_iterable(route.path)))
        and all(map(math.isfinite, route.t_s))
    )


def horizon_of(scenario: Scenario, plan: Plan) -> Horizon:
    """
    Return the horizon that a plan was made for.

    Raises
    ------
    ValueError
        If the plan does not say, or says something impossible.
    """
    try:
        start = datetime.fromisoformat(str(plan.horizon["start"]))
        length_s = float(plan.horizon["seconds"])
        own_start = datetime.fromisoformat(scenario.horizon.start)
        after_s = (start - own_start).total_seconds()
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError("The plan has no horizon.") from error
    if not 0 < length_s <= LONGEST_HORIZON_S:
        raise ValueError(f"A horizon of {length_s} s is impossible.")
    return Horizon(
        start=str(plan.horizon["start"]),
        start_clock_s=(scenario.horizon.start_clock_s + after_s) % DAY_S,
        length_s=length_s,
    )


def over_horizon_of(scenario: Scenario, plan: Plan) -> Scenario:
    """
    Return the scenario over the horizon of a plan, which may be wider.

    A plan without a sound horizon is looked at over the scenario's own.
    """
    try:
        return replace(scenario, horizon=horizon_of(scenario, plan))
    except ValueError:
        return scenario


def pieces_of_path(start: FloatArray, end: FloatArray) -> NDArray[np.object_]:
    """
    Return straight pieces as shapes; where a drone waits, a point.

    A line without length is a trap: prepared, it is within no distance of
    anything.
    """
    shapes = shapely.linestrings(np.stack([start, end], axis=1))
    rests = shapely.length(shapes) < _NO_LENGTH_M
    shapes[rests] = shapely.points(start[rests])
    return np.asarray(shapes, dtype=object)


def disc_spans(
    start: FloatArray, end: FloatArray, centre: FloatArray, radius_m: float
) -> tuple[FloatArray, FloatArray]:
    """
    Return which part of each straight segment lies in a disc.

    Parameters
    ----------
    start, end
        Ends of the segments, shape (n, 2).

    Returns
    -------
    low, high
        Shares of the way, shape (n,); ``low > high`` where it stays outside.
    """
    step, off = end - start, start - centre
    a = np.einsum("ij,ij->i", step, step)
    b = np.einsum("ij,ij->i", off, step)
    c = np.einsum("ij,ij->i", off, off) - radius_m**2
    room = b * b - a * c
    moving = a > 1e-12
    safe = np.where(moving, a, 1.0)
    root = np.sqrt(np.maximum(room, 0.0))
    low = np.where(moving, (-b - root) / safe, 0.0)
    high = np.where(moving, (-b + root) / safe, 1.0)
    outside = np.where(moving, room < 0, c > 0) | (low > 1) | (high < 0)
    return (
        np.where(outside, 1.0, np.clip(low, 0.0, 1.0)),
        np.where(outside, 0.0, np.clip(high, 0.0, 1.0)),
    )


def merged(low: FloatArray, high: FloatArray, tolerance: float) -> FloatArray:
    """
    Return spans merged where they overlap or touch, shape (k, 2).

    Examples
    --------
    >>> merged(np.array([5.0, 0.0, 2.0]), np.array([9.0, 2.0, 4.0]), 1e-3).tolist()
    [[0.0, 4.0], [5.0, 9.0]]
    """
    if not len(low):
        return np.empty((0, 2))
    order = np.argsort(low, kind="stable")
    low, high = low[order], np.maximum.accumulate(high[order])
    first: NDArray[np.bool_] = np.append(True, low[1:] > high[:-1] + tolerance)
    starts = np.flatnonzero(first)
    return np.column_stack([low[starts], high[np.append(starts[1:], len(low)) - 1]])
