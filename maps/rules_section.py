"""Show how each rule fared, and every violation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maps.markup import Markup, both, in_both, join, table, tag
from maps.words import margin, rule_name
from planner.messages import LANGUAGES, catalogue

if TYPE_CHECKING:
    from planner.checks.verdict import Verdict


def rules_section(verdict: Verdict | None) -> Markup:
    """Return the part of the report on the rules; without a verdict it says so."""
    if verdict is None:
        return tag("p", both("map.kpi_unchecked"), class_="none")
    rows: list[list[object]] = [
        [
            _rule_name(r.rule),
            tag(
                "span",
                both("report.holds" if r.ok else "report.broken"),
                class_="good" if r.ok else "bad",
            ),
            margin(r.worst_margin, r.unit),
            r.where,
        ]
        for r in verdict.rules
    ]
    heads: list[object] = [
        both(f"report.{key}") for key in ("rule", "outcome", "margin", "where")
    ]
    made = table(heads, rows, class_="rules")
    if not verdict.violations:
        return made
    sentences = [
        tag("li", in_both({k: v.text(k) for k in LANGUAGES}))
        for v in verdict.violations[:200]
    ]
    return join(made, tag("ul", *sentences, class_="violations"))


def _rule_name(rule: str) -> Markup:
    """Return the name of a rule with what it asks for."""
    name = in_both({k: rule_name(rule, k) for k in LANGUAGES})
    key = f"report.rule.{rule}"
    return join(name, tag("small", both(key))) if key in catalogue() else name
