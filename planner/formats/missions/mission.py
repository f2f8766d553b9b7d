"""Hold a mission as any autopilot would fly it, in no autopilot's own words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from pyproj import Geod

from planner.basics.geometry import FloatArray

GEOD = Geod(ellps="WGS84")

SAME_PLACE_M = 0.01


Position = tuple[float, float, float]
"""Longitude, latitude and height [m]."""

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """
    Something done at a waypoint, one after the other.

    Parameters
    ----------
    kind
        ``hold``: stay. ``record``, ``stop``: start and end a video. ``photo``:
        take a picture. ``pitch``: turn the camera down or up.
    value
        Seconds of a hold; degrees of a pitch, 0 ahead and -90 straight down.
    """

    kind: Literal["hold", "record", "stop", "photo", "pitch"]
    value: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waypoint:
    """
    A place to fly to straight, and what to do there.

    Parameters
    ----------
    height_m
        Above the place of take-off.
    speed_mps
        Over ground on the way there; None where nothing is said.
    """

    lon: float
    lat: float
    height_m: float
    speed_mps: float | None = None
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mission:
    """
    Waypoints in the order of flight.

    Parameters
    ----------
    name
        What it is called on the screen of a ground station.
    home
        Longitude and latitude of the place of take-off, where it is known.
    takes_off
        Whether it starts on the ground, with a climb to the first waypoint; a part
        of a longer one may start in the air.
    end
        After the last waypoint: ``land`` there, ``return`` home or ``stay``.
    """

    name: str
    waypoints: tuple[Waypoint, ...]
    home: tuple[float, float] | None = None
    takes_off: bool = True
    end: Literal["land", "return", "stay"] = "land"

    @property
    def lengths_m(self) -> FloatArray:
        """Length of the way to each waypoint but the first, shape (n - 1,)."""
        return leg_lengths_m(
            np.array([(w.lon, w.lat, w.height_m) for w in self.waypoints])
        )

    @property
    def duration_s(self) -> float | None:
        """Seconds from the first waypoint on; None where a speed is not said."""
        speeds = [waypoint.speed_mps for waypoint in self.waypoints[1:]]
        if any(not speed for speed in speeds):
            return None
        legs_s = sum(
            length_m / speed
            for length_m, speed in zip(self.lengths_m.tolist(), speeds, strict=True)
            if speed
        )
        holds_s = sum(
            a.value for w in self.waypoints for a in w.actions if a.kind == "hold"
        )
        return float(legs_s + holds_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """
    Where a mission may be, in rings of longitude and latitude that are not closed.

    Parameters
    ----------
    keep_in
        It stays within one of them; none means anywhere.
    keep_out
        It stays out of all of them.
    """

    keep_in: tuple[Ring, ...] = ()
    keep_out: tuple[Ring, ...] = ()


def leg_lengths_m(path: FloatArray) -> FloatArray:
    """Return the length of each leg of lon, lat, height; shapes (n, 3), (n - 1,)."""
    path = np.asarray(path, dtype=float).reshape(-1, 3)
    lon, lat, height = path.T
    _, _, level = GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    lengths: FloatArray = np.hypot(np.asarray(level, dtype=float), np.diff(height))
    return lengths


def with_short_legs(mission: Mission, longest_m: float) -> Mission:
    """Return a mission with waypoints to pass on the legs that are too long."""
    waypoints = list(mission.waypoints[:1])
    for (before, after), length_m in zip(
        pairwise(mission.waypoints), mission.lengths_m, strict=True
    ):
        pieces = max(int(np.ceil(length_m / longest_m)), 1)
        start, end = ((w.lon, w.lat, w.height_m) for w in (before, after))
        for lon, lat, height_m in on_the_way(start, end, np.arange(1, pieces) / pieces):
            waypoints.append(
                replace(after, lon=lon, lat=lat, height_m=height_m, actions=())
            )
        waypoints.append(after)
    return replace(mission, waypoints=tuple(waypoints))


def on_the_way(start: Position, end: Position, shares: FloatArray) -> list[Position]:
    """
    Return places between two, at shares of the straight way over the ground.

    Degrees are no straight line: over 4 km a mean of them is 0.2 m beside it.
    """
    azimuth, _, length_m = GEOD.inv(*start[:2], *end[:2])
    n = len(shares)
    lon, lat, _ = GEOD.fwd(
        np.full(n, start[0]),
        np.full(n, start[1]),
        np.full(n, azimuth),
        length_m * shares,
    )
    height_m = start[2] + (end[2] - start[2]) * shares
    return list(
        zip(*(np.asarray(v).tolist() for v in (lon, lat, height_m)), strict=True)
    )
