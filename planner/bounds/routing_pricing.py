"""
Price the chains of a vehicle routing problem: which cost less than they are worth.

Chains are ng-routes (Baldacci, Mingozzi and Roberti, 2011): a stop is not visited
again while all stops between lie near it. There are more of them than of chains
without repeats, so what holds for all of them holds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray
from planner.routing.model import FORBIDDEN, FOREVER, Routing

Whole = NDArray[np.int64]

_MOST_LABELS = 4_000_000
_MOST_WORK = 200_000_000
GRAIN = 1024
"""Worths are whole numbers over this, so that sums of them are exact."""

_REMEMBERED = 10
_SHARE = 0.3
_MOST_LOADS = 2000
_NEVER = 1e15


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chains:
    """
    All chains of one kind of vehicle.

    Parameters
    ----------
    out, leg, back
        Cost from the depot to each stop, of going on, and home; a vehicle's fixed
        cost counts on the way out.
    weight, limit
        Demand of each stop, and of all stops of a chain, in as large units as the
        figures allow.
    """

    kind: int
    count: int
    out: FloatArray
    leg: FloatArray
    back: FloatArray
    weight: Whole
    limit: int
    out_time: Whole
    time: Whole
    back_time: Whole
    least_back_time: Whole
    longest: int
    near: np.ndarray
    place: np.ndarray

    @property
    def cheapest(self) -> float:
        """What no chain costs less than."""
        return float(self.out.min() + self.back.min())

    def cost(self, stops: Sequence[int]) -> float:
        """Return what a chain costs."""
        onward = self.leg[list(stops[:-1]), list(stops[1:])].sum()
        return float(self.out[stops[0]] + onward + self.back[stops[-1]])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Priced:
    """
    The chains of a kind that cost least for what they are worth.

    Parameters
    ----------
    least
        No chain costs less than it is worth by more than this, which is never
        above zero.
    chains
        Stops of the best chains, one for each last stop that can be one.
    """

    least: float
    chains: tuple[tuple[int, ...], ...]


def can_price(routing: Routing) -> bool:
    """Whether every stop has a demand, and there are not too many loads."""
    return bool((routing.demand > 0).all()) and all(
        _loads(routing.demand, kind.capacity)[1] <= _MOST_LOADS
        for kind in routing.vehicles
    )


def chains_of(routing: Routing, kind: int) -> Chains:
    """Return all chains of a kind of vehicle."""
    vehicle = routing.vehicles[kind]
    m, depot, n = routing.depots, vehicle.depot, routing.stops
    distance = routing.distance[vehicle.profile].astype(np.int64)
    time = routing.time[vehicle.profile].astype(np.int64)
    cost = vehicle.cost_per_distance * distance.astype(float)
    cost += vehicle.cost_per_time * time
    cost[(distance >= FORBIDDEN) | (time >= FORBIDDEN)] = _NEVER
    cost[:, m:] += vehicle.cost_per_time * routing.service
    time[:, m:] += routing.service
    leg = np.ascontiguousarray(cost[m:, m:])
    near = np.argsort(leg + np.diag(np.full(n, -np.inf)), axis=1, kind="stable")
    near = near[:, :_REMEMBERED].astype(np.int32)
    place = np.full((n, n), -1, dtype=np.int8)
    places = np.arange(near.shape[1], dtype=np.int8)[None, :]
    np.put_along_axis(place, near, places, axis=1)
    weight, limit = _loads(routing.demand, vehicle.capacity)
    limited = vehicle.longest < FOREVER
    back_time = time[m:, depot] * limited
    return Chains(
        kind=kind,
        count=min(vehicle.count, n),
        out=cost[depot, m:] + vehicle.fixed_cost,
        leg=leg,
        back=cost[m:, depot].copy(),
        weight=weight,
        limit=limit,
        out_time=time[depot, m:] * limited,
        time=np.ascontiguousarray(time[m:, m:]) * limited,
        back_time=back_time,
        least_back_time=_least(back_time, time[m:, m:] * limited),
        longest=vehicle.longest,
        near=near,
        place=place,
    )


def price(
    chains: Chains, worth: FloatArray, *, below: float = 0.0, coarse: bool = False
) -> Priced:
    """
    Return the chains that cost least for what their stops are worth.

    Parameters
    ----------
    worth
        Of a visit to each stop, whole numbers over `GRAIN`.
    below
        What a chain must cost less its worth to be of interest; at most zero.
    coarse
        Look only at likely chains: fast, and ``least`` is that of many more chains.
    """
    from planner.bounds.routing_kernel import cheapest, ways_home

    c = chains
    out, leg = c.out - worth, c.leg - worth[None, :]
    home, after, other = ways_home(leg, c.back, c.weight, c.limit, c.place)
    end, end_label, stop, before, fits = cheapest(
        out,
        leg,
        c.back,
        c.weight,
        c.limit,
        c.out_time,
        c.time,
        c.back_time,
        c.least_back_time,
        c.longest,
        c.near,
        c.place,
        home,
        after,
        other,
        below,
        0.0 if coarse else _SHARE,
        coarse,
        _MOST_LABELS,
        _MOST_WORK,
    )
    fitting = np.flatnonzero(c.weight <= c.limit)
    room = c.limit - c.weight[fitting]
    least = float((out[fitting] + home[room, fitting]).min(initial=0.0))
    if fits and not coarse:
        least = max(least, min(below, float(end.min(initial=0.0))))
    paths = []
    for label in end_label:
        path = []
        while label >= 0:
            path.append(int(stop[label]))
            label = before[label]
        if path:
            paths.append(tuple(reversed(path)))
    return Priced(least=min(0.0, least), chains=tuple(paths))


def _loads(demand: NDArray[np.integer], capacity: int) -> tuple[Whole, int]:
    """Return demands and a capacity in the largest unit that they allow."""
    unit = max(1, math.gcd(*(int(d) for d in demand)))
    weight = demand.astype(np.int64) // unit
    return weight, min(int(capacity) // unit, int(weight.sum()))


def _least(back_time: Whole, time: Whole) -> Whole:
    """Return the least time home, over other stops or straight."""
    while True:
        closer: Whole = np.minimum(back_time, (time + back_time[None, :]).min(axis=1))
        if (closer == back_time).all():
            return closer
        back_time = closer
