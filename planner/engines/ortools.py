"""
Route a piece with OR-Tools.

Matrices instead of callbacks, every target in a disjunction over its ways, one
vehicle class a station and headway, and the load of each station limited.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from planner.engines.piece import Better, Effort, Piece
from planner.engines.prices import Windows, covers, day_share, patterns, sortie_ticks
from planner.engines.translate import drones_of, enough, piece_nodes, worth_drones
from planner.problem import FAR, TICKS_PER_S, Column, IntArray, Problem, make_column
from planner.targets import Target

_FAILURES_A_SOLUTION = 200
"""Dead ends after which a search by solutions ends, times the solutions."""

_Offer = tuple[list[int], float]
"""Indices of the ways of a target, and what it costs to leave it out, in drones."""


@dataclass(frozen=True, slots=True)
class _Vehicle:
    """
    One route that may be flown.

    Parameters
    ----------
    place
        Of its station within the piece.
    windows
        Hours at which it flies; it visits what is active only then.
    weight
        Load of a tick; ``weight * headway`` is the same for all vehicles.
    fixed
        Ticks that each sortie takes on top of its flight: overhead, turnaround.
    cost, fixed_cost
        Of a tick, and of what each sortie takes on top of its flight.
    """

    station: int
    place: int
    headway_s: float
    windows: Windows
    weight: int
    fixed: int
    cost: int
    fixed_cost: int

    def may_visit(self, target: Target) -> bool:
        """Whether it comes often enough, at the hours when a target is active."""
        return self.headway_s <= target.revisit_s and covers(
            self.windows, target.windows
        )


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
        """The load of a whole drone."""
        first = self.vehicles[0]
        return first.weight * first.headway_s * TICKS_PER_S

    @property
    def drone_cost(self) -> float:
        """What a drone that is paid for at all hours costs."""
        return max(v.cost * v.headway_s for v in self.vehicles) * TICKS_PER_S


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
    offers = _add_targets(model)
    if effort.better:
        _tell_of_bests(model, offers, effort.better)
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
    targets = [problem.targets[t] for t in piece.targets]
    headways = sorted({t.revisit_s for t in targets})
    hours = patterns(problem, piece.targets)
    if not piece.start:
        # Serving everything comes first, and is found sooner with fewer classes.
        hours = hours[-1:]
    shares = [day_share(problem, windows) for windows in hours]
    for place, station in enumerate(piece.stations):
        table = problem.table(station)
        turnaround = round(problem.turnaround_s(station) * TICKS_PER_S)
        for headway, (windows, share) in product(
            headways, zip(hours, shares, strict=True)
        ):
            count = enough(
                problem,
                piece,
                place,
                headway,
                [
                    t
                    for t, target in zip(piece.targets, targets, strict=True)
                    if target.revisit_s == headway and covers(windows, target.windows)
                ],
            )
            weight = max(1, round(4 * headways[-1] / headway))
            cost = max(1, round(4 * headways[-1] / headway * share / min(shares)))
            for _ in range(count):
                yield _Vehicle(
                    station=station,
                    place=place,
                    headway_s=headway,
                    windows=windows,
                    weight=weight,
                    fixed=table.overhead + turnaround,
                    cost=cost,
                    fixed_cost=cost * sortie_ticks(problem, station),
                )


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
        key = (name, vehicle.cost)
        if key not in costs:
            weighted = _matrix(model, name) * vehicle.cost
            costs[key] = routing.RegisterTransitMatrix(weighted.tolist())
        routing.SetArcCostEvaluatorOfVehicle(costs[key], index)
        routing.SetFixedCostOfVehicle(vehicle.fixed_cost, index)
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
    for place, drones in enumerate(drones_of(model.problem, model.piece)):
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


def _add_targets(model: _Model) -> list[_Offer]:
    """Offer every target once, to the vehicles that may visit it."""
    problem, routing = model.problem, model.routing
    offers = []
    worth = worth_drones(problem, model.piece.targets)
    for target, drones in zip(model.piece.targets, worth, strict=True):
        info = problem.targets[target]
        nobody = -1
        allowed = [nobody] + [
            i for i, v in enumerate(model.vehicles) if v.may_visit(info)
        ]
        mine = np.flatnonzero(problem.node_target[model.nodes] == target)
        indices = [model.manager.NodeToIndex(int(k)) for k in mine]
        for index in indices:
            routing.VehicleVar(index).SetValues(allowed)
        routing.AddDisjunction(indices, int(model.drone_cost * drones))
        offers.append((indices, drones))
    return offers


def _tell_of_bests(model: _Model, offers: list[_Offer], better: Better) -> None:
    """Have each solution that is better than all before told of."""
    # The model keeps what it calls: held from there, it would never be let go.
    routing, drone_cost = weakref.proxy(model.routing), model.drone_cost
    least = float("inf")

    def at_solution() -> None:
        nonlocal least
        cost = routing.CostVar().Max()
        if cost >= least:
            return
        least = cost
        left_out = sum(
            drones
            for indices, drones in offers
            if not any(routing.ActiveVar(index).Max() for index in indices)
        )
        load = max(0.0, cost / drone_cost - left_out)
        better("ortools", left_out, load, load)

    model.routing.AddAtSolutionCallback(at_solution)


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
        targets = [model.problem.targets[t] for t in column.targets(model.problem)]
        for index, vehicle in enumerate(model.vehicles):
            if routes[index]:
                continue
            same = (vehicle.station, vehicle.headway_s)
            same_class = same == (column.station, column.headway_s)
            if same_class and all(vehicle.may_visit(t) for t in targets):
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
