"""
Time the leg matrix of a random city, of larger ones, and other libraries' ways.

Run it from the project's folder: ``python tests/bench/world_network.py [--seed 1]``.
Each measurement is a process of its own. For the comparison:
``pip install --no-deps extremitypathfinder pyvisgraph networkx tqdm``; what is missing
is said to be. Our time a leg is that of everything, divided by all legs; theirs is that
of a query, without what they prepare. All go round the very same polygons.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.util
import json
import math
import os
import platform
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).parents[1]))

from worlds import MODEL, closure, station, world

from planner.airspace.freespace import FreeSpace, free_space
from planner.basics.geometry import FloatArray
from planner.network.legs import Legs
from planner.network.obstacles import Obstacles, obstacles_near
from planner.network.reach import aloft_s
from planner.network.sights import see
from planner.scenario import Scenario

SIDE_M = 28_000.0
"""Of the square in which a city of size 1 lies: Yancheng has its density of targets."""

STATIONS, TARGETS, OBSTACLES = 37, 3000, 100
RADIUS_M = (150.0, 700.0)
BENDS = 50
"""Of an obstacle."""

APART_M = 200.0
CALM = (0.0, 0.0)
QUERIES, VERTICES = 40, 60
SIZES = (0.1, 0.2, 0.4, 1.0, 2.0, 4.0)
"""Of the cities whose legs we time; the others' ways up to `LARGEST` of these."""

LARGEST = 1.0
SAMPLED = 0.4
"""From this size on pyvisgraph is timed on samples."""

LIBRARIES = ("extremitypathfinder", "pyvisgraph")


@dataclass(frozen=True)
class City:
    """A scenario of stations and closures, where one may fly, and its targets."""

    scenario: Scenario
    space: FreeSpace
    targets: FloatArray

    @property
    def places(self) -> FloatArray:
        """Stations first, then targets [m], shape (n, 2)."""
        homes = [(s.point.x, s.point.y) for s in self.scenario.stations]
        return np.vstack([homes, self.targets])

    @property
    def own(self) -> Any:
        """The station that each place is, or -1, shape (n,)."""
        stations = len(self.scenario.stations)
        return np.append(np.arange(stations), np.full(len(self.targets), -1))

    @property
    def reach_m(self) -> float:
        """How far apart two points of a sortie may be."""
        return MODEL.airspeed_mps * aloft_s(self.scenario, MODEL) / 2

    def obstacles(self) -> Obstacles:
        """Return what legs go round."""
        area = shapely.MultiPoint(self.places).convex_hull.buffer(self.reach_m)
        stations = range(len(self.scenario.stations))
        return obstacles_near(self.space, area, stations)


def city(seed: int, size: float) -> City:
    """Return a random city: so many times the area, and all that lies in it."""
    chance = np.random.default_rng(seed)
    side_m = SIDE_M * math.sqrt(size)
    shapes: list[shapely.Polygon] = []
    while len(shapes) < round(OBSTACLES * size):
        angle = np.sort(chance.uniform(0, 2 * math.pi, BENDS))
        away_m = chance.uniform(*RADIUS_M) * chance.uniform(0.85, 1.0, BENDS)
        xy = np.column_stack([np.cos(angle), np.sin(angle)]) * away_m[:, None]
        shape = shapely.Polygon(xy + chance.uniform(0, side_m, 2))
        if shape.is_valid and not any(s.dwithin(shape, APART_M) for s in shapes):
            shapes.append(shape)
    barred = shapely.union_all(shapes).buffer(APART_M / 2)
    homes = _clear_of(barred, round(STATIONS * size), side_m, chance)
    # Closures are drawn with their clearance.
    scenario = world(
        [station(f"S{i:03d}", *xy) for i, xy in enumerate(homes.tolist())],
        airspace=[closure(f"X{i:03d}", shape) for i, shape in enumerate(shapes)],
        clearance_m=0.0,
    )
    space = free_space(scenario)
    barred = shapely.union_all([space.shut, *space.columns])
    targets = _clear_of(barred, round(TARGETS * size), side_m, chance)
    return City(scenario, space, targets)


def _clear_of(
    barred: Any, count: int, side_m: float, chance: np.random.Generator
) -> FloatArray:
    """Return random places that are not in an area, shape (count, 2)."""
    shapely.prepare(barred)
    places = chance.uniform(0, side_m, (2 * count, 2))
    return places[~shapely.intersects_xy(barred, *places.T)][:count]


def legs_of(city: City) -> tuple[Legs, dict[str, Any]]:
    """Return all legs of a city, and what they took."""
    from planner.network import detours, sightlines

    sightlines.load()
    detours.load()
    since_s = [time.perf_counter()]
    obstacles = city.obstacles()
    since_s.append(time.perf_counter())
    sights = see(obstacles, city.places, city.own, city.reach_m)
    since_s.append(time.perf_counter())
    legs = Legs(sights, MODEL, (CALM,), aloft_s(city.scenario, MODEL))
    since_s.append(time.perf_counter())
    spent_s = np.diff(since_s).tolist()
    return legs, {
        "stations": len(city.scenario.stations),
        "targets": len(city.targets),
        "obstacles": len(city.scenario.airspace),
        "vertices": len(vertices(city)),
        "lines": len(sights.free) + len(sights.barred),
        "barred": len(sights.barred),
        "to_corners": len(sights.seen),
        "between": len(sights.between),
        "reached": legs.reached,
        "legs": legs.count,
        "obstacles_s": spent_s[0],
        "sights_s": spent_s[1],
        "legs_s": spent_s[2],
        "all_s": sum(spent_s),
    }


def rings(city: City) -> list[FloatArray]:
    """Return the outlines that legs go round, counter-clockwise, columns last."""
    cores = city.obstacles()
    order = np.argsort(cores.owner, kind="stable")
    return [
        shapely.get_coordinates(shapely.orient_polygons(core).exterior)[:-1]
        for core in cores.cores[order]
    ]


def vertices(city: City) -> FloatArray:
    """Return the vertices of closures, as legs go round them, shape (v, 2)."""
    return np.vstack(rings(city)[: -len(city.scenario.stations)])


def samples(city: City, seed: int) -> Any:
    """Return random pairs of targets within reach, shape (q, 2)."""
    chance = np.random.default_rng(seed)
    pairs = chance.integers(0, len(city.targets), (20 * QUERIES, 2))
    apart_m = np.hypot(*(city.targets[pairs[:, 0]] - city.targets[pairs[:, 1]]).T)
    fit = (apart_m > 1000) & (apart_m < 0.9 * city.reach_m)
    return pairs[fit][:QUERIES]


def run_ours(seed: int, size: float) -> dict[str, Any]:
    """Measure our legs; tell the lengths of the samples."""
    made = city(seed, size)
    legs, told = legs_of(made)
    told["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    i, j = (samples(made, seed) + len(made.scenario.stations)).T
    told["lengths_m"] = (legs.times_s(i, j).diagonal() * MODEL.airspeed_mps).tolist()
    since_s = time.perf_counter()
    for start, end in zip(i, j, strict=True):
        legs.path(int(start), int(end))
    told["path_s"] = (time.perf_counter() - since_s) / len(i)
    return told


def run_extremitypathfinder(seed: int, size: float) -> dict[str, Any]:
    """Measure its preparation and its queries."""
    from extremitypathfinder import PolygonEnvironment

    made = city(seed, size)
    holes = [[tuple(p) for p in ring[::-1].tolist()] for ring in rings(made)]
    low, high = -2 * made.reach_m, SIDE_M * math.sqrt(size) + 2 * made.reach_m
    ground = [(low, low), (high, low), (high, high), (low, high)]
    since_s = time.perf_counter()
    environment = PolygonEnvironment()
    environment.store(ground, holes, validate=False)  # prepares, too
    prepared_s = time.perf_counter() - since_s
    lengths_m = []
    since_s = time.perf_counter()
    for i, j in samples(made, seed):
        start, end = tuple(made.targets[i]), tuple(made.targets[j])
        _, length_m = environment.find_shortest_path(start, end, verify=False)
        lengths_m.append(length_m)
    query_s = (time.perf_counter() - since_s) / len(lengths_m)
    return {"prepared_s": prepared_s, "query_s": query_s, "lengths_m": lengths_m}


def run_pyvisgraph(seed: int, size: float) -> dict[str, Any]:
    """
    Measure its preparation and its queries.

    Of a large city both are estimated: the preparation from a sample of vertices,
    a query from what is seen at its two ends, without the search that follows.
    """
    import pyvisgraph
    from pyvisgraph.graph import Graph
    from pyvisgraph.visible_vertices import visible_vertices

    made = city(seed, size)
    outlines = [[pyvisgraph.Point(x, y) for x, y in ring] for ring in rings(made)]
    pairs = [
        [pyvisgraph.Point(*made.targets[k]) for k in pair]
        for pair in samples(made, seed)
    ]
    if size < SAMPLED:
        since_s = time.perf_counter()
        graph = pyvisgraph.VisGraph()
        graph.build(outlines, status=False)
        prepared_s = time.perf_counter() - since_s
        lengths_m = []
        since_s = time.perf_counter()
        for start, end in pairs:
            path = np.array([(p.x, p.y) for p in graph.shortest_path(start, end)])
            lengths_m.append(float(np.hypot(*np.diff(path, axis=0).T).sum()))
        query_s = (time.perf_counter() - since_s) / len(pairs)
        return {"prepared_s": prepared_s, "query_s": query_s, "lengths_m": lengths_m}
    graph = Graph(outlines)
    points = sorted(graph.get_points(), key=lambda p: (p.x, p.y))
    step = len(points) // VERTICES
    since_s = time.perf_counter()
    for point in points[::step]:
        visible_vertices(point, graph, scan="half")
    a_vertex_s = (time.perf_counter() - since_s) / len(points[::step])
    since_s = time.perf_counter()
    for start, end in pairs[: QUERIES // 2]:
        visible_vertices(start, graph, destination=end)
        visible_vertices(end, graph, origin=start)
    query_s = (time.perf_counter() - since_s) / (QUERIES // 2)
    return {
        "prepared_s": a_vertex_s * len(points),
        "query_s": query_s,
        "lengths_m": None,
    }


RUNS = {
    "ours": run_ours,
    "extremitypathfinder": run_extremitypathfinder,
    "pyvisgraph": run_pyvisgraph,
}


def measured(what: str, seed: int, size: float, most_s: float) -> dict[str, Any] | None:
    """Return what a process of its own measured, or None if it takes too long."""
    command = [sys.executable, __file__, "--alone", what]
    command += ["--seed", str(seed), "--size", str(size)]
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, check=True, timeout=most_s
        )
    except subprocess.TimeoutExpired:
        return None
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def tell(seed: int, most_s: float) -> None:
    """Print how our matrix grows, and how it compares."""
    print(
        "city  stations  targets  obstacles  vertices   lines in reach  barred", end=""
    )
    print("  lines to corners  between corners  corners reached       legs", end="")
    print("  obstacles s  sights s  legs s  all s    MB  us a leg")
    ours = {}
    for size in SIZES:
        told = measured("ours", seed, size, most_s)
        if told is None:
            raise SystemExit(f"{size:g} cities: not done in {most_s:g} s")
        ours[size] = told
        print(
            f"{size:4g}  {told['stations']:8d}  {told['targets']:7d}  "
            f"{told['obstacles']:9d}  {told['vertices']:8d}  {told['lines']:15d}  "
            f"{told['barred']:6d}  {told['to_corners']:16d}  {told['between']:15d}  "
            f"{told['reached']:15d}  {told['legs']:9d}  "
            f"{told['obstacles_s']:11.2f}  {told['sights_s']:8.2f}  "
            f"{told['legs_s']:6.2f}  {told['all_s']:5.2f}  {told['memory_mb']:4.0f}  "
            f"{1e6 * told['all_s'] / told['legs']:8.2f}",
            flush=True,
        )
    for library in LIBRARIES:
        if importlib.util.find_spec(library) is None:
            print(f"{library} is not installed")
            continue
        for size in SIZES:
            done = size <= LARGEST and compare(library, size, ours[size], seed, most_s)
            if not done:
                break


def compare(
    library: str, size: float, ours: dict[str, Any], seed: int, most_s: float
) -> bool:
    """Print what a library takes for the same city; return whether it was done."""
    told = measured(library, seed, size, most_s)
    where = f"{library} {version(library)}, {ours['obstacles']} obstacles"
    if told is None:
        print(f"{where}: not done in {most_s:g} s, larger ones not tried", flush=True)
        return False
    a_leg_s = ours["all_s"] / ours["legs"]
    line = (
        f"{where}: prepares {told['prepared_s']:.1f} s, "
        f"a query {1e3 * told['query_s']:.2f} ms; "
        f"ours a leg {1e3 * a_leg_s:.5f} ms with all preparation "
        f"({told['query_s'] / a_leg_s:.0f} times), "
        f"a path by itself {1e3 * ours['path_s']:.2f} ms"
    )
    if told["lengths_m"]:
        theirs = np.array(told["lengths_m"])
        off = np.array(ours["lengths_m"]) / theirs - 1
        line += f"; {len(off)} lengths differ by {off.min():+.1e} to {off.max():+.1e}"
    else:
        line += "; estimated from a sample"
    print(line, flush=True)
    return True


def main() -> None:
    """Print what was measured, and where."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most-s", type=float, default=300.0, help="for one of them")
    parser.add_argument("--alone", choices=sorted(RUNS), help=argparse.SUPPRESS)
    parser.add_argument("--size", type=float, default=1.0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        print(json.dumps(RUNS[asked.alone](asked.seed, asked.size)))
        return
    names = ("numba", "numpy", "scipy", "shapely")
    versions = ", ".join(f"{n} {version(n)}" for n in names)
    cores = len(os.sched_getaffinity(0))
    print(
        f"{platform.machine()}, {cores} cores, load {os.getloadavg()[0]:.1f}, ", end=""
    )
    print(f"Python {platform.python_version()}, {versions}")
    print(f"{datetime.date.today().isoformat()}, seed {asked.seed}")
    tell(asked.seed, asked.most_s)


if __name__ == "__main__":
    main()
