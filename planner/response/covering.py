"""Bound how much of the demand drones that stand ready could cover in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import coo_array, hstack, identity, vstack

from planner.basics.geometry import FloatArray
from planner.flown.tracks import over_horizon_of
from planner.plan import Plan
from planner.response.airways import Airways, airways
from planner.response.arrivals import Ground, airborne_s, ground
from planner.response.figures import moments_of, numbers_of
from planner.response.places import Places, in_turns, turns_of
from planner.response.rounds import days_of
from planner.response.standby import Days, days_away, standby
from planner.scenario import Scenario, Station

WITHIN_S = 120.0

_DECIMALS = 6
_NODES = 1000


def covering(scenario: Scenario, plan: Plan) -> dict[str, Any]:
    """
    Return what share of the demand ready drones are over in time, and what they could.

    Returns
    -------
    dict
        ``within_s``; ``ready_share`` as planned; ``bound_share`` at most, with ready
        drones at as many stations as there are at each moment, but at any of them;
        ``all_share`` if every station always had one. The last two launch at once,
        whatever moves at the station.
    """
    scenario = over_horizon_of(scenario, plan)
    ways = airways(scenario)
    asked = in_turns(scenario, ways)
    moments = moments_of(scenario)
    days = days_away(plan.routes, days_of(scenario, plan))
    stations = [s for s in scenario.stations if s.id not in ways.grounded]
    upto = np.zeros(4)
    for part, turn in zip(asked.turns, turns_of(numbers_of(scenario)), strict=True):
        upto += _covered(scenario, ways, part, stations, days, moments[turn]) / len(
            turn
        )
    shares = dict(
        zip(
            ("ready_share", "bound_share", "all_share"),
            upto[:3] / max(float(upto[3]), 1e-300),
            strict=True,
        )
    )
    rounded = {name: round(float(share), _DECIMALS) for name, share in shares.items()}
    return {"within_s": WITHIN_S, **rounded}


def _covered(
    scenario: Scenario,
    ways: Airways,
    asked: Places,
    stations: Sequence[Station],
    days: Days,
    moments: FloatArray,
) -> FloatArray:
    """Return the demand covered by ready drones, at most, by all; and all there is."""
    land = ground(scenario, ways, asked.xy)
    covers = reach(scenario, ways, land, stations)
    count = np.zeros(len(moments), dtype=np.int64)
    covered = np.zeros((len(moments), len(asked.weight)), dtype=bool)
    for station in stations:
        near = land.near[station.id]
        leaves_s = standby(scenario, station, days, moments).leaves_s
        flight_s = airborne_s(scenario, ways, land, station)
        count += np.isfinite(leaves_s)
        covered[:, near] |= leaves_s[:, None] + flight_s <= WITHIN_S
    sizes, often = np.unique(count, return_counts=True)
    bounds = most_covered(covers, asked.weight, sizes.tolist())
    return np.array(
        [
            (covered @ asked.weight).sum(),
            often @ np.array(bounds),
            len(moments) * (asked.weight @ covers.any(axis=0)),
            len(moments) * asked.weight.sum(),
        ]
    )


def reach(
    scenario: Scenario, ways: Airways, land: Ground, stations: Sequence[Station]
) -> NDArray[np.bool_]:
    """Return whether a ready drone of each station is over each place in time."""
    covers = np.zeros((len(stations), len(land.xy)), dtype=bool)
    for k, station in enumerate(stations):
        if station.id not in ways.grounded:
            flight_s = airborne_s(scenario, ways, land, station)
            in_time = scenario.rules.launch_s + flight_s <= WITHIN_S
            covers[k, land.near[station.id]] = in_time
    return covers


def most_covered(
    covers: NDArray[np.bool_], weight: FloatArray, counts: Sequence[int]
) -> list[float]:
    """
    Return bounds on the weight that so many stations cover, however chosen.

    The maximal covering location problem (Church and ReVelle, Papers of the Regional
    Science Association, 1974) in whole stations: the optimum, or where that takes
    more than `_NODES` nodes of a branch and bound, what it has proven by then.

    Parameters
    ----------
    covers
        Whether each station covers each place, shape (stations, places).
    weight
        Of each place.
    counts
        Numbers of stations, a bound each.

    Examples
    --------
    >>> covers = np.array([[True, True, False], [False, True, True]])
    >>> most_covered(covers, np.array([1.0, 2.0, 4.0]), [1, 2])
    [6.0, 7.0]
    """
    return [round(-_located(covers, weight, n).mip_dual_bound, 9) for n in counts]


def best_covering(
    covers: NDArray[np.bool_], weight: FloatArray, count: int
) -> list[int]:
    """
    Return the stations, so many, that cover the most weight, as `most_covered` has it.

    Examples
    --------
    >>> covers = np.array([[True, True, False], [False, True, True]])
    >>> best_covering(covers, np.array([1.0, 2.0, 4.0]), 1)
    [1]
    """
    chosen = _located(covers, weight, count).x[: len(covers)] > 0.5
    # What covers nothing more is no worse than another such.
    order = np.argsort(~chosen, kind="stable")
    return sorted(order[:count].tolist())


def _located(
    covers: NDArray[np.bool_], weight: FloatArray, count: int
) -> OptimizeResult:
    """Solve a maximal covering location problem: which stations, which places."""
    # Places that the same stations cover are one; those that none does count nothing.
    packed = np.ascontiguousarray(np.packbits(covers, axis=0).T)
    _, first, of = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    kinds = covers[:, first]
    total = np.bincount(of.reshape(-1), weights=weight) * kinds.any(axis=0)
    stations, places = kinds.shape
    place, station = np.nonzero(kinds.T)
    by = coo_array((np.ones(len(place)), (place, station)), shape=(places, stations))
    chosen = np.concatenate([np.ones(stations), np.zeros(places)]).reshape(1, -1)
    rows = vstack([hstack([-by, identity(places)]), coo_array(chosen)], format="csr")
    return milp(
        -np.concatenate([np.zeros(stations), total]),
        integrality=np.repeat([1, 0], [stations, places]),
        bounds=Bounds(0.0, 1.0),
        constraints=LinearConstraint(
            rows, -np.inf, np.append(np.zeros(places), float(count))
        ),
        options={"node_limit": _NODES, "mip_rel_gap": 0.0},
    )
