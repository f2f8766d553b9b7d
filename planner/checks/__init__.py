"""
Check a plan against its scenario, by rules the solver never sees.

Everything is recomputed from the flown paths. No module in here knows how a
plan was made. Times of a file are good to the millisecond and coordinates to
the millimetre: a rule is broken by what goes beyond that.
"""

from __future__ import annotations

from collections.abc import Callable

from planner.checks.accounts import accounts
from planner.checks.airspace import airspace
from planner.checks.case import Case, case_of
from planner.checks.coverage import coverage
from planner.checks.energy import energy
from planner.checks.fleet import fleet
from planner.checks.motion import motion
from planner.checks.pads import pads
from planner.checks.provenance import provenance
from planner.checks.revisit import revisit
from planner.checks.separation import separation
from planner.checks.verdict import (
    Gauge,
    RuleResult,
    Verdict,
    Violation,
    verdict_json,
)
from planner.plan import Plan
from planner.scenario import Scenario

__all__ = [
    "RULES",
    "RuleResult",
    "Verdict",
    "Violation",
    "check",
    "examine",
    "verdict_json",
]

RULES: tuple[Callable[[Case, Gauge], None], ...] = (
    coverage,
    revisit,
    motion,
    energy,
    airspace,
    fleet,
    pads,
    separation,
    accounts,
    provenance,
)
"""The promises of a written plan; each is named as it is reported."""


def examine(scenario: Scenario, plan: Plan) -> Verdict:
    """
    Measure every rule on a plan.

    Returns
    -------
    Verdict
        The worst margin of each rule and where it is, and every violation.
    """
    case = case_of(scenario, plan)
    gauges = [Gauge(rule.__name__) for rule in RULES]
    for rule, gauge in zip(RULES, gauges, strict=True):
        rule(case, gauge)
    return Verdict(
        rules=tuple(gauge.result() for gauge in gauges),
        violations=tuple(v for gauge in gauges for v in gauge.violations),
    )


def check(scenario: Scenario, plan: Plan) -> list[Violation]:
    """Return every violation of a rule; none if the plan keeps all of them."""
    return list(examine(scenario, plan).violations)
