"""Say who flies what where a horizon that repeats begins anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from planner.plan import Plan, Sortie
from planner.response.standby import drones_of, sorties_by_drone
from planner.scenario import Scenario, Station


def next_round(
    scenario: Scenario, station: Station, sorties: Sequence[Sortie]
) -> list[Sortie]:
    """
    Return the sorties of a station in the round after, by take-off, if there is one.

    The drones of a station are alike, so they may change numbers where the horizon
    begins anew: which is ready first is needed first.
    """
    if not scenario.horizon.repeats or not sorties:
        return []
    ordered = sorted(sorties, key=lambda s: (s.takeoff_s, s.drone))
    needed = list(dict.fromkeys(s.drone for s in ordered))
    becomes = dict(zip(needed, _ready_first(scenario, station, ordered), strict=False))
    length_s = scenario.horizon.length_s
    return [_later(s, length_s, becomes[s.drone]) for s in ordered]


def days_of(scenario: Scenario, plan: Plan) -> dict[str, list[Sortie]]:
    """
    Return each drone's sorties in the order of take-off.

    Where the horizon repeats, with those of the round before that it is not yet ready
    after, and those of the round after.
    """
    days = sorties_by_drone(plan)
    horizon = scenario.horizon
    if not horizon.repeats:
        return days
    found: dict[str, list[Sortie]] = defaultdict(list)
    for station in scenario.stations:
        own = [s for drone in drones_of(station) for s in days.get(drone, ())]
        ordered = sorted(own, key=lambda s: (s.takeoff_s, s.drone))
        needed = list(dict.fromkeys(s.drone for s in ordered))
        idle = [d for d in drones_of(station) if d not in set(needed)]
        ready = _ready_first(scenario, station, ordered)
        # Who is ready first in one round is needed first in the next.
        becomes = dict(zip(ready, [*needed, *idle], strict=False))
        before = [
            _later(s, -horizon.length_s, becomes.get(s.drone, s.drone))
            for s in ordered
            if s.ready_s > horizon.length_s
        ]
        for sortie in [*before, *ordered, *next_round(scenario, station, ordered)]:
            found[sortie.drone].append(sortie)
    return found


def _ready_first(
    scenario: Scenario, station: Station, sorties: Sequence[Sortie]
) -> list[str]:
    """Return the drones of a station that fly, by when they are ready at the end."""
    ready_s = {
        f"{station.id}-{n + 1}": 0.0
        for n in range(station.drones - scenario.rules.reserve_drones)
    }
    for s in sorties:
        ready_s[s.drone] = max(ready_s.get(s.drone, 0.0), s.ready_s)
    return sorted(ready_s, key=lambda drone: (ready_s[drone], drone))


def _later(sortie: Sortie, seconds: float, drone: str) -> Sortie:
    """Return a sortie so much later, by another drone."""
    return replace(
        sortie,
        drone=drone,
        takeoff_s=sortie.takeoff_s + seconds,
        landing_s=sortie.landing_s + seconds,
        ready_s=sortie.ready_s + seconds,
    )
