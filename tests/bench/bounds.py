"""
Certify a plan of the whole city and print its bounds, part by part.

Run it from the project's folder: ``python tests/bench/bounds.py PLAN
[--seconds 30] [--threads 2]``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import planner
import seeds
from planner.bounds import pricing
from planner.bounds.certificate import audit, certify
from planner.bounds.effort import Effort
from planner.formats.plan_geojson import as_written
from planner.metrics import compute_metrics


def main() -> None:
    """Print a line a part, and how long it took to find and to check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("plan", type=Path)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    pricing.load()
    scenario = planner.read_scenario(seeds.path("yancheng"))
    plan = as_written(planner.read_plan(asked.plan))
    peak = compute_metrics(scenario, plan)["drones_peak_by_station"]
    started = time.monotonic(), time.process_time()
    effort = Effort(seconds=asked.seconds)
    plan = certify(scenario, plan, effort, threads=asked.threads)
    _tell("found", *started)
    started = time.monotonic(), time.process_time()
    assert audit(scenario, plan).numbers == plan.certificate
    _tell("checked", *started)
    found = plan.certificate
    print("stations  targets  periodic      steady        any plan      at the peak")
    names = ("bound_periodic", "bound_steady", "bound_any_plan")
    for entries in zip(*(found[name]["parts"] for name in names), strict=True):
        own = sum(peak.get(station, 0) for station in entries[0]["stations"])
        told = [f"{entry['busy']:8.3f} {entry['drones']:4d}" for entry in entries]
        of_part = f"{len(entries[0]['stations']):8d}  {len(entries[0]['worth_s']):7d}"
        print(of_part, *told, f"{own:11d}")
    for name in names:
        gap = found[name.replace("bound", "gap")]
        told = "none" if gap is None else f"{100 * gap:.1f} %"
        print(f"{name}: {found[name]['drones']} drones, gap {told}")
    print(f"drones_peak {found['drones_peak']}, to go on {found['steady_drones']}")
    print(f"targets on several routes: {found['shared_targets']}")


def _tell(what: str, wall_s: float, cpu_s: float) -> None:
    spent = time.monotonic() - wall_s, time.process_time() - cpu_s
    print(f"{what} in {spent[0]:.1f} s, {spent[1]:.1f} s of a core")


if __name__ == "__main__":
    main()
