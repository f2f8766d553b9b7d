"""Draw the path of a chosen route, with its times and its open layers."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import shapely

from planner.airspace.freespace import FreeSpace, open_layers
from planner.basics.clock import Span
from planner.basics.spells import WholeSpan, Windows, arrivals, spells, union
from planner.draft import DraftRoute
from planner.implied.aloft import layers_m
from planner.plan import Stop
from planner.problem import ChartedProblem, Column, Problem
from planner.timetable.flight import leg_s, take_off, task_s

_LEAST_SAVED_S = 60.0
"""Of a sortie, for what is not due to be left out of it."""


def draw(
    problem: ChartedProblem, space: FreeSpace, column: Column, end: int | None = None
) -> DraftRoute:
    """
    Return the draft of a column; its ``layers_m`` is empty if none is open.

    The id is made from the station and the ways flown: it stays as long as
    they do. Where sorties differ, by turns or by hours, the draft stands for all of
    them: it has the stops of every one, and the variants are what is flown.

    Parameters
    ----------
    end
        Index of the station where it lands; that of the column if None.
    """
    chains = column.chains()
    variants = _by_hours(problem, space, column, end)
    if not variants:
        variants = [
            _draw_chain(problem, space, column, chain, turn=turn, end=end)
            for turn, chain in enumerate(chains)
        ]
    longest = max(variants, key=lambda variant: variant.duration_s)
    if len(variants) == 1:
        return longest
    stops = {stop.target: stop for variant in variants for stop in variant.stops}
    return replace(
        longest,
        id=_id(
            problem,
            column.station,
            [n for chain in chains for n in chain],
            longest.ends_at,
        ),
        headway_s=column.headway_s,
        stops=tuple(stops.values()),
        layers_m=longest.layers_m if all(v.layers_m for v in variants) else (),
        variants=tuple(_told_apart(variants)),
        turn=0,
        hours=(),
    )


def _by_hours(
    problem: ChartedProblem, space: FreeSpace, column: Column, end: int | None
) -> list[DraftRoute]:
    """
    Return variants without what is not due; none if that saves next to nothing.

    Nothing else comes earlier for that: who leaves a stop out waits at the next.
    """
    chains = column.chains()
    dues = problem.dues([n for chain in chains for n in chain])
    if len(dues) == 1:
        return []
    leg = partial(leg_s, problem, column.station)
    on_task: dict[Windows, Span] = {}
    at: list[dict[int, float]] = []
    for chain in chains:
        flown = {problem.due_nodes(chain, due) for due in dues} - {()}
        at.append(arrivals(sorted(flown), leg))
        for node, enter_s in at[-1].items():
            target = int(problem.node_target[node])
            if problem.is_all_day(target):
                continue
            windows = problem.targets[target].windows
            exit_s = enter_s + task_s(problem, column.station, node)
            first_s, last_s = on_task.get(windows, (exit_s, enter_s))
            on_task[windows] = (min(first_s, exit_s), max(last_s, enter_s))
    variants: list[DraftRoute] = []
    length_s, repeats = problem.horizon.length_s, problem.horizon.repeats
    for due, hours in spells(on_task, length_s, repeats=repeats).items():
        for turn, chain in enumerate(chains):
            nodes = problem.due_nodes(chain, due)
            if nodes:
                drawn = _draw_chain(
                    problem, space, column, nodes, turn=turn, at_s=at[turn], end=end
                )
                variants.append(replace(drawn, hours=hours))
    saved_s = max(
        longest.duration_s - variant.duration_s
        for variant in variants
        for longest in variants
        if longest.turn == variant.turn
    )
    if frozenset(on_task) in dues and saved_s < _LEAST_SAVED_S:
        return []
    return _joined(variants, whole=((0, math.ceil(length_s) - 1),))


def _joined(
    variants: Sequence[DraftRoute], whole: tuple[WholeSpan, ...]
) -> list[DraftRoute]:
    """Return variants with those alike made one, flown at the hours of each."""
    alike: dict[tuple[int, str, float], DraftRoute] = {}
    for variant in variants:
        key = (variant.turn, variant.id, variant.duration_s)
        hours = union([*(alike[key].hours if key in alike else ()), *variant.hours])
        alike[key] = replace(variant, hours=hours)
    return [
        replace(variant, hours=() if variant.hours == whole else variant.hours)
        for variant in alike.values()
    ]


def _told_apart(variants: list[DraftRoute]) -> list[DraftRoute]:
    """Return variants with different ids, also where two are the same path."""
    seen: dict[str, int] = {}
    named = []
    for variant in variants:
        seen[variant.id] = seen.get(variant.id, 0) + 1
        number = seen[variant.id]
        name = variant.id if number == 1 else f"{variant.id}-{number}"
        named.append(replace(variant, id=name))
    return named


def _draw_chain(
    problem: ChartedProblem,
    space: FreeSpace,
    column: Column,
    nodes: Sequence[int],
    *,
    turn: int,
    at_s: Mapping[int, float] | None = None,
    end: int | None = None,
) -> DraftRoute:
    """
    Return the draft of the sorties of a turn.

    Parameters
    ----------
    at_s
        When nodes are to be begun, where that is later than they are reached. What
        is due for part of the day is then flown in its windows alone.
    end
        Index of the station where they land; that of the column if None.
    """
    scenario = problem.scenario
    station = problem.stations[column.station]
    flight = take_off(problem, column.station)
    stops: list[Stop] = []
    layers = layers_m(scenario)
    before: int | None = None
    for node in nodes:
        index = int(problem.node_target[node])
        target = problem.targets[index]
        flight.go(before, node)
        flight.wait((at_s or {}).get(node, 0.0) - flight.now_s)
        enter_s = flight.now_s
        flight.do(node)
        layers = tuple(h for h in layers if h in target.layers_m)
        stops.append(
            Stop(
                zones=target.zones,
                target=target.id,
                kind=target.kind,
                enter_s=enter_s,
                exit_s=flight.now_s,
                windows=() if not at_s or problem.is_all_day(index) else target.windows,
            )
        )
        before = node
    flight.go(before, None, end)
    ends_at = "" if end is None else problem.stations[end].id
    xy = np.array(flight.xy)
    open_to_path = open_layers(scenario, space, shapely.LineString(xy))
    return DraftRoute(
        id=_id(problem, column.station, nodes, ends_at),
        depot=station.id,
        drone_model=station.model,
        headway_s=column.headway_s * len(column.chains()),
        xy=xy,
        t_s=np.array(flight.t_s),
        duration_s=flight.land_s(),
        stops=tuple(stops),
        layers_m=tuple(h for h in layers if h in open_to_path),
        idleness_ratio=problem.idleness_ratio,
        turn=turn,
        ends_at=ends_at,
    )


def _id(problem: Problem, station: int, nodes: Sequence[int], ends_at: str = "") -> str:
    """Return a short id made from the stations and the ways flown."""
    name = problem.stations[station].id
    ways = [
        f"{problem.targets[problem.node_target[n]].id}/{problem.node_way[n]}"
        for n in nodes
    ]
    flown = [name, *ways, *([ends_at] if ends_at else [])]
    digest = hashlib.sha256("|".join(flown).encode()).hexdigest()
    return f"{name}-{digest[:6].upper()}"
