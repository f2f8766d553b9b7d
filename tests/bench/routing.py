"""
Compare solvers on public routing problems and patrolling graphs, side by side.

Run it from the project's folder: ``python tests/bench/routing.py [--seconds 60]
[--seeds 1,2,3] [--solvers ours,pyvrp,...] [--graphs-only]``. Problems run by the
command ``patrol bench``; the last of them is a large one made at random.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from planner.benchmarks.patrolling import idleness_bound_m, read_graph
from planner.engines.cyclic import (
    best_patrol,
    partition,
    shared_tour,
    worst_idleness_m,
)

DATA = Path(__file__).resolve().parents[1] / "data"
LARGE = "scattered-5000-37-120-1"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--seconds", default="60")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--solvers", default="ours,pyvrp,ortools,ortools-tuned,vroom")
    parser.add_argument("--graphs-only", action="store_true")
    asked = parser.parse_args()
    print("graph       agents  bound m  shared m  partition m  best m  gap %")
    for path in sorted((DATA / "patrolling").rglob("*.graph")):
        graph = read_graph(path)
        for agents in (2, 4, 6, 8):
            gaps = graph.gaps_m
            bound = idleness_bound_m(gaps, agents)
            shared, parted, best = (
                worst_idleness_m(gaps, patrol)
                for patrol in (
                    shared_tour(gaps, agents),
                    partition(gaps, agents, 1),
                    best_patrol(gaps, agents, 1),
                )
            )
            print(
                f"{graph.name:10s}  {agents:6d}  {bound:7.1f}  {shared:8.1f}  "
                f"{parted:11.1f}  {best:6.1f}  {100 * (best / bound - 1):5.0f}",
                flush=True,
            )
    if asked.graphs_only:
        return
    names = [str(p) for p in sorted((DATA / "vrp").rglob("*.txt"))]
    names += [str(p) for p in sorted((DATA / "vrp").rglob("*.vrp"))]
    command = [sys.executable, "-m", "planner", "bench", *names, LARGE]
    command += ["--seconds", asked.seconds, "--seeds", asked.seeds]
    subprocess.run([*command, "--solvers", asked.solvers], check=True)


if __name__ == "__main__":
    main()
