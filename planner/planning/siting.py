"""
Pick stations that cover the most: a maximal covering location problem.

Church and ReVelle, Papers of the Regional Science Association, 1974; in whole stations,
by CP-SAT. Which stations cover a place is all that counts, so places that the same ones
cover are one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray

_BITS = 45
"""Of all weights together, as whole numbers."""

_WORK = 0.5
"""Deterministic seconds of CP-SAT for a choice."""

_SEED = 1


def most_covered(
    covers: NDArray[np.bool_], weight: FloatArray, counts: Sequence[int]
) -> list[float]:
    """
    Return bounds on the weight that so many stations cover, however chosen.

    The optimum, or where that takes more than `_WORK`, what is proven by then. Never
    less than the optimum, since each weight is rounded up, by a part in 2^44 of all of
    them at most.

    Parameters
    ----------
    covers
        Whether each station covers each place, shape (stations, places).
    weight
        Of each place.
    counts
        Numbers of stations, a bound each.

    Examples
    --------
    >>> covers = np.array([[True, True, False], [False, True, True]])
    >>> most_covered(covers, np.array([1.0, 2.0, 4.0]), [1, 2])
    [6.0, 7.0]
    """
    return [_located(covers, weight, count).bound for count in counts]


def best_covering(
    covers: NDArray[np.bool_], weight: FloatArray, count: int
) -> list[int]:
    """
    Return the stations, so many, that cover the most weight, as `most_covered` has it.

    Where that is not proven, the best that are found: no worse than taking again and
    again the one that covers most of what is left.

    Examples
    --------
    >>> covers = np.array([[True, True, False], [False, True, True]])
    >>> best_covering(covers, np.array([1.0, 2.0, 4.0]), 1)
    [1]
    """
    return _located(covers, weight, count).stations


class _Located(NamedTuple):
    """Stations that cover much, and what no so many can cover more than."""

    stations: list[int]
    bound: float


def _located(covers: NDArray[np.bool_], weight: FloatArray, count: int) -> _Located:
    """Solve a maximal covering location problem: which stations, which places."""
    from ortools.sat.python import cp_model

    # A power of two, so that nothing else is rounded than weights, and these up.
    scale = math.ldexp(1.0, _BITS - math.frexp(float(weight.sum()))[1])
    units = np.ceil(weight * scale)
    # What no station covers counts nothing.
    packed = np.ascontiguousarray(np.packbits(covers, axis=0).T)
    _, first, of = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    kinds = covers[:, first]
    total = np.bincount(of.reshape(-1), units).astype(float) * kinds.any(axis=0)
    chosen = _greedy(kinds, total, count)
    model = cp_model.CpModel()
    take = [model.new_bool_var("") for _ in kinds]
    model.add(sum(take) <= count)
    over = []
    for kind in kinds.T:
        seen = model.new_bool_var("")
        by = np.flatnonzero(kind).tolist()
        model.add_bool_or([seen.negated(), *(take[station] for station in by)])
        model.add_hint(seen, not chosen.isdisjoint(by))
        over.append(seen)
    for station, literal in enumerate(take):
        model.add_hint(literal, station in chosen)
    most = cp_model.LinearExpr.weighted_sum(over, total.astype(np.int64).tolist())
    model.maximize(most)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    # All clauses in the relaxation: it is nearly whole, and its bound the optimum.
    solver.parameters.linearization_level = 2
    solver.parameters.catch_sigint_signal = False
    solver.parameters.random_seed = _SEED
    solver.parameters.max_deterministic_time = _WORK
    status = solver.solve(model)
    bound = float(total.sum())
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        found = {k for k, literal in enumerate(take) if solver.boolean_value(literal)}
        chosen = max(found, chosen, key=lambda c: kinds[list(c)].any(axis=0) @ total)
        bound = min(bound, solver.best_objective_bound)
    # What covers nothing more is no worse than another such.
    spare = [k for k in range(len(kinds)) if k not in chosen]
    return _Located(sorted([*chosen, *spare[: count - len(chosen)]]), bound / scale)


def _greedy(kinds: NDArray[np.bool_], total: FloatArray, count: int) -> set[int]:
    """Return stations, so many at most, each of which covers most of what is left."""
    left, chosen = total.copy(), set()
    for _ in range(count):
        gain = kinds @ left
        best = int(np.argmax(gain))
        if gain[best] <= 0:
            break
        chosen.add(best)
        left[kinds[best]] = 0.0
    return chosen
