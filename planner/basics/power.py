"""Compute what flying takes from a battery, and how long charging it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.basics.physics import ground_speed

GRAVITY_MPS2 = 9.81
AIR_KG_PER_M3 = 1.225
"""At sea level and 15 degrees Celsius."""

PROFILE_SHARE = 0.3
"""
Share of the power of hovering that turns the blades against their own drag; the rest
lifts. Small rotors lift with a figure of merit of about 0.7 at best (Leishman,
Principles of Helicopter Aerodynamics, 2006).
"""

_FASTEST_MPS = 40.0
_STEP_MPS = 0.05
_DIRECTIONS = 16


@dataclass(frozen=True, kw_only=True)
class Battery:
    """
    A battery, the airframe that it lifts, and how it is filled again.

    Parameters
    ----------
    capacity_wh
        When new and full.
    health_share
        Of the capacity, what is counted on: age, cold, gusts.
    full_share, reserve_share
        Charge at take-off, and the least on landing, as shares.
    mass_kg, payload_kg
        Of the drone as its maker sells it, and of what it carries beyond that.
    rotor_area_m2
        Of all rotors together.
    tip_speed_mps
        Of the blades, hovering.
    drag_area_m2
        Drag coefficient times frontal area.
    still_air_s
        Longest flight in still air at the best airspeed, from full to empty, as its
        maker states it: from it follow the losses of motors and electronics.
    charge_w
        Power into the battery; 0 where batteries are swapped.
    taper_share
        Charge from which on that power falls, linearly to none when full.

    Raises
    ------
    ValueError
        If a figure makes no sense on its own.
    """

    capacity_wh: float
    health_share: float
    full_share: float
    reserve_share: float
    mass_kg: float
    rotor_area_m2: float
    tip_speed_mps: float
    drag_area_m2: float
    still_air_s: float
    charge_w: float
    taper_share: float
    payload_kg: float = 0.0

    def __post_init__(self) -> None:
        for name in (
            "capacity_wh",
            "mass_kg",
            "rotor_area_m2",
            "tip_speed_mps",
            "still_air_s",
        ):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive.")
        for name in ("drag_area_m2", "charge_w", "payload_kg"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must not be negative.")
        if not 0 < self.health_share <= 1:
            raise ValueError("health_share must lie in (0, 1].")
        if not 0 <= self.reserve_share < self.full_share <= 1:
            raise ValueError("reserve_share must be below full_share, both in [0, 1].")
        if not 0 < self.taper_share < 1:
            raise ValueError("taper_share must lie in (0, 1).")
        if self.charge_w and self.full_share == 1:
            raise ValueError("Charging to the very full takes for ever.")

    @property
    def usable_wh(self) -> float:
        """What a sortie may take, so that the reserve is left."""
        return self._healthy_wh * (self.full_share - self.reserve_share)

    @property
    def _healthy_wh(self) -> float:
        return self.capacity_wh * self.health_share

    @property
    def _thrust_n(self) -> float:
        """Thrust in hover."""
        return (self.mass_kg + self.payload_kg) * GRAVITY_MPS2

    def _hover_flow_mps(self, thrust_n: float) -> float:
        """Return the speed of the air through the rotors, by momentum theory."""
        return math.sqrt(thrust_n / (2 * AIR_KG_PER_M3 * self.rotor_area_m2))

    @cached_property
    def _losses(self) -> float:
        """How many times the power at the rotors is drawn from the battery."""
        speeds = np.arange(0.0, _FASTEST_MPS, _STEP_MPS)
        best_w = float(self._at_rotors_w(speeds, self.mass_kg * GRAVITY_MPS2).min())
        return self.capacity_wh * 3600 / self.still_air_s / best_w

    def _at_rotors_w(
        self, airspeed_mps: ArrayLike, thrust_n: float
    ) -> NDArray[np.float64]:
        speed = np.asarray(airspeed_mps, dtype=float)
        flow = self._hover_flow_mps(thrust_n)
        lift_w = thrust_n * flow
        profile_w = lift_w * PROFILE_SHARE / (1 - PROFILE_SHARE)
        ratio = speed**2 / (2 * flow**2)
        induced = np.sqrt(np.sqrt(1 + ratio**2) - ratio)
        drag_w = 0.5 * AIR_KG_PER_M3 * self.drag_area_m2 * speed**3
        blades = 1 + 3 * (speed / self.tip_speed_mps) ** 2
        return np.asarray(profile_w * blades + lift_w * induced + drag_w)

    def power_w(self, airspeed_mps: ArrayLike) -> NDArray[np.float64]:
        """
        Return the power drawn in level flight [W]; hovering in still air at 0 m/s.

        Blade profile, induced and parasite power of a rotary wing (Zeng, Xu and
        Zhang, Energy Minimization for Wireless Communication with Rotary-Wing UAV,
        IEEE Transactions on Wireless Communications, 2019, equation 12). It falls
        and then rises with the airspeed.
        """
        return self._losses * self._at_rotors_w(airspeed_mps, self._thrust_n)

    def climbing_w(self, climb_mps: ArrayLike) -> NDArray[np.float64]:
        """
        Return the power that climbing draws beyond hovering [W].

        Axial climb by momentum theory (Leishman, 2006, section 2.13). Descending is
        taken as hovering: what theory saves there is lost in the rotors' own wake.
        """
        flow = self._hover_flow_mps(self._thrust_n)
        half = np.asarray(climb_mps, dtype=float) / 2
        more = half + np.sqrt(half**2 + flow**2) - flow
        return np.asarray(self._losses * self._thrust_n * more)

    def most_w(self, airspeed_mps: float) -> float:
        """Return the most power that level flight up to an airspeed draws [W]."""
        return float(self.power_w([0.0, airspeed_mps]).max())

    @cached_property
    def least_w(self) -> float:
        """The least power that flying draws at any airspeed [W]."""
        speeds = np.arange(0.0, _FASTEST_MPS, _STEP_MPS)
        return float(self.power_w(speeds).min())

    def farthest_airspeed_mps(self, fastest_mps: float, wind_mps: float) -> float:
        """
        Return the airspeed at which a sortie gets farthest over the ground [m/s].

        To and fro in all directions, every second drawing `most_w`: in still air a
        little faster than hovering costs, in wind faster yet.
        """
        speeds = np.arange(_STEP_MPS, fastest_mps + 1e-9, _STEP_MPS)
        angles = np.arange(_DIRECTIONS) * (2 * np.pi / _DIRECTIONS)
        x, y = np.cos(angles), np.sin(angles)
        over_ground = np.array(
            [ground_speed(x, y, float(v), (wind_mps, 0.0)) for v in speeds]
        )
        with np.errstate(divide="ignore"):
            mean_mps = 1 / (1 / over_ground).mean(axis=1)
        draw_w = np.maximum(self.power_w(speeds), self.power_w(0.0))
        return round(float(speeds[np.argmax(mean_mps / draw_w)]), 2)

    def charging_s(self, taken_wh: float) -> float:
        """
        Return how long charging takes to put back what a sortie took [s].

        Constant power, then power in proportion to what is missing (constant
        voltage). Zero where batteries are swapped.
        """
        if not self.charge_w:
            return 0.0
        left = self.full_share - taken_wh / self._healthy_wh
        steady = max(0.0, min(self.taper_share, self.full_share) - left)
        slow = 0.0
        if self.full_share > self.taper_share:
            slow_from = max(left, self.taper_share)
            missing = (1 - slow_from) / (1 - self.full_share)
            slow = (1 - self.taper_share) * math.log(missing)
        return (steady + slow) * self._healthy_wh * 3600 / self.charge_w
