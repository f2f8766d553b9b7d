"""
Check a plan against its scenario, by rules the solver never sees.

Everything is recomputed from the flown paths. No module in here knows how a
plan was made.
"""

from __future__ import annotations

from planner.checks.verdict import RuleResult, Verdict, Violation, verdict_json

__all__ = ["RuleResult", "Verdict", "Violation", "verdict_json"]
