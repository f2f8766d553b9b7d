"""Show today's routes in tables, beside those of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maps.words import UNKNOWN, percent, rule_name, whole
from planner.cli.show import MOST_ROWS
from planner.cli.terminal import Terminal
from planner.drawn.today import Today


def show_today(
    terminal: Terminal, today: Today, planned: Mapping[str, Any] | None
) -> None:
    """Print what each of today's routes takes, and all of them beside a plan."""
    terminal.table(
        [
            f"cli.today.{column}"
            for column in ("route", "station", "minutes", "zones", "every", "sorties")
        ],
        [
            (
                route.id,
                route.depot,
                f"{route.duration_s / 60:.1f}",
                str(len(route.zones)),
                UNKNOWN if route.headway_s is None else f"{route.headway_s / 60:.1f}",
                whole(round(route.sorties, 1)),
            )
            for route in today.routes[:MOST_ROWS]
        ],
    )
    if len(today.routes) > MOST_ROWS:
        terminal.line("cli.today.routes", count=len(today.routes))
    _show_beside(terminal, today, planned)
    if today.unseen:
        terminal.table(
            ("cli.today.unseen", "cli.today.share"),
            [(s.zone.id, percent(s.share)) for s in today.unseen[:MOST_ROWS]],
        )
        terminal.line("cli.today.unseen_count", count=len(today.unseen))
    if today.violations:
        terminal.table(
            ("cli.rule", "cli.violation"),
            [
                (rule_name(v.rule, terminal.language), v.text(terminal.language))
                for v in today.violations[:MOST_ROWS]
            ],
        )
    terminal.line("cli.today.violations", count=len(today.violations))


def _show_beside(
    terminal: Terminal, today: Today, planned: Mapping[str, Any] | None
) -> None:
    """Print the figures of today's routes, and of a plan where there is one."""
    ours, zones = today.to_json(), len(today.seen)
    columns = {
        "cli.today.today": (
            f"{ours['zones_seen']} / {zones}",
            str(len(today.in_passing)),
            str(len(today.routes)),
            whole(round(ours["sorties"], 1)),
            str(ours["drones"]),
            whole(today.flight_hours),
            percent(today.worst_idleness_ratio),
        )
    }
    if planned is not None:
        columns["cli.today.planned"] = (
            f"{planned['zones_served']} / {zones}",
            UNKNOWN,
            str(planned["routes"]),
            str(planned["sorties"]),
            str(planned["drones_peak"]),
            whole(planned["flight_hours"]),
            percent(planned["worst_idleness_ratio"]),
        )
    names = (
        "zones",
        "in_passing",
        "routes",
        "sorties",
        "drones",
        "flight_hours",
        "worst_idleness_ratio",
    )
    terminal.table(
        ["cli.figure", *columns],
        zip(
            [terminal.text(f"cli.today.figure.{name}") for name in names],
            *columns.values(),
            strict=True,
        ),
    )
