"""
Solve a routing problem with OR-Tools, as it comes and as it is best set.

As it comes: cheapest arcs, then guided local search. Tuned: parallel cheapest
insertion, then iterated local search with string removals and annealing, which
runs only through a call of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from planner.routing.model import FORBIDDEN, FOREVER, Chain, Routing, Vehicles, Whole

_MORE = 1.3
"""Vehicles offered of a kind, over those that could carry all demand."""

_HORIZON = 10**12
_LONGEST_STRING, _REMOVED, _BYPASS = 10, 10, 0.01


def solve(routing: Routing, *, seconds: float, tuned: bool) -> list[Chain]:
    """Return chains, none if nothing was found in time."""
    from ortools.constraint_solver import pywrapcp

    vehicles = list(_vehicles(routing))
    depots = [kind.depot for _, kind in vehicles]
    places = routing.depots + routing.stops
    manager = pywrapcp.RoutingIndexManager(places, len(vehicles), depots, depots)
    model = pywrapcp.RoutingModel(manager)
    service = np.concatenate([np.zeros(routing.depots, np.int64), routing.service])
    times = [
        model.RegisterTransitMatrix(_passable(time, service).tolist())
        for time in routing.time
    ]
    costs: dict[tuple[int, int, int], int] = {}
    for index, (_, kind) in enumerate(vehicles):
        key = (kind.profile, kind.cost_per_distance, kind.cost_per_time)
        if key not in costs:
            matrix = key[1] * _passable(routing.distance[key[0]], 0 * service)
            matrix += key[2] * _passable(routing.time[key[0]], service)
            costs[key] = model.RegisterTransitMatrix(matrix.tolist())
        model.SetArcCostEvaluatorOfVehicle(costs[key], index)
        model.SetFixedCostOfVehicle(kind.fixed_cost, index)
    _limit(routing, model, manager, [kind for _, kind in vehicles], times)
    for job in _jobs(routing):
        model.AddDisjunction(
            [manager.NodeToIndex(routing.depots + s) for s in job],
            int(routing.prize[job].max()),
        )
    parameters = _parameters(seconds, tuned)
    if tuned:
        answer = model.SolveWithIteratedLocalSearch(parameters)
    else:
        answer = model.SolveWithParameters(parameters)
    chains = []
    for index, (number, _) in enumerate(vehicles if answer else []):
        stops = []
        at = answer.Value(model.NextVar(model.Start(index)))
        while not model.IsEnd(at):
            stops.append(manager.IndexToNode(at) - routing.depots)
            at = answer.Value(model.NextVar(at))
        if stops:
            chains.append(Chain(number, tuple(stops)))
    return chains


def _vehicles(routing: Routing) -> Iterator[tuple[int, Vehicles]]:
    """Yield vehicles one by one: as many of a kind as could be of use."""
    demand = int(routing.demand.sum())
    for number, kind in enumerate(routing.vehicles):
        enough = math.ceil(_MORE * demand / kind.capacity) + 1
        if kind.capacity >= FOREVER:
            enough = routing.stops
        for _ in range(min(kind.count, enough)):
            yield number, kind


def _passable(matrix: Whole, service: Whole) -> Whole:
    """Return what passes from place to place, service before the leg."""
    passes = matrix.astype(np.int64) + service[:, None]
    passes[matrix >= FORBIDDEN] = FORBIDDEN
    np.fill_diagonal(passes, 0)
    return passes


def _limit(
    routing: Routing,
    model: Any,
    manager: Any,
    vehicles: Sequence[Vehicles],
    times: Sequence[int],
) -> None:
    """Limit load, duration and windows."""
    loads = [0] * routing.depots + routing.demand.tolist()
    load = model.RegisterUnaryTransitVector(loads)
    most = sum(loads)
    model.AddDimensionWithVehicleCapacity(
        load, 0, [min(kind.capacity, most) for kind in vehicles], True, "load"
    )
    wait = _HORIZON if routing.has_windows else 0
    model.AddDimensionWithVehicleTransitAndCapacity(
        [times[kind.profile] for kind in vehicles],
        wait,
        [
            _HORIZON if routing.has_windows else min(k.longest, _HORIZON)
            for k in vehicles
        ],
        not routing.has_windows,
        "time",
    )
    if not routing.has_windows:
        return
    time = model.GetDimensionOrDie("time")
    for stop in range(routing.stops):
        index = manager.NodeToIndex(routing.depots + stop)
        late = min(int(routing.late[stop]), _HORIZON)
        time.CumulVar(index).SetRange(int(routing.early[stop]), late)
    for index, kind in enumerate(vehicles):
        late = min(kind.late, _HORIZON)
        time.CumulVar(model.Start(index)).SetRange(kind.early, late)
        time.CumulVar(model.End(index)).SetRange(kind.early, late)
        if kind.longest < FOREVER:
            time.SetSpanUpperBoundForVehicle(kind.longest, index)


def _jobs(routing: Routing) -> Iterator[list[int]]:
    """Yield the stops of each group, and every other stop alone."""
    for group in np.unique(routing.group[routing.group >= 0]):
        yield np.flatnonzero(routing.group == group).tolist()
    for stop in np.flatnonzero(routing.group < 0):
        yield [int(stop)]


def _parameters(seconds: float, tuned: bool) -> Any:
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.time_limit.FromMilliseconds(int(seconds * 1000))
    strategies = routing_enums_pb2.FirstSolutionStrategy
    if not tuned:
        parameters.first_solution_strategy = strategies.PATH_CHEAPEST_ARC
        parameters.local_search_metaheuristic = (
            routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        )
        return parameters
    parameters.first_solution_strategy = strategies.PARALLEL_CHEAPEST_INSERTION
    parameters.use_iterated_local_search = True
    search = parameters.iterated_local_search_parameters
    sisr = search.ruin_recreate_parameters.ruin_strategies.add().sisr
    sisr.max_removed_sequence_size = _LONGEST_STRING
    sisr.avg_num_removed_visits = _REMOVED
    sisr.bypass_factor = _BYPASS
    annealing = search.reference_solution_acceptance_strategy.simulated_annealing
    annealing.automatic_temperatures = True
    return parameters
