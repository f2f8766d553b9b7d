"""Check a plan against its scenario, by rules the solver never sees."""

from __future__ import annotations

from pathlib import Path

import click

from planner.cli.terminal import Terminal
from planner.cli.verb import json_option, path_argument, verb
from planner.errors import EXIT_BROKEN, EXIT_OK


@verb("check")
@path_argument("scenario")
@path_argument("plan")
@json_option
@click.pass_obj
def command(terminal: Terminal, scenario: Path, plan: Path, as_json: bool) -> int:
    """Check a plan against its scenario, by rules the solver never sees."""
    from planner.checks import examine, verdict_json
    from planner.cli.reading import scenario_of_plan
    from planner.cli.show import show_rules, show_violations
    from planner.formats.plan_geojson import read_plan

    written = read_plan(plan)
    verdict = examine(scenario_of_plan(terminal, scenario, written), written)
    show_rules(terminal, verdict)
    show_violations(terminal, verdict)
    terminal.json(verdict_json(verdict))
    return EXIT_OK if verdict.ok else EXIT_BROKEN
