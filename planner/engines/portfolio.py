"""Try engines in turn, each from the best so far."""

from __future__ import annotations

from dataclasses import replace

from planner.engines import greedy, ortools
from planner.engines.assess import served_targets
from planner.engines.piece import Effort, Piece
from planner.problem import Column, Problem


def route(problem: Problem, piece: Piece, effort: Effort) -> list[Column]:
    """
    Return routes for a piece by OR-Tools, warm from the greedy ones.

    Greedy routes that leave a target out are a trap rather than a start.
    """
    if piece.start:
        return ortools.route(problem, piece, effort)
    first = greedy.route(problem, piece, effort)
    if served_targets(problem, first).issuperset(piece.targets):
        piece = replace(piece, start=tuple(first))
    return ortools.route(problem, piece, effort) or first
