"""Say where the drones of a route could leave it for an incident."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray
from planner.flown.tracks import FlownRoute
from planner.response.airways import Airways
from planner.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aloft:
    """
    Drones in the air on a route, one entry a drone and moment.

    Parameters
    ----------
    moment
        Index of the moment, shape (k,).
    takeoff_s
        Of its sortie.
    xy
        Where it leaves its route, shape (k, 2) [m].
    delay_s
        From the moment until it leaves from there, at the height for incidents.
    spent_s
        From its take-off until then.
    """

    moment: NDArray[np.int64]
    takeoff_s: FloatArray
    xy: FloatArray
    delay_s: FloatArray
    spent_s: FloatArray


def aloft(
    scenario: Scenario, ways: Airways, flown: FlownRoute, moments: FloatArray
) -> Aloft:
    """
    Return where the drones of a route could leave it for an incident.

    Once at their layer, until they come down; a drone that takes off within
    `launch_s` does so as planned, and leaves from the top of its climb. From its
    layer it first changes to the height for incidents. None leaves from where that may
    not be over all ground.
    """
    top_s, end_s = float(flown.t[1]), float(flown.t[-2])
    first = np.searchsorted(moments, flown.takeoffs - scenario.rules.launch_s, "left")
    last = np.searchsorted(moments, flown.takeoffs + end_s, "right")
    count = np.maximum(last - first, 0)
    sortie = np.repeat(np.arange(len(count)), count)
    moment = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count - first, count)
    since_s = moments[moment] - flown.takeoffs[sortie]
    leaves_s = np.maximum(since_s, top_s)
    rise_m = ways.layer_m - flown.route.layer_m
    model = flown.model
    change_s = rise_m / model.climb_mps if rise_m > 0 else -rise_m / model.descent_mps
    xy = flown.at(leaves_s)
    able = ways.holds(xy)
    return Aloft(
        moment=moment[able],
        takeoff_s=flown.takeoffs[sortie][able],
        xy=xy[able],
        delay_s=(leaves_s - since_s + change_s)[able],
        spent_s=(leaves_s + change_s)[able],
    )
