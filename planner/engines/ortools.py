"""
Route a piece with OR-Tools.

Matrices instead of callbacks, every target in a disjunction over its ways, one
vehicle class a station and headway, and the load of each station limited.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from planner.engines.piece import Effort, Piece
from planner.engines.translate import classes, piece_nodes, worth_drones
from planner.problem import FAR, TICKS_PER_S, Column, IntArray, Problem, make_column

_FAILURES_A_SOLUTION = 200
"""Dead ends after which a search by solutions ends, times the solutions."""


@dataclass(frozen=True, slots=True)
class _Vehicle:
    """
    One route that may be flown.

    Parameters
    ----------
    place
        Of its station within the piece.
    weight
        Cost of a tick; ``weight * headway`` is the same for all vehicles.
    fixed
        Ticks that each sortie takes on top of its flight: overhead, turnaround.
    """

    station: int
    place: int
    headway_s: float
    weight: int
    fixed: int


@dataclass(frozen=True, slots=True)
class _Model:
    """The routing model of a piece, as it is built."""

    problem: Problem
    piece: Piece
    nodes: IntArray
    vehicles: list[_Vehicle]
    manager: Any
    routing: Any

    @property
    def drone_ticks(self) -> float:
        """What a whole drone costs."""
        first = self.vehicles[0]
        return first.weight * first.headway_s * TICKS_PER_S


def route(problem: Problem, piece: Piece, effort: Effort) -> list[Column]:
    """
    Return routes for a piece; targets that do not fit are left out.

    Without a clock (``effort.seconds`` is None) the search ends after a number of
    solutions, or of dead ends. A piece with ``start`` routes is searched from them.
    """
    from ortools.constraint_solver import pywrapcp

    nodes = piece_nodes(problem, piece)
    vehicles = list(_vehicles(problem, piece)) if len(nodes) else []
    if not vehicles:
        return []
    depots = [len(nodes) + v.place for v in vehicles]
    manager = pywrapcp.RoutingIndexManager(
        len(nodes) + len(piece.stations), len(vehicles), depots, depots
    )
    routing = pywrapcp.RoutingModel(manager)
    model = _Model(problem, piece, nodes, vehicles, manager, routing)
    _add_times(model)
    _limit_loads(model)
    _add_targets(model)
    if effort.seconds is None:
        # Where nothing is left to find, no solution would ever end the search.
        failures = _FAILURES_A_SOLUTION * effort.solutions
        routing.AddSearchMonitor(routing.solver().FailuresLimit(failures))
    parameters = _parameters(effort)
    routing.CloseModelWithParameters(parameters)
    assignment = None
    if piece.start:
        first = routing.ReadAssignmentFromRoutes(_warm(model), True)
        if first is not None:
            assignment = routing.SolveFromAssignmentWithParameters(first, parameters)
    if assignment is None:
        assignment = routing.SolveWithParameters(parameters)
    if assignment is None:
        return list(piece.start)
    return list(_columns(model, assignment))


def _vehicles(problem: Problem, piece: Piece) -> Iterator[_Vehicle]:
    """Yield enough vehicles of each class."""
    slowest = max(problem.targets[t].revisit_s for t in piece.targets)
    for place, headway, count in classes(problem, piece):
        station = piece.stations[place]
        turnaround = round(problem.model(station).turnaround_s * TICKS_PER_S)
        weight = max(1, round(4 * slowest / headway))
        fixed = problem.table(station).overhead + turnaround
        for _ in range(count):
            yield _Vehicle(station, place, headway, weight, fixed)


def _add_times(model: _Model) -> None:
    """Give every vehicle its times, costs and longest sortie."""
    problem, routing = model.problem, model.routing
    times: dict[str, int] = {}
    costs: dict[tuple[str, int], int] = {}
    limits: list[int] = []
    for index, vehicle in enumerate(model.vehicles):
        name = problem.stations[vehicle.station].model
        if name not in times:
            times[name] = routing.RegisterTransitMatrix(_matrix(model, name).tolist())
        key = (name, vehicle.weight)
        if key not in costs:
            weighted = _matrix(model, name) * vehicle.weight
            costs[key] = routing.RegisterTransitMatrix(weighted.tolist())
        routing.SetArcCostEvaluatorOfVehicle(costs[key], index)
        routing.SetFixedCostOfVehicle(vehicle.fixed * vehicle.weight, index)
        longest = problem.longest(vehicle.station, vehicle.headway_s)
        limits.append(max(0, longest - problem.tables[name].overhead))
    routing.AddDimensionWithVehicleTransitAndCapacity(
        [times[problem.stations[v.station].model] for v in model.vehicles],
        0,
        limits,
        True,
        "time",
    )


def _matrix(model: _Model, name: str) -> IntArray:
    """Return times on task and on the leg after it, depots last."""
    table, nodes = model.problem.tables[name], model.nodes
    stations = np.array(model.piece.stations)
    n = len(nodes)
    matrix = np.full((n + len(stations),) * 2, FAR, dtype=np.int64)
    task = table.task[nodes][:, None]
    matrix[:n, :n] = table.travel[np.ix_(nodes, nodes)] + task
    matrix[:n, n:] = table.back[np.ix_(nodes, stations)] + task
    matrix[n:, :n] = table.out[np.ix_(stations, nodes)]
    np.fill_diagonal(matrix, 0)
    return np.minimum(matrix, FAR)


def _limit_loads(model: _Model) -> None:
    """Keep the load of each station within its free drones."""
    routing = model.routing
    time, solver = routing.GetDimensionOrDie("time"), routing.solver()
    for place, drones in enumerate(model.piece.drones):
        terms = [
            (
                time.CumulVar(routing.End(index))
                + routing.ActiveVehicleVar(index) * vehicle.fixed
            )
            * vehicle.weight
            for index, vehicle in enumerate(model.vehicles)
            if vehicle.place == place
        ]
        solver.Add(solver.Sum(terms) <= int(drones * model.drone_ticks))


def _add_targets(model: _Model) -> None:
    """Offer every target once, to the vehicles that may visit it."""
    problem, routing = model.problem, model.routing
    worth = worth_drones(problem, model.piece.targets)
    for target, drones in zip(model.piece.targets, worth, strict=True):
        info = problem.targets[target]
        nobody = -1
        allowed = [nobody] + [
            i for i, v in enumerate(model.vehicles) if v.headway_s <= info.revisit_s
        ]
        mine = np.flatnonzero(problem.node_target[model.nodes] == target)
        indices = [model.manager.NodeToIndex(int(k)) for k in mine]
        for index in indices:
            routing.VehicleVar(index).SetValues(allowed)
        routing.AddDisjunction(indices, int(model.drone_ticks * drones))


def _parameters(effort: Effort) -> Any:
    """Return search parameters; the seed chooses how the search begins."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

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
    else:
        parameters.time_limit.FromMilliseconds(max(50, int(effort.seconds * 1000)))
    return parameters


def _warm(model: _Model) -> list[list[int]]:
    """Return the start routes as lists of model nodes, one a vehicle."""
    position = {int(node): k for k, node in enumerate(model.nodes)}
    routes: list[list[int]] = [[] for _ in model.vehicles]
    for column in model.piece.start:
        for index, vehicle in enumerate(model.vehicles):
            same = (vehicle.station, vehicle.headway_s)
            if not routes[index] and same == (column.station, column.headway_s):
                routes[index] = [position[node] for node in column.nodes]
                break
    return routes


def _columns(model: _Model, assignment: Any) -> Iterator[Column]:
    """Yield the routes of a solution."""
    routing = model.routing
    for number, vehicle in enumerate(model.vehicles):
        chain: list[int] = []
        index = assignment.Value(routing.NextVar(routing.Start(number)))
        while not routing.IsEnd(index):
            chain.append(int(model.nodes[model.manager.IndexToNode(index)]))
            index = assignment.Value(routing.NextVar(index))
        if chain:
            yield make_column(model.problem, vehicle.station, vehicle.headway_s, chain)
