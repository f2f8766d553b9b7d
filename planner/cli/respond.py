"""Rank the drones for an incident: who is overhead when, and what the patrol loses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from planner.cli.terminal import Terminal
from planner.cli.verb import json_option, path_argument, verb

if TYPE_CHECKING:
    from planner.response.dispatch import Answer, Ranking
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
    ranking = dispatch(
        described, written, described.projection.to_xy(lonlat)[0], moment_s
    )
    show(terminal, described, ranking, moment_s)
    terminal.json(
        {
            "at": [place.x, place.y],
            "time": _clock(described, moment_s),
            "drones": [_row(described, one, moment_s) for one in ranking.answers],
            "kept": [
                {
                    "drone": kept.drone,
                    "station": kept.station,
                    "route": kept.route or None,
                    "meets": list(kept.meets),
                }
                for kept in ranking.kept
            ],
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
    from planner.formats.moment import moment_s

    horizon = scenario.horizon
    try:
        found_s = moment_s(horizon, text)
    except ValueError:
        raise click.UsageError(terminal.text("cli.respond.time", given=text)) from None
    if found_s is None:
        hours = " - ".join(horizon.moment(t) for t in (0.0, horizon.length_s))
        raise click.UsageError(
            terminal.text(
                "cli.respond.outside", given=text, hours=hours, start=horizon.start
            )
        )
    return found_s


def show(
    terminal: Terminal, scenario: Scenario, ranking: Ranking, moment_s: float
) -> None:
    """Print a row a drone, the first there first."""
    from maps.words import stopwatch

    if ranking.answers:
        heads = ("drone", "from", "layer", "leaves", "after", "overhead", "stays")
        terminal.table(
            [f"cli.respond.{head}" for head in (*heads, "lost")],
            [
                (
                    answer.drone,
                    answer.route or terminal.text("cli.respond.station"),
                    f"{answer.layer_m:g}",
                    _leaves(terminal, scenario, answer, moment_s),
                    stopwatch(answer.overhead_s),
                    _clock(scenario, moment_s + answer.overhead_s),
                    stopwatch(answer.stays_s),
                    _lost(terminal, scenario, answer),
                )
                for answer in ranking.answers
            ],
        )
    for kept in ranking.kept:
        if kept.meets:
            routes = ", ".join(kept.meets)
            terminal.line("cli.respond.kept", drone=kept.drone, routes=routes)
        else:
            terminal.line("cli.respond.kept_landing", drone=kept.drone)
    able = len(ranking.answers) + len(ranking.kept)
    if not able:
        terminal.line("cli.respond.nobody")
        return
    drones = sum(s.drones for s in scenario.stations)
    terminal.line("cli.respond.others", count=drones - able, drones=drones)


def _leaves(
    terminal: Terminal, scenario: Scenario, answer: Answer, moment_s: float
) -> str:
    """Return from when to when a drone may leave, and for whom it waits."""
    times = "-".join(
        _clock(scenario, moment_s + t) for t in (answer.leaves_s, answer.leaves_by_s)
    )
    if not answer.waits_s or not answer.meets:
        return times
    waits = terminal.text(
        "cli.respond.waits",
        seconds=f"{answer.waits_s:.0f}",
        routes=", ".join(answer.meets),
    )
    return f"{times}; {waits}"


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
        "layer_m": answer.layer_m,
        "leaves_s": round(answer.leaves_s, 1),
        "leaves_at": _clock(scenario, moment_s + answer.leaves_s),
        "leaves_by_s": round(answer.leaves_by_s, 1),
        "waits_s": round(answer.waits_s, 1),
        "meets": list(answer.meets),
        "overhead_s": round(answer.overhead_s, 1),
        "overhead_at": _clock(scenario, moment_s + answer.overhead_s),
        "stays_s": round(answer.stays_s, 1),
        "homes_s": [[round(t, 1) for t in span] for span in answer.homes],
        "path": [[round(v, 8) for v in corner] for corner in answer.path],
        "t_s": [round(t, 3) for t in answer.t_s],
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
    """Return the local time ``HH:MM:SS`` of a moment, after the day if several."""
    horizon = scenario.horizon
    seconds = round(moment_s)
    return f"{horizon.moment(seconds)}:{(horizon.start_clock_s + seconds) % 60:02.0f}"
