"""Read a scenario or a plan for a verb, and say everything that is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from planner.cli.terminal import Terminal
from planner.errors import InputError
from planner.plan import Plan
from planner.scenario import Horizon, Scenario


def sound_scenario(
    terminal: Terminal, folder: Path, horizon: str | None = None
) -> Scenario:
    """
    Return a scenario that can be planned; its warnings are printed.

    Raises
    ------
    InputError
        With every finding, if there is an error among them.
    """
    from planner.formats.scenario_folder import inspect_scenario

    scenario, findings = inspect_scenario(folder, horizon=horizon)
    if scenario is None:
        raise InputError(findings)
    terminal.findings(findings)
    return scenario


def scenario_of_plan(terminal: Terminal, folder: Path, plan: Plan) -> Scenario:
    """
    Return the scenario of a plan, over the horizon that the plan was made for.

    A plan may have been asked for another horizon than the scenario's own; that
    is said on standard error, never passed over.

    Raises
    ------
    InputError
        With every finding, if there is an error among them.
    """
    scenario = sound_scenario(terminal, folder)
    start, length_s = str(plan.horizon["start"]), float(plan.horizon["seconds"])
    if (start, length_s) == (scenario.horizon.start, scenario.horizon.length_s):
        return scenario
    clock = datetime.fromisoformat(start)
    terminal.warn("cli.other_horizon", start=start, hours=f"{length_s / 3600:g}")
    return replace(
        scenario,
        horizon=Horizon(
            start=start,
            start_clock_s=clock.hour * 3600 + clock.minute * 60 + clock.second,
            length_s=length_s,
        ),
    )
