"""Hold a piece of a problem: some stations, some targets, and what is free."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from planner.problem import Column

Better = Callable[[str, float, float, float], None]
"""Told the name of an engine, what it leaves out, its drones and its load."""


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
    supplies
        Share of its chargers, batteries and pilots that is free at each station, same
        order as ``stations``; empty if none of these run out.
    start
        Routes to start from; their targets all belong to the piece.
    worth
        What each target left out costs [drones], same order as ``targets``; if
        empty, what it costs by its zones. For engines on beats.
    """

    stations: tuple[int, ...]
    targets: tuple[int, ...]
    drones: tuple[float, ...]
    supplies: tuple[float, ...] = ()
    start: tuple[Column, ...] = ()
    worth: tuple[float, ...] = ()


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
    better
        Told of each new best of one search, by the engine's own reckoning: what the
        targets left out would cost [drones]; whole drones, or the load where the
        engine does not count them whole; drones occupied on average. It must change
        nothing.
    """

    seconds: float | None
    solutions: int
    seed: int
    seen: Callable[[Sequence[Column]], None] | None = field(
        default=None, compare=False, repr=False
    )
    better: Better | None = field(default=None, compare=False, repr=False)
