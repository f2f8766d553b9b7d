"""Hold the piece of a zone that a drone does in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from planner.basics.clock import Span
from planner.basics.geometry import FloatArray
from planner.scenario import ZoneKind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Way:
    """
    One way to do a target: the path on task.

    Parameters
    ----------
    xy
        Vertices in metres, shape (n, 2); the drone enters at the first and
        leaves at the last.
    wait_s
        Time spent resting at each vertex, shape (n,).
    """

    xy: FloatArray
    wait_s: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Target:
    """
    A viewpoint, a sweep tile or a line piece; it may serve several zones.

    Parameters
    ----------
    revisit_s
        Smallest interval that is planned for, over its zones.
    windows
        When any of its zones is active, in seconds of the horizon.
    shortest_window_s
        Of any of its zones: each wants a visit in each of its own windows.
    ways
        Alternatives; one of them is flown.
    layers_m
        Layers that cameras and privacy zones leave open to it.
    """

    id: str
    kind: ZoneKind
    zones: tuple[str, ...]
    revisit_s: float
    windows: tuple[Span, ...]
    shortest_window_s: float
    ways: tuple[Way, ...]
    layers_m: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discretised:
    """
    The targets of a scenario, and the zones that cannot become targets.

    Parameters
    ----------
    closed
        Zone id to figures, for zones of which too little can be seen from
        where a drone may be.
    """

    targets: tuple[Target, ...]
    closed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
