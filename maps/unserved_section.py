"""Show what the plan leaves out, each with its reason and remedy."""

from __future__ import annotations

from maps.markup import Markup, both, in_both, join, table, tag
from planner.messages import LANGUAGES
from planner.plan import LeftOut, Plan, Unserved
from planner.scenario import Scenario


def unserved_section(scenario: Scenario, plan: Plan) -> Markup:
    """Return the part of the report on the zones that are left out."""
    if not plan.unserved:
        return tag("p", both("report.all_served"), class_="none")
    zones = {z.id: z for z in scenario.zones}
    rows: list[list[object]] = []
    for entry in plan.unserved:
        zone = zones.get(entry.zone)
        rows.append(
            [
                join(entry.zone, tag("small", zone.name if zone else "")),
                f"{zone.priority:g}" if zone else "–",
                *_why(entry),
            ]
        )
    return _table(("zone", "priority_head"), rows)


def left_out_section(plan: Plan) -> Markup:
    """Return the part of the report on the fixed routes that are not flown."""
    return _table(("route",), [[entry.route, *_why(entry)] for entry in plan.left_out])


def _why(entry: Unserved | LeftOut) -> tuple[Markup, Markup]:
    """Return the reason and the remedy, in both languages."""
    told = {k: entry.texts(k) for k in LANGUAGES}
    return (
        in_both({k: reason for k, (reason, _) in told.items()}),
        in_both({k: remedy for k, (_, remedy) in told.items()}),
    )


def _table(heads: tuple[str, ...], rows: list[list[object]]) -> Markup:
    return table(
        [both(f"report.{key}") for key in (*heads, "why", "remedy")],
        rows,
        class_="unserved",
    )
