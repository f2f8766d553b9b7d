"""Exchange the tails of routes in a ring: each then ends at the next one's station."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.basics.spells import Due
from planner.problem import FAR, ChartedProblem, Column, IntArray, Tables

Chain = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """
    Routes of a ring of stations, each to the next one, in place of closed ones.

    Parameters
    ----------
    routes
        From each station to that of the next route, from the last to the first; their
        durations are at least so long.
    added
        How much longer all are together, in ticks; less than nought where shorter.
    """

    routes: tuple[Column, ...]
    added: int

    @property
    def ends(self) -> tuple[int, ...]:
        """The station at which each route ends."""
        return tuple(_next(self.routes, k).station for k in range(len(self.routes)))


def exchanges(
    problem: ChartedProblem, ring: Sequence[Column], *, most: int
) -> list[Exchange]:
    """
    Return the best ways to exchange the tails of closed routes, the best first.

    All have one headway and drone type. Each may be cut anywhere among the stops of
    every sortie, and be flown the other way round if all its sorties are alike: what
    comes before its cut goes on with what comes after the cut of the next (2-opt*:
    Potvin and Rousseau, An exchange heuristic for routeing problems with time windows,
    JORS 46, 1995; of three, a cyclic one). A route that would be too long, or have no
    stop, is left out.

    Parameters
    ----------
    ring
        Of two stations or more, in the order in which drones go round.
    most
        So many are returned.
    """
    before = sum(column.duration for column in ring)
    dues = _dues(problem, ring)
    found = [*_whole(problem, ring, dues), *_cut(problem, ring, dues, most)]
    best: dict[frozenset[frozenset[int]], Exchange] = {}
    for e in sorted(found, key=lambda e: (e.added, [c.chains() for c in e.routes])):
        # The same routes the other way round are no other exchange.
        parted = frozenset(frozenset(c.targets(problem)) for c in e.routes)
        best.setdefault(parted, replace(e, added=e.added - before))
    return list(best.values())[:most]


def _next(ring: Sequence[Column], k: int) -> Column:
    """Return the route after one, the first after the last."""
    return ring[(k + 1) % len(ring)]


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


def _whole(
    problem: ChartedProblem, ring: Sequence[Column], dues: Sequence[Due]
) -> Iterator[Exchange]:
    """Yield the routes with all of their stops, each with the next one's end."""

    def lasts(column: Column, end: int) -> int:
        table, longest = problem.table(column.station), 0
        for chain in column.chains():
            for due in dues:
                flown = problem.due_nodes(chain, due)
                ticks = _durations(table, (column.station, flown), (end, ()))
                longest = max(longest, int(ticks[-1, -1]))
        return longest

    routes = tuple(
        replace(column, duration=lasts(column, _next(ring, k).station))
        for k, column in enumerate(ring)
    )
    if all(_fits(problem, column, column.duration) for column in routes):
        yield Exchange(routes=routes, added=sum(c.duration for c in routes))


def _cut(
    problem: ChartedProblem, ring: Sequence[Column], dues: Sequence[Due], most: int
) -> Iterator[Exchange]:
    """Yield the best exchanges of routes that are cut, with whole durations."""
    size = len(ring)
    ways = [_both_ways(problem, column) for column in ring]
    longest: Mapping[tuple[int, Column, Column], IntArray] = {
        (k, head, tail): _longest(problem, head, tail, dues)
        for k in range(size)
        for head in ways[k]
        for tail in ways[(k + 1) % size]
    }
    for way in itertools.product(*ways):
        ticks = [longest[k, way[k], _next(way, k)] for k in range(size)]
        # An axis a route: where it is cut.
        total = np.zeros([len(column.nodes) + 1 for column in way], dtype=np.int64)
        for k, (column, lasts) in enumerate(zip(way, ticks, strict=True)):
            shorter = np.where(_fits(problem, column, lasts), lasts, size * FAR)
            total += _on_axes(shorter, k, size)
        for place in np.argsort(total, axis=None, kind="stable")[:most].tolist():
            at = [int(i) for i in np.unravel_index(place, total.shape)]
            if total[tuple(at)] >= FAR:
                break
            cuts = [(at[k], at[(k + 1) % size]) for k in range(size)]
            yield Exchange(
                routes=tuple(
                    replace(
                        column,
                        nodes=column.nodes[:i] + _next(way, k).nodes[j:],
                        duration=int(ticks[k][i, j]),
                        tails=_next(way, k).tails,
                    )
                    for k, (column, (i, j)) in enumerate(zip(way, cuts, strict=True))
                ),
                added=int(total[tuple(at)]),
            )


def _on_axes(ticks: IntArray, k: int, size: int) -> IntArray:
    """Return a matrix of one route and the next on the axes of these, of all."""
    if k + 1 == size:
        ticks = ticks.T
    others = [axis for axis in range(size) if axis not in (k, (k + 1) % size)]
    return np.asarray(np.expand_dims(ticks, others))


def _fits(problem: ChartedProblem, column: Column, ticks: IntArray | int) -> IntArray:
    """Return whether sorties of a route may last so long."""
    return np.asarray(ticks <= problem.longest(column.station, column.headway_s))


def _dues(problem: ChartedProblem, columns: Sequence[Column]) -> Sequence[Due]:
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
