"""Tell everything that is wrong with a scenario, at once."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from planner.cli.terminal import Terminal, finding_json
from planner.cli.verb import json_option, path_argument, verb
from planner.errors import EXIT_INPUT, EXIT_OK


@verb("validate")
@path_argument("scenario")
@click.option("--horizon")
@click.option("--world", is_flag=True)
@json_option
@click.pass_obj
def command(
    terminal: Terminal,
    scenario: Path,
    horizon: str | None,
    world: bool,
    as_json: bool,
) -> int:
    """Tell everything that is wrong with a scenario, at once."""
    from planner.formats.scenario_folder import inspect_scenario

    found, findings = inspect_scenario(scenario, horizon=horizon)
    errors = sum(finding.is_error for finding in findings)
    terminal.findings(findings)
    if found is not None:
        terminal.line(
            "cli.scenario_counts",
            name=found.name,
            stations=len(found.stations),
            drones=sum(station.drones for station in found.stations),
            zones=len(found.zones),
            airspace=len(found.airspace),
        )
    terminal.line("cli.findings", errors=errors, warnings=len(findings) - errors)
    told: dict[str, Any] = {
        "ok": not errors,
        "findings": [finding_json(f, terminal.language) for f in findings],
    }
    if world and found is not None:
        from planner.cli.show_survey import show_survey
        from planner.insight.survey import survey

        seen = survey(found)
        show_survey(terminal, seen)
        told["world"] = asdict(seen)
    terminal.json(told)
    return EXIT_INPUT if errors else EXIT_OK
