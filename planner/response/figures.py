"""
Say how soon somebody is overhead, wherever and whenever help is asked for.

An estimate from the timetable: for every place of the demand and every minute, the
drone that could be there first, from the air or from its station. docs/response.md
holds the model.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray
from planner.flown.tracks import flown_routes, over_horizon_of
from planner.metrics import clock_period
from planner.plan import Plan
from planner.response.airways import airways
from planner.response.arrivals import first_overhead_s, ground
from planner.response.places import Places, places
from planner.response.standby import TeamGap, team_gaps
from planner.scenario import Scenario

MINUTE_S = 60.0
WITHIN_S = (60, 120, 180)
"""Shares of the demand are told that somebody is over in so many seconds."""

LONGEST_S = 900
"""Per place, who takes longer counts as nobody [s]."""

_BINS_PER_S = 10
_BINS = 3600 * _BINS_PER_S
_AT_ONCE = 1440
_DECIMALS = 6


def response(scenario: Scenario, plan: Plan) -> dict[str, Any]:
    """
    Return the response figures of a plan, as they stand in its file.

    Returns
    -------
    dict
        ``places`` of a grid of ``spacing_m``, ``moments``, the middles of all minutes;
        ``layer_m``, at which incidents are flown to; ``closed_share`` of the demand,
        which lies in closed airspace and is left out of all else. ``all``: of what is
        asked for, ``nobody_share`` that nobody could be over, ``within_60_s`` and so
        on, ``p50_s``, ``p90_s``, ``p95_s`` (None where that is nobody), and of the
        rest ``mean_s`` and ``worst_s``. ``ready``: the same of drones that stand ready
        alone. ``districts`` by id, ``periods`` between window borders. ``teams``: for
        each, the charged drones ``wanted`` in its bureau, the ``fewest`` there are,
        and the minutes that they are too few, ``short_min``. ``cells``: the middle of
        each place's cell, and within what nine of ten calls there are answered, in
        whole seconds.
    """
    scenario = over_horizon_of(scenario, plan)
    ways = airways(scenario)
    asked = places(scenario, ways)
    land = ground(scenario, ways, asked.xy)
    moments = moments_of(scenario)
    routes = flown_routes(scenario, plan)
    districts = _districts(scenario, asked)
    periods = _periods(scenario, moments)
    tallies = {("all", ""): _Tally(), ("ready", ""): _Tally()}
    tallies |= {("districts", d): _Tally() for d in districts}
    tallies |= {("periods", p): _Tally() for p in periods}
    by_cell = np.zeros((len(asked.weight), LONGEST_S + 1), dtype=np.int32)
    for first in range(0, len(moments), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        best, by_ready = first_overhead_s(
            scenario, plan, routes, ways, land, moments[some]
        )
        tallies["all", ""].add(best, asked.weight)
        tallies["ready", ""].add(by_ready, asked.weight)
        for district, mine in districts.items():
            tallies["districts", district].add(best[:, mine], asked.weight[mine])
        for period, within in periods.items():
            here = np.flatnonzero(within[some])
            tallies["periods", period].add(best[here], asked.weight)
        _count(by_cell, best)
    found: dict[str, Any] = {
        "places": len(asked.weight),
        "spacing_m": asked.spacing_m,
        "moments": len(moments),
        "layer_m": ways.layer_m,
        "closed_share": _rounded(
            asked.closed / max(asked.closed + float(asked.weight.sum()), 1e-300)
        ),
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
    """Return the middle of each minute of the horizon [s]."""
    return np.arange(MINUTE_S / 2, scenario.horizon.length_s, MINUTE_S)


class _Tally:
    """How much of the demand is answered in what time, by tenths of a second."""

    def __init__(self) -> None:
        self._bins = np.zeros(_BINS + 2)
        self._asked_s = 0.0

    def add(self, times_s: FloatArray, weight: FloatArray) -> None:
        """Count times, shape (moments, places), with the places' weights."""
        tenths = np.ceil(np.minimum(times_s * _BINS_PER_S - 1e-6, _BINS + 1))
        each = np.broadcast_to(weight, times_s.shape).ravel()
        self._bins += np.bincount(
            tenths.astype(np.int64).ravel(), weights=each, minlength=_BINS + 2
        )
        known = np.where(tenths <= _BINS, times_s, 0.0)
        self._asked_s += float(known.sum(axis=0) @ weight)

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


def _count(by_cell: NDArray[np.int32], times_s: FloatArray) -> None:
    """Count the times of each place by whole seconds, those beyond all together."""
    seconds = np.ceil(np.minimum(times_s - 1e-6, LONGEST_S)).astype(np.int64)
    bins = seconds + np.arange(seconds.shape[1]) * (LONGEST_S + 1)
    by_cell += np.bincount(bins.ravel(), minlength=by_cell.size).reshape(by_cell.shape)


def _cells(
    scenario: Scenario, asked: Places, by_cell: NDArray[np.int32]
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
