"""Revisit: no target waits longer than its interval."""

from __future__ import annotations

from planner.checks.case import TIME_TOLERANCE_S, Case
from planner.checks.verdict import Gauge


def revisit(case: Case, gauge: Gauge) -> None:
    """Measure the longest gap of each target in each window of its zones."""
    for sortie in case.plan.roster:
        if sortie.takeoff_s < -TIME_TOLERANCE_S:
            where = f"{sortie.drone} {sortie.route}"
            gauge.fault("revisit.horizon", where, sortie.takeoff_s, 0.0)
    for gap in case.gaps:
        where = f"{gap.zone} {gap.target} {case.clock(gap.at_s)}"
        if not gap.visits:
            gauge.measure("revisit.visited", where, 0, 1, -gap.gap_s, "s")
            continue
        gauge.measure(
            "revisit.gap",
            where,
            gap.gap_s,
            gap.interval_s,
            gap.interval_s - gap.gap_s,
            "s",
            tolerance=TIME_TOLERANCE_S,
        )
