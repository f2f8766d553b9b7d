"""
Say what kinds of beats there are, and which targets may be on their sorties.

What is due as often as a drone takes off is on each of its sorties, what is due
every other time on every other one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.basics.clock import Span
from planner.engines.beats_world import DEEPEST
from planner.engines.piece import Piece
from planner.given.stamina import longest_sortie_s, longest_within_s
from planner.problem import TICKS_PER_S, Problem
from planner.timetable.phases import visit_phases

_MARGIN_S = 60.0
"""Kept free of a sortie that comes as often as its interval: room for its clock."""

_PHASES_S = 600.0
"""First take-offs up to so late are to do for what is not on sorties of any turn."""

_LEAST_SORTIE = 0.4
"""A kind of beat leaves time for sorties of this share of the endurance."""


@dataclass(frozen=True, slots=True)
class Kind:
    """
    A kind of beat.

    Parameters
    ----------
    windows
        Of the targets that it is flown for, beside those due at other hours that
        any of its sorties may take along.
    crew
        Drones that fly it in turn.
    """

    windows: tuple[Span, ...]
    headway_s: float
    crew: int


def kinds_of(problem: Problem, piece: Piece) -> list[Kind]:
    """
    Return the kinds of beats that the intervals of a piece call for.

    An interval is halved as long as one drone can keep the headway.
    """
    kinds: dict[Kind, None] = {}
    models = {problem.model(s) for s in piece.stations}
    spacing_s, ceiling_m = problem.rules.launch_spacing_s, problem.rules.ceiling_m
    longest_s = max((longest_sortie_s(m, ceiling_m) for m in models), default=0.0)
    turnaround_s = max((problem.turnaround_s(s) for s in piece.stations), default=0.0)
    for t in piece.targets:
        target = problem.targets[t]
        headway_s = float(math.floor(target.revisit_s))
        while headway_s % 2 == 0 and headway_s / 2 >= longest_s + turnaround_s:
            headway_s /= 2
        full_s = min(longest_s, headway_s - spacing_s)
        for crew in range(1, math.ceil((full_s + turnaround_s) / headway_s) + 1):
            within_s = min(
                longest_within_s(m, crew * headway_s, ceiling_m) for m in models
            )
            if within_s >= _LEAST_SORTIE * longest_s:
                kinds[Kind(target.windows, headway_s, crew)] = None
    return sorted(kinds, key=lambda k: (k.windows, k.headway_s, k.crew))


def longest(problem: Problem, station: int, kind: Kind) -> int:
    """Return the longest sortie of a beat in ticks."""
    model, ceiling_m = problem.model(station), problem.rules.ceiling_m
    longest_s = longest_within_s(model, kind.crew * kind.headway_s, ceiling_m)
    if longest_sortie_s(model, ceiling_m) > kind.headway_s / 2:
        # It has to be done within its interval, whenever it takes off.
        longest_s = min(longest_s, kind.headway_s - 2 * _MARGIN_S)
    return min(problem.longest(station, kind.headway_s), int(longest_s * TICKS_PER_S))


def levels_of(
    problem: Problem, piece: Piece, kind: Kind
) -> tuple[list[int], list[int]]:
    """
    Return the level of each target on a kind of beat, and the turns it may be on.

    The level is -1 where it cannot be on it; the turns are bits.
    """
    length_s = problem.horizon.length_s
    all_day = ((0, length_s),)
    levels, turns = [], []
    for t in piece.targets:
        level, bits = -1, 0
        fits = kind.windows in (all_day, problem.targets[t].windows)
        for deeper in range(DEEPEST + 1) if fits else ():
            every_s = kind.headway_s * 2**deeper
            if deeper > 0 and length_s % every_s != 0:
                continue
            found = _turns(problem, piece, kind, t, deeper)
            if found:
                level, bits = deeper, found
        levels.append(level)
        turns.append(bits)
    return levels, turns


def _turns(problem: Problem, piece: Piece, kind: Kind, target: int, level: int) -> int:
    """
    Return the turns of a level, as bits, that keep the interval of a target.

    Be it due all day, that is all or none. In windows that are shorter than its
    interval, a single visit will do: so one turn may where others may not.
    """
    info = problem.targets[target]
    every_s = kind.headway_s * 2**level
    if every_s > info.revisit_s:
        return 0
    table = problem.table(piece.stations[0])
    task_s = table.task[problem.nodes_of(target)].max() / TICKS_PER_S + 1.0
    if every_s <= info.shortest_window_s - task_s:
        # Whenever such sorties come, one falls whole into each window of each zone.
        return (1 << (1 << level)) - 1
    if info.shortest_window_s < min(end - start for start, end in info.windows):
        # Another zone's windows hide those of one that wants a visit in each.
        return 0
    ceiling_m = problem.rules.ceiling_m
    last_s = max(longest_sortie_s(problem.model(s), ceiling_m) for s in piece.stations)
    bits = 0
    for turn in range(2**level):
        begin_s = turn * kind.headway_s
        if all(
            any(
                low <= begin_s and begin_s + last_s + _PHASES_S <= high
                for low, high in visit_phases(
                    window,
                    info.revisit_s,
                    (0.0, task_s),
                    (window[0], window[1] - task_s),
                    every_s,
                )
            )
            for window in info.windows
        ):
            bits |= 1 << turn
    return bits
