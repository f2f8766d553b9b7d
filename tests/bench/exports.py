"""
Export a plan in every format, and print files, sizes and times side by side.

Run it from the project's folder: ``python tests/bench/exports.py PLAN [--scenario
seeds/yancheng]``. Each format is made twice: the slower run counts, and both must give
the same bytes.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from importlib import metadata
from pathlib import Path

import planner
from planner.errors import PatrolError
from planner.exports.exporting import exported
from planner.exports.registry import FORMATS
from planner.formats.handover import hand_over

LIBRARIES = ("numpy", "shapely", "pyproj", "xlsxwriter")


def main() -> None:
    """Print the machine and a line a format."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("plan", type=Path)
    parser.add_argument("--scenario", type=Path)
    asked = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)
    print(
        f"{platform.machine()}, {cores} cores, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f}, {versions}"
    )
    plan = planner.read_plan(asked.plan)
    scenario = planner.read_scenario(asked.scenario) if asked.scenario else None
    handover = hand_over(plan, scenario=scenario)
    print(f"{len(plan.routes)} routes, {len(plan.roster)} sorties")
    print("format     files        bytes  seconds")
    total_s = 0.0
    for name in FORMATS:
        try:
            runs = []
            for _ in range(2):
                started_s = time.monotonic()
                files = exported(handover, name)
                runs.append((time.monotonic() - started_s, files))
        except PatrolError as error:
            print(f"{name:9s}  refused: {error}")
            continue
        if runs[0][1] != runs[1][1]:
            print(f"{name:9s}  differs from run to run")
            continue
        size = sum(map(len, files.values()))
        spent_s = max(spent for spent, _ in runs)
        total_s += spent_s
        print(f"{name:9s}  {len(files):5d}  {size:11,d}  {spent_s:7.2f}", flush=True)
    print(f"together {total_s:.1f} s")


if __name__ == "__main__":
    main()
