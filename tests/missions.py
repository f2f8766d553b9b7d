"""Make routes of every kind, and fly missions on paper, by code of their own."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from plans import MODEL, PROJECTION, tiny_plan
from shapely.geometry import LineString

from planner.formats.missions.mission import Mission
from planner.plan import Plan, Route, Sortie, Stop

STATION = (120.0, 33.0)
SPEED_MPS = 12.0
CLIMB_S, DESCENT_S = 24.0, 40.0

Spans = list[tuple[float, float]]


def dji_plan() -> Plan:
    """Return the tiny plan, flown by a drone type that DJI has a name for."""
    plan = tiny_plan()
    return replace(
        plan,
        drone_models=tuple({**m, "model": "M4TD"} for m in plan.drone_models),
        routes=tuple(replace(r, drone_model="M4TD") for r in plan.routes),
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Return a plan of one route with stops of all kinds, waits and private spans."""
    layer_m = draw(st.sampled_from([60.0, 75.0, 120.0]))
    xy = [(0.0, 0.0), (0.0, 0.0)]
    t = [0.0, CLIMB_S]
    stops: list[Stop] = []
    near = st.integers(-2500, 2500).map(float)

    def go(x: float, y: float) -> None:
        seconds = math.dist(xy[-1], (x, y)) / SPEED_MPS
        if seconds > 0:
            xy.append((x, y))
            t.append(round(t[-1] + seconds + 0.003, 3))

    def wait(seconds: float) -> None:
        xy.append(xy[-1])
        t.append(round(t[-1] + seconds, 3))

    for k in range(draw(st.integers(1, 8))):
        go(draw(near) if k else 150.0, draw(near))
        kind = draw(st.sampled_from(["watch", "sweep", "line"]))
        enter_s = t[-1]
        if kind == "watch":
            wait(draw(st.sampled_from([20.0, 33.5, 120.0])))
        else:
            go(xy[-1][0] + draw(st.sampled_from([60.0, -400.0])), xy[-1][1])
            if kind == "sweep":
                wait(6.0)
            go(xy[-1][0], xy[-1][1] + draw(st.sampled_from([80.0, -300.0])))
        stops.append(
            Stop(
                zones=("Z",),
                target=f"T{k}",
                kind=kind,
                enter_s=enter_s,
                exit_s=t[-1],
            )
        )
    go(0.0, 0.0)
    wait(0.0 + DESCENT_S)
    share = draw(st.floats(0, 0.8))
    dark = (round(t[-1] * share, 3), round(t[-1] * (share + 0.15), 3))
    lonlat = PROJECTION.to_lonlat(np.array(xy)).round(8)
    heights = [0.0, *[layer_m] * (len(xy) - 2), 0.0]
    route = Route(
        id="R/1",
        depot="甲",
        drone_model="M4TD",
        layer_m=layer_m,
        headway_s=7200.0,
        phase_s=60.0,
        duration_s=t[-1],
        load=0.5,
        path=tuple(
            (float(x), float(y), z) for (x, y), z in zip(lonlat, heights, strict=True)
        ),
        t_s=tuple(t),
        stops=tuple(stops),
        camera_off=(dark,) if draw(st.booleans()) else (),
    )
    return Plan(
        horizon={"start": "2026-01-01T06:00:00+08:00", "seconds": 57600.0},
        stations=({"id": "甲", "lon": STATION[0], "lat": STATION[1]},),
        drone_models=({**asdict(MODEL), "model": "M4TD"},),
        routes=(route,),
        roster=(
            Sortie(
                drone="甲-1",
                route="R/1",
                takeoff_s=60.0,
                landing_s=60.0 + t[-1],
                ready_s=2000.0 + t[-1],
            ),
        ),
    )


def lengths_m(places: Any) -> Any:
    """Return the distances between places on the map, in metres."""
    xy = PROJECTION.to_xy(np.array([p[:2] for p in places]))
    return np.hypot(*np.diff(xy, axis=0).T)


def places_of(mission: Mission) -> list[tuple[float, float, float]]:
    """Return longitude, latitude and height of each waypoint."""
    return [(w.lon, w.lat, w.height_m) for w in mission.waypoints]


def apart_m(one: Any, other: Any) -> float:
    """Return how far two paths lie apart at most, on the map."""
    lines = [
        LineString(PROJECTION.to_xy(np.array([p[:2] for p in path])))
        for path in (one, other)
    ]
    return float(max(lines[0].hausdorff_distance(lines[1]), 0.0))


@dataclass
class Flown:
    """When a mission reaches its waypoints, and when its camera records."""

    reached_s: list[float]
    end_s: float
    recorded: Spans


def fly(missions: list[Mission], start_s: float) -> Flown:
    """Fly missions one after the other, from the end of a climb."""
    now_s, reached, recorded = start_s, list[float](), Spans()
    since: float | None = None
    for k, mission in enumerate(missions):
        legs = (
            [0.0, *lengths_m(places_of(mission))] if len(mission.waypoints) > 1 else [0]
        )
        for i, (waypoint, leg_m) in enumerate(
            zip(mission.waypoints, legs, strict=True)
        ):
            if i:
                assert waypoint.speed_mps
                now_s += leg_m / waypoint.speed_mps
            if i or not k:
                reached.append(now_s)
            for action in waypoint.actions:
                if action.kind == "hold":
                    now_s += action.value
                elif action.kind == "record":
                    assert since is None, "it records already"
                    since = now_s
                elif action.kind == "stop":
                    assert since is not None, "it does not record"
                    recorded.append((since, now_s))
                    since = None
    assert since is None, "it records to the end"
    return Flown(reached, now_s, recorded)


def wanted_recording(route: Route) -> Spans:
    """Return when a camera is to record: on task, in sight of nothing private."""
    step_s = 0.05
    moments = np.arange(0, route.duration_s, step_s)
    on = np.zeros(len(moments), dtype=bool)
    for stop in route.stops:
        on |= (moments >= stop.enter_s) & (moments <= stop.exit_s)
    for low_s, high_s in route.camera_off:
        on &= (moments < low_s) | (moments > high_s)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(int), [0]])))
    return [
        (float(moments[a]), float(moments[b - 1]))
        for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]


def total_s(spans: Spans) -> float:
    """Return how long spans are together."""
    return sum(high - low for low, high in spans)
