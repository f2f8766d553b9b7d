"""Fence a mission in, fence closed airspace out, and say where else to land."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import LocalProjection
from planner.formats.handover import Handover, has_place
from planner.formats.missions.mission import GEOD, Fence, Mission, Ring
from planner.formats.missions.relief import relief_under
from planner.implied.aloft import closures_aloft
from planner.plan import Route
from planner.scenario import Airspace, Scenario

KEEP_IN_M = 100.0
"""Room between a mission and the fence that keeps it in: wind, turns, position."""

_SMOOTH_M = 20.0
_CLEARANCE_SHARES = (1 / 3, 2 / 3)
"""
How far a fence may stand out of closed airspace, of the clearance kept from it; the
second where the first has more corners than an autopilot holds.
"""


def fence_of(
    handover: Handover, route: Route, mission: Mission, most_vertices: int
) -> Fence:
    """
    Return the fences of a mission; none without a scenario.

    A fence of an autopilot has neither clock nor height. So airspace is fenced out
    if it holds at the heights that are flown; if it holds at times only, it is
    unless the mission comes near while it is open. A station's waiver holds here
    too.
    """
    scenario = handover.scenario
    if scenario is None:
        return Fence()
    projection = scenario.projection
    path = LineString(projection.to_xy(np.array(_lonlats(mission))))
    spare = [(s["lon"], s["lat"]) for s in landing_places(handover, route, mission)]
    places = [*path.coords, *projection.to_xy(np.array(spare))]
    hull = shapely.MultiPoint(places).convex_hull.buffer(1.0)
    keep_in = hull.simplify(_SMOOTH_M).buffer(
        KEEP_IN_M + _SMOOTH_M, join_style="mitre", mitre_limit=2.0
    )
    room = keep_in.buffer(KEEP_IN_M)
    closed = [
        area.geometry
        for area in _closed(handover, scenario, route, mission, path)
        if area.geometry.intersects(keep_in)
    ]
    kept_in = tuple(_rings(keep_in, projection))
    kept_out: tuple[Ring, ...] = ()
    for share in _CLEARANCE_SHARES:
        margin_m = scenario.rules.clearance_m * share
        kept_out = tuple(
            ring
            for shape in closed
            for ring in _rings(_outline(shape, margin_m, room), projection)
        )
        if sum(map(len, (*kept_in, *kept_out))) <= most_vertices:
            break
    return Fence(keep_in=kept_in, keep_out=kept_out)


def _outline(shape: BaseGeometry, margin_m: float, room: BaseGeometry) -> BaseGeometry:
    """Return what of a shape is near by, in fewer corners and nowhere smaller."""
    wider = shapely.make_valid(shape.buffer(margin_m).simplify(margin_m))
    return shapely.intersection(wider, room)


def landing_places(
    handover: Handover, route: Route, mission: Mission
) -> tuple[Mapping[str, Any], ...]:
    """
    Return stations of the plan where a drone may land, its own first.

    Those are where it takes off, and where it lands. Others are those that are nearer
    than the first from somewhere on the mission; those nearest to it come first. Over
    terrain, those that no hill is before.
    """
    own, end = handover.station(route), handover.end(route)
    relief = relief_under(handover, route)
    lon, lat = np.array(_lonlats(mission)).T

    def away_m(station: Mapping[str, Any], x: Any, y: Any) -> Any:
        n = len(x)
        _, _, metres = GEOD.inv(
            np.full(n, station["lon"]), np.full(n, station["lat"]), x, y
        )
        return np.asarray(metres)

    home_m = away_m(own, lon, lat)
    found = []
    for station in handover.plan.stations:
        if station.get("id") in (own["id"], end["id"]) or not has_place(station):
            continue
        if relief is not None and not relief.is_clear(
            mission, float(station["lon"]), float(station["lat"])
        ):
            continue
        if (away_m(station, lon, lat) < home_m).any():
            metres = away_m(own, [station["lon"]], [station["lat"]])[0]
            found.append((float(metres), str(station["id"]), station))
    first = (own,) if end is own else (own, end)
    return (*first, *(station for *_, station in sorted(found, key=lambda f: f[:2])))


def breaches(fence: Fence, mission: Mission) -> tuple[str, ...]:
    """Return ``keep_in`` or ``keep_out``, where a mission does not keep to a fence."""
    lonlats = _lonlats(mission)
    projection = LocalProjection(*lonlats[0])
    path = LineString(projection.to_xy(np.array(lonlats)))

    def areas(rings: Iterable[Ring]) -> BaseGeometry:
        polygons = [Polygon(projection.to_xy(np.array(ring))) for ring in rings]
        return shapely.union_all([shapely.make_valid(p) for p in polygons])

    broken = []
    if fence.keep_in and not areas(fence.keep_in).covers(path):
        broken.append("keep_in")
    if areas(fence.keep_out).intersects(path):
        broken.append("keep_out")
    return tuple(broken)


def _lonlats(mission: Mission) -> list[tuple[float, float]]:
    """Return the places of a mission from take-off on; at least two."""
    home = [mission.home] if mission.home else []
    places = [*home, *((w.lon, w.lat) for w in mission.waypoints)]
    return places if len(places) > 1 else places * 2


def _closed(
    handover: Handover,
    scenario: Scenario,
    route: Route,
    mission: Mission,
    path: LineString,
) -> Iterable[Airspace]:
    """Yield the airspace that a fence can stand for."""
    stands_m = handover.stands_m(handover.station(route))
    heights_m = [stands_m + waypoint.height_m for waypoint in mission.waypoints]
    ends = ((route.depot, path.coords[0]), (route.lands_at, path.coords[-1]))
    waivers = scenario.rules.station_waivers
    waived = shapely.MultiPoint([at for station, at in ends if station in waivers])
    for area in closures_aloft(scenario):
        if area.lower_m > max(heights_m) or area.upper_m < min(heights_m):
            continue
        near = area.geometry.distance(path) < scenario.rules.clearance_m
        if area.schedule is not None and near:
            continue
        if area.geometry.intersects(waived):
            continue
        yield area


def _rings(shape: BaseGeometry, projection: LocalProjection) -> Iterable[Ring]:
    """Yield the rings of polygons; what has a hole is cut through it."""
    for part in shapely.get_parts(shape):
        if part.geom_type != "Polygon" or part.area < 1.0:
            continue
        if len(part.interiors):
            x = part.interiors[0].centroid.x
            west, south, east, north = part.bounds
            for side in (
                shapely.box(west, south, x, north),
                shapely.box(x, south, east, north),
            ):
                yield from _rings(part.intersection(side), projection)
        else:
            lonlat = projection.to_lonlat(np.array(part.exterior.coords)[:-1])
            yield tuple((round(x, 8), round(y, 8)) for x, y in lonlat.tolist())
