"""
Say how long a drone flies, and how long it then rests.

By its endurance and a constant turnaround, or by its battery: then every second of a
sortie is taken to draw the most that level flight up to its airspeed does. What is
flown draws less or as much, so a plan made so keeps its energy whatever it does in
the air.
"""

from __future__ import annotations

from functools import cache

from planner.basics.power import Battery
from planner.given.drone import DroneModel

_PRECISION_S = 0.01


def sortie_wh(model: DroneModel, duration_s: float, ceiling_m: float) -> float:
    """Return the most that a sortie of a duration takes from the battery [Wh]."""
    assert model.battery is not None
    draw_w, climb_wh = _draw(
        model.battery, model.airspeed_mps, model.climb_mps, ceiling_m
    )
    return climb_wh + draw_w * duration_s / 3600


def longest_sortie_s(model: DroneModel, ceiling_m: float) -> float:
    """Return the longest sortie that time and energy allow, whatever it does [s]."""
    if model.battery is None:
        return model.usable_endurance_s
    draw_w, climb_wh = _draw(
        model.battery, model.airspeed_mps, model.climb_mps, ceiling_m
    )
    lasts_s = (model.battery.usable_wh - climb_wh) * 3600 / draw_w
    return min(model.usable_endurance_s, max(0.0, lasts_s))


def turnaround_after_s(model: DroneModel, duration_s: float, ceiling_m: float) -> float:
    """Return the ground time that is planned for after a sortie [s]."""
    if model.battery is None or model.swaps:
        return model.turnaround_s
    return model.turnaround_s + charging_after_s(model, duration_s, ceiling_m)


def charging_after_s(model: DroneModel, duration_s: float, ceiling_m: float) -> float:
    """
    Return how long a charger is planned for after a sortie [s].

    It charges the drone at the end of its turnaround, or the battery that was swapped
    for another once that is over.
    """
    if model.battery is not None:
        return model.battery.charging_s(sortie_wh(model, duration_s, ceiling_m))
    return model.steady_charge_s


def longest_within_s(model: DroneModel, cycle_s: float, ceiling_m: float) -> float:
    """Return the longest sortie that fits a cycle with the turnaround after it [s]."""
    if model.battery is None:
        return cycle_s - model.turnaround_s
    low_s, high_s = 0.0, longest_sortie_s(model, ceiling_m)
    if high_s + turnaround_after_s(model, high_s, ceiling_m) <= cycle_s:
        return high_s
    if turnaround_after_s(model, 0.0, ceiling_m) > cycle_s:
        return cycle_s - turnaround_after_s(model, 0.0, ceiling_m)
    while high_s - low_s > _PRECISION_S:
        middle_s = (low_s + high_s) / 2
        if middle_s + turnaround_after_s(model, middle_s, ceiling_m) <= cycle_s:
            low_s = middle_s
        else:
            high_s = middle_s
    return low_s


def longest_flight_s(model: DroneModel) -> float:
    """Return what no sortie outlasts, however little it draws [s]."""
    if model.battery is None:
        return model.usable_endurance_s
    lasts_s = model.battery.usable_wh * 3600 / model.battery.least_w
    return min(model.usable_endurance_s, lasts_s)


def least_rest_s(model: DroneModel) -> float:
    """
    Return the least turnaround after a flight of `longest_flight_s` [s].

    A shorter flight is charged for in proportion at least: charging is slowest at its
    end, and handling takes as long after any flight.
    """
    if model.battery is None or model.swaps:
        return model.turnaround_s
    return model.turnaround_s + least_charge_s(model, longest_flight_s(model))


def least_charge_s(model: DroneModel, flight_s: float) -> float:
    """Return the least time at a charger after a flight that draws little [s]."""
    if model.battery is None:
        return model.steady_charge_s
    return model.battery.charging_s(model.battery.least_w * flight_s / 3600)


@cache
def _draw(
    battery: Battery, airspeed_mps: float, climb_mps: float, ceiling_m: float
) -> tuple[float, float]:
    """Return the power that is planned for [W], and what the climb adds [Wh]."""
    climb_s = ceiling_m / climb_mps
    climb_wh = float(battery.climbing_w(climb_mps)) * climb_s / 3600
    return battery.most_w(airspeed_mps), climb_wh
