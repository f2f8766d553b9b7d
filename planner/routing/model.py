"""
Say a vehicle routing problem in whole numbers, so that any solver understands it.

Depots and stops are places: depots first, then stops. Every stop has a prize
that is lost when nobody visits it. What a solver answers is a list of chains;
`judge` recomputes what they cost and which limits they break, from the matrices
alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray

Whole = NDArray[np.integer]

FOREVER = 10**15
"""Stands for: no limit, and for the end of a time window that never closes."""

FORBIDDEN = 10**9
"""Time and distance of a leg that may not be used, in any unit."""

_WORTH_DETOURS = 10
"""A stop that must be visited is worth this many of the dearest detours."""

STOP_ARRAYS = ("service", "demand", "prize", "early", "late", "group")
"""Fields with a figure for each stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicles:
    """
    Vehicles of one kind.

    Parameters
    ----------
    depot
        Where they start and end.
    count
        How many there are.
    capacity, longest
        Most demand and longest duration of a chain.
    early, late
        When a chain may start at the earliest and end at the latest.
    fixed_cost
        Of a vehicle that is used.
    cost_per_distance, cost_per_time
        Of a unit of what its matrices hold; time counts service and waiting.
    profile
        Index of its matrices.
    """

    depot: int = 0
    count: int = 1
    capacity: int = FOREVER
    longest: int = FOREVER
    early: int = 0
    late: int = FOREVER
    fixed_cost: int = 0
    cost_per_distance: int = 1
    cost_per_time: int = 0
    profile: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Routing:
    """
    A vehicle routing problem.

    Parameters
    ----------
    vehicles
        The kinds of vehicle.
    depots
        Number of depots, m; they are the first places.
    distance, time
        By profile, shape (m + n, m + n), of any integer type; `FORBIDDEN` where a
        leg may not be used. The same arrays may stand for both.
    service, demand, prize
        Of the stops, shape (n,).
    early, late
        When service may start at a stop, shape (n,).
    group
        Of each stop, -1 for none; at most one stop of a group is visited, and a
        prize of the group's is lost only if none is.
    points
        Where places are, shape (m + n, 2), in any unit; a guide for search only.
    most_cost
        What all chains of a depot may cost together, shape (m,); `FOREVER` for
        no limit.

    Raises
    ------
    ValueError
        If shapes or indices do not fit together.
    """

    vehicles: tuple[Vehicles, ...]
    depots: int
    distance: tuple[Whole, ...]
    time: tuple[Whole, ...]
    service: Whole
    demand: Whole
    prize: Whole
    early: Whole
    late: Whole
    group: Whole
    points: FloatArray
    most_cost: Whole

    def __post_init__(self) -> None:
        n = len(self.service)
        places = self.depots + n
        for name in STOP_ARRAYS:
            if getattr(self, name).shape != (n,):
                raise ValueError(f"{name} must have a figure for each of {n} stops.")
        if self.points.shape != (places, 2):
            raise ValueError("points must have a row for each place.")
        if self.most_cost.shape != (self.depots,):
            raise ValueError("most_cost must have a figure for each depot.")
        if len(self.distance) != len(self.time):
            raise ValueError("every profile needs a distance and a time matrix.")
        if any(m.shape != (places, places) for m in (*self.distance, *self.time)):
            raise ValueError("matrices must have a row and a column for each place.")
        for kind in self.vehicles:
            if not 0 <= kind.depot < self.depots:
                raise ValueError(f"there is no depot {kind.depot}.")
            if not 0 <= kind.profile < len(self.time):
                raise ValueError(f"there is no profile {kind.profile}.")

    @property
    def stops(self) -> int:
        """Number of stops, n."""
        return len(self.service)

    @property
    def has_windows(self) -> bool:
        """Whether it matters when a stop is reached."""
        late = [k.late for k in self.vehicles if k.late < FOREVER]
        return bool(self.early.any() or (self.late < FOREVER).any() or late)


@dataclass(frozen=True, slots=True)
class Chain:
    """
    What one vehicle does.

    Parameters
    ----------
    kind
        Index of its kind of vehicle.
    stops
        Indices of stops, in order.
    """

    kind: int
    stops: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """
    What chains cost, and what is wrong with them.

    Parameters
    ----------
    cost
        Fixed costs, distance and time.
    lost
        Prizes of what is not visited.
    missed
        Stops that nobody visits, one of each group of which none is visited.
    faults
        Limits broken, in words; empty if the chains can be driven.
    """

    cost: int
    lost: int
    missed: tuple[int, ...]
    faults: tuple[str, ...] = field(default=())

    @property
    def total(self) -> int:
        """What is minimised."""
        return self.cost + self.lost


def smallest() -> Routing:
    """Return a problem of one stop: enough to have a search compiled."""
    one = np.ones(1, dtype=np.int64)
    gap = np.array([[0, 1], [1, 0]], dtype=np.int64)
    return Routing(
        vehicles=(Vehicles(),),
        depots=1,
        distance=(gap,),
        time=(gap,),
        service=one,
        demand=one,
        prize=one * 9,
        early=one * 0,
        late=one * FOREVER,
        group=one * -1,
        points=np.zeros((2, 2)),
        most_cost=one * FOREVER,
    )


def must_visit(
    vehicles: Sequence[Vehicles], distance: Whole, time: Whole, service: Whole
) -> int:
    """
    Return a prize so large that leaving a stop out never pays.

    Stops that must be visited are visited for a prize, too: on a tight fleet a
    solver then still has an answer, with as few left out as it can.
    """
    far = int(distance[distance < FORBIDDEN].max(initial=0))
    long = int(time[time < FORBIDDEN].max(initial=0)) + int(service.max(initial=0))
    return _WORTH_DETOURS * max(
        k.fixed_cost + 2 * far * k.cost_per_distance + 2 * long * k.cost_per_time
        for k in vehicles
    )


def chain_cost(routing: Routing, chain: Chain) -> int:
    """Return what a chain costs."""
    kind = routing.vehicles[chain.kind]
    cost = kind.fixed_cost
    if kind.cost_per_distance:
        cost += kind.cost_per_distance * _along(
            routing.distance[kind.profile], _places(routing, chain)
        )
    if kind.cost_per_time:
        cost += kind.cost_per_time * duration(routing, chain)[0]
    return cost


def duration(routing: Routing, chain: Chain) -> tuple[int, int]:
    """
    Return how long a chain takes, and by how much it is late.

    It starts as late as it can without ending later, so that it does not wait
    more than it must; lateness is summed over stops and the return.
    """
    kind = routing.vehicles[chain.kind]
    places = _places(routing, chain)
    stops = np.asarray(chain.stops)
    legs = routing.time[kind.profile][places[:-1], places[1:]].astype(np.int64)
    if not routing.has_windows:
        return int(legs.sum() + routing.service[stops].sum()), 0
    opens = [kind.early, *routing.early[stops].tolist(), kind.early]
    closes = [kind.late, *routing.late[stops].tolist(), kind.late]
    service = [0, *routing.service[stops].tolist()]
    # What passes between starting at one place and arriving at the next.
    passes = [s + int(leg) for s, leg in zip(service, legs, strict=True)]
    now, lateness = opens[0], 0
    for step, opening, closing in zip(passes, opens[1:], closes[1:], strict=True):
        now = max(now + step, opening)
        if now > closing:
            lateness, now = lateness + now - closing, closing
    start = now
    for step, closing in zip(passes[::-1], closes[-2::-1], strict=True):
        start = min(start - step, closing)
    return max(now - start, sum(passes)), lateness


def judge(routing: Routing, chains: Iterable[Chain]) -> Judged:
    """Return what chains cost and which limits they break."""
    faults: list[str] = []
    cost = [0] * routing.depots
    used = [0] * len(routing.vehicles)
    visits = np.zeros(routing.stops, dtype=np.int64)
    for number, chain in enumerate(chains):
        if not chain.stops:
            continue
        used[chain.kind] += 1
        np.add.at(visits, list(chain.stops), 1)
        cost[routing.vehicles[chain.kind].depot] += chain_cost(routing, chain)
        faults += [f"chain {number}: {fault}" for fault in _faults(routing, chain)]
    for index, kind in enumerate(routing.vehicles):
        if used[index] > kind.count:
            faults.append(f"kind {index}: {used[index]} used of {kind.count}")
    for depot, most in enumerate(routing.most_cost.tolist()):
        if cost[depot] > most:
            faults.append(f"depot {depot}: costs {cost[depot]} of {most}")
    faults += [f"stop {s}: visited again" for s in np.flatnonzero(visits > 1)]
    missed = [int(s) for s in np.flatnonzero((visits == 0) & (routing.group < 0))]
    for group in range(int(routing.group.max(initial=-1)) + 1):
        mine = np.flatnonzero(routing.group == group)
        if visits[mine].sum() > 1:
            faults.append(f"group {group}: visited again")
        if len(mine) and not visits[mine].any():
            missed.append(int(mine[np.argmax(routing.prize[mine])]))
    return Judged(
        cost=sum(cost),
        lost=int(routing.prize[missed].sum()),
        missed=tuple(sorted(missed)),
        faults=tuple(faults),
    )


def chain_fits(routing: Routing, chain: Chain) -> bool:
    """Whether a chain keeps every limit of its vehicle and its stops."""
    return not _faults(routing, chain)


def _faults(routing: Routing, chain: Chain) -> list[str]:
    """Return the limits that a chain breaks by itself."""
    kind = routing.vehicles[chain.kind]
    places = _places(routing, chain)
    found = []
    for matrix in (routing.distance[kind.profile], routing.time[kind.profile]):
        if (matrix[places[:-1], places[1:]] >= FORBIDDEN).any():
            found.append("a forbidden leg")
            break
    load = int(routing.demand[list(chain.stops)].sum())
    if load > kind.capacity:
        found.append(f"load {load} of {kind.capacity}")
    lasts, lateness = duration(routing, chain)
    if lasts > kind.longest:
        found.append(f"lasts {lasts} of {kind.longest}")
    if lateness:
        found.append(f"late by {lateness}")
    return found


def _places(routing: Routing, chain: Chain) -> Whole:
    depot = routing.vehicles[chain.kind].depot
    inner = routing.depots + np.asarray(chain.stops, dtype=np.int64)
    return np.concatenate([[depot], inner, [depot]])


def _along(matrix: Whole, places: Whole) -> int:
    return int(matrix[places[:-1], places[1:]].sum(dtype=np.int64))
