"""Read a scenario or a plan for a verb, and say everything that is wrong."""

from __future__ import annotations

from pathlib import Path

from planner.cli.terminal import Terminal
from planner.errors import InputError
from planner.plan import Plan
from planner.scenario import Scenario


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

    A plan may be of another scenario, or of this one before it changed, or it
    may have been asked for another horizon than the scenario's own; that is said
    on standard error, never passed over. Warnings about the scenario are not:
    they were told when it was planned.

    Raises
    ------
    InputError
        With every finding, if there is an error among them.
    """
    from planner.flown.tracks import over_horizon_of
    from planner.formats.scenario_folder import read_scenario

    scenario = read_scenario(folder)
    if plan.provenance.get("scenario_digest") != scenario.digest:
        terminal.warn("cli.other_scenario", name=scenario.name)
    described = over_horizon_of(scenario, plan)
    horizon = described.horizon
    if horizon != scenario.horizon:
        terminal.warn(
            "cli.other_horizon",
            start=horizon.start,
            hours=f"{horizon.length_s / 3600:g}",
        )
    return described
