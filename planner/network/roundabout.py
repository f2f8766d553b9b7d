"""Say how long flying one target alone takes, round all that is closed."""

from __future__ import annotations

import math

import numpy as np
import shapely

from planner.airspace.freespace import FreeSpace
from planner.basics.geometry import FloatArray
from planner.implied.winds import all_winds
from planner.network.legs import Legs
from planner.network.obstacles import obstacles_near
from planner.network.reach import overhead_s, task_s
from planner.network.sights import see
from planner.scenario import Scenario
from planner.targets import Target


def round_about_s(scenario: Scenario, space: FreeSpace, target: Target) -> FloatArray:
    """
    Return each station's least sortie time for a target, however long it is [s].

    Infinite where no path leads there and back at all. All obstacles of the scenario
    are looked at: for the few targets of which no sortie is known.
    """
    homes = [(s.point.x, s.point.y) for s in scenario.stations]
    ends = [way.xy[k] for way in target.ways for k in (0, -1)]
    places = np.vstack([homes, ends])
    everything = shapely.union_all(
        [
            shapely.box(*shapely.total_bounds(shapely.points(places))),
            *(shapely.box(*shape.bounds) for shape in space.closures),
            *(shapely.box(*zone.geometry.bounds) for zone in space.privacy),
        ]
    )
    low_x, low_y, high_x, high_y = everything.bounds
    area = shapely.box(low_x, low_y, high_x, high_y)
    widest_m = math.hypot(high_x - low_x, high_y - low_y)
    at_home = np.arange(len(homes))
    own = np.append(at_home, np.full(len(ends), -1))
    obstacles = obstacles_near(space, area, range(len(homes)))
    sights = see(obstacles, places, own, widest_m)
    winds = all_winds(scenario)
    best_s = np.full(len(homes), np.inf)
    for name in sorted({station.model for station in scenario.stations}):
        model = scenario.model(name)
        mine = np.array([station.model == name for station in scenario.stations])
        legs = Legs(sights, model, winds, math.inf)
        for k, way in enumerate(target.ways):
            enter, leave = len(homes) + 2 * k + np.array([[0], [1]])
            out_s, back_s = legs.times_s(at_home, enter), legs.times_s(leave, at_home)
            alone_s = out_s[:, 0] + back_s[0]
            alone_s = alone_s + task_s(way, model, winds) + overhead_s(scenario, model)
            best_s = np.where(mine, np.minimum(best_s, alone_s), best_s)
    return best_s
