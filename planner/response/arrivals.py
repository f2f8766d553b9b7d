"""Work out who could be over each place first, at many moments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray
from planner.flown.tracks import FlownRoute
from planner.given.aloft import ground_m
from planner.given.drone import DroneModel
from planner.given.stamina import longest_sortie_s
from planner.plan import Plan
from planner.response.airways import Airways
from planner.response.rounds import days_of
from planner.response.standby import days_away, standby
from planner.scenario import Scenario, Station

_DECIMALS = 6


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
    sink_m
        How far drones come down over each, shape (n,).
    near
        By station, the places from which its drones may get home.
    out_s, back_s
        By station, the flights to those and back: level, down there and up again.
    """

    xy: FloatArray
    room_m: FloatArray
    sink_m: FloatArray
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
    sink_m = ways.sink_m(xy)
    open_ = ways.is_open(xy) & np.isfinite(sink_m)
    near, out_s, back_s = {}, {}, {}
    for station in scenario.stations:
        model = scenario.model(station.model)
        home = np.array([station.point.x, station.point.y])
        longest_s = _longest_s(scenario, ways, station)
        reach_m = longest_s * (model.airspeed_mps + ways.strongest_mps) / 2
        mine = np.flatnonzero(open_ & (np.hypot(*(xy - home).T) <= reach_m))
        there = xy[mine]
        at_home = np.broadcast_to(home, there.shape)
        room = room_m[mine] + ways.room_m(np.array([station.point]))
        out = ways.flight_s(model.airspeed_mps, at_home, there, room)
        out += sink_m[mine] / model.descent_mps
        back = ways.flight_s(model.airspeed_mps, there, at_home, room)
        back += sink_m[mine] / model.climb_mps
        comes_home = np.isfinite(back) & (back <= longest_s)
        near[station.id] = mine[comes_home]
        out_s[station.id] = out[comes_home]
        back_s[station.id] = back[comes_home]
    return Ground(
        xy=xy, room_m=room_m, sink_m=sink_m, near=near, out_s=out_s, back_s=back_s
    )


def _longest_s(scenario: Scenario, ways: Airways, station: Station) -> float:
    """Return the longest sortie of a station's drones, with what they climb [s]."""
    up_m = max(scenario.rules.ceiling_m, _rise_m(scenario, ways, station))
    if ways.terrain is not None:
        # Down to the ceiling over the lowest ground, and up again.
        lowest_m = float(np.nanmin(ways.terrain.lowest_m))
        up_m += max(0.0, ways.layer_m - lowest_m - ways.ceiling_m)
    return longest_sortie_s(scenario.model(station.model), up_m)


def _rise_m(scenario: Scenario, ways: Airways, station: Station) -> float:
    """Return how far the height for incidents is over a station's ground [m]."""
    return ways.layer_m - ground_m(scenario, station)


def spare_s(
    scenario: Scenario, ways: Airways, stations: Sequence[Station], back_s: FloatArray
) -> FloatArray:
    """
    Return by when after take-off a drone has to be over places, to get home in time.

    It stays for `overhead_s` there, flies home and lands within the longest sortie
    that time and energy allow whatever it does.

    Parameters
    ----------
    stations
        Where it takes off, first, and where it lands, last.
    """
    descent_mps = scenario.model(stations[-1].model).descent_mps
    descent_s = _rise_m(scenario, ways, stations[-1]) / descent_mps
    longest_s = _longest_s(scenario, ways, stations[0])
    return longest_s - descent_s - back_s - scenario.rules.overhead_s


def from_stations(
    scenario: Scenario, plan: Plan, ways: Airways, land: Ground, moments: FloatArray
) -> Iterator[tuple[NDArray[np.int64], FloatArray]]:
    """
    Yield for each station its places, and when a ready drone could be over them.

    Shape (moments, places) [s], infinite where none can.
    """
    days = days_away(plan.routes, days_of(scenario, plan))
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
    climb_s = _rise_m(scenario, ways, station) / model.climb_mps
    needed_s = climb_s + land.out_s[station.id]
    latest_s = spare_s(scenario, ways, (station,), land.back_s[station.id])
    return np.where(needed_s <= latest_s, needed_s, np.inf)


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


def flights_s(
    ways: Airways,
    land: Ground,
    model: DroneModel,
    start: FloatArray,
    there: NDArray[np.int64],
    room_m: FloatArray | float = 0.0,
    within_s: FloatArray | float = np.inf,
) -> FloatArray:
    """
    Return how long flights from places in the air take, down to others, shape (n,).

    Parameters
    ----------
    start
        Shape (n, 2).
    there
        Which places are flown to, shape (n,).
    room_m, within_s
        See `Airways.flight_s`.
    """
    sinks_s = land.sink_m[there] / model.descent_mps
    end = land.xy[there]
    return sinks_s + ways.flight_s(
        model.airspeed_mps, start, end, room_m, within_s - sinks_s
    )


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
    back_s = land.back_s[flown.lands_at.id]
    latest_s = spare_s(scenario, ways, flown.stations, back_s)
    # Sorties are alike: who has flown as long flies on from the same place.
    order, first, of = _alike(air.spent_s)
    xy, spent_s = air.xy[order[first]], air.spent_s[order[first]]
    left_s = best[air.moment[:, None], near] - air.delay_s[:, None]
    # Who is too far off even straight and with the wind need not be looked at.
    left_s = np.minimum(
        np.maximum.reduceat(left_s[order], first, axis=0), latest_s - spent_s[:, None]
    )
    reach_m = np.maximum(left_s, 0.0) * (model.airspeed_mps + ways.strongest_mps)
    dx = land.xy[near, 0] - xy[:, :1]
    dy = land.xy[near, 1] - xy[:, 1:]
    who, place = np.nonzero(dx * dx + dy * dy < reach_m * reach_m)
    there = near[place]
    # Nowhere on its route is a drone nearer to what is closed than all of its route.
    path = shapely.linestrings(flown.xy)
    room_m = ways.room_m(np.array([path]))[0] + land.room_m[there]
    within_s = left_s[who, place]
    flight_s = flights_s(ways, land, model, xy[who], there, room_m, within_s)
    able = spent_s[who] + flight_s <= latest_s[place]
    reached, column = np.unique(place[able], return_inverse=True)
    if not len(reached):
        return
    soonest_s = np.full((len(xy), len(reached)), np.inf)
    soonest_s[who[able], column] = flight_s[able]
    there_s = soonest_s[of] + air.delay_s[:, None]
    order, first, _ = _alike(air.moment)
    here = np.ix_(air.moment[order[first]], near[reached])
    best[here] = np.minimum(
        best[here], np.minimum.reduceat(there_s[order], first, axis=0)
    )


def _alike(
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
