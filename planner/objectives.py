"""
Say what a plan minimises, most important first.

The order is stated here alone. Routes are compared by it once they have clocks;
engines and the recombination, which see no clocks, pay the prices that go with it
(see `planner.prices`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

ObjectiveName = Literal["guarantee", "frugal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """
    What is minimised, and the prices that lead a search there.

    Parameters
    ----------
    order
        Measures of a set of routes, see `planner.engines.assess.Assessed`, most
        important first.
    drone
        Price of each whole drone that a station needs in the busiest period; that
        of a drone on a route is 1.
    on_ground
        Whether a drone on a route is paid for at all hours and in its turnaround
        too; otherwise only while it flies.
    """

    order: tuple[str, ...]
    drone: float
    on_ground: bool

    def score(self, measures: Any) -> tuple[float, ...]:
        """Return what is compared, most important first."""
        return tuple(round(getattr(measures, name), 9) for name in self.order)

    @property
    def relieves(self) -> bool:
        """Whether a station that does with a drone less is what is looked for."""
        return self.order[1] == "drones"


OBJECTIVES: Mapping[ObjectiveName, Objective] = {
    "guarantee": Objective(
        order=("unserved", "drones", "load"), drone=3.0, on_ground=True
    ),
    "frugal": Objective(
        order=("unserved", "flight_s", "drones"), drone=0.01, on_ground=False
    ),
}
"""By the name in the scenario."""
