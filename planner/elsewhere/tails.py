"""Exchange the tails of two routes, so that each ends at the other's station."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.basics.spells import Due
from planner.problem import FAR, ChartedProblem, Column, IntArray, Tables

Chain = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """
    Two routes that end at each other's station, in place of two closed ones.

    Parameters
    ----------
    there, back
        From the first station to the second, and from the second to the first; their
        durations are at least so long.
    added
        How much longer both are together, in ticks; less than nought where shorter.
    """

    there: Column
    back: Column
    added: int


def exchanges(
    problem: ChartedProblem, one: Column, other: Column, *, most: int
) -> list[Exchange]:
    """
    Return the best ways to exchange the tails of two closed routes, the best first.

    Both have one headway and drone type. Each may be cut anywhere among the stops of
    every sortie, and be flown the other way round if all its sorties are alike: what
    comes before its cut goes on with what comes after the cut of the other (2-opt*:
    Potvin and Rousseau, An exchange heuristic for routeing problems with time windows,
    JORS 46, 1995). A route that would be too long, or have no stop, is left out.

    Parameters
    ----------
    most
        So many are returned.
    """
    before = one.duration + other.duration
    found = [
        *_whole(problem, one, other),
        *(
            exchange
            for first in _both_ways(problem, one)
            for second in _both_ways(problem, other)
            for exchange in _cut(problem, first, second, most)
        ),
    ]
    best: dict[frozenset[frozenset[int]], Exchange] = {}
    for e in sorted(found, key=lambda e: (e.added, e.there.chains(), e.back.chains())):
        # The same two routes the other way round are no other exchange.
        parted = frozenset(frozenset(c.targets(problem)) for c in (e.there, e.back))
        best.setdefault(parted, replace(e, added=e.added - before))
    return list(best.values())[:most]


def _both_ways(problem: ChartedProblem, column: Column) -> list[Column]:
    """Return a route as it is and, where sorties are alike, the other way round."""
    if column.tails:
        return [column]
    back = tuple(_mirrored(problem, node) for node in reversed(column.nodes))
    return [column, replace(column, nodes=back)]


def _mirrored(problem: ChartedProblem, node: int) -> int:
    """Return the node that does the same backwards; the node itself if none does."""
    starts, ends = problem.entry, problem.leave
    for way in problem.nodes_of(int(problem.node_target[node])):
        if starts[way] == ends[node] and ends[way] == starts[node]:
            return int(way)
    return node


def _whole(problem: ChartedProblem, one: Column, other: Column) -> Iterator[Exchange]:
    """Yield the two routes with all of their stops, each with the other's end."""
    dues = _dues(problem, one, other)

    def lasts(column: Column, end: int) -> int:
        table, longest = problem.table(column.station), 0
        for chain in column.chains():
            for due in dues:
                flown = problem.due_nodes(chain, due)
                ticks = _durations(table, (column.station, flown), (end, ()))
                longest = max(longest, int(ticks[-1, -1]))
        return longest

    there, back = lasts(one, other.station), lasts(other, one.station)
    if _fits(problem, one, there) and _fits(problem, other, back):
        yield Exchange(
            there=replace(one, duration=there),
            back=replace(other, duration=back),
            added=there + back,
        )


def _cut(
    problem: ChartedProblem, one: Column, other: Column, most: int
) -> Iterator[Exchange]:
    """Yield the best exchanges of two routes in their order, with whole durations."""
    dues = _dues(problem, one, other)
    there = _longest(problem, one, other, dues)
    back = _longest(problem, other, one, dues).T
    fits = _fits(problem, one, there) & _fits(problem, other, back)
    both = np.where(fits, there + back, 2 * FAR).ravel()
    for place in np.argsort(both, kind="stable")[:most].tolist():
        if both[place] >= FAR:
            return
        i, j = divmod(place, both.size // (len(one.nodes) + 1))
        yield Exchange(
            there=Column(
                one.station,
                one.headway_s,
                one.nodes[:i] + other.nodes[j:],
                int(there[i, j]),
                other.tails,
            ),
            back=Column(
                other.station,
                one.headway_s,
                other.nodes[:j] + one.nodes[i:],
                int(back[i, j]),
                one.tails,
            ),
            added=int(both[place]),
        )


def _fits(problem: ChartedProblem, column: Column, ticks: IntArray | int) -> IntArray:
    """Return whether sorties of a route may last so long."""
    return np.asarray(ticks <= problem.longest(column.station, column.headway_s))


def _dues(problem: ChartedProblem, *columns: Column) -> Sequence[Due]:
    """Return what is due at once of what some routes visit, if that is anything."""
    nodes = [n for c in columns for chain in c.chains() for n in chain]
    return [due for due in problem.dues(nodes) if problem.due_nodes(nodes, due)]


def _longest(
    problem: ChartedProblem, head: Column, tail: Column, dues: Sequence[Due]
) -> IntArray:
    """
    Return how long the longest sortie is that goes on with the tail of another route.

    Returns
    -------
    ndarray of int
        Ticks, for each place where the first and where the second is cut, shape
        (n + 1, m + 1); `FAR` where it has no stop at some hours.
    """
    table, m = problem.table(head.station), len(tail.nodes)
    longest = np.zeros((len(head.nodes) + 1, m + 1), dtype=np.int64)
    for due in dues:
        gone, i = _due(problem, head.nodes, due)
        for chain in tail.chains():
            left, j = _due(problem, chain, due)
            ticks = _durations(table, (head.station, gone), (tail.station, left))
            np.maximum(longest, ticks[np.ix_(i, j[: m + 1])], out=longest)
    return longest


def _due(problem: ChartedProblem, chain: Chain, due: Due) -> tuple[Chain, IntArray]:
    """Return what is due of a chain, and how much of that is before each place."""
    flown = problem.due_nodes(chain, due)
    counts = np.append(0, np.cumsum(np.isin(chain, flown)))
    return flown, counts.astype(np.int64)


def _durations(
    table: Tables, head: tuple[int, Chain], tail: tuple[int, Chain]
) -> IntArray:
    """
    Return how long it takes to fly the head of one chain and the tail of another.

    Returns
    -------
    ndarray of int
        Ticks, for each place where the first and where the second is cut, shape
        (n + 1, m + 1); `FAR` where nothing is flown.
    """
    (start, first), (end, second) = head, tail
    chain, other = np.array(first, dtype=np.int64), np.array(second, dtype=np.int64)
    gone = np.append(table.out[start, chain[:1]], table.travel[chain[:-1], chain[1:]])
    gone = np.append(0, np.cumsum(gone + table.task[chain]))
    left = np.append(table.travel[other[:-1], other[1:]], table.back[other[-1:], end])
    left = np.append(np.cumsum((left + table.task[other])[::-1])[::-1], 0)
    link = np.full((len(chain) + 1, len(other) + 1), FAR, dtype=np.int64)
    link[1:, :-1] = table.travel[np.ix_(chain, other)]
    link[0, :-1] = table.out[start, other]
    link[1:, -1] = table.back[chain, end]
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
