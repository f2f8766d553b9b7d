"""Patrol a graph in several ways, against what no plan of any kind can beat."""

from __future__ import annotations

from dataclasses import dataclass

from planner.bench.cyclic import (
    best_patrol,
    partition,
    shared_tour,
    worst_idleness_m,
)
from planner.benchmarks.patrolling import Graph, idleness_bound_m


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolRun:
    """
    Worst idleness of agents on a graph [m of path].

    Parameters
    ----------
    bound_m
        What no plan of any kind can beat.
    shared_m, partition_m
        All agents on one tour, and one agent on each of as many tours.
    best_m
        The best groups found, each equally spaced on a tour of its own.
    gap_percent
        Of the best above the bound; None where the bound is zero.
    """

    graph: str
    agents: int
    seed: int
    bound_m: float
    shared_m: float
    partition_m: float
    best_m: float
    gap_percent: float | None


def run_patrols(graph: Graph, *, agents: int, seed: int) -> PatrolRun:
    """Return the worst idleness of a number of agents, in each way to patrol."""
    gaps_m = graph.gaps_m
    bound_m = idleness_bound_m(gaps_m, agents)
    best_m = worst_idleness_m(gaps_m, best_patrol(gaps_m, agents, seed))
    return PatrolRun(
        graph=graph.name,
        agents=agents,
        seed=seed,
        bound_m=bound_m,
        shared_m=worst_idleness_m(gaps_m, shared_tour(gaps_m, agents)),
        partition_m=worst_idleness_m(gaps_m, partition(gaps_m, agents, seed)),
        best_m=best_m,
        gap_percent=100 * (best_m / bound_m - 1) if bound_m else None,
    )
