"""Try engines in turn, each from the best so far."""

from __future__ import annotations

from planner.engines import greedy, ortools
from planner.engines.piece import Effort, Piece
from planner.problem import Column, Problem


def route(problem: Problem, piece: Piece, effort: Effort) -> list[Column]:
    """Return routes for a piece: those of OR-Tools, warm from the greedy ones."""
    start = piece.start or tuple(greedy.route(problem, piece, effort))
    warm = Piece(
        stations=piece.stations,
        targets=piece.targets,
        drones=piece.drones,
        start=start,
    )
    found = ortools.route(problem, warm, effort)
    return found or list(start)
