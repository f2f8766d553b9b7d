"""
Say what parts drones that could meet: height, time, or waiting on the pad.

Routes that height parts never meet, however late they are. Routes that only time
parts hold up to a tolerance: as long as neither is more than that later than the
other, they do not meet. A take-off waits on its pad until the station's column is
free; an arrival cannot.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from planner.basics.geometry import FloatArray
from planner.flown.colours import fewest_colours
from planner.flown.meetings import Meetings, column_stays, find_meetings
from planner.flown.tracks import (
    FlownRoute,
    flown_routes,
    over_horizon_of,
    over_the_seam,
    takeoffs_within,
)
from planner.plan import Plan
from planner.scenario import Scenario

LATEST_S = 3600.0
"""Pairs that hold when one is so late are not named [s]."""

_DECIMALS = 3


def compute_partings(scenario: Scenario, plan: Plan) -> dict[str, Any]:
    """
    Return what parts the drones of a plan, as it stands in ``analysis.separation``.

    Returns
    -------
    dict
        ``layers_used``; ``layers_needed``, with fewer of which some routes would meet
        at these take-offs, and ``layers_suffice``, with which none would (heights
        that single routes may not fly at apart); ``layers_proof``, ``clique`` where
        the routes named in ``layers_clique`` all meet each other, ``search`` where
        all colourings were tried; ``layers_any_delay``, that no two routes might
        ever meet, however late: no fewer would do for that.
        ``pairs`` that time alone parts: ``routes`` and ``tolerance_s``, the least
        first, below `LATEST_S`; ``tolerance_s``, the least of them;
        ``columns``: by station, how late an arrival may be before the next one finds
        its column taken [s]. None where there is no such pair.
    """
    scenario = over_horizon_of(scenario, plan)
    routes = over_the_seam(scenario.horizon, flown_routes(scenario, plan))
    return measured_partings(scenario, routes)


def measured_partings(
    scenario: Scenario, routes: Sequence[FlownRoute]
) -> dict[str, Any]:
    """Return the same of flown routes, those of other rounds among them."""
    meetings = find_meetings(routes, scenario.rules)
    tolerances = [
        ((a, b), tolerance_s(spans, shifts_s(routes[a], routes[b], spans)))
        for (a, b), spans in meetings.flown.items()
    ]
    pairs = sorted(
        (round(tolerance, _DECIMALS), sorted((routes[a].route.id, routes[b].route.id)))
        for (a, b), tolerance in tolerances
        if tolerance < LATEST_S
    )
    return _layers(routes, meetings) | {
        "tolerance_s": pairs[0][0] if pairs else None,
        "pairs": [{"routes": names, "tolerance_s": s} for s, names in pairs],
        "columns": _columns(routes, scenario.rules.column_radius_m),
    }


def tolerance_s(spans: FloatArray, shifts: FloatArray) -> float:
    """
    Return how far shifts stay from sorted spans; 0 where one lies in them.

    Examples
    --------
    >>> tolerance_s(np.array([[0.0, 5.0], [40.0, 50.0]]), np.array([12.0, 30.0]))
    7.0
    """
    if not len(shifts) or not len(spans):
        return float("inf")
    after = np.searchsorted(spans[:, 0], shifts, side="right")
    behind = shifts - np.append(-np.inf, spans[:, 1])[after]
    ahead = np.append(spans[:, 0], np.inf)[after] - shifts
    return max(0.0, float(np.minimum(behind, ahead).min()))


def shifts_s(one: FlownRoute, other: FlownRoute, spans: FloatArray) -> FloatArray:
    """
    Return how much later the sorties of another route take off than those of one.

    As far as that is within `LATEST_S` of sorted spans, of which there is one.
    """
    i, j = takeoffs_within(
        one, other, float(spans[0, 0]) - LATEST_S, float(spans[-1, 1]) + LATEST_S
    )
    if one is other:
        # Of two sorties of one route the later one is the other.
        i, j = i[j > i], j[j > i]
    apart: FloatArray = other.takeoffs[j] - one.takeoffs[i]
    return apart


def _layers(routes: Sequence[FlownRoute], meetings: Meetings) -> dict[str, Any]:
    """Return how many layers are used, and how many it takes."""
    meet = [
        (a, b)
        for (a, b), spans in meetings.level.items()
        if tolerance_s(spans, shifts_s(routes[a], routes[b], spans)) == 0
    ]
    now = fewest_colours(len(routes), meet)
    ever = fewest_colours(len(routes), meetings.level)
    by_clique = len(now.clique) == now.least
    return {
        "layers_used": len({f.route.layer_m for f in routes}),
        "layers_needed": now.least,
        "layers_suffice": now.most,
        "layers_proof": "clique" if by_clique else "search",
        "layers_clique": sorted(routes[k].route.id for k in now.clique),
        "layers_any_delay": ever.least,
    }


def _columns(routes: Sequence[FlownRoute], radius_m: float) -> dict[str, float | None]:
    """Return by station how late an arrival may be before another is in its way."""
    stays: dict[str, list[FloatArray]] = defaultdict(list)
    for flown in routes:
        for station in flown.stations:
            arrivals = column_stays(flown, radius_m, station)
            if len(arrivals) and arrivals[0, 0] <= flown.t[0]:
                arrivals = arrivals[1:]  # a take-off waits on its pad
            stays[station.id].append(
                (flown.takeoffs[:, None, None] + arrivals).reshape(-1, 2)
            )
    return {
        station: _least_gap_s(np.vstack(stays[station])) for station in sorted(stays)
    }


def _least_gap_s(spans: FloatArray) -> float | None:
    """Return the least time between two of some spans, in whatever order."""
    ordered = spans[np.argsort(spans[:, 0], kind="stable")]
    gaps = [
        float(after[0] - before[1]) for before, after in itertools.pairwise(ordered)
    ]
    return round(max(0.0, min(gaps)), _DECIMALS) if gaps else None
