"""
Route pieces of the city with one engine after another, side by side.

Run it from the project's folder: ``python tests/bench/engines.py [--seconds 3 8]
[--seeds 1 2] [--engines ortools pyvrp]``. The pieces are neighbouring urban
stations with all their targets: some 150 of them, and a part of some 50.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version

import numpy as np

import seeds
from planner import read_scenario
from planner.airspace.freespace import free_space
from planner.engines import ENGINES, Effort, Piece, engine
from planner.engines.assess import served_targets
from planner.network.reach import independent_parts
from planner.problem import Problem, formulate
from planner.targets import discretise


def pieces() -> Iterator[tuple[str, Problem, Piece]]:
    """Yield the pieces to route: name, problem, piece."""
    scenario = read_scenario(seeds.path("yancheng"))
    space = free_space(scenario)
    targets = [t for t in discretise(scenario, space).targets if t.layers_m]
    parts = independent_parts(scenario, targets)
    largest = max(parts, key=lambda part: len(part[1]))
    middling = min(parts, key=lambda part: abs(len(part[1]) - 50))
    problem = formulate(scenario, space, targets, largest)
    yield "urban", problem, neighbours(problem, 150)
    problem = formulate(scenario, space, targets, middling)
    yield "part", problem, neighbours(problem, len(problem.targets))


def neighbours(problem: Problem, most: int) -> Piece:
    """Return stations round the busiest, and the targets to which one is nearest."""
    out = np.array(
        [
            [problem.table(s).out[s, problem.nodes_of(t)].min() for s in stations]
            for stations in [range(len(problem.stations))]
            for t in range(len(problem.targets))
        ]
    )
    nearest = out.argmin(axis=1)
    first = int(np.bincount(nearest).argmax())
    home = problem.stations[first].point
    chosen: list[int] = []
    for station in sorted(
        range(len(problem.stations)),
        key=lambda s: home.distance(problem.stations[s].point),
    ):
        if chosen and np.isin(nearest, [*chosen, station]).sum() > most:
            break
        chosen.append(station)
    mine = np.flatnonzero(np.isin(nearest, chosen))
    return Piece(
        stations=tuple(chosen),
        targets=tuple(int(t) for t in mine),
        drones=tuple(float(problem.drones(s)) for s in chosen),
    )


def main() -> None:
    """Print a line a run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--seconds", type=float, nargs="+", default=[3.0, 8.0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--engines", nargs="+", default=ENGINES, choices=ENGINES)
    asked = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    names = ("ortools", "pyvrp", "numba", "numpy")
    print(f"{platform.machine()}, {cores} cores, Python {platform.python_version()}")
    print(", ".join(f"{n} {version(n)}" for n in names), date.today().isoformat())
    print("piece  stations  targets  engine     seconds  seed   load  unserved  wall s")
    for which, problem, piece in pieces():
        for seconds in asked.seconds:
            for seed in asked.seeds:
                for name in asked.engines:
                    effort = Effort(seconds=seconds, solutions=0, seed=seed)
                    started = time.monotonic()
                    columns = engine(name)(problem, piece, effort)
                    wall_s = time.monotonic() - started
                    left = set(piece.targets) - served_targets(problem, columns)
                    load = sum(c.load(problem) for c in columns)
                    print(
                        f"{which:5s}  {len(piece.stations):8d}  "
                        f"{len(piece.targets):7d}  {name:9s}  {seconds:7g}  "
                        f"{seed:4d}  {load:5.2f}  {len(left):8d}  {wall_s:6.1f}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
