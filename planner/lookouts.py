"""Find which zones drawn routes see, and which of the routes see most of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.checks.coverage import (
    LINE_ROOM_M,
    LINE_SLIVER_M,
    SEEN_SHARE,
    SERVABLE_SHARE,
    servable_part,
)
from planner.drawn import DrawnRoute
from planner.footprints import footprint, track_on_task
from planner.plan import Stop
from planner.scenario import Scenario, Zone, ZoneKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookout:
    """
    What drawn routes see of a zone.

    Parameters
    ----------
    share
        Seen by all of them together, of what can be seen of the zone.
    routes
        Numbers of the routes that see it whole: whoever sees most comes first, then
        who sees most of the rest. Empty if all together do not.
    """

    zone: Zone
    share: float
    routes: tuple[int, ...]


def lookouts(scenario: Scenario, routes: Sequence[DrawnRoute]) -> tuple[Lookout, ...]:
    """
    Return what drawn routes see of each zone.

    Whatever lies in the footprint of a camera that looks is seen, also where a drone
    flies on without a stay and behind buildings: this is the most that can be said
    for a route.
    """
    part_of = servable_part(scenario)
    prints: dict[ZoneKind, list[BaseGeometry]] = {
        kind: [_footprint(route, kind) for route in routes]
        for kind in dict.fromkeys(zone.kind for zone in scenario.zones)
    }
    trees = {kind: shapely.STRtree(shapes) for kind, shapes in prints.items()}
    found = []
    for zone in scenario.zones:
        part, servable = part_of(zone)
        near = np.sort(trees[zone.kind].query(part, "intersects")).tolist()
        seen_by = {i: prints[zone.kind][i] for i in near}
        share, chosen = _shared_out(zone, part, seen_by)
        if servable < SERVABLE_SHARE:
            chosen = ()
        found.append(Lookout(zone=zone, share=share, routes=chosen))
    return tuple(found)


def _footprint(route: DrawnRoute, kind: ZoneKind) -> BaseGeometry:
    """Return all the ground that a route sees for zones of a kind, in metres."""
    tracks: dict[float, list[BaseGeometry]] = defaultdict(list)
    for (start_s, end_s), _ in route.pieces_looked():
        # Of a watch stop that moves there would be no track.
        stop = Stop(zones=(), target="", kind="line", enter_s=start_s, exit_s=end_s)
        reach_m = (
            route.flown.model.view_radius_m
            if kind == "watch"
            else route.flown.reach_m(stop)
        )
        reach_m += LINE_ROOM_M if kind == "line" else 0.0
        tracks[reach_m].append(track_on_task(route.flown, stop))
    return shapely.union_all(
        [footprint(shapely.union_all(along), r) for r, along in tracks.items()]
    )


def _shared_out(
    zone: Zone, part: BaseGeometry, seen_by: Mapping[int, BaseGeometry]
) -> tuple[float, tuple[int, ...]]:
    """Return the share of a zone that is seen, and the routes that see it whole."""
    size = shapely.length if zone.kind == "line" else shapely.area
    whole = float(size(part))
    spare = LINE_SLIVER_M if zone.kind == "line" else (1 - SEEN_SHARE) * whole
    unseen, left, chosen = part, dict(seen_by), list[int]()
    while left and size(unseen) > spare:
        gains = size(shapely.intersection(unseen, np.array([*left.values()])))
        best = [*left][int(np.argmax(gains))]
        if gains.max() <= 0:
            break
        chosen.append(best)
        unseen = shapely.difference(unseen, left.pop(best))
    rest = float(size(unseen))
    share = 1 - rest / whole if whole else 0.0
    return share, tuple(sorted(chosen)) if whole and rest <= spare else ()
