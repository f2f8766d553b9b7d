"""Exchange the tails of two routes, so that each ends at the other's station."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.problem import FAR, ChartedProblem, Column, IntArray, Tables

Chain = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """
    Two routes that end at each other's station, in place of two closed ones.

    Parameters
    ----------
    there, back
        Nodes from the first station to the second, and from the second to the first.
    added
        How much longer both are together, in ticks; less than nought where shorter.
    """

    there: Chain
    back: Chain
    added: int


def exchanges(
    problem: ChartedProblem, one: Column, other: Column, *, most: int
) -> list[Exchange]:
    """
    Return the best ways to exchange the tails of two closed routes, the best first.

    Both have one headway and drone type and no turns. Each may be cut anywhere, and be
    flown the other way round: what comes before its cut goes on with what comes after
    the cut of the other (2-opt*: Potvin and Rousseau, An exchange heuristic for
    routeing problems with time windows, JORS 46, 1995). A route that would be too long,
    or have no stop, is left out.

    Parameters
    ----------
    most
        So many are returned.
    """
    before = one.duration + other.duration
    found = [
        e
        for first in _both_ways(problem, one.nodes)
        for second in _both_ways(problem, other.nodes)
        for e in _cut(problem, (one.station, first), (other.station, second), one, most)
    ]
    best: dict[frozenset[frozenset[int]], Exchange] = {}
    for e in sorted(found, key=lambda e: (e.added, e.there, e.back)):
        # The same two routes the other way round are no other exchange.
        parted = frozenset(
            frozenset(problem.node_target[list(chain)].tolist())
            for chain in (e.there, e.back)
        )
        best.setdefault(parted, replace(e, added=e.added - before))
    return list(best.values())[:most]


def _both_ways(problem: ChartedProblem, chain: Chain) -> tuple[Chain, Chain]:
    """Return a chain as it is, and the other way round."""
    return chain, tuple(_mirrored(problem, node) for node in reversed(chain))


def _mirrored(problem: ChartedProblem, node: int) -> int:
    """Return the node that does the same backwards; the node itself if none does."""
    starts, ends = problem.entry, problem.leave
    for way in problem.nodes_of(int(problem.node_target[node])):
        if starts[way] == ends[node] and ends[way] == starts[node]:
            return int(way)
    return node


def _cut(
    problem: ChartedProblem,
    one: tuple[int, Chain],
    other: tuple[int, Chain],
    column: Column,
    most: int,
) -> Iterator[Exchange]:
    """Yield the best exchanges of two chains in their order, with whole durations."""
    (a, first), (b, second) = one, other
    table = problem.table(a)
    there = _durations(table, (a, first), (b, second))
    back = _durations(table, (b, second), (a, first)).T
    fits = there <= problem.longest(a, column.headway_s)
    fits &= back <= problem.longest(b, column.headway_s)
    both = np.where(fits, there + back, 2 * FAR).ravel()
    for place in np.argsort(both, kind="stable")[:most].tolist():
        if both[place] >= FAR:
            return
        i, j = divmod(place, len(second) + 1)
        yield Exchange(
            there=first[:i] + second[j:],
            back=second[:j] + first[i:],
            added=int(both[place]),
        )


def _durations(
    table: Tables, head: tuple[int, Chain], tail: tuple[int, Chain]
) -> IntArray:
    """
    Return how long it takes to fly the head of one chain and the tail of another.

    Returns
    -------
    ndarray of int
        Ticks, for each place where the first and where the second are cut, shape
        (n + 1, m + 1).
    """
    (start, chain), (end, other) = head, tail
    gone = np.append(table.out[start, chain[0]], table.travel[chain[:-1], chain[1:]])
    gone = np.append(0, np.cumsum(gone + table.task[list(chain)]))
    left = np.append(table.travel[other[:-1], other[1:]], table.back[other[-1], end])
    left = np.append(np.cumsum((left + table.task[list(other)])[::-1])[::-1], 0)
    link = np.full((len(chain) + 1, len(other) + 1), FAR, dtype=np.int64)
    link[1:, :-1] = table.travel[np.ix_(chain, other)]
    link[0, :-1] = table.out[start, list(other)]
    link[1:, -1] = table.back[list(chain), end]
    return np.asarray(table.overhead + gone[:, None] + link + left)


def stations_near(
    problem: ChartedProblem, stations: Sequence[int], most: int
) -> list[tuple[int, int]]:
    """
    Return pairs of stations of a drone type that are near each other, the first less.

    Parameters
    ----------
    most
        So many neighbours of each are looked at, in a straight line.
    """
    places = np.array(
        [(s.point.x, s.point.y) for s in (problem.stations[i] for i in stations)]
    ).reshape(-1, 2)
    pairs = set()
    for i, place in enumerate(places):
        away_m = np.hypot(*(places - place).T)
        for j in np.argsort(away_m, kind="stable")[: most + 1].tolist():
            a, b = sorted((stations[i], stations[j]))
            if a != b and problem.stations[a].model == problem.stations[b].model:
                pairs.add((a, b))
    return sorted(pairs)
