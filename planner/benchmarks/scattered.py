"""Make large routing problems at random: clusters of stops and depots among them."""

from __future__ import annotations

import numpy as np

from planner.benchmarks.benchmark import Benchmark, euclidean
from planner.routing.model import FOREVER, Routing, Vehicles, must_visit

_SIDE_KM = 60.0
_STOPS_A_CLUSTER = 50
_SPREAD_KM = 2.0
_SLACK = 1.25
"""Capacity of all vehicles over all demand."""


def scattered(stops: int, depots: int, vehicles: int, seed: int) -> Benchmark:
    """
    Return a problem in a square of 60 km, with legs in metres.

    Every depot has a vehicle; the others stand anywhere.
    """
    rng = np.random.default_rng(seed)
    clusters = rng.uniform(0, _SIDE_KM, (max(1, stops // _STOPS_A_CLUSTER), 2))
    near = clusters[rng.integers(0, len(clusters), stops)]
    points = np.vstack(
        [
            clusters[rng.integers(0, len(clusters), depots)],
            near + rng.normal(0, _SPREAD_KM, (stops, 2)),
        ]
    )
    demand = rng.integers(1, 11, stops)
    capacity = int(np.ceil(_SLACK * demand.sum() / vehicles))
    counts = 1 + np.bincount(
        rng.integers(0, depots, vehicles - depots), minlength=depots
    )
    kinds = tuple(
        Vehicles(depot=depot, count=int(count), capacity=capacity)
        for depot, count in enumerate(counts)
    )
    matrix = euclidean(points)
    zeros = np.zeros(stops, dtype=np.int64)
    routing = Routing(
        vehicles=kinds,
        depots=depots,
        distance=(matrix,),
        time=(matrix,),
        service=zeros,
        demand=demand,
        prize=zeros + must_visit(kinds, matrix, matrix, zeros),
        early=zeros,
        late=zeros + FOREVER,
        group=zeros - 1,
        points=points,
        most_cost=np.full(depots, FOREVER),
    )
    name = f"scattered-{stops}-{depots}-{vehicles}-{seed}"
    return Benchmark(name=name, routing=routing, best_known=None, in_doubles=False)
