"""Simulate many days on which a plan is not flown to the second."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from planner.cli.terminal import Terminal
from planner.cli.verb import json_option, path_argument, verb
from planner.errors import EXIT_OK, Finding, InputError

if TYPE_CHECKING:
    from planner.simulation import Odds, Simulation


@verb("simulate")
@path_argument("scenario")
@path_argument("plan")
@click.option(
    "--runs", type=click.IntRange(1, 1_000_000), default=1000, show_default=True
)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True)
@json_option
@click.pass_obj
def command(
    terminal: Terminal, scenario: Path, plan: Path, runs: int, seed: int, as_json: bool
) -> int:
    """Simulate many days on which a plan is not flown to the second."""
    from planner.cli.reading import scenario_of_plan
    from planner.flown.tracks import flown_routes
    from planner.formats.plan_geojson import read_plan
    from planner.simulation import simulate

    written = read_plan(plan)
    described = scenario_of_plan(terminal, scenario, written)
    if not any(len(flown.takeoffs) for flown in flown_routes(described, written)):
        raise InputError([Finding(code="E-PLAN-EMPTY", file=plan.name)])
    found = simulate(described, written, runs=runs, seed=seed)
    show_simulation(terminal, found)
    terminal.json(
        {
            "ok": True,
            "runs": runs,
            "seed": seed,
            "scatter": asdict(described.scatter),
            "promises": [
                {
                    "rule": p.rule,
                    **_odds_json(p.odds),
                    "worst": p.worst,
                    "worst_probability": p.worst_odds.share,
                    "beyond_p95": p.beyond,
                }
                for p in found.promises
            ],
            "all": _odds_json(found.every),
            "worst_route": found.worst_route,
            "worst_route_probability": found.worst_route_odds.share,
        }
    )
    return EXIT_OK


def show_simulation(terminal: Terminal, found: Simulation) -> None:
    """Print how often each rule held, and where it held least often."""
    from maps.words import margin, rule_name
    from planner.simulation import UNITS

    rows = [
        (
            rule_name(p.rule, terminal.language),
            percent_of(p.odds),
            _interval(p.odds),
            p.worst or "–",
            percent_of(p.worst_odds),
            margin(p.beyond, UNITS.get(p.rule, "")),
        )
        for p in found.promises
    ]
    every = terminal.text("simulate.every")
    rows.append((every, percent_of(found.every), _interval(found.every), "", "", ""))
    names = ("rule", "held", "interval", "worst", "worst_held", "beyond")
    terminal.table([f"simulate.{name}" for name in names], rows)
    if found.worst_route:
        terminal.line(
            "simulate.worst_route",
            route=found.worst_route,
            held=percent_of(found.worst_route_odds),
        )
    terminal.line("simulate.means", runs=found.every.runs, seed=found.seed)


def percent_of(odds: Odds) -> str:
    """Return in what share of the runs something held."""
    return f"{100 * odds.share:.1f} %"


def _interval(odds: Odds) -> str:
    return f"{100 * odds.low:.1f} – {100 * odds.high:.1f} %"


def _odds_json(odds: Odds) -> dict[str, Any]:
    """Return odds as plain values."""
    return {"probability": odds.share, "low": odds.low, "high": odds.high}
