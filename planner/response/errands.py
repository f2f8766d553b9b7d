"""List what drones could fly for an incident: from where, when, at which layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely

from planner.basics.clock import Span
from planner.basics.geometry import FloatArray
from planner.flown.tracks import FlownRoute
from planner.given.drone import DroneModel
from planner.given.stamina import longest_sortie_s
from planner.implied.aloft import ground_m, open_between, privacy_aloft
from planner.plan import Sortie
from planner.response.airways import Airways, airways_at, closed_between, heights_m
from planner.response.aloft import aloft
from planner.response.byways import Way, draw
from planner.response.launches import launches
from planner.response.standby import Days, days_away, drones_at, moves_of
from planner.response.traffic import Flight
from planner.scenario import Scenario, Station


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Errand:
    """
    What one drone could fly for an incident at one layer.

    Parameters
    ----------
    station
        Where it lands: where it stands ready, or where the route ends that it leaves.
    route, takeoff_s
        The sortie that it leaves; "" and 0 if it stands ready.
    starts
        When it may take off or leave its route, were nobody else in the air, closed
        spans [s from the start of the horizon].
    holds
        Whether it holds where it is until then.
    hold, out, stay, home
        Its flights: holding, from its start until overhead, being overhead, and from
        there until it has landed.
    landings
        When it must not leave for home, since something else moves at its station as
        it lands, open spans, shape (k, 2).
    lasts_s, until_s
        By when it has to leave for home: after its start, and by the clock.
    """

    drone: str
    station: Station
    route: str
    takeoff_s: float
    layer_m: float
    starts: tuple[Span, ...]
    holds: bool
    hold: Flight
    out: Flight
    stay: Flight
    home: Flight
    landings: FloatArray
    lasts_s: float = float("inf")
    until_s: float = float("inf")

    @property
    def over_s(self) -> float:
        """From its start until it is overhead [s]."""
        return float(self.out.t[-1])


def errands(
    scenario: Scenario,
    routes: Sequence[FlownRoute],
    days: Mapping[str, Sequence[Sortie]],
    place: FloatArray,
    moment_s: float,
    until_s: float,
) -> list[Errand]:
    """
    Return what drones could fly for an incident at a moment, starting in time.

    Who would not be there, stay for `overhead_s` and get home in time is left out.

    Parameters
    ----------
    days
        Sorties by drone, in the order of take-off.
    place
        Shape (2,) [m].
    until_s
        The latest start.
    """
    away = days_away([flown.route for flown in routes], days)
    ready = {
        s.id: {
            drone: spans
            for drone, spans in launches(scenario, s, away, moment_s, until_s).items()
            if spans
        }
        for s in scenario.stations
    }
    drone = {(s.route, s.takeoff_s): d for d, day in days.items() for s in day}
    found: list[Errand] = []
    for layer_m in heights_m(scenario):
        ways = airways_at(scenario, layer_m)
        if not ways.is_open(place.reshape(1, 2))[0]:
            continue
        homes = _homes(scenario, ways, away, place)
        found += _from_stations(scenario, ways, homes, ready, place)
        found += _from_the_air(
            scenario, ways, homes, routes, drone, place, (moment_s, until_s)
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Home:
    """The way home to a station, and when a drone has to be on it."""

    flight: Flight
    landings: FloatArray
    lasts_s: float


def _homes(
    scenario: Scenario,
    ways: Airways,
    days: Days,
    place: FloatArray,
) -> dict[str, _Home]:
    """Return the ways home to the stations that are near enough."""
    found = {}
    for station in scenario.stations:
        model = scenario.model(station.model)
        way = _way(scenario, ways, model, place, _at(station))
        if way is None:
            continue
        descent_s = ways.layer_m / model.descent_mps
        lasts_s = longest_sortie_s(model, scenario.rules.ceiling_m)
        lasts_s -= descent_s + float(way.t[-1])
        if lasts_s < scenario.rules.overhead_s:
            continue
        flight = Flight(
            xy=np.vstack([way.xy, way.xy[-1:]]),
            z=np.append(np.full(len(way.t), ways.layer_m), ground_m(scenario, station)),
            t=np.append(way.t, way.t[-1] + descent_s),
        )
        here = days.get(station.id, {})
        moves = moves_of(here.get(drone, ()) for drone in drones_at(station, days))
        moves -= float(flight.t[-1])
        spacing_s = scenario.rules.launch_spacing_s
        found[station.id] = _Home(
            flight=flight,
            landings=np.column_stack([moves - spacing_s, moves + spacing_s]),
            lasts_s=lasts_s,
        )
    return found


def _from_stations(
    scenario: Scenario,
    ways: Airways,
    homes: Mapping[str, _Home],
    ready: Mapping[str, Mapping[str, tuple[Span, ...]]],
    place: FloatArray,
) -> Iterator[Errand]:
    """Yield what the drones that stand ready could fly."""
    for station in scenario.stations:
        home = homes.get(station.id)
        if home is None or station.id in ways.grounded or not ready[station.id]:
            continue
        model = scenario.model(station.model)
        way = _way(scenario, ways, model, _at(station), place)
        if way is None:
            continue
        out = _from(way, ground_m(scenario, station), ways, model.climb_mps)
        if out.t[-1] + scenario.rules.overhead_s > home.lasts_s:
            continue
        for drone, starts in ready[station.id].items():
            yield Errand(
                drone=drone,
                station=station,
                route="",
                takeoff_s=0.0,
                layer_m=ways.layer_m,
                starts=starts,
                holds=False,
                hold=_resting(_at(station), ground_m(scenario, station)),
                out=out,
                stay=_resting(place, ways.layer_m),
                home=home.flight,
                landings=home.landings,
                lasts_s=home.lasts_s,
            )


def _from_the_air(
    scenario: Scenario,
    ways: Airways,
    homes: Mapping[str, _Home],
    routes: Sequence[FlownRoute],
    drone: Mapping[tuple[str, float], str],
    place: FloatArray,
    during: Span,
) -> Iterator[Errand]:
    """Yield what the drones on their routes could fly."""
    moment_s, until_s = during
    private = shapely.union_all([p.geometry for p in privacy_aloft(scenario)])

    @cache
    def band(from_m: float) -> shapely.STRtree:
        low_m, high_m = sorted((from_m, ways.layer_m))
        return shapely.STRtree(closed_between(scenario, low_m, high_m))

    for k, flown in enumerate(routes):
        home = homes.get(flown.lands_at.id)
        if home is None:
            continue
        air = aloft(scenario, ways, flown, np.array([moment_s]))
        for i, takeoff_s in enumerate(air.takeoff_s.tolist()):
            at, from_m = air.xy[i], flown.route.layer_m
            way = _way(scenario, ways, flown.model, at, place)
            shut = band(from_m).query(shapely.Point(at), "intersects")
            name = drone.get((flown.route.id, takeoff_s))
            if way is None or len(shut) or name is None:
                continue
            rise_m = ways.layer_m - from_m
            rate_mps = flown.model.climb_mps if rise_m > 0 else flown.model.descent_mps
            own = (k, takeoff_s)
            out = _from(way, from_m, ways, rate_mps, own)
            start_s = takeoff_s + float(air.spent_s[i]) - abs(rise_m) / rate_mps
            last_s = takeoff_s + home.lasts_s - scenario.rules.overhead_s
            last_s -= float(out.t[-1])
            if last_s < start_s:
                continue
            # Over a privacy zone nobody stays.
            waits = not shapely.intersects_xy(private, *at)
            latest_s = max(start_s, min(last_s, until_s)) if waits else start_s
            yield Errand(
                drone=name,
                station=flown.lands_at,
                route=flown.route.id,
                takeoff_s=takeoff_s,
                layer_m=ways.layer_m,
                starts=((start_s, latest_s),),
                holds=True,
                hold=_resting(at, from_m, own),
                out=out,
                stay=_resting(place, ways.layer_m, own),
                home=Flight(
                    xy=home.flight.xy, z=home.flight.z, t=home.flight.t, own=own
                ),
                landings=home.landings,
                until_s=takeoff_s + home.lasts_s,
            )


def _from(
    way: Way,
    from_m: float,
    ways: Airways,
    rate_mps: float,
    own: tuple[int, float] | None = None,
) -> Flight:
    """Return a way with the change of height before it, if there is one."""
    heights = np.full(len(way.t), ways.layer_m)
    if from_m == ways.layer_m:
        return Flight(xy=way.xy, z=heights, t=way.t, own=own)
    change_s = abs(ways.layer_m - from_m) / rate_mps
    return Flight(
        xy=np.vstack([way.xy[:1], way.xy]),
        z=np.append(from_m, heights),
        t=np.append(0.0, way.t + change_s),
        own=own,
    )


def _way(
    scenario: Scenario,
    ways: Airways,
    model: DroneModel,
    start: FloatArray,
    end: FloatArray,
) -> Way | None:
    """Return a level way at a layer that is open over all ground below it."""
    (way,) = draw(ways, model.airspeed_mps, start.reshape(1, 2), end.reshape(1, 2))
    if way is None or scenario.terrain is None:
        return way
    below = shapely.LineString(way.xy) if len(way.xy) > 1 else shapely.Point(way.xy[0])
    open_m, _ = open_between(scenario, scenario.terrain, below)
    return way if ways.layer_m in open_m else None


def _resting(
    at: FloatArray, height_m: float, own: tuple[int, float] | None = None
) -> Flight:
    """Return being at a place, for no time."""
    return Flight(xy=np.array([at, at]), z=np.full(2, height_m), t=np.zeros(2), own=own)


def _at(station: Station) -> FloatArray:
    return np.array([station.point.x, station.point.y])
