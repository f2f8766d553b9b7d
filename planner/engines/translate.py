"""
Say a piece of the patrol problem as vehicle routing, and read the answer back.

A kind of vehicle is a class (station, headway): it may visit targets whose
interval is at least its headway, its sortie is at most the longest one, and a
tick of its flight or turnaround costs ``1 / headway`` drones. A target is the
group of its ways. The classes of a station share its drones: what they cost
together is limited.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np

from planner.basics.geometry import FloatArray
from planner.engines.piece import Better, Effort, Piece
from planner.given.stamina import longest_sortie_s
from planner.problem import FAR, TICKS_PER_S, Column, IntArray, Problem, make_column
from planner.routing.model import FORBIDDEN, FOREVER, Chain, Routing, Vehicles

_UNSERVED_DRONES = 40
"""A zone left out costs as much as this many drones, times its priority."""

_LEAST = 4.0
"""A target left out costs no less than this many drones."""

DRONE_COST = 20_000_000
"""Of a whole drone: so large that a tick of the longest headway still costs some."""

_HOP_S = 40.0
_FILLED = 0.45
"""Vehicles are enough for sorties that fill this share of the endurance."""


def worth_drones(problem: Problem, targets: Iterable[int]) -> list[float]:
    """Return what it costs to leave each target out, in drones."""
    targets = list(targets)
    sizes: dict[str, int] = {}
    for target in targets:
        for zone in problem.targets[target].zones:
            sizes[zone] = sizes.get(zone, 0) + 1
    return [
        max(
            _LEAST,
            _UNSERVED_DRONES
            * sum(problem.priorities[z] / sizes[z] for z in problem.targets[t].zones),
        )
        for t in targets
    ]


def classes(problem: Problem, piece: Piece) -> list[tuple[int, float, int]]:
    """Return the classes: (place of its station, headway, vehicles that are enough)."""
    headways = sorted({problem.targets[t].revisit_s for t in piece.targets})
    mates = {
        headway: [t for t in piece.targets if problem.targets[t].revisit_s == headway]
        for headway in headways
    }
    return [
        (place, headway, enough(problem, piece, place, headway, mates[headway]))
        for place in range(len(piece.stations))
        for headway in headways
    ]


def enough(
    problem: Problem,
    piece: Piece,
    place: int,
    headway_s: float,
    targets: Iterable[int],
) -> int:
    """Return how many vehicles of a station are enough for targets of a headway."""
    station = piece.stations[place]
    model, table = problem.model(station), problem.table(station)
    filled_s = _FILLED * longest_sortie_s(model, problem.rules.ceiling_m)
    work_s = sum(
        table.task[problem.nodes_of(t)].min() / TICKS_PER_S + _HOP_S for t in targets
    )
    cycle_s = filled_s + problem.turnaround_s(station, filled_s)
    sorties = piece.drones[place] * headway_s / cycle_s
    return int(1 + min(math.ceil(work_s / filled_s), math.ceil(sorties)))


def piece_routing(problem: Problem, piece: Piece) -> Routing:
    """Return a piece as vehicle routing; a stop is a node of `piece_nodes`."""
    nodes = piece_nodes(problem, piece)
    target_of = problem.node_target[nodes]
    interval = np.array([problem.targets[t].revisit_s for t in target_of])
    profiles: dict[tuple[str, float], int] = {}
    matrices: list[IntArray] = []
    vehicles = []
    for place, headway, count in classes(problem, piece):
        station = piece.stations[place]
        name = problem.stations[station].model
        if (name, headway) not in profiles:
            profiles[name, headway] = len(profiles)
            matrices.append(_matrix(problem, piece, nodes, name, interval >= headway))
        turnaround = round(problem.turnaround_s(station) * TICKS_PER_S)
        overhead = problem.table(station).overhead
        tick = max(1, round(DRONE_COST / (headway * TICKS_PER_S)))
        vehicles.append(
            Vehicles(
                depot=place,
                count=count,
                longest=max(0, problem.longest(station, headway) - overhead),
                fixed_cost=tick * (overhead + turnaround),
                cost_per_distance=0,
                cost_per_time=tick,
                profile=profiles[name, headway],
            )
        )
    worth = dict(zip(piece.targets, worth_drones(problem, piece.targets), strict=True))
    zeros = np.zeros(len(nodes), dtype=np.int64)
    return Routing(
        vehicles=tuple(vehicles),
        depots=len(piece.stations),
        distance=tuple(matrices),
        time=tuple(matrices),
        service=zeros,
        demand=zeros,
        prize=np.array([round(worth[int(t)] * DRONE_COST) for t in target_of]),
        early=zeros,
        late=zeros + FOREVER,
        group=np.unique(target_of, return_inverse=True)[1].astype(np.int64),
        points=_points(problem, piece, nodes),
        most_cost=np.array([round(d * DRONE_COST) for d in piece.drones]),
    )


def in_drones(name: str, better: Better | None) -> Callable[[int, int], None] | None:
    """Return what tells of the prizes lost and the cost of chains, in drones."""
    if better is None:
        return None

    def tell(lost: int, cost: int) -> None:
        load = cost / DRONE_COST
        better(name, lost / DRONE_COST, load, load)

    return tell


def piece_nodes(problem: Problem, piece: Piece) -> IntArray:
    """Return the nodes of the targets of a piece."""
    return np.flatnonzero(np.isin(problem.node_target, piece.targets))


def _matrix(
    problem: Problem,
    piece: Piece,
    nodes: IntArray,
    name: str,
    allowed: np.ndarray,
) -> IntArray:
    """Return the time of a leg and of the task before it, stations first."""
    table = problem.tables[name]
    stations = np.array(piece.stations)
    m = len(stations)
    matrix = np.full((m + len(nodes),) * 2, FORBIDDEN, dtype=np.int64)
    task = table.task[nodes][:, None]
    matrix[m:, m:] = table.travel[np.ix_(nodes, nodes)] + task
    matrix[m:, :m] = table.back[np.ix_(nodes, stations)] + task
    matrix[:m, m:] = table.out[np.ix_(stations, nodes)]
    matrix[matrix >= FAR] = FORBIDDEN
    barred = m + np.flatnonzero(~allowed)
    matrix[barred, :] = FORBIDDEN
    matrix[:, barred] = FORBIDDEN
    np.fill_diagonal(matrix, 0)
    return matrix


def _points(problem: Problem, piece: Piece, nodes: IntArray) -> FloatArray:
    """Return where stations are, and where nodes are entered, in metres."""
    stations = [problem.stations[s].point for s in piece.stations]
    entries = [
        problem.targets[t].ways[w].xy[0]
        for t, w in zip(
            problem.node_target[nodes], problem.node_way[nodes], strict=True
        )
    ]
    return np.array([[p.x, p.y] for p in stations] + [list(xy) for xy in entries])


def to_chains(problem: Problem, piece: Piece, columns: Iterable[Column]) -> list[Chain]:
    """Return routes of a piece as chains; a route of no class of the piece is lost."""
    place = {int(node): k for k, node in enumerate(piece_nodes(problem, piece))}
    kinds = {
        (piece.stations[p], headway): k
        for k, (p, headway, _) in enumerate(classes(problem, piece))
    }
    return [
        Chain(kinds[c.station, c.headway_s], tuple(place[n] for n in c.nodes))
        for c in columns
        if (c.station, c.headway_s) in kinds
    ]


def to_columns(problem: Problem, piece: Piece, chains: Iterable[Chain]) -> list[Column]:
    """Return chains as routes of the problem."""
    nodes, kinds = piece_nodes(problem, piece), classes(problem, piece)
    return [
        make_column(
            problem,
            piece.stations[kinds[chain.kind][0]],
            kinds[chain.kind][1],
            nodes[list(chain.stops)].tolist(),
        )
        for chain in chains
    ]


def routed_by(
    solve: Callable[..., list[Chain]],
    name: str,
    problem: Problem,
    piece: Piece,
    effort: Effort,
    iterations_a_solution: int,
) -> list[Column]:
    """
    Return routes for a piece by a solver of vehicle routing.

    Parameters
    ----------
    solve
        From a `Routing` and the limits of a search to chains; it takes ``start``.
    name
        Of the engine, where it tells of something better.
    """
    if not piece.targets or not any(piece.drones):
        return []
    chains = solve(
        piece_routing(problem, piece),
        seconds=effort.seconds,
        iterations=effort.solutions * iterations_a_solution,
        seed=effort.seed,
        start=to_chains(problem, piece, piece.start),
        better=in_drones(name, effort.better),
    )
    return to_columns(problem, piece, chains)
