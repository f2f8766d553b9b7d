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
from planner.errors import StoppedError
from planner.plan import Plan, Route
from planner.planning.margins import Room, stricter
from planner.planning.pipeline import plan_routes
from planner.scenario import Scenario
from planner.simulation import Simulation, simulate
from planner.simulation.lateness import Lateness, own_lateness

RUNS = 1000
ATTEMPTS = 4
"""A plan as asked for; one with room in it; others with more room, or less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Robust:
    """
    A plan, and how often it holds.

    Parameters
    ----------
    reached
        Share of the days on which the worst route keeps all of its promises, and the
        worst station its pads.
    holding, of
        Routes and stations that reach what was asked, and how many there are.
    """

    plan: Plan
    simulation: Simulation | None
    reached: float
    holding: int
    of: int


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
    Return a plan of which each route keeps its promises on a share of the days.

    No more priority is left unserved for it: where no such plan is found, it is the
    one that comes nearest. The arguments are those of `planner.planning.pipeline.plan_routes`;
    each attempt takes its part of the seconds, or all of the rounds.

    Parameters
    ----------
    share
        Of the days, on which every route keeps all of its promises over the whole
        horizon, and every station its pads: each on its own.

    Raises
    ------
    StoppedError
        If ``stop`` says so before there is any plan.
    """
    budget = budget or Budget()
    began_s = time.monotonic() if began_s is None else began_s
    first: Plan | None = None
    late: Lateness | None = None
    best: Robust | None = None
    room = Room()
    for attempt in range(ATTEMPTS):
        asked = stricter(scenario, late, room) if late is not None else scenario
        try:
            plan = plan_routes(
                asked,
                budget=_part(budget, began_s, ATTEMPTS - attempt),
                on_progress=on_progress,
                stop=stop,
                began_s=time.monotonic(),
                told_of=scenario,
            )
        except StoppedError:
            if best is None:
                raise
            break
        first = first or plan
        known = {u.zone: u for u in first.unserved}
        more = {u.zone for u in plan.unserved} - known.keys()
        whole = _unserved(scenario, plan) <= _unserved(scenario, first) and all(
            u.code == "not_found" for u in plan.unserved if u.zone in more
        )
        most = whole and room.apart
        if attempt:
            room = replace(room, apart=True) if whole else _sparing(room, first, more)
        if whole:
            # Why zones are left out must be true of the scenario itself.
            reasons = tuple(known.get(u.zone, u) for u in plan.unserved)
            told = {**plan.provenance, **_asked_for(budget, share)}
            plan = replace(plan, unserved=reasons, provenance=told)
            found = _judged(scenario, plan, share)
            if best is None or _merit(found, share) > _merit(best, share):
                best = found
        assert best is not None
        if best.reached >= share or best.simulation is None or most:
            break
        if stop and stop():
            break
        late = late or own_lateness(scenario, first, share, seed=budget.seed)
    assert best is not None
    return best


def _unserved(scenario: Scenario, plan: Plan) -> float:
    """Return the priority of what a plan leaves out."""
    return round(sum(scenario.zone(u.zone).priority for u in plan.unserved), 9)


def _sparing(room: Room, first: Plan, left_out: set[str]) -> Room:
    """
    Return the same room but where it cost zones, and none to keep launches apart.

    Stations that served them in the first plan have no time for it, nor have zones
    that they serve.
    """

    def serves(route: Route) -> set[str]:
        return {zone for stop in route.stops for zone in stop.zones}

    stations = {r.depot for r in first.routes if serves(r) & left_out}
    zones = {z for r in first.routes if r.depot in stations for z in serves(r)}
    return Room(
        spared_stations=room.spared_stations | stations,
        spared_zones=room.spared_zones | zones,
    )


def _merit(robust: Robust, share: float) -> tuple[bool, float, float]:
    """Return by what plans are compared: what was asked, how widely, how well."""
    widely = robust.holding / max(robust.of, 1)
    return robust.reached >= share, widely, robust.reached


def _part(budget: Budget, began_s: float, attempts: int) -> Budget:
    """Return what one attempt may take of a budget; rounds are not shared out."""
    if budget.iterations is not None:
        return budget
    left_s = began_s + (budget.seconds or 0.0) - time.monotonic()
    return replace(budget, seconds=max(0.0, left_s / attempts))


def _asked_for(budget: Budget, share: float) -> dict[str, Any]:
    """Return what stands in the provenance of a plan that is to hold."""
    if budget.iterations is not None:
        return {"robust": share}
    return {"robust": share, "budget": {"iterations": None, "seconds": budget.seconds}}


def _judged(scenario: Scenario, plan: Plan, share: float) -> Robust:
    """Return a plan with how often its routes and its stations hold."""
    if not plan.roster:
        return Robust(plan=plan, simulation=None, reached=1.0, holding=0, of=0)
    found = simulate(scenario, plan, runs=RUNS)
    shares = [o.share for o in (*found.routes.values(), *found.stations.values())]
    return Robust(
        plan=plan,
        simulation=found,
        reached=min(shares),
        holding=sum(1 for s in shares if s >= share),
        of=len(shares),
    )
