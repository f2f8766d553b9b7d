"""Energy: each sortie ends within the usable endurance."""

from __future__ import annotations

from planner.checks.case import TIME_TOLERANCE_S, Case
from planner.checks.verdict import Gauge


def energy(case: Case, gauge: Gauge) -> None:
    """Measure the endurance that is left on landing."""
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
