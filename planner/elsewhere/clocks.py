"""Set the clocks of a ring of stations of which a route each ends at the next one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np

from planner.elsewhere.packing import Bind, Item, exchange_packing, few_chargers
from planner.scenario import Scenario, Station
from planner.timetable.packing import Packing, most_wait_s
from planner.timetable.phases import BoolArray
from planner.timetable.placing import Placed, fit
from planner.timetable.rhythm import Rhythm

_SHIFTS = 5
"""So many shifts between two routes are tried where some range of them would do."""

_WAIT_STEP_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class RingClock:
    """
    When the routes of a ring of stations take off.

    Parameters
    ----------
    phases_s
        By route id.
    waits_s
        That the drones of a route wait for a charger after each sortie, by route id,
        where they do.
    """

    phases_s: Mapping[str, int]
    waits_s: Mapping[str, int]


def exchange_clock(
    scenario: Scenario,
    stations: Sequence[Station],
    closed: Sequence[Rhythm],
    ring: Sequence[Rhythm],
    bind: Bind,
    *,
    drones: int,
    hint: Mapping[str, int],
) -> RingClock | None:
    """
    Return a clock with which stations fly their routes, a ring of them an exchange.

    The routes of the ring take off a fixed time after the first, each as often as the
    others: so what one station lends to the next comes back to it from the one before,
    sortie by sortie, and the drones of all are counted as if each flew a closed route.
    Where chargers are few, drones may wait for them.

    Parameters
    ----------
    closed
        The other routes of all stations.
    ring
        From each station to the next one, from the last to the first.
    drones
        That all stations together may have busy until the end of the busiest period.
    hint
        Phases by route id that are tried first.

    Returns
    -------
    RingClock or None
        None where none was found.
    """
    if not all(r.allowed.any() for r in ring):
        return None
    items = [Item(rhythm=r, parts=((r, 0),)) for r in closed]
    start = [*(hint.get(r.id, -1) for r in closed), -1]
    limits = tuple(s.drones - scenario.rules.reserve_drones for s in stations)
    loads = [
        rush_load(scenario, [r for r in closed if r.calls[0].station == station.id])
        for station in stations
    ]
    few = few_chargers(scenario, stations)
    most_s = most_wait_s([*closed, *ring], max(limits)) if few else 0
    waits_s = range(0, most_s + 1, _WAIT_STEP_S)
    for total in range(1, drones + 1):
        for split in _splits(total, limits):
            room = [n - load for n, load in zip(split, loads, strict=True)]
            for item in _joined(scenario, ring, room):
                every = [*items, item]
                for waits in dict.fromkeys((waits_s[:1], waits_s)):
                    task = exchange_packing(
                        scenario, stations, every, bind, (split, limits), waits_s=waits
                    )
                    placed = None if task is None else _placed(task, start)
                    if placed is not None:
                        return _clock(every, placed, few)
    return None


def _splits(total: int, limits: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield the ways to share drones out to stations, no more to each than it has."""
    *first, last = limits
    for split in itertools.product(*(range(min(total, n) + 1) for n in first)):
        if 0 <= total - sum(split) <= last:
            yield (*split, total - sum(split))


def _placed(task: Packing, start: Sequence[int]) -> Placed | None:
    """Return phases within limits, the last, an exchange, placed first or last."""
    rhythms = task.rhythms
    *closed, last = range(len(rhythms))
    closed.sort(key=lambda i: (rhythms[i].headway_s, -rhythms[i].busy_s, i))
    for order in ([last, *closed], [*closed, last]):
        for late in (False, True):
            placed = fit(task, order, 0, 0, start, late=late)
            if placed is not None:
                return placed
    return None


def _clock(items: Sequence[Item], placed: Placed, few: Set[str]) -> RingClock:
    """Return the clock of routes that were placed."""
    phases_s, waits_s = {}, {}
    for item, (phase, demand) in zip(items, placed, strict=True):
        for part, after in item.parts:
            phases_s[part.id] = phase + after
            if demand.wait_s and part.lands_at in few:
                waits_s[part.id] = demand.wait_s
    return RingClock(phases_s=phases_s, waits_s=waits_s)


def rush_load(scenario: Scenario, closed: Sequence[Rhythm]) -> float:
    """Return how many drones closed routes keep busy in the busiest period."""
    low, high = scenario.busiest_period()
    return sum(
        r.busy_s / r.headway_s * max(min(last, high) - max(first, low), 0)
        for r in closed
        for first, last in r.flown
    ) / (high - low)


def _joined(
    scenario: Scenario, ring: Sequence[Rhythm], room: Sequence[float]
) -> Iterator[Item]:
    """
    Yield the exchange with different shifts between its routes, each of them first.

    Parameters
    ----------
    room
        Drones that each station has for it: busy from the take-off of one of its own
        until one from the station before is ready.
    """
    for k in range(len(ring)):
        turned = [*ring[k:], *ring[:k]]
        for shifts_s in _shifts_s(turned, [*room[k:], *room[:k]]):
            allowed = _allowed(scenario, turned, shifts_s)
            if allowed.any():
                parts = tuple(zip(turned, shifts_s, strict=True))
                busy_s = max(after_s + r.busy_s for r, after_s in parts)
                whole = replace(turned[0], allowed=allowed, busy_s=busy_s)
                yield Item(rhythm=whole, parts=parts)


def _shifts_s(
    ring: Sequence[Rhythm], room: Sequence[float], known_s: tuple[int, ...] = (0,)
) -> Iterator[tuple[int, ...]]:
    """Yield how much later than the first the routes take off, from some known on."""
    k = len(known_s)
    if k == len(ring):
        yield known_s
        return
    h, before_s = ring[0].headway_s, known_s[-1] + ring[k - 1].busy_s
    # The drones of the last of those that follow come to the first station.
    left_s = (room[0] + sum(room[k + 1 :])) * h - sum(r.busy_s for r in ring[k:])
    first, ours = (np.flatnonzero(r.allowed) for r in (ring[0], ring[k]))
    low = max(0, math.ceil(before_s - room[k] * h), int(ours[0] - first[-1]))
    high = min(h - 1, before_s, math.floor(left_s), int(ours[-1] - first[0]))
    if low <= high:
        shifts_s = np.linspace(low, high, _SHIFTS).round().astype(int)
        for shift_s in dict.fromkeys(shifts_s.tolist()):
            yield from _shifts_s(ring, room, (*known_s, shift_s))


def _allowed(
    scenario: Scenario, ring: Sequence[Rhythm], shifts_s: Sequence[int]
) -> BoolArray:
    """Return the phases of the first route at which all fly, and equally often."""
    h, length_s = ring[0].headway_s, math.ceil(scenario.horizon.length_s)
    rounds, width = 2 - -length_s // h, h - max(shifts_s)
    allowed = np.zeros(h, dtype=bool)
    allowed[:width] = True
    # Take-offs from a headway before the horizon on with which some alone would fly.
    flies = np.zeros((len(ring), rounds * h), dtype=bool)
    for row, route, back_s in zip(flies, ring, shifts_s, strict=True):
        allowed[:width] &= route.allowed[back_s : back_s + width]
        for begin, end in route.flown:
            low, high = begin - back_s + h, min(end, length_s - 1) + 1 - back_s + h
            row[max(low, 0) : max(high, 0)] = True
    alone = (flies != flies[0]).reshape(len(ring), rounds, h).any(axis=(0, 1))
    return np.asarray(allowed & ~alone)
