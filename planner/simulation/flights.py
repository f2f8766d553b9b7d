"""
Fly the roster of a plan many times, each time a little differently.

A take-off waits on its pad for its drone, for the take-off before it at its station,
and for landings that need the column. A drone in the air makes up for lost time where
its legs take less than planned, and is nowhere before its time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.basics.geometry import FloatArray
from planner.flown.meetings import Encounters, column_stays, find_encounters
from planner.flown.tracks import FlownRoute, pools_of
from planner.given.scatter import Scatter
from planner.plan import Plan, Sortie
from planner.scenario import Rules

TOLERANCE_S = 2e-3
"""Times of a file are good to the millisecond [s]."""

_CUT = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """
    What chance does to the sorties of a route in some runs.

    Parameters
    ----------
    launch_s
        Delays of take-offs, shape (runs, sorties).
    ground
        Shares by which turnarounds take longer, shape (runs, sorties).
    legs_s
        By how much legs take longer, shape (runs, sorties, legs).
    """

    launch_s: FloatArray
    ground: FloatArray
    legs_s: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Flights:
    """
    What came of the sorties of all routes in some runs.

    Parameters
    ----------
    routes
        With a vertex where they cross their column; only those that are flown.
    sorties
        Of each route, by take-off.
    takeoff_s, landing_s, ready_s, drone_ready_s
        Of each route, shape (runs, sorties): take-off, landing, ready again, and
        when its drone was ready for it (minus infinity for its first sortie).
    late_s
        Of each route, how late a drone is at each vertex, shape (runs, sorties,
        vertices).
    """

    routes: tuple[FlownRoute, ...]
    sorties: tuple[tuple[Sortie, ...], ...]
    takeoff_s: list[FloatArray]
    landing_s: list[FloatArray]
    ready_s: list[FloatArray]
    drone_ready_s: list[FloatArray]
    late_s: list[FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Fleet:
    """
    Routes that are flown, and what there is to know of them before.

    Parameters
    ----------
    near
        The routes, with a vertex where they cross their column, and which of their
        pieces come too close to each other at some shifts.
    sorties
        Of each route, by take-off.
    leaves_s, arrives_s
        How long each takes to leave its column, and to land in it at last.
    """

    near: Encounters
    sorties: tuple[tuple[Sortie, ...], ...]
    leaves_s: FloatArray
    arrives_s: FloatArray

    @property
    def routes(self) -> tuple[FlownRoute, ...]:
        """The routes, with a vertex where they cross their column."""
        return self.near.routes


def fleet_of(routes: Sequence[FlownRoute], plan: Plan, rules: Rules) -> Fleet:
    """Return what is to be flown, of the routes of a plan."""
    by_route: dict[str, list[Sortie]] = defaultdict(list)
    for sortie in plan.roster:
        by_route[sortie.route].append(sortie)
    flying = [f for f in routes if by_route[f.route.id]]
    radius_m = rules.column_radius_m
    leave = [column_stays(f, radius_m, f.station) for f in flying]
    arrive = [column_stays(f, radius_m, f.lands_at) for f in flying]
    return Fleet(
        near=find_encounters(flying, rules),
        sorties=tuple(
            tuple(sorted(by_route[f.route.id], key=lambda s: (s.takeoff_s, s.drone)))
            for f in flying
        ),
        leaves_s=np.array([s[0, 1] if len(s) else 0.0 for s in leave]),
        arrives_s=np.array([np.ptp(s[-1]) if len(s) else 0.0 for s in arrive]),
    )


def draw(
    flown: FlownRoute, count: int, scatter: Scatter, runs: int, rng: np.random.Generator
) -> Draws:
    """Return what chance does to the sorties of a route."""
    took_s = np.diff(flown.t)
    # Who waits or climbs does so by the clock.
    took_s[np.hypot(*np.diff(flown.xy, axis=0).T) < 1e-6] = 0.0
    launch_s = rng.exponential(scatter.launch_delay_s, (runs, count))
    ground = _normal(rng, (runs, count)) * scatter.turnaround_share
    common = _normal(rng, (runs, count)) * scatter.sortie_speed_share
    own = _normal(rng, (runs, count, len(took_s))) * scatter.leg_speed_share
    # So many gusts blow on a leg, and their sum grows with the root of their number.
    gusty_s = np.minimum(took_s, np.sqrt(took_s * scatter.gust_s))
    return Draws(launch_s, ground, own * gusty_s + common[..., None] * took_s)


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    return np.clip(rng.standard_normal(shape), -_CUT, _CUT)


def fly(fleet: Fleet, draws: Sequence[Draws], rules: Rules) -> Flights:
    """
    Return what comes of all sorties.

    A station's take-offs go in the order of the roster, each when its drone is ready
    and not before its time; then comes the delay of its launch, then what holds it
    on its pad: the launch spacing and the column. Landings are as they come. Stations
    that have drones together are flown together.
    """
    runs = draws[0].launch_s.shape[0]
    # Late at the end of each leg, were it on time at take-off; and what it cannot
    # make up: its path is that of a queue (Lindley, The theory of queues with a
    # single server, 1952).
    sums = [np.cumsum(d.legs_s, axis=2) for d in draws]
    least = [s - np.minimum.accumulate(s, axis=2) for s in sums]
    shapes = [d.launch_s.shape for d in draws]
    takeoff, landing, ready, waited = (
        [np.empty(shape) for shape in shapes] for _ in range(4)
    )
    pool = pools_of(fleet.routes)
    pools: dict[str, list[tuple[Sortie, int, int]]] = defaultdict(list)
    for k, sorties in enumerate(fleet.sorties):
        for n, sortie in enumerate(sorties):
            pools[pool[fleet.routes[k].station.id]].append((sortie, k, n))
    for name, entries in pools.items():
        entries.sort(key=lambda entry: (entry[0].takeoff_s, entry[0].drone))
        stations = [s for s, of in pool.items() if of == name]
        drones = sorted({sortie.drone for sortie, _, _ in entries})
        number = {drone: d for d, drone in enumerate(drones)}
        free_s = {s: np.full(runs, -np.inf) for s in stations}
        landed = {s: np.full((len(drones), runs), -np.inf) for s in stations}
        before = {s: np.zeros((len(drones), 1)) for s in stations}
        prepared = np.full((len(drones), runs), -np.inf)
        for sortie, k, n in entries:
            d = number[sortie.drone]
            here, there = fleet.routes[k].station.id, fleet.routes[k].lands_at.id
            waited[k][:, n] = prepared[d]
            t = np.maximum(sortie.takeoff_s, prepared[d]) + draws[k].launch_s[:, n]
            t = np.maximum(t, free_s[here])
            room_s = np.maximum(
                rules.launch_spacing_s, before[here] + fleet.leaves_s[k]
            )
            t = _between_landings(t, landed[here], room_s, rules.launch_spacing_s)
            free_s[here] = t + max(rules.launch_spacing_s, fleet.leaves_s[k])
            late = np.maximum(
                t - sortie.takeoff_s + sums[k][:, n, -1], least[k][:, n, -1]
            )
            takeoff[k][:, n] = t
            landing[k][:, n] = landed[there][d] = sortie.landing_s + late
            rest_s = (sortie.ready_s - sortie.landing_s) * (1 + draws[k].ground[:, n])
            ready[k][:, n] = prepared[d] = landed[there][d] + rest_s
            before[there][d] = fleet.arrives_s[k]
    planned = [np.array([s.takeoff_s for s in sorties]) for sorties in fleet.sorties]
    late_s = []
    for k, own in enumerate(takeoff):
        start = (own - planned[k])[..., None]
        late_s.append(
            np.concatenate([start, np.maximum(start + sums[k], least[k])], axis=2)
        )
    return Flights(fleet.routes, fleet.sorties, takeoff, landing, ready, waited, late_s)


def _between_landings(
    t: FloatArray, landed: FloatArray, room_s: FloatArray, after_s: float
) -> FloatArray:
    """Return take-offs put off until they leave all landings room."""
    order = np.argsort(landed, axis=0)
    landings = np.take_along_axis(landed, order, axis=0)
    room = np.take_along_axis(np.broadcast_to(room_s, landed.shape), order, axis=0)
    for at, needed in zip(landings, room, strict=True):
        held = (t > at - needed + TOLERANCE_S) & (t < at + after_s - TOLERANCE_S)
        t = np.where(held, at + after_s, t)
    return t


def late_at(t: FloatArray, late_s: FloatArray, times_s: FloatArray) -> FloatArray:
    """
    Return how late a route is at times of its path.

    Parameters
    ----------
    t
        Times of its vertices, shape (n,).
    late_s
        How late it is there, shape (runs, sorties, n).
    times_s
        Shape (m,).
    """
    after = np.clip(np.searchsorted(t, times_s, side="right"), 1, len(t) - 1)
    span_s = np.maximum(t[after] - t[after - 1], 1e-9)
    share = np.clip((times_s - t[after - 1]) / span_s, 0.0, 1.0)
    part: FloatArray = late_s[..., after - 1] * (1 - share) + late_s[..., after] * share
    return part
