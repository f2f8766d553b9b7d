"""Turn every zone of a scenario into targets."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.basics.clock import Span
from planner.basics.geometry import area_within_km2
from planner.basics.physics import swath_at
from planner.given.aloft import layers_m
from planner.given.stamina import longest_sortie_s
from planner.given.winds import all_winds
from planner.network.freespace import (
    TARGET_MARGIN_M,
    FreeSpace,
    Surroundings,
    open_layers,
)
from planner.scenario import Scenario, Zone
from planner.targets import setcover
from planner.targets.camera import Sweeper, sweep_camera
from planner.targets.clusters import Mapper, clusters
from planner.targets.edge import edge_ways
from planner.targets.height import fit_over_ground, sweep_heights_m
from planner.targets.line import fit_layers, line_pieces, unseen
from planner.targets.model import Discretised, Target, Way
from planner.targets.sight import (
    SERVABLE_SHARE,
    SHARE,
    closed_figures,
    flying_models,
    margin_m,
    servable_parts,
    size,
    unseen_part,
    view_radius_m,
    visible,
)
from planner.targets.sweep import seen_along, sweep_tiles
from planner.targets.view import View, lowest_view
from planner.targets.watch import Pick, Viewpoint, WatchArea, grid, place_viewpoints

TILE_S = 420.0
"""Longest time on task of a sweep tile [s]: small tiles fill sorties better."""

PIECE_M = 1600.0
"""Longest line piece in still air [m]."""

_LEAST_PACE = 0.25
"""Wind makes pieces and tiles smaller, but not smaller than this share."""

_SPOTS_PER_RADIUS = 6

Demand = tuple[float, tuple[Span, ...]]
"""An interval and windows [s]."""


def discretise(
    scenario: Scenario,
    space: FreeSpace,
    mapper: Mapper = map,
    care: float = 1.0,
    seen: Mapping[str, BaseGeometry] | None = None,
    again: Mapper | None = map,
) -> Discretised:
    """
    Cut every zone that is active within the horizon into targets.

    Parameters
    ----------
    mapper
        Like `map`; clusters of watch zones are independent, so it may spread
        them over processes.
    care
        From 0 (soon) to 1 (fewer viewpoints).
    seen
        What fixed routes see of zones, by id: that needs no target.
    again
        Like ``mapper``, for a second choice of viewpoints, which begins with a set
        cover by CP-SAT, the first with a greedy one; None for the first alone.
    """
    seen = seen or {}
    done: set[str] = set()
    closed: dict[str, dict[str, Any]] = {}
    servable: dict[str, BaseGeometry] = {}
    round_about = Surroundings(space, margin_m(scenario))
    for zone_id, (part, share) in servable_parts(scenario, round_about).items():
        if share < SERVABLE_SHARE:
            closed[zone_id] = closed_figures(scenario, scenario.zone(zone_id), share)
            continue
        if zone_id in seen:
            part = unseen_part(part, seen[zone_id])
        if part.is_empty:
            done.add(zone_id)
        else:
            servable[zone_id] = part
    targets: list[Target] = []
    targets += _watch_targets(scenario, round_about, servable, (mapper, again), care)
    for zone in scenario.zones:
        if zone.id not in servable or zone.kind == "watch":
            continue
        here, part = round_about.of(zone.geometry), servable[zone.id]
        if zone.kind == "sweep":
            targets += _sweep_targets(scenario, here, zone, part)
        else:
            whole = part if zone.id in seen else zone.geometry
            targets += _line_targets(scenario, here, zone, whole, part)
    named = {name for target in targets for name in target.zones}
    for zone in scenario.zones:
        if zone.id in servable and zone.id not in named:
            closed[zone.id] = _why_unseen(
                scenario, round_about, zone, servable[zone.id]
            )
    targets.sort(key=lambda t: t.id)
    return Discretised(targets=tuple(targets), closed=closed, done=frozenset(done))


def _why_unseen(
    scenario: Scenario, round_about: Surroundings, zone: Zone, part: BaseGeometry
) -> dict[str, Any]:
    """Return the figures of a zone of which too little can be seen."""
    seen = visible(scenario, round_about.of(zone.geometry), zone, part)
    view = lowest_view(scenario).near(zone.geometry)
    if zone.kind == "watch" and view.is_cut and size(seen) > SHARE * size(part):
        allowed = _allowed(part, round_about, view.radius_m)
        spots = grid(allowed, view.radius_m / _SPOTS_PER_RADIUS)
        seen = part.intersection(view.area(spots, part))
        return {
            "buildings": len(view.skyline.heights_m),
            "share_percent": round(100 * size(seen) / size(part), 1),
            "height_m": view.height_m,
        }
    return closed_figures(scenario, zone, size(seen) / size(zone.geometry))


def planned_interval_s(scenario: Scenario, zone: Zone) -> float:
    """
    Return the interval that is planned for [s]: the wanted one less the slack.

    Intervals that are multiples of the shortest stay multiples of it without the
    slack: headways that do not nest drift through each other all day.
    """
    shortest_s = scenario.shortest_revisit_s
    horizon, slack_s = scenario.horizon, scenario.rules.revisit_slack_s
    beat_s = horizon.headway_s(max(1, shortest_s - slack_s))
    times = zone.revisit_s / shortest_s
    if times == int(times):
        beats = (count * beat_s for count in range(int(times), 0, -1))
        return next(beat for beat in beats if horizon.headway_s(beat) == beat)
    return horizon.headway_s(zone.revisit_s - slack_s)


def _windows(scenario: Scenario, zones: Iterable[Zone]) -> tuple[Span, ...]:
    """Return the union of the zones' hours."""
    mine = tuple(zones)
    return scenario.horizon.windows(
        tuple(sorted({span for zone in mine for span in zone.active})),
        tuple(sorted({span for zone in mine for span in zone.weekly})),
    )


def _shortest_window_s(scenario: Scenario, zones: Iterable[Zone]) -> float:
    """Return the shortest of the zones' windows [s]."""
    spans = [span for zone in zones for span in scenario.windows(zone)]
    return min((end - start for start, end in spans), default=0.0)


def _watch_targets(
    scenario: Scenario,
    round_about: Surroundings,
    servable: dict[str, BaseGeometry],
    mappers: tuple[Mapper, Mapper | None],
    care: float,
) -> list[Target]:
    """Return viewpoints for all watch zones; neighbours share them."""
    zones = [z for z in scenario.zones if z.kind == "watch" and z.id in servable]
    if not zones:
        return []
    radius = view_radius_m(scenario)
    demand = {
        z.id: (planned_interval_s(scenario, z), _windows(scenario, [z])) for z in zones
    }
    order = sorted(
        set(demand.values()),
        key=lambda d: (-_visits(d), d[0], d[1]),
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
            _visits(demand[z.id]),
        )
        for z in zones
    ]
    near = clusters([a.geometry for a in areas], 2 * radius)
    near.sort(key=len, reverse=True)
    together = [[areas[i] for i in cluster] for cluster in near]
    view = lowest_view(scenario)
    mapper, again = mappers
    if view.is_cut or again:
        setcover.load()
    jobs = [
        (some, _allowed(shape, round_about, radius), view.near(shape), care)
        for some in together
        for shape in [shapely.union_all([a.geometry for a in some])]
    ]
    placed = list(mapper(_place, [(*job, setcover.greedy) for job in jobs]))
    if again:
        # Which cover can be thinned out to fewer discs is not known before.
        others = again(_place, [(*job, setcover.fewest) for job in jobs])
        placed = [
            min(pair, key=partial(_asked, some))
            for *pair, some in zip(placed, others, together, strict=True)
        ]
    layers = layers_m(scenario)
    targets: list[Target] = []
    counts: dict[str, int] = {}
    for viewpoints in placed:
        for v in viewpoints:
            mine = [scenario.zone(i) for i in v.zones]
            counts[v.zones[0]] = counts.get(v.zones[0], 0) + 1
            dwell = max(_dwell_s(scenario, z, v.x, v.y) for z in mine)
            targets.append(
                Target(
                    id=f"{v.zones[0]}.{counts[v.zones[0]]}",
                    kind="watch",
                    zones=v.zones,
                    revisit_s=min(demand[z.id][0] for z in mine),
                    windows=_windows(scenario, mine),
                    shortest_window_s=_shortest_window_s(scenario, mine),
                    ways=(Way(xy=np.array([[v.x, v.y]]), wait_s=np.array([dwell])),),
                    layers_m=round_about.open_over(layers, shapely.Point(v.x, v.y)),
                )
            )
    return targets


def _dwell_s(scenario: Scenario, zone: Zone, x: float, y: float) -> float:
    """Return the time at a viewpoint of a zone, by any drone type [s]."""
    models = flying_models(scenario)
    usual_s = max(m.dwell_s for m in models) if zone.dwell_s is None else zone.dwell_s
    if not zone.dwell_s_per_km2:
        return usual_s
    seen_km2 = area_within_km2(
        zone.geometry, x, y, max(m.view_radius_m for m in models)
    )
    # Rounding of coordinates in a file may let a little more be seen.
    asked_s = math.ceil(10 * zone.dwell_s_per_km2 * seen_km2 + 0.1) / 10
    return max(usual_s, asked_s)


def _visits(demand: Demand) -> float:
    """Return the visits in a day that keep a demand."""
    return sum(end - start for start, end in demand[1]) / demand[0]


def _dominates(a: Demand, b: Demand) -> bool:
    """Whether visits that keep demand a keep demand b as well."""
    return a[0] <= b[0] and all(
        any(u[0] <= w[0] and w[1] <= u[1] for u in a[1]) for w in b[1]
    )


def _allowed(
    shape: BaseGeometry, round_about: Surroundings, radius_m: float
) -> BaseGeometry:
    """Return where a drone may dwell to see some of a shape."""
    near = shape.buffer(radius_m)
    here = round_about.of(near)
    return near.difference(
        shapely.union_all([here.shut, *here.columns, here.privacy_area.buffer(1.0)])
    )


def _place(
    job: tuple[list[WatchArea], BaseGeometry, View, float, Pick],
) -> list[Viewpoint]:
    return place_viewpoints(*job)


def _asked(areas: Iterable[WatchArea], viewpoints: Iterable[Viewpoint]) -> float:
    """Return the visits in a day that viewpoints of areas ask for."""
    visits = {area.group: area.visits for area in areas}
    return sum(visits[v.group] for v in viewpoints)


def _sweep_targets(
    scenario: Scenario, space: FreeSpace, zone: Zone, area: BaseGeometry
) -> list[Target]:
    """Return the tiles of a sweep; none if too little of it can be seen."""
    models = flying_models(scenario)
    ceiling_m = scenario.rules.ceiling_m
    usual_m, highest_m = sweep_heights_m(scenario, zone)
    camera = sweep_camera(models, scenario.rules, usual_m)
    # What is private up to above all fit layers cannot be crossed.
    walls = [
        private.geometry.buffer(TARGET_MARGIN_M, quad_segs=2)
        for private in space.privacy
        if private.upper_m > highest_m + camera.layers_m[-1]
    ]
    longest_s = min(longest_sortie_s(m, ceiling_m) for m in models)
    sweeper = Sweeper(
        camera=camera,
        airspeed_mps=min(m.airspeed_mps for m in models) * _pace(scenario),
        longest_s=min(TILE_S, longest_s / 3),
        closed=shapely.union_all([space.shut, *space.columns, *walls]),
    )
    lanes = sweep_tiles(area, sweeper)
    missing = area.difference(seen_along(lanes, camera.reach_m[0]))
    edges: list[tuple[Way, ...]] = []
    fit = camera.layers_m
    if missing.area > (1 - SHARE) * area.area:
        # What is narrower than a metre or two does not count.
        wanted = missing.buffer(-1.0).buffer(1.0)
        edges = edge_ways(wanted, sweeper.closed, camera.reach_m[-1], sweeper.longest_m)
        fit = tuple(
            layer
            for layer, reach_m in zip(camera.layers_m, camera.reach_m, strict=True)
            if missing.difference(seen_along([*lanes, *edges], reach_m)).area
            <= (1 - SHARE) * area.area
        )
    return [
        _target(scenario, space, zone, f"{zone.id}.{i + 1}", ways, fit)
        for i, ways in enumerate([*lanes, *edges] if fit else [])
    ]


def _line_targets(
    scenario: Scenario,
    space: FreeSpace,
    zone: Zone,
    whole: BaseGeometry,
    line: BaseGeometry,
) -> list[Target]:
    """Return the pieces of a line zone by which all that can be seen of it is."""
    swath = min(m.swath_m for m in flying_models(scenario))
    rules = scenario.rules
    longest_m = PIECE_M * _pace(scenario)
    pieces = line_pieces(whole, space.shut, space.columns, longest_m)
    by_wanted: dict[bytes, list[tuple[Way, ...]]] = {}
    for wanted, ways in pieces:
        by_wanted.setdefault(wanted.wkb, []).append(ways)
    groups = [
        (shapely.from_wkb(key).intersection(line.buffer(0.01)), tracks)
        for key, tracks in by_wanted.items()
    ]
    tracks = [ways for _, ways in pieces]
    widest = swath_at(swath, rules.ceiling_m) / 2
    missing = unseen(line, tracks, widest)
    if missing.length > 0:
        keep_out = shapely.union_all([space.shut, *space.columns])
        groups = [(line, [*tracks, *edge_ways(missing, keep_out, widest, longest_m)])]
    fits = [fit_layers(*group, swath, rules.layers_m) for group in groups]
    if missing.length == 0 and not all(fits):
        # What one piece misses round a column, others see.
        groups = [(line, tracks)]
        fits = [fit_layers(line, tracks, swath, rules.layers_m)]
    targets: list[Target] = []
    for (_, mine), layers in zip(groups, fits, strict=True):
        for ways in mine:
            name = f"{zone.id}.{len(targets) + 1}"
            targets.append(_target(scenario, space, zone, name, ways, layers))
    return targets


def _pace(scenario: Scenario) -> float:
    """Return the share of the airspeed that is left, with the wind and against it."""
    airspeed = min(m.airspeed_mps for m in flying_models(scenario))
    wind_mps = max(math.hypot(*wind) for wind in all_winds(scenario))
    return max(_LEAST_PACE, 1 - (wind_mps / airspeed) ** 2)


def _target(
    scenario: Scenario,
    space: FreeSpace,
    zone: Zone,
    name: str,
    ways: tuple[Way, ...],
    layers: tuple[float, ...],
) -> Target:
    """
    Return a target of one zone, with the layers its path leaves open.

    Parameters
    ----------
    layers
        Heights above the ground that is seen from which all of it is seen.
    """
    path = shapely.LineString(ways[0].xy)
    open_to_path = open_layers(scenario, space, path)
    fit = fit_over_ground(scenario, path, layers)
    return Target(
        id=name,
        kind=zone.kind,
        zones=(zone.id,),
        revisit_s=planned_interval_s(scenario, zone),
        windows=_windows(scenario, [zone]),
        shortest_window_s=_shortest_window_s(scenario, [zone]),
        ways=ways,
        layers_m=tuple(h for h in fit if h in open_to_path),
    )
