"""Explain why a zone is served as it is, or why it is not."""

from __future__ import annotations

from pathlib import Path

import click

from planner.cli.terminal import Terminal
from planner.cli.verb import json_option, path_argument, verb


@verb("explain")
@path_argument("scenario")
@path_argument("plan")
@click.argument("zone")
@json_option
@click.pass_obj
def command(
    terminal: Terminal, scenario: Path, plan: Path, zone: str, as_json: bool
) -> None:
    """Explain why a zone is served as it is, or why it is not."""
    from planner.cli.reading import scenario_of_plan
    from planner.formats.plan_geojson import read_plan
    from planner.insight.explain import explain

    written = read_plan(plan)
    described = scenario_of_plan(terminal, scenario, written)
    explanation = explain(described, written, zone, terminal.language)
    for line in explanation.lines:
        terminal.remark(line)
    terminal.json(explanation.to_json())
