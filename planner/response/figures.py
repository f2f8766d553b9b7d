"""
Say how soon somebody is overhead, wherever and whenever help is asked for.

An estimate from the timetable: for every cell of the demand and every minute, the
drone that could be there first, from the air or from its station. docs/response.md
holds the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.basics.clock import DAY_S
from planner.basics.geometry import FloatArray
from planner.flown.tracks import (
    FlownRoute,
    flown_routes,
    over_horizon_of,
    over_the_seam,
)
from planner.metrics import clock_period
from planner.plan import Plan
from planner.response.airways import airways
from planner.response.arrivals import first_overhead_s, ground
from planner.response.likeness import unlike
from planner.response.places import SPREAD, Places, Turns, in_turns, turns_of
from planner.response.standby import TeamGap, team_gaps
from planner.scenario import Scenario

MINUTE_S = 60.0
FEWEST_MOMENTS = 960
WITHIN_S = (60, 120, 180)
"""Shares of the demand are told that somebody is over in so many seconds."""

LONGEST_S = 900
"""Per place, who takes longer counts as nobody [s]."""

_BINS_PER_S = 10
_BINS = 3600 * _BINS_PER_S
_AT_ONCE = 1440
_DECIMALS = 6


def response(scenario: Scenario, plan: Plan) -> dict[str, Any]:
    """Return the response figures of a plan, as `measured_response` tells them."""
    scenario = over_horizon_of(scenario, plan)
    return measured_response(scenario, plan, flown_routes(scenario, plan))


def measured_response(
    scenario: Scenario, plan: Plan, routes: Sequence[FlownRoute]
) -> dict[str, Any]:
    """
    Return the response figures of a plan, as they stand in its file.

    Parameters
    ----------
    scenario
        Over the horizon of the plan.
    routes
        As they are flown.

    Returns
    -------
    dict
        ``places``, the cells of a grid of ``spacing_m``, each asked for in one of its
        quarters, in turn; ``moments``, at least one in each minute;
        ``layer_m``, at which incidents are flown to; ``closed_share`` of the demand,
        which lies in closed airspace and is left out of all else. ``all``: of what is
        asked for, ``nobody_share`` that nobody could be over, ``within_60_s`` and so
        on, ``p50_s``, ``p90_s``, ``p95_s`` (None where that is nobody), and of the
        rest ``mean_s`` and ``worst_s``. ``ready``: the same of drones that stand ready
        alone. ``districts`` by id, ``periods`` between window borders. ``teams``: for
        each, the charged drones ``wanted`` in its bureau, the ``fewest`` there are,
        and the minutes that they are too few, ``short_min``. ``cells``: the middle of
        each cell, and within what nine of ten calls there are answered, in whole
        seconds.
    """
    ways = airways(scenario)
    asked = in_turns(scenario, ways)
    moments = moments_of(scenario)
    routes = over_the_seam(scenario.horizon, routes)
    periods = _periods(scenario, moments)
    tallies = {("all", ""): _Tally(), ("ready", ""): _Tally()}
    tallies |= {("districts", d.id): _Tally() for d in scenario.districts}
    tallies |= {("periods", p): _Tally() for p in periods}
    by_cell = np.zeros((len(asked.cell), LONGEST_S + 1))
    for part, of, turn in zip(
        asked.turns, asked.of, turns_of(numbers_of(scenario)), strict=True
    ):
        weight = part.weight / len(turn)
        land = ground(scenario, ways, part.xy)
        districts = _districts(scenario, part)
        distinct, like = unlike(scenario, plan, routes, ways, moments[turn])
        often = np.bincount(like)
        shares = {
            name: np.bincount(like[within[turn]], minlength=len(often))
            for name, within in periods.items()
        }
        for first in range(0, len(distinct), _AT_ONCE):
            some = slice(first, first + _AT_ONCE)
            best, by_ready = first_overhead_s(
                scenario, plan, routes, ways, land, moments[turn[distinct[some]]]
            )
            each = often[some]
            tallies["all", ""].add(best, weight, each)
            tallies["ready", ""].add(by_ready, weight, each)
            for district, mine in districts.items():
                tallies["districts", district].add(best[:, mine], weight[mine], each)
            for period, share in shares.items():
                here = np.flatnonzero(share[some])
                tallies["periods", period].add(best[here], weight, share[some][here])
            _count(by_cell, best, of, weight, each)
    closed, open_ = asked.turns[0].closed, sum(p.weight.sum() for p in asked.turns)
    found: dict[str, Any] = {
        "places": len(asked.cell),
        "spacing_m": asked.spacing_m,
        "moments": len(moments),
        "layer_m": ways.layer_m,
        "closed_share": _rounded(closed / max(closed + open_, 1e-300)),
        "districts": {},
        "periods": {},
        "teams": {gap.team.id: _team(gap) for gap in team_gaps(scenario, plan)},
        "cells": _cells(scenario, asked, by_cell),
    }
    for (group, name), tally in tallies.items():
        if name:
            found[group][name] = tally.figures()
        else:
            found[group] = tally.figures()
    return found


def moments_of(scenario: Scenario) -> FloatArray:
    """
    Return a moment of each minute of the horizon, more in a short one [s].

    Each of a day at another place in its minute: most clocks have headways of whole
    minutes, and would be seen again and again at the same few offsets.
    """
    number, length_s = numbers_of(scenario), scenario.horizon.length_s
    within = (number + 1) * np.float64(SPREAD[1]) % 1.0
    return (np.arange(len(number)) + within) * (length_s / len(number))


def numbers_of(scenario: Scenario) -> NDArray[np.int64]:
    """
    Return the number of each moment in its day, shape (moments,).

    All days are looked at in one way, so that those with one timetable need to be
    looked at once only.
    """
    length_s = scenario.horizon.length_s
    count = max(FEWEST_MOMENTS, round(length_s / MINUTE_S))
    days, rest = divmod(int(length_s), DAY_S)
    return np.arange(count) % (count // days if days and not rest else count)


class _Tally:
    """How much of the demand is answered in what time, by tenths of a second."""

    def __init__(self) -> None:
        self._bins = np.zeros(_BINS + 2)
        self._asked_s = 0.0

    def add(
        self, times_s: FloatArray, weight: FloatArray, often: NDArray[np.int64]
    ) -> None:
        """Count times, shape (moments, places), so often each moment, by weight."""
        tenths = np.ceil(np.minimum(times_s * _BINS_PER_S - 1e-6, _BINS + 1))
        self._bins += np.bincount(
            tenths.astype(np.int64).ravel(),
            weights=np.outer(often, weight).ravel(),
            minlength=_BINS + 2,
        )
        known = np.where(tenths <= _BINS, times_s, 0.0)
        self._asked_s += float(often @ known @ weight)

    def figures(self) -> dict[str, float | None]:
        """Return the figures as `response` tells them."""
        upto = np.cumsum(self._bins)
        total, reached = float(upto[-1]), float(upto[_BINS])
        if total <= 0:
            return {}
        filled = np.flatnonzero(self._bins[: _BINS + 1] > 0)
        found: dict[str, float | None] = {
            "nobody_share": _rounded(1.0 - reached / total),
            "mean_s": _rounded(self._asked_s / reached) if reached else None,
        }
        for percent in (50, 90, 95):
            at = int(np.searchsorted(upto, total * percent / 100 * (1 - 1e-12)))
            found[f"p{percent}_s"] = at / _BINS_PER_S if at <= _BINS else None
        found["worst_s"] = float(filled[-1] / _BINS_PER_S) if len(filled) else None
        for seconds in WITHIN_S:
            share = float(upto[seconds * _BINS_PER_S]) / total
            found[f"within_{seconds}_s"] = _rounded(share)
        return found


def _count(
    by_cell: FloatArray,
    times_s: FloatArray,
    cell: NDArray[np.int64],
    weight: FloatArray,
    often: NDArray[np.int64],
) -> None:
    """Add the demand of cells by whole seconds, what takes longest all together."""
    seconds = np.ceil(np.minimum(times_s - 1e-6, LONGEST_S)).astype(np.int64)
    bins = (seconds + cell * (LONGEST_S + 1)).ravel()
    counted = np.bincount(
        bins, weights=np.outer(often, weight).ravel(), minlength=by_cell.size
    )
    by_cell += counted.reshape(by_cell.shape)


def _cells(
    scenario: Scenario, asked: Turns, by_cell: FloatArray
) -> dict[str, list[Any]]:
    """Return the middle of each cell, and within what nine of ten are answered."""
    middles: FloatArray = (asked.cell + np.float64(0.5)) * asked.spacing_m
    lonlat = np.round(scenario.projection.to_lonlat(middles), 6)
    upto = np.cumsum(by_cell, axis=1)
    p90_s = (upto < 0.9 * upto[:, -1:] * (1 - 1e-12)).sum(axis=1)
    return {
        "lon": lonlat[:, 0].tolist(),
        "lat": lonlat[:, 1].tolist(),
        "p90_s": [s if s < LONGEST_S else None for s in p90_s.tolist()],
    }


def _districts(scenario: Scenario, asked: Places) -> dict[str, NDArray[np.int64]]:
    """Return which places lie in each district; on a border, in the first."""
    free = np.ones(len(asked.weight), dtype=bool)
    found = {}
    for district in scenario.districts:
        shapely.prepare(district.geometry)
        inside = free & shapely.intersects_xy(district.geometry, *asked.xy.T)
        free &= ~inside
        found[district.id] = np.flatnonzero(inside)
    return found


def _periods(scenario: Scenario, moments: FloatArray) -> dict[str, NDArray[np.bool_]]:
    """Return which moments lie in each stretch of the day, by the clock."""
    found: dict[str, NDArray[np.bool_]] = {}
    for low, high in scenario.stretches():
        name = clock_period(scenario.horizon, (low, high))
        within = (low <= moments) & (moments < high)
        found[name] = found.get(name, within) | within
    return {name: within for name, within in found.items() if within.any()}


def _team(gap: TeamGap) -> dict[str, Any]:
    return {
        "wanted": gap.wanted,
        "fewest": gap.fewest,
        "short_min": _rounded(gap.short_s / 60),
    }


def _rounded(value: float) -> float:
    return round(float(value), _DECIMALS) + 0.0
