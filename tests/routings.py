"""Make small routing problems."""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.routing.model import FOREVER, Routing, Vehicles, must_visit


def routing(points: Any, vehicles: tuple[Vehicles, ...], **changes: Any) -> Routing:
    """Return a problem in the plane, depots first, in which every stop must be seen."""
    xy = np.asarray(points, dtype=float)
    depots = 1 + max(kind.depot for kind in vehicles)
    gaps = np.rint(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)))
    matrix = gaps.astype(np.int64)
    n = len(xy) - depots
    zeros = np.zeros(n, dtype=np.int64)
    plain: dict[str, Any] = {
        "vehicles": vehicles,
        "depots": depots,
        "distance": (matrix,),
        "time": (matrix,),
        "service": zeros,
        "demand": zeros + 1,
        "early": zeros,
        "late": zeros + FOREVER,
        "group": zeros - 1,
        "points": xy,
        "most_cost": np.full(depots, FOREVER),
    }
    plain |= changes
    plain.setdefault(
        "prize",
        zeros + must_visit(vehicles, matrix, matrix, plain["service"]),
    )
    return Routing(**plain)


def scattered(
    n: int = 24, seed: int = 1, *, windows: bool = False, groups: bool = False
) -> Routing:
    """Return two depots and stops at random, with two kinds of vehicle each."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 1000, (2 + n, 2))
    vehicles = tuple(
        Vehicles(
            depot=depot,
            count=n,
            capacity=capacity,
            longest=4000,
            fixed_cost=10 * capacity,
            cost_per_distance=1 + (depot == 1),
            cost_per_time=int(windows),
        )
        for depot in (0, 1)
        for capacity in (12, 30)
    )
    early = rng.integers(0, 3000, n) if windows else np.zeros(n, dtype=np.int64)
    late = early + rng.integers(600, 1500, n) if windows else early + FOREVER
    group = np.full(n, -1)
    if groups:
        group[:8] = np.arange(8) // 2
    return routing(
        points,
        vehicles,
        demand=rng.integers(1, 8, n),
        service=rng.integers(0, 60, n),
        early=early,
        late=late,
        group=group,
    )
