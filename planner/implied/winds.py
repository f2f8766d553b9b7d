"""Say which winds may blow, how high and when."""

from __future__ import annotations

from planner.basics.physics import Winds, wind_vector
from planner.given.drone import DroneModel
from planner.given.wind import Blow, Spell, Wind
from planner.implied.aloft import layers_m
from planner.scenario import Scenario


def all_winds(scenario: Scenario) -> Winds:
    """
    Return every wind that may blow at some height and hour, as (east, north) [m/s].

    A route keeps one clock all day and its layer is chosen last, so legs are given
    the time that the slowest of them takes.
    """
    blows = scenario.wind.blows
    return tuple(dict.fromkeys(wind_vector(b.speed_mps, b.from_deg) for b in blows))


def strongest_mps(wind: Wind, height_m: float) -> float:
    """Return the strongest wind at a height at any hour, gusts included [m/s]."""
    return max(
        blow.strongest_mps
        for blow in wind.blows
        if not isinstance(blow, Spell) or blow.low_m <= height_m <= blow.high_m
    )


def calm_layers_m(scenario: Scenario) -> tuple[float, ...]:
    """Return the layers at which no drone type ever meets more wind than it may."""
    return tuple(h for h in layers_m(scenario) if is_calm(scenario, h))


def is_calm(scenario: Scenario, height_m: float) -> bool:
    """Whether no drone type ever meets more wind than it may at a height."""
    flying = {station.model for station in scenario.stations}
    limits = [
        m.wind_limit_mps
        for m in scenario.drone_models
        if m.model in flying and m.wind_limit_mps is not None
    ]
    least = min(limits, default=float("inf"))
    return strongest_mps(scenario.wind, height_m) <= least


def may_fly(model: DroneModel, blow: Blow) -> bool:
    """Whether a drone type may be in a wind."""
    return model.wind_limit_mps is None or blow.strongest_mps <= model.wind_limit_mps
