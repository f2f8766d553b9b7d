"""Know what each autopilot holds and accepts, from a table with sources."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Autopilot:
    """
    What an autopilot holds and accepts; ``planner/data/autopilots.toml`` says whence.

    Parameters
    ----------
    most_items, fewest_items
        Of one mission.
    commands
        MAVLink commands that a mission may hold; empty where it has none.
    longest_leg_m, first_waypoint_m
        Between waypoints, and from home to the first.
    lowest_takeoff_m, highest_m
        Heights above the place of take-off.
    fastest_mps
        Over ground.
    fence_vertices, rally_points
        Of one mission.
    """

    most_items: int
    fewest_items: int = 1
    commands: frozenset[int] = frozenset()
    longest_leg_m: float = math.inf
    first_waypoint_m: float = math.inf
    lowest_takeoff_m: float = 0.0
    highest_m: float = math.inf
    fastest_mps: float = math.inf
    fence_vertices: int = 0
    rally_points: int = 0


@cache
def autopilot(name: str) -> Autopilot:
    """Return what ``px4``, ``ardupilot`` or ``dji`` holds and accepts."""
    data = resources.files("planner") / "data" / "autopilots.toml"
    figures = tomllib.loads(data.read_text(encoding="utf-8"))[name]
    figures.pop("source")
    commands = frozenset(figures.pop("commands", ()))
    return Autopilot(commands=commands, **figures)
