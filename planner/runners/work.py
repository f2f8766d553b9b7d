"""
Name the functions that a task may call, and call them.

This list is fixed: a task from elsewhere names a line of it, never code.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from planner.engines import BEATING, engine
from planner.engines.beats_along import take_along
from planner.engines.generate import generate
from planner.engines.piece import Effort, Piece
from planner.engines.recombine import bold_choice, recombine
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
from planner.trace import thinned

_MOST_SEEN = 3000
_MOST_NOTED = 50
_CHOICE_SHARE = 0.4
_LEAST_S = 0.2


@dataclass(frozen=True, slots=True)
class Noted:
    """
    A new best of an engine; see `planner.budget.EngineBest`.

    Parameters
    ----------
    at_s
        When it came, by the wall clock of the machine that searched.
    """

    at_s: float
    engine: str
    left_out: float
    drones: float
    load: float


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
    effort: Effort,
) -> Task:
    """Return the task to pick again among routes."""
    return _task(
        "recombine",
        problem,
        effort,
        pool=column_facts(pool),
        current=column_facts(current),
    )


def relieving(
    problem: str, pool: Sequence[Column], most_drones: int, effort: Effort
) -> Task:
    """Return the task to pick routes for fewer drones, and to mend what they lack."""
    return _task(
        "relieve", problem, effort, pool=column_facts(pool), most_drones=most_drones
    )


def generating(problem: str, pool: Sequence[Column], effort: Effort) -> Task:
    """Return the task to look for routes that would pay beside those of a pool."""
    return _task("generate", problem, effort, pool=column_facts(pool))


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
        Routes, for `routes`, `seen` and `noted`.

    Raises
    ------
    LookupError
        If no function has that name.
    """
    return answer(task, problem_from_bytes(problem))


def answer(task: Task, problem: Problem) -> bytes:
    """Do a task as `perform` does, with its problem read already."""
    request = from_json(task.request.encode())
    passed: dict[tuple[int, float, frozenset[int]], Column] = {}

    def seen(columns: Sequence[Column]) -> None:
        for column in columns:
            key = column.station, column.headway_s, frozenset(column.targets(problem))
            known = passed.pop(key, column)
            passed[key] = min(known, column, key=lambda c: c.duration)

    bests: list[tuple[float, str, float, float, float]] = []

    def better(engine: str, left_out: float, drones: float, load: float) -> None:
        bests.append((time.time(), engine, left_out, drones, load))

    effort = Effort(**request.pop("effort"), seed=task.seed, seen=seen)
    if effort.seconds is not None:
        effort = replace(effort, better=better)
    columns = FUNCTIONS[task.function](problem, request, effort)
    last = list(passed.values())[-_MOST_SEEN:]
    return to_json(
        {
            "routes": column_facts(columns),
            "seen": column_facts(last),
            "bests": thinned(bests, _MOST_NOTED),
        }
    )


def routes(result: bytes) -> list[Column]:
    """Return the routes that a task came to."""
    return columns_of(from_json(result)["routes"])


def seen(result: bytes) -> list[Column]:
    """Return good routes that a task came by, the last ones last."""
    return columns_of(from_json(result)["seen"])


def noted(result: bytes) -> list[Noted]:
    """Return new bests of engines in the order of time; none where no clock is read."""
    return [Noted(*best) for best in from_json(result)["bests"]]


def _task(function: str, problem: str, effort: Effort, **request: Any) -> Task:
    facts = {"seconds": effort.seconds, "solutions": effort.solutions}
    return Task(
        function=function,
        problem=problem,
        request=_text(request | {"effort": facts}),
        seed=effort.seed,
    )


def _text(request: Mapping[str, Any]) -> str:
    return to_json(request).decode()


def _route(
    problem: Problem, request: Mapping[str, Any], effort: Effort
) -> list[Column]:
    return engine(request["engine"])(problem, piece_of(request["piece"]), effort)


def _waves(
    problem: Problem, request: Mapping[str, Any], effort: Effort
) -> list[Column]:
    name = request["engine"]
    along = take_along if name in BEATING else None
    return route_in_waves(problem, engine(name), effort, along)


def _recombine(
    problem: Problem, request: Mapping[str, Any], effort: Effort
) -> list[Column]:
    pool, current = columns_of(request["pool"]), columns_of(request["current"])
    return recombine(problem, pool, current, effort)


def _relieve(
    problem: Problem, request: Mapping[str, Any], effort: Effort
) -> list[Column]:
    started = time.monotonic()
    pool = columns_of(request["pool"])
    choosing = effort
    if effort.seconds is not None:
        choosing = replace(effort, seconds=_CHOICE_SHARE * effort.seconds)
    start = bold_choice(problem, pool, request["most_drones"], choosing)
    if not start:
        return []
    if effort.seconds is not None:
        left_s = effort.seconds - (time.monotonic() - started)
        effort = replace(effort, seconds=max(_LEAST_S, left_s))
    return route_in_waves(problem, engine("beats"), effort, take_along, start)


def _generate(
    problem: Problem, request: Mapping[str, Any], effort: Effort
) -> list[Column]:
    return generate(problem, columns_of(request["pool"]), effort)


FUNCTIONS: Mapping[
    str, Callable[[Problem, Mapping[str, Any], Effort], list[Column]]
] = {
    "route": _route,
    "waves": _waves,
    "recombine": _recombine,
    "relieve": _relieve,
    "generate": _generate,
}
