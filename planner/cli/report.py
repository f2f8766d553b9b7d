"""Report what a plan achieves: a page to read, or its metrics as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner.cli.terminal import Terminal
from planner.cli.verb import json_option, path_argument, verb

if TYPE_CHECKING:
    from planner.plan import Plan
    from planner.trace import Trace


@verb("report")
@path_argument("scenario")
@path_argument("plan")
@json_option
@click.option("-o", "--out", type=click.Path(path_type=Path))
@click.option("--trace", type=click.Path(path_type=Path))
@click.pass_obj
def command(
    terminal: Terminal,
    scenario: Path,
    plan: Path,
    as_json: bool,
    out: Path | None,
    trace: Path | None,
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
    course = _course(terminal, written, trace, plan)
    verdict = examine(described, written)
    maps.report(
        described, written, verdict, language=terminal.language, trace=course
    ).save(page)
    terminal.line("cli.written", path=page)


def _course(
    terminal: Terminal, written: Plan, given: Path | None, plan: Path
) -> Trace | None:
    """Return the trace of a plan, from the file given or from beside the plan."""
    from planner.formats.trace_json import TRACE, plan_digest, read_trace

    path = given or plan.with_name(TRACE)
    if given is None and not path.exists():
        return None
    trace = read_trace(path)
    if trace.plan_digest != plan_digest(written):
        terminal.warn("cli.other_trace", path=path)
        return None
    return trace
