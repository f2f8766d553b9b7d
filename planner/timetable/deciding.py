"""Decide by CP-SAT when routes take off, and who waits how long for a charger."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.timetable.demands import IntArray, Use, demand_at, shifted
from planner.timetable.packing import Packing
from planner.timetable.phases import BoolArray
from planner.timetable.placing import Placed
from planner.timetable.rhythm import Rhythm

if TYPE_CHECKING:
    from ortools.sat.python import cp_model


class Wait(NamedTuple):
    """How long the drones of a route wait for a charger, and the phase after that."""

    time: cp_model.IntVar
    after: cp_model.IntVar


def decide(
    task: Packing,
    drones: int,
    rush_drones: int,
    start: Sequence[int] | None,
    deterministic_time: float,
) -> tuple[Placed | None, bool]:
    """
    Return phases within limits, or None and whether that is proved.

    What drones wait for chargers is any number of whole seconds, up to the most that
    there is a demand for, and as little as it can be at the phases found.
    """
    from ortools.sat.python import cp_model

    if rush_drones < 0:
        return None, True
    model = cp_model.CpModel()
    phases = [
        model.new_int_var_from_domain(domain(r.allowed), r.id) for r in task.rhythms
    ]
    for i, j in itertools.combinations(range(len(phases)), 2):
        clash = task.clash[i, j]
        if clash.all():
            return None, True
        if clash.any():
            first = 1 - task.rhythms[i].headway_s
            model.add_linear_expression_in_domain(
                phases[j] - phases[i], domain(~clash, first)
            )
    waits = _waits(model, task, phases)
    flights = [
        (i, k * r.headway_s, present)
        for i, r in enumerate(task.rhythms)
        for k, present in _flights(model, r, phases[i])
    ]
    rush = [(0, task.rush_s[1] + 1, drones - rush_drones)]
    if drones == rush_drones:
        rush = []
    ends = [(each[0], each[-1]) for each in task.demands]
    limits = [([(a.drones, b.drones) for a, b in ends], drones, rush)]
    for n, (there_is, others) in enumerate(zip(task.counts, task.taken, strict=True)):
        uses = [(a.scarce[n], b.scarce[n]) for a, b in ends]
        limits.append((uses, there_is, _levels(others)))
    for uses, limit, kept in limits:
        held = [
            interval
            for i, after, present in flights
            for interval in intervals(
                model, phases[i], after, waits[i], uses[i], present
            )
        ]
        taken = [1] * len(held)
        for low, high, count in kept:
            held.append(model.new_fixed_size_interval_var(low, high - low, ""))
            taken.append(count)
        if waits[0] is not None and (limit, len(kept)) == (1, 0):
            model.add_no_overlap(held)
        else:
            model.add_cumulative(held, taken, limit)
    _take_turns(model, task, phases, waits)
    for phase, value in zip(phases, start or (), strict=start is not None):
        if value >= 0:
            model.add_hint(phase, value)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = deterministic_time
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, status == cp_model.INFEASIBLE
    found = [solver.value(phase) for phase in phases]
    least = [0 if wait is None else solver.value(wait.time) for wait in waits]
    if any(least):
        for phase, value in zip(phases, found, strict=True):
            model.add(phase == value)
        model.clear_hints()  # type: ignore[no-untyped-call]
        times = [wait.time for wait in waits if wait is not None]
        for time, value in zip(times, least, strict=True):
            model.add_hint(time, value)
        model.minimize(cp_model.LinearExpr.sum(times))
        if solver.solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            least = [solver.value(time) for time in times]
    return [
        (phase, demand_at(each, wait_s))
        for phase, wait_s, each in zip(found, least, task.demands, strict=True)
    ], True


def _waits(
    model: cp_model.CpModel, task: Packing, phases: Sequence[cp_model.IntVar]
) -> list[Wait | None]:
    """Return what the drones of each route may wait, None where nobody may."""
    waits: list[Wait | None] = []
    for r, phase, each in zip(task.rhythms, phases, task.demands, strict=True):
        if len(each) == 1:
            waits.append(None)
            continue
        time = model.new_int_var(0, each[-1].wait_s, "")
        after = model.new_int_var(0, r.headway_s + each[-1].wait_s, "")
        model.add(after == phase + time)
        waits.append(Wait(time, after))
    return waits


def _take_turns(
    model: cp_model.CpModel,
    task: Packing,
    phases: Sequence[cp_model.IntVar],
    waits: Sequence[Wait | None],
) -> None:
    """
    Say how far apart routes charge at a single charger: a great help to the solver.

    Two that fly side by side for as long as all their sorties take to meet keep clear
    of each other if they do within the greatest common divisor of their headways.
    """
    from ortools.sat.python import cp_model

    place = _charger(task)
    if place is None or task.counts[place] != 1:
        return
    for i, j in itertools.combinations(range(len(phases)), 2):
        a, b = task.rhythms[i], task.rhythms[j]
        first, second = waits[i], waits[j]
        run = task.runs[i]
        if first is None or second is None or run is None or run != task.runs[j]:
            continue
        waited_s = max(task.demands[i][-1].wait_s, task.demands[j][-1].wait_s)
        # They begin so far apart at most, and end so.
        apart_s = max(a.headway_s, b.headway_s) + waited_s
        apart_s += max(a.charging[1], b.charging[1])
        longer_s = apart_s + max(a.headway_s, b.headway_s)
        if run[1] - run[0] < math.lcm(a.headway_s, b.headway_s) + longer_s:
            continue
        common_s = math.gcd(a.headway_s, b.headway_s)
        lasts_s = [r.charging[1] - r.charging[0] for r in (a, b)]
        least, most = lasts_s[0], common_s - lasts_s[1]
        shift = b.charging[0] - a.charging[0]
        times = (apart_s + abs(shift)) // common_s + 2
        model.add_linear_expression_in_domain(
            second.after - first.after,
            cp_model.Domain.from_intervals(
                [
                    [k * common_s + least - shift, k * common_s + most - shift]
                    for k in range(-times, times)
                ]
            ),
        )


def _charger(task: Packing) -> int | None:
    """Return the place of chargers among what is scarce: who waits takes it later."""
    first, last = task.demands[0][0], task.demands[0][-1]
    pairs = enumerate(zip(first.scarce, last.scarce, strict=True))
    return next((n for n, pair in pairs if shifted(*pair) == [(True, True)]), None)


def intervals(
    model: cp_model.CpModel,
    phase: cp_model.IntVar,
    since: int,
    wait: Wait | None,
    uses: tuple[Use, Use],
    present: cp_model.LiteralT,
) -> Iterator[cp_model.IntervalVar]:
    """
    Yield when a sortie takes something.

    Parameters
    ----------
    since
        Phase until take-off.
    uses
        When nobody waits, and when all do as long as they may.
    """
    for (low, high), (begins, ends) in zip(uses[0].spans, shifted(*uses), strict=True):
        if wait is None or begins == ends:
            first = phase if wait is None or not begins else wait.after
            yield model.new_optional_fixed_size_interval_var(
                first + (since + low), high - low, present, ""
            )
        else:  # It begins as ever, and ends later.
            start, end = phase + (since + low), wait.after + (since + high)
            size = wait.time + (high - low)
            yield model.new_optional_interval_var(start, size, end, present, "")


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
            model.add_linear_expression_in_domain(phase, domain(mask)).only_enforce_if(
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


def domain(mask: BoolArray, first: int = 0) -> cp_model.Domain:
    """Return the positions of True, counted from ``first``."""
    from ortools.sat.python import cp_model

    edges = np.flatnonzero(np.diff(np.pad(mask.astype(np.int8), 1))) + first
    return cp_model.Domain.from_intervals(
        [[int(low), int(high) - 1] for low, high in edges.reshape(-1, 2)]
    )
