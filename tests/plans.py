"""Make a tiny scenario and a good plan for it by hand: no solver has seen either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from shapely.geometry import LineString, Point, box

from planner.basics.geometry import LocalProjection
from planner.basics.physics import flight_time_s, wind_vector
from planner.given.drone import DroneModel
from planner.given.horizon import Horizon
from planner.given.wind import Wind
from planner.metrics import compute_metrics
from planner.plan import Plan, Route, Sortie, Stop, Unserved
from planner.scenario import Airspace, Scenario, Station, Zone

XY = tuple[float, float]

ROOM_S = 0.003
"""Added to each piece of a path, for what a file rounds off."""

PROJECTION = LocalProjection(120.0, 33.0)
WIND = Wind(speed_mps=2.0, from_deg=270.0)
MODEL = DroneModel(
    model="M",
    airspeed_mps=12.0,
    usable_endurance_s=1800.0,
    turnaround_s=600.0,
    climb_mps=5.0,
    descent_mps=3.0,
    turn_s=6.0,
    view_radius_m=300.0,
    dwell_s=20.0,
    swath_m=110.0,
    overlap=0.2,
)
STATIONS = (
    Station(id="A", name="甲站", point=Point(0, 0), drones=3, pads=3, model="M"),
    Station(id="B", name="乙站", point=Point(4000, 0), drones=3, pads=3, model="M"),
)
SEVEN_TO_NINE = ((7 * 3600.0, 9 * 3600.0),)


def square(x: float, y: float, half_m: float) -> Any:
    """Return a square round a centre."""
    return box(x - half_m, y - half_m, x + half_m, y + half_m)


ZONES = (
    Zone(
        id="L1",
        name="dyke",
        kind="line",
        geometry=LineString([(3600, -500), (2600, -500)]),
        priority=1.0,
        revisit_s=1850.0,
    ),
    Zone(
        id="S1",
        name="market",
        kind="sweep",
        geometry=box(500, 600, 900, 776),
        priority=2.0,
        revisit_s=1900.0,
        active=SEVEN_TO_NINE,
    ),
    Zone(
        id="W1",
        name="=square",
        kind="watch",
        geometry=square(1000, 300, 150),
        priority=3.0,
        revisit_s=1850.0,
    ),
    Zone(
        id="W2",
        name="bridge",
        kind="watch",
        geometry=square(2000, -200, 150),
        priority=3.0,
        revisit_s=1100.0,
    ),
    Zone(
        id="W3",
        name="far village",
        kind="watch",
        geometry=square(20_000, 0, 100),
        priority=1.0,
        revisit_s=1800.0,
    ),
    Zone(
        id="W4",
        name="school",
        kind="watch",
        geometry=square(3000, -130, 100),
        priority=2.0,
        revisit_s=1850.0,
        dwell_s=120.0,
    ),
)
AIRSPACE = (
    Airspace(
        id="CLOSED",
        name="prison",
        restriction="PROHIBITED",
        geometry=box(1200, -900, 1400, -700),
        lower_m=0.0,
        upper_m=float("inf"),
    ),
    Airspace(
        id="HIGH",
        name="approach",
        restriction="REQ_AUTHORISATION",
        geometry=box(1300, -200, 1700, 300),
        lower_m=105.0,
        upper_m=float("inf"),
    ),
    Airspace(
        id="MORNING",
        name="school run",
        restriction="CONDITIONAL",
        geometry=box(2900, -440, 3100, -400),
        lower_m=0.0,
        upper_m=120.0,
        schedule=SEVEN_TO_NINE,
    ),
    Airspace(
        id="PRIVATE",
        name="courtyard",
        restriction="CONDITIONAL",
        geometry=box(1100, 400, 1120, 420),
        lower_m=0.0,
        upper_m=90.0,
        reason="PRIVACY",
    ),
)


def tiny_scenario() -> Scenario:
    """Return two stations, six zones of all kinds, and airspace of all kinds."""
    return Scenario(
        name="tiny",
        timezone="Asia/Shanghai",
        horizon=Horizon(
            start="2026-01-31T06:00:00+08:00",
            start_clock_s=6 * 3600.0,
            length_s=4 * 3600.0,
        ),
        projection=PROJECTION,
        stations=STATIONS,
        zones=ZONES,
        drone_models=(MODEL,),
        airspace=AIRSPACE,
        wind=WIND,
        digest="d" * 64,
    )


@dataclass(frozen=True, slots=True)
class Task:
    """A stop as it is drawn: places in order, and the wait at each."""

    zones: tuple[str, ...]
    target: str
    kind: str
    places: tuple[XY, ...]
    waits_s: tuple[float, ...]


def watch(zones: Sequence[str], target: str, place: XY, dwell_s: float = 20.0) -> Task:
    """Return a look from one place."""
    return Task(tuple(zones), target, "watch", (place,), (dwell_s,))


def drawn(
    route_id: str,
    depot: str,
    layer_m: float,
    headway_s: float,
    phase_s: float,
    tasks: Sequence[Task],
    ends_at: str = "",
) -> Route:
    """Return a route that flies its tasks as fast as the wind lets it."""
    places_of = {s.id: (s.point.x, s.point.y) for s in STATIONS}
    home, end = places_of[depot], places_of[ends_at or depot]
    places: list[tuple[float, float, float]] = [(*home, 0.0), (*home, layer_m)]
    times = [0.0, layer_m / MODEL.climb_mps + ROOM_S]

    def fly(place: XY) -> None:
        dx, dy = place[0] - places[-1][0], place[1] - places[-1][1]
        wind = wind_vector(WIND.speed_mps, WIND.from_deg)
        needed_s = float(flight_time_s(dx, dy, MODEL.airspeed_mps, (wind,)))
        times.append(round(times[-1] + needed_s + ROOM_S, 3))
        places.append((*place, layer_m))

    def wait(seconds: float) -> None:
        times.append(round(times[-1] + seconds, 3))
        places.append(places[-1])

    stops: list[Stop] = []
    for task in tasks:
        enter_s = None
        for place, wait_s in zip(task.places, task.waits_s, strict=True):
            fly(place)
            enter_s = times[-1] if enter_s is None else enter_s
            if wait_s:
                wait(wait_s)
        assert enter_s is not None
        stops.append(
            Stop(
                zones=task.zones,
                target=task.target,
                kind=task.kind,
                enter_s=enter_s,
                exit_s=times[-1],
            )
        )
    fly(end)
    times.append(round(times[-1] + layer_m / MODEL.descent_mps + ROOM_S, 3))
    places.append((*end, 0.0))
    lonlat = PROJECTION.to_lonlat(np.array(places)[:, :2])
    return Route(
        id=route_id,
        depot=depot,
        drone_model="M",
        layer_m=layer_m,
        headway_s=headway_s,
        phase_s=phase_s,
        duration_s=times[-1],
        load=(times[-1] + MODEL.turnaround_s) / headway_s,
        path=tuple(
            (round(float(lon), 8), round(float(lat), 8), place[2])
            for (lon, lat), place in zip(lonlat, places, strict=True)
        ),
        t_s=tuple(times),
        stops=tuple(stops),
        ends_at=ends_at,
    )


SWEEP = Task(
    ("S1",),
    "T-S1",
    "sweep",
    ((500, 644), (900, 644), (900, 732), (500, 732)),
    (0.0, MODEL.turn_s + ROOM_S, 0.0, 0.0),
)
LINE = Task(("L1",), "T-L1", "line", ((3600, -500), (2600, -500)), (0.0, 0.0))
DRONE = {"A1": "A-1", "A2": "A-2", "B1": "B-1", "B2": "B-2"}
"""Who flies what: here each route has a drone of its own."""


def tiny_routes() -> tuple[Route, ...]:
    """Return four routes; W2 is watched from two of them in turn."""
    w2 = watch(["W2"], "T-W2", (2000, -200))
    return (
        drawn("A1", "A", 60.0, 1800.0, 120.0, [watch(["W1"], "T-W1", (1000, 300)), w2]),
        drawn("A2", "A", 105.0, 1800.0, 700.0, [SWEEP]),
        drawn("B1", "B", 75.0, 1800.0, 1000.0, [LINE, w2]),
        drawn(
            "B2", "B", 90.0, 1800.0, 1200.0, [watch(["W4"], "T-W4", (3000, -130), 120)]
        ),
    )


def rostered(routes: Sequence[Route], length_s: float = 14_400.0) -> tuple[Sortie, ...]:
    """Return every sortie that ends within the horizon and has an active stop."""
    sorties = []
    for route in routes:
        for k in range(int(length_s // route.headway_s) + 1):
            takeoff_s = route.phase_s + k * route.headway_s
            landing_s = takeoff_s + route.duration_s
            asleep = route.id == "A2" and not 3600 <= takeoff_s <= 10_500
            if asleep or landing_s > length_s:
                continue
            sorties.append(
                Sortie(
                    drone=DRONE[route.id],
                    route=route.id,
                    takeoff_s=takeoff_s,
                    landing_s=landing_s,
                    ready_s=landing_s + MODEL.turnaround_s,
                )
            )
    return tuple(sorted(sorties, key=lambda s: (s.takeoff_s, s.drone)))


def told(scenario: Scenario, plan: Plan) -> Plan:
    """Return a plan whose copies and numbers follow from its scenario and paths."""
    lonlat = scenario.projection.to_lonlat(
        np.array([(s.point.x, s.point.y) for s in scenario.stations])
    )
    copied = replace(
        plan,
        stations=tuple(
            {
                "id": s.id,
                "name": s.name,
                "lon": round(float(lon), 8),
                "lat": round(float(lat), 8),
                "drones": s.drones,
                "pads": s.pads,
            }
            for s, (lon, lat) in zip(scenario.stations, lonlat, strict=True)
        ),
        drone_models=tuple(asdict(m) for m in scenario.drone_models),
    )
    return replace(copied, metrics=compute_metrics(scenario, copied))


def tiny_plan() -> Plan:
    """Return a plan that keeps every rule of `tiny_scenario`."""
    scenario = tiny_scenario()
    routes = tiny_routes()
    return told(
        scenario,
        Plan(
            horizon={
                "start": scenario.horizon.start,
                "seconds": scenario.horizon.length_s,
            },
            stations=(),
            drone_models=(),
            routes=routes,
            roster=rostered(routes),
            unserved=(
                Unserved(
                    zone="W3",
                    code="out_of_reach",
                    reason="W3 is 16 km from the nearest station.",
                    figures={"distance_m": 16_000.0, "station": "B"},
                    remedy="Place a station nearer by.",
                ),
            ),
            provenance={"scenario_digest": scenario.digest, "engine": "by hand"},
        ),
    )


def with_route(plan: Plan, route: Route) -> Plan:
    """Return a plan with one route replaced, and flown by its own clock."""
    routes = tuple(route if r.id == route.id else r for r in plan.routes)
    return replace(plan, routes=routes, roster=rostered(routes))


def with_sortie(plan: Plan, index: int, **changes: Any) -> Plan:
    """Return a plan with one entry of the roster changed."""
    roster = list(plan.roster)
    roster[index] = replace(roster[index], **changes)
    return replace(plan, roster=tuple(roster))
