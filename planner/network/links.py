"""Link the stations of a part with its targets by legs, for every drone type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.airspace.freespace import FreeSpace
from planner.basics.geometry import FloatArray, grown
from planner.implied.winds import all_winds
from planner.network.legs import Legs
from planner.network.obstacles import obstacles_near
from planner.network.reach import aloft_s
from planner.network.sights import see
from planner.scenario import Scenario
from planner.targets import Way

IntArray = NDArray[np.int64]


class Network(Protocol):
    """Quickest leg times between places, and the paths behind them."""

    def times_s(self, starts: IntArray, ends: IntArray) -> FloatArray:
        """Return the times between some places, shape (starts, ends) [s]."""
        ...

    def path(self, i: int, j: int) -> FloatArray:
        """Return the vertices of the leg from place i to place j."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Links:
    """
    Legs between stations and ways.

    Parameters
    ----------
    legs
        By drone type.
    home, entry, leave
        Places of stations, and of each way's start and end, in the legs.
    """

    legs: Mapping[str, Network]
    home: IntArray
    entry: IntArray
    leave: IntArray


def link(
    scenario: Scenario,
    space: FreeSpace,
    station_ids: Sequence[int],
    ways: Sequence[Way],
) -> Links:
    """Return the links of stations, by index, with ways of targets, and of ways."""
    stations = [scenario.stations[i] for i in station_ids]
    depots = np.array([[s.point.x, s.point.y] for s in stations])
    places, index = np.unique(
        np.vstack([depots, [w.xy[0] for w in ways], [w.xy[-1] for w in ways]]),
        axis=0,
        return_inverse=True,
    )
    index = index.ravel()
    s, n = len(stations), len(ways)
    home = index[:s]
    own = np.full(len(places), -1)
    own[home] = station_ids
    models = [scenario.model(name) for name in sorted({st.model for st in stations})]
    # Out and back take no less in any wind than in still air: so no two points of
    # a sortie are farther apart than half of it.
    reach_m = max(m.airspeed_mps * aloft_s(scenario, m) / 2 for m in models)
    area = grown(shapely.MultiPoint(places).convex_hull, reach_m)
    sights = see(obstacles_near(space, area, station_ids), places, own, reach_m)
    winds = all_winds(scenario)
    return Links(
        legs={m.model: Legs(sights, m, winds, aloft_s(scenario, m)) for m in models},
        home=home,
        entry=index[s : s + n],
        leave=index[s + n :],
    )
