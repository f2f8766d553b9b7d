"""Import routes that others drew, as lines to look at and plan against."""

from __future__ import annotations

from pathlib import Path

import click

from planner.cli.terminal import Terminal
from planner.cli.verb import json_option, verb


@verb("import")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True)
@json_option
@click.pass_obj
def command(
    terminal: Terminal, files: tuple[Path, ...], out: Path, as_json: bool
) -> None:
    """Import routes that others drew, as lines to look at and plan against."""
    from planner.errors import Finding, InputError
    from planner.formats.files import write_atomically
    from planner.formats.missions.importing import (
        missions_to_geojson,
        read_missions,
    )

    found, findings = [], list[Finding]()
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
    rows = []
    for file, mission in found:
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
    write_atomically(out, missions_to_geojson(found))
    terminal.line("cli.written", path=out)
    terminal.json({"ok": True, "routes": len(found), "file": out.name})
