"""Bound how much of the demand drones that stand ready could cover in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, hstack, identity, vstack

from planner.basics.geometry import FloatArray
from planner.flown.tracks import over_horizon_of
from planner.plan import Plan
from planner.response.airways import airways
from planner.response.arrivals import airborne_s, ground
from planner.response.figures import moments_of
from planner.response.places import places
from planner.response.standby import days_away, standby
from planner.scenario import Scenario

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
    asked = places(scenario, ways)
    land = ground(scenario, ways, asked.xy)
    moments = moments_of(scenario)
    days = days_away(plan)
    stations = [s for s in scenario.stations if s.id not in ways.grounded]
    covers = np.zeros((len(stations), len(asked.weight)), dtype=bool)
    count = np.zeros(len(moments), dtype=np.int64)
    covered = np.zeros((len(moments), len(asked.weight)), dtype=bool)
    for k, station in enumerate(stations):
        near = land.near[station.id]
        leaves_s = standby(scenario, station, days, moments).leaves_s
        flight_s = airborne_s(scenario, ways, land, station)
        count += np.isfinite(leaves_s)
        covered[:, near] |= leaves_s[:, None] + flight_s <= WITHIN_S
        covers[k, near] = scenario.rules.launch_s + flight_s <= WITHIN_S
    total = max(float(asked.weight.sum()), 1e-300)
    sizes, often = np.unique(count, return_counts=True)
    bounds = most_covered(covers, asked.weight, sizes.tolist())
    shares = {
        "ready_share": (covered @ asked.weight).sum() / len(moments) / total,
        "bound_share": often @ np.array(bounds) / often.sum() / total,
        "all_share": asked.weight @ covers.any(axis=0) / total,
    }
    rounded = {name: round(float(share), _DECIMALS) for name, share in shares.items()}
    return {"within_s": WITHIN_S, **rounded}


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
    # Places that the same stations cover are one.
    reached = covers.any(axis=0)
    packed = np.ascontiguousarray(np.packbits(covers[:, reached], axis=0).T)
    _, first, of = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    if not len(first):
        return [0.0 for _ in counts]
    kinds = covers[:, reached][:, first]
    total = np.bincount(of.reshape(-1), weights=weight[reached])
    stations, places = kinds.shape
    place, station = np.nonzero(kinds.T)
    by = coo_array((np.ones(len(place)), (place, station)), shape=(places, stations))
    chosen = np.concatenate([np.ones(stations), np.zeros(places)]).reshape(1, -1)
    rows = vstack([hstack([-by, identity(places)]), coo_array(chosen)], format="csr")
    return [
        round(
            -milp(
                -np.concatenate([np.zeros(stations), total]),
                integrality=np.repeat([1, 0], [stations, places]),
                bounds=Bounds(0.0, 1.0),
                constraints=LinearConstraint(
                    rows, -np.inf, np.append(np.zeros(places), float(count))
                ),
                options={"node_limit": _NODES, "mip_rel_gap": 0.0},
            ).mip_dual_bound,
            9,
        )
        for count in counts
    ]
