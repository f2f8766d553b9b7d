"""Say what the sorties of two stations take of them, where two routes change ends."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from planner.basics.clock import Span
from planner.basics.spells import WholeSpan
from planner.given.bureaux import bureau_key
from planner.scenario import Scenario, Station
from planner.timetable.clashing import clash_mask, clashes
from planner.timetable.crewing import Clocked, crew_room
from planner.timetable.demands import Demand, IntArray, Use
from planner.timetable.packing import Packing, taken_by, without_repetitions
from planner.timetable.phases import BoolArray
from planner.timetable.rhythm import Rhythm


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    What gets one phase: a closed route, or both routes of an exchange.

    Parameters
    ----------
    rhythm
        Of the item as a whole.
    parts
        Routes with how much later than the item they take off [s].
    """

    rhythm: Rhythm
    parts: tuple[tuple[Rhythm, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """
    What binds the clocks of two stations, beside their own routes.

    Parameters
    ----------
    forbidden
        As in `planner.timetable.stationclock.schedule_station`, by pair of route ids.
    others
        Routes with clocks at other stations, by the bureau whose pilots they share.
    """

    forbidden: Mapping[tuple[str, str], Sequence[Span]]
    others: Mapping[tuple[str, str], Sequence[Clocked]]


Hold = Callable[[Item], list[WholeSpan]]
"""When a sortie of an item holds one of something: seconds from take-off, and lead."""


def exchange_packing(
    scenario: Scenario,
    stations: tuple[Station, Station],
    items: Sequence[Item],
    bind: Bind,
    drones: tuple[tuple[int, ...], tuple[int, ...]],
) -> Packing | None:
    """
    Return the packing task of two stations, or None if it has no solution.

    Parameters
    ----------
    drones
        By station, until the end of the busiest period and over the day.
    """
    rules = scenario.rules
    if not all(item.rhythm.allowed.any() and item.rhythm.flown for item in items):
        return None
    lead_s = math.ceil(rules.pad_before_takeoff_s)
    busiest = scenario.busiest_period()
    rush_s = (math.ceil(busiest[0]), math.ceil(busiest[1]))
    margin_s = lead_s + math.ceil(rules.launch_spacing_s)
    crews = _crews(scenario, stations, bind)
    holds = [
        *_drones(stations, drones[1], lead_s),
        *(hold for station in stations for hold in _holds(scenario, station, lead_s)),
        *((most, hold) for most, hold, _ in crews),
    ]
    spans = [[hold(item) for item in items] for _, hold in holds]
    ends = [end - lead_s for row in spans for each in row for _, end in each]
    longest_s = max([*ends, *(item.rhythm.busy_s for item in items)])
    rhythms: Sequence[Rhythm] = [item.rhythm for item in items]
    runs = tuple(r.flown[0] if len(r.flown) == 1 else None for r in rhythms)
    if not crews:
        # What others have in the air does not repeat with these headways.
        apart_s = longest_s + 2 * margin_s
        rhythms, rush_s = without_repetitions(rhythms, rush_s, apart_s)
    items = [replace(i, rhythm=r) for i, r in zip(items, rhythms, strict=True)]
    clash = _clash_masks(items, rules.launch_spacing_s, bind.forbidden)
    if clash is None:
        return None
    length_s = lead_s + max(r.flown[-1][1] for r in rhythms) + longest_s + 2
    taken = [np.zeros(length_s, dtype=np.int16) for _ in holds]
    for level, until_rush, over_day in zip(taken, *drones, strict=False):
        level[: rush_s[1] + lead_s + 1] = over_day - until_rush
    of_crews = taken[len(taken) - len(crews) :]
    for known, (_, _, others) in zip(of_crews, crews, strict=True):
        others = others[: length_s - lead_s]
        known[lead_s : lead_s + len(others)] = others
    return Packing(
        rhythms=tuple(rhythms),
        clash=clash,
        demands=tuple(
            (
                Demand(
                    0,
                    Use(spans=(), cells=()),
                    tuple(taken_by(r, row[n], length_s) for row in spans),
                ),
            )
            for n, r in enumerate(rhythms)
        ),
        counts=tuple(count for count, _ in holds),
        taken=tuple(taken),
        length_s=length_s,
        rush_s=(rush_s[0] + lead_s, rush_s[1] + lead_s),
        roomy=0,
        runs=runs,
    )


def _drones(
    stations: Sequence[Station], counts: Sequence[int], lead_s: int
) -> Iterator[tuple[int, Hold]]:
    """
    Yield the drones of each station, and when a sortie of an item keeps one busy.

    Of an exchange, from the take-off of the station's own route until a drone is ready
    that came with the other: then there are as many again.
    """

    def busy(station: str, item: Item) -> list[WholeSpan]:
        (first, _), *others = item.parts
        own = first.calls[0].station == station
        if not others:
            return [(lead_s, lead_s + first.busy_s)] if own else []
        ((second, shift_s),) = others
        if own:
            return [(lead_s, lead_s + shift_s + second.busy_s)]
        span = (lead_s + shift_s, lead_s + first.busy_s)
        return [span] if span[0] < span[1] else []

    for station, count in zip(stations, counts, strict=True):
        yield count, partial(busy, station.id)


def _holds(scenario: Scenario, station: Station, lead_s: int) -> list[tuple[int, Hold]]:
    """Return what may run out at a station beside drones, as `packing` has it."""

    def landing(item: Item) -> Iterator[tuple[Rhythm, int]]:
        for r, after in item.parts:
            if r.calls[-1].station == station.id:
                yield r, lead_s + after

    def pad(item: Item) -> list[WholeSpan]:
        # Pads are counted as closed spans: one second more.
        spans = [
            (after, lead_s + after + 1)
            for r, after in item.parts
            if r.calls[0].station == station.id
        ]
        for r, after in landing(item):
            spans.append((after + math.floor(r.landings_s[0]), after + r.busy_s + 1))
        return spans

    def charger(item: Item) -> list[WholeSpan]:
        return [
            (after + r.charging[0], after + r.charging[1]) for r, after in landing(item)
        ]

    def battery(item: Item) -> list[WholeSpan]:
        return [
            (after + math.floor(r.landings_s[0]), after + r.charging[1])
            for r, after in landing(item)
        ]

    holds: list[tuple[int, Hold]] = [(station.pads, pad)]
    chargers = station.pads if station.chargers is None else station.chargers
    swaps = scenario.model(station.model).swaps
    if station.chargers is not None or (swaps and station.batteries is not None):
        holds.append((chargers, charger))
    if swaps and station.batteries is not None:
        holds.append((station.batteries, battery))
    return holds


def _crews(
    scenario: Scenario, stations: tuple[Station, Station], bind: Bind
) -> list[tuple[int, Hold, IntArray]]:
    """Return what pilots leave the stations to have in the air, and what not."""
    found = []
    for key in dict.fromkeys(map(bureau_key, stations)):
        own = [s for s in stations if bureau_key(s) == key]
        both = replace(own[0], drones=sum(s.drones for s in own))
        room = crew_room(scenario, both, bind.others.get(key, ()))
        if room is not None:
            hold = _aloft(scenario, {s.id for s in own})
            found.append((room.most, hold, room.taken))
    return found


def _aloft(scenario: Scenario, depots: set[str]) -> Hold:
    """Return how sorties that take off from some stations are in the air."""
    lead_s = math.ceil(scenario.rules.pad_before_takeoff_s)

    def hold(item: Item) -> list[WholeSpan]:
        return [
            (lead_s + after, lead_s + after + r.aloft_s)
            for r, after in item.parts
            if r.calls[0].station in depots
        ]

    return hold


def _clash_masks(
    items: Sequence[Item],
    launch_spacing_s: float,
    forbidden: Mapping[tuple[str, str], Sequence[Span]],
) -> dict[tuple[int, int], BoolArray] | None:
    """Return the clash masks of all pairs, or None if an item clashes with itself."""
    masks = {}
    for i, a in enumerate(items):
        if _meets_itself(a, launch_spacing_s, forbidden):
            return None
        for j, b in enumerate(items[i + 1 :], start=i + 1):
            shifts = [
                (low - after_b + after_a, high - after_b + after_a)
                for (r, after_a), (s, after_b) in itertools.product(a.parts, b.parts)
                for low, high in _clashes(r, s, launch_spacing_s, forbidden)
            ]
            masks[i, j] = clash_mask(a.rhythm, b.rhythm, shifts)
            masks[j, i] = masks[i, j][::-1]
    return masks


def _clashes(
    a: Rhythm,
    b: Rhythm,
    launch_spacing_s: float,
    forbidden: Mapping[tuple[str, str], Sequence[Span]],
) -> list[WholeSpan]:
    """Return the shifts at which two routes clash, or meet."""
    shifts = clashes(a, b, launch_spacing_s)
    for low_s, high_s in forbidden.get((a.id, b.id), ()):
        shifts.append((math.ceil(low_s), math.floor(high_s)))
    if a.id != b.id:
        for low_s, high_s in forbidden.get((b.id, a.id), ()):
            shifts.append((math.ceil(-high_s), math.floor(-low_s)))
    return shifts


def _meets_itself(
    item: Item,
    launch_spacing_s: float,
    forbidden: Mapping[tuple[str, str], Sequence[Span]],
) -> bool:
    """Return whether two sorties of an item clash, whatever its phase."""
    h, last_s = item.rhythm.headway_s, item.rhythm.flown[-1][1]
    for (r, after_r), (s, after_s) in itertools.product(item.parts, repeat=2):
        for low, high in _clashes(r, s, launch_spacing_s, forbidden):
            low = max(low - after_s + after_r, -last_s)
            high = min(high - after_s + after_r, last_s)
            later = range(-(-low // h) * h, high + 1, h)
            if any(d != 0 or r.id != s.id for d in later):
                return True
    return False
