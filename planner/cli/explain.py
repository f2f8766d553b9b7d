"""Explain why a zone is served as it is, or why it is not."""

from __future__ import annotations

import difflib
from pathlib import Path

import click

from planner.cli.terminal import Terminal
from planner.cli.verb import path_argument, verb


@verb("explain")
@path_argument("scenario")
@path_argument("plan")
@click.argument("zone")
@click.pass_obj
def command(terminal: Terminal, scenario: Path, plan: Path, zone: str) -> None:
    """Explain why a zone is served as it is, or why it is not."""
    from planner.cli.reading import scenario_of_plan
    from planner.explain import explain
    from planner.formats.plan_geojson import read_plan

    written = read_plan(plan)
    described = scenario_of_plan(terminal, scenario, written)
    ids = [known.id for known in described.zones]
    if zone not in ids:
        near = ", ".join(difflib.get_close_matches(zone, ids, n=5, cutoff=0.3)) or "-"
        raise click.UsageError(terminal.text("cli.no_zone", zone=zone, near=near))
    for line in explain(described, written, zone).lines(terminal.language):
        terminal.remark(line)
