"""Turn every zone of a scenario into targets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from planner.airspace.freespace import (
    TARGET_MARGIN_M,
    FreeSpace,
    Surroundings,
    open_layers,
)
from planner.basics.physics import swath_at
from planner.given.stamina import longest_sortie_s
from planner.implied.winds import all_winds
from planner.scenario import Scenario, Zone
from planner.targets.camera import Sweeper, sweep_camera
from planner.targets.clusters import Mapper
from planner.targets.edge import edge_ways
from planner.targets.height import fit_over_ground, sweep_heights_m
from planner.targets.intervals import planned_interval_s, shortest_window_s, windows
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
    visible,
)
from planner.targets.sweep import seen_along, sweep_tiles
from planner.targets.view import lowest_view
from planner.targets.viewpoints import dwelling_area, watch_targets
from planner.targets.watch import grid

TILE_S = 420.0
"""Longest time on task of a sweep tile [s]: small tiles fill sorties better."""

PIECE_M = 1600.0
"""Longest line piece in still air [m]."""

_LEAST_PACE = 0.25
"""Wind makes pieces and tiles smaller, but not smaller than this share."""

_SPOTS_PER_RADIUS = 6


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
    targets += watch_targets(scenario, round_about, servable, (mapper, again), care)
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
        allowed = dwelling_area(part, round_about, view.radius_m)
        spots = grid(allowed, view.radius_m / _SPOTS_PER_RADIUS)
        seen = part.intersection(view.area(spots, part))
        return {
            "buildings": len(view.skyline.heights_m),
            "share_percent": round(100 * size(seen) / size(part), 1),
            "height_m": view.height_m,
        }
    return closed_figures(scenario, zone, size(seen) / size(zone.geometry))


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
        windows=windows(scenario, [zone]),
        shortest_window_s=shortest_window_s(scenario, [zone]),
        ways=ways,
        layers_m=tuple(h for h in fit if h in open_to_path),
    )
