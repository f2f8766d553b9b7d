"""Compute what the cameras of a plan see, and how long they see what is private."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import QUAD_SEGS, FloatArray
from planner.flown.tracks import REST_M, FlownRoute, pieces_of_path
from planner.plan import Stop


def resting_place(xy: FloatArray) -> FloatArray | None:
    """Return where a drone rests on a path, shape (2,), or None if it moves."""
    if np.hypot(*(xy - xy[0]).T).max() > REST_M:
        return None
    place: FloatArray = xy[0]
    return place


def track_on_task(flown: FlownRoute, stop: Stop) -> BaseGeometry:
    """
    Return what the camera's footprint is drawn round, in metres.

    The place of a watch stop, the path of another; empty for a watch stop at
    which the drone does not rest.
    """
    xy, _ = flown.on_task(stop)
    if stop.kind == "watch":
        place = resting_place(xy)
        return shapely.Point() if place is None else shapely.Point(place)
    moved = np.append(True, np.any(np.diff(xy, axis=0) != 0, axis=1))
    path = xy[moved]
    return shapely.LineString(path) if len(path) > 1 else shapely.Point(path[0])


def footprint(track: BaseGeometry, reach_m: float) -> BaseGeometry:
    """
    Return the ground seen along a track, in metres.

    A disc round each place of the track: inscribed, so never more than is seen.
    """
    return track.buffer(reach_m, quad_segs=QUAD_SEGS)


def exposure_s(routes: Sequence[FlownRoute], private: Sequence[BaseGeometry]) -> float:
    """
    Return how long footprints lie over privacy zones [s].

    Summed over the flown sorties; time on task counts once however many privacy
    zones are in view.
    """
    if not private:
        return 0.0
    area = shapely.union_all(list(private))
    shapely.prepare(area)

    @cache
    def grown(reach_m: float) -> BaseGeometry:
        return area.buffer(reach_m, quad_segs=QUAD_SEGS)

    return sum(
        _exposed_s(flown, stop, area, grown) * len(flown.takeoffs)
        for flown in routes
        for stop in flown.route.stops
    )


def _exposed_s(
    flown: FlownRoute,
    stop: Stop,
    area: BaseGeometry,
    grown: Callable[[float], BaseGeometry],
) -> float:
    """Return how long one visit's footprint lies over an area [s]."""
    xy, times = flown.on_task(stop)
    reach_m = flown.reach_m(stop)
    segments = pieces_of_path(xy[:-1], xy[1:])
    if not shapely.dwithin(area, segments, reach_m).any():
        return 0.0
    near = grown(reach_m)
    lengths = shapely.length(segments)
    inside = shapely.length(shapely.intersection(segments, near))
    resting = shapely.intersects_xy(near, xy[:-1, 0], xy[:-1, 1])
    share = np.where(lengths > 0, inside / np.where(lengths > 0, lengths, 1.0), resting)
    return float(np.sum(np.diff(times) * share))
