"""Say what sorties take of the stations of a ring, where routes change ends."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from planner.basics.clock import Span
from planner.basics.spells import WholeSpan
from planner.implied.bureaux import bureau_key
from planner.scenario import Scenario, Station
from planner.timetable.clashing import clash_mask, clashes
from planner.timetable.crewing import Clocked, crew_room
from planner.timetable.demands import Demand, IntArray, Use
from planner.timetable.packing import (
    Packing,
    delayed,
    may_wait,
    taken_by,
    without_repetitions,
)
from planner.timetable.phases import BoolArray
from planner.timetable.rhythm import Rhythm


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    What gets one phase: a closed route, or the routes of an exchange.

    Parameters
    ----------
    rhythm
        Of the item as a whole.
    parts
        Routes with how much later than the item they take off [s]; of an exchange,
        each from the station at which the one before it ends.
    """

    rhythm: Rhythm
    parts: tuple[tuple[Rhythm, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """
    What binds the clocks of some stations, beside their own routes.

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
    stations: Sequence[Station],
    items: Sequence[Item],
    bind: Bind,
    drones: tuple[tuple[int, ...], tuple[int, ...]],
    *,
    waits_s: Sequence[int] = (0,),
) -> Packing | None:
    """
    Return the packing task of some stations, or None if it has no solution.

    Parameters
    ----------
    drones
        By station, until the end of the busiest period and over the day.
    waits_s
        That the drones of an item may wait where chargers are few, in order.
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
    few = few_chargers(scenario, stations)
    # By item, wait and what is held.
    spans = [
        {
            wait_s: [hold(_delayed(item, wait_s, few)) for _, hold in holds]
            for wait_s in (waits_s if _lands_in(item, few) else waits_s[:1])
        }
        for item in items
    ]
    ends = [
        end - lead_s for w in spans for row in w.values() for s in row for _, end in s
    ]
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
            tuple(
                Demand(
                    wait_s,
                    Use(spans=(), cells=()),
                    tuple(taken_by(r, each, length_s) for each in held),
                )
                for wait_s, held in waits.items()
            )
            for r, waits in zip(rhythms, spans, strict=True)
        ),
        counts=tuple(count for count, _ in holds),
        taken=tuple(taken),
        length_s=length_s,
        rush_s=(rush_s[0] + lead_s, rush_s[1] + lead_s),
        roomy=0,
        runs=runs,
    )


def few_chargers(scenario: Scenario, stations: Sequence[Station]) -> frozenset[str]:
    """Return the stations where drones may have to wait for a charger."""
    return frozenset(s.id for s in stations if may_wait(scenario.model(s.model), s))


def _lands_in(item: Item, few: Set[str]) -> bool:
    """Return whether any route of an item ends at one of some stations."""
    return any(r.lands_at in few for r, _ in item.parts)


def _delayed(item: Item, wait_s: int, few: Set[str]) -> Item:
    """Return an item whose drones wait for a charger, where these are few."""
    return replace(
        item,
        parts=tuple(
            (delayed(r, wait_s) if r.lands_at in few else r, after)
            for r, after in item.parts
        ),
    )


def _drones(
    stations: Sequence[Station], counts: Sequence[int], lead_s: int
) -> Iterator[tuple[int, Hold]]:
    """
    Yield the drones of each station, and when a sortie of an item keeps one busy.

    Of an exchange, from the take-off of the station's own route until a drone is ready
    that came with the one before: then there are as many again.
    """

    def busy(station: str, item: Item) -> list[WholeSpan]:
        for k, (r, after) in enumerate(item.parts):
            if r.calls[0].station == station:
                # Of a closed route, itself.
                other, before = item.parts[k - 1]
                span = (lead_s + after, lead_s + before + other.busy_s)
                return [span] if span[0] < span[1] else []
        return []

    for station, count in zip(stations, counts, strict=True):
        yield count, partial(busy, station.id)


def _holds(scenario: Scenario, station: Station, lead_s: int) -> list[tuple[int, Hold]]:
    """Return what may run out at a station beside drones, as `packing` has it."""

    def landing(item: Item) -> Iterator[tuple[Rhythm, int]]:
        for r, after in item.parts:
            if r.lands_at == station.id:
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
    scenario: Scenario, stations: Sequence[Station], bind: Bind
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
