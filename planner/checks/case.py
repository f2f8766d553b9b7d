"""Hold what every rule looks at: a plan, its scenario, and its paths in metres."""

from __future__ import annotations

from dataclasses import dataclass

from planner.clock import clock_text
from planner.flown import FlownRoute, flown_routes, over_horizon_of
from planner.plan import Plan
from planner.scenario import Scenario
from planner.visits import LongestGap, longest_gaps

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
    routes
        The routes that can be flown at all; other rules report the rest.
    gaps
        The longest gaps between their visits.
    """

    given: Scenario
    scenario: Scenario
    plan: Plan
    routes: tuple[FlownRoute, ...]
    gaps: list[LongestGap]

    def clock(self, seconds: float) -> str:
        """Return the local time ``HH:MM:SS`` of a moment of the horizon."""
        moment = self.scenario.horizon.start_clock_s + seconds
        return f"{clock_text(moment)}:{int(moment % 60):02d}"


def case_of(scenario: Scenario, plan: Plan) -> Case:
    """Return a plan with its flown paths, ready for the rules."""
    over = over_horizon_of(scenario, plan)
    routes = flown_routes(scenario, plan)
    return Case(
        given=scenario,
        scenario=over,
        plan=plan,
        routes=routes,
        gaps=longest_gaps(over, routes),
    )
