"""Turn every zone of a scenario into targets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.clock import Span
from planner.freespace import FreeSpace, open_layers
from planner.physics import swath_at
from planner.scenario import Scenario, Zone
from planner.targets.line import fit_layers, line_pieces
from planner.targets.model import Discretised, Target, Way
from planner.targets.sweep import sweep_camera, sweep_tiles
from planner.targets.watch import WatchArea, place_viewpoints

TILE_S = 420.0
"""Longest time on task of a sweep tile [s]: small tiles fill sorties better."""

PIECE_M = 1600.0
"""Longest line piece [m]."""

SERVABLE_SHARE = 0.5
"""A zone of which less can be seen counts as unserved."""

Mapper = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]


def discretise(
    scenario: Scenario, space: FreeSpace, mapper: Mapper = map
) -> Discretised:
    """
    Cut every zone into targets.

    Parameters
    ----------
    mapper
        Like `map`; clusters of watch zones are independent, so it may spread
        them over processes.
    """
    closed: dict[str, dict[str, Any]] = {}
    servable: dict[str, BaseGeometry] = {}
    hidden = _hidden(scenario, space)
    for zone in scenario.zones:
        part = zone.geometry.difference(hidden[zone.kind]).difference(
            space.privacy_area
        )
        share = _size(part) / _size(zone.geometry)
        if share < SERVABLE_SHARE:
            names = [
                c.id
                for c in scenario.closures()
                if c.lower_m <= scenario.rules.floor_m
                and c.geometry.intersects(zone.geometry)
            ]
            closed[zone.id] = {"airspace": names, "servable_share": round(share, 4)}
        else:
            servable[zone.id] = part
    targets: list[Target] = []
    targets += _watch_targets(scenario, space, servable, mapper)
    for zone in scenario.zones:
        if zone.id not in servable or zone.kind == "watch":
            continue
        make = _sweep_targets if zone.kind == "sweep" else _line_targets
        made = make(scenario, space, zone, servable[zone.id])
        if made:
            targets += made
        else:
            closed[zone.id] = {"airspace": [], "servable_share": 0.0}
    targets.sort(key=lambda t: t.id)
    return Discretised(targets=tuple(targets), closed=closed)


def view_radius_m(scenario: Scenario) -> float:
    """Return the view radius that every drone type has [m]."""
    return min(m.view_radius_m for m in scenario.drone_models)


def planned_interval_s(scenario: Scenario, zone: Zone) -> float:
    """Return the interval that is planned for: the wanted one less the slack [s]."""
    return zone.revisit_s - scenario.rules.revisit_slack_s


def _hidden(scenario: Scenario, space: FreeSpace) -> dict[str, BaseGeometry]:
    """Return by kind of zone what cannot be seen from where a drone may be."""
    swath = min(m.swath_m for m in scenario.drone_models)
    strip = space.closed.buffer(-swath_at(swath, scenario.rules.ceiling_m) / 2)
    disc = space.closed.buffer(-view_radius_m(scenario))
    return {"watch": disc, "sweep": strip, "line": strip}


def _size(geometry: BaseGeometry) -> float:
    return float(geometry.area or geometry.length)


def _windows(scenario: Scenario, zones: Iterable[Zone]) -> tuple[Span, ...]:
    """Return the union of the zones' windows."""
    return scenario.horizon.windows(
        tuple(sorted({span for zone in zones for span in zone.active}))
    )


def _watch_targets(
    scenario: Scenario,
    space: FreeSpace,
    servable: dict[str, BaseGeometry],
    mapper: Mapper,
) -> list[Target]:
    """Return viewpoints for all watch zones; neighbours share them."""
    zones = [z for z in scenario.zones if z.kind == "watch" and z.id in servable]
    if not zones:
        return []
    radius = view_radius_m(scenario)
    keep_out = shapely.union_all(
        [space.shut, *space.columns, space.privacy_area.buffer(1.0)]
    )
    demand = {
        z.id: (planned_interval_s(scenario, z), _windows(scenario, [z])) for z in zones
    }
    order = sorted(
        set(demand.values()),
        key=lambda d: (-sum(b - a for a, b in d[1]) / d[0], d[0], d[1]),
    )
    helpers = [
        frozenset(j for j in range(i) if _dominates(order[j], order[i]))
        for i in range(len(order))
    ]
    areas = [
        WatchArea(
            z.id,
            servable[z.id],
            order.index(demand[z.id]),
            helpers[order.index(demand[z.id])],
        )
        for z in zones
    ]
    jobs = [
        (cluster, _allowed(cluster, keep_out, radius), radius)
        for cluster in _clusters(areas, 2 * radius)
    ]
    layers = scenario.rules.layers_m
    targets: list[Target] = []
    counts: dict[str, int] = {}
    for viewpoints in mapper(_place, jobs):
        for v in viewpoints:
            mine = [scenario.zone(i) for i in v.zones]
            counts[v.zones[0]] = counts.get(v.zones[0], 0) + 1
            dwell = max(
                max(m.dwell_s for m in scenario.drone_models)
                if z.dwell_s is None
                else z.dwell_s
                for z in mine
            )
            targets.append(
                Target(
                    id=f"{v.zones[0]}.{counts[v.zones[0]]}",
                    kind="watch",
                    zones=v.zones,
                    revisit_s=min(planned_interval_s(scenario, z) for z in mine),
                    windows=_windows(scenario, mine),
                    ways=(Way(xy=np.array([[v.x, v.y]]), wait_s=np.array([dwell])),),
                    layers_m=layers,
                )
            )
    return targets


def _dominates(
    a: tuple[float, tuple[Span, ...]], b: tuple[float, tuple[Span, ...]]
) -> bool:
    """Whether visits that keep demand a keep demand b as well."""
    return a[0] <= b[0] and all(
        any(u[0] <= w[0] and w[1] <= u[1] for u in a[1]) for w in b[1]
    )


def _clusters(areas: list[WatchArea], distance_m: float) -> list[list[WatchArea]]:
    """Return the groups of areas that could share viewpoints."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    shapes = [a.geometry for a in areas]
    pairs = shapely.STRtree(shapes).query(shapes, "dwithin", distance_m)
    graph = coo_array(
        (np.ones(pairs.shape[1]), (pairs[0], pairs[1])), shape=(len(areas),) * 2
    )
    count, labels = connected_components(graph, directed=False)
    return [[areas[i] for i in np.flatnonzero(labels == k)] for k in range(count)]


def _allowed(
    cluster: list[WatchArea], keep_out: BaseGeometry, radius_m: float
) -> BaseGeometry:
    """Return where a drone may dwell to see a cluster."""
    near = shapely.union_all([a.geometry for a in cluster]).buffer(radius_m)
    return near.difference(keep_out)


def _place(job: tuple[list[WatchArea], BaseGeometry, float]) -> list[Any]:
    return place_viewpoints(*job)


def _sweep_targets(
    scenario: Scenario, space: FreeSpace, zone: Zone, area: BaseGeometry
) -> list[Target]:
    camera = sweep_camera(scenario.drone_models, scenario.rules)
    keep_out = shapely.union_all([space.shut, *space.columns])
    airspeed = min(m.airspeed_mps for m in scenario.drone_models)
    longest = min(TILE_S, min(m.usable_endurance_s for m in scenario.drone_models) / 3)
    tiles = sweep_tiles(area, keep_out, camera, airspeed, longest)
    return [
        _target(scenario, space, zone, f"{zone.id}.{i + 1}", ways, camera.layers_m)
        for i, ways in enumerate(tiles)
    ]


def _line_targets(
    scenario: Scenario, space: FreeSpace, zone: Zone, line: BaseGeometry
) -> list[Target]:
    swath = min(m.swath_m for m in scenario.drone_models)
    pieces = line_pieces(zone.geometry, space.shut, space.columns, PIECE_M)
    by_wanted: dict[bytes, list[tuple[BaseGeometry, tuple[Way, ...]]]] = {}
    for piece in pieces:
        by_wanted.setdefault(piece[0].wkb, []).append(piece)
    targets: list[Target] = []
    for group in by_wanted.values():
        wanted = group[0][0].intersection(line.buffer(0.01))
        layers = fit_layers(
            wanted,
            [ways[0].xy for _, ways in group],
            swath,
            scenario.rules.layers_m,
            space.closed,
        )
        for _, ways in group:
            name = f"{zone.id}.{len(targets) + 1}"
            targets.append(_target(scenario, space, zone, name, ways, layers))
    return targets


def _target(
    scenario: Scenario,
    space: FreeSpace,
    zone: Zone,
    name: str,
    ways: tuple[Way, ...],
    layers: tuple[float, ...],
) -> Target:
    """Return a target of one zone, with the layers its path leaves open."""
    path = shapely.LineString(ways[0].xy)
    open_to_path = open_layers(scenario, space, path)
    return Target(
        id=name,
        kind=zone.kind,
        zones=(zone.id,),
        revisit_s=planned_interval_s(scenario, zone),
        windows=_windows(scenario, [zone]),
        ways=ways,
        layers_m=tuple(h for h in layers if h in open_to_path),
    )
