"""Say what of a zone can be seen from where a drone may be."""

from __future__ import annotations

from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from planner.airspace.freespace import FreeSpace, Patches, Surroundings
from planner.basics.geometry import QUAD_SEGS
from planner.basics.physics import swath_at
from planner.given.drone import DroneModel
from planner.scenario import Scenario, Zone
from planner.targets.line import FAR_M

SERVABLE_SHARE = 0.5
"""A zone of which less can be seen counts as unserved."""

SHARE = 0.9955
"""Share of a zone's servable area that is planned for; 0.995 is promised."""

_LINE_OVERLAP_M = 2.0
_SEEN_SHARE = 0.9952
"""Seen by fixed routes and planned for together: 0.03 % are kept for rounding."""

_SLIVERS_M = (20.0, 10.0, 5.0, 2.0, 1.0)
"""Widths below which what is left of an area may be no work."""


def flying_models(scenario: Scenario) -> tuple[DroneModel, ...]:
    """Return the drone types that some station has."""
    names = {s.model for s in scenario.stations}
    return tuple(m for m in scenario.drone_models if m.model in names)


def view_radius_m(scenario: Scenario) -> float:
    """Return the view radius that every drone type has [m]."""
    return min(m.view_radius_m for m in flying_models(scenario))


def hidden_areas(scenario: Scenario) -> dict[str, Patches]:
    """
    Return by kind of zone what no camera sees from where a drone may be.

    By the rules as they stand, without the planner's own margins.
    """
    rules = scenario.rules
    closed = shapely.union_all(
        [
            c.geometry.buffer(rules.clearance_m, quad_segs=QUAD_SEGS)
            for c in scenario.closures()
            if c.lower_m <= rules.floor_m <= c.upper_m
        ]
    )
    models = flying_models(scenario)
    swath = max(swath_at(m.swath_m, rules.ceiling_m) for m in models)
    strip = closed.buffer(-swath / 2, quad_segs=QUAD_SEGS)
    radius = max(m.view_radius_m for m in models)
    disc = closed.buffer(-radius, quad_segs=QUAD_SEGS)
    shut = {"watch": disc, "sweep": strip, "line": strip}
    return {kind: Patches.of(shapely.get_parts(shape)) for kind, shape in shut.items()}


def servable_parts(
    scenario: Scenario, round_about: Surroundings
) -> dict[str, tuple[BaseGeometry, float]]:
    """
    Return the part of each zone that is to be seen, and its share of the zone.

    By id, of the zones that are active within the horizon: without what no camera
    sees from where a drone may be, and without what is private.
    """
    hidden = hidden_areas(scenario)
    found: dict[str, tuple[BaseGeometry, float]] = {}
    for zone in scenario.zones:
        if not scenario.windows(zone):
            continue
        shape = zone.geometry
        part = shape.difference(hidden[zone.kind].union(shape))
        part = part.difference(round_about.private(shape))
        found[zone.id] = part, size(part) / size(shape)
    return found


def unseen_part(part: BaseGeometry, seen: BaseGeometry) -> BaseGeometry:
    """
    Return what is left to be seen of a part of a zone; empty if that is all.

    Of an area, without the slivers that need not be seen: what is left is still
    covered but for 0.45 % of it, and with both the share of the zone is kept. Of a
    line, a little more, lest scraps are left between what is seen and what is to be.
    """
    left = part.difference(seen)
    if not part.area:
        return part.intersection(left.buffer(_LINE_OVERLAP_M))
    if left.area <= (1 - _SEEN_SHARE) * part.area:
        return shapely.Polygon()
    for width_m in _SLIVERS_M:
        solid = left.buffer(-width_m / 2).buffer(width_m / 2).intersection(left)
        spare_m2 = (1 - _SEEN_SHARE) * part.area - (1 - SHARE) * solid.area
        if left.area - solid.area <= spare_m2:
            return solid
    return left


def margin_m(scenario: Scenario) -> float:
    """Return how far off what lies round a zone can matter to its targets [m]."""
    models = flying_models(scenario)
    return FAR_M + 2 * max(
        max(m.view_radius_m, swath_at(m.swath_m, scenario.rules.ceiling_m))
        for m in models
    )


def visible(
    scenario: Scenario, space: FreeSpace, zone: Zone, part: BaseGeometry
) -> BaseGeometry:
    """Return what is seen of a part of a zone from where a target may be."""
    models = flying_models(scenario)
    reach_m = min(swath_at(m.swath_m, scenario.rules.ceiling_m) / 2 for m in models)
    keep_out = [space.shut, *space.columns]
    if zone.kind == "watch":
        reach_m = view_radius_m(scenario)
        keep_out.append(space.privacy_area)
    free = part.buffer(reach_m).difference(shapely.union_all(keep_out))
    return part.intersection(free.buffer(reach_m, quad_segs=QUAD_SEGS))


def closed_figures(scenario: Scenario, zone: Zone, share: float) -> dict[str, Any]:
    """Return the figures of a zone of which only a share can be seen."""
    low = [c for c in scenario.closures() if c.lower_m <= scenario.rules.floor_m]
    near_m = scenario.rules.clearance_m
    names = [c.id for c in low if c.geometry.dwithin(zone.geometry, near_m)]
    return {"airspace": names, "servable_share": round(share, 4)}


def size(geometry: BaseGeometry) -> float:
    """Return the area of a shape, or the length of a line."""
    return float(geometry.area or geometry.length)
