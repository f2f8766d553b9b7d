"""Group what is the same to a millionth: values, and whole moments of a timetable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray
from planner.flown.tracks import FlownRoute
from planner.plan import Plan
from planner.response.airways import Airways
from planner.response.aloft import aloft
from planner.response.rounds import days_of
from planner.response.standby import days_away, standby
from planner.scenario import Scenario

_DECIMALS = 6


def alike(
    values: NDArray[Any],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """
    Group what is the same to a millionth.

    Returns
    -------
    order
        Of the values, group by group, shape (n,).
    first
        Where each group begins in that order, shape (groups,).
    of
        The group of each value, shape (n,).
    """
    _, of, count = np.unique(
        np.round(values, _DECIMALS), return_inverse=True, return_counts=True
    )
    order = np.argsort(of, kind="stable")
    return order, np.cumsum(count) - count, of


def unlike(
    scenario: Scenario,
    plan: Plan,
    routes: Sequence[FlownRoute],
    ways: Airways,
    moments: FloatArray,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Return the moments that are unlike all before them.

    At moments that are alike, drones leave stations as soon, and are as far on their
    routes: timetables repeat themselves, those of weeks more than those of days.

    Returns
    -------
    distinct
        Positions among the moments, rising, shape (k,).
    of
        Which of these each moment is like, shape (n,).
    """
    days = days_away(plan.routes, days_of(scenario, plan))
    states = [
        standby(scenario, station, days, moments).leaves_s
        for station in scenario.stations
    ]
    for flown in routes:
        air = aloft(scenario, ways, flown, moments)
        if not len(air.moment):
            continue
        # Those in the air on one route at once, in one order.
        soonest = np.lexsort((air.spent_s, air.moment))
        moment = air.moment[soonest]
        rank = np.arange(len(moment)) - np.searchsorted(moment, moment)
        for since_s in (air.delay_s, air.spent_s):
            state = np.full((rank.max() + 1, len(moments)), np.inf)
            state[rank, moment] = since_s[soonest]
            states += list(state)
    if not states:
        return np.arange(len(moments)), np.arange(len(moments))
    _, first, of = np.unique(
        np.round(np.array(states).T, _DECIMALS),
        axis=0,
        return_index=True,
        return_inverse=True,
    )
    order = np.argsort(first)
    return first[order], np.argsort(order)[of.reshape(-1)]
