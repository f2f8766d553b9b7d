"""Rank the drones for one incident, with what the patrol loses by each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from planner.basics.clock import Span
from planner.basics.geometry import FloatArray
from planner.flown.tracks import FlownRoute, flown_routes, over_horizon_of
from planner.given.stamina import longest_sortie_s, turnaround_after_s
from planner.plan import Plan, Sortie, Stop
from planner.response.airways import Airways, airways
from planner.response.arrivals import Ground, airborne_s, aloft, ground, spare_s
from planner.response.standby import days_away, drones_of, sorties_by_drone, standby
from planner.scenario import Scenario, Station

Flight = tuple[str, float]
"""A sortie, by its route and its take-off [s]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LostVisit:
    """
    What one zone loses.

    Parameters
    ----------
    stops
        Visits to its targets that are not flown.
    late_s
        How much longer than its interval the worst of those targets waits; 0 if
        none waits too long.
    caught_up_s
        By when the last of them is visited again, on the clock of its route [s from
        the start of the horizon]; None if not in the same window.
    """

    zone: str
    stops: int
    late_s: float
    caught_up_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What one drone can do about an incident.

    Parameters
    ----------
    route
        That it leaves, or "" if it stands ready at its station.
    overhead_s
        From the call until it is overhead, at most.
    stays_s
        How long it can stay and still land in time: at its station, or where its
        route ends.
    sorties_lost
        Flights of the roster that are broken off or not flown, because no other
        drone at the station is free for them. For a route that ends elsewhere none
        is: it would be missed where it stands.
    lost
        By zone, the longest waits first.
    """

    drone: str
    station: str
    route: str
    overhead_s: float
    stays_s: float
    sorties_lost: int
    lost: tuple[LostVisit, ...]


def dispatch(
    scenario: Scenario, plan: Plan, xy: FloatArray, moment_s: float
) -> tuple[Answer, ...]:
    """
    Return the drones that can be over a place, the first there first.

    What is lost is told for a drone that stays as long as it can; until it is ready
    again its flights are flown by others of its station where one is free.

    Parameters
    ----------
    xy
        The place, shape (2,) [m].
    moment_s
        Of the call, from the start of the horizon.
    """
    scenario = over_horizon_of(scenario, plan)
    if not np.isfinite(xy).all():
        return ()
    ways = airways(scenario)
    land = ground(scenario, ways, np.asarray(xy, dtype=float).reshape(1, 2))
    routes = flown_routes(scenario, plan)
    roster = _Roster(scenario, plan, routes)
    able = sorted(
        [
            *_from_stations(scenario, ways, land, roster, moment_s),
            *_from_the_air(scenario, ways, land, roster, moment_s),
        ],
        key=lambda one: (one.overhead_s, one.drone, one.route),
    )
    first = {one.drone: one for one in reversed(able)}  # each drone once, at its best
    return tuple(
        _answer(scenario, roster, one, moment_s)
        for one in able
        if first[one.drone] is one
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Able:
    """A drone that can be there, and the flight that it breaks off."""

    drone: str
    station: str
    route: str
    overhead_s: float
    stays_s: float
    leaves_s: float
    takeoff_s: float


class _Roster:
    """The roster, asked from all sides."""

    def __init__(
        self, scenario: Scenario, plan: Plan, routes: Sequence[FlownRoute]
    ) -> None:
        self.days = sorties_by_drone(plan)
        self.away = days_away(plan)
        self.planned = {route.id: route for route in plan.routes}
        self.routes = routes
        self.flown = {f.route.id: f for f in routes}
        self.drone: dict[Flight, str] = {
            (s.route, s.takeoff_s): s.drone for s in plan.roster
        }
        self.windows = {z.id: scenario.windows(z) for z in scenario.zones}
        self.intervals_s = {z.id: z.revisit_s for z in scenario.zones}
        self.visits: dict[str, list[tuple[float, float, Flight]]] = defaultdict(list)
        for flown in routes:
            for stop in flown.route.stops:
                self.visits[stop.target] += [
                    (t + stop.enter_s, t + stop.exit_s, (flown.route.id, t))
                    for t in flown.takeoffs.tolist()
                ]

    def is_free(self, drone: str, station: str, span: Span) -> bool:
        """Whether a drone stands ready at a station for a stretch of time."""
        return all(
            s.ready_s <= span[0] or span[1] <= s.takeoff_s
            for s in self.away.get(station, {}).get(drone, ())
        )

    def free_at(self, station: Station, span: Span) -> list[str]:
        """Return the drones that stand ready at a station for a stretch of time."""
        own = drones_of(station)
        here = [*own, *sorted(self.away.get(station.id, {}).keys() - set(own))]
        return [drone for drone in here if self.is_free(drone, station.id, span)]


def _from_stations(
    scenario: Scenario, ways: Airways, land: Ground, roster: _Roster, moment_s: float
) -> Iterator[_Able]:
    """Yield the drones that stand ready."""
    for station in scenario.stations:
        if station.id in ways.grounded or not len(land.near[station.id]):
            continue
        model = scenario.model(station.model)
        flight_s = float(airborne_s(scenario, ways, land, station)[0])
        spare = float(spare_s(scenario, ways, model, land.back_s[station.id])[0])
        ready = standby(scenario, station, roster.away, np.array([moment_s]))
        leaves_s = float(ready.launch_s[0])
        for drone, able in zip(ready.drones, ready.ready[:, 0].tolist(), strict=True):
            if able and np.isfinite(flight_s):
                yield _Able(
                    drone=drone,
                    station=station.id,
                    route="",
                    overhead_s=leaves_s + flight_s,
                    stays_s=spare - flight_s + scenario.rules.overhead_s,
                    leaves_s=moment_s + leaves_s,
                    takeoff_s=moment_s + leaves_s,
                )


def _from_the_air(
    scenario: Scenario, ways: Airways, land: Ground, roster: _Roster, moment_s: float
) -> Iterator[_Able]:
    """Yield the drones on their routes."""
    for flown in roster.routes:
        if not len(land.near[flown.lands_at.id]):
            continue
        air = aloft(scenario, ways, flown, np.array([moment_s]))
        there = np.broadcast_to(land.xy, air.xy.shape)
        flight_s = ways.flight_s(flown.model.airspeed_mps, air.xy, there)
        back_s = land.back_s[flown.lands_at.id]
        spare = float(spare_s(scenario, ways, flown.model, back_s)[0])
        left_s = spare - air.spent_s - flight_s
        for i in np.flatnonzero(left_s >= 0).tolist():
            takeoff_s = float(air.takeoff_s[i])
            yield _Able(
                drone=roster.drone[flown.route.id, takeoff_s],
                station=flown.lands_at.id,
                route=flown.route.id,
                overhead_s=float(air.delay_s[i] + flight_s[i]),
                stays_s=float(left_s[i]) + scenario.rules.overhead_s,
                leaves_s=max(moment_s, takeoff_s),
                takeoff_s=takeoff_s,
            )


def _answer(scenario: Scenario, roster: _Roster, one: _Able, moment_s: float) -> Answer:
    """Return what a drone can do, with what is lost by it."""
    station = scenario.station(one.station)
    model = scenario.model(station.model)
    ceiling_m = scenario.rules.ceiling_m
    longest_s = longest_sortie_s(model, ceiling_m)
    back_s = one.takeoff_s + longest_s
    back_s += turnaround_after_s(model, longest_s, ceiling_m)
    broken: dict[Flight, float] = {}
    if one.route:
        broken[one.route, one.takeoff_s] = one.leaves_s
    taken: dict[str, list[Span]] = defaultdict(list)
    place = one.station
    for sortie in roster.days.get(one.drone, ()):
        if sortie.takeoff_s <= moment_s or sortie.route not in roster.planned:
            continue
        route = roster.planned[sortie.route]
        if sortie.takeoff_s >= back_s and route.depot == place:
            place = route.lands_at
            continue
        flight = (sortie.route, sortie.takeoff_s)
        begins_at = scenario.station(route.depot)
        if flight in broken or (
            not route.ends_at and _is_flown(roster, begins_at, one.drone, sortie, taken)
        ):
            continue
        broken[flight] = sortie.takeoff_s
    return Answer(
        drone=one.drone,
        station=one.station,
        route=one.route,
        overhead_s=one.overhead_s,
        stays_s=one.stays_s,
        sorties_lost=len(broken),
        lost=_lost(roster, broken),
    )


def _is_flown(
    roster: _Roster,
    station: Station,
    instead_of: str,
    sortie: Sortie,
    taken: dict[str, list[Span]],
) -> bool:
    """Whether another drone at a station can fly a sortie; it is then busy with it."""
    span = (sortie.takeoff_s, sortie.ready_s)
    for drone in roster.free_at(station, span):
        if drone != instead_of and all(
            high <= span[0] or span[1] <= low for low, high in taken[drone]
        ):
            taken[drone].append(span)
            return True
    return False


def _lost(roster: _Roster, broken: Mapping[Flight, float]) -> tuple[LostVisit, ...]:
    """Return what zones lose by flights that are not flown from some moment on."""
    missed: dict[str, list[tuple[Stop, float]]] = defaultdict(list)
    for (route, takeoff_s), from_s in broken.items():
        flown = roster.flown.get(route)
        for stop in flown.route.stops if flown else ():
            if takeoff_s + stop.exit_s > from_s:
                for zone in stop.zones:
                    missed[zone].append((stop, takeoff_s))
    found = []
    for zone, stops in missed.items():
        waits = [
            _wait(roster, zone, stop, takeoff_s, broken) for stop, takeoff_s in stops
        ]
        counted = [wait for wait in waits if wait is not None]
        if counted:
            again = [at for _, at in counted]
            whole = [at for at in again if at is not None]
            found.append(
                LostVisit(
                    zone=zone,
                    stops=len(counted),
                    late_s=max(late for late, _ in counted),
                    caught_up_s=max(whole) if len(whole) == len(again) else None,
                )
            )
    return tuple(sorted(found, key=lambda v: (-v.late_s, v.zone)))


def _wait(
    roster: _Roster,
    zone: str,
    stop: Stop,
    takeoff_s: float,
    broken: Mapping[Flight, float],
) -> tuple[float, float | None] | None:
    """
    Return how late a target is seen again, and when; None if its zone is not active.

    As the rule on revisits measures it: from the start of the visit before to the end
    of the one after, within the window; by one route, from entry to entry.
    """
    enter_s, exit_s = takeoff_s + stop.enter_s, takeoff_s + stop.exit_s
    window = next(
        (
            (low, high)
            for low, high in roster.windows.get(zone, ())
            if low <= enter_s and exit_s <= high
        ),
        None,
    )
    if window is None:
        return None
    kept = [
        (enter, leave, flight[0])
        for enter, leave, flight in roster.visits[stop.target]
        if window[0] <= enter
        and leave <= window[1]
        and not leave > broken.get(flight, np.inf)
    ]
    before = max((v for v in kept if v[0] < enter_s), default=None)
    after = min((v for v in kept if v[0] > enter_s), default=None)
    since_s = window[0] if before is None else before[0]
    wait_s = (window[1] if after is None else after[1]) - since_s
    if before and after and before[2] == after[2]:
        # Seen the same way, each point of the target waits from entry to entry.
        wait_s = max(after[0] - before[0], after[1] - before[1])
    late_s = max(0.0, wait_s - roster.intervals_s[zone])
    return late_s, None if after is None else after[1]
