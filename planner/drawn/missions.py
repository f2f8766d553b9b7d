"""Make routes of the missions that others drew: from a station, by its drones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from planner.basics.clock import Span
from planner.basics.geometry import FloatArray
from planner.basics.physics import flight_time_s
from planner.errors import Finding, InputError
from planner.flown.tracks import FlownRoute
from planner.formats.missions.mission import Mission
from planner.implied.aloft import ground_m
from planner.implied.winds import all_winds
from planner.plan import Route
from planner.scenario import Scenario, Station

STATION_WITHIN_M = 300.0
"""A mission is of a station at most this far from both of its ends [m]."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnRoute:
    """
    A mission as a station's drones would fly it.

    Parameters
    ----------
    file
        Where it is from.
    flown
        Its path and times, with no take-off yet. The headway of its route is the
        horizon until it is known what it is to be flown for.
    looks
        When its camera looks, seconds from take-off: while it records, where the
        mission says that, else from the end of the climb to the descent.
    """

    file: str
    flown: FlownRoute
    looks: tuple[Span, ...]

    @property
    def id(self) -> str:
        """What its route is called."""
        return self.flown.route.id

    def pieces_looked(self) -> list[tuple[Span, bool]]:
        """Return what of each piece of the path is looked along; whether at rest."""
        t, xy = self.flown.t, self.flown.xy
        moves = np.any(np.diff(xy, axis=0) != 0, axis=1)
        found = []
        for start_s, end_s in self.looks:
            low, high = np.maximum(t[:-1], start_s), np.minimum(t[1:], end_s)
            for k in np.flatnonzero(low < high):
                found.append(((float(low[k]), float(high[k])), not moves[k]))
        return found


def drawn_routes(
    scenario: Scenario, missions: Iterable[tuple[str, Mission]]
) -> tuple[tuple[DrawnRoute, ...], tuple[Finding, ...]]:
    """
    Return missions, each with the name of its file, as routes of a scenario.

    A mission is of the station that is nearest to the farther of its two ends. Its
    drones take off there, fly every leg at their own airspeed in the slowest wind
    that may blow, as the routes of a plan do, hold where the mission holds, and
    land there.

    Returns
    -------
    routes
        In the order of the missions.
    findings
        Why others are no routes of the scenario: they begin and end at no station,
        or the wind keeps them from their track.

    Raises
    ------
    InputError
        With these, if no mission is a route of the scenario.
    """
    routes, findings = list[DrawnRoute](), list[Finding]()
    taken: Counter[str] = Counter()
    for file, mission in missions:
        station, distance_m = _station_of(scenario, mission)
        if distance_m > STATION_WITHIN_M:
            findings.append(
                Finding(
                    code="W-DRAWN-STATION",
                    file=file,
                    feature=mission.name,
                    values={
                        "station": station.id,
                        "distance_m": round(distance_m),
                        "limit_m": round(STATION_WITHIN_M),
                    },
                )
            )
            continue
        taken[mission.name] += 1
        n = taken[mission.name]
        name = mission.name if n == 1 else f"{mission.name} ({n})"
        route = _drawn(scenario, file, name, mission, station)
        if route is not None:
            routes.append(route)
        else:
            findings.append(
                Finding(
                    code="W-DRAWN-WIND",
                    file=file,
                    feature=mission.name,
                    values={"model": station.model},
                )
            )
    if not routes:
        raise InputError([*findings, Finding(code="E-DRAWN-NONE", file=scenario.name)])
    return tuple(routes), tuple(findings)


def homes_of(
    scenario: Scenario, missions: Iterable[tuple[str, Mission]]
) -> list[Station | None]:
    """Return the station of each mission, None where it is of none."""
    found = [_station_of(scenario, mission) for _, mission in missions]
    return [s if away_m <= STATION_WITHIN_M else None for s, away_m in found]


def _station_of(scenario: Scenario, mission: Mission) -> tuple[Station, float]:
    """Return the nearest station, and how far the farther end is from it [m]."""
    first, last = mission.waypoints[0], mission.waypoints[-1]
    start, end = (first.lon, first.lat), (last.lon, last.lat)
    if mission.takes_off and mission.home is not None:
        start = mission.home
    if mission.end == "return":
        end = mission.home or start
    ends = scenario.projection.to_xy(np.array([start, end]))
    places = np.array([[s.point.x, s.point.y] for s in scenario.stations])
    apart_m = np.linalg.norm(places[:, None] - ends[None], axis=-1).max(axis=1)
    nearest = int(np.argmin(apart_m))
    return scenario.stations[nearest], float(apart_m[nearest])


def _drawn(
    scenario: Scenario, file: str, name: str, mission: Mission, station: Station
) -> DrawnRoute | None:
    """Return a mission as a route of a station; None if the wind is too strong."""
    model, stands_m = scenario.model(station.model), ground_m(scenario, station)
    home = scenario.projection.to_lonlat(np.array([[station.point.x, station.point.y]]))
    places = np.array([(w.lon, w.lat, w.height_m) for w in mission.waypoints])
    places[:, 2] += _ground_m(scenario, mission, places[:, :2], stands_m)
    up, down = ([*home[0], places[i, 2]] for i in (0, -1))
    start = [*home[0], stands_m]
    path = np.vstack([start, up, places, down, start]).round(8)
    xy, z = scenario.projection.to_xy(path[:, :2]), path[:, 2]
    east_m, north_m = np.diff(xy, axis=0).T
    winds = all_winds(scenario)
    level_s = flight_time_s(east_m, north_m, model.airspeed_mps, winds)
    if not np.isfinite(level_s).all():
        return None
    rise_m = np.diff(z)
    upright_s = np.where(rise_m > 0, rise_m / model.climb_mps, 0.0)
    upright_s = np.where(rise_m < 0, -rise_m / model.descent_mps, upright_s)
    # Of whole milliseconds, none shorter than it takes, as in a plan.
    legs_s = np.ceil(np.maximum(level_s, upright_s) * 1000 - 1e-6) / 1000
    # A waypoint is a vertex on arrival and another on leaving it.
    holds_s = np.zeros(len(path))
    holds_s[2:-2] = [
        sum(action.value for action in w.actions if action.kind == "hold")
        for w in mission.waypoints
    ]
    arrive_s = np.append(0.0, np.cumsum(legs_s + holds_s[:-1]))
    t = np.column_stack([arrive_s, arrive_s + holds_s]).ravel().round(3)
    kept = np.append(True, np.diff(t) > 0) | (np.arange(len(t)) % 2 == 0)
    xy, z = np.repeat(xy, 2, axis=0)[kept], np.repeat(z, 2)[kept]
    path, t = np.repeat(path, 2, axis=0)[kept], t[kept]
    looks = _looks(mission, arrive_s[2:-2], (float(t[1]), float(t[-2])))
    route = Route(
        id=name,
        depot=station.id,
        drone_model=model.model,
        layer_m=_usual_height_m(xy, z),
        headway_s=scenario.horizon.length_s,
        phase_s=0.0,
        duration_s=float(t[-1]),
        load=0.0,
        path=tuple((float(x), float(y), float(h)) for x, y, h in path),
        t_s=tuple(t.tolist()),
        stops=(),
        camera_off=_without(looks, float(t[-1])),
    )
    flown = FlownRoute(
        route=route,
        station=station,
        model=model,
        xy=xy,
        z=z,
        t=t,
        takeoffs=np.empty(0),
        ground_m=stands_m,
        terrain=scenario.terrain,
    )
    return DrawnRoute(file=file, flown=flown, looks=looks)


def _ground_m(
    scenario: Scenario, mission: Mission, lonlat: FloatArray, stands_m: float
) -> FloatArray:
    """Return what heights of waypoints are above, shape (n,) [m]."""
    from_takeoff = np.full(len(lonlat), stands_m)
    if scenario.terrain is None or not mission.over_ground:
        return from_takeoff
    _, highest_m = scenario.terrain.at(scenario.projection.to_xy(lonlat))
    return np.where(np.isnan(highest_m), from_takeoff, highest_m)


def _usual_height_m(xy: FloatArray, z: FloatArray) -> float:
    """Return the height at which most of a path is flown [m]."""
    level = np.diff(z) == 0
    lengths = np.hypot(*np.diff(xy, axis=0).T)[level]
    heights, which = np.unique(z[:-1][level], return_inverse=True)
    if not len(heights):
        return float(z.max())
    return float(heights[np.argmax(np.bincount(which, weights=lengths))])


def _looks(mission: Mission, arrive_s: FloatArray, level: Span) -> tuple[Span, ...]:
    """Return when a camera records; all the way where nothing is said of it."""
    spans: list[Span] = []
    since_s: float | None = None
    said = False
    for waypoint, now_s in zip(mission.waypoints, arrive_s.tolist(), strict=True):
        for action in waypoint.actions:
            if action.kind == "hold":
                now_s += action.value
            elif action.kind == "record":
                said, since_s = True, now_s if since_s is None else since_s
            elif action.kind == "stop" and since_s is not None:
                spans.append((since_s, now_s))
                since_s = None
    if since_s is not None:
        spans.append((since_s, level[1]))
    return tuple(spans) if said else (level,)


def _without(looks: Sequence[Span], end_s: float) -> tuple[Span, ...]:
    """Return when a camera does not look from take-off to landing."""
    edges = [0.0, *(moment for look in looks for moment in look), end_s]
    return tuple(
        (low, high)
        for low, high in zip(edges[::2], edges[1::2], strict=True)
        if low < high
    )
