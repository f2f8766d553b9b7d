"""Tell what the patrol loses by flights that are not flown to their end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.basics.clock import Span
from planner.flown.tracks import FlownRoute
from planner.flown.visits import TIME_TOLERANCE_S, same_ways
from planner.plan import Stop
from planner.scenario import Scenario

Flight = tuple[str, float]
"""A sortie, by its route and its take-off [s]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LostVisit:
    """
    What one zone loses.

    Parameters
    ----------
    stops
        Visits to its targets that are not flown.
    late_s
        How much longer than its interval the worst of those targets waits; 0 if
        none waits too long.
    caught_up_s
        By when the last of them is visited again, on the clock of its route [s from
        the start of the horizon]; None if not in the same window.
    """

    zone: str
    stops: int
    late_s: float
    caught_up_s: float | None


@dataclass(frozen=True, slots=True)
class _Visit:
    """One visit to a target; ``stop`` is the index among all stops there."""

    enter_s: float
    exit_s: float
    flight: Flight
    stop: int


class Visits:
    """All visits of a plan; where it repeats, of the rounds before and after too."""

    def __init__(self, scenario: Scenario, routes: Sequence[FlownRoute]) -> None:
        horizon = scenario.horizon
        self.length_s = horizon.length_s
        self.repeats = horizon.repeats
        self.rounds = (-1, 0, 1) if horizon.repeats else (0,)
        self.routes = {f.route.id: f for f in routes}
        self.windows = {z.id: scenario.windows(z) for z in scenario.zones}
        self.intervals_s = {z.id: z.revisit_s for z in scenario.zones}
        self._stops: dict[str, list[tuple[FlownRoute, Stop]]] = defaultdict(list)
        for flown in routes:
            for stop in flown.route.stops:
                self._stops[stop.target].append((flown, stop))
        self._of: dict[str, list[_Visit]] = {}
        self._same: dict[str, NDArray[np.bool_]] = {}

    def of(self, target: str) -> list[_Visit]:
        """Return the visits to a target by the time that they begin."""
        if target not in self._of:
            self._of[target] = sorted(
                (
                    _Visit(
                        t + n * self.length_s + stop.enter_s,
                        t + n * self.length_s + stop.exit_s,
                        (flown.route.id, t + n * self.length_s),
                        k,
                    )
                    for k, (flown, stop) in enumerate(self._stops[target])
                    for n in self.rounds
                    for t in flown.takeoffs.tolist()
                ),
                key=lambda visit: (visit.enter_s, visit.exit_s),
            )
            self._same[target] = same_ways(self._stops[target])
        return self._of[target]

    def gap_s(self, target: str, before: _Visit, after: _Visit) -> float:
        """Return how long a target waits from one visit to another."""
        if self._same[target][before.stop, after.stop]:
            # Seen the same way, each point of it waits from entry to entry.
            return max(after.enter_s - before.enter_s, after.exit_s - before.exit_s)
        return after.exit_s - before.enter_s


def lost_visits(
    visits: Visits, broken: Mapping[Flight, float]
) -> tuple[LostVisit, ...]:
    """
    Return what zones lose by flights that are not flown from some moment on.

    Parameters
    ----------
    broken
        The flights, each with that moment [s from the start of the horizon].

    Returns
    -------
    tuple of LostVisit
        The longest waits first.
    """
    missed: dict[str, list[tuple[str, float, float]]] = defaultdict(list)
    for (route, takeoff_s), from_s in broken.items():
        flown = visits.routes.get(route)
        for stop in flown.route.stops if flown else ():
            if takeoff_s + stop.exit_s > from_s:
                span = takeoff_s + stop.enter_s, takeoff_s + stop.exit_s
                for zone in stop.zones:
                    missed[zone].append((stop.target, *span))
    found = []
    for zone, stops in missed.items():
        waits = [_wait(visits, zone, target, (a, b), broken) for target, a, b in stops]
        counted = [wait for wait in waits if wait is not None]
        if counted:
            again = [at for _, at in counted]
            whole = [at for at in again if at is not None]
            found.append(
                LostVisit(
                    zone=zone,
                    stops=len(counted),
                    late_s=max(late for late, _ in counted),
                    caught_up_s=max(whole) if len(whole) == len(again) else None,
                )
            )
    return tuple(sorted(found, key=lambda v: (-v.late_s, v.zone)))


def _wait(
    visits: Visits,
    zone: str,
    target: str,
    lost: Span,
    broken: Mapping[Flight, float],
) -> tuple[float, float | None] | None:
    """
    Return how late a target is seen again, and when; None if its zone is not active.

    As the rule on revisits measures it: from the start of the visit before to the end
    of the one after, within the window; seen the same way, from entry to entry or
    from exit to exit. A window that is all of a horizon that repeats has no ends.
    """
    window = _window(visits, zone, lost)
    if window is None:
        return None
    low_s, high_s = window[0] - TIME_TOLERANCE_S, window[1] + TIME_TOLERANCE_S
    kept = [
        v
        for v in visits.of(target)
        if low_s <= v.enter_s
        and v.exit_s <= high_s
        and not v.exit_s > broken.get(v.flight, np.inf)
    ]
    before = max((v for v in kept if v.enter_s < lost[0]), key=_entry, default=None)
    after = min((v for v in kept if v.enter_s > lost[0]), key=_entry, default=None)
    if before and after:
        wait_s = visits.gap_s(target, before, after)
    elif before:
        wait_s = window[1] - before.enter_s
    elif after:
        wait_s = after.exit_s - window[0]
    else:
        wait_s = window[1] - window[0]
    if not np.isfinite(wait_s):
        wait_s = visits.length_s
    late_s = max(0.0, wait_s - visits.intervals_s[zone])
    return late_s, None if after is None else after.exit_s


def _window(visits: Visits, zone: str, lost: Span) -> Span | None:
    """Return the window of a zone that a visit lies in; unbounded if it has no ends."""
    for low_s, high_s in visits.windows.get(zone, ()):
        if visits.repeats and (low_s, high_s) == (0, visits.length_s):
            return -np.inf, np.inf
        for n in visits.rounds:
            low, high = low_s + n * visits.length_s, high_s + n * visits.length_s
            if low - TIME_TOLERANCE_S <= lost[0] and lost[1] <= high + TIME_TOLERANCE_S:
                return low, high
    return None


def _entry(visit: _Visit) -> float:
    return visit.enter_s
