"""
Say what is known of a zone that could be served but for which no routes were found.

None of it is a proof: stations might take turns, each at twice the interval.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from planner.problem import TICKS_PER_S, Problem
from planner.scenario import Zone
from planner.targets import Target

Told = tuple[str, dict[str, Any]]
"""A code, and the figures behind it."""


def not_found(
    zone: Zone,
    targets: Sequence[Target],
    home: Mapping[str, Problem],
    visited: Collection[str],
) -> Told:
    """
    Return the code of a zone of which targets are on no route, and figures.

    ``single_pad`` or ``break_too_long`` where these alone keep every station from
    flying there within the interval, else ``not_found``.

    Parameters
    ----------
    targets
        Of the zone.
    home
        The problem of each target, by its id.
    visited
        Ids of the targets on some route.
    """
    missing = [t for t in targets if t.id not in visited]
    problem = home[targets[0].id]
    stations = range(len(problem.stations))
    reached = [
        sum(_reaches(problem, s, t) for t in missing or targets) for s in stations
    ]
    if not any(reached) and (told := _no_time_between(zone, targets, problem)):
        return told
    near = sorted(
        (problem.stations[s].point.distance(zone.geometry), problem.stations[s].id)
        for s in stations
        if reached[s] == max(reached)
    )[:3]
    names = [name for _, name in near]
    return "not_found", {
        "stations": ", ".join(names),
        "station": names[0],
        "missing": len(missing),
        "targets": len(targets),
    }


def _no_time_between(
    zone: Zone, targets: Sequence[Target], problem: Problem
) -> Told | None:
    """Return the reason if what stations wait for leaves none the time for a flight."""
    found = []
    for s, station in enumerate(problem.stations):
        needed_s = max(_alone_s(problem, s, t) for t in targets)
        pad_s = 0.0
        if station.pads == 1 < station.drones:
            rest_s = problem.turnaround_s(s, needed_s)
            pad_s = problem.rules.pad_before_takeoff_s + rest_s
        break_s = problem.grounded_s(s, zone.revisit_s)
        code = "break_too_long" if break_s > pad_s else "single_pad"
        kept_s = max(break_s, pad_s)
        found.append((needed_s + kept_s, station.id, needed_s, kept_s, code))
    together_s, name, needed_s, kept_s, code = min(found)
    if not kept_s:
        return None
    return code, {
        "station": name,
        "needed_min": minutes_up(needed_s),
        "kept_min": round(kept_s / 60, 1),
        "interval_min": round(zone.revisit_s / 60, 1),
        "possible_min": math.ceil(together_s / 60),
    }


def _reaches(problem: Problem, station: int, target: Target) -> bool:
    alone = _alone_s(problem, station, target) * TICKS_PER_S
    return alone <= problem.longest(station, target.revisit_s)


def _alone_s(problem: Problem, station: int, target: Target) -> float:
    """Return what flying only a target takes from a station [s]."""
    table = problem.table(station)
    nodes = problem.nodes_of(problem.index(target.id))
    alone = table.out[station, nodes] + table.task[nodes] + table.back[nodes, station]
    return float(alone.min() + table.overhead) / TICKS_PER_S


def minutes_up(seconds: float) -> float:
    """Return tenths of minutes, rounded up."""
    return math.ceil(seconds / 6) / 10
