"""Compute how fast a drone moves over the ground, and what its camera sees."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

SWATH_HEIGHT_M = 100.0
"""Height above ground [m] for which a drone type's ``swath_m`` is given."""

Vector = tuple[float, float]
Winds = Sequence[Vector]
"""East and north velocities of the air [m/s], one a wind that may blow."""


def wind_vector(speed_mps: float, from_deg: float) -> tuple[float, float]:
    """
    Return the wind's (east, north) velocity [m/s] of a meteorological wind.

    Examples
    --------
    >>> east, north = wind_vector(5.0, 270.0)  # a west wind blows east
    >>> round(east, 6), round(abs(north), 6)
    (5.0, 0.0)
    """
    towards = math.radians(from_deg + 180.0)
    return speed_mps * math.sin(towards), speed_mps * math.cos(towards)


def ground_speed(
    dx_m: ArrayLike, dy_m: ArrayLike, airspeed_mps: float, wind: tuple[float, float]
) -> NDArray[np.float64]:
    """
    Return the ground speed [m/s] along directions, by the wind triangle.

    Parameters
    ----------
    dx_m, dy_m
        Directions of flight, any length; arrays of one shape.
    airspeed_mps
        Airspeed of the drone.
    wind
        East and north velocity of the air [m/s].

    Returns
    -------
    ndarray
        Zero where the wind does not let the drone hold that track. For a
        direction of no length, the airspeed.
    """
    dx, dy = np.asarray(dx_m, dtype=float), np.asarray(dy_m, dtype=float)
    length = np.hypot(dx, dy)
    safe = np.where(length > 0, length, 1.0)
    along = (wind[0] * dx + wind[1] * dy) / safe
    across = (wind[0] * dy - wind[1] * dx) / safe
    room = airspeed_mps**2 - across**2
    speed = np.where(room > 0, np.sqrt(np.maximum(room, 0.0)) + along, 0.0)
    speed = np.maximum(speed, 0.0)
    return np.where(length > 0, speed, airspeed_mps)


def flight_time_s(
    dx_m: ArrayLike, dy_m: ArrayLike, airspeed_mps: float, winds: Winds
) -> NDArray[np.float64]:
    """
    Return the time [s] of straight level legs in the slowest of some winds.

    Infinite where one of them does not let the drone hold the track.
    """
    times = [_leg_s(dx_m, dy_m, airspeed_mps, wind) for wind in winds]
    return times[0] if len(times) == 1 else np.max(times, axis=0)


def least_flight_time_s(
    dx_m: ArrayLike, dy_m: ArrayLike, airspeed_mps: float, winds: Winds
) -> NDArray[np.float64]:
    """Return the time [s] of straight level legs in the quickest of some winds."""
    times = [_leg_s(dx_m, dy_m, airspeed_mps, wind) for wind in winds]
    return times[0] if len(times) == 1 else np.min(times, axis=0)


def _leg_s(
    dx_m: ArrayLike, dy_m: ArrayLike, airspeed_mps: float, wind: Vector
) -> NDArray[np.float64]:
    length = np.hypot(np.asarray(dx_m, dtype=float), np.asarray(dy_m, dtype=float))
    speed = ground_speed(dx_m, dy_m, airspeed_mps, wind)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(length > 0, length / np.maximum(speed, 1e-300), 0.0) + np.where(
            (speed <= 0) & (length > 0), np.inf, 0.0
        )


def swath_at(swath_m: float, height_m: float) -> float:
    """Return the width [m] of the strip seen from a height, linear in it."""
    return swath_m * height_m / SWATH_HEIGHT_M
