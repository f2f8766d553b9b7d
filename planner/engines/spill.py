"""
Put what a station has no drones for where there are some.

Targets that are on no route are inserted where they add least load, into routes
that have room, or into new ones; hardest first. No clock is asked: a share of each
station's drones is left free for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from planner.engines.assess import active, regimes, served_targets
from planner.engines.shares import drones_worth, shares_left
from planner.problem import FAR, TICKS_PER_S, Column, Problem, make_column


def spill(
    problem: Problem, columns: Sequence[Column], room: Mapping[int, float]
) -> list[Column]:
    """
    Return routes that take along what is on none of them, as far as it fits.

    Parameters
    ----------
    room
        Share of its drones to be left free, by station.
    """
    task = _Spill(problem, list(columns), room)
    done = served_targets(problem, columns)
    missing = [t for t in range(len(problem.targets)) if t not in done]
    for target in sorted(missing, key=lambda t: _ease(problem, t)):
        task.insert(target)
    return task.columns


def _ease(problem: Problem, target: int) -> tuple[float, float, int]:
    """Return how easy a target is to place: by interval, then by the way there."""
    nodes = problem.nodes_of(target)
    away = min(
        int(problem.table(s).out[s, nodes].min()) for s in range(len(problem.stations))
    )
    return (problem.targets[target].revisit_s, -away, target)


@dataclass(frozen=True, slots=True)
class _Option:
    """A change of one route, or a new one, and the load it adds."""

    load: float
    place: int
    column: Column


class _Spill:
    """Routes as they grow, and the drones that each stretch of the day leaves."""

    def __init__(
        self, problem: Problem, columns: list[Column], room: Mapping[int, float]
    ) -> None:
        self.problem, self.columns = problem, columns
        self._periods = [active(problem, p) for p in regimes(problem)]
        self._free = np.array(
            [
                [problem.free(s) * (1 - room.get(s, 0.0))] * len(self._periods)
                for s in range(len(problem.stations))
            ]
        )
        stations = range(len(problem.stations))
        for s, left in enumerate(shares_left(problem, (), stations)):
            most = drones_worth(problem, s, left) * (1 - room.get(s, 0.0))
            self._free[s] = np.minimum(self._free[s], most)
        for column in columns:
            self._take(column, column.load(problem))

    def _when(self, targets: Sequence[int]) -> list[int]:
        """Return the stretches of the day in which one of the targets is active."""
        return [k for k, now in enumerate(self._periods) if now[list(targets)].any()]

    def _take(self, column: Column, load: float) -> None:
        self._free[column.station, self._when(column.targets(self.problem))] -= load

    def insert(self, target: int) -> None:
        """Put a target where it adds least load; nowhere if it fits nowhere."""
        options = [*self._into_routes(target), *self._alone(target)]
        if not options:
            return
        best = min(options, key=lambda o: (o.load, o.place))
        if best.place < len(self.columns):
            old = self.columns[best.place]
            self._take(old, -old.load(self.problem))
            self.columns[best.place] = best.column
        else:
            self.columns.append(best.column)
        self._take(best.column, best.column.load(self.problem))

    def _fits(self, station: int, targets: Sequence[int], load: float) -> bool:
        return bool((self._free[station, self._when(targets)] >= load - 1e-9).all())

    def _into_routes(self, target: int) -> list[_Option]:
        problem, options = self.problem, []
        nodes = problem.nodes_of(target)
        for place, column in enumerate(self.columns):
            interval_s = problem.targets[target].revisit_s
            if column.varies(problem) or column.headway_s > interval_s:
                continue
            mine = column.targets(problem)
            if not set(self._when([target])) <= set(self._when(mine)):
                continue
            station, table = column.station, problem.table(column.station)
            chain = np.array(column.nodes)
            before = np.vstack(
                [table.out[station, nodes], table.travel[np.ix_(chain, nodes)]]
            )
            after = np.vstack(
                [table.travel[np.ix_(nodes, chain)].T, table.back[nodes, station]]
            )
            gone = np.concatenate(
                [
                    [table.out[station, chain[0]]],
                    table.travel[chain[:-1], chain[1:]],
                    [table.back[chain[-1], station]],
                ]
            )
            extra = before + after - gone[:, None] + table.task[nodes]
            where, which = np.unravel_index(int(np.argmin(extra)), extra.shape)
            ticks = int(extra[where, which])
            if column.duration + ticks > problem.longest(station, column.headway_s):
                continue
            load = ticks / TICKS_PER_S / column.headway_s
            if not self._fits(station, mine, load):
                continue
            longer = [*column.nodes[:where], int(nodes[which]), *column.nodes[where:]]
            changed = make_column(problem, station, column.headway_s, longer)
            options.append(_Option(load, place, changed))
        return options

    def _alone(self, target: int) -> list[_Option]:
        problem, options = self.problem, []
        nodes, headway_s = problem.nodes_of(target), problem.targets[target].revisit_s
        for station in range(len(problem.stations)):
            table = problem.table(station)
            times = table.out[station, nodes] + table.back[nodes, station]
            which = int(np.argmin(times + table.task[nodes]))
            column = make_column(problem, station, headway_s, [int(nodes[which])])
            limit = min(FAR, problem.longest(station, headway_s))
            load = column.load(problem)
            if column.duration <= limit and self._fits(station, [target], load):
                options.append(_Option(load, len(self.columns), column))
        return options
