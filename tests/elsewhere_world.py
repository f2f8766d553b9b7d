"""Cities of which a route is best flown from one station to another."""

from __future__ import annotations

import math
from dataclasses import replace

from plans import MODEL, PROJECTION, square
from shapely.geometry import Point
from worlds import station, world, zone

from planner.given.horizon import Horizon
from planner.scenario import Rules, Scenario, Station, Zone

APART_M, ASIDE_M = 6000.0, 2500.0
SHORE_M = 4500.0
SIXTEEN_HOURS = Horizon(
    start="2026-01-31T06:00:00+08:00", start_clock_s=6 * 3600.0, length_s=57_600.0
)
WHOLE_DAY = Horizon(
    start="2026-01-31T00:00:00+08:00", start_clock_s=0.0, length_s=86_400.0
)


def two_rows(*, allowed: bool, horizon: Horizon = SIXTEEN_HOURS) -> Scenario:
    """
    Return stations A and B with a row of four squares on either side.

    To fly a row from A to B is shorter than to come back to either, and there a drone
    of B has come: three drones do what takes four where each has to come home.
    """
    zones = [
        Zone(
            id=f"{row}{n}",
            name=f"{row}{n}",
            kind="watch",
            geometry=square(APART_M * n / 3, y, 150),
            priority=1.0,
            revisit_s=1800.0,
        )
        for row, y in (("N", ASIDE_M), ("S", -ASIDE_M))
        for n in range(4)
    ]
    stations = tuple(
        Station(id=name, name=name, point=Point(x, 0), drones=3, pads=3, model="M")
        for name, x in (("A", 0.0), ("B", APART_M))
    )
    return Scenario(
        name="two rows",
        timezone="Asia/Shanghai",
        horizon=horizon,
        projection=PROJECTION,
        stations=stations,
        zones=tuple(zones),
        drone_models=(replace(MODEL, turnaround_s=1500.0),),
        rules=Rules(land_elsewhere=allowed),
        digest="d" * 64,
    )


def lake(*, allowed: bool, horizon: Horizon = SIXTEEN_HOURS) -> Scenario:
    """
    Return three stations on the shore of a round lake, and nine squares along it.

    Drones that fly on round the lake do with fewer than those that come back.
    """

    def ashore(share: float) -> tuple[float, float]:
        """Return a place so far round the shore."""
        angle = 2 * math.pi * share
        return SHORE_M * math.cos(angle), SHORE_M * math.sin(angle)

    shore = world(
        [station("ABC"[k], *ashore(k / 3), 3) for k in range(3)],
        [
            zone(f"S{k}", square(*ashore((k + 0.5) / 9), 120), revisit_s=1800.0)
            for k in range(9)
        ],
        land_elsewhere=allowed,
    )
    return replace(shore, horizon=horizon)
