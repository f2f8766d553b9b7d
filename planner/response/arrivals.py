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
from planner.implied.aloft import ground_m
from planner.plan import Plan
from planner.response.airways import Airways
from planner.response.aloft import Aloft, aloft
from planner.response.likeness import alike
from planner.response.rounds import days_of
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
    order, first, of = alike(air.spent_s)
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
    order, first, _ = alike(air.moment)
    here = np.ix_(air.moment[order[first]], near[reached])
    best[here] = np.minimum(
        best[here], np.minimum.reduceat(there_s[order], first, axis=0)
    )
