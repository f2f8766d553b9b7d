"""
Time how zones become targets among thousands of buildings.

Run it from the project's folder: ``python tests/bench/world_buildings.py [COUNT]``.
Buildings are made up: 20 to 40 m wide and 10 to 120 m high, in and round the watch
zones of Yancheng, none within 200 m of a station.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import numpy as np
import shapely

import planner
import seeds
from planner.airspace.freespace import free_space
from planner.planning.compiling import load_preparing
from planner.scenario import Building, Scenario
from planner.targets import discretise


def built_up(scenario: Scenario, count: int) -> Scenario:
    """Return a scenario with so many buildings, the same at every call."""
    dice = np.random.default_rng(3)
    shapes = [z.geometry for z in scenario.zones if z.kind == "watch"]
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    places = middles[dice.integers(0, len(middles), 3 * count)]
    places = places + dice.uniform(-600, 600, (3 * count, 2))
    stations = shapely.union_all([s.point for s in scenario.stations])
    places = places[~shapely.dwithin(shapely.points(places), stations, 200.0)][:count]
    half_m = dice.uniform(10, 20, (len(places), 2))
    outlines = shapely.box(*(places - half_m).T, *(places + half_m).T)
    heights_m = dice.uniform(10, 120, len(places))
    buildings = tuple(
        Building(id=f"B{i}", geometry=outline, height_m=float(height_m))
        for i, (outline, height_m) in enumerate(zip(outlines, heights_m, strict=True))
    )
    return replace(scenario, buildings=buildings)


def main() -> None:
    """Print the processor's time and the targets, without buildings and with them."""
    open_ground = planner.read_scenario(seeds.path("yancheng"))
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    load_preparing()
    discretise(open_ground, free_space(open_ground), care=0.0)  # all is loaded
    for scenario in (open_ground, built_up(open_ground, count)):
        space = free_space(scenario)
        since_s = time.process_time()
        found = discretise(scenario, space)
        taken_s = time.process_time() - since_s
        watching = sum(t.kind == "watch" for t in found.targets)
        print(
            f"{len(scenario.buildings)} buildings: {taken_s:.1f} s of processor time, "
            f"{watching} viewpoints",
            flush=True,
        )


if __name__ == "__main__":
    main()
