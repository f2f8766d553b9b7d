"""Place the routes of a station one by one, each at the first phase where it fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from planner.basics.spells import WholeSpan
from planner.timetable.demands import Demand, IntArray, Use
from planner.timetable.packing import Packing
from planner.timetable.rhythm import Rhythm

Placed = list[tuple[int, Demand]]
"""The phase of each route, and what it then takes."""


def first_fit(
    task: Packing, drones: int, rush_drones: int, start: Sequence[int] | None
) -> Placed | None:
    """Return phases within limits, each as early (or as late) as it fits."""
    for order in _orders(task, start):
        for late in (False, True):
            placed = fit(task, order, drones, rush_drones, start, late=late)
            if placed is not None:
                return placed
    return None


def _orders(task: Packing, start: Sequence[int] | None) -> Iterator[list[int]]:
    """Yield the orders in which first fit places the routes."""
    every = range(len(task.rhythms))
    rhythms = task.rhythms
    freedom = [int(r.allowed.sum()) for r in rhythms]
    yield sorted(every, key=lambda i: (rhythms[i].headway_s, -rhythms[i].busy_s, i))
    yield sorted(every, key=lambda i: (freedom[i], -rhythms[i].busy_s, i))
    yield sorted(every, key=lambda i: (-rhythms[i].busy_s, i))
    yield sorted(every, key=lambda i: (rhythms[i].headway_s, rhythms[i].busy_s, i))


def fit(
    task: Packing,
    order: Sequence[int],
    drones: int,
    rush_drones: int,
    start: Sequence[int] | None,
    *,
    late: bool,
) -> Placed | None:
    """Return phases within limits, placing routes one by one in an order, or None."""
    level = np.zeros(task.length_s, dtype=np.int16)
    level[: task.rush_s[1] + 1] = drones - rush_drones
    taken = [others.copy() for others in task.taken]
    placed: dict[int, tuple[int, Demand]] = {}
    for i in order:
        r = task.rhythms[i]
        clear = r.allowed.copy()
        for j, (phase, _) in placed.items():
            h = task.rhythms[j].headway_s
            low = h - 1 - phase
            clear &= ~task.clash[j, i][low : low + r.headway_s]
        for demand in task.demands[i]:
            fits = clear & (peaks_by_phase(r, demand.drones, level) <= drones)
            for use, used, there_is in zip(
                demand.scarce, taken, task.counts, strict=True
            ):
                if not fits.any():
                    break
                fits &= peaks_by_phase(r, use, used) <= there_is
            if fits.any():
                break
        else:
            return None
        found = np.flatnonzero(fits)
        phase = int(found[-1] if late else found[0])
        if start is not None and start[i] >= 0 and fits[start[i]]:
            phase = start[i]
        placed[i] = (phase, demand)
        add(r, demand.drones, phase, level)
        for use, used in zip(demand.scarce, taken, strict=True):
            add(r, use, phase, used)
    return [placed[i] for i in range(len(task.rhythms))]


def peaks_by_phase(r: Rhythm, use: Use, level: IntArray) -> IntArray:
    """Return for each phase the highest level under the sorties, theirs included."""
    peaks = np.zeros(r.headway_s, dtype=np.int16)
    for begin, length, taken in use.cells:
        high = np.where(taken > 0, _highest(level, begin, length) + taken, 0)
        np.maximum(peaks, _by_phase(high, r.headway_s).max(axis=0), out=peaks)
    return peaks


def _highest(level: IntArray, begin: int, length: int) -> IntArray:
    """Return the highest of ``level[t + begin : t + begin + length]`` for each t."""
    highest = np.zeros_like(level)
    highest[: max(0, len(level) - begin)] = level[begin:]
    width = 1
    while width < length:
        # Two overlapping windows make one of up to twice the width.
        step = min(width, length - width)
        highest[:-step] = np.maximum(highest[:-step], highest[step:])
        width += step
    return highest


def add(r: Rhythm, use: Use, phase: int, level: IntArray) -> None:
    """Add the sorties at a phase to the level."""
    for first, last in r.flown:
        for t in range(first + (phase - first) % r.headway_s, last + 1, r.headway_s):
            for low, high in use.spans:
                level[max(t + low, 0) : t + high] += 1


def least_rush(task: Packing) -> int:
    """Return a number of drones that the busiest period cannot do without."""
    taken_s = sum(
        _least_taken_s(r, demands[0].drones, task.rush_s)
        for r, demands in zip(task.rhythms, task.demands, strict=True)
    )
    return -(-taken_s // (task.rush_s[1] - task.rush_s[0]))


def _least_taken_s(r: Rhythm, use: Use, span: WholeSpan) -> int:
    """Return the drone-seconds in a span of the day, at the best phase."""
    total = np.zeros(r.headway_s, dtype=np.int64)
    for begin, length, taken in use.cells:
        start = np.arange(len(taken)) + begin
        inside = np.minimum(start + length, span[1]) - np.maximum(start, span[0])
        total += _by_phase(np.maximum(inside, 0) * taken, r.headway_s).sum(axis=0)
    return int(total[r.allowed].min())


def _by_phase(values: NDArray[np.int64], headway_s: int) -> NDArray[np.int64]:
    """Return values over the day as rows, a phase a column."""
    rows = -(-len(values) // headway_s)
    return np.pad(values, (0, rows * headway_s - len(values))).reshape(rows, headway_s)
