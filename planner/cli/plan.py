"""Plan routes, check them, and only then write them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner.cli.run_record import RunRecord
from planner.cli.terminal import Terminal
from planner.cli.verb import json_option, path_argument, verb
from planner.errors import (
    EXIT_BROKEN,
    EXIT_INFEASIBLE,
    EXIT_OK,
    EXIT_STOPPED,
    StoppedError,
)
from planner.given.objectives import OBJECTIVES, ObjectiveName

if TYPE_CHECKING:
    from planner.budget import Budget, Progress
    from planner.checks import Verdict
    from planner.messages import Language
    from planner.plan import Plan
    from planner.planning.robustness import Robust
    from planner.scenario import Scenario
    from planner.trace import Trace

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
@click.option("--objective", type=click.Choice(list(OBJECTIVES)))
@click.option("--horizon")
@click.option("--strict", is_flag=True)
@click.option("--robust", type=click.FloatRange(0.0, 1.0, True, True))
@click.option("--trace", is_flag=True)
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
    objective: ObjectiveName | None,
    horizon: str | None,
    strict: bool,
    robust: float | None,
    trace: bool,
    as_json: bool,
) -> int:
    """Plan routes, check them, and only then write them."""
    if seconds is not None and iterations is not None:
        raise click.UsageError(terminal.text("cli.seconds_or_iterations"))
    if trace and robust is not None:
        raise click.UsageError(terminal.text("cli.trace_or_robust"))
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
    run = RunRecord("read")
    task = sound_scenario(terminal, scenario, horizon)
    if objective is not None:
        task = replace(task, objective=objective)
    from planner.planning.pacing import is_tight

    if is_tight(budget, len(task.zones)):
        terminal.warn("cli.tight", seconds=f"{seconds:g}", zones=len(task.zones))
    with output_folder(terminal, out):
        outcome = _carry_out(terminal, task, budget, out, run, trace, robust)
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
            **({} if robust is None else {"robust": _robust_json(outcome, robust)}),
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
    robust: Robust | None = None
    asked: float | None = None


def _carry_out(
    terminal: Terminal,
    task: Scenario,
    budget: Budget,
    out: Path,
    run: RunRecord,
    trace: bool,
    share: float | None,
) -> _Outcome:
    """Search, check and write; whoever asks to stop gets the best plan so far."""
    from planner.cli.stopping import polite_stop

    told: list[Progress] = []
    run.begin("load")
    with polite_stop(terminal.text("cli.stopping")) as stop:
        # These take a second to load, in which somebody may ask to stop.
        from planner.checks import examine
        from planner.cli.progress import show_progress
        from planner.formats.plan_geojson import as_written
        from planner.formats.trace_json import trace_of
        from planner.planning.pipeline import plan_routes
        from planner.planning.robustness import plan_robustly

        with show_progress(
            None if terminal.quiet else sys.stderr,
            language=terminal.language,
            color=terminal.color,
        ) as show:

            def on_progress(progress: Progress) -> None:
                run.begin(progress.stage)
                told.append(progress)
                show(progress)

            robust = None
            if share is None:
                found = plan_routes(
                    task,
                    budget=budget,
                    on_progress=on_progress,
                    stop=stop,
                    began_s=run.began_s,
                )
            else:
                robust = plan_robustly(
                    task,
                    share,
                    budget=budget,
                    on_progress=on_progress,
                    stop=stop,
                    began_s=run.began_s,
                )
                found = robust.plan
        run.begin("check")
        if stop() and not found.routes:
            raise StoppedError
        plan = as_written(found)  # what is checked is what a reader will see
        verdict = examine(task, plan)
        run.begin("pages")
        if verdict.ok:
            kept = trace_of(plan, told) if trace else None
            files = _write(out, task, plan, verdict, terminal.language, kept)
        else:
            files = _write_rejected(out, plan)
        run.write(out / "run.json", budget.processes, stop())
        return _Outcome(
            plan=plan,
            verdict=verdict,
            files=files,
            stopped=stop(),
            robust=robust,
            asked=share,
        )


def _tell(terminal: Terminal, outcome: _Outcome, strict: bool) -> int:
    """Show how a run came out and return its exit code."""
    from planner.cli.show import show_summary, show_violations

    if not outcome.verdict.ok:
        show_violations(terminal, outcome.verdict)
        terminal.fail(terminal.text("cli.rejected", path=outcome.files["rejected"]))
        return EXIT_BROKEN
    show_summary(terminal, outcome.plan, outcome.verdict)
    missed = _tell_robust(terminal, outcome)
    terminal.line("cli.map_written", path=outcome.files["map"])
    if outcome.stopped:
        return EXIT_STOPPED
    lacking = missed or bool(outcome.plan.unserved)
    return EXIT_INFEASIBLE if strict and lacking else EXIT_OK


def _tell_robust(terminal: Terminal, outcome: _Outcome) -> bool:
    """Say how often the plan holds; return whether that is less than was asked."""
    robust, asked = outcome.robust, outcome.asked
    if robust is None or asked is None or robust.simulation is None:
        return False
    from planner.cli.simulate import show_simulation

    show_simulation(terminal, robust.simulation)
    missed = robust.reached < asked
    say = terminal.warn if missed else terminal.line
    say(
        "cli.robust_missed" if missed else "cli.robust_reached",
        reached=f"{100 * robust.reached:.1f} %",
        asked=f"{100 * asked:g} %",
        holding=robust.holding,
        of=robust.of,
    )
    return missed


def _robust_json(outcome: _Outcome, asked: float) -> dict[str, object]:
    """Return what was asked of simulated days, and what was reached."""
    found = outcome.robust
    if found is None:
        return {"asked": asked, "reached": None}
    told = {"reached": found.reached, "holding": found.holding, "of": found.of}
    return {"asked": asked, **told}


def _write_rejected(out: Path, plan: Plan) -> dict[str, Path]:
    """Write a plan that breaks a rule where nobody takes it for one to fly."""
    from planner.formats.plan_geojson import write_plan

    rejected = out / "rejected.geojson"
    write_plan(plan, rejected)
    return {"rejected": rejected}


def _write(
    out: Path,
    task: Scenario,
    plan: Plan,
    verdict: Verdict,
    language: Language,
    trace: Trace | None,
) -> dict[str, Path]:
    """Write a plan that holds, with all that is made of it; return the paths."""
    import maps
    from planner.formats.files import write_together
    from planner.formats.plan_geojson import plan_to_bytes
    from planner.formats.timetable_csv import timetable_to_bytes
    from planner.formats.trace_json import TRACE, trace_to_bytes

    paths = {
        "plan": out / "plan.geojson",
        "timetable": out / "timetable.csv",
        "map": out / "map.html",
        "report": out / "report.html",
    }
    page = maps.draw_plan(task, plan, verdict=verdict, language=language)
    report = maps.report(task, plan, verdict, language=language, trace=trace)
    content = {
        paths["plan"]: plan_to_bytes(plan),
        paths["timetable"]: timetable_to_bytes(plan),
        paths["map"]: page.to_bytes(),
        paths["report"]: report.to_bytes(),
    }
    if trace:
        paths["trace"] = out / TRACE
        content[paths["trace"]] = trace_to_bytes(trace)
    # No fault in drawing or on the disk may leave a new plan beside old pages.
    write_together(content)
    # What another plan left here is not of this one.
    for name in ("rejected.geojson", *([] if trace else [TRACE])):
        (out / name).unlink(missing_ok=True)
    return paths
