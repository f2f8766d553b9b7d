"""Make a scenario folder of a person's own GIS layers, or a tiny example."""

from __future__ import annotations

from pathlib import Path

import click

from planner.cli.terminal import Terminal
from planner.cli.verb import path_argument, verb

_layer = click.Path(path_type=Path)


@verb("new")
@path_argument("directory")
@click.option("--zones", type=_layer)
@click.option("--stations", type=_layer)
@click.option("--airspace", type=_layer)
@click.option("--drones", metavar="MODEL[=N]")
@click.option("--overwrite", is_flag=True)
@click.pass_obj
def command(
    terminal: Terminal,
    directory: Path,
    zones: Path | None,
    stations: Path | None,
    airspace: Path | None,
    drones: str | None,
    overwrite: bool,
) -> None:
    """Make a scenario folder of a person's own GIS layers, or a tiny example."""
    from planner.formats.new_scenario import new_scenario
    from planner.formats.scenario_folder import inspect_scenario

    for sentence in new_scenario(
        directory,
        zones=zones,
        stations=stations,
        airspace=airspace,
        drones=drones,
        overwrite=overwrite,
        language=terminal.language,
    ):
        terminal.remark(sentence)
    scenario, findings = inspect_scenario(directory)
    terminal.findings(findings)
    if scenario is None:
        terminal.line("new.unsound", file="scenario.toml", folder=str(directory))
        return
    terminal.line(
        "new.sound",
        folder=str(directory),
        stations=len(scenario.stations),
        drones=sum(station.drones for station in scenario.stations),
        zones=len(scenario.zones),
        airspace=len(scenario.airspace),
    )
