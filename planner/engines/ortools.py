"""
Route a piece with OR-Tools.

Matrices instead of callbacks, every target in a disjunction over its ways, one
vehicle class a station and headway, and the load of each station limited.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from planner.engines.piece import Effort, Piece
from planner.problem import FAR, TICKS_PER_S, Column, Problem, make_column

_UNSERVED_DRONES = 40
"""A zone left out costs as much as this many drones, times its priority."""

_LEAST = 4.0
"""A target left out costs no less than this many drones."""

_FAILURES_A_SOLUTION = 200
"""Dead ends after which a search by solutions ends, times the solutions."""


@dataclass(frozen=True, slots=True)
class _Vehicle:
    station: int
    place: int
    headway_s: float
    weight: int


def route(problem: Problem, piece: Piece, effort: Effort) -> list[Column]:
    """
    Return routes for a piece; targets that do not fit are left out.

    Parameters
    ----------
    piece
        All its stations hold one drone type or several; ways that a station
        cannot fly are never given to it.
    """
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    nodes = np.flatnonzero(np.isin(problem.node_target, piece.targets))
    if not len(nodes):
        return []
    vehicles = list(_vehicles(problem, piece))
    n, count_s = len(nodes), len(piece.stations)
    depots = [n + v.place for v in vehicles]
    manager = pywrapcp.RoutingIndexManager(n + count_s, len(vehicles), depots, depots)
    routing = pywrapcp.RoutingModel(manager)
    times: dict[str, int] = {}
    costs: dict[tuple[str, int], int] = {}
    matrices = {
        name: _matrix(problem, piece, nodes, name)
        for name in sorted({problem.stations[v.station].model for v in vehicles})
    }
    for name, matrix in matrices.items():
        times[name] = routing.RegisterTransitMatrix(matrix.tolist())
    for index, vehicle in enumerate(vehicles):
        name = problem.stations[vehicle.station].model
        key = (name, vehicle.weight)
        if key not in costs:
            costs[key] = routing.RegisterTransitMatrix(
                (matrices[name] * vehicle.weight).tolist()
            )
        routing.SetArcCostEvaluatorOfVehicle(costs[key], index)
        overhead = problem.tables[name].overhead + _turnaround(problem, vehicle)
        routing.SetFixedCostOfVehicle(overhead * vehicle.weight, index)
    routing.AddDimensionWithVehicleTransitAndCapacity(
        [times[problem.stations[v.station].model] for v in vehicles],
        0,
        [
            max(
                0,
                problem.longest(v.station, v.headway_s)
                - problem.table(v.station).overhead,
            )
            for v in vehicles
        ],
        True,
        "time",
    )
    _limit_loads(problem, piece, vehicles, routing)
    _add_targets(problem, piece, nodes, vehicles, manager, routing)

    parameters = pywrapcp.DefaultRoutingSearchParameters()
    strategies = routing_enums_pb2.FirstSolutionStrategy
    parameters.first_solution_strategy = (
        strategies.PARALLEL_CHEAPEST_INSERTION,
        strategies.SAVINGS,
        strategies.LOCAL_CHEAPEST_INSERTION,
    )[effort.seed % 3]
    parameters.local_search_metaheuristic = (
        routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    )
    if effort.seconds is None:
        parameters.solution_limit = effort.solutions
        # Where nothing is left to find, no solution would ever end the search.
        failures = _FAILURES_A_SOLUTION * effort.solutions
        routing.AddSearchMonitor(routing.solver().FailuresLimit(failures))
    else:
        parameters.time_limit.FromMilliseconds(max(50, int(effort.seconds * 1000)))
    routing.CloseModelWithParameters(parameters)
    assignment = None
    if piece.start:
        first = _warm(problem, piece, nodes, vehicles, manager)
        initial = routing.ReadAssignmentFromRoutes(first, True)
        if initial is not None:
            assignment = routing.SolveFromAssignmentWithParameters(initial, parameters)
    if assignment is None:
        assignment = routing.SolveWithParameters(parameters)
    if assignment is None:
        return list(piece.start)
    columns: list[Column] = []
    for index, vehicle in enumerate(vehicles):
        chain = list(_chain(routing, manager, assignment, index))
        if chain:
            columns.append(
                make_column(
                    problem, vehicle.station, vehicle.headway_s, nodes[chain].tolist()
                )
            )
    return columns


def _vehicles(problem: Problem, piece: Piece) -> Iterator[_Vehicle]:
    """Yield enough vehicles of each class."""
    targets = [problem.targets[t] for t in piece.targets]
    headways = sorted({t.revisit_s for t in targets})
    top = max(headways)
    for place, station in enumerate(piece.stations):
        model = problem.model(station)
        table = problem.table(station)
        half = 0.45 * model.usable_endurance_s
        for headway in headways:
            work = sum(
                table.task[problem.nodes_of(t)].min() / TICKS_PER_S + 40
                for t, target in zip(piece.targets, targets, strict=True)
                if target.revisit_s == headway
            )
            by_work = math.ceil(work / half) + 1
            by_drones = (
                math.ceil(piece.drones[place] * headway / (model.turnaround_s + half))
                + 1
            )
            weight = max(1, round(4 * top / headway))
            for _ in range(min(by_work, by_drones)):
                yield _Vehicle(station, place, headway, weight)


def _turnaround(problem: Problem, vehicle: _Vehicle) -> int:
    return round(problem.model(vehicle.station).turnaround_s * TICKS_PER_S)


def _matrix(problem: Problem, piece: Piece, nodes: np.ndarray, name: str) -> np.ndarray:
    """Return times on task and on the leg after it, depots last."""
    table = problem.tables[name]
    stations = list(piece.stations)
    n = len(nodes)
    matrix = np.full((n + len(stations),) * 2, FAR, dtype=np.int64)
    task = table.task[nodes][:, None]
    matrix[:n, :n] = table.travel[np.ix_(nodes, nodes)] + task
    matrix[:n, n:] = table.back[np.ix_(nodes, stations)] + task
    matrix[n:, :n] = table.out[np.ix_(stations, nodes)]
    np.fill_diagonal(matrix, 0)
    return np.minimum(matrix, FAR)


def _limit_loads(problem, piece, vehicles, routing) -> None:  # type: ignore[no-untyped-def]
    """Keep the load of each station within its free drones."""
    time = routing.GetDimensionOrDie("time")
    solver = routing.solver()
    for place, station in enumerate(piece.stations):
        terms = []
        top = None
        for index, vehicle in enumerate(vehicles):
            if vehicle.place != place:
                continue
            top = vehicle.weight * vehicle.headway_s
            fixed = problem.table(station).overhead + _turnaround(problem, vehicle)
            terms.append(
                (
                    time.CumulVar(routing.End(index))
                    + routing.ActiveVehicleVar(index) * fixed
                )
                * vehicle.weight
            )
        if terms:
            limit = int(piece.drones[place] * top * TICKS_PER_S)
            solver.Add(solver.Sum(terms) <= limit)


def _add_targets(problem, piece, nodes, vehicles, manager, routing) -> None:  # type: ignore[no-untyped-def]
    """Offer every target once, to the vehicles that may visit it."""
    top = max(v.weight * v.headway_s for v in vehicles)
    sizes: dict[str, int] = {}
    for target in piece.targets:
        for zone in problem.targets[target].zones:
            sizes[zone] = sizes.get(zone, 0) + 1
    for target in piece.targets:
        mine = np.flatnonzero(problem.node_target[nodes] == target)
        info = problem.targets[target]
        allowed = [-1] + [
            i for i, v in enumerate(vehicles) if v.headway_s <= info.revisit_s
        ]
        indices = [manager.NodeToIndex(int(k)) for k in mine]
        for index in indices:
            routing.VehicleVar(index).SetValues(allowed)
        priority = sum(problem.scenario.zone(z).priority / sizes[z] for z in info.zones)
        penalty = int(top * TICKS_PER_S * max(_LEAST, _UNSERVED_DRONES * priority))
        routing.AddDisjunction(indices, penalty)


def _warm(problem, piece, nodes, vehicles, manager):  # type: ignore[no-untyped-def]
    """Return the start routes as lists of model nodes, one a vehicle."""
    position = {int(node): k for k, node in enumerate(nodes)}
    routes: list[list[int]] = [[] for _ in vehicles]
    for column in piece.start:
        for index, vehicle in enumerate(vehicles):
            if (
                not routes[index]
                and vehicle.station == column.station
                and vehicle.headway_s == column.headway_s
            ):
                routes[index] = [position[node] for node in column.nodes]
                break
    return routes


def _chain(routing, manager, assignment, vehicle) -> Iterator[int]:  # type: ignore[no-untyped-def]
    """Yield the nodes of a vehicle's route."""
    index = assignment.Value(routing.NextVar(routing.Start(vehicle)))
    while not routing.IsEnd(index):
        yield manager.IndexToNode(index)
        index = assignment.Value(routing.NextVar(index))
