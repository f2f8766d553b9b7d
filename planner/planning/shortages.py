"""
Prove that a zone asks for more visits than stations have drones or power for.

Whatever else is flown and whenever: each visit to a target is a sortie from a station
in reach, and between two sorties of a drone there are a turnaround and a charge. So a
window has room for so many and no more, from all stations together. Drones and
batteries are taken to be full as it begins, and a sortie to stop at a target once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from planner.basics.clock import Span
from planner.basics.geometry import FloatArray
from planner.bounds.work import INTERVAL_ROUNDING_S, ROUNDING_S
from planner.given.drone import DroneModel
from planner.given.stamina import least_charge_s, longest_flight_s
from planner.scenario import Scenario, Station, Zone
from planner.targets import Target


@dataclass(frozen=True, slots=True)
class Stock:
    """
    What a station has of something, and the sorties that it is enough for.

    Parameters
    ----------
    kind
        ``drones`` (on rotation), ``chargers`` or ``batteries``.
    there
        How many there are.
    each
        Sorties that one more would be enough for.
    beside
        Sorties that none is needed for.
    """

    kind: str
    there: int
    each: int
    beside: int = 0

    @property
    def sorties(self) -> int:
        """How many sorties it is enough for."""
        return self.beside + self.there * self.each


def shortage(
    scenario: Scenario,
    zone: Zone,
    targets: Sequence[Target],
    alone_s: Callable[[Target], FloatArray],
) -> dict[str, Any] | None:
    """
    Return the figures of a target that no stations can visit often enough, if any.

    Nothing is proven where drones may land elsewhere, or routes are flown as drawn.

    Parameters
    ----------
    scenario
        As it was given: what teams keep ready may be any drones.
    targets
        Of the zone.
    alone_s
        How long a sortie to a target takes from each station at least.
    """
    if scenario.rules.land_elsewhere or scenario.fixed:
        return None
    for target in targets:
        flights_s = alone_s(target).tolist()
        for window in scenario.windows(zone):
            needed = _visits(scenario, zone, window)
            length_s = window[1] - window[0] + INTERVAL_ROUNDING_S
            scarce = {
                station.id: _scarcest(scenario, station, target, flight_s, length_s)
                for station, flight_s in zip(scenario.stations, flights_s, strict=True)
                if flight_s <= longest_flight_s(scenario.model(station.model))
            }
            if scarce and sum(s.sorties for s in scarce.values()) < needed:
                return _figures(scenario, zone, window, scarce, needed)
    return None


def _visits(scenario: Scenario, zone: Zone, window: Span) -> int:
    """Return how many visits a window cannot do without."""
    horizon = scenario.horizon
    gaps = math.ceil((window[1] - window[0]) / (zone.revisit_s + INTERVAL_ROUNDING_S))
    # One that goes round has no start and no end: as many gaps as visits.
    goes_round = horizon.repeats and window == (0, horizon.length_s)
    return gaps if goes_round else max(1, gaps - 1)


def _scarcest(
    scenario: Scenario,
    station: Station,
    target: Target,
    alone_s: float,
    length_s: float,
) -> Stock:
    """Return what allows a station the fewest sorties to a target within a time."""
    model, rules = scenario.model(station.model), scenario.rules
    # From the lowest height that there may be, where the plan reckons with the ceiling.
    saved_m = rules.ceiling_m - (rules.floor_m if scenario.terrain is None else 0.0)
    saved_s = saved_m / model.climb_mps + saved_m / model.descent_mps
    flight_s = max(alone_s - saved_s - ROUNDING_S, 0.0)
    rest_s, charge_s = _rest_s(model, flight_s)
    # In by one way and out by another, two sorties may fly as good as nothing between.
    ends_s = flight_s if len(target.ways) == 1 else 0.0
    cycle_s = max(flight_s + rest_s, ROUNDING_S)
    drones = max(0, station.drones - rules.reserve_drones)
    each = 2 + math.floor((length_s - rest_s - ends_s) / cycle_s)
    found = [Stock("drones", drones, each)]
    if not charge_s:
        return found[0]
    charges = math.floor(length_s / charge_s)
    if not model.swaps:
        if station.chargers is not None:
            # Each drone is full at first and may be empty at last.
            found.append(Stock("chargers", station.chargers, charges, drones))
    elif station.batteries is not None:
        spare = station.batteries
        chargers = station.pads if station.chargers is None else station.chargers
        again = math.floor(length_s / (rest_s + charge_s))
        found.append(Stock("batteries", spare, 1 + again, drones))
        found.append(Stock("chargers", chargers, charges, drones + spare))
    return min(found, key=lambda stock: stock.sorties)


def _rest_s(model: DroneModel, flight_s: float) -> tuple[float, float]:
    """Return the least turnaround after a flight, and the least charge [s]."""
    charge_s = max(least_charge_s(model, flight_s) - ROUNDING_S, 0.0)
    aboard_s = 0.0 if model.battery is None or model.swaps else charge_s
    return max(model.turnaround_s - ROUNDING_S, 0.0) + aboard_s, charge_s


def _figures(
    scenario: Scenario,
    zone: Zone,
    window: Span,
    scarce: Mapping[str, Stock],
    needed: int,
) -> dict[str, Any]:
    """Return what runs out at the station that could fly there most often."""
    possible = sum(each.sorties for each in scarce.values())
    station = max(sorted(scarce), key=lambda name: scarce[name].sorties)
    stock = scarce[station]
    return {
        "interval_min": round(zone.revisit_s / 60, 1),
        "begin": scenario.horizon.moment(window[0]),
        "end": scenario.horizon.moment(window[1]),
        "needed": needed,
        "possible": possible,
        "station": station,
        "supply": stock.kind,
        "there": stock.there,
        "asked": stock.there + math.ceil((needed - possible) / stock.each),
    }
