"""
Simulate incidents one by one, to check the response figures from outside.

Places and times are drawn continuously; each drone is asked in turn, in plain numbers.
Of what `planner.response.figures` stands on only the wind triangle, the longest sortie
and the outline of the clearance are used.
"""

from __future__ import annotations

import bisect
import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import grown
from planner.basics.physics import flight_time_s, wind_vector
from planner.given.stamina import longest_sortie_s
from planner.plan import Plan, Route, Sortie
from planner.scenario import Scenario, Station

XY = tuple[float, float]


@dataclass(frozen=True)
class Tally:
    """What came of incidents: how many, and how long each took that was reached."""

    count: int
    reached_s: tuple[float, ...]

    @property
    def nobody_share(self) -> float:
        """Share that nobody could be over."""
        return 1 - len(self.reached_s) / self.count

    @property
    def mean_s(self) -> float:
        """Mean time of those reached."""
        return sum(self.reached_s) / len(self.reached_s)

    def within(self, seconds: float) -> float:
        """Share of all within a time."""
        return sum(s <= seconds for s in self.reached_s) / self.count


class City:
    """A scenario and a plan, looked at moment by moment."""

    def __init__(self, scenario: Scenario, plan: Plan) -> None:
        self.scenario = scenario
        self.rules = scenario.rules
        private = [z for z in scenario.airspace if z.is_privacy]
        over_m = max((z.upper_m for z in private), default=0.0)
        # At the lowest layer over all privacy zones; tests have one, and no gusts.
        self.layer_m = min(h for h in self.rules.layers_m if h >= over_m)
        shut = [
            grown(c.geometry, self.rules.clearance_m)
            for c in scenario.closures()
            if c.lower_m <= self.layer_m <= c.upper_m
        ]
        union = shapely.union_all(shut)
        self.closed = [] if union.is_empty else list(shapely.get_parts(union))
        for area in self.closed:
            shapely.prepare(area)
        wind = scenario.wind
        self.wind = wind_vector(wind.speed_mps, wind.from_deg)
        self.routes = {r.id: r for r in plan.routes}
        self.paths = {
            r.id: scenario.projection.to_xy(np.array(r.path)[:, :2])
            for r in plan.routes
        }
        self.days: dict[str, list[Sortie]] = defaultdict(list)
        self.moves: dict[str, list[float]] = defaultdict(list)
        for sortie in plan.roster:
            self.days[sortie.drone].append(sortie)
            home = sortie.drone.rpartition("-")[0]
            self.moves[home] += [sortie.takeoff_s, sortie.landing_s]
        for moves in self.moves.values():
            moves.sort()

    def leg_s(self, station: Station, a: XY, b: XY) -> float:
        """Return how long a flight takes, along the outline of what is closed."""
        speed_mps = self.scenario.model(station.model).airspeed_mps
        length_m = math.dist(a, b)
        if length_m == 0:
            return math.inf if any(c.contains(Point(a)) for c in self.closed) else 0.0
        straight_s = float(
            flight_time_s(b[0] - a[0], b[1] - a[1], speed_mps, (self.wind,))
        )
        line = LineString([a, b])
        inside_m = round_m = 0.0
        for area in self.closed:
            if not area.intersects(line):
                continue
            ring = area.exterior
            chords = area.intersection(line)
            for chord in getattr(chords, "geoms", [chords]):
                if chord.length < 1e-6:
                    continue
                ends = [Point(chord.coords[0]), Point(chord.coords[-1])]
                if any(ring.distance(end) > 1.0 for end in ends):
                    return math.inf
                one, two = sorted(ring.project(end) for end in ends)
                inside_m += chord.length
                round_m += min(two - one, ring.length - (two - one))
                round_m += sum(ring.distance(end) for end in ends)
        slowest_mps = speed_mps - math.hypot(*self.wind)
        detour_s = round_m / slowest_mps if round_m else 0.0
        return straight_s * (1 - inside_m / length_m) + detour_s

    def overhead_s(self, place: XY, moment_s: float) -> float:
        """Return when somebody could first be over a place; infinite if nobody."""
        hopes: list[tuple[float, Station, XY, float, float]] = []
        for station in self.scenario.stations:
            home = (station.point.x, station.point.y)
            model = self.scenario.model(station.model)
            fastest_mps = model.airspeed_mps + math.hypot(*self.wind)
            near_s = math.dist(home, place) / fastest_mps
            names = [f"{station.id}-{n + 1}" for n in range(station.drones)]
            leaves_s = self._launch(station, names, moment_s)
            if leaves_s is not None:
                climb_s = self.layer_m / model.climb_mps
                delay_s = leaves_s - moment_s + climb_s
                hopes.append((delay_s + near_s, station, home, delay_s, climb_s))
            for name in names:
                for xy, delay_s, spent_s in self._aloft(name, moment_s):
                    near_s = math.dist(xy, place) / fastest_mps
                    hopes.append((delay_s + near_s, station, xy, delay_s, spent_s))
        best = math.inf
        for soonest_s, station, xy, delay_s, spent_s in sorted(
            hopes, key=lambda hope: hope[0]
        ):
            if soonest_s >= best:
                break
            flight_s = self.leg_s(station, xy, place)
            if self._comes_home(station, place, spent_s + flight_s):
                best = min(best, delay_s + flight_s)
        return best

    def _comes_home(self, station: Station, place: XY, spent_s: float) -> bool:
        """Whether a drone that is over a place then gets home after its stay."""
        model = self.scenario.model(station.model)
        back_s = self.leg_s(station, place, (station.point.x, station.point.y))
        landing_s = spent_s + self.rules.overhead_s + back_s
        landing_s += self.layer_m / model.descent_mps
        return landing_s <= longest_sortie_s(model, self.rules.ceiling_m)

    def _launch(
        self, station: Station, names: list[str], moment_s: float
    ) -> float | None:
        """Return when a drone could leave a station, or None."""
        leaves_s = moment_s + self.rules.launch_s
        spacing_s = self.rules.launch_spacing_s
        for move in self.moves[station.id]:
            if abs(move - leaves_s) < spacing_s - 1e-6:
                leaves_s = move + spacing_s
        ready, padded = [], []
        for name in names:
            busy = on_pad = False
            for s in self.days[name]:
                busy |= s.takeoff_s <= leaves_s and s.ready_s > moment_s
                on_pad |= s.landing_s <= leaves_s and s.ready_s > moment_s
                before_s = s.takeoff_s - self.rules.pad_before_takeoff_s
                on_pad |= before_s <= leaves_s and s.takeoff_s > moment_s
            if not busy:
                ready.append(name)
            if on_pad:
                padded.append(name)
        free = len(padded) < station.pads
        return leaves_s if any(free or name in padded for name in ready) else None

    def _aloft(self, name: str, moment_s: float) -> list[tuple[XY, float, float]]:
        """Return where a drone leaves its route, after what, and what it has flown."""
        found = []
        for s in self.days[name]:
            route = self.routes[s.route]
            since_s = moment_s - s.takeoff_s
            if not -self.rules.launch_s <= since_s <= route.t_s[-2]:
                continue
            leaves_s = max(since_s, route.t_s[1])
            rise_m = self.layer_m - route.layer_m
            model = self.scenario.model(route.drone_model)
            rate_mps = model.climb_mps if rise_m > 0 else model.descent_mps
            change_s = abs(rise_m) / rate_mps
            xy = self._place(route, leaves_s)
            found.append((xy, leaves_s - since_s + change_s, leaves_s + change_s))
        return found

    def _place(self, route: Route, at_s: float) -> XY:
        """Return where on its route a drone is."""
        k = min(bisect.bisect_right(route.t_s, at_s), len(route.t_s) - 1)
        low_s, high_s = route.t_s[k - 1], route.t_s[k]
        share = 0.0 if high_s == low_s else (at_s - low_s) / (high_s - low_s)
        a, b = self.paths[route.id][k - 1 : k + 1]
        return (
            float(a[0] + share * (b[0] - a[0])),
            float(a[1] + share * (b[1] - a[1])),
        )


def drawn_place(shape: BaseGeometry, dice: np.random.Generator) -> XY:
    """Return a random place of a shape, evenly over its area or length."""
    if shape.area == 0:
        at = shape.interpolate(dice.uniform(0, shape.length))
        return at.x, at.y
    west, south, east, north = shape.bounds
    while True:
        x, y = dice.uniform(west, east), dice.uniform(south, north)
        if shapely.contains_xy(shape, x, y):
            return float(x), float(y)


def simulate(scenario: Scenario, plan: Plan, count: int, seed: int) -> Tally:
    """Draw incidents by the zones' priorities, any moment of the horizon."""
    city, dice = City(scenario, plan), np.random.default_rng(seed)
    weights = np.array([z.priority for z in scenario.zones])
    reached: list[float] = []
    drawn = 0
    while drawn < count:
        zone: Any = scenario.zones[dice.choice(len(weights), p=weights / weights.sum())]
        place = drawn_place(zone.geometry, dice)
        if any(area.contains(Point(place)) for area in city.closed):
            continue  # left out of the figures too
        drawn += 1
        after_s = city.overhead_s(place, dice.uniform(0, scenario.horizon.length_s))
        if math.isfinite(after_s):
            reached.append(after_s)
    return Tally(count, tuple(reached))
