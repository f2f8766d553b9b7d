"""
Give routes that share chargers or pilots headways that fit together.

Two routes that come every 50 and every 60 minutes meet at their charger sooner or
later, whatever their phases. Where each headway is a multiple of the next shorter one,
who keeps out of the other's way once does so for ever: so routes come a little more
often than they have to.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from planner.problem import Column, Problem, make_column
from planner.search.supplies import suffice

_MOST = 4
"""Ways that are tried."""

_SEEN = 1e-9


def nested(problem: Problem, columns: Sequence[Column]) -> list[list[Column]]:
    """
    Return the routes of a station with nested headways, ways of least load first.

    No headway gets longer. The shortest may be what it is, or go whole into some
    other; those that the station has no drones or supplies for are left out, and so
    is what there is already.
    """
    now = sorted({c.headway_s for c in columns})
    shortest = {now[0]} | {
        problem.horizon.headway_s(h / math.ceil(h / now[0])) for h in now
    }
    ways = []
    for least in sorted(shortest):
        shorter = _chain(problem, now, least)
        if all(old == new for old, new in shorter.items()):
            continue
        changed = _changed(problem, columns, shorter)
        if changed is not None and suffice(problem, changed):
            load = sum(c.load(problem) for c in changed)
            if load <= problem.drones(columns[0].station) + _SEEN:
                ways.append((load, least, changed))
    return [way for *_, way in sorted(ways, key=lambda w: w[:2])[:_MOST]]


def _chain(
    problem: Problem, headways_s: Sequence[float], least_s: float
) -> dict[float, float]:
    """Return the longest headway instead of each that is a multiple of those before."""
    shorter: dict[float, float] = {}
    before_s = least_s
    for headway_s in headways_s:
        times = int(headway_s // before_s)
        while times > 1 and not _divides(problem, times * before_s):
            times -= 1
        before_s = shorter[headway_s] = max(times, 1) * before_s
    return shorter


def _divides(problem: Problem, headway_s: float) -> bool:
    """Whether a headway suits the horizon, if that repeats."""
    horizon = problem.horizon
    return not horizon.repeats or horizon.headway_s(headway_s) == headway_s


def _changed(
    problem: Problem, columns: Sequence[Column], shorter: dict[float, float]
) -> list[Column] | None:
    """Return routes with other headways, None where one is too long for its own."""
    changed = []
    for c in columns:
        headway_s = shorter[c.headway_s]
        if headway_s != c.headway_s:
            turns = max(len(c.tails), 1)
            if turns > 1 and problem.horizon.length_s % (turns * headway_s):
                return None
            c = make_column(problem, c.station, headway_s, c.nodes, c.tails)
            if c.duration > problem.longest(c.station, headway_s):
                return None
        changed.append(c)
    return changed
