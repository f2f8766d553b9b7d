"""Export routes of a plan in a format of other programs."""

from __future__ import annotations

from pathlib import Path

import click

from planner.cli.terminal import Terminal
from planner.cli.verb import json_option, path_argument, verb
from planner.exports.registry import FORMATS


@verb("export")
@path_argument("plan")
@click.option("--format", "name", type=click.Choice(list(FORMATS)), required=True)
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True)
@click.option("--scenario", type=click.Path(path_type=Path))
@click.option("--route")
@click.option("--station")
@json_option
@click.pass_obj
def command(
    terminal: Terminal,
    plan: Path,
    name: str,
    out: Path,
    scenario: Path | None,
    route: str | None,
    station: str | None,
    as_json: bool,
) -> None:
    """Export routes of a plan in a format of other programs."""
    if route is not None and station is not None:
        raise click.UsageError(terminal.text("cli.route_or_station"))
    from planner.cli.output_folder import output_folder
    from planner.cli.reading import scenario_of_plan
    from planner.exports.exporting import export_plan
    from planner.formats.plan_geojson import read_plan

    written = read_plan(plan)
    described = (
        None if scenario is None else scenario_of_plan(terminal, scenario, written)
    )
    routes = None if route is None else [route]
    if station is not None:
        routes = [r.id for r in written.routes if r.depot == station]
    with output_folder(terminal, out) as folder:
        paths = export_plan(written, name, folder, scenario=described, routes=routes)
    size = sum(path.stat().st_size for path in paths)
    terminal.line("cli.exported", count=len(paths), kb=f"{size / 1000:.0f}", path=out)
    terminal.json({"ok": True, "format": name, "files": [p.name for p in paths]})
