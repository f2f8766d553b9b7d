"""Say which targets a station reaches in a straight flight, and how long that takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import shapely

from planner.basics.geometry import FloatArray
from planner.basics.physics import Winds, flight_time_s
from planner.given.drone import DroneModel
from planner.given.stamina import longest_sortie_s
from planner.implied.winds import all_winds
from planner.network.legs import path_times
from planner.scenario import Scenario
from planner.targets import Target, Way


def independent_parts(
    scenario: Scenario, targets: Sequence[Target]
) -> list[tuple[list[int], list[int]]]:
    """
    Return the groups of stations and targets that have nothing to do with another.

    Two stations belong together when a straight flight lets both reach a target;
    that is never too few.

    Returns
    -------
    list of (station indices, target indices)
        Sorted by the first station; targets that no station reaches are left out.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count_s, count_t = len(scenario.stations), len(targets)
    pairs = list(within_reach(scenario, targets))
    rows, cols = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    graph = coo_array(
        (np.ones(len(rows)), (rows, cols + count_s)), shape=(count_s + count_t,) * 2
    )
    count, labels = connected_components(graph, directed=False)
    parts = []
    for k in range(count):
        members = np.flatnonzero(labels == k)
        stations = [int(m) for m in members if m < count_s]
        mine = [int(m) - count_s for m in members if m >= count_s]
        if stations and mine:
            parts.append((stations, mine))
    return sorted(parts)


def within_reach(
    scenario: Scenario, targets: Sequence[Target]
) -> Iterator[tuple[int, int]]:
    """Yield the pairs of stations and targets with a straight flight in endurance."""
    winds = all_winds(scenario)
    ways = [way for target in targets for way in target.ways]
    owner = np.repeat(np.arange(len(targets)), [len(t.ways) for t in targets])
    first, last = (np.array([w.xy[k] for w in ways]).reshape(-1, 2) for k in (0, -1))
    tree = shapely.STRtree(shapely.points(first))
    tasks = {
        name: np.array([task_s(way, scenario.model(name), winds) for way in ways])
        for name in sorted({station.model for station in scenario.stations})
    }
    for s, station in enumerate(scenario.stations):
        model = scenario.model(station.model)
        endurance_s = longest_sortie_s(model, scenario.rules.ceiling_m)
        airspeed = model.airspeed_mps
        # No wind makes the way out and back shorter than still air.
        near = tree.query(station.point, "dwithin", endurance_s * airspeed / 2)
        home = np.array([station.point.x, station.point.y])
        (east, north), (west, south) = (first[near] - home).T, (home - last[near]).T
        out = flight_time_s(east, north, airspeed, winds)
        back = flight_time_s(west, south, airspeed, winds)
        alone = out + back + tasks[model.model][near] + overhead_s(scenario, model)
        for t in np.unique(owner[near[alone <= endurance_s]]):
            yield s, int(t)


def straight_s(scenario: Scenario, target: Target) -> FloatArray:
    """Return each station's least sortie time for a target, nothing in the way [s]."""
    winds = all_winds(scenario)
    homes = np.array([[s.point.x, s.point.y] for s in scenario.stations])
    names = np.array([s.model for s in scenario.stations])
    best = np.full(len(homes), np.inf)
    for name in sorted(set(names.tolist())):
        model, mine = scenario.model(name), names == name
        for way in target.ways:
            out, back = (way.xy[0] - homes[mine]).T, (homes[mine] - way.xy[-1]).T
            alone = flight_time_s(out[0], out[1], model.airspeed_mps, winds)
            alone = alone + flight_time_s(back[0], back[1], model.airspeed_mps, winds)
            alone = alone + task_s(way, model, winds) + overhead_s(scenario, model)
            best[mine] = np.minimum(best[mine], alone)
    return best


def task_s(way: Way, model: DroneModel, winds: Winds) -> float:
    """Return the time on task of a way [s]."""
    return float(path_times(way.xy, way.wait_s, model, winds)[-1] + way.wait_s[-1])


def overhead_s(scenario: Scenario, model: DroneModel) -> float:
    """Return the time of climb to and descent from the ceiling [s]."""
    ceiling = scenario.rules.ceiling_m
    return ceiling / model.climb_mps + ceiling / model.descent_mps


def aloft_s(scenario: Scenario, model: DroneModel) -> float:
    """Return the longest time that a sortie has between climb and descent [s]."""
    longest_s = longest_sortie_s(model, scenario.rules.ceiling_m)
    return max(0.0, longest_s - overhead_s(scenario, model))
