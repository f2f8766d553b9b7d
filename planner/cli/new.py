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
@click.option("--drones")
@click.pass_obj
def command(
    terminal: Terminal,
    directory: Path,
    zones: Path | None,
    stations: Path | None,
    airspace: Path | None,
    drones: str | None,
) -> None:
    """Make a scenario folder of a person's own GIS layers, or a tiny example."""
    from planner.formats.new_scenario import new_scenario

    for sentence in new_scenario(
        directory,
        zones=zones,
        stations=stations,
        airspace=airspace,
        drones=drones,
        language=terminal.language,
    ):
        terminal.remark(sentence)
