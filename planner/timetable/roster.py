"""Give every sortie a drone: the first that is free, lowest number first."""

from __future__ import annotations

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from planner.basics.spells import WholeSpan
from planner.draft import DraftRoute
from planner.given.stamina import turnaround_after_s
from planner.plan import Sortie
from planner.scenario import Scenario
from planner.timetable.phases import TIME_TOLERANCE_S
from planner.timetable.rhythm import sorties, takeoffs


def make_roster(
    scenario: Scenario,
    drafts: Sequence[DraftRoute],
    phases_s: Mapping[str, int],
    waits_s: Mapping[str, int] | None = None,
    *,
    flown: Mapping[str, tuple[WholeSpan, ...]] | None = None,
) -> tuple[Sortie, ...]:
    """
    Return every sortie of the horizon with its drone, by take-off and drone.

    A drone is ready again at landing plus turnaround, what it waits for a charger
    included, and not before. At each
    station as many drones appear as are ever busy at once, and no more: first-free
    assignment in the order of take-offs colours an interval graph with the fewest
    colours. They are named ``STATION-n``, n from 1, whether or not the station
    has so many. After a route that ends elsewhere a drone flies on from there; a
    station's own come first.

    Parameters
    ----------
    phases_s
        First take-off by route id.
    waits_s
        For a charger, by route id, where there are any.
    flown
        What `planner.timetable.phases.flown_spans` returns, by route id, where that
        is known.
    """
    flights = sorted(
        (takeoff_s, draft.id, draft)
        for draft in drafts
        for takeoff_s in (
            sorties(scenario, draft, phases_s[draft.id])
            if flown is None
            else takeoffs(flown[draft.id], round(draft.headway_s), phases_s[draft.id])
        )
    )
    stands: dict[str, list[_Standing]] = defaultdict(list)
    begun: Counter[str] = Counter()
    waits = waits_s or {}
    rests_s = {d.id: _turnaround_s(scenario, d) + waits.get(d.id, 0) for d in drafts}
    roster = []
    for takeoff_s, _, draft in flights:
        landing_s = takeoff_s + draft.duration_s
        ready = landing_s + rests_s[draft.id]
        here = stands[draft.depot]
        free = (d for d in here if d.ready_s <= takeoff_s + TIME_TOLERANCE_S)
        one = next(free, None)
        if one is None:
            begun[draft.depot] += 1
            one = _Standing(draft.depot, begun[draft.depot], ready)
            insort(stands[draft.lands_at], one, key=_turn(draft.lands_at))
        else:
            one.ready_s = ready
            if draft.ends_at:
                here.remove(one)
                insort(stands[draft.ends_at], one, key=_turn(draft.ends_at))
        roster.append(
            Sortie(
                drone=f"{one.home}-{one.number}",
                route=draft.id,
                takeoff_s=float(takeoff_s),
                landing_s=round(landing_s, 3),
                ready_s=round(ready, 3),
            )
        )
    return tuple(sorted(roster, key=lambda s: (s.takeoff_s, s.drone)))


@dataclass(slots=True, eq=False)
class _Standing:
    """A drone that stands at a station, or will, and from when on it is ready."""

    home: str
    number: int
    ready_s: float


def _turn(station: str) -> Callable[[_Standing], tuple[bool, str, int]]:
    """Return in which order the drones at a station are asked."""
    return lambda drone: (drone.home != station, drone.home, drone.number)


def _turnaround_s(scenario: Scenario, draft: DraftRoute) -> float:
    """Return the ground time after a sortie of a route [s]."""
    return turnaround_after_s(
        scenario.model(draft.drone_model), draft.duration_s, scenario.rules.ceiling_m
    )
