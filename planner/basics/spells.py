"""
Tell in which spells of the day a route flies the same stops.

A route keeps one clock all day, but what is not due need not be flown: outside of
its windows a stop is left out. What is due at other hours takes its place.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from planner.basics.clock import Span, joined

Windows = tuple[Span, ...]
Due = frozenset[Windows]
"""Stops due for part of the day, named by their windows."""

WholeSpan = tuple[int, int]
"""A closed stretch of whole seconds, ``(first, last)``."""


def due_together(windows: Iterable[Windows]) -> list[Due]:
    """
    Return what is due at the same time, nothing included, smaller sets first.

    Examples
    --------
    >>> school, market = ((100, 200),), ((200, 300),)
    >>> [len(due) for due in due_together([school, market])]
    [0, 1, 1]
    """
    every = set(windows)
    found: set[Due] = {frozenset()}
    for moment in {start for each in every for start, _ in each}:
        found.add(
            frozenset(
                each
                for each in every
                if any(start <= moment < end for start, end in each)
            )
        )
    return sorted(found, key=lambda due: (len(due), sorted(due)))


def spells(
    on_task: Mapping[Windows, Span], length_s: float, *, repeats: bool = False
) -> dict[Due, tuple[WholeSpan, ...]]:
    """
    Return the take-offs [s] from which what is due is flown, by what is due.

    A sortie near the border of two windows flies what has begun; what begins comes
    with the next.

    Parameters
    ----------
    on_task
        By windows of the stops: when the first of them is done and when the last is
        begun, seconds from take-off.
    repeats
        Whether the horizon does: then windows go on across its end.
    """
    # The middle one of three rounds sees what comes before and after it.
    count = 3 if repeats else 1
    runs: list[tuple[Span, Windows, list[int]]] = []
    for windows, (exit_s, enter_s) in on_task.items():
        rounds = [
            (s + k * length_s, e + k * length_s)
            for k in range(count)
            for s, e in windows
        ]
        for window in joined(rounds):
            first = max(0, math.ceil(window[0] - enter_s))
            last = min(math.ceil(count * length_s) - 1, math.floor(window[1] - exit_s))
            runs.append((window, windows, [first, last]))
    runs.sort()
    for i, (window, _, run) in enumerate(runs):
        before = [last for other, _, (_, last) in runs[:i] if other[1] <= window[0]]
        run[0] = max([run[0], *(last + 1 for last in before)])
    edges = {0, math.ceil(count * length_s)}
    edges |= {edge for *_, (first, last) in runs for edge in (first, last + 1)}
    ordered = sorted(edges)
    found: dict[Due, list[WholeSpan]] = {}
    for low, high in itertools.pairwise(ordered):
        due = frozenset(w for _, w, (first, last) in runs if first <= low <= last)
        mine = found.setdefault(due, [])
        if mine and mine[-1][1] == low - 1:
            mine[-1] = (mine[-1][0], high - 1)
        else:
            mine.append((low, high - 1))
    if not repeats:
        return {due: tuple(spans) for due, spans in found.items()}
    length = math.ceil(length_s)
    middle = {
        due: tuple(
            (max(first - length, 0), min(last - length, length - 1))
            for first, last in spans
            if first < 2 * length and last >= length
        )
        for due, spans in found.items()
    }
    return {due: spans for due, spans in middle.items() if spans}


def union(spans: Iterable[WholeSpan]) -> tuple[WholeSpan, ...]:
    """
    Return the union of closed spans of whole seconds, sorted; neighbours are one.

    Examples
    --------
    >>> union([(11, 20), (0, 10), (30, 40)])
    ((0, 20), (30, 40))
    """
    merged: list[WholeSpan] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def arrivals(
    chains: Sequence[Sequence[int]], leg: Callable[[int | None, int], float]
) -> dict[int, float]:
    """
    Return when each stop is reached, so that it is at the same time in all chains.

    Who comes early waits. The chains are parts of one: no two stops change places.

    Parameters
    ----------
    leg
        Time from the start (None) or from reaching one stop to reaching the next.

    Raises
    ------
    ValueError
        If a chain comes to a stop twice: then there is no such time.

    Examples
    --------
    >>> arrivals([[1, 2, 3], [1, 3]], lambda before, stop: 10)
    {1: 10.0, 2: 20.0, 3: 30.0}
    """
    if any(len(set(chain)) < len(chain) for chain in chains):
        raise ValueError("A chain comes to a stop twice.")
    at: dict[int, float] = {}
    settled = False
    while not settled:
        settled = True
        for chain in chains:
            before, reached = None, 0.0
            for stop in chain:
                reached = max(at.get(stop, 0), reached + leg(before, stop))
                settled = settled and at.get(stop) == reached
                at[stop] = reached
                before = stop
    return at
