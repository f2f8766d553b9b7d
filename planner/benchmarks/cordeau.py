"""
Read multi-depot problems in Cordeau's text format.

``type m n t`` on the first line, with m vehicles at *each* of t depots; t lines of
longest duration (0: none) and capacity (0: none); n customers and t depots, each
``id x y service demand ...``. Service counts in the duration, not in the cost, which
is the length of the legs in double precision (Cordeau, Gendreau and Laporte, 1997).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from planner.benchmarks.benchmark import (
    Benchmark,
    euclidean,
    refused,
    scaled,
    text_of,
)
from planner.routing.model import FOREVER, Routing, Vehicles, must_visit

_PLAIN = 2
"""Type of a problem with several depots and nothing else."""


def read(path: Path) -> Benchmark:
    """
    Return the benchmark in a file; ``BKS.json`` beside it has the best known cost.

    Raises
    ------
    InputError
        If the file is not of this format, or of another type than several depots.
    """
    try:
        rows = [[float(x) for x in line.split()] for line in text_of(path).splitlines()]
        rows = [row for row in rows if row]
        kind, vehicles, n, depots = (int(x) for x in rows[0])
        limits = rows[1 : 1 + depots]
        customers = np.array([r[:5] for r in rows[1 + depots : 1 + depots + n]])
        homes = np.array([r[1:3] for r in rows[1 + depots + n :]][:depots])
        if len(customers) != n or len(homes) != depots:
            raise ValueError("rows are missing")
    except (ValueError, IndexError) as error:
        raise refused(path, str(error)) from error
    if kind != _PLAIN:
        raise refused(path, f"is of type {kind}, not {_PLAIN}")
    points = np.vstack([homes, customers[:, 1:3]])
    matrix, service = euclidean(points), scaled(customers[:, 3])
    kinds = tuple(
        Vehicles(
            depot=depot,
            count=vehicles,
            capacity=int(capacity) or FOREVER,
            longest=int(scaled(longest)) or FOREVER,
        )
        for depot, (longest, capacity) in enumerate(limits)
    )
    zeros = np.zeros(n, dtype=np.int64)
    routing = Routing(
        vehicles=kinds,
        depots=depots,
        distance=(matrix,),
        time=(matrix,),
        service=service,
        demand=customers[:, 4].astype(np.int64),
        prize=zeros + must_visit(kinds, matrix, matrix, service),
        early=zeros,
        late=zeros + FOREVER,
        group=zeros - 1,
        points=points,
        most_cost=np.full(depots, FOREVER),
    )
    return Benchmark(
        name=path.stem, routing=routing, best_known=_best_known(path), in_doubles=True
    )


def _best_known(path: Path) -> float | None:
    beside = path.with_name("BKS.json")
    if not beside.is_file():
        return None
    known = json.loads(text_of(beside))
    return float(known[path.stem]["best_known_cost"]) if path.stem in known else None
