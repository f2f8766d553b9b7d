"""
Plan a province: copies of the city side by side, and print what each stage takes.

Run it from the project's folder: ``python tests/bench/province.py [--tiles 1 3 10]
[--iterations 1] [--cluster local:2] [--dense]``. Each run is a process of its own.
Figures are seconds of the clock / of all processors; the memory is that of all
processes together (each page once) at its highest.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import subprocess
import sys
import threading
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import seeds
from planner.scenario import Scenario

GAP_M = 40_000.0
"""Between two tiles: more than any drone flies."""

BESIDE_M = 900.0
STAGES = ("targets", "network", "first", "rounds", "timetable", "bound", "check")
SAMPLE_S = 0.5


def province(city: Scenario, tiles: int, *, dense: bool = False) -> Scenario:
    """
    Return copies of a city in a row, of which no two share a place or a drone.

    Parameters
    ----------
    dense
        Whether each watch zone has a second one beside it.
    """
    import shapely
    from shapely.affinity import translate

    if dense:
        beside = [
            replace(z, id=f"{z.id}b", geometry=translate(z.geometry, BESIDE_M))
            for z in city.zones
            if z.kind == "watch"
        ]
        city = replace(city, zones=(*city.zones, *beside))
    everything = [z.geometry for z in city.zones] + [a.geometry for a in city.airspace]
    west, _, east, _ = shapely.total_bounds(everything)
    step_m = east - west + GAP_M
    found: dict[str, list[Any]] = {"stations": [], "zones": [], "airspace": []}
    granted, waived = [], []
    for k in range(tiles):
        shift_m = (k - (tiles - 1) / 2) * step_m
        for station in city.stations:
            point = translate(station.point, shift_m)
            name = f"{station.id}-{k:02d}"
            found["stations"].append(replace(station, id=name, point=point))
        for kind in ("zones", "airspace"):
            for each in getattr(city, kind):
                shape = translate(each.geometry, shift_m)
                moved = replace(each, id=f"{each.id}-{k:02d}", geometry=shape)
                found[kind].append(moved)
        granted += [f"{name}-{k:02d}" for name in city.rules.authorised]
        waived += [f"{name}-{k:02d}" for name in city.rules.station_waivers]
    return replace(
        city,
        **{n: tuple(sorted(all_, key=lambda x: x.id)) for n, all_ in found.items()},
        districts=(),
        water=(),
        boundary=(),
        response_teams=(),
        rules=replace(
            city.rules, authorised=tuple(granted), station_waivers=tuple(waived)
        ),
    )


def run(tiles: int, iterations: int, cluster: str | None, dense: bool) -> None:
    """Plan and check one province; print what it took, as JSON."""
    import planner
    from planner.checks import examine
    from planner.formats.plan_geojson import as_written

    scenario = province(
        planner.read_scenario(seeds.path("yancheng")), tiles, dense=dense
    )
    highest = _Memory()
    budget = planner.Budget(iterations=iterations, workers=2, cluster=cluster)
    marks: list[tuple[str, float, float]] = []

    def mark(stage: str) -> None:
        spent = os.times()
        marks.append((stage, time.monotonic(), sum(spent[:4])))

    def on_progress(progress: planner.Progress) -> None:
        stage = progress.stage
        if stage == "routing":
            stage = "rounds" if progress.round or progress.zones else "first"
        if not marks or marks[-1][0] != stage:
            mark(stage)

    plan = planner.plan_routes(scenario, budget=budget, on_progress=on_progress)
    mark("check")
    verdict = examine(scenario, as_written(plan))
    mark("end")
    stages = {stage: [0.0, 0.0] for stage in STAGES}
    for (stage, wall, cpu), (_, wall_next, cpu_next) in itertools.pairwise(marks):
        stages[stage][0] += wall_next - wall
        stages[stage][1] += cpu_next - cpu
    print(
        json.dumps(
            {
                "stations": len(scenario.stations),
                "drones": sum(s.drones for s in scenario.stations),
                "zones": len(scenario.zones),
                "visited": len({stop.target for r in plan.routes for stop in r.stops}),
                "routes": len(plan.routes),
                "served": plan.metrics["zones_served"],
                "peak": plan.metrics["drones_peak"],
                "violations": len(verdict.violations),
                "stages": stages,
                "memory_mb": highest.end(),
            }
        )
    )


class _Memory:
    """Watches what this process and all below it hold, each page once."""

    def __init__(self) -> None:
        self._most, self._over = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> float:
        """Return the most that was seen [MB]."""
        self._over.set()
        self._thread.join()
        return self._most

    def _watch(self) -> None:
        while not self._over.wait(SAMPLE_S):
            self._most = max(self._most, sum(_pss_mb(p) for p in _family(os.getpid())))


def _family(pid: int) -> list[int]:
    """Return a process and all below it."""
    found = [pid]
    for parent in found:  # grows while it is read
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:
                continue
    return found


def _pss_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(x.split()[1]) for x in lines if x.startswith("Pss:")) / 1024


def main() -> None:
    """Print a line a size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--tiles", type=int, nargs="+", default=[1, 3, 10])
    parser.add_argument("--iterations", type=int, default=1)
    parser.add_argument("--cluster")
    parser.add_argument("--dense", action="store_true")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        run(asked.tiles[0], asked.iterations, asked.cluster, asked.dense)
        return
    names = ("ortools", "shapely", "numpy", "distributed")
    versions = ", ".join(f"{n} {version(n)}" for n in names)
    cores = len(os.sched_getaffinity(0))
    print(f"{platform.machine()}, {cores} cores, Python {platform.python_version()}")
    where = asked.cluster or "2 processes"
    print(f"{versions}; --iterations {asked.iterations}, {where}")
    print("tiles  stations  drones  visited  served  peak  bad  ", end="")
    print("".join(f"{stage:>14}" for stage in STAGES), "      all    MB")
    for tiles in asked.tiles:
        options = ["--alone", "--tiles", str(tiles)]
        options += ["--iterations", str(asked.iterations)]
        options += ["--cluster", asked.cluster] if asked.cluster else []
        options += ["--dense"] if asked.dense else []
        done = subprocess.run(
            [sys.executable, __file__, *options],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        told = json.loads(done.stdout)
        times = "".join(
            f"{f'{wall:.1f}/{cpu:.1f}':>14}" for wall, cpu in told["stages"].values()
        )
        print(
            f"{tiles:5d}  {told['stations']:8d}  {told['drones']:6d}  "
            f"{told['visited']:7d}  {told['served']:6d}  {told['peak']:4d}  "
            f"{told['violations']:3d}  {times}  "
            f"{sum(wall for wall, _ in told['stages'].values()):8.1f}  "
            f"{told['memory_mb']:5.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
