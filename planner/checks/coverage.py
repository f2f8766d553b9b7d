"""Coverage: what is called served is seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import QUAD_SEGS
from planner.basics.physics import swath_at
from planner.basics.ridges import hidden_ground
from planner.basics.skyline import Skyline
from planner.checks.case import Case
from planner.checks.verdict import Gauge
from planner.flown.footprints import footprint, track_on_task
from planner.flown.tracks import FlownRoute
from planner.implied.aloft import standing_on
from planner.plan import Stop
from planner.scenario import Scenario, Zone

SEEN_SHARE = 0.995
SERVABLE_SHARE = 0.5
LINE_ROOM_M = 1.0
LINE_SLIVER_M = 0.01

_LINE_STEP_M = 1.0


def coverage(case: Case, gauge: Gauge) -> None:
    """Measure how much of each served zone is seen."""
    left_out = {u.zone for u in case.plan.unserved}
    servable = servable_part(case.scenario)
    stops: dict[tuple[str, str], list[tuple[FlownRoute, Stop]]] = defaultdict(list)
    for flown in case.routes:
        for stop in flown.route.stops:
            for zone_id in dict.fromkeys(stop.zones):
                stops[zone_id, stop.kind].append((flown, stop))
    tracked = cache(track_on_task)
    buildings, terrain = case.scenario.buildings, case.scenario.terrain
    skyline = Skyline.of(
        [b.geometry for b in buildings], [standing_on(terrain, b) for b in buildings]
    )

    @cache
    def seen_along(
        track: BaseGeometry, reach_m: float, height_m: float | None
    ) -> BaseGeometry:
        """Return the ground seen; where there is a height, some may be hidden."""
        ground = footprint(track, reach_m)
        if height_m is None or track.is_empty:
            return ground
        lowest_m, seen = 0.0, ground
        if terrain is not None:
            lowest_m, _ = terrain.near(ground)
            eye = (track.x, track.y, height_m)
            seen = ground.difference(hidden_ground(terrain, eye, reach_m))
        return seen.difference(
            skyline.shadow(track.x, track.y, height_m, reach_m, lowest_m)
        )

    def height_m(flown: FlownRoute, stop: Stop) -> float | None:
        """Return the height of a viewpoint, where anything could be hidden from it."""
        hides = bool(buildings) or terrain is not None
        return flown.height_m(stop) if hides and stop.kind == "watch" else None

    for zone in case.scenario.zones:
        if zone.id in left_out:
            continue
        # Only stops of the zone's own kind count: a sweep is no mere look.
        visits = stops[zone.id, zone.kind]
        part, share = servable(zone)
        if share < SERVABLE_SHARE:
            gauge.fault("coverage.servable", zone.id, share, SERVABLE_SHARE)
        elif zone.kind == "line":
            _measure_line(gauge, zone, part, visits)
        else:
            # Many flights see the same from the same place.
            tracks = {(tracked(f, s), f.reach_m(s), height_m(f, s)) for f, s in visits}
            seen = [seen_along(*track) for track in sorted(tracks, key=_in_order)]
            _measure_area(gauge, zone, part, seen)


def _in_order(
    track: tuple[BaseGeometry, float, float | None],
) -> tuple[bytes, float, float]:
    return track[0].wkb, track[1], track[2] or 0.0


def _measure_area(
    gauge: Gauge, zone: Zone, part: BaseGeometry, seen: Sequence[BaseGeometry]
) -> None:
    """Measure the share of an area that lies in footprints."""
    unseen = part
    for disc in seen:
        if unseen.is_empty:
            break
        unseen = shapely.difference(unseen, disc)
    share = 1 - unseen.area / part.area
    gauge.measure(
        "coverage.area",
        zone.id,
        share,
        SEEN_SHARE,
        share - SEEN_SHARE,
        "share",
        scale=1 - SEEN_SHARE,
    )


def _measure_line(
    gauge: Gauge,
    zone: Zone,
    part: BaseGeometry,
    visits: Sequence[tuple[FlownRoute, Stop]],
) -> None:
    """Measure how far outside all footprints a line ever runs."""
    tracks: dict[float, list[BaseGeometry]] = defaultdict(list)
    for flown, stop in visits:
        tracks[flown.reach_m(stop)].append(track_on_task(flown, stop))
    points = shapely.points(
        shapely.get_coordinates(shapely.segmentize(part, _LINE_STEP_M))
    )
    outside = np.full(len(points), np.inf)
    uncovered = part
    for reach_m, pieces in tracks.items():
        track = shapely.union_all(pieces)
        seen = track.buffer(reach_m + LINE_ROOM_M, quad_segs=QUAD_SEGS)
        uncovered = shapely.difference(uncovered, seen)
        shapely.prepare(track)
        outside = np.minimum(outside, shapely.distance(track, points) - reach_m)
    margin_m = LINE_ROOM_M - float(outside.max())
    if uncovered.length > LINE_SLIVER_M:
        margin_m = min(margin_m, -LINE_SLIVER_M)  # between two sampled points
    gauge.measure(
        "coverage.line", zone.id, LINE_ROOM_M - margin_m, LINE_ROOM_M, margin_m, "m"
    )


def servable_part(scenario: Scenario) -> Callable[[Zone], tuple[BaseGeometry, float]]:
    """
    Return a function that gives the servable part of a zone, and its share.

    That is what can be seen from where a drone may be, and is not private.
    """
    rules = scenario.rules
    flying = {s.model for s in scenario.stations}
    models = [m for m in scenario.drone_models if m.model in flying]
    private = shapely.union_all([p.geometry for p in scenario.privacy_zones()])
    closed = shapely.union_all(
        [
            c.geometry.buffer(rules.clearance_m, quad_segs=QUAD_SEGS)
            for c in scenario.closures()
            if c.lower_m <= rules.floor_m <= c.upper_m
        ]
    )

    @cache
    def hidden(reach_m: float) -> BaseGeometry:
        unseen = shapely.union(closed.buffer(-reach_m, quad_segs=QUAD_SEGS), private)
        shapely.prepare(unseen)
        return unseen

    def servable(zone: Zone) -> tuple[BaseGeometry, float]:
        if zone.kind == "watch":
            reach_m = max(m.view_radius_m for m in models)
        else:
            swath_m = max(m.swath_m for m in models)
            reach_m = swath_at(swath_m, rules.ceiling_m) / 2
        whole = zone.geometry
        unseen = hidden(reach_m)
        if not shapely.intersects(unseen, whole):
            return whole, 1.0
        part = shapely.difference(whole, unseen)
        if zone.kind == "line":
            return part, part.length / whole.length
        return part, part.area / whole.area

    return servable
