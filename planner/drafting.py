"""Draw the path of a chosen route, with its times and its open layers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import shapely

from planner.draft import DraftRoute
from planner.freespace import FreeSpace, open_layers
from planner.geometry import FloatArray
from planner.network import scenario_wind
from planner.physics import flight_time_s
from planner.plan import Stop
from planner.problem import Column, Problem

_SEGMENT_ROOM_S = 0.003
"""Added to every segment, for coordinates and times that a file rounds."""


@dataclass(slots=True)
class _Trace:
    """A path as it grows: vertices and arrival times."""

    xy: list[FloatArray]
    t_s: list[float]

    def fly(self, path: FloatArray, airspeed_mps: float, wind: tuple[float, float]) -> None:
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


def draw(problem: Problem, space: FreeSpace, column: Column) -> DraftRoute:
    """
    Return the draft of a column; its ``layers_m`` is empty if none is open.

    The id is made from the station and the ways flown: it stays as long as
    they do.
    """
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
    for node in column.nodes:
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
        id=route_id(problem, column),
        depot=station.id,
        drone_model=station.model,
        headway_s=column.headway_s,
        xy=xy,
        t_s=np.array(trace.t_s),
        duration_s=trace.t_s[-1] + ceiling / model.descent_mps,
        stops=tuple(stops),
        layers_m=tuple(h for h in layers if h in open_to_path),
    )


def route_id(problem: Problem, column: Column) -> str:
    """Return a short id made from the station and the ways flown."""
    station = problem.stations[column.station].id
    ways = [
        f"{problem.targets[problem.node_target[n]].id}/{problem.node_way[n]}"
        for n in column.nodes
    ]
    digest = hashlib.sha256("|".join([station, *ways]).encode()).hexdigest()
    return f"{station}-{digest[:4].upper()}"
