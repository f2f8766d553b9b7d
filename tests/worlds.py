"""Build tiny scenarios in code: a few stations, a few zones, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shapely.geometry import LineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from planner.airspace.freespace import FreeSpace, free_space
from planner.basics.geometry import LocalProjection
from planner.engines.piece import Piece
from planner.given.drone import DroneModel
from planner.given.horizon import Horizon
from planner.given.wind import Wind
from planner.network.reach import independent_parts
from planner.problem import (
    ChartedProblem,
    Problem,
    formulate,
)
from planner.scenario import Airspace, Rules, Scenario, Station, Zone
from planner.targets import Discretised, discretise

MODEL = DroneModel(
    model="M",
    airspeed_mps=12.0,
    usable_endurance_s=1800.0,
    turnaround_s=1500.0,
    climb_mps=5.0,
    descent_mps=3.0,
    turn_s=6.0,
    view_radius_m=300.0,
    dwell_s=20.0,
    swath_m=110.0,
    overlap=0.2,
)


def square(x: float, y: float, half_m: float) -> Polygon:
    """Return a square round a centre."""
    return box(x - half_m, y - half_m, x + half_m, y + half_m)


def station(
    name: str, x: float, y: float, drones: int = 4, model: str = "M"
) -> Station:
    """Return a station with a pad for each drone."""
    return Station(
        id=name,
        name=name,
        point=Point(x, y),
        drones=drones,
        pads=max(drones, 1),
        model=model,
    )


def zone(name: str, shape: BaseGeometry, kind: Any = "watch", **changes: Any) -> Zone:
    """Return a zone of priority 1 that is due hourly all day."""
    plain = Zone(
        id=name, name=name, kind=kind, geometry=shape, priority=1.0, revisit_s=3600.0
    )
    return replace(plain, **changes)


def closure(name: str, shape: Any, lower_m: float = 0.0, **changes: Any) -> Airspace:
    """Return prohibited airspace without an upper limit."""
    plain = Airspace(
        id=name,
        name=name,
        restriction="PROHIBITED",
        geometry=shape,
        lower_m=lower_m,
        upper_m=float("inf"),
    )
    return replace(plain, **changes)


def privacy(name: str, shape: Any, upper_m: float = 70.0) -> Airspace:
    """Return a privacy zone."""
    return closure(
        name, shape, restriction="CONDITIONAL", reason="PRIVACY", upper_m=upper_m
    )


def world(
    stations: Sequence[Station],
    zones: Sequence[Zone] = (),
    airspace: Sequence[Airspace] = (),
    *,
    hours: float = 4.0,
    wind: Wind | None = None,
    models: Sequence[DroneModel] = (MODEL,),
    **rules: Any,
) -> Scenario:
    """Return a scenario from 06:00, sorted by id as a reader would."""
    return Scenario(
        name="world",
        timezone="Asia/Shanghai",
        horizon=Horizon(
            start="2026-01-31T06:00:00+08:00",
            start_clock_s=6 * 3600.0,
            length_s=hours * 3600.0,
        ),
        projection=LocalProjection(120.0, 33.0),
        stations=tuple(sorted(stations, key=lambda s: s.id)),
        zones=tuple(sorted(zones, key=lambda z: z.id)),
        drone_models=tuple(models),
        airspace=tuple(sorted(airspace, key=lambda a: a.id)),
        wind=wind or Wind(),
        rules=Rules(**rules),
        digest="d" * 64,
    )


def two_stations() -> Scenario:
    """Return two stations that share targets of all kinds, with a closure between."""
    rush = ((7 * 3600.0, 9 * 3600.0),)
    return world(
        [station("A", 0, 0, 3), station("B", 3000, 0, 3)],
        [
            zone("L1", LineString([(600, -900), (1500, -700), (2400, -900)]), "line"),
            zone("S1", box(600, 600, 1000, 900), "sweep", priority=2.0),
            zone("W1", square(800, -300, 250), priority=3.0),
            zone("W2", square(1300, -300, 250), priority=3.0, active=rush),
            zone("W3", square(2600, 700, 250), priority=2.0, revisit_s=7200.0),
        ],
        [closure("X", box(1400, 100, 1600, 700))],
    )


def discretised(scenario: Scenario) -> tuple[FreeSpace, Discretised]:
    """Return where one may fly in a scenario, and its targets."""
    space = free_space(scenario)
    return space, discretise(scenario, space)


def problems_of(scenario: Scenario) -> tuple[FreeSpace, list[ChartedProblem]]:
    """Return the routing problem of each independent part of a scenario."""
    space, found = discretised(scenario)
    targets = [t for t in found.targets if t.layers_m]
    return space, [
        formulate(scenario, space, targets, part)
        for part in independent_parts(scenario, targets)
    ]


def whole(problem: Problem) -> Piece:
    """Return all of a problem as one piece."""
    return Piece(
        stations=tuple(range(len(problem.stations))),
        targets=tuple(range(len(problem.targets))),
        drones=tuple(float(problem.drones(s)) for s in range(len(problem.stations))),
    )
