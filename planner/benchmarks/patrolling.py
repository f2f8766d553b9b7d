"""
Read the patrolling graphs of ``patrolling_sim``, and bound what agents can do on one.

A file holds: number of vertices, width and height in pixels, metres a pixel, offset x
and y; then by vertex its id, x and y, its degree, and as many times: neighbour,
direction, cost in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from planner.basics.geometry import FloatArray
from planner.benchmarks.benchmark import refused, text_of


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """
    A graph to patrol.

    Parameters
    ----------
    gaps_m
        Shortest path between any two vertices, shape (n, n).
    """

    name: str
    gaps_m: FloatArray


def read_graph(path: Path) -> Graph:
    """
    Return the graph in a file.

    Raises
    ------
    InputError
        If it is not of this format, or not connected.
    """
    from scipy.sparse.csgraph import dijkstra

    try:
        words = iter(text_of(path).split())
        n = int(next(words))
        _, _, metres, _, _ = (float(next(words)) for _ in range(5))
        edges = np.zeros((n, n))
        for _ in range(n):
            vertex = int(next(words))
            _, _, degree = int(next(words)), int(next(words)), int(next(words))
            for _ in range(degree):
                other, _, pixels = int(next(words)), next(words), float(next(words))
                edges[vertex, other] = metres * pixels
    except (ValueError, IndexError, StopIteration) as error:
        raise refused(path, f"is no patrolling graph: {error}") from error
    gaps = dijkstra(edges)
    if not np.isfinite(gaps).all():
        raise refused(path, "is not connected")
    return Graph(path.stem, gaps)


def idleness_bound_m(gaps_m: FloatArray, agents: int) -> float:
    """
    Return a worst idleness that no plan of any kind can beat.

    While a window of that length passes, the paths of ``agents`` touch every vertex,
    so they are a spanning forest with no more trees: none is shorter than the minimum
    spanning tree without its longest edges (Afshani et al., 2022).
    """
    from scipy.sparse.csgraph import minimum_spanning_tree

    tree = np.sort(minimum_spanning_tree(gaps_m).data)
    return float(tree[: max(0, len(tree) - (agents - 1))].sum()) / agents
