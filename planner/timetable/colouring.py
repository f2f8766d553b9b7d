"""Choose a number for each node of a graph, so that neighbours differ enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Edge = tuple[str, str]
SWEEPS = 50
"""Rounds of single moves after the greedy colouring, at most."""


def colour(
    choices: Mapping[str, Sequence[float]],
    edges: Mapping[Edge, int],
    least_gap: float,
    *,
    deterministic_time: float,
) -> dict[str, float]:
    """
    Return a choice for each node, with little weight on edges left too close.

    Greedy (the most constrained node first), single moves, then CP-SAT (one
    worker) from there on each connected part where something is left to gain.

    Parameters
    ----------
    choices
        At least one for each node.
    edges
        Positive weight by pair of different nodes.
    least_gap
        Ends that differ by less are too close.
    deterministic_time
        Limit of CP-SAT over all parts, in its own seconds.
    """
    found: dict[str, float] = {}
    weights: dict[str, dict[str, int]] = {node: {} for node in choices}
    for (a, b), weight in edges.items():
        weights[a][b] = weights[b][a] = weight
    whole = _Graph(choices=choices, weights=weights, least_gap=least_gap)
    for graph in _parts(whole):
        part = _moved(graph, _greedy(graph))
        if deterministic_time > 0 and _cost(graph, part) > 0:
            share = len(part) / len(choices)
            part = _improved(graph, part, deterministic_time * share)
        found |= part
    return {node: found[node] for node in choices}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Graph:
    """A graph with choices; ``weights`` by node and neighbour."""

    choices: Mapping[str, Sequence[float]]
    weights: Mapping[str, Mapping[str, int]]
    least_gap: float


def _parts(graph: _Graph) -> list[_Graph]:
    """Return the connected parts."""
    parts = []
    seen: set[str] = set()
    for root in graph.choices:
        if root in seen:
            continue
        seen.add(root)
        part = [root]
        for node in part:  # grows while it is read
            new = [other for other in graph.weights[node] if other not in seen]
            seen.update(new)
            part += new
        parts.append(
            _Graph(
                choices={node: graph.choices[node] for node in part},
                weights={node: graph.weights[node] for node in part},
                least_gap=graph.least_gap,
            )
        )
    return parts


def _price(graph: _Graph, node: str, choice: float, found: Mapping[str, float]) -> int:
    """Return the weight of the edges that a choice would leave too close."""
    return sum(
        weight
        for other, weight in graph.weights[node].items()
        if other in found and abs(found[other] - choice) < graph.least_gap
    )


def _cost(graph: _Graph, found: Mapping[str, float]) -> int:
    """Return twice the weight of all edges that are too close."""
    return sum(_price(graph, node, found[node], found) for node in found)


def _greedy(graph: _Graph) -> dict[str, float]:
    """
    Return a first colouring: fewest free choices first, then most neighbours.

    Reference: Brélaz, New methods to color the vertices of a graph, CACM 22, 1979.
    """
    found: dict[str, float] = {}
    prices = {
        node: dict.fromkeys(choices, 0) for node, choices in graph.choices.items()
    }
    while prices:
        node = min(
            prices,
            key=lambda n: (
                sum(1 for price in prices[n].values() if not price),
                -len(graph.weights[n]),
                n,
            ),
        )
        price = prices.pop(node)
        found[node] = min(price, key=lambda choice: (price[choice], choice))
        for other, weight in graph.weights[node].items():
            for choice in prices.get(other, ()):
                if abs(choice - found[node]) < graph.least_gap:
                    prices[other][choice] += weight
    return found


def _moved(graph: _Graph, found: Mapping[str, float]) -> dict[str, float]:
    """Return a colouring that no change of a single node makes better."""
    better = dict(found)
    for _ in range(SWEEPS):
        before = dict(better)
        for node, choices in graph.choices.items():
            now = _price(graph, node, better[node], better)
            price, choice = min((_price(graph, node, c, better), c) for c in choices)
            if price < now:
                better[node] = choice
        if better == before:
            break
    return better


def _improved(
    graph: _Graph, start: Mapping[str, float], deterministic_time: float
) -> dict[str, float]:
    """Return the best colouring that CP-SAT finds, no worse than the start."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    takes = {
        (node, choice): model.new_bool_var("")
        for node, choices in graph.choices.items()
        for choice in choices
    }
    for node, choices in graph.choices.items():
        model.add_exactly_one(takes[node, choice] for choice in choices)
    cost = []
    for a, neighbours in graph.weights.items():
        for b, weight in neighbours.items():
            if a > b:
                continue
            clash = model.new_bool_var("")
            cost.append(weight * clash)
            for one in graph.choices[a]:
                for other in graph.choices[b]:
                    if abs(one - other) < graph.least_gap:
                        model.add_bool_or(~takes[a, one], ~takes[b, other], clash)
    model.minimize(sum(cost))
    for (node, choice), literal in takes.items():
        model.add_hint(literal, start[node] == choice)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = deterministic_time
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return dict(start)
    found = {node: choice for (node, choice), x in takes.items() if solver.value(x)}
    return found if _cost(graph, found) < _cost(graph, start) else dict(start)
