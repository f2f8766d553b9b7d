"""Hold a type of drone."""

from __future__ import annotations

from dataclasses import dataclass

from planner.basics.power import Battery


@dataclass(frozen=True, slots=True, kw_only=True)
class DroneModel:
    """
    A type of drone, of which a station may hold several.

    Parameters
    ----------
    model
        Unique within the scenario.
    airspeed_mps
        Cruise airspeed. Ground speed follows from the wind.
    usable_endurance_s
        Longest sortie, take-off to landing, after derating and landing reserve.
    turnaround_s
        Ground time between two sorties of one drone.
    climb_mps, descent_mps
        Vertical speeds.
    turn_s
        Time lost at each turn between two lanes of a sweep.
    view_radius_m
        Ground radius that counts as watched from a viewpoint, at any layer.
    dwell_s
        Time at a viewpoint, unless the zone has its own.
    swath_m
        Width of the strip that counts as seen from 100 m; linear in height.
    overlap
        Share of the swath by which neighbouring lanes overlap.
    wind_limit_mps, service_ceiling_m
        Strongest wind, gusts included, and greatest height above the sea that its
        maker allows; None where nothing is known.
    battery
        What limits a sortie beside ``usable_endurance_s``; ``turnaround_s`` is then
        what the ground time takes besides charging. None: nothing else does.
    swaps
        Whether batteries are swapped: then they charge outside of it, and all of the
        ground time is ``turnaround_s``.
    charge_s
        Time at a charger after a sortie, where no ``battery`` says it: the last part
        of ``turnaround_s``, or that of a battery taken out. None: all of
        ``turnaround_s``.

    Raises
    ------
    ValueError
        If a figure makes no sense on its own.
    """

    model: str
    airspeed_mps: float
    usable_endurance_s: float
    turnaround_s: float
    climb_mps: float
    descent_mps: float
    turn_s: float
    view_radius_m: float
    dwell_s: float
    swath_m: float
    overlap: float
    wind_limit_mps: float | None = None
    service_ceiling_m: float | None = None
    battery: Battery | None = None
    swaps: bool = False
    charge_s: float | None = None

    def __post_init__(self) -> None:
        for name in (
            "airspeed_mps",
            "usable_endurance_s",
            "climb_mps",
            "descent_mps",
            "view_radius_m",
            "swath_m",
        ):
            if not getattr(self, name) > 0:
                raise ValueError(f"{self.model}: {name} must be positive.")
        for name in ("turnaround_s", "turn_s", "dwell_s"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{self.model}: {name} must not be negative.")
        if not 0 <= self.overlap < 1:
            raise ValueError(f"{self.model}: overlap must lie in [0, 1).")

    @property
    def steady_charge_s(self) -> float:
        """Time at a charger after any sortie [s], where no battery says it."""
        return self.turnaround_s if self.charge_s is None else self.charge_s

    @property
    def lane_spacing_m(self) -> float:
        """Distance between neighbouring lanes of a sweep [m]."""
        return self.swath_m * (1 - self.overlap)
