"""Say who flies what where a horizon that repeats begins anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from planner.plan import Plan, Sortie
from planner.response.standby import drones_of, sorties_by_drone
from planner.scenario import Scenario


def next_round(scenario: Scenario, plan: Plan) -> list[Sortie]:
    """
    Return the sorties of the round after, by take-off, if there is one.

    The drones of a station are alike, so they may change numbers where the horizon
    begins anew: of those that stand there then, which is ready first is needed first.
    """
    if not scenario.horizon.repeats:
        return []
    ordered = _ordered(plan)
    needed, ready = _needed(ordered), _ready(scenario, plan, ordered)
    becomes = {
        old: new
        for station, drones in needed.items()
        for old, new in zip(drones, ready.get(station, ()), strict=False)
    }
    length_s = scenario.horizon.length_s
    return [_later(s, length_s, becomes.get(s.drone, s.drone)) for s in ordered]


def days_of(scenario: Scenario, plan: Plan) -> dict[str, list[Sortie]]:
    """
    Return each drone's sorties in the order of take-off.

    Where the horizon repeats, with those of the round before that it is not yet ready
    after, and those of the round after.
    """
    if not scenario.horizon.repeats:
        return sorties_by_drone(plan)
    ordered = _ordered(plan)
    needed, ready = _needed(ordered), _ready(scenario, plan, ordered)
    becomes: dict[str, str] = {}
    for station in scenario.stations:
        own = needed.get(station.id, [])
        idle = [d for d in drones_of(station) if d not in set(own)]
        # Who is ready first in one round is needed first in the next.
        becomes |= zip(ready.get(station.id, ()), [*own, *idle], strict=False)
    length_s = scenario.horizon.length_s
    before = [
        _later(s, -length_s, becomes.get(s.drone, s.drone))
        for s in ordered
        if s.ready_s > length_s
    ]
    found: dict[str, list[Sortie]] = defaultdict(list)
    for sortie in [*before, *ordered, *next_round(scenario, plan)]:
        found[sortie.drone].append(sortie)
    return found


def _ordered(plan: Plan) -> list[Sortie]:
    """Return the sorties of a plan by take-off."""
    return sorted(plan.roster, key=lambda s: (s.takeoff_s, s.drone))


def _needed(ordered: Sequence[Sortie]) -> dict[str, list[str]]:
    """Return by station the drones that begin a round there, in that order."""
    needed: dict[str, list[str]] = defaultdict(list)
    for drone in dict.fromkeys(s.drone for s in ordered):
        needed[_home(drone)].append(drone)
    return needed


def _ready(
    scenario: Scenario, plan: Plan, ordered: Sequence[Sortie]
) -> dict[str, list[str]]:
    """
    Return by station the drones that stand there at the end, by when they are ready.

    Each stays with the station that it is named for until it lands elsewhere.
    """
    ready_s = {
        f"{station.id}-{n + 1}": 0.0
        for station in scenario.stations
        for n in range(station.drones - scenario.rules.reserve_drones)
    }
    ends_at = {route.id: route.ends_at for route in plan.routes if route.ends_at}
    stands: dict[str, str] = {}
    for s in ordered:
        ready_s[s.drone] = max(ready_s.get(s.drone, 0.0), s.ready_s)
        if s.route in ends_at:
            stands[s.drone] = ends_at[s.route]
    ready: dict[str, list[str]] = defaultdict(list)
    for drone in sorted(ready_s, key=lambda drone: (ready_s[drone], drone)):
        ready[stands.get(drone, _home(drone))].append(drone)
    return ready


def _home(drone: str) -> str:
    """Return the station that a drone is named for."""
    return drone.rpartition("-")[0]


def _later(sortie: Sortie, seconds: float, drone: str) -> Sortie:
    """Return a sortie so much later, by another drone."""
    return replace(
        sortie,
        drone=drone,
        takeoff_s=sortie.takeoff_s + seconds,
        landing_s=sortie.landing_s + seconds,
        ready_s=sortie.ready_s + seconds,
    )
