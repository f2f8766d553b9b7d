"""Say what the sorties of a station take of it, at each moment of a day."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.basics.clock import DAY_S, Span
from planner.basics.spells import WholeSpan, union
from planner.given.drone import DroneModel
from planner.scenario import Scenario, Station
from planner.timetable.clashing import clash_mask, clashes
from planner.timetable.crewing import Room
from planner.timetable.demands import Demand, IntArray, Use
from planner.timetable.phases import BoolArray
from planner.timetable.rhythm import Rhythm

LONGEST_CYCLE_S = 14_400
"""Repetitions are cut out of a day only if the headways' lcm is at most this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """
    The packing task of a station, on a day from which repetitions are cut.

    Parameters
    ----------
    clash
        By pair of positions, see `planner.timetable.clashing.clash_mask`.
    demands
        Of each route: without waiting for a charger, then with more and more of it.
    counts
        What there is of what may run out: pads, chargers, charged batteries, and
        drones that pilots may have in the air.
    taken
        What is taken of each by others, over the day.
    length_s
        Of arrays over the day, from before the horizon until all are ready.
    rush_s
        The busiest period, in such an array.
    roomy
        So many drones are always enough.
    runs
        First and last take-off of each route on the day as it is, None if it pauses.
    """

    rhythms: tuple[Rhythm, ...]
    clash: Mapping[tuple[int, int], BoolArray]
    demands: tuple[tuple[Demand, ...], ...]
    counts: tuple[int, ...]
    taken: tuple[IntArray, ...]
    length_s: int
    rush_s: WholeSpan
    roomy: int
    runs: tuple[WholeSpan | None, ...]


def packing(
    scenario: Scenario,
    station: Station,
    rhythms: Sequence[Rhythm],
    forbidden: Mapping[tuple[str, str], Sequence[Span]],
    busiest: Span,
    *,
    waits_s: Sequence[int] = (0,),
    room: Room | None = None,
) -> Packing | None:
    """
    Return the packing task, or None if a route cannot fly at any time.

    Parameters
    ----------
    waits_s
        That the drones of a route may wait for a charger, in order.
    room
        What pilots leave the station, where they may be too few.
    """
    rules = scenario.rules
    if not all(r.allowed.any() and r.flown for r in rhythms):
        return None
    lead_s = math.ceil(rules.pad_before_takeoff_s)
    rush_s = (math.ceil(busiest[0]), math.ceil(busiest[1]))
    margin_s = lead_s + math.ceil(rules.launch_spacing_s)
    holds = _holds(scenario, station, lead_s)
    if room is not None:
        holds.append((room.most, lambda r: [(lead_s, lead_s + r.aloft_s)]))
    longest_s = max(r.busy_s for r in rhythms)
    if holds:
        ends = [hold(r)[-1][1] - lead_s - 1 for r in rhythms for _, hold in holds]
        longest_s = max(longest_s, *ends) + max(waits_s)
    apart_s = longest_s + 2 * margin_s
    runs = tuple(r.flown[0] if len(r.flown) == 1 else None for r in rhythms)
    if room is None:
        # What others have in the air, and breaks, do not repeat with these headways.
        rhythms, rush_s = without_like_days(rhythms, rush_s, apart_s)
        rhythms, rush_s = without_repetitions(rhythms, rush_s, apart_s)
    clash = _clash_masks(rhythms, rules.launch_spacing_s, forbidden)
    if clash is None:
        return None
    length_s = lead_s + max(r.flown[-1][1] for r in rhythms) + longest_s + 2
    taken = [np.zeros(length_s, dtype=np.int16) for _ in holds]
    if room is not None:
        known = room.taken[: length_s - lead_s]
        taken[-1][lead_s : lead_s + len(known)] = known
    return Packing(
        rhythms=tuple(rhythms),
        clash=clash,
        demands=tuple(
            tuple(
                Demand(
                    wait_s,
                    taken_by(r, [(lead_s, lead_s + waiting.busy_s)], length_s),
                    tuple(taken_by(r, hold(waiting), length_s) for _, hold in holds),
                )
                for wait_s in waits_s
                for waiting in (delayed(r, wait_s),)
            )
            for r in rhythms
        ),
        counts=tuple(there_is for there_is, _ in holds),
        taken=tuple(taken),
        length_s=length_s,
        rush_s=(rush_s[0] + lead_s, rush_s[1] + lead_s),
        runs=runs,
        roomy=sum(-(-r.busy_s // r.headway_s) for r in rhythms),
    )


def _holds(
    scenario: Scenario, station: Station, lead_s: int
) -> list[tuple[int, Callable[[Rhythm], list[WholeSpan]]]]:
    """
    Return what may run out at a station beside its drones.

    How much of it there is, and when a sortie of a route holds one: seconds from
    take-off, the day's lead added.
    """

    def pad(r: Rhythm) -> list[WholeSpan]:
        # Pads are counted as closed spans: one second more.
        landed_s = lead_s + math.floor(r.landings_s[0])
        return [(0, lead_s + 1), (landed_s, lead_s + r.busy_s + 1)]

    def charger(r: Rhythm) -> list[WholeSpan]:
        return [(lead_s + r.charging[0], lead_s + r.charging[1])]

    def battery(r: Rhythm) -> list[WholeSpan]:
        # Another is needed from landing on, until the one taken out is charged.
        return [(lead_s + math.floor(r.landings_s[0]), lead_s + r.charging[1])]

    chargers = station.pads if station.chargers is None else station.chargers
    holds: list[tuple[int, Callable[[Rhythm], list[WholeSpan]]]] = []
    if station.pads < station.drones:
        holds.append((station.pads, pad))
    if may_wait(scenario.model(station.model), station):
        holds.append((chargers, charger))
    elif scenario.model(station.model).swaps and station.batteries is not None:
        holds += [(chargers, charger), (station.batteries, battery)]
    return holds


def may_wait(model: DroneModel, station: Station) -> bool:
    """Return whether drones of a station may have to wait for a charger."""
    if station.chargers is None or model.swaps:
        return False
    # A drone charges on its pad.
    return station.chargers < min(station.pads, station.drones)


def most_wait_s(rhythms: Sequence[Rhythm], drones: int) -> int:
    """Return how long drones may wait for a charger: while all others charge."""
    longest_s = max(end - begin for begin, end in (r.charging for r in rhythms))
    return longest_s * max(drones - 1, 1)


def delayed(r: Rhythm, wait_s: int) -> Rhythm:
    """Return the rhythm of a route whose drones wait for a charger."""
    begin, end = r.charging
    charging = (begin + wait_s, end + wait_s)
    return replace(r, busy_s=r.busy_s + wait_s, charging=charging)


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


def without_like_days(
    rhythms: Sequence[Rhythm], rush_s: WholeSpan, apart_s: int
) -> tuple[Sequence[Rhythm], WholeSpan]:
    """
    Return the rhythms without days that are as the day before them, and the rush.

    Headways that divide the day make days alike, if the same is flown; so a week has
    as many as it has kinds of days.

    Parameters
    ----------
    apart_s
        Sorties so far apart have nothing to do with each other.
    """
    if any(DAY_S % r.headway_s for r in rhythms):
        return rhythms, rush_s

    def seen(day: int) -> list[list[WholeSpan]]:
        """Return what is flown on a day, and so shortly before that it matters."""
        begin = day * DAY_S
        low, high = begin - apart_s, begin + DAY_S - 1
        return [
            [
                (max(first, low) - begin, min(last, high) - begin)
                for first, last in r.flown
                if first <= high and last >= low
            ]
            for r in rhythms
        ]

    days = range(1, max(r.flown[-1][1] for r in rhythms) // DAY_S)
    alike = [
        day
        for day in days
        if seen(day) == seen(day - 1)
        and not any(day * DAY_S < edge < (day + 1) * DAY_S for edge in rush_s)
    ]

    def moved(t: int) -> int:
        return t - DAY_S * sum((day + 1) * DAY_S <= t for day in alike)

    def kept(first: int, last: int) -> list[WholeSpan]:
        """Return what of a span lies on days that are kept, moved."""
        pieces, low = [], first
        for day in alike:
            begin, end = day * DAY_S, (day + 1) * DAY_S
            if end <= low or last < begin:
                continue
            if low < begin:
                pieces.append((moved(low), moved(begin - 1)))
            low = end
        return [*pieces, (moved(low), moved(last))] if low <= last else pieces

    shorter = [
        replace(r, flown=union(span for f, e in r.flown for span in kept(f, e)))
        for r in rhythms
    ]
    return shorter, (moved(rush_s[0]), moved(rush_s[1]))


def without_repetitions(
    rhythms: Sequence[Rhythm], rush_s: WholeSpan, apart_s: int
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
    keep_s = apart_s + cycle_s
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


def taken_by(r: Rhythm, spans: Sequence[WholeSpan], length_s: int) -> Use:
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
