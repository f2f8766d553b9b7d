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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache

import numpy as np

from planner.engines.assess import unserved_priority
from planner.engines.beats_insert import nothing_known
from planner.engines.beats_kernel import improve
from planner.engines.beats_kinds import Kind, kinds_of, levels_of, longest
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
from planner.engines.prices import worth
from planner.engines.selection import whole_drones
from planner.engines.shares import shares_of
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
_SHARES = 1e9
"""In so many parts supplies are counted."""

NEARLY_WHOLE = 0.21
"""A station with so little less than a whole drone has that drone."""


def route(problem: Problem, piece: Piece, effort: Effort) -> list[Column]:
    """
    Return routes for a piece; targets for which no drone is left are left out.

    Without a clock (``effort.seconds`` is None) the search takes a number of rounds
    by the size of the piece.
    """
    kinds = kinds_of(problem, piece)
    if not piece.targets or not kinds:
        return []
    nodes = np.flatnonzero(np.isin(problem.node_target, piece.targets))
    world = world_of(problem, piece, kinds, nodes)
    state = nothing(world)
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
    told: set[tuple[int, int, bytes]] = set()

    def tell(state: State) -> None:
        if effort.seen is None:
            return
        for b in np.flatnonzero(state.kind >= 0):
            mine = np.flatnonzero(state.beat == b).tobytes()
            key = (int(state.station[b]), int(state.kind[b]), mine)
            if key not in told:
                told.add(key)
                effort.seen(opened(problem, piece, kinds, nodes, state, [int(b)]))

    best = search(world, state, effort, tell, warm=bool(piece.start))
    found = opened(problem, piece, kinds, nodes, best)
    # Not every set of routes can be flown in beats of whole drones.
    worse = _standing(problem, found) > _standing(problem, piece.start)
    return list(piece.start) if piece.start and worse else found


def _standing(problem: Problem, columns: Sequence[Column]) -> tuple[float, int, float]:
    """Return what routes leave out, their whole drones and their load."""
    return (
        unserved_priority(problem, columns),
        sum(whole_drones(problem, columns)),
        sum(column.load(problem) for column in columns),
    )


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
        takes=table,
        supply=one * 9,
        longest=table * 9,
        level=table * 0,
        turns=table,
        near_targets=table * -1,
        near_stations=table * 0,
        worth=np.ones(1),
        crew_cost=1.0,
        new_kinds=1,
        reached=one,
        landed=table,
    )
    search(world, nothing(world), Effort(seconds=None, solutions=1, seed=1))


def world_of(
    problem: Problem,
    piece: Piece,
    kinds: Sequence[Kind],
    nodes: np.ndarray,
    staying: Mapping[int, int] | None = None,
    landed: Sequence[Sequence[int]] = (),
) -> World:
    """
    Return a piece as arrays.

    Parameters
    ----------
    nodes
        Of the targets, and after them those of beats that stay.
    staying
        When each of the latter is reached, ticks after the one before it at least.
    landed
        The same of the landings of each beat that stays. The last kinds are theirs,
        one each.
    """
    stay = staying or {}
    place = {t: k for k, t in enumerate(piece.targets)}
    target = np.array(
        [
            -1 if n in stay else place[int(problem.node_target[n])]
            for n in nodes.tolist()
        ]
    )
    own = target >= 0
    order = np.arange(len(piece.targets))
    stations = list(piece.stations)
    names = sorted({problem.stations[s].model for s in stations})
    tables = [problem.tables[name] for name in names]
    model = np.array([names.index(problem.stations[s].model) for s in stations])
    first = np.searchsorted(target[own], order)
    last = np.searchsorted(target[own], order, side="right")
    out = np.stack([problem.table(s).out[s, nodes] for s in stations])
    back = np.stack([problem.table(s).back[nodes, s] for s in stations])
    task = np.stack([table.task[nodes] for table in tables])
    travel = np.stack([table.travel[np.ix_(nodes, nodes)] for table in tables])
    around = (out + back + task[model])[:, own]
    alone = np.minimum.reduceat(around, first, axis=1).T
    alone = np.where(alone < FAR, alone, FAR)
    apart = np.minimum(travel[0], travel[0].T)[np.ix_(first, first)].copy()
    np.fill_diagonal(apart, 2 * FAR)
    share = shares_of(problem)
    levels, turns = zip(*(levels_of(problem, piece, k) for k in kinds), strict=True)
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
        "drones": [math.floor(d + NEARLY_WHOLE) for d in piece.drones],
        "headway": [round(k.headway_s * TICKS_PER_S) for k in kinds],
        "crew": [k.crew for k in kinds],
        "takes": [
            [math.floor(min(share(s, k.headway_s), 2.0) * _SHARES) for k in kinds]
            for s in stations
        ],
        "supply": [math.ceil(p * _SHARES) for p in piece.supplies or [1] * len(model)],
        "depth": [max(0, *each) for each in levels],
        "longest": [[longest(problem, s, k) for k in kinds] for s in stations],
        "level": levels,
        "turns": turns,
        "near_targets": np.argsort(apart, axis=1, kind="stable")[:, :_NEAR_TARGETS],
        "near_stations": np.argsort(alone, axis=1, kind="stable")[:, :_NEAR_STATIONS],
        "landed": np.reshape(landed, (-1, 2**DEEPEST)),
        "reached": [stay.get(n, 0) for n in nodes.tolist()],
    }
    return World(
        **{
            name: np.ascontiguousarray(array, dtype=np.int64)
            for name, array in arrays.items()
        },
        worth=np.array(piece.worth or [worth(problem, t) for t in piece.targets]),
        crew_cost=_CREW_COST,
        new_kinds=len(kinds) - len(landed),
    )


def nothing(world: World) -> State:
    """Return no beats, and every target left out."""
    stay = len(world.crew) - world.new_kinds
    beats, targets = int(world.drones.sum()) + 1 + stay, len(world.first)
    counts = np.zeros(4, dtype=np.int64)
    counts[ABSENT], counts[LIMIT] = targets, beats
    return State(
        stops=np.zeros((beats, LISTS, LONGEST_LIST), dtype=np.int64),
        length=np.zeros((beats, LISTS), dtype=np.int64),
        station=np.zeros(beats, dtype=np.int64),
        kind=np.full(beats, -1, dtype=np.int64),
        sortie=np.zeros((beats, 2**DEEPEST), dtype=np.int64),
        worst=np.zeros((beats, LISTS), dtype=np.int64),
        idle=np.zeros((beats, 2**DEEPEST), dtype=np.int64),
        spare=np.zeros((beats, LISTS, LONGEST_LIST if stay else 0), dtype=np.int64),
        version=np.zeros(beats, dtype=np.int64),
        beat=np.full(targets, -1, dtype=np.int64),
        list=np.zeros(targets, dtype=np.int64),
        used=np.zeros(len(world.drones), dtype=np.int64),
        taken=np.zeros(len(world.drones), dtype=np.int64),
        absent=np.arange(targets, dtype=np.int64),
        counts=counts,
    )


def search(
    world: World,
    state: State,
    effort: Effort,
    tell: Callable[[State], None] = lambda state: None,
    *,
    warm: bool = False,
) -> State:
    """Return the best beats found within an effort; tell of those on the way."""
    known = nothing_known(world, state)
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
        before = record.tolist()
        improve(
            world,
            state,
            kept,
            best,
            known,
            failures,
            record,
            dice,
            _CHUNK,
            heat,
            _PATIENCE,
        )
        if effort.better and record.tolist() != before:
            effort.better("beats", *record.tolist())
        if kept.counts[ABSENT] <= best.counts[ABSENT] + _FEW_ABSENT:
            tell(kept)
        done += _CHUNK
        if effort.seconds is None:
            share = done / rounds
        else:
            share = (time.monotonic() - started) / effort.seconds
    tell(best)
    return best


def opened(
    problem: Problem,
    piece: Piece,
    kinds: Sequence[Kind],
    nodes: np.ndarray,
    state: State,
    beats: Iterable[int] | None = None,
) -> list[Column]:
    """Return the routes of the beats of some kinds, of all or of some of them."""
    return [
        make_column(problem, piece.stations[state.station[b]], headway_s, stops, tails)
        for b in (range(len(state.kind)) if beats is None else beats)
        if 0 <= state.kind[b] < len(kinds)
        for headway_s, stops, tails in unfolded(
            lists_of(state, b, nodes), 0, 0, kinds[state.kind[b]].headway_s
        )
    ]


def lists_of(state: State, b: int, nodes: np.ndarray) -> list[list[int]]:
    """Return what stands in each list of a beat."""
    return [
        nodes[state.stops[b, q, : state.length[b, q]]].tolist() for q in range(LISTS)
    ]


def unfolded(
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
            yield from unfolded(lists, level + 1, half, 2 * headway_s)


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
