"""Turn watch zones into viewpoints, which neighbours share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.airspace.freespace import Surroundings
from planner.basics.clock import Span
from planner.basics.geometry import area_within_km2
from planner.implied.aloft import layers_m
from planner.scenario import Scenario, Zone
from planner.targets import setcover
from planner.targets.clusters import Mapper, clusters
from planner.targets.intervals import planned_interval_s, shortest_window_s, windows
from planner.targets.model import Target, Way
from planner.targets.sight import flying_models, view_radius_m
from planner.targets.view import View, lowest_view
from planner.targets.watch import Pick, Viewpoint, WatchArea, place_viewpoints

Demand = tuple[float, tuple[Span, ...]]
"""An interval and windows [s]."""


def watch_targets(
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
        z.id: (planned_interval_s(scenario, z), windows(scenario, [z])) for z in zones
    }
    areas = _areas({z.id: servable[z.id] for z in zones}, demand)
    near = clusters([a.geometry for a in areas], 2 * radius)
    near.sort(key=len, reverse=True)
    together = [[areas[i] for i in cluster] for cluster in near]
    view = lowest_view(scenario)
    mapper, again = mappers
    if view.is_cut or again:
        setcover.load()
    jobs = [
        (some, dwelling_area(shape, round_about, radius), view.near(shape), care)
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
                    windows=windows(scenario, mine),
                    shortest_window_s=shortest_window_s(scenario, mine),
                    ways=(Way(xy=np.array([[v.x, v.y]]), wait_s=np.array([dwell])),),
                    layers_m=round_about.open_over(layers, shapely.Point(v.x, v.y)),
                )
            )
    return targets


def _areas(
    parts: dict[str, BaseGeometry], demand: dict[str, Demand]
) -> list[WatchArea]:
    """Return what is to be watched of zones, those of one demand as one group."""
    order = sorted(set(demand.values()), key=lambda d: (-_visits(d), d[0], d[1]))
    helpers = [
        frozenset(j for j in range(i) if _dominates(order[j], order[i]))
        for i in range(len(order))
    ]
    areas = []
    for zone_id, part in parts.items():
        wanted = demand[zone_id]
        group = order.index(wanted)
        areas.append(WatchArea(zone_id, part, group, helpers[group], _visits(wanted)))
    return areas


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


def dwelling_area(
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
