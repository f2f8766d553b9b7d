"""Provenance: the plan was made for this scenario."""

from __future__ import annotations

from datetime import datetime

from planner.checks.case import Case
from planner.checks.verdict import Gauge
from planner.flown import horizon_of


def provenance(case: Case, gauge: Gauge) -> None:
    """Compare the digest and the horizon with those of the scenario."""
    digest = case.plan.provenance.get("scenario_digest")
    if digest != case.given.digest:
        gauge.fault(
            "provenance.digest",
            "provenance.scenario_digest",
            str(digest)[:64],
            case.given.digest,
        )
    asked = case.given.horizon
    try:
        planned = horizon_of(case.given, case.plan)
    except ValueError:
        gauge.fault(
            "provenance.horizon", "horizon", str(dict(case.plan.horizon))[:80], "-"
        )
        return
    late_s = (
        datetime.fromisoformat(planned.start) - datetime.fromisoformat(asked.start)
    ).total_seconds()
    if late_s > 0:
        gauge.fault("provenance.start", "horizon.start", planned.start, asked.start)
    if late_s + planned.length_s < asked.length_s:
        gauge.fault(
            "provenance.end",
            "horizon.seconds",
            late_s + planned.length_s,
            asked.length_s,
        )
