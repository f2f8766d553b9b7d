"""Hold a route that somebody drew and that is flown as it was drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shapely.geometry import Point

from planner.basics.geometry import FloatArray
from planner.given.horizon import Horizon

HOME_M = 1.0
"""A drone that is no farther from its station than this is over it [m]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedRoute:
    """
    A route of a station that is flown as it was drawn.

    Parameters
    ----------
    drone_model
        Of its drones; empty for that of its station.
    places
        Waypoints in the order of flight, in metres. Before the first it climbs over its
        station, after the last it comes back there.
    holds_s
        How long a drone stays at each of them at least.
    headway_s
        Between two take-offs, in whole seconds.
    takeoff_s
        Clock time of one of its take-offs, in seconds since midnight; None leaves
        that to the timetable.
    layer_m
        Height of its layer above ground; None leaves that to the timetable.
    """

    id: str
    depot: str
    drone_model: str = ""
    places: tuple[Point, ...]
    holds_s: tuple[float, ...]
    headway_s: float
    takeoff_s: float | None = None
    layer_m: float | None = None

    @property
    def xy(self) -> FloatArray:
        """Its waypoints [m], shape (n, 2)."""
        return np.array([(place.x, place.y) for place in self.places]).reshape(-1, 2)

    def beyond(self, home: Point) -> tuple[FloatArray, FloatArray]:
        """
        Return its waypoints [m], shape (n, 2), and stays there [s], shape (n,).

        Without those over its station at both ends: they are the climb and the
        descent. None are left if it goes nowhere else.
        """
        there = beyond(self.xy, home)
        return self.xy[there], np.array(self.holds_s)[there]

    def phase_s(self, horizon: Horizon) -> int | None:
        """Return its first take-off after the start of a horizon; None for any [s]."""
        if self.takeoff_s is None:
            return None
        return round(self.takeoff_s - horizon.start_clock_s) % round(self.headway_s)


def beyond(xy: FloatArray, home: Point) -> slice:
    """Return the part of a path between its first place away from a point and last."""
    away = np.hypot(*(xy - (home.x, home.y)).T) > HOME_M
    if not away.any():
        return slice(0, 0)
    return slice(int(np.argmax(away)), len(away) - int(np.argmax(away[::-1])))
