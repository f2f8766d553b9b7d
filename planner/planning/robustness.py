"""
Plan so that a plan still holds on days that differ from it.

A plan is made for a stricter scenario than the one asked for: intervals, endurance and
turnarounds leave room for how late sorties get by themselves, launches and routes that
only time parts are farther apart. What comes out is a plan for what was asked, with
time to spare where it is needed; simulated days tell how often it holds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from planner.budget import Budget, Progress
from planner.errors import LateError, StoppedError
from planner.formats.plan_geojson import as_written
from planner.plan import Plan, Unserved
from planner.planning.margins import Room, fitted, room_for, stricter
from planner.planning.pacing import closing, closing_s
from planner.planning.pipeline import Found, find_routes, with_figures
from planner.planning.reasons import unserved
from planner.scenario import Scenario
from planner.simulation import UNITS, Kept, Simulation, simulate
from planner.simulation.lateness import own_lateness

RUNS = 1000
NO_ROOM = "no_room_for_delays"
"""Code of zones that are left out for the sake of room."""

_SHARES = (0.1, 0.5, 1.0)
"""
Of the seconds that are left, for one plan after the other: one as asked for, which
tells how late sorties get; one with room for that; one with the room that the days of
the second show, where promises fall short or zones are left out for the sake of it.
"""

_LEAST_S = 5.0
"""In less there may be no plan at all, however small the scenario is [s]."""

_SEED = 10_000
"""Days that judge a plan are not those that told how much room it needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Robust:
    """
    A plan, and how often each of its promises holds: a rule at a route or a station.

    Parameters
    ----------
    simulation
        None where nothing is flown.
    reached
        Share of the days on which the worst promise holds.
    short
        Promises that hold on fewer days than asked, the worst first.
    of
        How many promises there are.
    told
        What was told on the way to this plan.
    """

    plan: Plan
    simulation: Simulation | None
    reached: float
    short: tuple[Kept, ...]
    of: int
    told: tuple[Progress, ...] = ()

    @property
    def holding(self) -> int:
        """How many promises hold as often as asked."""
        return self.of - len(self.short)


def plan_robustly(
    scenario: Scenario,
    share: float,
    *,
    budget: Budget | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    began_s: float | None = None,
) -> Robust:
    """
    Return a plan of which each promise holds on a share of the days.

    Zones for which there is no time then are left out. Where no such plan is found, it
    is the one with the most priority in zones whose routes all hold. The arguments are
    those of `planner.planning.pipeline.plan_routes`; each attempt takes its part of the
    seconds, or all of the rounds.

    Parameters
    ----------
    share
        Of the days, on which each rule holds over the whole horizon, at each route or
        (for pads) station: each promise on its own.

    Raises
    ------
    StoppedError
        If ``stop`` says so before there is any plan.
    LateError
        If no plan could be checked and drawn in time.
    """
    budget = budget or Budget()
    started_s = time.monotonic()
    began_s = started_s if began_s is None else began_s
    first: Found | None = None
    first_told: list[Progress] = []
    best: Robust | None = None
    room: Room | None = None
    judging_s = 0.0
    for part in _SHARES:
        asked = scenario if room is None else stricter(scenario, room)
        kept_s = 0.0
        if first is not None:
            kept_s = closing_s(first.pace.preparing_s) + judging_s
        mine = _part(budget, began_s, part, kept_s)
        if best is not None and mine.iterations is None and mine.seconds == 0:
            break
        told: list[Progress] = []
        try:
            found = find_routes(
                asked,
                budget=mine,
                on_progress=_noting(told, on_progress),
                stop=stop,
                told_of=scenario,
            )
        except StoppedError:
            if first is None:
                raise
            break
        plan = as_written(found.plan)
        if room is None or first is None:
            first, first_told = replace(found, plan=plan), told
        else:
            plan = _explained(plan, first.plan, room, share)
            since_s = time.monotonic()
            judged = _judged(scenario, plan, tuple(told), share, budget)
            judging_s = time.monotonic() - since_s
            best = _better(scenario, best, judged)
            costs = any(u.code == NO_ROOM for u in plan.unserved)
            if not (judged.short or costs):
                break
            known = judged.simulation
            room = fitted(room, known.kept if known else (), share)
        if room is None and plan.roster:
            late = own_lateness(scenario, plan, share, seed=budget.seed)
            room = room_for(scenario, late)
        if stop and stop():
            break
    assert first is not None
    if best is None or best.short or not best.of:
        plain = _judged(scenario, first.plan, tuple(first_told), share, budget)
        best = _better(scenario, best, plain)
    if stop and stop():
        return best
    pace = closing(budget, first.pace.preparing_s, began_s=began_s)
    if pace.is_late():
        raise LateError(pace.needed_s())
    chosen = Found(plan=best.plan, pace=pace, started_s=started_s)
    told = list(best.told)
    noted = _noting(told, on_progress)
    plan = with_figures(scenario, chosen, on_progress=noted, stop=stop)
    return replace(best, plan=plan, told=tuple(told))


def _noting(
    told: list[Progress], on_progress: Callable[[Progress], None] | None
) -> Callable[[Progress], None]:
    """Return what notes what it is told, and tells it on."""

    def note(progress: Progress) -> None:
        told.append(progress)
        if on_progress:
            on_progress(progress)

    return note


def _explained(plan: Plan, first: Plan, room: Room, share: float) -> Plan:
    """
    Return a plan with reasons that are true of the scenario itself.

    What the first plan serves, which has no room, is left out for the sake of it.
    """
    known = {u.zone: u for u in first.unserved}
    return replace(
        plan,
        unserved=tuple(
            known.get(u.zone) or _without_room(u, room, share) for u in plan.unserved
        ),
    )


def _without_room(left_out: Unserved, room: Room, share: float) -> Unserved:
    """Return that a zone could be served, were no room left for delays."""
    return unserved(
        left_out.zone,
        NO_ROOM,
        {
            "station": left_out.figures.get("station", "-"),
            "asked_percent": round(100 * share, 3),
            "flight_s": round(max(room.longer_s.values(), default=0.0)),
            "interval_s": round(room.visit_s),
            "move_s": round(room.move_s),
        },
    )


def _better(scenario: Scenario, one: Robust | None, other: Robust) -> Robust:
    """Return the better of two plans, the first of equals."""
    if one is None or _merit(scenario, other) > _merit(scenario, one):
        return other
    return one


def _merit(scenario: Scenario, robust: Robust) -> tuple[float, float, float]:
    """
    Return by what plans are compared: what holds, what is served, how often.

    Priorities of zones of which no route and no station falls short; of all others.
    """
    places = {kept.where for kept in robust.short}
    left_out = {u.zone for u in robust.plan.unserved}
    shaky = {
        zone
        for route in robust.plan.routes
        if {route.id, route.depot, route.lands_at} & places
        for stop in route.stops
        for zone in stop.zones
    }
    served = {z.id: z.priority for z in scenario.zones if z.id not in left_out}
    holds = sum(priority for zone, priority in served.items() if zone not in shaky)
    return round(holds, 9), round(sum(served.values()), 9), robust.reached


def _part(budget: Budget, began_s: float, share: float, kept_s: float) -> Budget:
    """
    Return what one attempt may take of a budget; rounds are not shared out.

    Parameters
    ----------
    kept_s
        Seconds that are kept for what comes after.
    """
    if budget.iterations is not None:
        return budget
    left_s = began_s + (budget.seconds or 0.0) - kept_s - time.monotonic()
    least_s = min(_LEAST_S, left_s / len(_SHARES))
    return replace(budget, seconds=max(0.0, least_s, left_s * share))


def _judged(
    scenario: Scenario,
    plan: Plan,
    told: tuple[Progress, ...],
    share: float,
    budget: Budget,
) -> Robust:
    """Return a plan with how often its promises hold, which it then says itself."""
    asked: dict[str, Any] = {"robust": share}
    if budget.iterations is None:
        asked["budget"] = {"iterations": None, "seconds": budget.seconds}
    plan = replace(plan, provenance={**plan.provenance, **asked})
    if not plan.roster:
        return Robust(
            plan=plan, simulation=None, reached=1.0, short=(), of=0, told=told
        )
    found = simulate(scenario, plan, runs=RUNS, seed=_SEED + budget.seed)
    short = sorted(
        (kept for kept in found.kept if kept.odds.share < share),
        key=lambda kept: (kept.odds.held, kept.rule, kept.where),
    )
    analysis = {
        "asked": share,
        "reached": min(kept.odds.share for kept in found.kept),
        "promises": len(found.kept),
        "days": RUNS,
        "seed": found.seed,
        "short": [
            {
                "rule": kept.rule,
                "where": kept.where,
                "held": kept.odds.share,
                "beyond": kept.beyond(share),
                "unit": UNITS.get(kept.rule, ""),
            }
            for kept in short
        ],
    }
    return Robust(
        plan=replace(plan, analysis={**plan.analysis, "robust": analysis}),
        simulation=found,
        reached=min(kept.odds.share for kept in found.kept),
        short=tuple(short),
        of=len(found.kept),
        told=told,
    )
