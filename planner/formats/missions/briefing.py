"""Brief a mission of a route: where to fly, how fast, when to look."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from planner.basics.clock import Span, joined
from planner.errors import Finding, MissionError
from planner.formats.handover import PLAN_FILE, Handover
from planner.formats.missions.mission import (
    SAME_PLACE_M,
    Action,
    Mission,
    Waypoint,
    leg_lengths_m,
    on_the_way,
)
from planner.formats.missions.relief import relief_under
from planner.plan import Route

STRAIGHT_DOWN_DEG = -90.0

_TICK_S = 0.002
"""Times of a plan's file are whole milliseconds; nearer ones are the same."""

_SHORTEST_HOLD_S = 0.05
"""What a plan rounds up is no wait."""

_FIRST = {"stop": 0, "pitch": 1, "record": 2}
"""What happens at one moment happens in this order."""

Event = tuple[float, Action]
Place = tuple[float, float, float, float, float]
"""Longitude, latitude, height [m], arrival and departure [s]."""


def brief(handover: Handover, route: Route) -> Mission:
    """
    Return the mission of a route: one sortie from take-off to landing.

    The drone climbs at its own rate and waits for what the plan allows above that,
    so that it leaves its station when the plan says. Each leg has the speed over
    ground that the plan gives it, wind included. The camera records on task and
    nowhere else, and never over a privacy zone.

    Raises
    ------
    MissionError
        If the path does not start and end on the ground below its second and its
        last but one vertex, or a time leaves no way to fly it.
    """
    path, times = np.array(route.path, dtype=float), np.array(route.t_s, dtype=float)
    station, model = handover.station(route), handover.model(route)
    stands_m, lands_m = map(handover.stands_m, (station, handover.end(route)))
    path[:, 2] -= stands_m
    if not _goes_up_and_down(path, lands_m - stands_m):
        raise _refusal("E-MISSION-PATH", route)
    events = sorted(
        _events(handover, route), key=lambda event: (event[0], _FIRST[event[1].kind])
    )
    places = _with_events(_places(path[1:-1], times[1:-1]), [t for t, _ in events])
    climb_s = path[1, 2] / float(model["climb_mps"])
    first = places[0]
    places[0] = (*first[:3], min(times[0] + climb_s, first[3]), first[4])
    waypoints = tuple(_waypoints(places, events))
    for i, waypoint in enumerate(waypoints, 1):
        if waypoint.speed_mps is not None and math.isinf(waypoint.speed_mps):
            raise _refusal("E-MISSION-TIME", route, waypoint=i)
    return Mission(
        name=route.id,
        home=(float(station["lon"]), float(station["lat"])),
        waypoints=waypoints,
    )


def _refusal(code: str, route: Route, **values: Any) -> MissionError:
    return MissionError(
        [Finding(code=code, file=PLAN_FILE, feature=route.id, values=values)]
    )


def _goes_up_and_down(path: np.ndarray[Any, Any], end_m: float) -> bool:
    """Whether a path goes straight up from the ground, and down to it at its end."""
    if len(path) < 4:
        return False
    lengths = leg_lengths_m(path)
    rises = np.abs(np.diff(path[:, 2]))[[0, -1]]
    return bool(
        np.allclose(path[[0, -1], 2], [0.0, end_m], atol=SAME_PLACE_M)
        and (rises > 0).all()
        and np.allclose(lengths[[0, -1]], rises, atol=SAME_PLACE_M)
    )


def _events(handover: Handover, route: Route) -> Iterable[Event]:
    """Yield when the camera turns, starts and stops, seconds from take-off."""
    model, relief = handover.model(route), relief_under(handover, route)
    stands_m = handover.stands_m(handover.station(route))
    for stop in route.stops:
        pitch_deg = STRAIGHT_DOWN_DEG
        if stop.kind == "watch":
            # Half way to the rim of what is watched.
            over_m = route.layer_m - stands_m
            if relief is not None:
                lon, lat = _place_at(route, stop.enter_s)
                over_m -= relief.ground_m(lon, lat)
            half_m = float(model.get("view_radius_m", 2 * over_m)) / 2
            pitch_deg = -float(round(math.degrees(math.atan2(over_m, half_m))))
        yield stop.enter_s, Action(kind="pitch", value=pitch_deg)
    on_task = [(stop.enter_s, stop.exit_s) for stop in route.stops]
    private = joined(route.camera_off, _TICK_S)
    for start_s, end_s in _without(joined(on_task, _TICK_S), private):
        yield start_s, Action(kind="record")
        yield end_s, Action(kind="stop")


def _place_at(route: Route, moment_s: float) -> tuple[float, float]:
    lon, lat, _ = np.array(route.path, dtype=float).T
    return float(np.interp(moment_s, route.t_s, lon)), float(
        np.interp(moment_s, route.t_s, lat)
    )


def _without(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """Return what is left of spans outside of others."""
    left: list[Span] = []
    for low, high in spans:
        for start, end in taken:
            if start < high and end > low:
                left.append((low, start))
                low = max(low, end)
        left.append((low, high))
    return [(low, high) for low, high in left if high > low + _TICK_S]


def _places(path: np.ndarray[Any, Any], times: np.ndarray[Any, Any]) -> list[Place]:
    """Return the vertices of a path, those where it waits as one."""
    moves = np.append(True, leg_lengths_m(path) >= SAME_PLACE_M)
    firsts = np.flatnonzero(moves)
    lasts = np.append(firsts[1:], len(path)) - 1
    return [
        (*path[i].tolist(), float(times[i]), float(times[k]))
        for i, k in zip(firsts, lasts, strict=True)
    ]


def _with_events(places: Sequence[Place], moments_s: Iterable[float]) -> list[Place]:
    """Return places with those between them at which something happens."""
    found = [places[0]]
    moments = sorted(set(moments_s))
    for place in places[1:]:
        before = found[-1]
        leave_s, reach_s = before[4], place[3]
        for moment_s in moments:
            if found[-1][4] + _TICK_S < moment_s < reach_s - _TICK_S:
                share = (moment_s - leave_s) / (reach_s - leave_s)
                ((lon, lat, height_m),) = on_the_way(
                    before[:3], place[:3], np.array([share])
                )
                found.append((lon, lat, height_m, moment_s, moment_s))
        found.append(place)
    return found


def _waypoints(places: Sequence[Place], events: Sequence[Event]) -> Iterable[Waypoint]:
    """Yield a waypoint for each place, with what happens between it and the next."""
    lengths_m = leg_lengths_m(np.array([place[:3] for place in places]))
    pitch_deg: float | None = None
    upcoming = list(events)
    for k, (lon, lat, height_m, reach_s, leave_s) in enumerate(places):
        actions: list[Action] = []
        now_s = reach_s
        last = k == len(places) - 1
        while upcoming and (last or upcoming[0][0] <= leave_s + _TICK_S):
            moment_s, action = upcoming.pop(0)
            if moment_s > now_s + _SHORTEST_HOLD_S:
                actions.append(_hold(moment_s - now_s))
                now_s = moment_s
            if action.kind == "pitch":
                if action.value == pitch_deg:
                    continue
                pitch_deg = action.value
            actions.append(action)
        if leave_s > now_s + _SHORTEST_HOLD_S:
            actions.append(_hold(leave_s - now_s))
        yield Waypoint(
            lon=lon,
            lat=lat,
            height_m=height_m,
            speed_mps=_speed(lengths_m[k - 1], reach_s - places[k - 1][4])
            if k
            else None,
            actions=tuple(actions),
        )


def _hold(seconds: float) -> Action:
    return Action(kind="hold", value=round(seconds, 3))


def _speed(length_m: float, seconds: float) -> float:
    return float(length_m) / seconds if seconds > 0 else math.inf
