"""Try engines in turn, each from the best so far."""

from __future__ import annotations

from dataclasses import replace

from planner.engines import beats, greedy, ortools
from planner.engines.assess import served_targets, unserved_priority
from planner.engines.piece import Effort, Piece
from planner.problem import Column, Problem

_BEATS_SHARE = 0.7


def route(problem: Problem, piece: Piece, effort: Effort) -> list[Column]:
    """
    Return routes for a piece.

    Whole drones in rhythm come first. What leaves some of them idle however they
    turn is left to OR-Tools, warm from the greedy routes; those that leave a
    target out are a trap rather than a start. Given routes are improved by
    OR-Tools alone.
    """
    if piece.start:
        return ortools.route(problem, piece, effort)
    found = beats.route(problem, piece, _part_of(effort, _BEATS_SHARE))
    if served_targets(problem, found).issuperset(piece.targets):
        return found
    effort = _part_of(effort, 1 - _BEATS_SHARE)
    first = greedy.route(problem, piece, effort)
    if served_targets(problem, first).issuperset(piece.targets):
        piece = replace(piece, start=tuple(first))
    other = ortools.route(problem, piece, effort) or first
    return min(found, other, key=lambda each: unserved_priority(problem, each))


def _part_of(effort: Effort, share: float) -> Effort:
    if effort.seconds is None:
        return effort
    return replace(effort, seconds=share * effort.seconds)
