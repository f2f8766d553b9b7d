"""
Cover targets by routes with whole drones, by HiGHS.

A column a route, a row a target that is on one of them or left out, and a whole
number of busy drones a station. Routes of beats fill whole drones: one that comes
every two hours takes half a drone that flies every hour. Halves, quarters and whole
ones always go up in whole drones, so that no sum of them is flown by fewer drones
than are counted.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from planner.basics.geometry import FloatArray
from planner.engines.assess import active, regimes
from planner.engines.prices import price, worth
from planner.engines.shares import drone_prices
from planner.engines.supplies import suffice, supplies_of, taken
from planner.problem import Column, Problem

_FILL = 0.98
"""Share of a whole drone that is counted on: clocks do not pack perfectly."""

_WELL_FILLED = 0.8
"""A drone that is busy for so much of its turns has no time for other routes."""

_SLIGHT = 0.02
"""Price of flying where targets are what counts."""

_LEANING = (0.7, 1.3)
_SURE = 0.7
_AT_ONCE = 6
_SEEN = 1e-6


def share(problem: Problem, column: Column) -> float:
    """
    Return the drones that a route takes of its station.

    Of a beat, whole drones, or a half, a quarter, ... of one: a headway is halved as
    often as a drone can keep it. Where that leaves a drone idle for long, the load:
    its clock may find other routes for it.
    """
    load = column.load(problem)
    drones = max(1.0, np.ceil(load - 1e-9))
    while drones <= 1.0 and drones / 2 >= load:
        drones /= 2
    return float(drones) if load >= _WELL_FILLED * drones else load / _FILL


def whole_drones(problem: Problem, columns: Sequence[Column]) -> list[int]:
    """Return the whole drones that routes take at each station when it is busiest."""
    held = _held(problem)
    most = held.copy()
    stations = np.array([c.station for c in columns], dtype=np.int64)
    shares = np.array([share(problem, c) for c in columns])
    for now, rush in _periods(problem, columns):
        if rush:
            taken = np.bincount(stations[now], shares[now], len(most))
            most = np.maximum(most, held + taken)
    return [int(np.ceil(each - _SEEN)) for each in most]


def fits(problem: Problem, columns: Sequence[Column]) -> bool:
    """Whether stations have drones, and all else, for their routes at all times."""
    if not suffice(problem, columns):
        return False
    limits = np.array([problem.free(s) for s in range(len(problem.stations))])
    stations = np.array([c.station for c in columns], dtype=np.int64)
    shares = np.array([share(problem, c) for c in columns])
    return all(
        (np.bincount(stations[now], shares[now], len(limits)) <= limits + _SEEN).all()
        for now, _ in _periods(problem, columns)
    )


def _held(problem: Problem) -> FloatArray:
    """Return the drones that fixed routes occupy at each station, shape (s,)."""
    return np.array(
        [problem.held_by_fixed(s) for s in range(len(problem.stations))], dtype=float
    )


def in_order(columns: Iterable[Column]) -> list[Column]:
    """Return routes in an order that depends on nothing else."""
    return sorted(columns, key=lambda c: (c.station, c.headway_s, c.chains()))


class Relaxed(NamedTuple):
    """
    The best choice where parts of routes may be chosen.

    Parameters
    ----------
    left_out
        What of the cost is for that which is on no route.
    parts, reduced
        Chosen, and what the cost of each route is above its worth, shape (c,).
    prices, drones
        What each target is worth on one more route, shape (t,), and what a route has
        to pay for a whole drone of each station, shape (s,): more than it costs where
        all of them are wanted.
    """

    cost: float
    left_out: float
    parts: FloatArray
    reduced: FloatArray
    prices: FloatArray
    drones: FloatArray


class Covering:
    """
    The choice among routes, as HiGHS sees it.

    Parameters
    ----------
    by_zone
        Whether a zone is left out whole, at its priority, before all else;
        otherwise target by target, at their worth.
    most_drones
        Busy in the busiest period at all stations together.
    seed
        Of worths that differ a little each time; None for those that are.
    """

    def __init__(
        self,
        problem: Problem,
        columns: Sequence[Column],
        *,
        by_zone: bool,
        most_drones: float = np.inf,
        seed: int | None = None,
    ) -> None:
        # `highspy.Highs` says hello on standard output as soon as it is made.
        from highspy._core import _Highs

        self._problem, self.columns = problem, list(columns)
        self._most_drones = most_drones
        self._periods = _periods(problem, columns)
        self._shares = np.array([share(problem, c) for c in columns])
        self._stations = np.array([c.station for c in columns], dtype=np.int64)
        self._held = _held(problem)
        limits = [problem.drones(s) for s in range(len(problem.stations))]
        self._gaps, gap_costs = _gaps(problem, by_zone=by_zone)
        if seed is not None:
            chance = np.random.default_rng(seed).uniform(*_LEANING, len(gap_costs))
            gap_costs = gap_costs * chance
        scale = 1.0 if by_zone else _SLIGHT
        self._gap_count = len(gap_costs)
        self._costs = np.array(
            [
                *(scale * price(problem, c) for c in columns),
                *gap_costs,
                *[problem.objective.drone if by_zone else 0.0] * len(limits),
            ]
        )
        self._upper = np.array([1.0] * (len(columns) + len(gap_costs)) + limits)
        self._solver: Any = _Highs()
        for option, value in (("output_flag", False), ("threads", 1)):
            self._solver.setOptionValue(option, value)
        self._solver.addVars(len(self._costs), np.zeros_like(self._upper), self._upper)
        every = np.arange(len(self._costs), dtype=np.int32)
        self._solver.changeColsCost(len(every), every, self._costs)
        self._cover()
        self._employers = self._employ(limits)
        self._supplies = supplies_of(problem)
        self._taken = taken(problem, self._supplies, columns)
        self._supply()

    @property
    def _first_station(self) -> int:
        return len(self._costs) - len(self._problem.stations)

    def _add_row(self, low: float, high: float, entries: Iterable[Any]) -> None:
        index, values = zip(*entries, strict=True)
        self._solver.addRow(
            low,
            high,
            len(index),
            np.array(index, dtype=np.int32),
            np.array(values, dtype=float),
        )

    def _cover(self) -> None:
        """Ask for every target on a route, or left out."""
        on: list[list[int]] = [[] for _ in self._problem.targets]
        for i, column in enumerate(self.columns):
            for t in set(column.targets(self._problem)):
                on[t].append(i)
        for t, gap in self._gaps:
            self._add_row(
                1.0, np.inf, [*((i, 1.0) for i in on[t]), (len(self.columns) + gap, 1)]
            )

    def _employ(self, limits: Sequence[int]) -> list[int]:
        """Ask for no more drones than there are; return the station of each row."""
        employers = []
        for now, rush in self._periods:
            for s, limit in enumerate(limits):
                mine = np.flatnonzero(now & (self._stations == s))
                held = float(self._held[s])
                if not len(mine) and not held:
                    continue
                entries = [(int(i), float(self._shares[i])) for i in mine]
                if rush:
                    whole = (self._first_station + s, -1.0)
                    self._add_row(-np.inf, 0.0 - held, [*entries, whole])
                elif entries:
                    self._add_row(-np.inf, max(limit - held, 0.0), entries)
                else:
                    continue
                employers.append(s)
        busy = [(self._first_station + s, 1.0) for s in range(len(limits))]
        if np.isfinite(self._most_drones):
            self._add_row(-np.inf, float(self._most_drones), busy)
        return employers

    def _supply(self) -> None:
        """Ask for no more of chargers, batteries and pilots than there are."""
        for most, parts in zip(self._supplies.most, self._taken, strict=True):
            entries = [(int(i), float(parts[i])) for i in np.flatnonzero(parts)]
            # A row for each, so that its price is found; an empty one asks nothing.
            self._add_row(-np.inf, float(most), entries or [(0, 0.0)])

    def relaxed(
        self, *, seconds: float | None, central: bool = False
    ) -> Relaxed | None:
        """
        Return the best parts of routes, None if there are none or no time.

        Parameters
        ----------
        central
            Prices amid all that are right, rather than at a corner, where most of
            the worth is on few targets: by interior points, without a crossover.
        """
        if central:
            self._solver.setOptionValue("solver", "ipm")
            self._solver.setOptionValue("run_crossover", "off")
        self._limit(seconds)
        self._solver.run()
        solution = self._solver.getSolution()
        if not solution.dual_valid:
            return None
        count = len(self.columns)
        values = np.array(solution.col_value)
        gaps = slice(count, self._first_station)
        row_dual = np.array(solution.row_dual)
        return Relaxed(
            float(self._solver.getInfo().objective_function_value),
            float(self._costs[gaps] @ values[gaps]),
            values[:count],
            np.array(solution.col_dual[:count]),
            *self._prices(row_dual),
        )

    def _prices(self, row_dual: FloatArray) -> tuple[FloatArray, FloatArray]:
        prices = np.zeros(len(self._problem.targets))
        rows = np.maximum(0.0, row_dual[: len(self._gaps)])
        np.add.at(prices, [t for t, _ in self._gaps], rows)
        drones = np.zeros(len(self._problem.stations))
        rows = np.maximum(0.0, -row_dual[len(self._gaps) :])
        np.add.at(drones, self._employers, rows[: len(self._employers)])
        if self._supplies:
            scarce = rows[len(rows) - len(self._supplies.each) :]
            drones += drone_prices(self._problem, self._supplies, scarce)
        return prices, drones

    def _limit(self, seconds: float | None) -> None:
        if seconds is not None:
            # HiGHS counts from its first run on.
            spent_s = self._solver.getRunTime()
            self._solver.setOptionValue("time_limit", spent_s + max(0.01, seconds))

    def whole(
        self, start: Sequence[Column], *, seconds: float | None, nodes: int
    ) -> list[Column] | None:
        """Return the best whole routes found from a start, None if there are none."""
        from highspy._core import HighsVarType

        kinds = [HighsVarType.kInteger] * len(self._costs)
        for i, kind in enumerate(kinds):
            self._solver.changeColIntegrality(i, kind)
        self._limit(seconds)
        self._solver.setOptionValue("mip_max_nodes", nodes)
        values = self._values(start)
        index = np.arange(len(values), dtype=np.int32)
        self._solver.setSolution(len(values), index, values)
        self._solver.run()
        solution = self._solver.getSolution()
        if not solution.value_valid:
            return None
        return [
            c
            for c, value in zip(self.columns, solution.col_value, strict=False)
            if value > 0.5
        ]

    def cost(self, chosen: Sequence[Column]) -> float:
        """Return the cost of whole routes."""
        return float(self._costs @ self._values(chosen))

    def _values(self, chosen: Sequence[Column]) -> FloatArray:
        """Return the value of each variable for whole routes."""
        used = set(chosen)
        served = {t for c in used for t in c.targets(self._problem)}
        missing = {gap for t, gap in self._gaps if t not in served}
        return np.array(
            [
                *(float(c in used) for c in self.columns),
                *(float(gap in missing) for gap in range(self._gap_count)),
                *(float(n) for n in whole_drones(self._problem, chosen)),
            ]
        )

    def dive(
        self, *, seconds: float | None, most_left_out: float = np.inf
    ) -> list[Column]:
        """
        Return routes fixed a few at a time, those first that are wanted most whole.

        What no drone is left for stays out. Where even parts of routes leave out
        more than is allowed, there are none.
        """
        ends = None if seconds is None else time.monotonic() + seconds
        fixed: list[int] = []
        closed: set[int] = set()
        while True:
            left_s = None if ends is None else ends - time.monotonic()
            relaxed = self.relaxed(seconds=left_s)
            if relaxed is None or (not closed and relaxed.left_out > most_left_out):
                break
            order = np.argsort(-relaxed.parts, kind="stable").tolist()
            wanted = [i for i in order if relaxed.parts[i] > _SEEN and i not in closed]
            if not wanted:
                break
            sure = [i for i in wanted if relaxed.parts[i] >= _SURE]
            for i in sure[:_AT_ONCE] or wanted[:1]:
                closed.add(i)
                taken = self._has_room([*fixed, i])
                fixed += [i] * taken
                self._solver.changeColBounds(i, float(taken), float(taken))
        return [self.columns[i] for i in fixed]

    def _has_room(self, chosen: list[int]) -> bool:
        """Whether there are whole drones for some routes."""
        limits = self._upper[self._first_station :]
        for now, rush in self._periods:
            mine = [i for i in chosen if now[i]]
            taken = np.bincount(self._stations[mine], self._shares[mine], len(limits))
            whole = np.ceil(self._held + taken - _SEEN)
            if (whole > limits).any() or (rush and whole.sum() > self._most_drones):
                return False
        used = self._taken[:, chosen].sum(axis=1)
        return not (used > self._supplies.most + _SEEN).any()


def _gaps(
    problem: Problem, *, by_zone: bool
) -> tuple[list[tuple[int, int]], FloatArray]:
    """Return what may be left out: each target with its place, and the costs."""
    targets = range(len(problem.targets))
    if not by_zone:
        return [(t, t) for t in targets], np.array([worth(problem, t) for t in targets])
    zones = sorted({z for target in problem.targets for z in target.zones})
    place = {zone: k for k, zone in enumerate(zones)}
    least = min((p for p in problem.priorities.values() if p > 0), default=1.0)
    # More than all drones and all their flying together.
    most = sum(problem.drones(s) for s in range(len(problem.stations))) + 1.0
    dear = (problem.objective.drone + 2.0) * most / least
    return (
        [(t, place[z]) for t in targets for z in problem.targets[t].zones],
        np.array([dear * problem.priorities[zone] for zone in zones]),
    )


def _periods(
    problem: Problem, columns: Sequence[Column]
) -> list[tuple[np.ndarray, bool]]:
    """Return which routes fly at once, and whether in the busiest period."""
    members = [list(c.targets(problem)) for c in columns]
    low, high = problem.busiest
    found: dict[bytes, tuple[np.ndarray, bool]] = {}
    for start, end in regimes(problem):
        due = active(problem, (start, end))
        now = np.array([bool(due[targets].any()) for targets in members], dtype=bool)
        rush = bool(start < high and low < end)
        found.setdefault(now.tobytes() + bytes([rush]), (now, rush))
    return list(found.values())
