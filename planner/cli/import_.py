"""Import routes that others drew, as lines, and compare them with planned ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from planner.cli.terminal import Terminal
from planner.cli.verb import json_option, verb

if TYPE_CHECKING:
    from planner.formats.missions.mission import Mission


@verb("import")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("-o", "--out", type=click.Path(path_type=Path))
@click.option("--scenario", type=click.Path(path_type=Path))
@click.option("--plan", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def command(
    terminal: Terminal,
    files: tuple[Path, ...],
    out: Path | None,
    scenario: Path | None,
    plan: Path | None,
    as_json: bool,
) -> None:
    """Import routes that others drew, as lines, and compare them with planned ones."""
    if out is None and scenario is None:
        raise click.UsageError(terminal.text("cli.import.nothing"))
    if plan is not None and scenario is None:
        raise click.UsageError(terminal.text("cli.import.plan_alone"))
    from planner.formats.files import write_atomically
    from planner.formats.missions.importing import missions_to_geojson

    missions = _missions(terminal, files)
    _show_missions(terminal, missions)
    told: dict[str, Any] = {"ok": True, "routes": len(missions)}
    if scenario is not None:
        told |= _compared(terminal, missions, scenario, plan)
    if out is not None:
        write_atomically(out, missions_to_geojson(missions))
        terminal.line("cli.written", path=out)
        told["file"] = out.name
    terminal.json(told)


def _missions(terminal: Terminal, files: Sequence[Path]) -> list[tuple[str, Mission]]:
    """Return the missions of all files, each with the name of its own."""
    from planner.errors import Finding, InputError
    from planner.formats.missions.importing import read_missions

    found, findings = list[tuple[str, "Mission"]](), list[Finding]()
    for path in files:
        try:
            read = read_missions(path)
        except InputError as error:
            findings += error.findings
            continue
        findings += read.findings
        found += [(path.name, mission) for mission in read.missions]
    if any(finding.is_error for finding in findings):
        raise InputError(findings)
    terminal.findings(findings)
    return found


def _show_missions(terminal: Terminal, missions: Sequence[tuple[str, Mission]]) -> None:
    rows = []
    for file, mission in missions:
        heights = [waypoint.height_m for waypoint in mission.waypoints]
        seconds = mission.duration_s
        rows.append(
            (
                file,
                mission.name,
                str(len(mission.waypoints)),
                f"{mission.lengths_m.sum() / 1000:.2f}",
                f"{min(heights):g} - {max(heights):g}",
                "-" if seconds is None else f"{seconds / 60:.1f}",
            )
        )
    columns = ("file", "name", "waypoints", "km", "heights", "minutes")
    terminal.table([f"cli.import.{column}" for column in columns], rows)


def _compared(
    terminal: Terminal,
    missions: Sequence[tuple[str, Mission]],
    folder: Path,
    plan: Path | None,
) -> dict[str, Any]:
    """Say what missions do in a scenario, beside what a plan does."""
    from planner.cli.reading import scenario_of_plan, sound_scenario
    from planner.cli.show_today import show_today
    from planner.drawn.missions import drawn_routes
    from planner.drawn.today import COMPARED, measure_today
    from planner.formats.plan_geojson import read_plan
    from planner.metrics import compute_metrics

    planned = None
    if plan is None:
        scenario = sound_scenario(terminal, folder)
    else:
        written = read_plan(plan)
        scenario = scenario_of_plan(terminal, folder, written)
        metrics = compute_metrics(scenario, written)
        planned = {name: metrics[name] for name in COMPARED}
    routes, findings = drawn_routes(scenario, missions)
    terminal.findings(findings)
    today = measure_today(scenario, routes)
    show_today(terminal, today, planned)
    told = {"today": today.to_json()}
    return told if planned is None else told | {"planned": planned}
