"""Energy: each sortie ends within the usable endurance, and lands with its reserve."""

from __future__ import annotations

from planner.checks.case import TIME_TOLERANCE_S, Case
from planner.checks.verdict import Gauge
from planner.flown.energies import flown_wh


def energy(case: Case, gauge: Gauge) -> None:
    """Measure the endurance, and the charge beyond the reserve, left on landing."""
    for flown in case.routes:
        duration_s = max(flown.route.duration_s, float(flown.t[-1]))
        usable_s = flown.model.usable_endurance_s
        gauge.measure(
            "energy.endurance",
            flown.route.id,
            duration_s,
            usable_s,
            usable_s - duration_s,
            "s",
            tolerance=TIME_TOLERANCE_S,
        )
        battery = flown.model.battery
        if battery is not None:
            taken_wh = flown_wh(case.scenario, flown, battery)
            gauge.measure(
                "energy.reserve",
                flown.route.id,
                taken_wh,
                battery.usable_wh,
                battery.usable_wh - taken_wh,
                "Wh",
            )
