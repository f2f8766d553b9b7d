"""
Compare sweeps with those of other planners and with area over lane spacing.

Run it from the project's folder: ``python tests/bench/world_sweeps.py [COUNT]``, with
the number of polygons to make. TrajGenPy (boustrophedon cells by CGAL, after Bähnemann
et al., Revisiting Boustrophedon Coverage Path Planning, 2019) takes part where it is
installed: ``pip install trajgenpy``; so does Fields2Cover (Mier et al., An Open-Source
Coverage Path Planning Library for Unmanned Agricultural Vehicles, 2023). Of that only
cells and swaths are asked for, not its curves: drones stop and turn.

For all, the same is done with what they return: each tile is flown one way or the
other, nearest first; each change of lane is a turn; what is seen is the union of discs
along the lanes and changes within tiles.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from sweep_shapes import holed_polygons

from planner.basics.geometry import QUAD_SEGS, FloatArray
from planner.targets.camera import Camera, Sweeper
from planner.targets.sweep import sweep_tiles

WIDE = Camera(lane_spacing_m=88.0, layers_m=(90.0,), turn_s=6.0, reach_m=(49.5,))
NARROW = Camera(lane_spacing_m=10.45, layers_m=(100.0,), turn_s=6.0, reach_m=(5.5,))
"""A swath of 99 m, overlapping by a ninth, and one of 11 m, by a twentieth."""

AIRSPEED_MPS = 12.0
TILE_S = 420.0

SPLITS = 6
"""Angles at which Fields2Cover may split a field."""

FEW = 8
"""Polygons that all planners sweep: some take seconds for each."""

Tiles = Sequence[Sequence[FloatArray]]
"""For each tile the ways to fly it: ends of lanes, shape (2 lanes, 2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a planner makes of some areas, added up; ``seen`` is the least share."""

    areas: str
    planner: str
    path_m: float
    turns: int
    flight_s: float
    seen: float
    compute_s: float


def ours(area: Polygon, camera: Camera) -> Tiles:
    """Return the tiles of this planner."""
    sweeper = Sweeper(
        camera=camera,
        airspeed_mps=AIRSPEED_MPS,
        longest_s=TILE_S,
        closed=Polygon(),
    )
    return [[way.xy for way in ways] for ways in sweep_tiles(area, sweeper)]


def trajgenpy(area: Polygon, camera: Camera) -> Tiles:
    """Return the cells of TrajGenPy, each from either end."""
    from trajgenpy.Geometries import decompose_polygon, generate_sweep_pattern

    holes = MultiPolygon([Polygon(ring) for ring in area.interiors])
    tiles = []
    for cell in decompose_polygon(Polygon(area.exterior), obstacles=holes):
        lanes = generate_sweep_pattern(cell, camera.lane_spacing_m)
        xy = np.vstack([shapely.get_coordinates(lane) for lane in lanes])
        tiles.append([xy, xy[::-1]])
    return tiles


def fields2cover(area: Polygon, camera: Camera) -> Tiles:
    """Return the cells of Fields2Cover, split at the best of six angles."""
    import fields2cover as f2c

    cell = f2c.Cell()
    for ring in (area.exterior, *area.interiors):
        line = f2c.LinearRing()
        for x, y in ring.coords:
            line.addPoint(f2c.Point(x, y))
        cell.addRing(line)
    splitter = f2c.DECOMP_Boustrophedon()
    found = []
    for angle in np.linspace(0, np.pi, SPLITS, endpoint=False):
        splitter.setSplitAngle(float(angle))
        cells = splitter.decompose(f2c.Cells(cell))
        fewest = f2c.OBJ_NSwathModified()
        by_cell = f2c.SG_BruteForce().generateBestSwaths(
            fewest, camera.lane_spacing_m, cells
        )
        tiles = []
        for k in range(by_cell.size()):
            swaths = f2c.RP_Boustrophedon().genSortedSwaths(by_cell.at(k))
            ends = [
                (point.getX(), point.getY())
                for n in range(swaths.size())
                for point in (swaths.at(n).startPoint(), swaths.at(n).endPoint())
            ]
            if ends:
                xy = np.array(ends)
                tiles.append([xy, xy[::-1]])
        turns = sum(len(ways[0]) // 2 for ways in tiles)
        found.append((tour_m(tiles) + turns * camera.turn_s * AIRSPEED_MPS, tiles))
    return min(found, key=lambda each: each[0])[1]


def planners() -> dict[str, Callable[[Polygon, Camera], Tiles]]:
    """Return the planners that are installed."""
    others = {"fields2cover": fields2cover, "trajgenpy": trajgenpy}
    there = {name: plan for name, plan in others.items() if find_spec(name)}
    return {"ours": ours, **there}


def version_of(name: str) -> str:
    """Return the version of a module."""
    try:
        return version(name)
    except PackageNotFoundError:
        return str(import_module(name).__version__)


def rows(count: int = 200) -> Iterator[Row]:
    """Yield what each planner makes of polygons with holes, and of a field of 48 m."""
    field = Polygon([(0, 0), (48, 0), (48, 48), (0, 48)])
    shapes = list(holed_polygons(count))
    few = shapes[:FEW]
    for name, areas, camera, mine in (
        ("48 x 48 m", [field], NARROW, planners()),
        (f"{len(few)} with holes", few, WIDE, planners()),
        (f"{count} with holes", shapes, WIDE, {"ours": ours}),
    ):
        for planner, plan in mine.items():
            yield measured(name, planner, plan, areas, camera)
        lanes_m = sum(area.area for area in areas) / camera.lane_spacing_m
        yield Row(
            areas=name,
            planner="area / spacing",
            path_m=lanes_m,
            turns=0,
            flight_s=lanes_m / AIRSPEED_MPS,
            seen=1.0,
            compute_s=0.0,
        )


def measured(
    name: str,
    planner: str,
    plan: Callable[[Polygon, Camera], Tiles],
    areas: Sequence[Polygon],
    camera: Camera,
) -> Row:
    """Return what a planner makes of areas."""
    path_m, turns, seen, compute_s = 0.0, 0, 1.0, 0.0
    for area, (tiles, taken_s) in zip(areas, apart(plan, areas, camera), strict=True):
        compute_s += taken_s
        path_m += tour_m(tiles)
        turns += sum(len(ways[0]) // 2 for ways in tiles) - 1
        seen = min(seen, seen_share(area, tiles, camera.reach_m[0]))
    return Row(
        areas=name,
        planner=planner,
        path_m=path_m,
        turns=turns,
        flight_s=path_m / AIRSPEED_MPS + turns * camera.turn_s,
        seen=seen,
        compute_s=compute_s,
    )


def apart(
    plan: Callable[[Polygon, Camera], Tiles], areas: Sequence[Polygon], camera: Camera
) -> Iterator[tuple[Tiles, float]]:
    """
    Yield tiles and the seconds that they took, in a process of their own.

    CGAL changes how a processor rounds, and after that shapes are cut wrongly.
    """
    with ProcessPoolExecutor(1) as child:
        # What the first call takes to load a library does not count.
        child.submit(plan, areas[0], camera).result()
        yield from child.map(partial(timed, plan, camera), areas)


def timed(
    plan: Callable[[Polygon, Camera], Tiles], camera: Camera, area: Polygon
) -> tuple[Tiles, float]:
    """Return the tiles of a planner, and how long they took [s]."""
    start = time.perf_counter()
    tiles = plan(area, camera)
    return tiles, time.perf_counter() - start


def seen_share(area: Polygon, tiles: Tiles, reach_m: float) -> float:
    """Return the share of an area that is seen, each tile flown its first way."""
    tracks = [shapely.LineString(ways[0]) for ways in tiles]
    view = shapely.union_all(shapely.buffer(tracks, reach_m, quad_segs=QUAD_SEGS))
    return float(area.intersection(view).area / area.area)


def tour_m(tiles: Tiles) -> float:
    """Return the length of all tiles and legs between, nearest first, best start."""
    flat = [(i, xy) for i, ways in enumerate(tiles) for xy in ways]
    tile = np.array([i for i, _ in flat])
    enter = np.array([xy[0] for _, xy in flat])
    leave = np.array([xy[-1] for _, xy in flat])
    flown_m = np.array([np.hypot(*np.diff(xy, axis=0).T).sum() for _, xy in flat])
    least_m = np.full(len(tiles), np.inf)
    np.minimum.at(least_m, tile, flown_m)
    legs_m = np.hypot(*(enter[None] - leave[:, None]).transpose(2, 0, 1))
    # What a way is longer than the shortest of its tile counts like a leg.
    legs_m += (flown_m - least_m[tile])[None]
    best_m = np.inf
    for first in range(len(flat)):
        at, total_m, left = first, float(flown_m[first]), tile != tile[first]
        while left.any():
            following = int(np.argmin(np.where(left, legs_m[at], np.inf)))
            total_m += float(legs_m[at, following] + least_m[tile[following]])
            left &= tile != tile[following]
            at = following
        best_m = min(best_m, total_m)
    return best_m


def print_rows(found: Sequence[Row]) -> None:
    """Print a table of rows, with machine, versions and date."""
    print(f"{date.today()}, {platform.platform()}, {platform.processor() or 'cpu'}")
    names = ["shapely", "numpy", *(n for n in planners() if n != "ours")]
    versions = [f"{name} {version_of(name)}" for name in names]
    print(f"Python {platform.python_version()}", *versions)
    head = ("areas", "planner", "path km", "turns", "flight h", "seen %", "compute s")
    print(("{:<16}{:<16}" + "{:>11}" * 5).format(*head))
    for row in found:
        print(
            f"{row.areas:<16}{row.planner:<16}{row.path_m / 1000:>11.2f}{row.turns:>11}"
            f"{row.flight_s / 3600:>11.3f}{100 * row.seen:>11.3f}{row.compute_s:>11.2f}"
        )


if __name__ == "__main__":
    print_rows(list(rows(*(int(count) for count in sys.argv[1:2]))))
