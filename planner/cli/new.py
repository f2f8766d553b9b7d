"""Make a scenario folder from GIS layers that a person has."""

from __future__ import annotations

from pathlib import Path

import click

from planner.cli.terminal import Terminal
from planner.cli.verb import path_argument, verb

_layer = click.Path(path_type=Path)


@verb("new")
@path_argument("directory")
@click.option("--zones", type=_layer, required=True)
@click.option("--stations", type=_layer, required=True)
@click.option("--airspace", type=_layer)
@click.option("--drones")
@click.pass_obj
def command(
    terminal: Terminal,
    directory: Path,
    zones: Path,
    stations: Path,
    airspace: Path | None,
    drones: str | None,
) -> None:
    """Make a scenario folder from GIS layers that a person has."""
    from planner.formats.new_scenario import new_scenario

    for line in new_scenario(
        directory, zones=zones, stations=stations, airspace=airspace, drones=drones
    ):
        terminal.remark(line)
