"""Hold what every rule looks at: a plan, its scenario, and its paths in metres."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from planner.flown.tracks import (
    FlownRoute,
    flown_routes,
    over_horizon_of,
    over_the_seam,
)
from planner.flown.visits import LongestGap, longest_gaps
from planner.plan import Plan, Sortie
from planner.scenario import Scenario

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


def next_round(case: Case) -> list[Sortie]:
    """
    Return the sorties of the round after, by take-off, if there is one.

    The drones of a station are alike, so they may change numbers where the horizon
    begins anew: of those that stand there then, which is ready first is needed first.
    """
    length_s = case.scenario.horizon.length_s
    if not case.scenario.horizon.repeats:
        return []
    ordered = sorted(case.plan.roster, key=lambda s: (s.takeoff_s, s.drone))
    needed: dict[str, list[str]] = defaultdict(list)
    for drone in dict.fromkeys(s.drone for s in ordered):
        needed[drone.rpartition("-")[0]].append(drone)
    places = stands(case.plan, ordered)
    ready_s = {
        f"{station.id}-{n + 1}": 0.0
        for station in case.scenario.stations
        for n in range(station.drones - case.scenario.rules.reserve_drones)
    }
    for s in ordered:
        ready_s[s.drone] = max(ready_s.get(s.drone, 0.0), s.ready_s)
    ready: dict[str, list[str]] = defaultdict(list)
    for drone in sorted(ready_s, key=lambda drone: (ready_s[drone], drone)):
        ready[places.get(drone, drone.rpartition("-")[0])].append(drone)
    becomes = {
        old: new
        for station, drones in needed.items()
        for old, new in zip(drones, ready[station], strict=False)
    }
    return [
        replace(
            s,
            drone=becomes.get(s.drone, s.drone),
            takeoff_s=s.takeoff_s + length_s,
            landing_s=s.landing_s + length_s,
            ready_s=s.ready_s + length_s,
        )
        for s in ordered
    ]


def stands(plan: Plan, ordered: Iterable[Sortie]) -> dict[str, str]:
    """
    Return at which station each drone stands after its sorties.

    It stays with the station that it is named for until it lands elsewhere.

    Parameters
    ----------
    ordered
        Sorties by take-off.
    """
    ends_at = {route.id: route.ends_at for route in plan.routes}
    return {s.drone: ends_at[s.route] for s in ordered if ends_at.get(s.route, "")}
