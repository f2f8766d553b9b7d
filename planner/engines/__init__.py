"""
Route a piece of the city: one file an engine.

An engine is a function ``route(problem, piece, effort) -> list[Column]``. A hard
piece is no error: targets that do not fit are left out. A new engine is a new
file here and a line in `ENGINES`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

from planner.engines.piece import Effort, Piece
from planner.errors import MissingPartError
from planner.problem import Column, Problem

ENGINES = ("portfolio", "beats", "ortools", "pyvrp", "ruin", "greedy")

BEATING = ("portfolio", "beats")
"""Those that route on beats."""


class Engine(Protocol):
    """Turns a piece into routes."""

    def __call__(self, problem: Problem, piece: Piece, effort: Effort) -> list[Column]:
        """Search within the effort, from the piece's start where it has one."""
        ...


def engine(name: str) -> Engine:
    """
    Return the engine of a name.

    Raises
    ------
    MissingPartError
        If there is no such engine.
    """
    if name not in ENGINES:
        raise MissingPartError(f"no engine {name!r}; there are {', '.join(ENGINES)}")
    found: Engine = import_module(f"planner.engines.{name}").route
    return found
