"""
Pick the fewest of many places that see all points: a set cover.

Which places see a point is all that counts, so points that the same places see are
one clause. A greedy choice comes first, and CP-SAT makes it smaller.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]

_WORK = 0.02
"""Deterministic seconds of CP-SAT for a choice."""

_SEED = 1


def load() -> None:
    """Load the solver: it takes a second, and children inherit it."""
    import ortools.sat.python.cp_model  # noqa: F401


def fewest(sees: Sequence[IntArray], points: int, spare: int = 0) -> list[int]:
    """
    Return positions of places, few of them, that see every point but a few.

    Points that no place sees are the first to be spared. Never more than the greedy
    choice, and the same at every call.

    Parameters
    ----------
    sees
        The points that each place sees, as positions.
    points
        How many there are.
    spare
        How many need not be seen.
    """
    chosen = greedy(sees, points, spare)
    if len(chosen) < 2:
        return chosen
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    take = [model.new_bool_var("") for _ in sees]
    # Big-endian bytes stand in the order of the numbers in them.
    places, first = _seen_from(sees, points)
    alike = Counter(
        seen_from.astype(">i4").tobytes() for seen_from in np.split(places, first[1:-1])
    )
    room = max(0, spare - alike.pop(b"", 0))
    spared: list[cp_model.LinearExprT] = []
    for clause, count in sorted(alike.items()):
        literals: list[cp_model.LiteralT] = [
            take[place] for place in np.frombuffer(clause, dtype=">i4")
        ]
        if count <= room:
            given_up = model.new_bool_var("")
            literals.append(given_up)
            spared.append(count * given_up)
        model.add_bool_or(literals)
    if spared:
        model.add(sum(spared) <= room)
    model.minimize(sum(take))
    known = set(chosen)
    for place, literal in enumerate(take):
        model.add_hint(literal, place in known)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    # Alone, a worker proves; by turns it also looks for better sets round the best.
    solver.parameters.interleave_search = True
    solver.parameters.catch_sigint_signal = False
    solver.parameters.random_seed = _SEED
    solver.parameters.max_deterministic_time = _WORK
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return chosen
    found = [place for place, x in enumerate(take) if solver.boolean_value(x)]
    return found if len(found) < len(chosen) else chosen


def greedy(sees: Sequence[IntArray], points: int, spare: int = 0) -> list[int]:
    """
    Return positions of places, the one that sees most new points first.

    What is seen, and what may be spared, is as for `fewest`.
    """
    gain = np.array([len(seen) for seen in sees])
    places, first = _seen_from(sees, points)
    times = np.diff(first)
    unseen = np.ones(points, dtype=bool)
    left = points
    chosen: list[int] = []
    while gain.max(initial=0) > 0 and left > spare:
        best = int(np.argmax(gain))
        chosen.append(best)
        new = np.asarray(sees[best])[unseen[sees[best]]]
        unseen[new] = False
        left -= len(new)
        # The places of each new point follow one another.
        ends = np.cumsum(times[new])
        position = np.arange(ends[-1]) + np.repeat(
            first[new] - ends + times[new], times[new]
        )
        gain -= np.bincount(places[position], minlength=len(gain))
    return chosen


def _seen_from(sees: Sequence[IntArray], points: int) -> tuple[IntArray, IntArray]:
    """
    Return the places that see each point, in order, point by point.

    Returns
    -------
    places, first
        And the index of the first one of each point, shape (points + 1,).
    """
    counts = [len(seen) for seen in sees]
    seen = np.concatenate([np.asarray(s, dtype=np.int64) for s in sees])
    order = np.argsort(seen, kind="stable")
    places = np.repeat(np.arange(len(sees)), counts)[order]
    return places, np.searchsorted(seen[order], np.arange(points + 1))
