"""
Simulate incidents, to check the response figures from outside.

Places and times are drawn continuously. One by one, each drone is asked in turn, in
plain numbers: of what `planner.response.figures` stands on only the wind triangle, the longest
sortie and the outline of the clearance are used. By the million, incidents are timed by
what it stands on, which is first held to be the same: so what is left of a difference
is what its grid and its minutes leave out.
"""

from __future__ import annotations

import bisect
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray, grown
from planner.basics.physics import flight_time_s, wind_vector
from planner.flown.tracks import flown_routes
from planner.given.stamina import longest_sortie_s
from planner.metrics import clock_period
from planner.plan import Plan, Route, Sortie
from planner.response.airways import airways
from planner.response.arrivals import first_overhead_s, ground
from planner.scenario import Scenario, Station

XY = tuple[float, float]

_AT_ONCE = 100


@dataclass(frozen=True)
class Incident:
    """One incident, and how soon somebody is over it: anybody, and who stands ready."""

    place: XY
    moment_s: float
    any_s: float
    ready_s: float


class City:
    """A scenario and a plan, looked at moment by moment."""

    def __init__(
        self, scenario: Scenario, plan: Plan, layer_m: float | None = None
    ) -> None:
        self.scenario = scenario
        self.rules = scenario.rules
        private = [z for z in scenario.airspace if z.is_privacy]
        over_m = max((z.upper_m for z in private), default=0.0)
        # At the lowest layer over all privacy zones; tests have one, and no gusts.
        lowest_m = min(h for h in self.rules.layers_m if h >= over_m)
        self.layer_m = lowest_m if layer_m is None else layer_m
        shut = [
            grown(c.geometry, self.rules.clearance_m)
            for c in scenario.closures()
            if c.lower_m <= self.layer_m <= c.upper_m
        ] + [z.geometry for z in private if z.upper_m > self.layer_m]
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
        self.stations = {s.id: s for s in scenario.stations}
        self.names = {
            s.id: [f"{s.id}-{n + 1}" for n in range(s.drones)]
            for s in scenario.stations
        }
        self.models = {m.model: m for m in scenario.drone_models}
        self.days: dict[str, list[Sortie]] = defaultdict(list)
        self.moves: dict[str, list[float]] = defaultdict(list)
        for sortie in plan.roster:
            self.days[sortie.drone].append(sortie)
            home = sortie.drone.rpartition("-")[0]
            self.moves[home] += [sortie.takeoff_s, sortie.landing_s]
        for moves in self.moves.values():
            moves.sort()
        self.sorties = sorted(plan.roster, key=lambda s: s.takeoff_s)
        self.takeoffs = [s.takeoff_s for s in self.sorties]
        self.longest_s = max((r.duration_s for r in plan.routes), default=0.0)

    def leg_s(self, station: Station, a: XY, b: XY) -> float:
        """Return how long a flight takes, along the outline of what is closed."""
        speed_mps = self.models[station.model].airspeed_mps
        length_m = math.dist(a, b)
        if length_m == 0:
            return math.inf if any(c.contains(Point(a)) for c in self.closed) else 0.0
        straight_s = length_m / speed_mps
        if any(self.wind):
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
        ready_s = self.ready_s(place, moment_s)
        return min(ready_s, self.aloft_s(place, moment_s, ready_s))

    def ready_s(self, place: XY, moment_s: float) -> float:
        """Return when a drone that stands ready could first be over a place."""
        hopes = []
        for station in self.scenario.stations:
            home = (station.point.x, station.point.y)
            model = self.models[station.model]
            climb_s = self.layer_m / model.climb_mps
            least_s = (
                self.rules.launch_s + climb_s + self._least_s(station, home, place)
            )
            hopes.append((least_s, station.id, home, climb_s))
        best = math.inf
        for least_s, name, home, climb_s in sorted(hopes):
            if least_s >= best:
                break
            station = self.stations[name]
            leaves_s = self._launch(station, self.names[name], moment_s)
            if leaves_s is None:
                continue
            flight_s = self.leg_s(station, home, place)
            if self._comes_home(station, place, climb_s + flight_s):
                best = min(best, leaves_s - moment_s + climb_s + flight_s)
        return best

    def aloft_s(self, place: XY, moment_s: float, best: float = math.inf) -> float:
        """Return when a drone on its route could first be over, if sooner than so."""
        first = bisect.bisect_left(self.takeoffs, moment_s - self.longest_s - 1)
        last = bisect.bisect_right(self.takeoffs, moment_s + self.rules.launch_s)
        hopes = []
        for sortie in self.sorties[first:last]:
            found = self._leaves(sortie, moment_s)
            if found is not None:
                xy, delay_s, spent_s = found
                name = sortie.drone.rpartition("-")[0]
                least_s = delay_s + self._least_s(self.stations[name], xy, place)
                hopes.append((least_s, name, xy, delay_s, spent_s))
        for least_s, name, xy, delay_s, spent_s in sorted(hopes):
            if least_s >= best:
                break
            flight_s = self.leg_s(self.stations[name], xy, place)
            if self._comes_home(self.stations[name], place, spent_s + flight_s):
                best = min(best, delay_s + flight_s)
        return best

    def _least_s(self, station: Station, start: XY, place: XY) -> float:
        """Return how long a flight takes at least: straight, with the wind."""
        model = self.models[station.model]
        return math.dist(start, place) / (model.airspeed_mps + math.hypot(*self.wind))

    def _comes_home(self, station: Station, place: XY, spent_s: float) -> bool:
        """Whether a drone that is over a place then gets home after its stay."""
        model = self.models[station.model]
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
        moves = self.moves[station.id]
        for move in moves[bisect.bisect_left(moves, leaves_s - spacing_s) :]:
            if move - leaves_s > spacing_s:
                break
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

    def _leaves(self, s: Sortie, moment_s: float) -> tuple[XY, float, float] | None:
        """Return where a drone leaves its route, after what, and what it has flown."""
        route = self.routes[s.route]
        since_s = moment_s - s.takeoff_s
        if not -self.rules.launch_s <= since_s <= route.t_s[-2]:
            return None
        leaves_s = max(since_s, route.t_s[1])
        rise_m = self.layer_m - route.layer_m
        model = self.models[route.drone_model]
        rate_mps = model.climb_mps if rise_m > 0 else model.descent_mps
        change_s = abs(rise_m) / rate_mps
        xy = self._place(route, leaves_s)
        return xy, leaves_s - since_s + change_s, leaves_s + change_s

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


def simulate(scenario: Scenario, plan: Plan, count: int, seed: int) -> list[Incident]:
    """
    Draw incidents by the zones' priorities, at any moment of the horizon.

    As a Latin hypercube (McKay, Beckman and Conover, Technometrics 1979): each zone
    has its share of them, to one, and so has each stretch of time. Those in closed
    airspace are left out, as the figures leave them out.
    """
    city, dice = City(scenario, plan), np.random.default_rng(seed)
    upto = np.cumsum([zone.priority for zone in scenario.zones])
    of = np.searchsorted(
        upto, upto[-1] * (np.arange(count) + dice.random(count)) / count
    )
    share = (dice.permutation(count) + dice.random(count)) / count
    incidents = []
    for k, moment_s in zip(of, share * scenario.horizon.length_s, strict=True):
        place = drawn_place(scenario.zones[k].geometry, dice)
        if any(area.contains(Point(place)) for area in city.closed):
            continue
        ready_s = city.ready_s(place, float(moment_s))
        any_s = min(ready_s, city.aloft_s(place, float(moment_s), ready_s))
        incidents.append(Incident(place, float(moment_s), any_s, ready_s))
    return incidents


def retimed(
    scenario: Scenario, plan: Plan, incidents: Sequence[Incident]
) -> tuple[FloatArray, FloatArray]:
    """Return how soon anybody, and who stands ready, is over each by the planner."""
    world, ordered = _World(scenario, plan), sorted(incidents, key=lambda i: i.moment_s)
    found = []
    for first in range(0, len(ordered), _AT_ONCE):
        some = ordered[first : first + _AT_ONCE]
        any_s, ready_s = world.times_s(
            np.array([i.place for i in some]), np.array([i.moment_s for i in some])
        )
        found.append((any_s.diagonal(), ready_s.diagonal()))
    place_in = np.argsort(np.argsort([i.moment_s for i in incidents], kind="stable"))
    return tuple(np.concatenate(side)[place_in] for side in zip(*found, strict=True))


def most_off_s(scenario: Scenario, plan: Plan, incidents: Sequence[Incident]) -> float:
    """Return by how much the planner differs at most from what was found alone."""
    any_s, ready_s = retimed(scenario, plan, incidents)
    alone = np.array([(i.any_s, i.ready_s) for i in incidents])
    told = np.column_stack([any_s, ready_s])
    reached = np.isfinite(alone)
    if (reached != np.isfinite(told)).any():
        return math.inf
    return float(np.abs(alone[reached] - told[reached]).max(initial=0.0))


class _World:
    """What the planner knows of a scenario and a plan."""

    def __init__(self, scenario: Scenario, plan: Plan) -> None:
        self.scenario, self.plan = scenario, plan
        self.ways = airways(scenario)
        self.routes = flown_routes(scenario, plan)

    def times_s(self, xy: FloatArray, moments: FloatArray) -> Any:
        """Return times at all places and sorted moments, shape (moments, places)."""
        land = ground(self.scenario, self.ways, xy)
        return first_overhead_s(
            self.scenario, self.plan, self.routes, self.ways, land, moments
        )


def drawn_figures(
    scenario: Scenario, plan: Plan, draws: int, places: int, moments: int, seed: int
) -> dict[str, dict[str, tuple[float, float]]]:
    """
    Return the response figures of random places at random moments, by row.

    Returns
    -------
    dict
        By row (``all``, ``ready``, districts, periods) and figure: the mean of some
        draws, each of so many places at so many moments, and its standard error.
    """
    world, dice = _World(scenario, plan), np.random.default_rng(seed)
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    upto = np.cumsum([zone.priority for zone in scenario.zones])
    for _ in range(draws):
        of = np.searchsorted(
            upto, upto[-1] * (np.arange(places) + dice.random(places)) / places
        )
        xy = np.array([drawn_place(scenario.zones[k].geometry, dice) for k in of])
        xy = xy[world.ways.is_open(xy)]
        at_s = np.arange(moments) + dice.random(moments)
        at_s *= scenario.horizon.length_s / moments
        any_s, ready_s = world.times_s(xy, at_s)
        rows = {"all": any_s, "ready": ready_s}
        free = np.ones(len(xy), dtype=bool)
        for district in scenario.districts:
            inside = free & shapely.intersects_xy(district.geometry, *xy.T)
            free &= ~inside
            rows[district.id] = any_s[:, inside]
        for low_s, high_s in scenario.stretches():
            name = clock_period(scenario.horizon, (low_s, high_s))
            rows[name] = any_s[(low_s <= at_s) & (at_s < high_s)]
        for row, times_s in rows.items():
            for name, value in figures_of(times_s.ravel()).items():
                found[row][name].append(value)
    return {
        row: {
            name: (float(np.mean(v)), float(np.std(v, ddof=1) / math.sqrt(len(v))))
            for name, v in figures.items()
        }
        for row, figures in found.items()
    }


def figures_of(times_s: FloatArray) -> dict[str, float]:
    """Return the figures of incidents that took so long; infinite is nobody."""
    reached = np.isfinite(times_s)
    found = {
        "nobody_share": 1.0 - float(reached.mean()),
        "mean_s": float(times_s[reached].mean()),
    }
    for percent in (50, 90, 95):
        at = float(np.quantile(times_s, percent / 100, method="inverted_cdf"))
        if math.isfinite(at):
            found[f"p{percent}_s"] = at
    for seconds in (60, 120, 180):
        found[f"within_{seconds}_s"] = float((times_s <= seconds).mean())
    return found
