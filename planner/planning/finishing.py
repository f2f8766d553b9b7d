"""Finish a plan: give chosen routes clocks and layers, and say what is left out."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import asdict, replace
from functools import partial
from importlib.metadata import version
from itertools import count
from typing import Any

import numpy as np

from planner import __version__
from planner.basics.terrain import Terrain
from planner.budget import Budget
from planner.draft import DraftRoute
from planner.elsewhere.rings import land_elsewhere
from planner.elsewhere.state import Tradable
from planner.engines.beats import unfolded
from planner.engines.beats_along import folded
from planner.engines.runner import run_tasks
from planner.given.drone import DroneModel
from planner.given.objectives import OBJECTIVES
from planner.implied.aloft import ground_m
from planner.kept.keeping import Kept
from planner.metrics import compute_metrics
from planner.plan import Plan, Unserved
from planner.planning.pacing import Pace, is_tight
from planner.planning.quickening import QUICKEN_SHARE, quicken
from planner.planning.reasons import reasons
from planner.problem import Column, Problem, make_column
from planner.scenario import Scenario
from planner.search.rounds import Routed
from planner.targets import Discretised
from planner.timetable.making import Timetable, make_timetable
from planner.timetable.shrinking import SHRINK_SHARE, hasten, shrink, shrunk_timetable

_CLOCK_DETERMINISTIC_S = 0.3

ELSEWHERE_SHARE = 0.3
"""Of the seconds of a search, for routes that end elsewhere, at most: seldom needed."""


def finish(
    scenario: Scenario,
    discretised: Discretised,
    routed: Sequence[Routed],
    *,
    kept: Kept,
    pace: Pace,
    stop: Callable[[], bool],
    rounds: int,
    given: Scenario,
) -> Plan:
    """
    Give the best routes clocks and layers; give up what cannot be flown.

    The plan tells of the scenario as it was given, ``scenario`` has what may be used.
    Fixed routes are never given up. Where they find no way beside others that is any
    better, they fly at the clocks and layers at which they can be flown together.
    """
    problems = [part.problem for part in routed]
    chosen = [list(part.best.columns) for part in routed]
    hints: dict[str, int] = {}
    for part in routed:
        for clock in part.best.clocks.values():
            hints |= clock.phases_s
    fixed = kept.drafts
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
                draft = _told_apart(draft, drafts.keys() | {d.id for d in fixed})
                for name in (draft.id, *(v.id for v in draft.variants)):
                    drafts[name] = (k, column, draft)
        flying = [draft for name, (_, _, draft) in drafts.items() if name == draft.id]
        flying = [*(_stopping(draft, served) for draft in fixed), *flying]
        table = _timetable(scenario, flying, hints, pace, stop)
        if not (table.unflyable or table.overloaded or table.unresolved):
            break
        given_up = _to_give_up(table, drafts)
        if not given_up and fixed is not kept.pinned:
            fixed = kept.pinned
            continue
        if not given_up:
            given_up = [min(drafts, key=lambda n: (len(drafts[n][2].stops), n))]
        for k, column in {drafts[name][:2]: None for name in given_up}:
            chosen[k].remove(column)
    # Pilots couple the clocks of a district, and room for delays those of the city.
    couples = scenario.crews or scenario.delay_slack_s
    in_haste = is_tight(pace.budget, len(scenario.zones))
    if _keeps_reserve(scenario) and not (couples or in_haste):
        table = quicken(
            scenario,
            flying,
            table,
            given=given,
            until_s=pace.within(QUICKEN_SHARE),
            stop=stop,
        )
    if scenario.rules.land_elsewhere and _keeps_reserve(scenario) and not in_haste:
        table = _elsewhere(scenario, routed, flying, table, drafts, served, pace, stop)
    visited = {stop.target for route in table.routes for stop in route.stops}
    left_out = reasons(scenario, discretised, problems, served, visited, given)
    plan = _plan(given, table, left_out, pace.budget, rounds)
    return replace(plan, left_out=kept.left_out)


def _elsewhere(
    scenario: Scenario,
    routed: Sequence[Routed],
    flying: Sequence[DraftRoute],
    table: Timetable,
    drafts: Mapping[str, tuple[int, Column, DraftRoute]],
    served: set[str],
    pace: Pace,
    stop: Callable[[], bool],
) -> Timetable:
    """
    Return the timetable with routes that end elsewhere, where that saves drones.

    Fixed routes are flown beside them, but end where they were drawn to.
    """
    until_s = pace.within(ELSEWHERE_SHARE)

    def ends() -> bool:
        return stop() or (until_s is not None and time.monotonic() >= until_s)

    def drawn(k: int, column: Column, end: int) -> DraftRoute:
        return _serving(routed[k].assessor.between(column, end), served)

    return land_elsewhere(
        scenario,
        flying,
        table,
        [
            Tradable(part=k, column=column, draft=draft)
            for name, (k, column, draft) in drafts.items()
            if name == draft.id
        ],
        [part.problem for part in routed],
        drawn,
        ends=ends,
    )


def served_zones(discretised: Discretised, routed: Sequence[Routed]) -> set[str]:
    """Return the zones of which every target is on a route."""
    chosen = [part.best.columns for part in routed]
    return _served_by(discretised, [part.problem for part in routed], chosen)


def _whole_zones(discretised: Discretised, visited: set[str]) -> set[str]:
    missing = {z for t in discretised.targets if t.id not in visited for z in t.zones}
    whole = {z for t in discretised.targets for z in t.zones} - missing
    return whole | discretised.done


def _timetable(
    scenario: Scenario,
    drafts: Sequence[DraftRoute],
    hints: Mapping[str, int],
    pace: Pace,
    stop: Callable[[], bool],
) -> Timetable:
    """Return the timetable of routes, with all drones where gaps are to be short."""
    if _keeps_reserve(scenario):
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
        shorten=shrink if OBJECTIVES[scenario.objective].tightens else hasten,
        deterministic_time=_CLOCK_DETERMINISTIC_S,
    )


def _keeps_reserve(scenario: Scenario) -> bool:
    """Return whether drones that routes do not need stay ready."""
    tightens = OBJECTIVES[scenario.objective].tightens
    return not tightens and scenario.rules.leftover == "reserve"


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
        lists = [(column.headway_s, nodes, tails if any(tails) else [])]
        if not nodes:
            lists = _apart(column.headway_s, tails)
        kept += [
            make_column(problem, column.station, headway_s, stops, ends)
            for headway_s, stops, ends in lists
        ]
    return kept


def _apart(
    headway_s: float, tails: Sequence[Sequence[int]]
) -> list[tuple[float, list[int], list[list[int]]]]:
    """Return the routes of sorties that have no stop in common any more."""
    lists = folded([], tails)
    if lists is not None:
        return list(unfolded(lists, 0, 0, headway_s))
    # Of any other number of turns, no two share a stop.
    return [(headway_s * len(tails), list(tail), []) for tail in tails if tail]


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


def _stopping(draft: DraftRoute, served: set[str]) -> DraftRoute:
    """Return a fixed route with the stops at which it serves some zone."""
    draft = _serving(draft, served)
    return replace(draft, stops=tuple(stop for stop in draft.stops if stop.zones))


def _to_give_up(
    table: Timetable, drafts: dict[str, tuple[int, Column, DraftRoute]]
) -> list[str]:
    """Return the routes without which a timetable may work; no fixed ones."""
    given_up = {name for name in table.unflyable if name in drafts}
    for station in table.overloaded:
        mine = sorted(name for name, (_, _, d) in drafts.items() if d.depot == station)
        # The route that fewest stops depend on.
        if mine:
            given_up.add(min(mine, key=lambda name: (len(drafts[name][2].stops), name)))
    for pair in table.unresolved:
        ours = [name for name in pair if name in drafts]
        if ours and not given_up & set(ours):
            given_up.add(min(ours, key=lambda n: (len(drafts[n][2].stops), n)))
    return sorted(given_up)


def _copied(model: DroneModel) -> dict[str, Any]:
    """Return the figures of a drone type, as they stand in a plan."""
    figures = asdict(model)
    later = {name: figures.pop(name) for name in ("swaps", "charge_s")}
    return figures | _named(charge_s=later["charge_s"], swaps=later["swaps"] or None)


def _named(**figures: Any) -> dict[str, Any]:
    """Return what a scenario says; what it does not is left out of a plan."""
    return {name: figure for name, figure in figures.items() if figure is not None}


def _terrain(terrain: Terrain) -> dict[str, Any]:
    """Return what a plan over terrain counts heights from."""
    return {
        "file": terrain.file,
        "reference_m": terrain.reference_m,
        **_named(heights=terrain.heights or None, geoid_m=terrain.geoid_m),
    }


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
                **_named(
                    chargers=s.chargers,
                    batteries=s.batteries,
                    ground_m=ground_m(scenario, s) if scenario.terrain else None,
                ),
            }
            for s, (lon, lat) in zip(scenario.stations, lonlat, strict=True)
        ),
        drone_models=tuple(_copied(m) for m in scenario.drone_models),
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
            **({"terrain": _terrain(scenario.terrain)} if scenario.terrain else {}),
            "budget": {"iterations": budget.iterations, "seconds": budget.seconds}
            if budget.iterations is None
            else {"iterations": budget.iterations},
            **({} if budget.iterations is None else {"rounds": rounds}),
        },
    )
    return replace(plan, metrics=compute_metrics(scenario, plan))
