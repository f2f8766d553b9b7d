"""Recompute from a flown path what it takes from the battery."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.basics.clock import DAY_S
from planner.basics.geometry import FloatArray
from planner.basics.physics import wind_vector
from planner.basics.power import Battery
from planner.flown.tracks import FlownRoute
from planner.given.wind import Blow
from planner.scenario import Scenario


def blows_met(
    scenario: Scenario, flown: FlownRoute
) -> list[tuple[Blow, NDArray[np.bool_]]]:
    """
    Return the winds that a route meets, each with the pieces of its path that do.

    A piece meets what blows at the height of one of its ends when one of its sorties
    begins or ends it; a route that is never flown meets what blows at any hour.
    """
    wind = scenario.wind
    if not wind.spells:
        return [(wind, np.ones(len(flown.t) - 1, dtype=bool))]
    heights = np.stack([flown.z[:-1], flown.z[1:]])
    times = np.stack([flown.t[:-1], flown.t[1:]])
    starts = scenario.horizon.start_clock_s + flown.takeoffs
    left = np.ones((2, len(starts) or 1, len(flown.t) - 1), dtype=bool)
    found: list[tuple[Blow, NDArray[np.bool_]]] = []
    for spell in reversed(wind.spells):
        high = (spell.low_m <= heights) & (heights <= spell.high_m)
        now = np.ones_like(left)
        if spell.hours is not None and len(starts):
            clock = (starts[None, :, None] + times[:, None, :]) % DAY_S
            low_s, high_s = spell.hours
            now = ((low_s <= clock) & (clock <= high_s)) | (clock + DAY_S <= high_s)
        here = now & high[:, None, :]
        found.append((spell, np.any(left & here, axis=(0, 1))))
        if len(starts) or spell.hours is None:
            left &= ~here
    found.append((wind, np.any(left, axis=(0, 1))))
    return [(blow, pieces) for blow, pieces in found if pieces.any()]


def airspeeds_mps(flown: FlownRoute, blow: Blow) -> FloatArray:
    """Return how fast the air passes on each piece of a path, shape (n - 1,)."""
    spent_s = np.maximum(np.diff(flown.t), 1e-9)
    over_ground = np.diff(flown.xy, axis=0) / spent_s[:, None]
    over_ground[np.diff(flown.t) <= 0] = 0.0
    air = wind_vector(blow.speed_mps, blow.from_deg)
    east, north = (over_ground - np.array(air)).T
    return np.asarray(np.hypot(east, north))


def flown_wh(scenario: Scenario, flown: FlownRoute, battery: Battery) -> float:
    """
    Return the most that a sortie of a route takes from the battery [Wh].

    Each piece in the wind, of those met, in which it draws most; what climbs draws
    more, what waits or descends hovers in the wind.
    """
    spent_s, rise_m = np.diff(flown.t), np.diff(flown.z)
    draw_w = np.zeros(len(spent_s))
    for blow, pieces in blows_met(scenario, flown):
        level_w = battery.power_w(airspeeds_mps(flown, blow))
        draw_w = np.where(pieces, np.maximum(draw_w, level_w), draw_w)
    up = (rise_m > 0) & (spent_s > 0)
    rates = np.divide(rise_m, spent_s, out=np.zeros_like(rise_m), where=up)
    draw_w += battery.climbing_w(rates)
    return float(draw_w @ spent_s / 3600)


def charging_s(scenario: Scenario, flown: FlownRoute) -> float:
    """Return how long putting back what a sortie took keeps a charger [s]."""
    model = flown.model
    if model.battery is None:
        return model.steady_charge_s
    taken_wh = flown_wh(scenario, flown, model.battery)
    return model.battery.charging_s(min(taken_wh, model.battery.usable_wh))


def rest_s(scenario: Scenario, flown: FlownRoute) -> float:
    """Return the ground time that a sortie asks for [s], no waiting for a charger."""
    model = flown.model
    if model.battery is None or model.swaps:
        return model.turnaround_s
    return model.turnaround_s + charging_s(scenario, flown)


def landing_reserve_s(scenario: Scenario, flown: FlownRoute) -> float:
    """
    Return how much longer a route could last and still keep what it must [s].

    By battery, as long as what is left beyond the reserve lasts for hovering.
    """
    left_s = flown.model.usable_endurance_s - flown.route.duration_s
    battery = flown.model.battery
    if battery is None:
        return left_s
    left_wh = battery.usable_wh - flown_wh(scenario, flown, battery)
    return min(left_s, left_wh * 3600 / float(battery.power_w(0.0)))
