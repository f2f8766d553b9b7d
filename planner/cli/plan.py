"""Plan routes, check them, and only then write them."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner import __version__
from planner.cli.terminal import Terminal
from planner.cli.verb import json_option, path_argument, verb
from planner.errors import (
    EXIT_BROKEN,
    EXIT_INFEASIBLE,
    EXIT_OK,
    EXIT_STOPPED,
    StoppedError,
)

if TYPE_CHECKING:
    from planner.budget import Budget
    from planner.checks import Verdict
    from planner.messages import Language
    from planner.plan import Plan
    from planner.scenario import Scenario

DEFAULT_S = 60.0
"""How long to search where neither seconds nor rounds are given [s]."""


@verb("plan")
@path_argument("scenario")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True)
@click.option("--seconds", type=click.FloatRange(min=0))
@click.option("--iterations", type=click.IntRange(min=0))
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True)
@click.option("--workers", type=click.IntRange(min=1))
@click.option("--cluster")
@click.option("--engine", default="portfolio", show_default=True)
@click.option("--horizon")
@click.option("--strict", is_flag=True)
@json_option
@click.pass_obj
def command(
    terminal: Terminal,
    scenario: Path,
    out: Path,
    seconds: float | None,
    iterations: int | None,
    seed: int,
    workers: int | None,
    cluster: str | None,
    engine: str,
    horizon: str | None,
    strict: bool,
    as_json: bool,
) -> int:
    """Plan routes, check them, and only then write them."""
    if seconds is not None and iterations is not None:
        raise click.UsageError(terminal.text("cli.seconds_or_iterations"))
    from planner.budget import Budget
    from planner.checks import verdict_json
    from planner.cli.output_folder import output_folder
    from planner.cli.reading import sound_scenario

    if seconds is None and iterations is None:
        seconds = DEFAULT_S
    try:
        budget = Budget(
            seconds=seconds,
            iterations=iterations,
            seed=seed,
            workers=workers,
            cluster=cluster,
            engine=engine,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    run = _Run()
    task = sound_scenario(terminal, scenario, horizon)
    run.lap("read")
    with output_folder(terminal, out):
        outcome = _carry_out(terminal, task, budget, out, run)
    code = _tell(terminal, outcome, strict)
    terminal.json(
        {
            "ok": code == EXIT_OK,
            "exit_code": code,
            "files": {name: str(path) for name, path in outcome.files.items()},
            "metrics": dict(outcome.plan.metrics),
            "unserved": [
                {"zone": item.zone, "code": item.code, "reason": item.reason}
                for item in outcome.plan.unserved
            ],
            "check": verdict_json(outcome.verdict),
        }
    )
    return code


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What one run came to, written already."""

    plan: Plan
    verdict: Verdict
    files: Mapping[str, Path]
    stopped: bool


def _carry_out(
    terminal: Terminal, task: Scenario, budget: Budget, out: Path, run: _Run
) -> _Outcome:
    """Search, check and write; whoever asks to stop gets the best plan so far."""
    from planner.cli.stopping import polite_stop

    with polite_stop(terminal.text("cli.stopping")) as stop:
        # These take a second to load, in which somebody may ask to stop.
        from planner.checks import examine
        from planner.formats.plan_geojson import as_written
        from planner.pipeline import plan_routes
        from planner.progress import show_progress

        with show_progress(
            None if terminal.quiet else sys.stderr,
            language=terminal.language,
            color=terminal.color,
        ) as on_progress:
            found = plan_routes(task, budget=budget, on_progress=on_progress, stop=stop)
        run.lap("plan")
        if stop() and not found.routes:
            raise StoppedError
        plan = as_written(found)  # what is checked is what a reader will see
        verdict = examine(task, plan)
        run.lap("check")
        if verdict.ok:
            files = _write(out, task, plan, verdict, terminal.language)
        else:
            files = _write_rejected(out, plan)
        run.lap("write")
        run.write(out / "run.json", budget.processes, stop())
        return _Outcome(plan=plan, verdict=verdict, files=files, stopped=stop())


def _tell(terminal: Terminal, outcome: _Outcome, strict: bool) -> int:
    """Show how a run came out and return its exit code."""
    from planner.cli.show import show_summary, show_violations

    if not outcome.verdict.ok:
        show_violations(terminal, outcome.verdict)
        terminal.fail(terminal.text("cli.rejected", path=outcome.files["rejected"]))
        return EXIT_BROKEN
    show_summary(terminal, outcome.plan, outcome.verdict)
    terminal.line("cli.map_written", path=outcome.files["map"])
    if outcome.stopped:
        return EXIT_STOPPED
    return EXIT_INFEASIBLE if strict and outcome.plan.unserved else EXIT_OK


def _write_rejected(out: Path, plan: Plan) -> dict[str, Path]:
    """Write a plan that breaks a rule where nobody takes it for one to fly."""
    from planner.formats.plan_geojson import write_plan

    rejected = out / "rejected.geojson"
    write_plan(plan, rejected)
    return {"rejected": rejected}


def _write(
    out: Path, task: Scenario, plan: Plan, verdict: Verdict, language: Language
) -> dict[str, Path]:
    """Write a plan that holds, with all that is made of it; return the paths."""
    import maps
    from planner.formats.files import write_together
    from planner.formats.plan_geojson import plan_to_bytes
    from planner.formats.timetable_csv import timetable_to_bytes

    paths = {
        "plan": out / "plan.geojson",
        "timetable": out / "timetable.csv",
        "map": out / "map.html",
        "report": out / "report.html",
    }
    page = maps.draw_plan(task, plan, verdict=verdict, language=language)
    report = maps.report(task, plan, verdict, language=language)
    # No fault in drawing or on the disk may leave a new plan beside old pages.
    write_together(
        {
            paths["plan"]: plan_to_bytes(plan),
            paths["timetable"]: timetable_to_bytes(plan),
            paths["map"]: page.to_bytes(),
            paths["report"]: report.to_bytes(),
        }
    )
    (out / "rejected.geojson").unlink(missing_ok=True)
    return paths


class _Run:
    """What was measured in one run; it differs from run to run."""

    def __init__(self) -> None:
        self.started = datetime.now(UTC).isoformat(timespec="seconds")
        self.last_s = time.monotonic()
        self.laps_s: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """Note the time since the last lap."""
        now_s = time.monotonic()
        self.laps_s[name] = round(now_s - self.last_s, 3)
        self.last_s = now_s

    def write(self, path: Path, workers: int, stopped: bool) -> None:
        """Write the measurements beside the plan."""
        from planner.formats.files import write_atomically

        run = {
            "started": self.started,
            "elapsed_s": self.laps_s,
            "stopped_early": stopped,
            "workers": workers,
            "machine": {
                "cores": os.cpu_count(),
                "system": platform.platform(),
                "python": platform.python_version(),
            },
            "version": __version__,
        }
        write_atomically(path, (json.dumps(run, indent=2) + "\n").encode())
