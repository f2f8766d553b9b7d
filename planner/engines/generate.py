"""
Look for routes that would pay: column generation, priced by beats.

The linear relaxation of the choice among all routes seen says what each target is
worth on one more route, and what a drone is worth at each station. Paid and charged
so, and free to leave any target out, the search of beats fills a drone or two of one
station after another (see Desaulniers,
Desrosiers and Solomon, Column Generation, 2005; the search replaces exact pricing, so
that nothing is proven). What it finds joins the choice, and prices are made anew:
central ones, that change slowly, since those of a corner say little of routes that
were not seen.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from planner.basics.geometry import FloatArray
from planner.engines import beats
from planner.engines.assess import active
from planner.engines.piece import Effort, Piece
from planner.engines.selection import Covering, in_order
from planner.problem import Column, Problem

_STATION_S = 0.1
_INERTIA = 0.7
_LEAST_PRICE = 1e-6
_WORTHLESS = 0.9
"""Routes are kept that collect so much of what the best of a station does."""

_DRONES = (1, 2)
"""Filled in turn: what is due twice an hour takes two."""


_FLYING = 1.0
"""Price of a drone that flies, beside that of having it."""


class Prices(NamedTuple):
    """
    What routes are paid and charged.

    Parameters
    ----------
    targets
        For each target, shape (t,).
    drones
        For a whole drone of each station, shape (s,).
    """

    targets: FloatArray
    drones: FloatArray

    def drawn_to(self, before: Prices | None) -> Prices:
        """Return prices that differ less from those before."""
        if before is None:
            return self
        return Prices(
            *(
                _INERTIA * old + (1 - _INERTIA) * new
                for old, new in zip(before, self, strict=True)
            )
        )


def generate(problem: Problem, pool: Sequence[Column], effort: Effort) -> list[Column]:
    """
    Return new routes that may make a better choice, beside those of a pool.

    Without a clock every station is looked at once.
    """
    ends_s = None
    if effort.seconds is not None:
        ends_s = time.monotonic() + effort.seconds
    rush = active(problem, problem.busiest)
    dice = np.random.default_rng(effort.seed)
    new: dict[Column, None] = {}
    prices: Prices | None = None
    turn = 0
    while True:
        left_s = None if ends_s is None else ends_s - time.monotonic()
        if left_s is not None and left_s < _STATION_S:
            break
        covering = Covering(problem, in_order({*pool, *new}), by_zone=True)
        relaxed = covering.relaxed(seconds=left_s, central=True)
        if relaxed is None:
            break
        paid = np.where(rush, relaxed.prices, 0.0)
        prices = Prices(paid, relaxed.drones).drawn_to(prices)
        for station in dice.permutation(len(problem.stations)).tolist():
            if ends_s is not None and ends_s - time.monotonic() < _STATION_S:
                break
            piece = _piece(problem, station, prices, _DRONES[turn % len(_DRONES)])
            seed = int(dice.integers(2**31))
            mine = replace(effort, seed=seed)
            for column in _filled(problem, piece, prices.targets, mine):
                new.setdefault(column)
        turn += 1
        if ends_s is None:
            break
    return [column for column in new if column not in set(pool)]


def _piece(problem: Problem, station: int, prices: Prices, drones: int) -> Piece:
    """Return a station with what it reaches and is paid for."""
    table = problem.table(station)
    targets = []
    for t in np.flatnonzero(prices.targets > _LEAST_PRICE).tolist():
        nodes = problem.nodes_of(t)
        alone = table.out[station, nodes] + table.task[nodes]
        alone = alone + table.back[nodes, station] + table.overhead
        if alone.min() <= problem.longest(station, problem.targets[t].revisit_s):
            targets.append(t)
    scale = _FLYING + prices.drones[station]
    return Piece(
        stations=(station,),
        targets=tuple(targets),
        drones=(float(min(drones, problem.drones(station))),),
        worth=tuple((prices.targets[targets] / scale).tolist()),
    )


def _filled(
    problem: Problem, piece: Piece, prices: FloatArray, effort: Effort
) -> list[Column]:
    """Return good ways to fill the drones of a station, the best last."""
    seen: dict[Column, float] = {}

    def note(columns: Sequence[Column]) -> None:
        for column in columns:
            seen[column] = float(prices[list(column.targets(problem))].sum())

    seconds = None if effort.seconds is None else _STATION_S
    effort = replace(effort, seconds=seconds, seen=note, better=None)
    note(beats.route(problem, piece, effort))
    enough = _WORTHLESS * max(seen.values(), default=0.0)
    return [column for column, collected in seen.items() if collected >= enough]
