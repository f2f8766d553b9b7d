"""Solve the covering problem over the sorties known so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from planner.geometry import FloatArray

_SCALE = 1e4
"""A visit in so many seconds: keeps the numbers of the problem near one."""

_USEFUL_S = 1.0


class Master:
    """
    The least drones that known sorties keep busy, and what a visit is worth.

    Sorties may be added between solutions; those that have long been of no use
    are dropped.
    """

    def __init__(self, interval_s: FloatArray) -> None:
        # `highspy.Highs` says hello on standard output as soon as it is made.
        from highspy._core import _Highs, kHighsInf

        self._infinity = kHighsInf
        self._solver: Any = _Highs()
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("presolve", "off"),
            ("simplex_strategy", 4),
        ):
            self._solver.setOptionValue(option, value)
        for interval in interval_s:
            self._solver.addRow(_SCALE / interval, self._infinity, 0, [], [])
        self._columns: list[tuple[tuple[int, ...], float]] = []
        self._known: dict[tuple[int, ...], float] = {}

    def __len__(self) -> int:
        return len(self._known)

    def add(self, duties: Sequence[int], occupied_s: float) -> bool:
        """Add a sortie by its duties, unless one as good is known."""
        key = tuple(sorted(duties))
        if self._known.get(key, np.inf) <= occupied_s + 1e-6:
            return False
        self._known[key] = occupied_s
        self._columns.append((key, occupied_s))
        index, times = np.unique(np.array(key, dtype=np.int32), return_counts=True)
        self._solver.addCol(
            occupied_s, 0.0, self._infinity, len(index), index, times.astype(float)
        )
        return True

    def solve(self) -> tuple[float, FloatArray]:
        """Return the busy drones and the worth [s] of a visit to each duty."""
        self._solver.run()
        busy = self._solver.getInfo().objective_function_value / _SCALE
        worth_s = np.array(self._solver.getSolution().row_dual)
        return float(busy), np.maximum(worth_s, 0.0)
