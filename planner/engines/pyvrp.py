"""
Route with PyVRP: iterated local search over prizes, groups, windows and depots.

A limit on what the chains of a depot cost together it does not know. A depot that
costs too much becomes dearer, and the search goes on from where it is; what is too
much at the end is left out, the stop that earns least for its cost first.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from planner.engines.piece import Effort, Piece
from planner.engines.translate import routed_by
from planner.problem import Column, Problem
from planner.routing.model import (
    FORBIDDEN,
    FOREVER,
    Chain,
    Routing,
    chain_cost,
    chain_fits,
    judge,
)

_ITERATIONS_A_SOLUTION = 5
_NEVER = int(np.iinfo(np.int64).max)
_DETERRENT = 100_000
"""Most that a unit of excess may cost, in units of time or distance."""

_FIRST_SHARE = 0.5
_LATER_ROUNDS = 3
_DEARER = 1.1


def route(problem: Problem, piece: Piece, effort: Effort) -> list[Column]:
    """
    Return routes for a piece; targets that do not fit are left out.

    Without a clock (``effort.seconds`` is None) the search ends after a number of
    iterations. A piece with ``start`` routes is searched from them.
    """
    return routed_by(solve, "pyvrp", problem, piece, effort, _ITERATIONS_A_SOLUTION)


def solve(
    routing: Routing,
    *,
    seconds: float | None,
    iterations: int,
    seed: int,
    start: Sequence[Chain] = (),
    better: Callable[[int, int], None] | None = None,
) -> list[Chain]:
    """
    Return chains that keep every limit; what does not fit is left out.

    Parameters
    ----------
    seconds
        Wall time; None reads no clock.
    iterations
        Used where ``seconds`` is None.
    better
        Told the prizes lost and the cost of chains that are better than all before,
        each time that the prices change; at other times PyVRP tells of none.
    """
    if (routing.most_cost >= FOREVER).all():
        return search(routing, _stop(seconds, iterations), seed, start)
    price = [1.0] * routing.depots
    chains = list(start)
    found = [chains]
    least = judge(routing, chains).total
    shares = [_FIRST_SHARE] + [(1 - _FIRST_SHARE) / _LATER_ROUNDS] * _LATER_ROUNDS
    while shares:
        share = shares.pop(0)
        limit_s = None if seconds is None else share * seconds
        stop = _stop(limit_s, int(share * iterations))
        chains = search(_priced(routing, price), stop, seed, chains)
        spent = np.zeros(routing.depots)
        for chain in chains:
            spent[routing.vehicles[chain.kind].depot] += chain_cost(routing, chain)
        found.append(_without_excess(routing, chains))
        judged = judge(routing, found[-1])
        if judged.total < least:
            least = judged.total
            if better:
                better(judged.lost, judged.cost)
        over = spent / np.maximum(routing.most_cost, 1)
        price = [
            p * (_DEARER * ratio if ratio > 1 else 1.0)
            for p, ratio in zip(price, over, strict=True)
        ]
        if (over <= 1).all():
            shares = [sum(shares)] if len(shares) > 1 else shares
    return min(found, key=lambda chains: judge(routing, chains).total)


def search(
    routing: Routing, stop: Any, seed: int, start: Sequence[Chain]
) -> list[Chain]:
    """Return the best chains until a criterion of PyVRP's ends the search."""
    pyvrp = _library()
    # PyVRP has no word for a kind of vehicle of which there is none.
    kinds = [k for k, kind in enumerate(routing.vehicles) if kind.count]
    there_are = tuple(routing.vehicles[k] for k in kinds)
    data = problem_data(replace(routing, vehicles=there_are))
    first = None
    if start:
        routes = [
            pyvrp.Route(data, list(c.stops), kinds.index(c.kind))
            for c in start
            if c.stops
        ]
        first = pyvrp.Solution(data, routes)
    penalty = pyvrp.PenaltyParams(max_penalty=float(_DETERRENT * _dearest(routing)))
    parameters = pyvrp.SolveParams(penalty=penalty)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        best = pyvrp.solve(
            data,
            stop,
            seed,
            collect_stats=False,
            params=parameters,
            initial_solution=first,
        ).best
    chains = [
        Chain(kinds[r.vehicle_type()], tuple(a.idx for a in r if a.is_client()))
        for r in best.routes()
    ]
    return chains if best.is_feasible() else list(start)


def _stop(seconds: float | None, iterations: int) -> Any:
    _library()
    from pyvrp.stop import MaxIterations, MaxRuntime

    return MaxIterations(iterations) if seconds is None else MaxRuntime(seconds)


def _library() -> Any:
    import pyvrp

    # On import it starts to speak on standard output.
    logging.getLogger("pyvrp").handlers.clear()
    return pyvrp


def problem_data(routing: Routing) -> Any:
    """Return the problem in PyVRP's words."""
    pyvrp = _library()
    groups = [
        np.flatnonzero(routing.group == g).tolist()
        for g in range(int(routing.group.max(initial=-1)) + 1)
    ]
    clients = [
        pyvrp.Client(
            location=routing.depots + s,
            delivery=[int(routing.demand[s])],
            service_duration=int(routing.service[s]),
            tw_early=int(routing.early[s]),
            tw_late=_unlimited(int(routing.late[s])),
            prize=int(routing.prize[s]),
            required=False,
            group=int(routing.group[s]) if routing.group[s] >= 0 else None,
        )
        for s in range(routing.stops)
    ]
    vehicles = [
        pyvrp.VehicleType(
            num_available=kind.count,
            capacity=[_unlimited(kind.capacity)],
            start_depot=kind.depot,
            end_depot=kind.depot,
            fixed_cost=kind.fixed_cost,
            tw_early=kind.early,
            tw_late=_unlimited(kind.late),
            shift_duration=_unlimited(kind.longest),
            unit_distance_cost=kind.cost_per_distance,
            unit_duration_cost=kind.cost_per_time,
            profile=kind.profile,
        )
        for kind in routing.vehicles
    ]
    closed = _closed(routing)
    distance = [np.where(m >= FORBIDDEN, closed, m) for m in routing.distance]
    same = all(d is t for d, t in zip(routing.distance, routing.time, strict=True))
    return pyvrp.ProblemData(
        locations=[pyvrp.Location(x, y) for x, y in routing.points.tolist()],
        clients=clients,
        depots=[pyvrp.Depot(location=d) for d in range(routing.depots)],
        vehicle_types=vehicles,
        distance_matrices=distance,
        duration_matrices=distance
        if same
        else [np.where(m >= FORBIDDEN, closed, m) for m in routing.time],
        groups=[pyvrp.ClientGroup(group, required=False) for group in groups],
    )


def _dearest(routing: Routing) -> int:
    """Return what the dearest unit of time or distance costs."""
    costs = [k.cost_per_distance + k.cost_per_time for k in routing.vehicles]
    return max(1, *costs)


def _closed(routing: Routing) -> int:
    """Return the length of a forbidden leg: no prize is worth it, and sums fit."""
    costs = [k.cost_per_distance + k.cost_per_time for k in routing.vehicles]
    open_ = max(
        int(m[m < FORBIDDEN].max(initial=1)) for m in (*routing.distance, *routing.time)
    )
    return 100 * open_ + 2 * int(routing.prize.max(initial=0)) // max(1, min(costs))


def _unlimited(value: int) -> int:
    return _NEVER if value >= FOREVER else value


def _priced(routing: Routing, price: Sequence[float]) -> Routing:
    """Return the problem with the vehicles of each depot as dear as its price."""
    return replace(
        routing,
        vehicles=tuple(
            replace(
                kind,
                fixed_cost=round(price[kind.depot] * kind.fixed_cost),
                cost_per_distance=round(price[kind.depot] * kind.cost_per_distance),
                cost_per_time=round(price[kind.depot] * kind.cost_per_time),
            )
            for kind in routing.vehicles
        ),
    )


def _without_excess(routing: Routing, chains: Sequence[Chain]) -> list[Chain]:
    """Return chains without the stops that a depot may not afford."""
    kept = list(chains)
    depots = [routing.vehicles[chain.kind].depot for chain in chains]
    for depot, most in enumerate(routing.most_cost.tolist()):
        mine = [k for k, d in enumerate(depots) if d == depot]
        costs = {k: chain_cost(routing, kept[k]) for k in mine}
        while sum(costs.values()) > most:
            # The stop that earns least for what it costs.
            options = []
            for k in mine:
                for place, stop in enumerate(kept[k].stops):
                    left, cost = _left(routing, kept[k], place)
                    saved = max(1, costs[k] - cost)
                    options.append((int(routing.prize[stop]) / saved, k, left, cost))
            _, k, kept[k], costs[k] = min(options, key=lambda option: option[:2])
    return [chain for chain in kept if chain.stops]


def _left(routing: Routing, chain: Chain, place: int) -> tuple[Chain, int]:
    """Return a chain without one stop, by the cheapest kind of its depot; its cost."""
    stops = chain.stops[:place] + chain.stops[place + 1 :]
    if not stops:
        return Chain(chain.kind, ()), 0
    depot = routing.vehicles[chain.kind].depot
    options = [
        Chain(k, stops)
        for k, kind in enumerate(routing.vehicles)
        if kind.depot == depot and chain_fits(routing, Chain(k, stops))
    ]
    cost, best = min((chain_cost(routing, o), o.kind) for o in options)
    return Chain(best, stops), cost
