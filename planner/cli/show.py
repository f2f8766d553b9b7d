"""Show the outcome of a plan in tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maps.bounds import bounds_of, notes_of
from maps.partings import partings_of
from maps.words import margin, minimised, percent, rule_name, whole
from planner.checks import Verdict
from planner.cli.terminal import Terminal
from planner.plan import Plan

MOST_ROWS = 40
"""Longer lists are cut and their length told; the files have them whole."""


def show_rules(terminal: Terminal, verdict: Verdict) -> None:
    """Print the rules with their worst margins and where those are."""
    terminal.table(
        ("cli.rule", "cli.holds", "cli.worst_margin", "cli.where"),
        [
            (
                rule_name(result.rule, terminal.language),
                terminal.text("cli.yes" if result.ok else "cli.no"),
                margin(result.worst_margin, result.unit),
                result.where,
            )
            for result in verdict.rules
        ],
    )


def show_violations(terminal: Terminal, verdict: Verdict) -> None:
    """Print what breaks a rule, or that nothing does."""
    if verdict.ok:
        terminal.line("cli.no_violations")
        return
    terminal.table(
        ("cli.rule", "cli.violation"),
        [
            (
                rule_name(violation.rule, terminal.language),
                violation.text(terminal.language),
            )
            for violation in verdict.violations[:MOST_ROWS]
        ],
    )
    terminal.line("cli.violations", count=len(verdict.violations))


def show_summary(terminal: Terminal, plan: Plan, verdict: Verdict) -> None:
    """Print the figures of a plan, and the zones and fixed routes it leaves out."""
    metrics = plan.metrics
    rows = [
        (terminal.text(f"cli.metric.{name}"), shown)
        for name, shown in (
            ("zones", _of(metrics, "zones_served", "zones")),
            ("routes", str(len(plan.routes))),
            ("drones_peak", whole(metrics.get("drones_peak"))),
            ("flight_hours", whole(metrics.get("flight_hours"))),
            ("worst_idleness_ratio", percent(metrics.get("worst_idleness_ratio"))),
            (
                "min_landing_reserve_s",
                margin(metrics.get("min_landing_reserve_s"), "s"),
            ),
            ("violations", str(len(verdict.violations))),
        )
    ]
    flown = sum(route.fixed for route in plan.routes)
    if flown or plan.left_out:
        kept = f"{flown} / {flown + len(plan.left_out)}"
        rows.insert(2, (terminal.text("cli.metric.fixed"), kept))
    partings = partings_of(plan)
    if partings:
        rows[-1:-1] = [
            (terminal.text("cli.metric.layers"), partings.layers(terminal.language)),
            (terminal.text("cli.metric.delay"), partings.delay(terminal.language)),
        ]
    terminal.table(("cli.figure", "cli.value"), rows)
    what = minimised(plan, terminal.language)
    if what:
        terminal.line("cli.minimised", what=what)
    show_bounds(terminal, plan)
    left_out = [
        ("unserved", [(u.zone, *u.texts(terminal.language)) for u in plan.unserved]),
        ("left_out", [(e.route, *e.texts(terminal.language)) for e in plan.left_out]),
    ]
    for name, told in left_out:
        if told:
            heads = (f"cli.{name}", "cli.reason", "cli.remedy")
            terminal.table(heads, told[:MOST_ROWS])
            terminal.line(f"cli.{name}_count", count=len(told))


def show_bounds(terminal: Terminal, plan: Plan) -> None:
    """Print what no plan can beat, and how far this one is from it."""
    bounds = bounds_of(plan)
    if not bounds:
        return
    language = terminal.language
    terminal.table(
        ("bound.needed_by", "bound.at_least", "bound.gap", "bound.assumptions"),
        [
            (
                bound.class_text(language),
                str(bound.drones),
                percent(bound.gap),
                bound.assumptions_text(language),
            )
            for bound in bounds
        ],
    )
    for key, figures in notes_of(plan).items():
        terminal.line(key, **figures)


def _of(metrics: Mapping[str, Any], part: str, whole: str) -> str:
    return f"{metrics.get(part, '-')} / {metrics.get(whole, '-')}"
