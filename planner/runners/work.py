"""
Name the functions that a task may call, and call them.

This list is fixed: a task from elsewhere names a line of it, never code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from planner.engines import BEATING, engine
from planner.engines.beats_along import take_along
from planner.engines.piece import Effort, Piece
from planner.engines.recombine import recombine
from planner.engines.waves import route_in_waves
from planner.problem import Column, Problem
from planner.runners.task import Task
from planner.runners.wire import (
    column_facts,
    columns_of,
    from_json,
    piece_facts,
    piece_of,
    problem_from_bytes,
    to_json,
)


def routing(problem: str, engine: str, piece: Piece, effort: Effort) -> Task:
    """Return the task to route a piece."""
    return _task("route", problem, effort, engine=engine, piece=piece_facts(piece))


def routing_in_waves(problem: str, engine: str, effort: Effort) -> Task:
    """Return the task to route a whole part."""
    return _task("waves", problem, effort, engine=engine)


def recombining(
    problem: str,
    pool: Sequence[Column],
    current: Sequence[Column],
    deterministic_time: float,
) -> Task:
    """Return the task to pick again among routes."""
    request = {
        "pool": column_facts(pool),
        "current": column_facts(current),
        "deterministic_time": deterministic_time,
    }
    return Task(function="recombine", problem=problem, request=_text(request), seed=0)


def perform(task: Task, problem: bytes) -> bytes:
    """
    Do a task.

    Parameters
    ----------
    problem
        What `planner.runners.wire.problem_to_bytes` returned.

    Returns
    -------
    bytes
        Routes, for `routes`.

    Raises
    ------
    LookupError
        If no function has that name.
    """
    return answer(task, problem_from_bytes(problem))


def answer(task: Task, problem: Problem) -> bytes:
    """Do a task as `perform` does, with its problem read already."""
    request = from_json(task.request.encode())
    columns = FUNCTIONS[task.function](problem, request, task.seed)
    return to_json(column_facts(columns))


def routes(result: bytes) -> list[Column]:
    """Return the routes that a task came to."""
    return columns_of(from_json(result))


def _task(function: str, problem: str, effort: Effort, **request: Any) -> Task:
    facts = asdict(replace(effort, seed=0))
    return Task(
        function=function,
        problem=problem,
        request=_text(request | {"effort": facts}),
        seed=effort.seed,
    )


def _text(request: Mapping[str, Any]) -> str:
    return to_json(request).decode()


def _route(problem: Problem, request: Mapping[str, Any], seed: int) -> list[Column]:
    effort = Effort(**{**request["effort"], "seed": seed})
    return engine(request["engine"])(problem, piece_of(request["piece"]), effort)


def _waves(problem: Problem, request: Mapping[str, Any], seed: int) -> list[Column]:
    effort = Effort(**{**request["effort"], "seed": seed})
    name = request["engine"]
    along = take_along if name in BEATING else None
    return route_in_waves(problem, engine(name), effort, along)


def _recombine(problem: Problem, request: Mapping[str, Any], seed: int) -> list[Column]:
    del seed  # no choice is left to chance
    return recombine(
        problem,
        columns_of(request["pool"]),
        columns_of(request["current"]),
        request["deterministic_time"],
    )


FUNCTIONS: Mapping[str, Callable[[Problem, Mapping[str, Any], int], list[Column]]] = {
    "route": _route,
    "waves": _waves,
    "recombine": _recombine,
}
