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

_WORK = 0.05
"""Deterministic seconds of CP-SAT for a choice that is made with all care."""

_SEED = 1


def fewest(
    sees: Sequence[IntArray], points: int, spare: int = 0, care: float = 1.0
) -> list[int]:
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
    care
        From 0 (the greedy choice) to 1.
    """
    seen_from = _seen_from(sees, points)
    chosen = _greedy(sees, seen_from, spare)
    if len(chosen) < 2 or not care:
        return chosen
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    take = [model.new_bool_var("") for _ in sees]
    # Big-endian bytes stand in the order of the numbers in them.
    alike = Counter(places.astype(">i4").tobytes() for places in seen_from)
    room = max(0, spare - alike.pop(b"", 0))
    spared: list[cp_model.LinearExprT] = []
    for clause, count in sorted(alike.items()):
        places = np.frombuffer(clause, dtype=">i4")
        literals: list[cp_model.LiteralT] = [take[place] for place in places]
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
    solver.parameters.max_deterministic_time = care * _WORK
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return chosen
    found = [place for place, x in enumerate(take) if solver.boolean_value(x)]
    return found if len(found) < len(chosen) else chosen


def _greedy(
    sees: Sequence[IntArray], seen_from: Sequence[IntArray], spare: int
) -> list[int]:
    """Return positions of places, the one that sees most new points first."""
    gain = np.array([len(seen) for seen in sees])
    unseen = np.ones(len(seen_from), dtype=bool)
    chosen: list[int] = []
    while gain.max(initial=0) > 0 and unseen.sum() > spare:
        best = int(np.argmax(gain))
        chosen.append(best)
        new = np.asarray(sees[best])[unseen[sees[best]]]
        unseen[new] = False
        places = np.concatenate([seen_from[point] for point in new])
        gain -= np.bincount(places, minlength=len(gain))
    return chosen


def _seen_from(sees: Sequence[IntArray], points: int) -> list[IntArray]:
    """Return the places that see each point, in order."""
    counts = [len(seen) for seen in sees]
    seen = np.concatenate([np.asarray(s, dtype=np.int64) for s in sees])
    order = np.argsort(seen, kind="stable")
    places = np.repeat(np.arange(len(sees)), counts)[order]
    return np.split(places, np.searchsorted(seen[order], np.arange(1, points)))
