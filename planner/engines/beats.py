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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from planner.clock import Span
from planner.engines.beats_kernel import improve
from planner.engines.beats_start import start_from
from planner.engines.beats_world import (
    ABSENT,
    DEEPEST,
    DRONES,
    LIMIT,
    LISTS,
    LONGEST_LIST,
    State,
    World,
)
from planner.engines.piece import Effort, Piece
from planner.prices import worth
from planner.problem import FAR, TICKS_PER_S, Column, Problem, make_column

_NEAR_TARGETS = 60
_NEAR_STATIONS = 8
_CREW_COST = 0.3
_HOTTEST, _COLDEST = 0.1, 0.005
_WARM = 0.03
"""How much worse a change may be, in drones, at the start and at the end; at the
start from given routes."""

_FEW_ABSENT = 5
"""Targets left out, beyond the best, up to which beats are worth telling of."""

_PATIENCE = 2000
_CHUNK = 250
_ROUNDS_A_TARGET = 60
_NEARLY_WHOLE = 0.21
"""A station with so little less than a whole drone has that drone."""

_MARGIN_S = 60.0
"""Kept free of a sortie that comes as often as its interval: room for its clock."""

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
    if piece.start:
        start_from(
            problem,
            world,
            state,
            piece.start,
            stations=piece.stations,
            nodes=nodes,
            headways_s=[kind.headway_s for kind in kinds],
        )

    def columns(state: State, beats: Iterable[int]) -> list[Column]:
        return [
            make_column(
                problem,
                piece.stations[s],
                headway_s,
                nodes[stops].tolist(),
                [nodes[tail].tolist() for tail in tails],
            )
            for s, headway_s, stops, tails in _routes(state, beats, kinds)
        ]

    told: set[tuple[int, int, bytes]] = set()

    def tell(state: State) -> None:
        if effort.seen is None:
            return
        for b in np.flatnonzero(state.kind >= 0):
            mine = np.flatnonzero(state.beat == b).tobytes()
            key = (int(state.station[b]), int(state.kind[b]), mine)
            if key not in told:
                told.add(key)
                effort.seen(columns(state, [int(b)]))

    best = _search(world, state, effort, tell, warm=bool(piece.start))
    return columns(best, range(len(best.kind)))


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
        near_targets=table * -1,
        near_stations=table * 0,
        worth=np.ones(1),
        crew_cost=1.0,
    )
    effort = Effort(seconds=None, solutions=1, seed=1)
    _search(world, _nothing(world), effort, lambda state: None, warm=False)


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
        "depth": [max(0, *_levels(problem, piece, k)) for k in kinds],
        "longest": [[_longest(problem, s, k) for k in kinds] for s in stations],
        "level": [_levels(problem, piece, k) for k in kinds],
        "near_targets": np.argsort(apart, axis=1, kind="stable")[:, :_NEAR_TARGETS],
        "near_stations": np.argsort(alone, axis=1, kind="stable")[:, :_NEAR_STATIONS],
    }
    return World(
        **{
            name: np.ascontiguousarray(array, dtype=np.int64)
            for name, array in arrays.items()
        },
        worth=np.array([worth(problem, t) for t in piece.targets]),
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


def _levels(problem: Problem, piece: Piece, kind: _Kind) -> list[int]:
    """Return the level of each target on a kind of beat, -1 where it cannot be."""
    length_s = problem.horizon.length_s
    all_day = ((0, length_s),)
    table = problem.table(piece.stations[0])
    levels = []
    for t in piece.targets:
        target = problem.targets[t]
        # Whenever such sorties come, one falls whole into each window of each zone.
        task_s = table.task[problem.nodes_of(t)].max() / TICKS_PER_S
        within_s = target.shortest_window_s - task_s - 1.0
        interval_s = min(target.revisit_s, within_s)
        if kind.windows not in (all_day, target.windows):
            interval_s = 0.0
        level = -1
        for deeper in range(DEEPEST + 1):
            every_s = kind.headway_s * 2**deeper
            fits_day = deeper == 0 or length_s % every_s == 0
            if every_s <= interval_s and fits_day:
                level = deeper
        levels.append(level)
    return levels


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


def _search(
    world: World,
    state: State,
    effort: Effort,
    tell: Callable[[State], None],
    *,
    warm: bool,
) -> State:
    """Return the best beats found within an effort; tell of those on the way."""
    kept = State(*(array.copy() for array in state))
    best = State(*(array.copy() for array in state))
    failures = np.ones(len(world.first))
    left_out = float(world.worth[state.beat < 0].sum())
    record = np.array([left_out, state.counts[DRONES], np.inf])
    dice = np.random.SeedSequence(effort.seed).generate_state(1, np.uint64)
    rounds = _ROUNDS_A_TARGET * len(world.first)
    hottest = _WARM if warm else _HOTTEST
    started, done, share = time.monotonic(), 0, 0.0
    while share < 1.0:
        heat = hottest * (_COLDEST / hottest) ** share
        improve(
            world, state, kept, best, failures, record, dice, _CHUNK, heat, _PATIENCE
        )
        if kept.counts[ABSENT] <= best.counts[ABSENT] + _FEW_ABSENT:
            tell(kept)
        done += _CHUNK
        if effort.seconds is None:
            share = done / rounds
        else:
            share = (time.monotonic() - started) / effort.seconds
    tell(best)
    return best


Routes = Iterator[tuple[int, float, list[int], list[list[int]]]]


def _routes(state: State, beats: Iterable[int], kinds: Sequence[_Kind]) -> Routes:
    """Yield (station, headway [s], stops, tails) of beats that are flown."""
    for b in beats:
        kind = state.kind[b]
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
