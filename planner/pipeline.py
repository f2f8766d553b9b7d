"""Plan: from a scenario to routes on a timetable, in a few verbs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import asdict, replace
from functools import partial
from importlib.metadata import version
from itertools import count
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from typing import Any

import numpy as np

from planner import __version__
from planner.bounds import pricing
from planner.bounds.certificate import certify
from planner.budget import Budget, Progress
from planner.draft import DraftRoute
from planner.engines import BEATING, engine
from planner.engines.beats import load
from planner.engines.runner import run_tasks
from planner.errors import StoppedError
from planner.formats.plan_geojson import as_written
from planner.freespace import FreeSpace, free_space
from planner.metrics import compute_metrics
from planner.objectives import OBJECTIVES
from planner.pacing import Pace, paced
from planner.plan import Plan, Unserved
from planner.problem import (
    ChartedProblem,
    Column,
    Problem,
    formulate,
    make_column,
)
from planner.reach import independent_parts
from planner.reasons import reasons
from planner.runners import runner_at
from planner.scenario import Scenario
from planner.search import Routed, Search
from planner.shrinking import SHRINK_SHARE, shrunk_timetable
from planner.targets import Discretised, discretise
from planner.targets.discs import load as load_discs
from planner.tightening import first_is_over, tighten
from planner.timetable import Timetable, make_timetable

_CLOCK_DETERMINISTIC_S = 0.3
_POLL_S = 0.1

Spread = Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]]


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
    engine(budget.engine)  # what is missing is told before any work
    runner = runner_at(budget.cluster, budget.processes)
    ended = stop or (lambda: False)
    started = time.monotonic()
    waited_s = _compiled()

    def tell(stage: str, **known: Any) -> None:
        if on_progress:
            spent = time.monotonic() - started
            on_progress(Progress(stage=stage, elapsed_s=spent, **known))

    compiling, compiling_bounds = _compiling(budget), _compiling_bounds()
    tell("targets")
    space = free_space(scenario)
    spread = _spread_over(budget, ended)
    discretised = discretise(scenario, space, spread)
    tell("network")
    problems = _formulate_parts(scenario, space, discretised, spread)
    waiting_since = time.monotonic()
    while compiling and compiling.is_alive() and not ended():
        compiling.join(_POLL_S)
    tell("routing")
    objective = OBJECTIVES[scenario.objective]
    pace = paced(
        budget,
        began_s=started if began_s is None else began_s,
        waited_s=waited_s + time.monotonic() - waiting_since,
        then_checked=began_s is not None,
    )
    searching = pace.searching()
    ends = time.monotonic() + (searching.seconds or 0.0)

    def tell_routes(round_: int, **found: str) -> None:
        known = _standing(scenario, _served(discretised, search.routed), search)
        if budget.iterations is None:
            known["left_s"] = max(0.0, ends - time.monotonic())
        tell("routing", round=round_, rounds=budget.iterations, **known, **found)

    def on_best(part: int, found_by: str) -> None:
        name = problems[part].stations[0].id
        tell_routes(search.round + 1, engine=found_by, part=name)

    with closing(runner):
        search = Search(problems, space, searching, ended, runner, on_best)
        while True:
            tell_routes(search.round)
            if not search.goes_on() or (objective.tightens and first_is_over(search)):
                break
            search.improve()
    finish = partial(_finish, scenario, discretised, pace=pace, stop=ended)
    routed = search.routed
    if objective.tightens:
        tell("tightening")
        routed = tighten(search.routed, space, searching, search.spent, ended)
    tell("timetable")
    plan = finish(routed, rounds=search.round)
    left_out = {u.zone for u in plan.unserved}
    if objective.tightens and _served(discretised, search.routed) & left_out:
        # The layers may have room for the first routes where they have none for these.
        plans = [plan, finish(search.routed, rounds=search.round)]
        plan = min(plans, key=lambda p: objective.plan_score(p.metrics))
    if ended():
        return plan
    tell("bound")
    if compiling_bounds:
        compiling_bounds.join()
    pricing.load()
    plan = certify(
        scenario,
        as_written(plan),
        pace.proof(),
        threads=budget.processes,
        stop=ended,
    )
    tell("bound", **_bounded(scenario, plan))
    return plan


def _compiled() -> float:
    """Have compiled what is needed at once; return how long that took [s]."""
    since = time.monotonic()
    load_discs()
    return time.monotonic() - since


def _compiling(budget: Budget) -> BaseProcess | None:
    """
    Begin to compile the search beside other work; None where that is done.

    The compiler leaves its work in a cache, so that it is done once for good.
    """
    if budget.engine not in BEATING or load.cache_info().currsize:
        return None
    child = get_context("fork").Process(target=load, daemon=True)
    child.start()
    return child


def _compiling_bounds() -> BaseProcess | None:
    """Begin to compile the search for bounds beside other work, likewise."""
    if pricing.load.cache_info().currsize:
        return None
    child = get_context("fork").Process(target=pricing.load, daemon=True)
    child.start()
    return child


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


def _spread_over(budget: Budget, stop: Callable[[], bool]) -> Spread:
    """
    Return a `map` that spreads tasks over processes.

    It raises `StoppedError` where ``stop`` says so.
    """

    def spread(function: Callable[[Any], Any], jobs: Sequence[Any]) -> list[Any]:
        tasks = [(job,) for job in jobs]
        results = run_tasks(function, tasks, workers=budget.processes, stop=stop)
        if stop():
            raise StoppedError("stopped before there was a plan")
        # A task whose process died twice is done here.
        return [
            function(*task) if result is None else result
            for task, result in zip(tasks, results, strict=True)
        ]

    return spread


def _formulate_parts(
    scenario: Scenario,
    space: FreeSpace,
    discretised: Discretised,
    spread: Spread,
) -> list[ChartedProblem]:
    targets = [t for t in discretised.targets if t.layers_m]
    parts = independent_parts(scenario, targets)

    # What this process knows is not sent back to it, once a part.
    bare = replace(scenario, zones=(), airspace=(), districts=(), water=(), boundary=())

    def one(part: tuple[list[int], list[int]]) -> ChartedProblem:
        found = formulate(scenario, space, targets, part)
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


def _served(discretised: Discretised, routed: Sequence[Routed]) -> set[str]:
    """Return the zones of which every target is on a route."""
    chosen = [part.best.columns for part in routed]
    return _served_by(discretised, [part.problem for part in routed], chosen)


def _whole_zones(discretised: Discretised, visited: set[str]) -> set[str]:
    missing = {z for t in discretised.targets if t.id not in visited for z in t.zones}
    return {z for t in discretised.targets for z in t.zones} - missing


def _finish(
    scenario: Scenario,
    discretised: Discretised,
    routed: Sequence[Routed],
    *,
    pace: Pace,
    stop: Callable[[], bool],
    rounds: int,
) -> Plan:
    """Give the best routes clocks and layers; give up what cannot be flown."""
    problems = [part.problem for part in routed]
    chosen = [list(part.best.columns) for part in routed]
    hints: dict[str, int] = {}
    for part in routed:
        for clock in part.best.clocks.values():
            hints |= clock.phases_s
    while True:
        served = _served_by(discretised, problems, chosen)
        chosen = [
            _without_idle_stops(problem, columns, served)
            for problem, columns in zip(problems, chosen, strict=True)
        ]
        drafts: dict[str, tuple[int, Column, DraftRoute]] = {}
        for k, columns in enumerate(chosen):
            for column in columns:
                draft = _serving(routed[k].assessor.draft(column), served)
                draft = _told_apart(draft, drafts.keys())
                for name in (draft.id, *(v.id for v in draft.variants)):
                    drafts[name] = (k, column, draft)
        flying = [draft for name, (_, _, draft) in drafts.items() if name == draft.id]
        table = _timetable(scenario, flying, hints, pace, stop)
        given_up = _to_give_up(table, drafts)
        if not given_up:
            break
        for k, column in {drafts[name][:2]: None for name in given_up}:
            chosen[k].remove(column)
    visited = {stop.target for route in table.routes for stop in route.stops}
    left_out = reasons(scenario, discretised, problems, served, visited)
    return _plan(scenario, table, left_out, pace.budget, rounds)


def _timetable(
    scenario: Scenario,
    drafts: Sequence[DraftRoute],
    hints: Mapping[str, int],
    pace: Pace,
    stop: Callable[[], bool],
) -> Timetable:
    """Return the timetable of routes, with all drones where gaps are to be short."""
    if not OBJECTIVES[scenario.objective].tightens:
        return make_timetable(
            scenario, drafts, hints=hints, deterministic_time=_CLOCK_DETERMINISTIC_S
        )
    return shrunk_timetable(
        scenario,
        drafts,
        hints=hints,
        spread=partial(
            run_tasks,
            workers=pace.budget.processes,
            deadline=pace.within(SHRINK_SHARE),
            stop=stop,
        ),
        deterministic_time=_CLOCK_DETERMINISTIC_S,
    )


def _served_by(
    discretised: Discretised,
    problems: Sequence[Problem],
    chosen: Sequence[Sequence[Column]],
) -> set[str]:
    visited = {
        problem.targets[t].id
        for problem, columns in zip(problems, chosen, strict=True)
        for column in columns
        for t in column.targets(problem)
    }
    return _whole_zones(discretised, visited)


def _without_idle_stops(
    problem: Problem, columns: Sequence[Column], served: set[str]
) -> list[Column]:
    """Return routes without the stops that serve no zone whole."""

    def wanted(nodes: Sequence[int]) -> list[int]:
        return [
            n
            for n in nodes
            if served.intersection(problem.targets[problem.node_target[n]].zones)
        ]

    kept = []
    for column in columns:
        nodes, tails = wanted(column.nodes), [wanted(t) for t in column.tails]
        if not nodes:
            continue
        kept.append(
            make_column(
                problem,
                column.station,
                column.headway_s,
                nodes,
                tails if any(tails) else (),
            )
        )
    return kept


def _told_apart(draft: DraftRoute, taken: Set[str]) -> DraftRoute:
    """Return a draft with ids of its own, also where another flies the same path."""
    if not taken & {draft.id, *(v.id for v in draft.variants)}:
        return draft
    return replace(
        draft,
        id=_free(draft.id, taken),
        variants=tuple(replace(v, id=_free(v.id, taken)) for v in draft.variants),
    )


def _free(name: str, taken: Set[str]) -> str:
    return next(new for n in count(2) if (new := f"{name}-{n}") not in taken)


def _serving(draft: DraftRoute, served: set[str]) -> DraftRoute:
    """Return a draft whose stops name only zones that are served."""
    return replace(
        draft,
        stops=tuple(
            replace(stop, zones=tuple(z for z in stop.zones if z in served))
            for stop in draft.stops
        ),
        variants=tuple(_serving(variant, served) for variant in draft.variants),
    )


def _to_give_up(
    table: Timetable, drafts: dict[str, tuple[int, Column, DraftRoute]]
) -> list[str]:
    """Return the routes without which a timetable may work."""
    given_up = set(table.unflyable)
    for station in table.overloaded:
        mine = sorted(name for name, (_, _, d) in drafts.items() if d.depot == station)
        # The route that fewest stops depend on.
        given_up.add(min(mine, key=lambda name: (len(drafts[name][2].stops), name)))
    for a, b in table.unresolved:
        if not given_up & {a, b}:
            given_up.add(min((a, b), key=lambda n: (len(drafts[n][2].stops), n)))
    return sorted(given_up)


def _plan(
    scenario: Scenario,
    table: Timetable,
    left_out: tuple[Unserved, ...],
    budget: Budget,
    rounds: int,
) -> Plan:
    """Return the plan with its metrics and where it comes from."""
    lonlat = scenario.projection.to_lonlat(
        np.array([[s.point.x, s.point.y] for s in scenario.stations])
    )
    plan = Plan(
        horizon={
            "start": scenario.horizon.start,
            "seconds": scenario.horizon.length_s,
        },
        stations=tuple(
            {
                "id": s.id,
                "name": s.name,
                "lon": round(float(lon), 8),
                "lat": round(float(lat), 8),
                "drones": s.drones,
                "pads": s.pads,
                "model": s.model,
                "district": s.district,
            }
            for s, (lon, lat) in zip(scenario.stations, lonlat, strict=True)
        ),
        drone_models=tuple(asdict(m) for m in scenario.drone_models),
        routes=table.routes,
        roster=table.roster,
        unserved=left_out,
        provenance={
            "scenario": scenario.name,
            "scenario_digest": scenario.digest,
            "planner": __version__,
            "python": f"{sys.version_info.major}.{sys.version_info.minor}",
            "versions": {
                name: version(name)
                for name in ("numpy", "ortools", "pyproj", "scipy", "shapely")
            },
            "objective": scenario.objective,
            "engine": budget.engine,
            "seed": budget.seed,
            "budget": {"iterations": budget.iterations, "seconds": budget.seconds}
            if budget.iterations is None
            else {"iterations": budget.iterations},
            **({} if budget.iterations is None else {"rounds": rounds}),
        },
    )
    return replace(plan, metrics=compute_metrics(scenario, plan))
