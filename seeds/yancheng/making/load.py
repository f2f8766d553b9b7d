"""Estimate how many drones the zones need through the day, by a simple hourly plan."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from shapely.geometry import Point

from making.flights import SORTIE_MIN, TURNAROUND_MIN, Stop, route_min, work_min
from making.ground import Row

HOURS = 4
"""The plan repeats after so many."""
# revisit minutes -> the sets of hours in which one drone may fly a task
FLOWN_IN: dict[int, list[tuple[int, ...]]] = {
    30: [(0, 1, 2, 3)],
    60: [(0, 1, 2, 3)],
    120: [(0, 2), (1, 3)],
    240: [(0,), (1,), (2,), (3,)],
}

DroneHours = list[list[Stop]]
"""The flight of one drone in each hour."""
Fit = tuple[float, list[tuple[DroneHours, int, list[Stop]]]]
"""The minutes that a stop adds, and the flights that hold it then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """
    The load in a stretch of the day with the same active zones.

    Parameters
    ----------
    start_h, end_h
        Hours of the day.
    need
        Drones of the hourly plan at each station, every zone flown from its nearest:
        an upper bound.
    airborne
        Drones in the air on average.
    fluid
        The same flights at their true cycle (minutes flown + turnaround), shared
        without rounding: what perfect pooling of those flights would need.
    """

    start_h: float
    end_h: float
    zones: int
    need: dict[str, int]
    airborne: float
    fluid: float

    @property
    def drones(self) -> int:
        """Drones of the hourly plan at all stations."""
        return sum(self.need.values())


def load_estimate(zones: list[Row], stations: list[Row]) -> list[Stretch]:
    """Return the load of the servable zones, stretch after stretch of the day."""
    active = {
        zone["id"]: [
            (_hours(start), _hours(end))
            for start, _, end in (w.partition("-") for w in zone["active"].split(","))
        ]
        for zone in zones
    }
    tasks = [zone for zone in zones if zone["demo_case"] is None]
    edges = {t for zone in tasks for window in active[zone["id"]] for t in window}
    cuts = sorted(edges | {0, 24})
    return [
        _stretch(
            start,
            end,
            [
                zone
                for zone in tasks
                if any(s <= start and end <= e for s, e in active[zone["id"]])
            ],
            {station["id"]: station["geometry"] for station in stations},
        )
        for start, end in pairwise(cuts)
    ]


def most_needed(stretches: list[Stretch], stations: list[Row]) -> dict[str, int]:
    """Return the drones that each station needs at its own peak."""
    return {
        s["id"]: max(stretch.need.get(s["id"], 0) for stretch in stretches)
        for s in stations
    }


def _hours(clock: str) -> float:
    return int(clock[:2]) + int(clock[3:5]) / 60


def _stretch(
    start_h: float, end_h: float, zones: list[Row], posts: dict[str, Point]
) -> Stretch:
    groups: dict[str, list[Row]] = {}
    for zone in zones:
        groups.setdefault(zone["nearest_station"], []).append(zone)
    plan = {id_: _hourly_plan(own, posts[id_]) for id_, own in sorted(groups.items())}
    flown_min = [
        route_min(flight, posts[id_])
        for id_, drones in plan.items()
        for drone in drones
        for flight in drone
        if flight
    ]
    cycle_min = 60 * HOURS
    return Stretch(
        start_h=start_h,
        end_h=end_h,
        zones=len(zones),
        need={id_: len(drones) for id_, drones in plan.items()},
        airborne=sum(flown_min) / cycle_min,
        fluid=sum(minutes + TURNAROUND_MIN for minutes in flown_min) / cycle_min,
    )


def _hourly_plan(zones: list[Row], post: Point) -> list[DroneHours]:
    """
    Return the drones of an explicit plan for one post: feasible, not optimal.

    A drone flies at most one sortie an hour (30 in the air + 25 on the ground <= 60
    min). A 30-min task rides on two drones half an hour apart, a 60-min task on one
    drone every hour, a 120-min task in hours (0, 2) or (1, 3), a 240-min task in one
    hour. Tasks are put, most frequent and farthest first, where they lengthen the
    flights least; a new drone (pair) starts when nothing fits. Jobs longer than one
    flight are cut into equal parts.
    """
    drones: list[DroneHours] = []
    pairs: list[list[DroneHours]] = []
    for revisit_min, stop in _jobs(zones, post):
        paired = revisit_min == 30
        crews = pairs if paired else [[drone] for drone in drones]
        best: Fit | None = None
        for crew in crews:
            for hours in FLOWN_IN[revisit_min]:
                fit = _fit(stop, crew, hours, post)
                if fit and (best is None or fit[0] < best[0] - 1e-9):
                    best = fit
        if best is None:
            crew = [[[] for _ in range(HOURS)] for _ in range(2 if paired else 1)]
            drones += crew
            if paired:
                pairs.append(crew)
            first = FLOWN_IN[revisit_min][0]
            best = 0.0, [(drone, hour, [stop]) for drone in crew for hour in first]
        for drone, hour, flight in best[1]:
            drone[hour] = flight
    return drones


def _jobs(zones: list[Row], post: Point) -> list[tuple[int, Stop]]:
    """Return the tasks, most frequent and farthest first."""
    jobs = []
    for zone in zones:
        shape, work = zone["geometry"], work_min(zone)
        room_min = SORTIE_MIN - route_min([(shape, 0.0)], post)
        assert room_min > 3, (zone["id"], "out of range in the load estimate")
        n = math.ceil(work / room_min)
        key = (zone["revisit_min"], -round(post.distance(shape)), zone["id"])
        jobs += [(key, (shape, work / n))] * n
    return [(key[0], stop) for key, stop in sorted(jobs, key=lambda job: job[0])]


def _fit(
    stop: Stop, crew: list[DroneHours], hours: tuple[int, ...], post: Point
) -> Fit | None:
    """Return the minutes added and the flights with a stop; None if one is too long."""
    extra_min, flights = 0.0, []
    for drone in crew:
        for hour in hours:
            flown = drone[hour]
            tries = [[*flown[:q], stop, *flown[q:]] for q in range(len(flown) + 1)]
            minutes, q = min((route_min(t, post), q) for q, t in enumerate(tries))
            if minutes > SORTIE_MIN:
                return None
            extra_min += minutes - (route_min(flown, post) if flown else 0.0)
            flights.append((drone, hour, tries[q]))
    return extra_min, flights
