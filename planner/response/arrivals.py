"""Work out who could be over each place first, at many moments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray
from planner.flown.tracks import FlownRoute
from planner.given.drone import DroneModel
from planner.given.stamina import longest_sortie_s
from planner.plan import Plan
from planner.response.airways import Airways
from planner.response.standby import days_away, standby
from planner.scenario import Scenario, Station


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """
    Places, and what there is to know of them whatever the moment.

    Parameters
    ----------
    xy
        Shape (n, 2) [m].
    room_m
        How far each is from what is closed, shape (n,).
    near
        By station, the places from which its drones may get home.
    out_s, back_s
        By station, the flights to those and back, level.
    """

    xy: FloatArray
    room_m: FloatArray
    near: dict[str, NDArray[np.int64]]
    out_s: dict[str, FloatArray]
    back_s: dict[str, FloatArray]


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


def ground(scenario: Scenario, ways: Airways, xy: FloatArray) -> Ground:
    """Return places with their flights from and to each station."""
    room_m = ways.room_m(shapely.points(xy))
    open_ = ways.is_open(xy)
    near, out_s, back_s = {}, {}, {}
    for station in scenario.stations:
        model = scenario.model(station.model)
        home = np.array([station.point.x, station.point.y])
        longest_s = longest_sortie_s(model, scenario.rules.ceiling_m)
        reach_m = longest_s * (model.airspeed_mps + ways.strongest_mps) / 2
        mine = np.flatnonzero(open_ & (np.hypot(*(xy - home).T) <= reach_m))
        there = xy[mine]
        at_home = np.broadcast_to(home, there.shape)
        room = room_m[mine] + ways.room_m(np.array([station.point]))
        out = ways.flight_s(model.airspeed_mps, at_home, there, room)
        back = ways.flight_s(model.airspeed_mps, there, at_home, room)
        comes_home = np.isfinite(back) & (back <= longest_s)
        near[station.id] = mine[comes_home]
        out_s[station.id] = out[comes_home]
        back_s[station.id] = back[comes_home]
    return Ground(xy=xy, room_m=room_m, near=near, out_s=out_s, back_s=back_s)


def spare_s(
    scenario: Scenario, ways: Airways, model: DroneModel, back_s: FloatArray
) -> FloatArray:
    """
    Return by when after take-off a drone has to be over places, to get home in time.

    It stays for `overhead_s` there, flies home and lands within the longest sortie
    that time and energy allow whatever it does.
    """
    longest_s = longest_sortie_s(model, scenario.rules.ceiling_m)
    descent_s = ways.layer_m / model.descent_mps
    return longest_s - descent_s - back_s - scenario.rules.overhead_s


def from_stations(
    scenario: Scenario, plan: Plan, ways: Airways, land: Ground, moments: FloatArray
) -> Iterator[tuple[NDArray[np.int64], FloatArray]]:
    """
    Yield for each station its places, and when a ready drone could be over them.

    Shape (moments, places) [s], infinite where none can.
    """
    days = days_away(plan)
    for station in scenario.stations:
        if station.id in ways.grounded:
            continue
        leaves_s = standby(scenario, station, days, moments).leaves_s
        yield (
            land.near[station.id],
            leaves_s[:, None] + airborne_s(scenario, ways, land, station),
        )


def airborne_s(
    scenario: Scenario, ways: Airways, land: Ground, station: Station
) -> FloatArray:
    """Return how long a ready drone flies to each place of its station, climb first."""
    model = scenario.model(station.model)
    needed_s = ways.layer_m / model.climb_mps + land.out_s[station.id]
    latest_s = spare_s(scenario, ways, model, land.back_s[station.id])
    return np.where(needed_s <= latest_s, needed_s, np.inf)


def aloft(
    scenario: Scenario, ways: Airways, flown: FlownRoute, moments: FloatArray
) -> Aloft:
    """
    Return where the drones of a route could leave it for an incident.

    Once at their layer, until they come down; a drone that takes off within
    `launch_s` does so as planned, and leaves from the top of its climb. From its
    layer it first changes to the height for incidents.
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
    return Aloft(
        moment=moment,
        takeoff_s=flown.takeoffs[sortie],
        xy=flown.at(leaves_s),
        delay_s=leaves_s - since_s + change_s,
        spent_s=leaves_s + change_s,
    )


def first_overhead_s(
    scenario: Scenario,
    plan: Plan,
    routes: Sequence[FlownRoute],
    ways: Airways,
    land: Ground,
    moments: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """
    Return when somebody could first be over each place, from each moment on [s].

    Returns
    -------
    by_any, by_ready
        Shape (moments, places): of all drones, and of those that stand ready;
        infinite where nobody can.
    """
    best = np.full((len(moments), len(land.xy)), np.inf)
    for near, times in from_stations(scenario, plan, ways, land, moments):
        best[:, near] = np.minimum(best[:, near], times)
    by_ready = best.copy()
    for flown in routes:
        near = land.near[flown.lands_at.id]
        air = aloft(scenario, ways, flown, moments)
        if len(near) and len(air.moment):
            _improve(best, scenario, ways, land, flown, near, air)
    return best, by_ready


def _improve(
    best: FloatArray,
    scenario: Scenario,
    ways: Airways,
    land: Ground,
    flown: FlownRoute,
    near: NDArray[np.int64],
    air: Aloft,
) -> None:
    """Lower times by what the drones of a route could do."""
    model = flown.model
    latest_s = spare_s(scenario, ways, model, land.back_s[flown.lands_at.id])
    # Who is too far off even straight and with the wind need not be looked at.
    left_s = np.minimum(
        best[air.moment[:, None], near] - air.delay_s[:, None],
        latest_s - air.spent_s[:, None],
    )
    reach_m = np.maximum(left_s, 0.0) * (model.airspeed_mps + ways.strongest_mps)
    dx = land.xy[near, 0] - air.xy[:, :1]
    dy = land.xy[near, 1] - air.xy[:, 1:]
    who, place = np.nonzero(dx * dx + dy * dy < reach_m * reach_m)
    there = near[place]
    # Nowhere on its route is a drone nearer to what is closed than all of its route.
    path = shapely.linestrings(flown.xy)
    room_m = ways.room_m(np.array([path]))[0] + land.room_m[there]
    flight_s = ways.flight_s(model.airspeed_mps, air.xy[who], land.xy[there], room_m)
    able = air.spent_s[who] + flight_s <= latest_s[place]
    np.minimum.at(
        best,
        (air.moment[who[able]], there[able]),
        (air.delay_s[who] + flight_s)[able],
    )
