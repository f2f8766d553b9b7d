"""Say how far apart the lanes of a sweep may be, and how it is flown."""

from __future__ import annotations

from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

from planner.basics.physics import swath_at
from planner.given.drone import DroneModel
from planner.scenario import Rules

_SWATH_ROOM = 1.05
"""A layer is fit for a sweep if its swath is this many times the lane spacing."""

_REACH_ROOM = 0.99
"""Lanes are laid as if cameras saw this share of their reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """
    What a sweep needs of the cameras of all drone types together.

    ``layers_m`` are heights above the ground that is seen, and ``reach_m`` is half the
    swath at each of them.
    """

    lane_spacing_m: float
    layers_m: tuple[float, ...]
    turn_s: float
    reach_m: tuple[float, ...]

    @property
    def sure_reach_m(self) -> float:
        """What is seen to the side from every fit layer, with a little room [m]."""
        return _REACH_ROOM * self.reach_m[0]


def sweep_camera(
    models: tuple[DroneModel, ...], rules: Rules, tallest_m: float = 100.0
) -> Camera:
    """
    Return lane spacing and fit layers, safe for every drone type.

    Parameters
    ----------
    tallest_m
        Lanes are no farther apart than what is seen from this height asks for.
    """
    swath_m = min(m.swath_m for m in models)
    overlap = max(m.overlap for m in models)
    # Without overlap some layer must still be fit.
    spacing_m = min(
        (1 - overlap) * swath_at(swath_m, min(tallest_m, rules.ceiling_m)),
        swath_at(swath_m, rules.layers_m[-1]) / _SWATH_ROOM,
    )
    layers = tuple(
        h
        for h in rules.layers_m
        if swath_at(swath_m, h) >= _SWATH_ROOM * spacing_m - 1e-9
    )
    return Camera(
        lane_spacing_m=spacing_m,
        layers_m=layers,
        turn_s=max(m.turn_s for m in models),
        reach_m=tuple(swath_at(swath_m, h) / 2 for h in layers),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeper:
    """
    How a sweep is flown: with which camera, how fast, how long, and where not.

    Drones stop at the end of a lane, turn and go on: they need no radius, and
    ``turn_s`` of the camera is what braking, turning and gathering speed take.

    Parameters
    ----------
    longest_s
        Longest time on task of a tile.
    closed
        Where no drone may be, in metres.
    """

    camera: Camera
    airspeed_mps: float
    longest_s: float
    closed: BaseGeometry

    @property
    def longest_m(self) -> float:
        """Longest lane [m]."""
        return self.airspeed_mps * self.longest_s

    @property
    def change_s(self) -> float:
        """What it takes to get from a lane to the next one beside it [s]."""
        return self.camera.turn_s + self.camera.lane_spacing_m / self.airspeed_mps

    @property
    def bridge_m(self) -> float:
        """
        Longest gap in a lane that is flown across [m].

        What lies beyond would take one more change of lane in a cell that goes on,
        and two in one of its own.
        """
        return 1.5 * self.airspeed_mps * self.change_s
