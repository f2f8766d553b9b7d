"""Set the clocks of two stations of which two routes end at each other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from planner.elsewhere.packing import Bind, Item, exchange_packing
from planner.scenario import Scenario, Station
from planner.timetable.packing import Packing
from planner.timetable.phases import BoolArray
from planner.timetable.placing import Placed, fit
from planner.timetable.rhythm import Rhythm

_SHIFTS = 5
"""So many shifts between the two routes are tried where some range of them would do."""


def exchange_clock(
    scenario: Scenario,
    stations: tuple[Station, Station],
    closed: Sequence[Rhythm],
    pair: tuple[Rhythm, Rhythm],
    bind: Bind,
    *,
    drones: int,
    hint: Mapping[str, int],
) -> dict[str, int] | None:
    """
    Return phases with which two stations fly their routes, two of them an exchange.

    The second route of the exchange takes off a fixed time after the first, each as
    often as the other: so what one station lends the other gives back, sortie by
    sortie, and the drones of both are counted as if each flew a closed route.

    Parameters
    ----------
    closed
        The other routes of both stations.
    pair
        From the first station to the second, and back.
    drones
        That both stations together may have busy until the end of the busiest period.
    hint
        Phases by route id that are tried first.

    Returns
    -------
    dict or None
        By route id; None where none were found.
    """
    items = [Item(rhythm=r, parts=((r, 0),)) for r in closed]
    start = [hint.get(r.id, -1) for r in closed]
    reserve = scenario.rules.reserve_drones
    limits = tuple(station.drones - reserve for station in stations)
    loads = tuple(_rush_load(scenario, closed, station) for station in stations)
    for total in range(1, drones + 1):
        for one in range(total + 1):
            split = (one, total - one)
            if any(n > limit for n, limit in zip(split, limits, strict=True)):
                continue
            room = tuple(n - load for n, load in zip(split, loads, strict=True))
            for item in _joined(scenario, pair, room):
                task = exchange_packing(
                    scenario, stations, [*items, item], bind, (split, limits)
                )
                placed = None if task is None else _placed(task, [*start, -1])
                if placed is not None:
                    return {
                        part.id: phase + after
                        for each, (phase, _) in zip([*items, item], placed, strict=True)
                        for part, after in each.parts
                    }
    return None


def _placed(task: Packing, start: Sequence[int]) -> Placed | None:
    """Return phases within limits, the exchange, which is last, placed first."""
    rhythms = task.rhythms
    *closed, last = range(len(rhythms))
    closed.sort(key=lambda i: (rhythms[i].headway_s, -rhythms[i].busy_s, i))
    for late in (False, True):
        placed = fit(task, [last, *closed], 0, 0, start, late=late)
        if placed is not None:
            return placed
    return None


def _rush_load(scenario: Scenario, closed: Sequence[Rhythm], station: Station) -> float:
    """Return how many drones closed routes of a station keep busy at least."""
    low, high = scenario.busiest_period()
    return sum(
        r.busy_s / r.headway_s
        for r in closed
        if r.calls[0].station == station.id
        and any(first <= low and high <= last for first, last in r.flown)
    )


def _joined(
    scenario: Scenario, pair: tuple[Rhythm, Rhythm], room: tuple[float, ...]
) -> Iterator[Item]:
    """
    Yield the exchange with different shifts between its two routes.

    Parameters
    ----------
    room
        Drones that each station has for it: the first is busy from the take-off of
        one of its own until one from the other station is ready.
    """
    h = pair[0].headway_s
    for (first, second), (here, there) in ((pair, room), (pair[::-1], room[::-1])):
        low = max(0, math.ceil(first.busy_s - there * h))
        high = min(h - 1, first.busy_s, math.floor(here * h - second.busy_s))
        if low > high:
            continue
        shifts = np.linspace(low, high, _SHIFTS).round().astype(int)
        for shift_s in dict.fromkeys(shifts.tolist()):
            allowed = _allowed(scenario, first, second, shift_s)
            if allowed.any():
                whole = replace(
                    first,
                    allowed=allowed,
                    busy_s=max(first.busy_s, shift_s + second.busy_s),
                )
                yield Item(rhythm=whole, parts=((first, 0), (second, shift_s)))


def _allowed(
    scenario: Scenario, first: Rhythm, second: Rhythm, shift_s: int
) -> BoolArray:
    """Return the phases of the first route at which both fly, and equally often."""
    h, length_s = first.headway_s, math.ceil(scenario.horizon.length_s)
    rounds = 2 - -length_s // h
    allowed = np.zeros(h, dtype=bool)
    allowed[: h - shift_s] = first.allowed[: h - shift_s] & second.allowed[shift_s:]
    # Take-offs from a headway before the horizon on with which one alone would fly.
    flies = np.zeros((2, rounds * h), dtype=bool)
    for row, route, back_s in ((0, first, 0), (1, second, shift_s)):
        for begin, end in route.flown:
            low, high = begin - back_s + h, min(end, length_s - 1) + 1 - back_s + h
            flies[row, max(low, 0) : max(high, 0)] = True
    alone = (flies[0] != flies[1]).reshape(rounds, h).any(axis=0)
    return np.asarray(allowed & ~alone)
