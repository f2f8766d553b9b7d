"""Solve a routing problem with VROOM, where it can say it; an optional part."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import numpy as np

from planner.errors import InfeasibleError, MissingPartError
from planner.routing.model import FORBIDDEN, FOREVER, Chain, Routing

_MORE = 1.3
"""Vehicles offered of a kind, over those that could carry all demand."""

_EXPLORATION = 5
_DEAREST = 10**6
"""Costs are made smaller until none is more: their sums must fit in 32 bits."""


def check(routing: Routing) -> None:
    """
    Pass if VROOM can solve a problem.

    Raises
    ------
    InfeasibleError
        If it cannot say the problem: windows together with longest durations,
        costs of time, or groups.
    """
    limited = any(kind.longest < FOREVER for kind in routing.vehicles)
    timed = any(kind.cost_per_time for kind in routing.vehicles)
    if (routing.has_windows and limited) or (routing.group >= 0).any() or timed:
        raise InfeasibleError("VROOM has no word for this problem")


def library() -> Any:
    """
    Return the library.

    Raises
    ------
    MissingPartError
        If VROOM is not installed.
    """
    try:
        import vroom
    except ImportError as error:
        raise MissingPartError(
            "VROOM is not installed; install the extra: "
            'pip install "drone-patrol-planner[vroom]"'
        ) from error
    return vroom


def solve(routing: Routing, *, seconds: float, workers: int) -> list[Chain]:
    """Return chains of a problem that passed `check`."""
    vroom, kinds = library(), routing.vehicles
    limited = any(kind.longest < FOREVER for kind in kinds)
    problem = vroom.Input()
    service = np.concatenate([np.zeros(routing.depots, np.int64), routing.service])
    profiles: dict[tuple[int, int], str] = {}
    far = max(int(d[d < FORBIDDEN].max(initial=1)) for d in routing.distance)
    dearest = max(k.fixed_cost + k.cost_per_distance * far for k in kinds)
    unit = math.ceil(dearest / _DEAREST)
    top = 10 * _DEAREST
    for kind in kinds:
        key = (kind.profile, kind.cost_per_distance)
        if key in profiles:
            continue
        profiles[key] = name = f"profile{len(profiles)}"
        time = routing.time[kind.profile].astype(np.int64)
        if limited:  # its longest travel time counts no service: so service is travel
            time = time + service[None, :]
            np.fill_diagonal(time, 0)
        cost = kind.cost_per_distance * routing.distance[kind.profile].astype(np.int64)
        problem.set_durations_matrix(
            name, np.minimum(time, FORBIDDEN).astype(np.uint32)
        )
        problem.set_costs_matrix(name, np.minimum(cost // unit, top).astype(np.uint32))
    number = 0
    kind_of = []
    demand = int(routing.demand.sum())
    for k, kind in enumerate(kinds):
        enough = math.ceil(_MORE * demand / kind.capacity) + 1
        for _ in range(min(kind.count, enough)):
            window = vroom.TimeWindow(kind.early, min(kind.late, FORBIDDEN))
            vehicle = vroom.Vehicle(
                number,
                start=kind.depot,
                end=kind.depot,
                profile=profiles[kind.profile, kind.cost_per_distance],
                capacity=[min(kind.capacity, demand)],
                costs=vroom.VehicleCosts(fixed=kind.fixed_cost // unit),
                time_window=window if routing.has_windows else None,
                max_travel_time=kind.longest if kind.longest < FOREVER else None,
            )
            problem.add_vehicle(vehicle)
            kind_of.append(k)
            number += 1
    for stop in range(routing.stops):
        window = vroom.TimeWindow(
            int(routing.early[stop]), min(int(routing.late[stop]), FORBIDDEN)
        )
        problem.add_job(
            vroom.Job(
                stop,
                location=routing.depots + stop,
                default_service=0 if limited else int(routing.service[stop]),
                delivery=[int(routing.demand[stop])],
                time_windows=[window] if routing.has_windows else (),
            )
        )
    answer = problem.solve(
        exploration_level=_EXPLORATION,
        nb_threads=workers,
        timeout=timedelta(seconds=seconds),
    )
    steps = answer.routes[answer.routes["type"] == "job"]
    return [
        Chain(kind_of[int(vehicle)], tuple(int(s) for s in group["id"]))
        for vehicle, group in steps.groupby("vehicle_id", sort=True)
    ]
