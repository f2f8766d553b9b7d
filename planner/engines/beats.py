"""
Route a piece on beats: whole drones that fly a cycle of sorties in rhythm.

A drone that has flown and been charged takes off again every hour, say; what is due
every hour is on each of its sorties, what is due every two or four hours on some of
them, at their end. So no sortie flies half empty, and the drones of a station are
counted as they will be flown. See `planner.engines.beats_kernel` for the search.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from planner.clock import Span
from planner.engines.beats_kernel import improve
from planner.engines.beats_world import (
    ABSENT,
    DEEPEST,
    LIMIT,
    LISTS,
    LONGEST_LIST,
    State,
    World,
)
from planner.engines.piece import Effort, Piece
from planner.problem import FAR, TICKS_PER_S, Column, Problem, make_column
from planner.rhythm import visit_phases

_NEAR_TARGETS = 60
_NEAR_STATIONS = 8
_CREW_COST = 0.3
_HOTTEST, _COLDEST = 0.1, 0.005
"""How much worse a change may be, in drones, at the start and at the end."""

_PATIENCE = 2000
_CHUNK = 1000
_ROUNDS_A_TARGET = 60
_NEARLY_WHOLE = 0.21
"""A station with so little less than a whole drone has that drone."""

_MARGIN_S = 60.0
"""Kept free of a sortie that comes as often as its interval: room for its clock."""

_PHASES_S = 600.0
"""First take-offs up to so late are to do for what is not on sorties of any turn."""

_LEAST_SORTIE = 0.4
"""A kind of beat leaves time for sorties of this share of the endurance."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """
    A kind of beat.

    Parameters
    ----------
    windows
        Of the targets that it is flown for, beside those due at other hours that
        any of its sorties may take along.
    crew
        Drones that fly it in turn.
    """

    windows: tuple[Span, ...]
    headway_s: float
    crew: int


def route(problem: Problem, piece: Piece, effort: Effort) -> list[Column]:
    """
    Return routes for a piece; targets for which no drone is left are left out.

    Without a clock (``effort.seconds`` is None) the search takes a number of rounds
    by the size of the piece.
    """
    kinds = _kinds(problem, piece)
    if not piece.targets or not kinds:
        return []
    nodes = np.flatnonzero(np.isin(problem.node_target, piece.targets))
    world = _world(problem, piece, kinds, nodes)
    state = _nothing(world)
    best = _search(world, state, effort)
    return [
        make_column(
            problem,
            piece.stations[s],
            headway_s,
            nodes[stops].tolist(),
            [nodes[tail].tolist() for tail in tails],
        )
        for s, headway_s, stops, tails in _routes(world, best, kinds)
    ]


@cache
def load() -> None:
    """Have the search compiled: for some seconds once, then read from a cache."""
    one = np.ones(1, dtype=np.int64)
    table = np.ones((1, 1), dtype=np.int64)
    world = World(
        first=one * 0,
        last=one,
        target=one * 0,
        travel=table[None],
        task=table,
        out=table,
        back=table,
        overhead=one,
        model=one * 0,
        drones=one,
        headway=one,
        crew=one,
        depth=one * 0,
        longest=table * 9,
        level=table * 0,
        turns=table,
        near_targets=table * -1,
        near_stations=table * 0,
        worth=np.ones(1),
        crew_cost=1.0,
    )
    _search(world, _nothing(world), Effort(seconds=None, solutions=1, seed=1))


def _kinds(problem: Problem, piece: Piece) -> list[_Kind]:
    """
    Return the kinds of beats that the intervals of a piece call for.

    An interval is halved as long as one drone can keep the headway.
    """
    kinds: dict[_Kind, None] = {}
    models = [problem.model(s) for s in piece.stations]
    spacing_s = problem.rules.launch_spacing_s
    longest_s = max((m.usable_endurance_s for m in models), default=0.0)
    turnaround_s = max((m.turnaround_s for m in models), default=0.0)
    for t in piece.targets:
        target = problem.targets[t]
        headway_s = float(math.floor(target.revisit_s))
        while headway_s % 2 == 0 and headway_s / 2 >= longest_s + turnaround_s:
            headway_s /= 2
        full_s = min(longest_s, headway_s - spacing_s)
        for crew in range(1, math.ceil((full_s + turnaround_s) / headway_s) + 1):
            if crew * headway_s - turnaround_s >= _LEAST_SORTIE * longest_s:
                kinds[_Kind(target.windows, headway_s, crew)] = None
    return sorted(kinds, key=lambda k: (k.windows, k.headway_s, k.crew))


def _world(
    problem: Problem, piece: Piece, kinds: Sequence[_Kind], nodes: np.ndarray
) -> World:
    """Return a piece as arrays."""
    place = {t: k for k, t in enumerate(piece.targets)}
    target = np.array([place[int(t)] for t in problem.node_target[nodes]])
    order = np.arange(len(piece.targets))
    stations = list(piece.stations)
    names = sorted({problem.stations[s].model for s in stations})
    tables = [problem.tables[name] for name in names]
    model = np.array([names.index(problem.stations[s].model) for s in stations])
    first = np.searchsorted(target, order)
    last = np.searchsorted(target, order, side="right")
    out = np.stack([problem.table(s).out[s, nodes] for s in stations])
    back = np.stack([problem.table(s).back[nodes, s] for s in stations])
    task = np.stack([table.task[nodes] for table in tables])
    travel = np.stack([table.travel[np.ix_(nodes, nodes)] for table in tables])
    alone = np.minimum.reduceat(out + back + task[model], first, axis=1).T
    alone = np.where(alone < FAR, alone, FAR)
    apart = np.minimum(travel[0], travel[0].T)[np.ix_(first, first)].copy()
    np.fill_diagonal(apart, 2 * FAR)
    levels, turns = zip(*(_levels(problem, piece, k) for k in kinds), strict=True)
    arrays = {
        "first": first,
        "last": last,
        "target": target,
        "travel": travel,
        "task": task,
        "out": out,
        "back": back,
        "overhead": [problem.table(s).overhead for s in stations],
        "model": model,
        "drones": [math.floor(d + _NEARLY_WHOLE) for d in piece.drones],
        "headway": [round(k.headway_s * TICKS_PER_S) for k in kinds],
        "crew": [k.crew for k in kinds],
        "depth": [max(0, *each) for each in levels],
        "longest": [[_longest(problem, s, k) for k in kinds] for s in stations],
        "level": levels,
        "turns": turns,
        "near_targets": np.argsort(apart, axis=1, kind="stable")[:, :_NEAR_TARGETS],
        "near_stations": np.argsort(alone, axis=1, kind="stable")[:, :_NEAR_STATIONS],
    }
    return World(
        **{
            name: np.ascontiguousarray(array, dtype=np.int64)
            for name, array in arrays.items()
        },
        worth=np.array([_worth(problem, t) for t in piece.targets]),
        crew_cost=_CREW_COST,
    )


def _longest(problem: Problem, station: int, kind: _Kind) -> int:
    """Return the longest sortie of a beat in ticks."""
    model = problem.model(station)
    longest_s = kind.crew * kind.headway_s - model.turnaround_s
    if model.usable_endurance_s > kind.headway_s / 2:
        # It has to be done within its interval, whenever it takes off.
        longest_s = min(longest_s, kind.headway_s - 2 * _MARGIN_S)
    return min(problem.longest(station, kind.headway_s), int(longest_s * TICKS_PER_S))


def _levels(problem: Problem, piece: Piece, kind: _Kind) -> tuple[list[int], list[int]]:
    """
    Return the level of each target on a kind of beat, and the turns it may be on.

    The level is -1 where it cannot be on it; the turns are bits.
    """
    length_s = problem.horizon.length_s
    all_day = ((0, length_s),)
    levels, turns = [], []
    for t in piece.targets:
        level, bits = -1, 0
        fits = kind.windows in (all_day, problem.targets[t].windows)
        for deeper in range(DEEPEST + 1) if fits else ():
            every_s = kind.headway_s * 2**deeper
            if deeper > 0 and length_s % every_s != 0:
                continue
            found = _turns(problem, piece, kind, t, deeper)
            if found:
                level, bits = deeper, found
        levels.append(level)
        turns.append(bits)
    return levels, turns


def _turns(problem: Problem, piece: Piece, kind: _Kind, target: int, level: int) -> int:
    """
    Return the turns of a level, as bits, that keep the interval of a target.

    Be it due all day, that is all or none. In windows that are shorter than its
    interval, a single visit will do: so one turn may where others may not.
    """
    info = problem.targets[target]
    every_s = kind.headway_s * 2**level
    if every_s > info.revisit_s:
        return 0
    if problem.is_all_day(target):
        return (1 << (1 << level)) - 1
    table = problem.table(piece.stations[0])
    task_s = table.task[problem.nodes_of(target)].max() / TICKS_PER_S + 1.0
    if every_s <= min(end - start for start, end in info.windows) - task_s:
        # Whenever such sorties come, one falls whole into each window.
        return (1 << (1 << level)) - 1
    last_s = max(problem.model(s).usable_endurance_s for s in piece.stations)
    bits = 0
    for turn in range(2**level):
        begin_s = turn * kind.headway_s
        if all(
            any(
                low <= begin_s and begin_s + last_s + _PHASES_S <= high
                for low, high in visit_phases(
                    window,
                    info.revisit_s,
                    (0.0, task_s),
                    (window[0], window[1] - task_s),
                    every_s,
                )
            )
            for window in info.windows
        ):
            bits |= 1 << turn
    return bits


def _worth(problem: Problem, target: int) -> float:
    """Return what leaving a target out costs, in drones."""
    info = problem.targets[target]
    priority = max(problem.priorities[z] for z in info.zones)
    return (0.02 + 0.03 * 3600.0 / info.revisit_s) * (1.0 + priority) / 3.0


def _nothing(world: World) -> State:
    """Return no beats, and every target left out."""
    beats, targets = int(world.drones.sum()) + 1, len(world.first)
    counts = np.zeros(4, dtype=np.int64)
    counts[ABSENT], counts[LIMIT] = targets, beats
    return State(
        stops=np.zeros((beats, LISTS, LONGEST_LIST), dtype=np.int64),
        length=np.zeros((beats, LISTS), dtype=np.int64),
        station=np.zeros(beats, dtype=np.int64),
        kind=np.full(beats, -1, dtype=np.int64),
        sortie=np.zeros((beats, 2**DEEPEST), dtype=np.int64),
        worst=np.zeros((beats, LISTS), dtype=np.int64),
        beat=np.full(targets, -1, dtype=np.int64),
        list=np.zeros(targets, dtype=np.int64),
        used=np.zeros(len(world.drones), dtype=np.int64),
        absent=np.arange(targets, dtype=np.int64),
        counts=counts,
    )


def _search(world: World, state: State, effort: Effort) -> State:
    """Return the best beats found within an effort."""
    kept = State(*(array.copy() for array in state))
    best = State(*(array.copy() for array in state))
    failures = np.ones(len(world.first))
    record = np.array([np.inf, np.inf, np.inf])
    dice = np.random.SeedSequence(effort.seed).generate_state(1, np.uint64)
    rounds = _ROUNDS_A_TARGET * len(world.first)
    started, done, share = time.monotonic(), 0, 0.0
    while share < 1.0:
        heat = _HOTTEST * (_COLDEST / _HOTTEST) ** share
        improve(
            world, state, kept, best, failures, record, dice, _CHUNK, heat, _PATIENCE
        )
        done += _CHUNK
        if effort.seconds is None:
            share = done / rounds
        else:
            share = (time.monotonic() - started) / effort.seconds
    return best


Routes = Iterator[tuple[int, float, list[int], list[list[int]]]]


def _routes(world: World, state: State, kinds: Sequence[_Kind]) -> Routes:
    """Yield (station, headway [s], stops, tails) of all beats."""
    for b, kind in enumerate(state.kind):
        if kind >= 0:
            lists = [
                state.stops[b, q, : state.length[b, q]].tolist() for q in range(LISTS)
            ]
            for headway_s, stops, tails in _unfolded(
                lists, 0, 0, kinds[kind].headway_s
            ):
                yield int(state.station[b]), headway_s, stops, tails


def _unfolded(
    lists: list[list[int]], level: int, turn: int, headway_s: float
) -> Iterator[tuple[float, list[int], list[list[int]]]]:
    """
    Yield the routes of a list and all below it.

    Where nothing is on every sortie, the two halves need not fly in step.
    """
    stops = lists[2**level - 1 + turn]
    if stops:
        tails = _tails(lists, level, turn)
        yield headway_s, stops, tails if len(tails) > 1 else []
    elif level < DEEPEST:
        for half in (turn, turn + 2**level):
            yield from _unfolded(lists, level + 1, half, 2 * headway_s)


def _tails(lists: list[list[int]], level: int, turn: int) -> list[list[int]]:
    """Return what follows a list on each sortie, in turn; one if all are alike."""
    if level == DEEPEST:
        return [[]]
    halves = []
    for half in (turn, turn + 2**level):
        own = lists[2 ** (level + 1) - 1 + half]
        halves.append([own + tail for tail in _tails(lists, level + 1, half)])
    longer = max(len(tails) for tails in halves)
    even, odd = (tails * (longer // len(tails)) for tails in halves)
    if even == odd == [[]]:
        return [[]]
    return [tail for pair in zip(even, odd, strict=True) for tail in pair]
