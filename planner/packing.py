"""Pack the sorties of a station: count its drones and pads, place by first fit."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.clashing import clash_mask, clashes
from planner.clock import Span
from planner.phases import BoolArray
from planner.rhythm import Rhythm
from planner.scenario import Scenario, Station
from planner.spells import WholeSpan

IntArray = NDArray[np.int16]
LONGEST_CYCLE_S = 14_400
"""Repetitions are cut out of a day only if the headways' lcm is at most this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """
    How the sorties of a route take drones or pads, at each moment of the day.

    Parameters
    ----------
    spans
        Half-open, from take-off; the day's lead is added.
    cells
        Pieces of the headway in which the number taken is constant: begin, length,
        and the number by time of the day at which the headway begins.
    """

    spans: tuple[WholeSpan, ...]
    cells: tuple[tuple[int, int, IntArray], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """
    The packing task of a station, on a day from which repetitions are cut.

    Parameters
    ----------
    clash
        By pair of positions, see `planner.clashing.clash_mask`.
    drones
        How each route takes drones.
    pads
        How each route takes pads; empty where every drone has one of its own.
    pad_count
        What there is.
    length_s
        Of arrays over the day, from before the horizon until all are ready.
    rush_s
        The busiest period, in such an array.
    roomy
        So many drones are always enough.
    """

    rhythms: tuple[Rhythm, ...]
    clash: Mapping[tuple[int, int], BoolArray]
    drones: tuple[Use, ...]
    pads: tuple[Use, ...]
    pad_count: int
    length_s: int
    rush_s: WholeSpan
    roomy: int


def packing(
    scenario: Scenario,
    station: Station,
    rhythms: Sequence[Rhythm],
    forbidden: Mapping[tuple[str, str], Sequence[Span]],
    busiest: Span,
) -> Packing | None:
    """Return the packing task, or None if a route cannot fly at any time."""
    rules = scenario.rules
    if not all(r.allowed.any() and r.flown for r in rhythms):
        return None
    lead_s = math.ceil(rules.pad_before_takeoff_s)
    rush_s = (math.ceil(busiest[0]), math.ceil(busiest[1]))
    margin_s = lead_s + math.ceil(rules.launch_spacing_s)
    rhythms, rush_s = _without_repetitions(rhythms, rush_s, margin_s)
    clash = _clash_masks(rhythms, rules.launch_spacing_s, forbidden)
    if clash is None:
        return None
    length_s = lead_s + max(r.flown[-1][1] + r.busy_s for r in rhythms) + 2
    drones = tuple(_use(r, [(lead_s, lead_s + r.busy_s)], length_s) for r in rhythms)
    pads = tuple(
        # Pads are counted as closed spans: one second more.
        _use(
            r,
            [
                (0, lead_s + 1),
                (lead_s + math.floor(r.landings_s[0]), lead_s + r.busy_s + 1),
            ],
            length_s,
        )
        for r in rhythms
        if station.pads < station.drones
    )
    return Packing(
        rhythms=tuple(rhythms),
        clash=clash,
        drones=drones,
        pads=pads,
        pad_count=station.pads,
        length_s=length_s,
        rush_s=(rush_s[0] + lead_s, rush_s[1] + lead_s),
        roomy=sum(-(-r.busy_s // r.headway_s) for r in rhythms),
    )


def _clash_masks(
    rhythms: Sequence[Rhythm],
    launch_spacing_s: float,
    forbidden: Mapping[tuple[str, str], Sequence[Span]],
) -> dict[tuple[int, int], BoolArray] | None:
    """Return the clash masks of all pairs, or None if a route clashes with itself."""
    masks = {}
    for i, a in enumerate(rhythms):
        for j, b in enumerate(rhythms[i:], start=i):
            shifts = clashes(a, b, launch_spacing_s)
            for low_s, high_s in forbidden.get((a.id, b.id), ()):
                shifts.append((math.ceil(low_s), math.floor(high_s)))
            for low_s, high_s in forbidden.get((b.id, a.id), ()):
                shifts.append((math.ceil(-high_s), math.floor(-low_s)))
            if i != j:
                masks[i, j] = clash_mask(a, b, shifts)
                masks[j, i] = masks[i, j][::-1]
                continue
            later = range(a.headway_s, a.flown[-1][1] + 1, a.headway_s)
            if any(low <= d <= high for d in later for low, high in shifts):
                return None
    return masks


def _without_repetitions(
    rhythms: Sequence[Rhythm], rush_s: WholeSpan, margin_s: int
) -> tuple[Sequence[Rhythm], WholeSpan]:
    """
    Return the rhythms on a shorter day that shows the same, and its rush.

    Between two borders (where some route begins or ends to fly) the day repeats
    itself with the lcm of the headways, once the sorties begun before the first
    border are over. All but one to two of the repetitions are cut out.
    """
    cycle_s = math.lcm(*(r.headway_s for r in rhythms))
    if cycle_s > LONGEST_CYCLE_S:
        return rhythms, rush_s
    keep_s = max(r.busy_s for r in rhythms) + 2 * margin_s + cycle_s
    edges = {
        edge for r in rhythms for first, last in r.flown for edge in (first, last + 1)
    }
    cuts = [
        (high, (high - low - keep_s) // cycle_s * cycle_s)
        for low, high in itertools.pairwise(sorted({0, *rush_s} | edges))
        if high - low >= keep_s + cycle_s
    ]

    def moved(t: int) -> int:
        return t - sum(length for border, length in cuts if border <= t)

    shorter = [
        replace(r, flown=tuple((moved(f), moved(end + 1) - 1) for f, end in r.flown))
        for r in rhythms
    ]
    return shorter, (moved(rush_s[0]), moved(rush_s[1]))


def _use(r: Rhythm, spans: Sequence[WholeSpan], length_s: int) -> Use:
    """Return how the sorties of a route take a resource over a day."""
    flown = np.zeros(length_s, dtype=np.int16)
    for first, last in r.flown:
        flown[first : last + 1] = 1
    h = r.headway_s
    borders = sorted({0, h} | {edge % h for span in spans for edge in span})
    cells = []
    for begin, end in itertools.pairwise(borders):
        taken = np.zeros(length_s, dtype=np.int16)
        for low, high in spans:
            # Sorties that took off `back` headways ago.
            for back in range(max(0, -(-(low - begin) // h)), -(-(high - begin) // h)):
                if back * h < length_s:
                    taken[back * h :] += flown[: length_s - back * h]
        if taken.any():
            cells.append((begin, end - begin, taken))
    return Use(spans=tuple(spans), cells=tuple(cells))


def _by_phase(values: NDArray[np.int64], headway_s: int) -> NDArray[np.int64]:
    """Return values over the day as rows, a phase a column."""
    rows = -(-len(values) // headway_s)
    return np.pad(values, (0, rows * headway_s - len(values))).reshape(rows, headway_s)


def least_rush(task: Packing) -> int:
    """Return a number of drones that the busiest period cannot do without."""
    taken_s = sum(
        _least_taken_s(r, use, task.rush_s)
        for r, use in zip(task.rhythms, task.drones, strict=True)
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


def _peaks(r: Rhythm, use: Use, level: IntArray) -> IntArray:
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


def _orders(task: Packing, start: Sequence[int] | None) -> Iterator[list[int]]:
    """Yield the orders in which first fit places the routes."""
    every = range(len(task.rhythms))
    rhythms = task.rhythms
    freedom = [int(r.allowed.sum()) for r in rhythms]
    yield sorted(every, key=lambda i: (rhythms[i].headway_s, -rhythms[i].busy_s, i))
    yield sorted(every, key=lambda i: (freedom[i], -rhythms[i].busy_s, i))
    yield sorted(every, key=lambda i: (-rhythms[i].busy_s, i))
    yield sorted(every, key=lambda i: (rhythms[i].headway_s, rhythms[i].busy_s, i))


def first_fit(
    task: Packing, drones: int, rush_drones: int, start: Sequence[int] | None
) -> list[int] | None:
    """Return phases within limits, each as early (or as late) as it fits."""
    for order in _orders(task, start):
        for late in (False, True):
            phases = _fit(task, order, drones, rush_drones, start, late=late)
            if phases is not None:
                return phases
    return None


def _fit(
    task: Packing,
    order: Sequence[int],
    drones: int,
    rush_drones: int,
    start: Sequence[int] | None,
    *,
    late: bool,
) -> list[int] | None:
    """Return phases within limits, placing routes one by one, or None."""
    level = np.zeros(task.length_s, dtype=np.int16)
    level[: task.rush_s[1] + 1] = drones - rush_drones
    pads = np.zeros(task.length_s if task.pads else 0, dtype=np.int16)
    phases: dict[int, int] = {}
    for i in order:
        r = task.rhythms[i]
        fits = r.allowed & (_peaks(r, task.drones[i], level) <= drones)
        if task.pads:
            fits &= _peaks(r, task.pads[i], pads) <= task.pad_count
        for j, phase in phases.items():
            h = task.rhythms[j].headway_s
            low = h - 1 - phase
            fits &= ~task.clash[j, i][low : low + r.headway_s]
        found = np.flatnonzero(fits)
        if not len(found):
            return None
        phase = int(found[-1] if late else found[0])
        if start is not None and start[i] >= 0 and fits[start[i]]:
            phase = start[i]
        phases[i] = phase
        add(r, task.drones[i], phase, level)
        if task.pads:
            add(r, task.pads[i], phase, pads)
    return [phases[i] for i in range(len(task.rhythms))]
