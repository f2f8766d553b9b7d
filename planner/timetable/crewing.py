"""Say what the pilots of a district leave one of its stations to have in the air."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.basics.clock import DAY_S
from planner.implied.bureaux import bureau_key
from planner.scenario import Scenario, Station
from planner.timetable.rhythm import Rhythm, takeoffs

Part = tuple[list[int], list[int]]
Clocked = tuple[Rhythm, int]
"""A route and its phase [s]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """
    What drones of a station may take of the pilots of its district.

    Parameters
    ----------
    most
        Drones that may ever be in the air at once.
    taken
        How many of them may not, each second from the start of the horizon: for want
        of pilots, or because other stations have theirs in the air.
    """

    most: int
    taken: NDArray[np.int16]


def sharing_pilots(scenario: Scenario, parts: Sequence[Part]) -> list[Part]:
    """
    Return parts of a city joined where stations of two share pilots that may run out.

    Parameters
    ----------
    parts
        Station and target indices of each, see
        `planner.network.reach.independent_parts`.
    """
    if scenario.crews is None:
        return list(parts)
    horizon = scenario.horizon
    joined: list[tuple[set[tuple[str, str]], Part]] = []
    for part in parts:
        short = set()
        for key in {bureau_key(scenario.stations[s]) for s in part[0]}:
            fleet = sum(s.drones for s in scenario.stations if bureau_key(s) == key)
            limits = scenario.crews.limits(key[0], horizon, horizon.length_s)
            if any(most < fleet for *_, most in limits):
                short.add(key)
        apart = [each for each in joined if not each[0] & short]
        for keys, (stations, targets) in [e for e in joined if e[0] & short]:
            short |= keys
            part = (stations + part[0], targets + part[1])
        joined = [*apart, (short, part)]
    return sorted(
        (sorted(stations), sorted(targets)) for _, (stations, targets) in joined
    )


def crew_room(
    scenario: Scenario, station: Station, others: Iterable[Clocked]
) -> Room | None:
    """
    Return what the pilots of a district leave a station, None if more than it has.

    Parameters
    ----------
    others
        Routes of the district's other stations that have their clocks.
    """
    if scenario.crews is None:
        return None
    horizon = scenario.horizon
    # No flight of the horizon, or of the first hours of its next round, lands later.
    length_s = math.ceil(horizon.length_s) + DAY_S
    limits = scenario.crews.limits(station.district, horizon, length_s)
    key = bureau_key(station)
    fleet = sum(s.drones for s in scenario.stations if bureau_key(s) == key)
    left = np.full(length_s, fleet, dtype=np.int64)
    for low, high, most in limits:
        begin, end = math.floor(low), math.ceil(high)
        left[begin:end] = np.minimum(left[begin:end], most)
    free = left - _aloft(others, length_s)
    if free.min() >= station.drones:
        return None
    most = int(left.max())
    return Room(most=most, taken=(most - free).astype(np.int16))


def _aloft(routes: Iterable[Clocked], length_s: int) -> NDArray[np.int64]:
    """Return how many drones are in the air in each second."""
    change = np.zeros(length_s + 1, dtype=np.int64)
    for route, phase_s in routes:
        starts = np.array(takeoffs(route.flown, route.headway_s, phase_s), dtype=int)
        np.add.at(change, np.minimum(starts, length_s), 1)
        np.add.at(change, np.minimum(starts + route.aloft_s, length_s), -1)
    return np.cumsum(change[:-1])
