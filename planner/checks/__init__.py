"""
Check a plan against its scenario, by rules the solver never sees.

Everything is recomputed from the flown paths. No module in here knows how a
plan was made. Times of a file are good to the millisecond and coordinates to
the millimetre: a rule is broken by what goes beyond that.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial

from planner.basics.forks import do_at_once
from planner.checks.accounts import (
    ACCOUNTS,
    accounts,
    look_at_certificate,
    look_at_partings,
    look_at_response,
)
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

Look = Callable[[Case, Gauge], None]

RULES: tuple[Look, ...] = (
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

_LONG = (look_at_certificate, look_at_response, coverage, look_at_partings)
"""What takes longest, the longest first; all else together takes no longer."""

_LARGE = 3_000
"""Vertices and sorties of a plan for which forks are worth their while."""


def examine(scenario: Scenario, plan: Plan, *, processes: int | None = None) -> Verdict:
    """
    Measure every rule on a plan.

    Parameters
    ----------
    processes
        How many may measure a large plan at once; None for one a core. It never
        changes the verdict.

    Returns
    -------
    Verdict
        The worst margin of each rule and where it is, and every violation.

    Raises
    ------
    RuntimeError
        If a process fails: then there is no verdict.
    """
    case = case_of(scenario, plan)
    if sum(len(r.path) for r in plan.routes) + len(plan.roster) < _LARGE:
        processes = 1
    looks = [
        (rule.__name__, look)
        for rule in RULES
        for look in (ACCOUNTS if rule is accounts else (rule,))
    ]
    jobs = [[each for each in looks if each[1] is long] for long in _LONG]
    jobs.append([each for each in looks if each[1] not in _LONG])
    found: dict[Look, Gauge] = {}
    for measured in do_at_once(
        [partial(_measured, case, job) for job in jobs],
        processes or len(os.sched_getaffinity(0)),
    ):
        found |= measured
    gauges = {rule.__name__: Gauge(rule.__name__) for rule in RULES}
    for rule, look in looks:
        gauges[rule].add(found[look])
    return Verdict(
        rules=tuple(gauge.result() for gauge in gauges.values()),
        violations=tuple(v for gauge in gauges.values() for v in gauge.violations),
    )


def _measured(case: Case, looks: Sequence[tuple[str, Look]]) -> dict[Look, Gauge]:
    """Return what some looks at a case measure, each for its rule."""
    found = {}
    for rule, look in looks:
        found[look] = Gauge(rule)
        look(case, found[look])
    return found


def check(scenario: Scenario, plan: Plan) -> list[Violation]:
    """Return every violation of a rule; none if the plan keeps all of them."""
    return list(examine(scenario, plan).violations)
