"""Report what a plan achieves: a page to read, or its metrics as JSON."""

from __future__ import annotations

from pathlib import Path

import click

from planner.cli.terminal import Terminal
from planner.cli.verb import json_option, path_argument, verb


@verb("report")
@path_argument("scenario")
@path_argument("plan")
@json_option
@click.option("-o", "--out", type=click.Path(path_type=Path))
@click.pass_obj
def command(
    terminal: Terminal, scenario: Path, plan: Path, as_json: bool, out: Path | None
) -> None:
    """Report what a plan achieves: a page to read, or its metrics as JSON."""
    from planner.cli.reading import scenario_of_plan
    from planner.formats.plan_geojson import read_plan

    written = read_plan(plan)
    described = scenario_of_plan(terminal, scenario, written)
    terminal.json(dict(written.metrics))
    if as_json and out is None:
        return
    import maps
    from planner.checks import examine

    page = out or plan.with_name("report.html")
    verdict = examine(described, written)
    maps.report(described, written, verdict, language=terminal.language).save(page)
    terminal.line("cli.written", path=page)
