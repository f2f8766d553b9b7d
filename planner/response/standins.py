"""Say which flights of a drone that is sent nobody flies in its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from planner.basics.clock import Span
from planner.given.stamina import longest_sortie_s, turnaround_after_s
from planner.plan import Plan, Route, Sortie
from planner.response.errands import Errand
from planner.response.losses import Flight
from planner.response.passage import Passage
from planner.response.standby import Days, days_away, drones_at
from planner.scenario import Scenario, Station


class Roster:
    """
    Who flies what, and who stands where.

    Parameters
    ----------
    days
        Sorties by drone, in the order of take-off.
    """

    def __init__(self, plan: Plan, days: Mapping[str, Sequence[Sortie]]) -> None:
        self.days = days
        self.routes: dict[str, Route] = {route.id: route for route in plan.routes}
        self._away: Days = days_away(plan.routes, days)

    def free_at(self, station: Station, span: Span) -> list[str]:
        """Return the drones that stand ready at a station for a stretch of time."""
        here = self._away.get(station.id, {})
        return [
            drone
            for drone in drones_at(station, self._away)
            if all(
                away.ready_s <= span[0] or span[1] <= away.takeoff_s
                for away in here.get(drone, ())
            )
        ]


def broken_flights(
    scenario: Scenario,
    roster: Roster,
    errand: Errand,
    passage: Passage,
    moment_s: float,
) -> dict[Flight, float]:
    """
    Return the flights of a drone that is sent and that nobody flies, each from when.

    Until it is ready again they are flown by others at its station where one is free.
    A route that ends elsewhere is not: whoever flew it would be missed where it stands.
    Nor does the drone fly on from where it has not come.
    """
    station = errand.station
    model = scenario.model(station.model)
    ceiling_m = scenario.rules.ceiling_m
    longest_s = longest_sortie_s(model, ceiling_m)
    takeoff_s = errand.takeoff_s if errand.route else passage.start_s
    back_s = takeoff_s + longest_s
    back_s += turnaround_after_s(model, longest_s, ceiling_m)
    broken: dict[Flight, float] = {}
    if errand.route:
        broken[errand.route, takeoff_s] = errand.starts[0][0]
    taken: dict[str, list[Span]] = defaultdict(list)
    place = station.id
    for sortie in roster.days.get(errand.drone, ()):
        if sortie.takeoff_s <= moment_s or sortie.route not in roster.routes:
            continue
        route = roster.routes[sortie.route]
        if sortie.takeoff_s >= back_s and route.depot == place:
            place = route.lands_at
            continue
        flight = (sortie.route, sortie.takeoff_s)
        if flight in broken or (
            not route.ends_at and _is_flown(scenario, roster, errand, sortie, taken)
        ):
            continue
        broken[flight] = sortie.takeoff_s
    return broken


def _is_flown(
    scenario: Scenario,
    roster: Roster,
    errand: Errand,
    sortie: Sortie,
    taken: dict[str, list[Span]],
) -> bool:
    """Whether another drone where it begins can fly a sortie; that is then busy."""
    station = scenario.station(roster.routes[sortie.route].depot)
    span = (sortie.takeoff_s, sortie.ready_s)
    for drone in roster.free_at(station, span):
        if drone != errand.drone and all(
            high <= span[0] or span[1] <= low for low, high in taken[drone]
        ):
            taken[drone].append(span)
            return True
    return False
