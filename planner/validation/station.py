"""Find what contradicts itself in what stations have: drones, pads, chargers."""

from __future__ import annotations

from collections.abc import Iterator

from planner.errors import Finding
from planner.given.drone import DroneModel
from planner.implied.bureaux import bureaux
from planner.scenario import Scenario, Station
from planner.validation.ground import finding


def fleet(scenario: Scenario) -> Iterator[Finding]:
    """There are drones, they have pads, and not all are kept back."""
    reserve = scenario.rules.reserve_drones
    if not any(station.drones for station in scenario.stations):
        yield finding("E-NO-DRONES", "stations")
        return
    for station in scenario.stations:
        if station.drones == 0:
            yield finding("W-STATION-EMPTY", "stations", station.id)
        elif station.drones <= reserve:
            yield finding(
                "W-RESERVE",
                "stations",
                station.id,
                drones=station.drones,
                reserve=reserve,
            )
        if station.drones and station.pads < 1:
            yield finding("E-NO-PADS", "stations", station.id, drones=station.drones)
    for bureau in bureaux(scenario):
        wanted = scenario.rules.team_ready * len(bureau.teams)
        if bureau.drones < wanted:
            name = bureau.teams[0].id
            figures = {"wanted": wanted, "drones": bureau.drones}
            yield finding("E-TEAM-DRONES", "response_teams", name, **figures)


def pilots(scenario: Scenario) -> Iterator[Finding]:
    """Where there are drones, a pilot is on duty at some time."""
    if scenario.crews is None:
        return
    horizon = scenario.horizon
    idle = {
        name
        for name in {s.district for s in scenario.stations}
        if scenario.crews.grounded([name], horizon) == ((0.0, horizon.length_s),)
    }
    for station in scenario.stations:
        if station.drones and station.district in idle:
            values = {"drones": station.drones, "district": station.district or "-"}
            yield finding("W-NO-PILOTS", "stations", station.id, **values)


def chargers(scenario: Scenario) -> Iterator[Finding]:
    """Whatever is charged has a charger, and the time for it."""
    for model in scenario.drone_models:
        if _charges_aboard(model) and (model.charge_s or 0.0) > model.turnaround_s:
            yield finding(
                "E-CHARGE-LONG",
                "",
                f"drones.{model.model}.charge_s",
                charge=model.charge_s,
                turnaround=model.turnaround_s,
            )
    for station, model in _manned(scenario):
        if station.chargers == 0 and _needs_chargers(station, model):
            yield finding(
                "E-NO-CHARGERS",
                "stations",
                station.id,
                drones=station.drones,
                model=model.model,
            )
        elif not model.swaps and (station.chargers or 0) > station.pads:
            yield finding(
                "W-CHARGERS-IDLE",
                "stations",
                station.id,
                chargers=station.chargers,
                pads=station.pads,
            )


def batteries(scenario: Scenario) -> Iterator[Finding]:
    """Batteries lie where they are swapped, and it is known how long they charge."""
    for station, model in _manned(scenario):
        if station.batteries is None:
            continue
        values = {"batteries": station.batteries, "model": model.model}
        if not model.swaps:
            yield finding("W-BATTERIES-IDLE", "stations", station.id, **values)
        elif station.batteries == 0:
            yield finding("E-NO-BATTERIES", "stations", station.id, **values)
        elif not _charging_is_known(model):
            yield finding("E-BATTERY-CHARGE", "stations", station.id, **values)


def _manned(scenario: Scenario) -> Iterator[tuple[Station, DroneModel]]:
    """Yield the stations with drones of a type that there is, and the type."""
    models = {model.model: model for model in scenario.drone_models}
    for station in scenario.stations:
        if station.drones and station.model in models:
            yield station, models[station.model]


def _charges_aboard(model: DroneModel) -> bool:
    """Whether a drone charges for as long as its figures say, not its battery."""
    return model.battery is None and not model.swaps


def _needs_chargers(station: Station, model: DroneModel) -> bool:
    if model.swaps and station.batteries is None:
        return False  # where there is always a charged battery, nobody counts
    if model.battery is not None:
        return model.battery.charge_w > 0
    return model.steady_charge_s > 0


def _charging_is_known(model: DroneModel) -> bool:
    if model.battery is None:
        return model.charge_s is not None
    return model.battery.charge_w > 0
