"""Hold what every rule looks at: a plan, its scenario, and its paths in metres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from planner.flown.tracks import (
    FlownRoute,
    flown_routes,
    over_horizon_of,
    over_the_seam,
)
from planner.flown.visits import LongestGap, longest_gaps
from planner.plan import Plan, Sortie
from planner.scenario import Scenario, Station

TIME_TOLERANCE_S = 2e-3
"""Two times of a file, each rounded to the millisecond, and what comes of it [s]."""

LENGTH_TOLERANCE_M = 1e-3
"""What rounding coordinates to 8 decimals may move a drone by [m]."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """
    A plan to be checked.

    Parameters
    ----------
    given
        The scenario as it was given.
    scenario
        The same over the horizon of the plan.
    flown
        The routes that can be flown at all; other rules report the rest.
    routes
        The same where the horizon repeats with the take-offs just before and after it.
    gaps
        The longest gaps between their visits.
    """

    given: Scenario
    scenario: Scenario
    plan: Plan
    flown: tuple[FlownRoute, ...]
    routes: tuple[FlownRoute, ...]
    gaps: list[LongestGap]

    def clock(self, seconds: float) -> str:
        """Return the local time ``HH:MM:SS`` of a moment, after the day if several."""
        horizon = self.scenario.horizon
        second = int((horizon.start_clock_s + seconds) % 60)
        return f"{horizon.moment(seconds)}:{second:02d}"


def case_of(scenario: Scenario, plan: Plan) -> Case:
    """Return a plan with its flown paths, ready for the rules."""
    over = over_horizon_of(scenario, plan)
    flown = flown_routes(scenario, plan)
    return Case(
        given=scenario,
        scenario=over,
        plan=plan,
        flown=flown,
        routes=over_the_seam(over.horizon, flown),
        gaps=longest_gaps(over, flown),
    )


def next_round(case: Case, station: Station, sorties: Sequence[Sortie]) -> list[Sortie]:
    """
    Return the sorties of a station in the round after, by take-off, if there is one.

    The drones of a station are alike, so they may change numbers where the horizon
    begins anew: which is ready first is needed first.
    """
    length_s = case.scenario.horizon.length_s
    if not case.scenario.horizon.repeats or not sorties:
        return []
    ordered = sorted(sorties, key=lambda s: (s.takeoff_s, s.drone))
    needed = list(dict.fromkeys(s.drone for s in ordered))
    ready_s = {
        f"{station.id}-{n + 1}": 0.0
        for n in range(station.drones - case.scenario.rules.reserve_drones)
    }
    for s in ordered:
        ready_s[s.drone] = max(ready_s.get(s.drone, 0.0), s.ready_s)
    ready = sorted(ready_s, key=lambda drone: (ready_s[drone], drone))
    becomes = dict(zip(needed, ready, strict=False))
    return [
        replace(
            s,
            drone=becomes[s.drone],
            takeoff_s=s.takeoff_s + length_s,
            landing_s=s.landing_s + length_s,
            ready_s=s.ready_s + length_s,
        )
        for s in ordered
    ]
