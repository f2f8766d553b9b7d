"""
Choose by CP-SAT how often and when the routes of a station fly, both at once.

Routes that come every 50 and every 60 minutes meet at a charger sooner or later,
whatever their phases; and two drones that take turns on one pad may need 58 minutes
where 60 were asked for. So each headway is a whole multiple of one beat, which may be
somewhat shorter than it has to be: then who keeps out of the other's way once does so
for ever, and a few rounds show it.

That is periodic event scheduling (Serafini and Ukovich, SIAM Journal on Discrete
Mathematics 2, 1989), but with a period that is chosen too, and with more than one of
each thing that is shared.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.basics.spells import WholeSpan
from planner.draft import DraftRoute
from planner.scenario import Scenario, Station
from planner.timetable.clashing import clashes
from planner.timetable.deciding import Wait, domain, intervals
from planner.timetable.demands import Use
from planner.timetable.nesting import nestings
from planner.timetable.packing import (
    Holding,
    delayed,
    holdings,
    may_wait,
    most_wait_s,
)
from planner.timetable.rhythm import Rhythm, rhythm

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

_BEATS = 24
"""Different ones that are looked at."""


@dataclass(frozen=True, slots=True)
class Harmony:
    """Headways and phases of a station's routes, in their order, whole seconds."""

    headways_s: tuple[int, ...]
    phases_s: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Tune:
    """What CP-SAT chooses from; ``rhythms`` are those of the shortest beat."""

    model: cp_model.CpModel
    beat: cp_model.IntVar
    beats_s: Sequence[int]
    phases: Sequence[cp_model.IntVar]
    rhythms: Sequence[Rhythm]
    times: Sequence[int]


def harmonised(
    scenario: Scenario,
    station: Station,
    drafts: Sequence[DraftRoute],
    *,
    deterministic_time: float,
) -> Harmony | None:
    """
    Return headways and phases at which a station can fly its routes, if found.

    No headway is longer than it was. As if all routes were flown all the time and no
    pilots were short: a clock for the day has the last word.

    Parameters
    ----------
    deterministic_time
        Limit of each CP-SAT call, in its own seconds.
    """
    before = [rhythm(scenario, draft) for draft in drafts]
    headways_s = [draft.headway_s for draft in drafts]
    for times in nestings(headways_s, [r.busy_s for r in before]):
        rhythms = {
            beat_s: [
                rhythm(scenario, _every(draft, n * beat_s))
                for draft, n in zip(drafts, times, strict=True)
            ]
            for beat_s in _beats_s(scenario, station, drafts, before, times)
        }
        found = _decided(scenario, station, rhythms, times, deterministic_time)
        if found is not None:
            return found
    return None


def _every(draft: DraftRoute, headway_s: int) -> DraftRoute:
    """Return a route with another headway."""
    variants = tuple(_every(variant, headway_s) for variant in draft.variants)
    return replace(draft, headway_s=float(headway_s), variants=variants)


def _beats_s(
    scenario: Scenario,
    station: Station,
    drafts: Sequence[DraftRoute],
    rhythms: Sequence[Rhythm],
    times: Sequence[int],
) -> list[int]:
    """Return beats that are worth a look."""
    rules, horizon = scenario.rules, scenario.horizon
    longest_s = min(
        int(draft.headway_s) // n for draft, n in zip(drafts, times, strict=True)
    )
    # No more of anything may be taken on average than there is; and a sortie is back,
    # and the column clear, before the next one of its route takes off.
    least_s = [
        sum(
            (high - low) / n
            for r, n in zip(rhythms, times, strict=True)
            for low, high in hold(r)
        )
        / max(there_is, 1)
        for there_is, hold in _limits(scenario, station)
    ]
    least_s += [
        (draft.duration_s + rules.launch_spacing_s) / n
        for draft, n in zip(drafts, times, strict=True)
    ]
    beats_s = list(range(math.ceil(max(least_s)), longest_s + 1))
    if horizon.repeats:
        rounds = [draft.turns * n for draft, n in zip(drafts, times, strict=True)]
        beats_s = [
            beat_s
            for beat_s in beats_s
            if not any(horizon.length_s % (n * beat_s) for n in rounds)
        ]
    if len(beats_s) > _BEATS:
        some = np.linspace(0, len(beats_s) - 1, _BEATS)
        beats_s = [beats_s[k] for k in some.round().astype(int)]
    return beats_s


def _meets_itself(r: Rhythm, spacing_s: float) -> bool:
    """Whether sorties of a route get into each other's way."""
    return any(
        low <= later_s <= high
        for low, high in clashes(r, r, spacing_s)
        for later_s in range(r.headway_s, high + 1, r.headway_s)
    )


def _decided(
    scenario: Scenario,
    station: Station,
    rhythms: Mapping[int, Sequence[Rhythm]],
    times: Sequence[int],
    deterministic_time: float,
) -> Harmony | None:
    """Return the longest of some beats, by which rhythms are given, that is found."""
    from ortools.sat.python import cp_model

    spacing_s = scenario.rules.launch_spacing_s
    beats_s = [
        beat_s
        for beat_s, some in rhythms.items()
        if not any(_meets_itself(r, spacing_s) or not r.allowed.any() for r in some)
    ]
    if not beats_s:
        return None
    model = cp_model.CpModel()
    beat = model.new_int_var_from_domain(cp_model.Domain.from_values(beats_s), "")
    phases = [model.new_int_var(0, n * beats_s[-1] - 1, "") for n in times]
    for beat_s in beats_s:
        chosen = model.new_bool_var("")
        model.add(beat == beat_s).only_enforce_if(chosen)
        model.add(beat != beat_s).only_enforce_if(~chosen)
        for r, phase in zip(rhythms[beat_s], phases, strict=True):
            model.add_linear_expression_in_domain(
                phase, domain(r.allowed)
            ).only_enforce_if(chosen)
    tune = _Tune(model, beat, beats_s, phases, rhythms[beats_s[0]], times)
    _keep_clear(tune, spacing_s)
    _share(tune, scenario, station)
    model.maximize(beat)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = deterministic_time
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    beat_s = solver.value(beat)
    return Harmony(
        tuple(n * beat_s for n in times),
        tuple(solver.value(phase) for phase in phases),
    )


def _keep_clear(tune: _Tune, spacing_s: float) -> None:
    """Say that no two routes get into each other's way in the station's column."""
    from ortools.sat.python import cp_model

    times, phases = tune.times, tune.phases
    for i, j in itertools.combinations(range(len(phases)), 2):
        shifts = clashes(tune.rhythms[i], tune.rhythms[j], spacing_s)
        clear = cp_model.Domain.from_intervals([list(s) for s in shifts]).complement()
        # Phases are less than a headway; so many beats may lie between sorties.
        reach_s = max(abs(edge) for shift in shifts for edge in shift)
        most = reach_s // tune.beats_s[0] + max(times[i], times[j]) + 1
        step = math.gcd(times[i], times[j])
        for apart in range(-(most // step) * step, most + 1, step):
            tune.model.add_linear_expression_in_domain(
                phases[j] - phases[i] + apart * tune.beat, clear
            )


def _share(tune: _Tune, scenario: Scenario, station: Station) -> None:
    """
    Say that never more is taken of drones, pads and the like than there is.

    For so many rounds that the last is as every later one.
    """
    model, times = tune.model, tune.times
    waitable = may_wait(scenario.model(station.model), station)
    most_s = most_wait_s(tune.rhythms, _rotating(scenario, station)) if waitable else 0
    limits = _limits(scenario, station)
    longest_s = most_s + max(hold(r)[-1][1] for r in tune.rhythms for _, hold in limits)
    cycle = math.lcm(*times)
    rounds = 2 - (-longest_s // (cycle * tune.beats_s[0]))
    latest_s = cycle * (rounds + 1) * tune.beats_s[-1]
    taken: list[list[cp_model.IntervalVar]] = [[] for _ in limits]
    for r, phase, n in zip(tune.rhythms, tune.phases, times, strict=True):
        uses = [(_use(r, hold), _use(delayed(r, most_s), hold)) for _, hold in limits]
        time = model.new_int_var(0, most_s, "") if waitable else None
        for k in range(rounds * cycle // n):
            takeoff = model.new_int_var(0, latest_s, "")
            model.add(takeoff == phase + k * n * tune.beat)
            wait = None
            if time is not None:
                after = model.new_int_var(0, latest_s + most_s, "")
                model.add(after == takeoff + time)
                wait = Wait(time, after)
            for mine, use in zip(taken, uses, strict=True):
                mine += intervals(model, takeoff, 0, wait, use, True)
    for (there_is, _), mine in zip(limits, taken, strict=True):
        model.add_cumulative(mine, [1] * len(mine), there_is)


def _use(r: Rhythm, hold: Callable[[Rhythm], list[WholeSpan]]) -> Use:
    """Return what CP-SAT has to know of how a sortie takes something."""
    return Use(spans=tuple(hold(r)), cells=())


def _rotating(scenario: Scenario, station: Station) -> int:
    """Return how many drones of a station fly its routes."""
    return max(0, station.drones - scenario.rules.reserve_drones)


def _limits(scenario: Scenario, station: Station) -> list[Holding]:
    """Return what a station has, drones first, and when a sortie holds one of it."""
    lead_s = math.ceil(scenario.rules.pad_before_takeoff_s)
    return [(_rotating(scenario, station), _busy), *holdings(scenario, station, lead_s)]


def _busy(r: Rhythm) -> list[WholeSpan]:
    """Return when a sortie takes a drone."""
    return [(0, r.busy_s)]
