"""
Say what a plan minimises, most important first.

The order is stated here alone. Routes are compared by it once they have clocks;
engines and the recombination, which see no clocks, pay the prices that go with it
(see `planner.engines.prices`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

ObjectiveName = Literal["guarantee", "tighten", "frugal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """
    What is minimised, and the prices that lead a search there.

    Parameters
    ----------
    order
        Measures of a plan, most important first.
    routes
        The same of a set of routes, see `planner.engines.assess.Assessed`, at given
        intervals: routes that take few drones leave most to come more often with.
    drone
        Price of each whole drone that a station needs in the busiest period; that
        of a drone on a route is 1.
    on_ground
        Whether a drone on a route is paid for at all hours and in its turnaround
        too; otherwise only while it flies.
    """

    order: tuple[str, ...]
    routes: tuple[str, ...]
    drone: float
    on_ground: bool

    def score(self, routes: Any) -> tuple[float, ...]:
        """Return by what sets of routes are compared, most important first."""
        return tuple(round(getattr(routes, name), 9) for name in self.routes)

    def plan_score(self, metrics: Mapping[str, Any]) -> tuple[float, ...]:
        """Return the same of plans, where all that counts is in their metrics."""
        unserved = metrics["priority"] - metrics["priority_served"]
        measures = {**metrics, "unserved": unserved}
        return tuple(measures[name] or 0.0 for name in self.order)

    @property
    def relieves(self) -> bool:
        """Whether a station that does with a drone less is what is looked for."""
        return self.routes[1] == "drones"

    @property
    def tightens(self) -> bool:
        """Whether drones that are left over are to shorten the gaps."""
        return "worst_idleness_ratio" in self.order


_FEWEST_DRONES = ("unserved", "drones", "load")
_LEAST_FLYING = ("unserved", "flight_s", "drones")

OBJECTIVES: Mapping[ObjectiveName, Objective] = {
    "guarantee": Objective(
        order=_FEWEST_DRONES, routes=_FEWEST_DRONES, drone=3.0, on_ground=True
    ),
    "tighten": Objective(
        order=("unserved", "worst_idleness_ratio", "mean_idleness_ratio"),
        routes=_FEWEST_DRONES,
        drone=3.0,
        on_ground=True,
    ),
    "frugal": Objective(
        order=_LEAST_FLYING, routes=_LEAST_FLYING, drone=0.01, on_ground=False
    ),
}
"""By the name in the scenario."""
