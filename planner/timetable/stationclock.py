"""Set the take-off clocks of the routes that share a station's drones."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.basics.clock import Span
from planner.scenario import Scenario, Station
from planner.timetable.crewing import Clocked, crew_room
from planner.timetable.draft import DraftRoute
from planner.timetable.packing import IntArray, Packing, may_wait, packing
from planner.timetable.phases import BoolArray
from planner.timetable.placing import Placed, add, first_fit, least_rush
from planner.timetable.rhythm import Rhythm, rhythm

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

_WAIT_STEP_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class StationClock:
    """
    When the routes of one station take off, and how many drones that takes.

    Parameters
    ----------
    phases_s
        By route id.
    peak
        Most drones busy at once, take-off until ready again. More than the
        station has on rotation where no clock was found: then the number with
        which one was, those on top with a pad and the like each.
    peak_busiest
        The same until the end of the scenario's busiest period: with first-free
        drones, how many different ones that period sees. Over the day if the
        clock was not to be minimised.
    proved
        Whether no clock has a lower ``peak_busiest``; of a station with too few
        drones, whether no clock has a lower ``peak``. Not where drones may wait for
        chargers.
    waits_s
        That the drones of a route wait for a charger after each sortie, by route id,
        where they do.
    """

    phases_s: Mapping[str, int]
    peak: int
    peak_busiest: int
    proved: bool
    waits_s: Mapping[str, int] = field(default_factory=dict)


def schedule_station(
    scenario: Scenario,
    station: Station,
    drafts: Sequence[DraftRoute],
    *,
    rhythms: Mapping[str, Rhythm] | None = None,
    forbidden: Mapping[tuple[str, str], Sequence[Span]] | None = None,
    hint: Mapping[str, int] | None = None,
    others: Sequence[Clocked] = (),
    minimise: bool = True,
    deterministic_time: float = 0.3,
) -> StationClock | None:
    """
    Choose phases so that a station can fly its routes, with few drones.

    First fit in several orders is tried first; CP-SAT (one worker, no wall clock)
    decides where it fails. Where that fails too, drones may wait for chargers, if
    these are few.

    Parameters
    ----------
    rhythms
        What `planner.timetable.rhythm.rhythm` returns for each draft, by id: saves time
        where a draft is asked about often, and may allow fewer phases.
    forbidden
        Take-off of the second route minus take-off of the first that must not
        occur [s], closed spans by pair of route ids.
    hint
        Phases by route id that are tried first.
    others
        Routes with clocks at stations that share this one's pilots.
    minimise
        Whether to use as few drones as possible; otherwise any clock within the
        station's drones will do.
    deterministic_time
        Limit of each CP-SAT call, in its own seconds (about three of the clock);
        0 for first fit alone.

    Returns
    -------
    StationClock or None
        With a ``peak`` above the drones on rotation where no clock with fewer was
        found; None where no number of drones would do.
    """
    if not drafts:
        return StationClock(phases_s={}, peak=0, peak_busiest=0, proved=True)
    if rhythms is None:
        rhythms = {draft.id: rhythm(scenario, draft) for draft in drafts}
    ours = sorted((rhythms[draft.id] for draft in drafts), key=lambda r: r.id)
    day = (0.0, scenario.horizon.length_s)
    busiest = scenario.busiest_period() if minimise else day
    room = crew_room(scenario, station, others)
    task = packing(scenario, station, ours, forbidden or {}, busiest, room=room)
    if task is None:
        return None
    limit = station.drones - scenario.rules.reserve_drones
    start = [hint.get(r.id, -1) for r in ours] if hint else None

    placed, proved = _placed_within(task, limit, limit, start, deterministic_time)
    if placed is None and may_wait(scenario, station):
        waits_s = _waits_s(ours, limit)
        task = packing(
            scenario,
            station,
            ours,
            forbidden or {},
            busiest,
            waits_s=waits_s,
            room=room,
        )
        assert task is not None
        placed, proved = first_fit(task, limit, limit, start), False
    if placed is None:
        more = max(limit, 0)
        while placed is None and more < task.roomy:
            # Drones that come on top bring pads, chargers, batteries and pilots.
            counts = tuple(count + 1 for count in task.counts)
            more, task = more + 1, replace(task, counts=counts)
            placed = first_fit(task, more, more, start)
        if placed is None:
            placed, _ = _placed_within(task, more, more, start, deterministic_time)
        if placed is None:
            return None
        return replace(
            _clock(task, placed, proved=proved and more == limit + 1), peak=more
        )
    clock = _clock(task, placed, proved=False)
    if not minimise:
        return clock
    least = least_rush(task)
    while clock.peak_busiest > least:
        placed, proved = _placed_within(
            task, limit, clock.peak_busiest - 1, start, deterministic_time
        )
        if placed is None:
            break
        clock = _clock(task, placed, proved=False)
    else:
        proved = True
    while clock.peak > clock.peak_busiest:
        placed = first_fit(task, clock.peak - 1, clock.peak_busiest, start)
        if placed is None:
            break
        clock = _clock(task, placed, proved=False)
    return replace(clock, proved=proved and not may_wait(scenario, station))


def _waits_s(rhythms: Sequence[Rhythm], drones: int) -> Sequence[int]:
    """Return how long drones may wait for a charger: while all others charge."""
    longest_s = max(end - begin for begin, end in (r.charging for r in rhythms))
    return range(0, longest_s * max(drones - 1, 1) + _WAIT_STEP_S, _WAIT_STEP_S)


def _clock(task: Packing, placed: Placed, *, proved: bool) -> StationClock:
    """Return the clock of phases, with its peaks counted."""
    level = np.zeros(task.length_s, dtype=np.int16)
    at = list(zip(task.rhythms, placed, strict=True))
    for r, (phase, demand) in at:
        add(r, demand.drones, phase, level)
    return StationClock(
        phases_s={r.id: phase for r, (phase, _) in at},
        waits_s={r.id: demand.wait_s for r, (_, demand) in at if demand.wait_s},
        peak=int(level.max()),
        peak_busiest=int(level[: task.rush_s[1] + 1].max()),
        proved=proved,
    )


def _placed_within(
    task: Packing,
    drones: int,
    rush_drones: int,
    start: Sequence[int] | None,
    deterministic_time: float,
) -> tuple[Placed | None, bool]:
    """Return phases within limits, or None and whether that is proved."""
    placed = first_fit(task, drones, rush_drones, start)
    if placed is not None or deterministic_time <= 0:
        return placed, placed is not None
    return _decide(task, drones, rush_drones, start, deterministic_time)


def _decide(
    task: Packing,
    drones: int,
    rush_drones: int,
    start: Sequence[int] | None,
    deterministic_time: float,
) -> tuple[Placed | None, bool]:
    """Do as `_placed_within`, by CP-SAT; nobody waits for a charger."""
    from ortools.sat.python import cp_model

    if rush_drones < 0:
        return None, True
    model = cp_model.CpModel()
    phases = [
        model.new_int_var_from_domain(_domain(r.allowed), r.id) for r in task.rhythms
    ]
    for i, j in itertools.combinations(range(len(phases)), 2):
        clash = task.clash[i, j]
        if clash.all():
            return None, True
        if clash.any():
            first = 1 - task.rhythms[i].headway_s
            model.add_linear_expression_in_domain(
                phases[j] - phases[i], _domain(~clash, first)
            )
    flights = [
        (i, k * r.headway_s, present)
        for i, r in enumerate(task.rhythms)
        for k, present in _flights(model, r, phases[i])
    ]
    demands = [each[0] for each in task.demands]
    rush = [(0, task.rush_s[1] + 1, drones - rush_drones)]
    if drones == rush_drones:
        rush = []
    limits = [([d.drones for d in demands], drones, rush)]
    for n, (there_is, others) in enumerate(zip(task.counts, task.taken, strict=True)):
        limits.append(([d.scarce[n] for d in demands], there_is, _levels(others)))
    for uses, limit, kept in limits:
        intervals = [
            model.new_optional_fixed_size_interval_var(
                phases[i] + (after + low), high - low, present, ""
            )
            for i, after, present in flights
            for low, high in uses[i].spans
        ]
        taken = [1] * len(intervals)
        for low, high, count in kept:
            intervals.append(model.new_fixed_size_interval_var(low, high - low, ""))
            taken.append(count)
        model.add_cumulative(intervals, taken, limit)
    for phase, value in zip(phases, start or (), strict=start is not None):
        if value >= 0:
            model.add_hint(phase, value)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = deterministic_time
    status = solver.solve(model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        found = [solver.value(phase) for phase in phases]
        return list(zip(found, demands, strict=True)), True
    return None, status == cp_model.INFEASIBLE


def _flights(
    model: cp_model.CpModel, r: Rhythm, phase: cp_model.IntVar
) -> Iterator[tuple[int, cp_model.LiteralT]]:
    """Yield each number k of a sortie that some phase flies, and whether it is."""
    h = r.headway_s
    numbers = {k for f, end in r.flown for k in range(f // h, end // h + 1)}
    for k in sorted(numbers):
        flies = np.zeros(h, dtype=bool)
        for first, last in r.flown:
            flies[max(first - k * h, 0) : max(last + 1 - k * h, 0)] = True
        if not (r.allowed & flies).any():
            continue
        if not (r.allowed & ~flies).any():
            yield k, True
            continue
        literal = model.new_bool_var("")
        for mask, when in ((flies, literal), (~flies, ~literal)):
            model.add_linear_expression_in_domain(phase, _domain(mask)).only_enforce_if(
                when
            )
        yield k, literal


def _levels(taken: IntArray) -> list[tuple[int, int, int]]:
    """Return begin, end and number of each stretch in which something is taken."""
    edges = [0, *(np.flatnonzero(np.diff(taken)) + 1).tolist(), len(taken)]
    return [
        (low, high, int(taken[low]))
        for low, high in itertools.pairwise(edges)
        if taken[low]
    ]


def _domain(mask: BoolArray, first: int = 0) -> cp_model.Domain:
    """Return the positions of True, counted from ``first``."""
    from ortools.sat.python import cp_model

    edges = np.flatnonzero(np.diff(np.pad(mask.astype(np.int8), 1))) + first
    return cp_model.Domain.from_intervals(
        [[int(low), int(high) - 1] for low, high in edges.reshape(-1, 2)]
    )
