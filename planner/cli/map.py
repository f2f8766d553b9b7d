"""Draw a scenario, and a plan of it, as one HTML file that needs no network."""

from __future__ import annotations

from pathlib import Path

import click

from planner.cli.terminal import Terminal
from planner.cli.verb import path_argument, verb


@verb("map")
@path_argument("scenario")
@path_argument("plan", required=False)
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True)
@click.pass_obj
def command(terminal: Terminal, scenario: Path, plan: Path | None, out: Path) -> None:
    """Draw a scenario, and a plan of it, as one HTML file that needs no network."""
    from maps import draw_plan
    from planner.checks import examine
    from planner.cli.reading import scenario_of_plan, sound_scenario
    from planner.formats.plan_geojson import read_plan

    if plan is None:
        page = draw_plan(sound_scenario(terminal, scenario), language=terminal.language)
    else:
        written = read_plan(plan)
        described = scenario_of_plan(terminal, scenario, written)
        page = draw_plan(
            described,
            written,
            verdict=examine(described, written),
            language=terminal.language,
        )
    page.save(out)
    terminal.line("cli.written", path=out)
