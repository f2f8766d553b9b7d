"""
Patrol a graph by groups of agents, each group equally spaced on one closed tour.

The best such plan is within 2 (1 - 1/k) of the best plan of any kind for k agents
(Afshani et al., 2022). One group is the shared tour, k groups are a partition.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.basics.geometry import FloatArray
from planner.engines import ruin
from planner.routing.model import FOREVER, Routing, Vehicles, must_visit

_MOVES = 2500
_UNITS_A_METRE = 1000
_ITERATIONS_A_VERTEX = 60
_HOT, _COOL = 0.1, 0.001
"""Shares of the worst idleness by which a worse move is taken, first and last."""


@dataclass(frozen=True, slots=True)
class Patrol:
    """
    Groups of agents on tours.

    Parameters
    ----------
    tours
        Vertices in order, one tour a group; together all vertices.
    agents
        Of each group.
    """

    tours: tuple[tuple[int, ...], ...]
    agents: tuple[int, ...]


def worst_idleness_m(gaps_m: FloatArray, patrol: Patrol) -> float:
    """Return the longest time between two visits, in metres of path."""
    return max(
        tour_length(gaps_m, tour) / agents
        for tour, agents in zip(patrol.tours, patrol.agents, strict=True)
    )


def tour_length(gaps_m: FloatArray, tour: Sequence[int]) -> float:
    """Return the length of a closed tour."""
    return float(gaps_m[list(tour), [*tour[1:], *tour[:1]]].sum())


def shared_tour(gaps_m: FloatArray, agents: int) -> Patrol:
    """Return all agents on one tour."""
    tour = short_tour(gaps_m, range(len(gaps_m)))
    return Patrol((tuple(tour),), (agents,))


def partition(gaps_m: FloatArray, agents: int, seed: int) -> Patrol:
    """Return every agent on a tour of its own."""
    return _best_of_groups(gaps_m, agents, [min(agents, len(gaps_m))], seed)


def best_patrol(gaps_m: FloatArray, agents: int, seed: int) -> Patrol:
    """Return the best groups found, from one shared tour to a partition."""
    return _best_of_groups(gaps_m, agents, range(1, min(agents, len(gaps_m)) + 1), seed)


def _best_of_groups(
    gaps_m: FloatArray, agents: int, counts: Sequence[int], seed: int
) -> Patrol:
    rng = np.random.default_rng(seed)
    options = [shared_tour(gaps_m, agents)] if 1 in counts else []
    for count in counts:
        if count < 2:
            continue
        for start in (_cut_tree(gaps_m, count), _cut_tour(gaps_m, count)):
            options.append(_improved(gaps_m, start, agents, rng))
    return min(options, key=lambda p: worst_idleness_m(gaps_m, p))


def _cut_tree(gaps_m: FloatArray, groups: int) -> list[list[int]]:
    """Return the trees left when the longest edges of the spanning tree are cut."""
    from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

    tree = minimum_spanning_tree(gaps_m).toarray()
    for _ in range(groups - 1):
        tree[np.unravel_index(np.argmax(tree), tree.shape)] = 0
    labels = connected_components(tree, directed=False)[1]
    return [np.flatnonzero(labels == k).tolist() for k in range(groups)]


def _cut_tour(gaps_m: FloatArray, groups: int) -> list[list[int]]:
    """Return a short tour cut into parts of like length."""
    tour = short_tour(gaps_m, range(len(gaps_m)))
    return [part.tolist() for part in np.array_split(np.array(tour), groups)]


def _improved(
    gaps_m: FloatArray,
    groups: Sequence[Sequence[int]],
    agents: int,
    rng: np.random.Generator,
) -> Patrol:
    """Return the groups after moving vertices between them, by annealing."""
    tours = [short_tour(gaps_m, group) for group in groups]
    best = _manned(gaps_m, tours, agents)
    best_value = worst_idleness_m(gaps_m, best)
    now = _value(gaps_m, tours, agents)
    for move in range(_MOVES):
        heat = _HOT * (_COOL / _HOT) ** (move / _MOVES)
        giving, taking = rng.choice(len(tours), 2, replace=False)
        if len(tours[giving]) < 2:
            continue
        vertex = tours[giving][int(rng.integers(len(tours[giving])))]
        left = [v for v in tours[giving] if v != vertex]
        trial = list(tours)
        trial[giving] = left
        trial[taking] = _inserted(gaps_m, tours[taking], vertex)
        value = _value(gaps_m, trial, agents)
        if value < now - heat * now * math.log(1.0 - rng.random()):
            tours, now = trial, value
            if now < best_value:
                short = [short_tour(gaps_m, tour) for tour in tours]
                patrol = _manned(gaps_m, short, agents)
                if worst_idleness_m(gaps_m, patrol) < best_value:
                    best, best_value = patrol, worst_idleness_m(gaps_m, patrol)
                    tours, now = short, _value(gaps_m, short, agents)
    return best


def _manned(gaps_m: FloatArray, tours: Sequence[Sequence[int]], agents: int) -> Patrol:
    """Return tours with the agents on them that make the worst idleness least."""
    lengths = [tour_length(gaps_m, tour) for tour in tours]
    crew = [1] * len(tours)
    for _ in range(agents - len(tours)):
        crew[max(range(len(tours)), key=lambda k: lengths[k] / crew[k])] += 1
    return Patrol(tuple(tuple(tour) for tour in tours), tuple(crew))


def _value(gaps_m: FloatArray, tours: Sequence[Sequence[int]], agents: int) -> float:
    """Return the worst idleness, and a little of the others."""
    patrol = _manned(gaps_m, tours, agents)
    each = [
        tour_length(gaps_m, tour) / crew
        for tour, crew in zip(patrol.tours, patrol.agents, strict=True)
    ]
    return max(each) + 0.05 * sum(each) / len(each)


def _inserted(gaps_m: FloatArray, tour: Sequence[int], vertex: int) -> list[int]:
    """Return a tour with a vertex where it lengthens it least."""
    here, after = np.array(tour), np.roll(tour, -1)
    extra = gaps_m[here, vertex] + gaps_m[vertex, after] - gaps_m[here, after]
    place = int(np.argmin(extra)) + 1
    return [*tour[:place], vertex, *tour[place:]]


def short_tour(gaps_m: FloatArray, vertices: Sequence[int]) -> list[int]:
    """Return a short closed tour, by ruin and recreate with one vehicle."""
    here = list(vertices)
    if len(here) < 4:
        return here
    matrix = np.rint(_UNITS_A_METRE * gaps_m[np.ix_(here, here)]).astype(np.int64)
    zeros = np.zeros(len(here) - 1, dtype=np.int64)
    one = (Vehicles(),)
    routing = Routing(
        vehicles=one,
        depots=1,
        distance=(matrix,),
        time=(matrix,),
        service=zeros,
        demand=zeros,
        prize=zeros + must_visit(one, matrix, matrix, zeros),
        early=zeros,
        late=zeros + FOREVER,
        group=zeros - 1,
        points=np.zeros((len(here), 2)),
        most_cost=np.array([FOREVER]),
    )
    (chain,) = ruin.solve(
        routing, seconds=None, iterations=_ITERATIONS_A_VERTEX * len(here), seed=1
    )
    return [here[0], *(here[1 + stop] for stop in chain.stops)]
