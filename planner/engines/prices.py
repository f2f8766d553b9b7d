"""Price routes, so that whoever sees no clocks is led to the objective."""

from __future__ import annotations

from collections.abc import Iterable

from planner.basics.clock import Span
from planner.problem import TICKS_PER_S, Column, Problem

Windows = tuple[Span, ...]


def price(problem: Problem, column: Column) -> float:
    """Return what a route costs, in drones on average over the horizon."""
    windows = [w for t in column.targets(problem) for w in problem.targets[t].windows]
    spent_s = column.duration / TICKS_PER_S
    if problem.objective.on_ground:
        spent_s += problem.turnaround_s(column.station, spent_s)
    return day_share(problem, windows) * spent_s / column.headway_s


def worth(problem: Problem, target: int) -> float:
    """Return what leaving a target out costs, in drones: only a guide to zones."""
    info = problem.targets[target]
    priority = max(problem.priorities[z] for z in info.zones)
    return (0.02 + 0.03 * 3600.0 / info.revisit_s) * (1.0 + priority) / 3.0


def day_share(problem: Problem, windows: Iterable[Span]) -> float:
    """Return the share of the horizon in which a route of such hours is paid."""
    if problem.objective.on_ground:
        return 1.0
    open_s = sum(end_s - start_s for start_s, end_s in union(windows))
    return open_s / problem.horizon.length_s


def sortie_ticks(problem: Problem, station: int) -> int:
    """Return the ticks paid for each sortie on top of its way and its tasks."""
    overhead = problem.table(station).overhead
    if not problem.objective.on_ground:
        return overhead
    return overhead + round(problem.turnaround_s(station) * TICKS_PER_S)


def patterns(problem: Problem, targets: Iterable[int]) -> list[Windows]:
    """
    Return the hours for which routes of their own are worth while.

    The shortest first; the last are those of all targets together. Where a route
    costs the same whenever it flies, the horizon is the only pattern.
    """
    if problem.objective.on_ground:
        return [((0.0, problem.horizon.length_s),)]
    found = {problem.targets[t].windows for t in targets}
    found.add(union(span for windows in found for span in windows))
    return sorted(found, key=lambda w: (day_share(problem, w), w))


def union(windows: Iterable[Span]) -> Windows:
    """
    Return the union of spans, sorted; those that touch become one.

    Examples
    --------
    >>> union([(30, 40), (0, 10), (10, 20)])
    ((0, 20), (30, 40))
    """
    merged: list[Span] = []
    for start_s, end_s in sorted(windows):
        if merged and start_s <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end_s))
        else:
            merged.append((start_s, end_s))
    return tuple(merged)


def covers(outer: Windows, inner: Windows) -> bool:
    """Whether every window of the second lies in one of the first."""
    return all(any(u[0] <= w[0] and w[1] <= u[1] for u in outer) for w in inner)
