"""Give stations that lie near each other different colours."""

from __future__ import annotations

import shapely

from planner.basics.palette import PALETTE
from planner.plan import Plan
from planner.scenario import Scenario

NEAR_M = 1500.0
"""Stations whose routes come this close are neighbours."""


def station_colours(scenario: Scenario, plan: Plan | None) -> list[str]:
    """
    Return a colour for each station, in the scenario's order.

    Greedy graph colouring, the station with the most colours already round it
    first (Brelaz, 1979). Where the palette runs out, the colour that fewest
    neighbours have is taken.
    """
    count = len(scenario.stations)
    neighbours = _neighbours(scenario, plan)
    chosen: dict[int, int] = {}
    used = [0] * len(PALETTE)

    def urgency(i: int) -> tuple[int, int, int]:
        seen = {chosen[n] for n in neighbours[i] if n in chosen}
        return len(seen), len(neighbours[i]), -i

    for _ in range(count):
        i = max((i for i in range(count) if i not in chosen), key=urgency)
        taken = [chosen[n] for n in neighbours[i] if n in chosen]
        best = min(range(len(PALETTE)), key=lambda c: (taken.count(c), used[c], c))
        chosen[i] = best
        used[best] += 1
    return [PALETTE[chosen[i]] for i in range(count)]


def _neighbours(scenario: Scenario, plan: Plan | None) -> list[set[int]]:
    """Return for each station the positions of its neighbours."""
    index = {s.id: i for i, s in enumerate(scenario.stations)}
    territory = [[s.point] for s in scenario.stations]
    for route in plan.routes if plan else ():
        if route.depot in index and len(route.path) > 1:
            line = scenario.projection.project(shapely.LineString(route.path))
            territory[index[route.depot]].append(line)
    areas = [shapely.union_all(shapes) for shapes in territory]
    tree = shapely.STRtree(areas)
    neighbours: list[set[int]] = [set() for _ in areas]
    pairs = tree.query(areas, predicate="dwithin", distance=NEAR_M)
    for a, b in pairs.T.tolist():
        if a != b:
            neighbours[a].add(b)
            neighbours[b].add(a)
    return neighbours
