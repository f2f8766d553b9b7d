"""Drafts of routes straight out and back, and the stations that they are from."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from shapely.geometry import Point, box
from worlds import MODEL

from planner.basics.geometry import LocalProjection
from planner.draft import DraftRoute
from planner.given.horizon import Horizon
from planner.plan import Stop
from planner.scenario import Rules, Scenario, Station, Zone

SIX = 6 * 3600
ACTIVE = {
    "day": ((SIX, SIX + 57_600),),
    "school": ((25_200, 30_600), (57_600, 64_800)),
    "night": ((64_800, 86_400),),
}


def make_scenario(
    *,
    drones: int = 3,
    pads: int = 3,
    rules: Rules | None = None,
    length_s: float = 57_600.0,
    stations: int = 1,
) -> Scenario:
    """Return stations 5 km apart and a zone for each window and interval."""
    zones = [
        Zone(
            id=f"{name}{minutes}",
            name=name,
            kind="watch",
            geometry=box(0, 0, 1, 1),
            priority=1.0,
            revisit_s=minutes * 60.0,
            active=active,
        )
        for name, active in ACTIVE.items()
        for minutes in (10, 30, 60, 120)
    ]
    return Scenario(
        name="toy",
        timezone="Asia/Shanghai",
        horizon=Horizon(
            start="2025-06-01T06:00:00+08:00", start_clock_s=SIX, length_s=length_s
        ),
        projection=LocalProjection(120.15, 33.36),
        stations=tuple(
            Station(
                id=f"S{n}",
                name="",
                point=Point(5000.0 * n, 0.0),
                drones=drones,
                pads=pads,
                model="M",
            )
            for n in range(stations)
        ),
        zones=tuple(sorted(zones, key=lambda z: z.id)),
        drone_models=(MODEL,),
        rules=rules or Rules(),
    )


def make_draft(
    name: str = "R1",
    *,
    minutes: int = 60,
    duration_s: float = 1200.0,
    zone: str = "day",
    stops: Sequence[tuple[float, float]] | None = None,
    bearing_deg: float = 0.0,
    depot: int = 0,
    layers_m: tuple[float, ...] = (60.0, 75.0, 90.0, 105.0, 120.0),
) -> DraftRoute:
    """Return a route straight out along a bearing and back."""
    reach_m = (duration_s - 64.0) / 2 * 12.0
    turn = math.radians(bearing_deg)
    tip = np.array([math.sin(turn), math.cos(turn)]) * reach_m
    if stops is None:
        stops = (
            (duration_s / 3, duration_s / 3 + 20),
            (duration_s / 2, duration_s * 0.6),
        )
    return DraftRoute(
        id=name,
        depot=f"S{depot}",
        drone_model="M",
        headway_s=minutes * 60.0,
        xy=np.array([[0.0, 0.0], tip, [0.0, 0.0]]) + np.array([5000.0 * depot, 0.0]),
        t_s=np.array([24.0, duration_s / 2 - 8.0, duration_s - 40.0]),
        duration_s=duration_s,
        stops=tuple(
            Stop(
                zones=(f"{zone}{minutes}",),
                target=f"{name}.{n}",
                kind="watch",
                enter_s=enter,
                exit_s=leave,
            )
            for n, (enter, leave) in enumerate(stops)
        ),
        layers_m=layers_m,
    )
