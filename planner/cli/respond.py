"""Rank the drones for an incident: who is overhead when, and what the patrol loses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from planner.cli.terminal import Terminal
from planner.cli.verb import json_option, path_argument, verb

if TYPE_CHECKING:
    from planner.response.dispatch import Answer
    from planner.scenario import Scenario

MOST_ZONES = 3
"""So many zones are named in a row; the JSON has them all."""


@verb("respond")
@path_argument("scenario")
@path_argument("plan")
@click.option("--at", required=True)
@click.option("--time", "clock", required=True)
@json_option
@click.pass_obj
def command(
    terminal: Terminal, scenario: Path, plan: Path, at: str, clock: str, as_json: bool
) -> None:
    """Rank the drones for an incident: who is overhead when, and what is lost."""
    import numpy as np

    from planner.cli.reading import scenario_of_plan
    from planner.formats.plan_geojson import read_plan
    from planner.formats.scenario_folder import place_in
    from planner.response.dispatch import dispatch

    written = read_plan(plan)
    described = scenario_of_plan(terminal, scenario, written)
    moment_s = _moment_s(terminal, described, clock)
    place = place_in(scenario, *_lonlat(terminal, at))
    lonlat = np.array([[place.x, place.y]])
    answers = dispatch(
        described, written, described.projection.to_xy(lonlat)[0], moment_s
    )
    _show(terminal, described, answers, moment_s)
    terminal.json(
        {
            "at": [place.x, place.y],
            "time": _clock(described, moment_s),
            "drones": [_row(described, answer, moment_s) for answer in answers],
        }
    )


def _lonlat(terminal: Terminal, text: str) -> tuple[float, float]:
    """Return the two numbers of ``LON,LAT``."""
    try:
        lon, lat = (float(part) for part in text.replace("，", ",").split(","))
    except ValueError:
        raise click.UsageError(terminal.text("cli.respond.at", given=text)) from None
    return lon, lat


def _moment_s(terminal: Terminal, scenario: Scenario, text: str) -> float:
    """Return the first such moment of the horizon, seconds from its start."""
    from planner.basics.clock import DAY_S, clock_text, parse_clock

    horizon = scenario.horizon
    try:
        moment_s = (parse_clock(text) - horizon.start_clock_s) % DAY_S
    except ValueError:
        raise click.UsageError(terminal.text("cli.respond.time", given=text)) from None
    if moment_s > horizon.length_s:
        hours = "-".join(
            clock_text(horizon.start_clock_s + t) for t in (0.0, horizon.length_s)
        )
        raise click.UsageError(
            terminal.text("cli.respond.outside", given=text, hours=hours)
        )
    return moment_s


def _show(
    terminal: Terminal,
    scenario: Scenario,
    answers: tuple[Answer, ...],
    moment_s: float,
) -> None:
    """Print a row a drone, the first there first."""
    from maps.words import stopwatch

    if not answers:
        terminal.line("cli.respond.nobody")
        return
    heads = ("drone", "from", "after", "overhead", "stays", "lost")
    terminal.table(
        [f"cli.respond.{head}" for head in heads],
        [
            (
                answer.drone,
                answer.route or terminal.text("cli.respond.station"),
                stopwatch(answer.overhead_s),
                _clock(scenario, moment_s + answer.overhead_s),
                stopwatch(answer.stays_s),
                _lost(terminal, scenario, answer),
            )
            for answer in answers
        ],
    )
    drones = sum(s.drones for s in scenario.stations)
    terminal.line("cli.respond.others", count=drones - len(answers), drones=drones)


def _lost(terminal: Terminal, scenario: Scenario, answer: Answer) -> str:
    """Return in words what the patrol loses, the longest waits first."""
    if not answer.lost:
        return terminal.text("cli.respond.nothing")
    late = [visit for visit in answer.lost if visit.late_s > 0]
    parts = [
        terminal.text(
            "cli.respond.missed", zones=len(answer.lost), sorties=answer.sorties_lost
        )
    ]
    for visit in late[:MOST_ZONES]:
        minutes = f"{visit.late_s / 60:.0f}"
        if visit.caught_up_s is None:
            key, when = "cli.respond.late_out", ""
        else:
            key, when = "cli.respond.late", _clock(scenario, visit.caught_up_s)
        parts.append(terminal.text(key, zone=visit.zone, minutes=minutes, when=when))
    if len(late) > MOST_ZONES:
        parts.append(terminal.text("cli.respond.more", count=len(late) - MOST_ZONES))
    if not late:
        parts.append(terminal.text("cli.respond.in_time"))
    return "; ".join(parts)


def _row(scenario: Scenario, answer: Answer, moment_s: float) -> dict[str, Any]:
    """Return an answer as plain values."""
    return {
        "drone": answer.drone,
        "station": answer.station,
        "route": answer.route or None,
        "overhead_s": round(answer.overhead_s, 1),
        "overhead_at": _clock(scenario, moment_s + answer.overhead_s),
        "stays_s": round(answer.stays_s, 1),
        "sorties_lost": answer.sorties_lost,
        "zones": [
            {
                "zone": visit.zone,
                "stops": visit.stops,
                "late_s": round(visit.late_s, 1),
                "caught_up_at": None
                if visit.caught_up_s is None
                else _clock(scenario, visit.caught_up_s),
            }
            for visit in answer.lost
        ],
    }


def _clock(scenario: Scenario, moment_s: float) -> str:
    """Return the local time ``HH:MM:SS`` of a moment of the horizon."""
    from planner.basics.clock import clock_text

    seconds = round(scenario.horizon.start_clock_s + moment_s)
    return f"{clock_text(seconds)}:{seconds % 60:02d}"
