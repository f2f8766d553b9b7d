"""Fly a sortie on paper: its path as it grows, with whole milliseconds."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from planner.basics.geometry import FloatArray
from planner.basics.physics import flight_time_s
from planner.implied.winds import all_winds
from planner.problem import ChartedProblem

_SEGMENT_ROOM_S = 0.003
"""Added to every segment, for coordinates and times that a file rounds."""

_NO_TIME_S = 1e-6


@dataclass(slots=True)
class Flight:
    """
    A path with arrival times that grows.

    Parameters
    ----------
    xy
        Vertices [m].
    t_s
        Arrival times: as they are written, so that what several sorties have in
        common comes at the very same time.
    """

    problem: ChartedProblem
    station: int
    xy: list[FloatArray]
    t_s: list[float]

    @property
    def now_s(self) -> float:
        """Time at the end of the path."""
        return self.t_s[-1]

    def go(
        self, before: int | None, node: int | None, station: int | None = None
    ) -> None:
        """
        Fly from the end of one node to the start of another; None is a station.

        Parameters
        ----------
        station
            Index of the station where the flight ends; its own if None.
        """
        problem, ends = self.problem, self.station if station is None else station
        home = problem.home
        start = int(home[self.station] if before is None else problem.leave[before])
        end = int(home[ends] if node is None else problem.entry[node])
        self._fly(problem.legs[problem.stations[self.station].model].path(start, end))

    def do(self, node: int) -> None:
        """Fly what is on task at a node."""
        target = self.problem.targets[self.problem.node_target[node]]
        way = target.ways[self.problem.node_way[node]]
        self.wait(float(way.wait_s[0]))
        for i in range(1, len(way.xy)):
            self._fly(way.xy[i - 1 : i + 1])
            self.wait(float(way.wait_s[i]))

    def land_s(self) -> float:
        """Return the time on the ground, once home."""
        model = self.problem.model(self.station)
        return self.now_s + _whole_ms(
            self.problem.scenario.rules.ceiling_m / model.descent_mps
        )

    def wait(self, seconds: float) -> None:
        """Rest where the path ends."""
        if seconds > _NO_TIME_S:
            self.xy.append(self.xy[-1])
            self.t_s.append(self.now_s + _whole_ms(seconds))

    def _fly(self, path: FloatArray) -> None:
        """Append the vertices of a path that starts where this one ends."""
        airspeed_mps = self.problem.model(self.station).airspeed_mps
        winds = all_winds(self.problem.scenario)
        steps = np.diff(path, axis=0)
        times = flight_time_s(steps[:, 0], steps[:, 1], airspeed_mps, winds)
        for point, time in zip(path[1:], times, strict=True):
            if time > 0:
                self.xy.append(point)
                self.t_s.append(self.now_s + _whole_ms(float(time) + _SEGMENT_ROOM_S))


def take_off(problem: ChartedProblem, station: int) -> Flight:
    """Return a flight at the end of its climb to the ceiling."""
    point = problem.stations[station].point
    climb_s = problem.scenario.rules.ceiling_m / problem.model(station).climb_mps
    start = np.array([point.x, point.y])
    return Flight(problem, station, [start], [_whole_ms(climb_s)])


def task_s(problem: ChartedProblem, station: int, node: int) -> float:
    """Return the time on task at a node."""
    flight = replace(take_off(problem, station), t_s=[0.0])
    flight.do(node)
    return flight.now_s


def leg_s(
    problem: ChartedProblem, station: int, before: int | None, node: int
) -> float:
    """Return the time from reaching one node, or from take-off, to the next."""
    flight = take_off(problem, station)
    flight.go(before, node)
    if before is None:
        return flight.now_s
    return flight.now_s - flight.t_s[0] + task_s(problem, station, before)


def _whole_ms(seconds: float) -> float:
    return math.ceil(seconds * 1000 - 1e-6) / 1000
