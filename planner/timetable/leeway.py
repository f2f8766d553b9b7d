"""Tell at which other phases a route of a timetable could be flown as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.basics.clock import Span
from planner.basics.spells import WholeSpan
from planner.scenario import Scenario
from planner.timetable.clashing import kept_clear
from planner.timetable.draft import DraftRoute
from planner.timetable.layers import LATE_S, spans_between, standing
from planner.timetable.making import Timetable
from planner.timetable.packing import Packing, may_wait, packing
from planner.timetable.phases import BoolArray, flown_spans
from planner.timetable.placing import add, peaks_by_phase
from planner.timetable.rhythm import Rhythm, flown_phases, rhythm
from planner.timetable.roster import make_roster
from planner.timetable.separation import Encounter, Pair, find_encounters

_LESS_S = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Leeway:
    """
    What the phases of a timetable are bound by.

    Parameters
    ----------
    drafts
        By id, settled as they are flown.
    rhythms
        Of each.
    tasks
        By station, its packing; of stations where drones may wait for a charger none.
    meets
        By draft, those of other stations that it meets, with the shifts: its own
        take-off minus that of the other.
    flown
        By route id, the take-offs that are flown at some phase.
    """

    scenario: Scenario
    drafts: Mapping[str, DraftRoute]
    rhythms: Mapping[str, Rhythm]
    tasks: Mapping[str, Packing]
    encounters: Mapping[Pair, Encounter]
    meets: Mapping[str, Sequence[tuple[str, tuple[Span, ...]]]]
    flown: Mapping[str, tuple[WholeSpan, ...]]


def leeway(
    scenario: Scenario, drafts: Sequence[DraftRoute], table: Timetable
) -> Leeway:
    """
    Return what the phases of a timetable are bound by, its layers among it.

    Pairs that only time parts keep their tolerance, up to `LATE_S`.
    """
    drafts = sorted(drafts, key=lambda d: d.id)
    by_id = {draft.id: draft for draft in drafts}
    flying = [v for d in drafts for v in d.flown]
    encounters = find_encounters(scenario, flying)
    late_s = {
        pair: min(LATE_S, table.tolerances_s.get(pair, LATE_S) - _LESS_S)
        for pair in encounters
    }
    forbidden: dict[Pair, tuple[Span, ...]] = {}
    meets: dict[str, list[tuple[str, tuple[Span, ...]]]] = {}
    layers_m = {route.id: route.layer_m for route in table.routes}
    for a, b, spans in spans_between(scenario, drafts, layers_m, encounters, late_s):
        if not spans:
            continue
        if by_id[a].depot == by_id[b].depot:
            forbidden[a, b] = (*forbidden.get((a, b), ()), *spans)
            continue
        turned = tuple((-high, -low) for low, high in spans)
        meets.setdefault(a, []).append((b, turned))
        meets.setdefault(b, []).append((a, spans))
    rhythms = {draft.id: rhythm(scenario, draft) for draft in drafts}
    busiest = scenario.busiest_period()
    tasks = {}
    for station in scenario.stations:
        ours = [rhythms[d.id] for d in drafts if d.depot == station.id]
        if not ours or may_wait(scenario, station):
            continue
        task = packing(scenario, station, ours, forbidden, busiest)
        if task is not None:
            tasks[station.id] = task
    return Leeway(
        scenario=scenario,
        drafts=by_id,
        rhythms=rhythms,
        tasks=tasks,
        encounters=encounters,
        meets=meets,
        flown={v.id: flown_spans(scenario, v) for v in flying},
    )


def free_phases(
    room: Leeway, draft: DraftRoute, phases_s: Mapping[str, int]
) -> BoolArray:
    """
    Return at which phases a route could be flown, those of all others as they are.

    Its stops keep their intervals, it meets nobody, pads and the like suffice, and its
    station has no more drones busy at once than now, neither over the day nor until the
    end of the busiest period.
    """
    task = room.tasks.get(draft.depot)
    if task is None:
        return np.zeros(round(draft.headway_s), dtype=bool)
    level = np.zeros(task.length_s, dtype=np.int16)
    taken = [np.zeros(task.length_s, dtype=np.int16) for _ in task.counts]
    names = [r.id for r in task.rhythms]
    i = names.index(draft.id)
    ours, (demand, *_) = task.rhythms[i], task.demands[i]
    free = ours.allowed.copy()
    for j, other in enumerate(task.rhythms):
        if j == i:
            continue
        phase_s, (theirs, *_) = phases_s[other.id], task.demands[j]
        first = other.headway_s - 1 - phase_s
        free &= ~task.clash[j, i][first : first + ours.headway_s]
        add(other, theirs.drones, phase_s, level)
        for use, used in zip(theirs.scarce, taken, strict=True):
            add(other, use, phase_s, used)
    now = level.copy()
    add(ours, demand.drones, phases_s[draft.id], now)
    drones, until_s = int(now.max()), task.rush_s[1] + 1
    level[:until_s] += drones - int(now[:until_s].max())
    free &= peaks_by_phase(ours, demand.drones, level) <= drones
    for use, used, there_is in zip(demand.scarce, taken, task.counts, strict=True):
        free &= peaks_by_phase(ours, use, used) <= there_is
    kept = replace(room.rhythms[draft.id], allowed=free)
    for other_id, spans in room.meets.get(draft.id, ()):
        kept = kept_clear(kept, room.rhythms[other_id], phases_s[other_id], spans)
    return kept.allowed


def reclocked(room: Leeway, table: Timetable, phases_s: Mapping[str, int]) -> Timetable:
    """Return a timetable with new phases of some routes, by draft."""
    drafts = room.drafts.values()
    first_s = flown_phases(tuple(drafts), phases_s)
    depots = {route.id: route.depot for route in table.routes}
    moved = {r.depot for r in table.routes if r.phase_s != first_s[r.id]}
    flying = [v for d in drafts for v in d.flown]
    kept = [s for s in table.roster if depots[s.route] not in moved]
    anew = make_roster(
        room.scenario,
        [draft for draft in flying if draft.depot in moved],
        first_s,
        flown=room.flown,
    )
    layers_m = {route.id: route.layer_m for route in table.routes}
    plan = standing(room.scenario, flying, first_s, layers_m, room.encounters)
    drones = {(depots[s.route], s.drone) for s in anew}
    return replace(
        table,
        routes=tuple(replace(r, phase_s=float(first_s[r.id])) for r in table.routes),
        roster=tuple(sorted((*kept, *anew), key=lambda s: (s.takeoff_s, s.drone))),
        peaks={
            station: sum(depot == station for depot, _ in drones)
            if station in moved
            else peak
            for station, peak in table.peaks.items()
        },
        unresolved=plan.unresolved,
        tolerances_s=plan.tolerances_s,
    )
