"""Hold a piece of a problem: some stations, some targets, and what is free."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from planner.problem import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """
    What an engine is asked to route.

    Parameters
    ----------
    stations, targets
        Indices within the problem.
    drones
        Drones free at each station, as load; same order as ``stations``.
    start
        Routes to start from; their targets all belong to the piece.
    """

    stations: tuple[int, ...]
    targets: tuple[int, ...]
    drones: tuple[float, ...]
    start: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """
    How hard an engine tries on one piece.

    Parameters
    ----------
    seconds
        Wall time; None reads no clock.
    solutions
        Solutions looked at; used where ``seconds`` is None.
    seed
        Of every random choice.
    seen
        Told of good routes that the search comes by, by an engine that has any to
        tell of.
    """

    seconds: float | None
    solutions: int
    seed: int
    seen: Callable[[Sequence[Column]], None] | None = field(
        default=None, compare=False, repr=False
    )
