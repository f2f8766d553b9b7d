"""Draw the path of a chosen route, with its times and its open layers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from planner.draft import DraftRoute
from planner.freespace import FreeSpace, open_layers
from planner.geometry import FloatArray
from planner.network import scenario_wind
from planner.physics import flight_time_s
from planner.plan import Stop
from planner.problem import ChartedProblem, Column, Problem

_SEGMENT_ROOM_S = 0.003
"""Added to every segment, for coordinates and times that a file rounds."""


@dataclass(slots=True)
class _Trace:
    """A path as it grows: vertices and arrival times."""

    xy: list[FloatArray]
    t_s: list[float]

    def fly(
        self, path: FloatArray, airspeed_mps: float, wind: tuple[float, float]
    ) -> None:
        """Append the vertices of a path that starts where the trace ends."""
        steps = np.diff(path, axis=0)
        times = flight_time_s(steps[:, 0], steps[:, 1], airspeed_mps, wind)
        for point, time in zip(path[1:], times, strict=True):
            if time > 0:
                self.xy.append(point)
                self.t_s.append(self.t_s[-1] + float(time) + _SEGMENT_ROOM_S)

    def wait(self, seconds: float) -> None:
        """Rest where the trace ends."""
        if seconds > 0:
            self.xy.append(self.xy[-1])
            self.t_s.append(self.t_s[-1] + seconds)


def draw(problem: ChartedProblem, space: FreeSpace, column: Column) -> DraftRoute:
    """
    Return the draft of a column; its ``layers_m`` is empty if none is open.

    The id is made from the station and the ways flown: it stays as long as
    they do. Where sorties alternate, the draft stands for all of them: it has the
    stops of every one, and the variants are what is flown.
    """
    if not column.tails:
        return _draw_chain(problem, space, column, column.nodes, column.headway_s)
    count = len(column.tails)
    variants = [
        _draw_chain(problem, space, column, chain, column.headway_s * count)
        for chain in column.chains()
    ]
    longest = max(v.duration_s for v in variants)
    variants = [_padded(v, longest) for v in variants]
    shared = len(column.nodes)
    return replace(
        variants[0],
        id=_id(problem, column.station, [n for c in column.chains() for n in c]),
        headway_s=column.headway_s,
        stops=(
            *variants[0].stops[:shared],
            *(stop for variant in variants for stop in variant.stops[shared:]),
        ),
        layers_m=variants[0].layers_m if all(v.layers_m for v in variants) else (),
        variants=tuple(_told_apart(variants)),
    )


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


def _padded(draft: DraftRoute, duration_s: float) -> DraftRoute:
    """Return a draft that waits after its last stop so as to land at a time."""
    spare = duration_s - draft.duration_s
    if spare <= 0:
        return draft
    leave = int(np.searchsorted(draft.t_s, draft.stops[-1].exit_s - 1e-6))
    return replace(
        draft,
        xy=np.insert(draft.xy, leave + 1, draft.xy[leave], axis=0),
        t_s=np.concatenate([draft.t_s[: leave + 1], draft.t_s[leave:] + spare]),
        duration_s=duration_s,
    )


def _draw_chain(
    problem: ChartedProblem,
    space: FreeSpace,
    column: Column,
    nodes: tuple[int, ...],
    headway_s: float,
) -> DraftRoute:
    """Return the draft of one sortie."""
    scenario = problem.scenario
    station = problem.stations[column.station]
    model = problem.model(column.station)
    legs = problem.legs[station.model]
    wind = scenario_wind(scenario)
    ceiling = scenario.rules.ceiling_m
    home = int(problem.home[column.station])
    start = np.array([station.point.x, station.point.y])
    trace = _Trace([start], [ceiling / model.climb_mps])
    stops: list[Stop] = []
    layers = scenario.rules.layers_m
    place = home
    for node in nodes:
        target = problem.targets[problem.node_target[node]]
        way = target.ways[problem.node_way[node]]
        leg = legs.path(place, int(problem.entry[node]))
        trace.fly(leg, model.airspeed_mps, wind)
        enter = trace.t_s[-1]
        trace.wait(float(way.wait_s[0]))
        for i in range(1, len(way.xy)):
            trace.fly(way.xy[i - 1 : i + 1], model.airspeed_mps, wind)
            trace.wait(float(way.wait_s[i]))
        layers = tuple(h for h in layers if h in target.layers_m)
        stops.append(
            Stop(
                zones=target.zones,
                target=target.id,
                kind=target.kind,
                enter_s=enter,
                exit_s=trace.t_s[-1],
            )
        )
        place = int(problem.leave[node])
    trace.fly(legs.path(place, home), model.airspeed_mps, wind)
    xy = np.array(trace.xy)
    open_to_path = open_layers(scenario, space, shapely.LineString(xy))
    return DraftRoute(
        id=_id(problem, column.station, nodes),
        depot=station.id,
        drone_model=station.model,
        headway_s=headway_s,
        xy=xy,
        t_s=np.array(trace.t_s),
        duration_s=trace.t_s[-1] + ceiling / model.descent_mps,
        stops=tuple(stops),
        layers_m=tuple(h for h in layers if h in open_to_path),
        idleness_ratio=problem.idleness_ratio,
    )


def _id(problem: Problem, station: int, nodes: Sequence[int]) -> str:
    """Return a short id made from a station and the ways flown."""
    name = problem.stations[station].id
    ways = [
        f"{problem.targets[problem.node_target[n]].id}/{problem.node_way[n]}"
        for n in nodes
    ]
    digest = hashlib.sha256("|".join([name, *ways]).encode()).hexdigest()
    return f"{name}-{digest[:4].upper()}"
