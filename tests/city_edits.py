"""
Break a written plan of the city, each time in one place.

Every function changes the content of a plan's file and returns an id that the
checker's findings have to name. Victims are picked from the plan itself and
from its worst margins, so that any sound plan of any scenario will do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import shapely

from planner.checks import Verdict
from planner.scenario import Scenario

Document = dict[str, Any]
Feature = dict[str, Any]


@dataclass(frozen=True)
class City:
    """A scenario, and what the checker says of the plan to be broken."""

    scenario: Scenario
    verdict: Verdict

    def worst(self, rule: str) -> tuple[float, list[str]]:
        """Return the worst margin of a rule, and the words that say where it is."""
        result = next(r for r in self.verdict.rules if r.rule == rule)
        assert result.worst_margin is not None, f"{rule} measured nothing"
        return result.worst_margin, result.where.split()


def route_of(document: Document, route_id: str) -> Feature:
    """Return the feature of a route."""
    return next(f for f in document["features"] if f["properties"]["id"] == route_id)


def sorties_of(document: Document, route: Feature) -> list[dict[str, Any]]:
    """Return the sorties of a route, in the order of time."""
    wanted = route["properties"]["id"]
    roster = document["timetable"]["roster"]
    return sorted(
        (s for s in roster if s["route"] == wanted), key=lambda s: s["takeoff_s"]
    )


def places(city: City, route: Feature) -> np.ndarray:
    """Return the vertices of a route in metres, shape (n, 2)."""
    lonlat = np.array(route["geometry"]["coordinates"])[:, :2]
    return city.scenario.projection.to_xy(lonlat)


def put(city: City, route: Feature, vertex: int, xy: np.ndarray) -> None:
    """Put a vertex, and all that lie at the same place and height, somewhere else."""
    path = route["geometry"]["coordinates"]
    old = list(path[vertex])
    lon, lat = city.scenario.projection.to_lonlat(xy[None])[0]
    for k, place in enumerate(path):
        if place == old:
            path[k] = [float(lon), float(lat), old[2]]


def delay(document: Document, route: Feature, vertex: int, by_s: float) -> None:
    """Reach a vertex and all after it later; duration, load and roster follow."""
    own = route["properties"]
    since = own["t_s"][vertex]
    own["t_s"] = [t + by_s * (k >= vertex) for k, t in enumerate(own["t_s"])]
    for stop in own["stops"]:
        for key in ("enter_s", "exit_s"):
            stop[key] += by_s * (stop[key] >= since)
    own["duration_s"] += by_s
    own["load"] += by_s / own["headway_s"]
    for sortie in sorties_of(document, route):
        sortie["landing_s"] += by_s
        sortie["ready_s"] += by_s


def set_clock(document: Document, route: Feature, phase_s: float) -> None:
    """Give a route another phase, and its sorties with it."""
    by_s = phase_s - route["properties"]["phase_s"]
    route["properties"]["phase_s"] = phase_s
    for sortie in sorties_of(document, route):
        for key in ("takeoff_s", "landing_s", "ready_s"):
            sortie[key] += by_s


def needed_all_day(
    document: Document, city: City
) -> Iterator[tuple[Feature, dict[str, Any], float]]:
    """Yield routes with a stop that no other route makes, and its interval [s]."""
    makers = Counter(
        target
        for route in document["features"]
        for target in {s["target"] for s in route["properties"]["stops"]}
    )
    whole_day = ((0.0, city.scenario.horizon.length_s),)
    for route in document["features"]:
        for stop in route["properties"]["stops"]:
            zone = city.scenario.zone(stop["zones"][0])
            if makers[stop["target"]] == 1 and city.scenario.windows(zone) == whole_day:
                yield route, stop, zone.revisit_s


def target_dropped(document: Document, city: City) -> str:
    """The only target of a zone, or one of few, is no longer named."""
    targets: dict[str, set[str]] = {}
    for route in document["features"]:
        for stop in route["properties"]["stops"]:
            for zone in stop["zones"]:
                targets.setdefault(zone, set()).add(stop["target"])
    zone = min(targets, key=lambda z: (len(targets[z]), z))
    gone = min(targets[zone])
    for route in document["features"]:
        own = route["properties"]
        own["stops"] = [s for s in own["stops"] if s["target"] != gone]
    return zone


def watch_drifted(document: Document, city: City) -> str:
    """The zone that is only just seen is watched from one radius further east."""
    zone = city.worst("coverage")[1][0]
    for route in document["features"]:
        radius_m = city.scenario.model(route["properties"]["drone_model"]).view_radius_m
        times = np.array(route["properties"]["t_s"])
        for stop in route["properties"]["stops"]:
            if zone in stop["zones"]:
                vertex = int(np.searchsorted(times, stop["enter_s"]))
                east = places(city, route)[vertex] + np.array([radius_m, 0.0])
                put(city, route, vertex, east)
    return zone


def phase_shifted(document: Document, city: City) -> str:
    """A route begins so late that its first visit is too late; its roster agrees."""
    route, stop = next(
        (route, stop)
        for route, stop, interval_s in needed_all_day(document, city)
        if route["properties"]["headway_s"] - 1 + stop["exit_s"] > interval_s + 1
    )
    set_clock(document, route, route["properties"]["headway_s"] - 1)
    return str(stop["target"])


def headway_raised(document: Document, city: City) -> str:
    """A route is flown half as often; roster and load agree."""
    route, stop = next(
        (route, stop)
        for route, stop, interval_s in needed_all_day(document, city)
        if 2 * route["properties"]["headway_s"] > interval_s + 1
        and len(sorties_of(document, route)) > 3
    )
    own = route["properties"]
    gone = {id(s) for s in sorties_of(document, route)[1::2]}
    roster = document["timetable"]["roster"]
    document["timetable"]["roster"] = [s for s in roster if id(s) not in gone]
    own["headway_s"] *= 2
    own["load"] /= 2
    return str(stop["target"])


def leg_hurried(document: Document, city: City) -> str:
    """The longest leg of a path takes a second less than it can."""
    lengths = {}
    for k, route in enumerate(document["features"]):
        legs = np.hypot(*np.diff(places(city, route), axis=0).T)
        lengths[k, int(np.argmax(legs))] = float(legs.max())
    k, leg = max(lengths, key=lambda key: lengths[key])
    route = document["features"][k]
    own = route["properties"]
    least_s = lengths[k, leg] / city.scenario.model(own["drone_model"]).airspeed_mps
    taken_s = own["t_s"][leg + 1] - own["t_s"][leg]
    delay(document, route, leg + 1, least_s - 1 - taken_s)
    return str(own["id"])


def sortie_stretched(document: Document, city: City) -> str:
    """The longest sortie lands a second after its endurance is used up."""
    margin_s, (name, *_) = city.worst("energy")
    route = route_of(document, name)
    delay(document, route, len(route["properties"]["t_s"]) - 1, margin_s + 1)
    return name


def vertex_in_no_fly_zone(document: Document, city: City) -> str:
    """The vertex nearest to a closure lies inside it."""
    rules = city.scenario.rules
    closures = [
        c
        for c in city.scenario.closures()
        if c.schedule is None and c.lower_m <= rules.floor_m
    ]
    near: list[tuple[float, int, int, int]] = []
    for k, route in enumerate(document["features"]):
        inner = shapely.points(places(city, route)[2:-2])
        for c, closure in enumerate(closures):
            away_m = shapely.distance(closure.geometry, inner)
            near.append((away_m.min(), k, int(np.argmin(away_m)) + 2, c))
    _, k, vertex, c = min(near)
    inside = closures[c].geometry.representative_point()
    put(city, document["features"][k], vertex, np.array(inside.coords[0]))
    return closures[c].id


def path_too_near(document: Document, city: City) -> str:
    """What passes closest to a closure or column comes closer than its margin."""
    margin_m, (name, at_s, _, what, *_) = city.worst("airspace")
    route = route_of(document, name)
    stations = {s.id: s.point for s in city.scenario.stations}
    closures = {c.id: c.geometry for c in city.scenario.closures()}
    times, xy = route["properties"]["t_s"], places(city, route)
    pieces = [k for k, t in enumerate(times[:-1]) if f"{t:.0f}" == at_s]
    obstacle = {**closures, **stations}[what]
    piece = min(pieces, key=lambda k: obstacle.distance(shapely.LineString(xy[k:][:2])))
    line = shapely.LineString(xy[piece:][:2])
    (px, py), (qx, qy) = shapely.shortest_line(line, obstacle).coords
    step = np.array([qx - px, qy - py])
    for vertex in (piece, piece + 1):
        put(city, route, vertex, xy[vertex] + step / np.hypot(*step) * (margin_m + 1))
    return what


def drone_in_two_places(document: Document, city: City) -> str:
    """A drone is given a sortie while it flies another."""
    one, other = next(
        (one, other)
        for one, other in combinations(document["timetable"]["roster"], 2)
        if one["drone"] != other["drone"]
        and one["drone"].rpartition("-")[0] == other["drone"].rpartition("-")[0]
        and one["takeoff_s"] <= other["takeoff_s"] < one["landing_s"]
    )
    other["drone"] = one["drone"]
    return str(one["drone"])


def turnaround_shortened(document: Document, city: City) -> str:
    """A drone is called ready a minute before it is."""
    sortie = document["timetable"]["roster"][0]
    sortie["ready_s"] -= 60
    return str(sortie["drone"])


def moves_too_close(document: Document, city: City) -> str:
    """A route takes off one second after another of its station."""
    one, other = next(
        (one, other)
        for one, other in combinations(document["features"], 2)
        if one["properties"]["depot"] == other["properties"]["depot"]
        and one["properties"]["headway_s"] == other["properties"]["headway_s"]
    )
    headway_s = one["properties"]["headway_s"]
    set_clock(document, other, (one["properties"]["phase_s"] + 1) % headway_s)
    return str(one["properties"]["depot"])


def routes_cross_in_one_layer(document: Document, city: City) -> str:
    """Two routes that cross are flown at one height, at one time."""
    one, other, meeting = next(_crossings(document, city))
    low = other["properties"]["layer_m"]
    for vertex in one["geometry"]["coordinates"]:
        vertex[2] = min(vertex[2], low)
    one["properties"]["layer_m"] = low
    # Both are there at the same moment after the other's third take-off.
    reach_s = [_reach_s(city, route, meeting) for route in (one, other)]
    headway_s = one["properties"]["headway_s"]
    phase_s = other["properties"]["phase_s"] + reach_s[1] - reach_s[0]
    set_clock(document, one, phase_s % headway_s)
    return f"{one['properties']['id']} {other['properties']['id']}"


def _crossings(
    document: Document, city: City
) -> Iterator[tuple[Feature, Feature, shapely.Point]]:
    """Yield pairs of stations' routes, the higher first, and where they cross."""
    clear_m = 2 * city.scenario.rules.column_radius_m
    homes = shapely.MultiPoint([s.point for s in city.scenario.stations])
    lines = [shapely.LineString(places(city, r)[1:-1]) for r in document["features"]]
    higher = sorted(
        range(len(lines)),
        key=lambda k: -document["features"][k]["properties"]["layer_m"],
    )
    for k, m in combinations(higher, 2):
        one, other = document["features"][k], document["features"][m]
        layers = [r["properties"]["layer_m"] for r in (one, other)]
        headways = [r["properties"]["headway_s"] for r in (one, other)]
        if layers[0] == layers[1] or headways[0] != headways[1]:
            continue
        # Those that are flown at some hours may never be in the air together.
        if not all(_flies_all_day(document, city, route) for route in (one, other)):
            continue
        crossing = shapely.intersection(lines[k], lines[m])
        for part in shapely.get_parts(crossing):
            if part.geom_type == "Point" and part.distance(homes) > clear_m:
                yield one, other, part


def _flies_all_day(document: Document, city: City, route: Feature) -> bool:
    """Whether a route is flown by its clock at every hour."""
    flights = len(sorties_of(document, route)) + 2  # less one at either end
    return flights * route["properties"]["headway_s"] > city.scenario.horizon.length_s


def _reach_s(city: City, route: Feature, place: shapely.Point) -> float:
    """Return when a route is first at a place, from take-off [s]."""
    xy, times = places(city, route), route["properties"]["t_s"]
    pieces = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
    first = int(np.flatnonzero(shapely.distance(pieces, place) < 1e-3)[0])
    share = shapely.line_locate_point(pieces[first], place, normalized=True)
    return float(times[first] + share * (times[first + 1] - times[first]))


def metric_tampered(document: Document, city: City) -> str:
    """A figure is told a little better than it is."""
    document["metrics"]["drones_peak"] -= 1
    return "metrics.drones_peak"


def digest_stale(document: Document, city: City) -> str:
    """The plan was made for another state of the scenario."""
    digest = document["provenance"]["scenario_digest"]
    document["provenance"]["scenario_digest"] = digest[::-1]
    return "provenance.scenario_digest"


FIGURES = frozenset({"accounts"})
"""Numbers that follow from an edit are wrong as well."""

TIMES = frozenset({"pads", "separation", "fleet", "airspace", "revisit", "accounts"})
"""Who moves in time may meet others, at home and in the air."""

PLACES = frozenset({"motion", "coverage", "separation", "airspace", "accounts"})
"""Who flies somewhere else may be late, see less and meet others."""

EDITS: tuple[tuple[Callable[[Document, City], str], str, frozenset[str]], ...] = (
    (target_dropped, "coverage", FIGURES),
    (watch_drifted, "coverage", PLACES),
    (phase_shifted, "revisit", TIMES),
    (headway_raised, "revisit", FIGURES),
    (leg_hurried, "motion", TIMES),
    (sortie_stretched, "energy", TIMES),
    (vertex_in_no_fly_zone, "airspace", PLACES),
    (path_too_near, "airspace", PLACES),
    (drone_in_two_places, "fleet", FIGURES | {"pads"}),
    (turnaround_shortened, "fleet", FIGURES),
    (moves_too_close, "pads", TIMES),
    (routes_cross_in_one_layer, "separation", TIMES | PLACES),
    (metric_tampered, "accounts", frozenset()),
    (digest_stale, "provenance", frozenset()),
)
"""What is edited, the rule that has to say so, and rules that may say so too."""
