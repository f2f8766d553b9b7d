"""Plan: from a scenario to routes on a timetable, in a few verbs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from planner.airspace.freespace import FreeSpace, free_space
from planner.bounds import pricing
from planner.bounds.certificate import certify
from planner.budget import Budget, EngineBest, Progress
from planner.draft import DraftRoute
from planner.engines import engine
from planner.engines.runner import load
from planner.errors import LateError
from planner.flown.partings import compute_partings
from planner.formats.plan_geojson import as_written
from planner.given.objectives import OBJECTIVES
from planner.kept.keeping import keep
from planner.network.reach import independent_parts
from planner.plan import Plan
from planner.planning.compiling import compile_all, load_preparing
from planner.planning.covering import covering
from planner.planning.finishing import finish, served_zones
from planner.planning.margins import as_asked
from planner.planning.pacing import Pace, Stopwatch, care_for, is_tight, paced
from planner.planning.reserves import kept_for_teams
from planner.planning.tightening import first_is_over, tighten
from planner.problem import ChartedProblem, formulate
from planner.response.figures import response
from planner.runners import runner_at
from planner.runners.spreading import Spread, spread_over
from planner.scenario import Scenario
from planner.search.rounds import Search
from planner.targets import Discretised, discretise
from planner.timetable.crewing import sharing_pilots


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A plan without figures, when making it began, and when what is left is to end."""

    plan: Plan
    pace: Pace
    started_s: float


def plan_routes(
    scenario: Scenario,
    *,
    budget: Budget | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    began_s: float | None = None,
) -> Plan:
    """
    Return fixed patrol routes on a timetable for a scenario.

    A hard scenario is no error: zones that could not be served are in
    ``unserved``, each with its reason.

    Parameters
    ----------
    budget
        Limits of the search for routes; an ordinary `Budget` if None.
    on_progress
        Called at each stage, at each new best and at the end of each round.
    stop
        Polled; when it says so, the best routes so far become the plan.
    began_s
        When the budget's seconds began to count, by `time.monotonic`; some are then
        kept for checking and drawing the plan. Now, and none, if None.

    Raises
    ------
    StoppedError
        If ``stop`` says so before there are any routes.
    LateError
        If no plan could be checked and drawn in time, where ``began_s`` is given.
    MissingPartError
        If there is no such engine, or no such cluster.

    Examples
    --------
    >>> import planner, seeds
    >>> scenario = planner.read_scenario(seeds.path("by-hand"))
    >>> plan = plan_routes(scenario, budget=Budget(iterations=1))
    >>> len(plan.unserved)
    0
    """
    budget = budget or Budget()
    found = find_routes(
        scenario, budget=budget, on_progress=on_progress, stop=stop, began_s=began_s
    )
    if stop and stop():
        return found.plan
    if found.pace.is_late():
        raise LateError(found.pace.needed_s())
    return with_figures(scenario, found, on_progress=on_progress, stop=stop)


def find_routes(
    scenario: Scenario,
    *,
    budget: Budget,
    on_progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    began_s: float | None = None,
    told_of: Scenario | None = None,
) -> Found:
    """
    Return a plan without figures of response and bounds; see `plan_routes`.

    Parameters
    ----------
    told_of
        The scenario that the plan is of, where the first is a stricter one.
    """
    engine(budget.engine)  # what is missing is told before any work
    runner = runner_at(budget.cluster, budget.processes)
    ended = stop or (lambda: False)
    started = time.monotonic()
    waited_s = compile_all(budget.engine, ended)
    load_preparing()

    tell = _telling(on_progress, started)
    # The plan tells of the one, and is made for the other.
    given, strict = told_of or scenario, scenario
    scenario = kept_for_teams(scenario)
    tell("targets")
    space = free_space(scenario)
    spread = spread_over(budget.processes, ended)
    care = care_for(budget, len(scenario.zones))
    kept = keep(scenario)
    again = Stopwatch(spread)
    discretised = discretise(
        scenario, space, spread, care, kept.seen, again if care == 1 else None
    )
    tell("network")
    problems = _formulate_parts(scenario, space, discretised, spread, kept.drafts)
    load()
    tell("routing")
    objective = OBJECTIVES[scenario.objective]
    pace = paced(
        budget,
        began_s=started if began_s is None else began_s,
        waited_s=waited_s,
        then_checked=began_s is not None,
        care=care,
        careful_s=again.seconds,
        in_haste=told_of is not None or is_tight(budget, len(scenario.zones)),
    )
    searching = pace.searching()
    ends = time.monotonic() + (searching.seconds or 0.0)

    def tell_routes(round_: int, **found: Any) -> None:
        known = _standing(scenario, served_zones(discretised, search.routed), search)
        if budget.iterations is None:
            known["left_s"] = max(0.0, ends - time.monotonic())
        tell("routing", round=round_, rounds=budget.iterations, **known, **found)

    def on_best(part: int, found_by: str) -> None:
        name = problems[part].stations[0].id
        tell_routes(search.round + 1, engine=found_by, part=name)

    with closing(runner):
        search = Search(problems, space, searching, ended, runner, on_best)
        while True:
            names = [problem.stations[0].id for problem in problems]
            tell_routes(search.round, bests=_noted_bests(search, names, started))
            if not search.goes_on() or (objective.tightens and first_is_over(search)):
                break
            search.improve()
    finished = partial(
        finish, scenario, discretised, kept=kept, pace=pace, stop=ended, given=given
    )
    routed = search.routed
    if objective.tightens:
        tell("tightening")
        routed = tighten(search.routed, space, searching, search.spent, ended)
    tell("timetable")
    plan = finished(routed, rounds=search.round)
    left_out = {u.zone for u in plan.unserved}
    if objective.tightens and served_zones(discretised, search.routed) & left_out:
        # The layers may have room for the first routes where they have none for these.
        plans = [plan, finished(search.routed, rounds=search.round)]
        plan = min(plans, key=lambda p: objective.plan_score(p.metrics))
    if told_of is not None:
        plan = as_asked(told_of, strict, plan)
    return Found(plan=plan, pace=pace, started_s=started)


def with_figures(
    scenario: Scenario,
    found: Found,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Plan:
    """Return a plan with figures of separation and response, and with its bounds."""
    tell, budget = _telling(on_progress, found.started_s), found.pace.budget
    tell("bound")
    pricing.load()
    plan = as_written(found.plan)
    analysis = {**plan.analysis, "separation": compute_partings(scenario, plan)}
    if not is_tight(budget, len(scenario.zones)):
        analysis["response"] = response(scenario, plan)
        analysis["covering"] = covering(scenario, plan)
    plan = replace(plan, analysis=analysis)
    plan = certify(
        scenario,
        plan,
        found.pace.proof(),
        threads=budget.processes,
        stop=stop or (lambda: False),
    )
    tell("bound", **_bounded(scenario, plan))
    return plan


def _telling(
    on_progress: Callable[[Progress], None] | None, started_s: float
) -> Callable[..., None]:
    """Return what tells of a stage, and what is known then."""

    def tell(stage: str, **known: Any) -> None:
        if on_progress:
            spent_s = time.monotonic() - started_s
            on_progress(Progress(stage=stage, elapsed_s=spent_s, **known))

    return tell


def _noted_bests(
    search: Search, parts: Sequence[str], started: float
) -> tuple[EngineBest, ...]:
    """Return what engines found in a round that has ended, in the order of time."""
    spent_s = time.monotonic() - started
    began = time.time() - spent_s
    found = [
        EngineBest(
            # The clock of another machine may be wrong.
            elapsed_s=min(max(0.0, best.at_s - began), spent_s),
            round=search.round,
            step=search.step,
            engine=best.engine,
            part=parts[k],
            left_out=best.left_out,
            drones=best.drones,
            load=best.load,
        )
        for k, best in search.noted
    ]
    search.noted.clear()
    return tuple(sorted(found, key=lambda best: best.elapsed_s))


def _bounded(scenario: Scenario, plan: Plan) -> dict[str, Any]:
    """Return how far a plan is from its bound."""
    left_out = {u.zone for u in plan.unserved}
    return {
        "zones": len(scenario.zones),
        "zones_served": len(scenario.zones) - len(left_out),
        "unserved": sum(z.priority for z in scenario.zones if z.id in left_out),
        "drones": plan.certificate["drones_peak"],
        "bound": plan.certificate["bound_periodic"]["drones"],
    }


def _formulate_parts(
    scenario: Scenario,
    space: FreeSpace,
    discretised: Discretised,
    spread: Spread,
    fixed: Sequence[DraftRoute],
) -> list[ChartedProblem]:
    targets = [t for t in discretised.targets if t.layers_m]
    parts = sharing_pilots(scenario, independent_parts(scenario, targets))

    # What this process knows is not sent back to it, once a part.
    bare = replace(
        scenario,
        zones=(),
        airspace=(),
        buildings=(),
        demand=(),
        terrain=None,
        districts=(),
        water=(),
        boundary=(),
        fixed=(),
    )

    def one(part: tuple[list[int], list[int]]) -> ChartedProblem:
        found = formulate(scenario, space, targets, part, fixed)
        return replace(found, scenario=bare, stations=(), targets=())

    return [
        replace(
            found,
            scenario=scenario,
            stations=tuple(scenario.stations[i] for i in part[0]),
            targets=tuple(targets[i] for i in part[1]),
        )
        for part, found in zip(parts, spread(one, parts), strict=True)
    ]


def _standing(scenario: Scenario, served: set[str], search: Search) -> dict[str, Any]:
    """Return how far a search is, over the whole city."""
    return {
        "step": search.step,
        "zones": len(scenario.zones),
        "zones_served": len(served),
        "unserved": sum(z.priority for z in scenario.zones if z.id not in served),
        "drones": sum(part.best.drones for part in search.routed),
        "load": sum(part.best.load for part in search.routed),
    }
