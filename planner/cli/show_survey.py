"""Show what a scenario asks for before anything is planned."""

from __future__ import annotations

from maps.words import percent
from planner.cli.terminal import Terminal
from planner.insight.survey import Survey


def show_survey(terminal: Terminal, seen: Survey) -> None:
    """Print targets by kind, the reach of stations, and what districts need."""
    terminal.table(
        (
            "cli.world.kind",
            "cli.world.zones",
            "cli.world.targets",
            "cli.world.bound",
            "cli.world.size",
            "cli.world.on_task",
            "cli.world.visits",
        ),
        [
            (
                terminal.text(f"cli.world.kind.{row.kind}"),
                str(row.zones),
                str(row.targets),
                "-" if row.least_targets is None else str(row.least_targets),
                f"{row.size / 1000:.1f} km"
                if row.kind == "line"
                else f"{row.size / 1e6:.1f} km²",
                f"{row.on_task_s / 3600:.1f} h",
                str(row.visits),
            )
            for row in seen.kinds
        ],
    )
    terminal.table(
        (
            "cli.world.station",
            "cli.world.name",
            "cli.world.drones",
            "cli.world.targets",
            "cli.world.farthest",
        ),
        [
            (
                row.station,
                row.name,
                str(row.drones),
                str(row.targets),
                f"{row.farthest_m / 1000:.1f} km",
            )
            for row in seen.stations
        ],
    )
    terminal.table(
        (
            "cli.world.district",
            "cli.world.zones",
            "cli.world.targets",
            "cli.world.drones",
            "cli.world.bound",
        ),
        [
            (
                row.district or "-",
                str(row.zones),
                str(row.targets),
                str(row.drones),
                str(row.bound),
            )
            for row in seen.districts
        ],
    )
    for what, share in seen.unreached.items():
        terminal.line(f"cli.world.unreached.{what}", share=percent(share))
    if seen.closed:
        terminal.line("cli.world.closed", zones=", ".join(seen.closed))
    terminal.line("cli.world.bound_whole", bound=seen.bound)
