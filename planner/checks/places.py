"""Places: a drone flies from where it stands, and the day ends as it began."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from planner.checks.case import Case
from planner.checks.verdict import Gauge
from planner.plan import Sortie


def look_at_places(
    case: Case, days: Mapping[str, Sequence[Sortie]], gauge: Gauge
) -> None:
    """
    Look whether each sortie begins where its drone stands, and stations balance.

    A drone stands at the station that it is named for until it lands elsewhere.
    Drones of a type are alike: at the end of the horizon each station has to have as
    many of each as at its start.

    Parameters
    ----------
    days
        Sorties by drone, in the order of take-off.
    """
    routes = {r.id: r for r in case.plan.routes}
    models = {s.id: s.model for s in case.scenario.stations}
    more: Counter[tuple[str, str]] = Counter()
    for drone, sorties in days.items():
        home = place = drone.rpartition("-")[0]
        if home not in models:
            continue  # there is no such drone
        for sortie in sorties:
            route = routes.get(sortie.route)
            if route is None:
                continue
            if route.depot != place:
                where = f"{drone} {sortie.route} {case.clock(sortie.takeoff_s)}"
                code = "fleet.station" if place == home else "fleet.place"
                found = drone if place == home else place
                gauge.fault(code, where, found, route.depot)
            place = route.ends_at or place
        more[place, models[home]] += 1
        more[home, models[home]] -= 1
    begins = {(s.id, s.model): s.drones for s in case.scenario.stations}
    for (station, model), count in sorted(more.items()):
        if count:
            has = begins.get((station, model), 0)
            gauge.fault("fleet.balance", f"{station} {model}", has + count, has)
