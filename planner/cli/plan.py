"""Plan routes, check them, and only then write them."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from planner import __version__
from planner.cli.terminal import Terminal
from planner.cli.verb import json_option, path_argument, verb
from planner.errors import (
    EXIT_BROKEN,
    EXIT_INFEASIBLE,
    EXIT_OK,
    EXIT_STOPPED,
)


@verb("plan")
@path_argument("scenario")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, file_okay=False), required=True
)
@click.option("--seconds", type=click.FloatRange(min=0))
@click.option("--iterations", type=click.IntRange(min=0))
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True)
@click.option("--workers", type=click.IntRange(min=1))
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
    engine: str,
    horizon: str | None,
    strict: bool,
    as_json: bool,
) -> int:
    """Plan routes, check them, and only then write them."""
    if seconds is not None and iterations is not None:
        raise click.UsageError(terminal.text("cli.seconds_or_iterations"))
    from planner.budget import Budget
    from planner.checks import examine, verdict_json
    from planner.cli.output_folder import output_folder
    from planner.cli.reading import sound_scenario
    from planner.cli.show import show_summary, show_violations
    from planner.cli.stopping import polite_stop
    from planner.pipeline import plan_routes
    from planner.progress import show_progress

    budget = Budget(
        seconds=None
        if iterations is not None
        else 60.0
        if seconds is None
        else seconds,
        iterations=iterations,
        seed=seed,
        workers=workers,
        engine=engine,
    )
    run = _Run()
    task = sound_scenario(terminal, scenario, horizon)
    run.lap("read")
    with output_folder(terminal, out):
        with (
            polite_stop(lambda: terminal.warn("cli.stopping")) as stop,
            show_progress(
                None if terminal.quiet else sys.stderr,
                language=terminal.language,
                color=terminal.color,
            ) as on_progress,
        ):
            plan = plan_routes(task, budget=budget, on_progress=on_progress, stop=stop)
            run.lap("plan")
            if stop() and not plan.routes:
                raise KeyboardInterrupt
            examined = examine(task, plan)
            verdict = verdict_json(examined)
            run.lap("check")
            written = _write(out, task, plan, examined, ok=verdict["ok"])
            run.lap("write")
            stopped = stop()
        run.write(out / "run.json", budget.processes, stopped)
    if not verdict["ok"]:
        show_violations(terminal, verdict)
        terminal.fail(terminal.text("cli.rejected", path=written["rejected"]))
        code = EXIT_BROKEN
    else:
        show_summary(terminal, plan, verdict)
        terminal.line("cli.map_written", path=written["map"])
        code = EXIT_STOPPED if stopped else EXIT_OK
        if strict and plan.unserved and not stopped:
            code = EXIT_INFEASIBLE
    terminal.json(
        {
            "ok": code == EXIT_OK,
            "exit_code": code,
            "files": {name: str(path) for name, path in written.items()},
            "metrics": dict(plan.metrics),
            "unserved": [
                {"zone": u.zone, "code": u.code, "reason": u.reason}
                for u in plan.unserved
            ],
            "check": verdict,
        }
    )
    return code


def _write(
    out: Path, task: Any, plan: Any, examined: Any, *, ok: bool
) -> dict[str, Path]:
    """Write the files of a plan, or of one that breaks a rule; return their paths."""
    import maps
    from planner.formats.plan_geojson import write_plan
    from planner.formats.timetable_csv import write_timetable_csv

    rejected = out / "rejected.geojson"
    if not ok:
        write_plan(plan, rejected)
        return {"rejected": rejected}
    paths = {
        "plan": out / "plan.geojson",
        "timetable": out / "timetable.csv",
        "map": out / "map.html",
        "report": out / "report.html",
    }
    # Both pages are drawn before the first file is written: a fault in drawing
    # must not leave a new plan beside old pages.
    page, report = maps.draw_plan(task, plan), maps.report(task, plan, examined)
    write_plan(plan, paths["plan"])
    write_timetable_csv(plan, paths["timetable"])
    page.save(paths["map"])
    report.save(paths["report"])
    rejected.unlink(missing_ok=True)
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
