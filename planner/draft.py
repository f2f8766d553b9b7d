"""Hold a route that has a path and stops, but no clock and no layer yet."""

from __future__ import annotations

from dataclasses import dataclass

from planner.geometry import FloatArray
from planner.plan import Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRoute:
    """
    A closed path in metres with times from take-off, the same at any layer.

    The climb and the descent take as long as they would to and from the
    ceiling, whatever layer the route gets later: so clocks can be set first and
    layers after.

    Parameters
    ----------
    headway_s
        Time between take-offs; at most the smallest revisit interval on it.
    idleness_ratio
        Share of each interval within which its stops come again, at the ends of
        windows too.
    xy
        Vertices of the level flight in metres, shape (n, 2); the first and the
        last are the station. A vertex that is repeated is a wait.
    t_s
        Seconds from take-off at each vertex, shape (n,): ``t_s[0]`` is the end
        of the climb, ``t_s[-1]`` the start of the descent.
    duration_s
        Take-off to landing.
    stops
        In the order flown, seconds from take-off.
    layers_m
        Layers that airspace, privacy zones and cameras leave open to it.
    variants
        Flown in turn instead of the draft itself, where there are any: variant i
        of n takes off at ``phase + i * headway`` and every ``n * headway`` from
        then on. They share their first stops, so that these are visited once a
        headway, and last as long as the draft.
    """

    id: str
    depot: str
    drone_model: str
    headway_s: float
    xy: FloatArray
    t_s: FloatArray
    duration_s: float
    stops: tuple[Stop, ...]
    layers_m: tuple[float, ...]
    variants: tuple[DraftRoute, ...] = ()
    idleness_ratio: float = 1.0
