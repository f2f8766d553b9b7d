"""Find which zones drawn routes see, and who sees what of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray
from planner.checks.coverage import (
    LINE_ROOM_M,
    LINE_SLIVER_M,
    SEEN_SHARE,
    SERVABLE_SHARE,
    servable_part,
)
from planner.drawn.missions import DrawnRoute
from planner.flown.footprints import footprint, track_on_task
from planner.plan import Stop
from planner.scenario import Scenario, Zone, ZoneKind

_SAMPLES = 400
"""In about so many places of a zone it is asked who sees them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookout:
    """
    What drawn routes see of a zone.

    Parameters
    ----------
    share
        Seen by all of them together, of what can be seen of the zone.
    watchers
        Sets of numbers of routes: for each place of the zone those that see it. One
        of each set has to come within each interval. Empty if the zone is not seen
        whole.
    """

    zone: Zone
    share: float
    watchers: tuple[tuple[int, ...], ...]

    @property
    def routes(self) -> tuple[int, ...]:
        """Numbers of all routes that see something of a zone that is seen whole."""
        return tuple(sorted({i for group in self.watchers for i in group}))


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
        near = np.sort(trees[zone.kind].query(part, "intersects"))
        seen = np.array([prints[zone.kind][i] for i in near], dtype=object)
        share, whole = _share(zone, part, seen)
        groups: tuple[tuple[int, ...], ...] = ()
        if whole and servable >= SERVABLE_SHARE:
            places = _places(zone, part)
            sees = np.array([shapely.contains_xy(shape, places) for shape in seen])
            kinds, counts = np.unique(sees.T, axis=0, return_counts=True)
            # The rarest places may be left out, as far as a zone is seen without.
            order = np.argsort(counts, kind="stable")
            left = np.cumsum(counts[order]) > _spare_share(zone) * len(places)
            kinds = kinds[np.sort(order[left])]
            groups = tuple(tuple(near[of].tolist()) for of in kinds if of.any())
        found.append(Lookout(zone=zone, share=share, watchers=groups))
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


def _share(
    zone: Zone, part: BaseGeometry, seen: NDArray[np.object_]
) -> tuple[float, bool]:
    """Return the share of a zone that is seen, and whether that is all of it."""
    size = shapely.length if zone.kind == "line" else shapely.area
    whole = float(size(part))
    if not whole or not len(seen):
        return 0.0, False
    left = part
    for shape in seen:
        left = shapely.difference(left, shape)
    unseen = float(size(left))
    spare = LINE_SLIVER_M if zone.kind == "line" else _spare_share(zone) * whole
    return 1 - unseen / whole, unseen <= spare


def _spare_share(zone: Zone) -> float:
    """Return the share of a zone that need not be seen."""
    return 0.0 if zone.kind == "line" else 1 - SEEN_SHARE


def _places(zone: Zone, part: BaseGeometry) -> FloatArray:
    """Return places spread over a zone, shape (n, 2)."""
    if zone.kind == "line":
        short = shapely.segmentize(part, part.length / _SAMPLES)
        return np.asarray(shapely.get_coordinates(short))
    step_m = float(np.sqrt(part.area / _SAMPLES))
    x0, y0, x1, y1 = part.bounds
    xs, ys = np.meshgrid(np.arange(x0, x1, step_m), np.arange(y0, y1, step_m))
    grid = np.column_stack([xs.ravel(), ys.ravel()]) + step_m / 2
    inner = shapely.get_coordinates(part.representative_point())
    return np.vstack([inner, grid[shapely.contains_xy(part, grid)]])
