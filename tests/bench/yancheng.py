"""
Plan the whole city with several seeds and print what came out, side by side.

Run it from the project's folder: ``python tests/bench/yancheng.py [--seconds 60]
[--seeds 1 2 3]``. Each run is the command itself, in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import seeds


def main() -> None:
    """Print a line a seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    asked = parser.parse_args()
    versions = ", ".join(f"{n} {version(n)}" for n in ("ortools", "shapely", "numpy"))
    cores = len(os.sched_getaffinity(0))
    print(f"{platform.machine()}, {cores} cores, Python {platform.python_version()}")
    print(f"{versions}; --seconds {asked.seconds:g}")
    print("seed  served  peak  used  hours  violations  wall s  largest process MB")
    for seed in asked.seeds:
        with tempfile.TemporaryDirectory() as out:
            command = [sys.executable, "-m", "planner", "plan"]
            command += [str(seeds.path("yancheng")), "-o", str(Path(out) / "plan")]
            command += ["--seconds", str(asked.seconds), "--seed", str(seed), "--json"]
            started = time.monotonic()
            run = subprocess.run(command, capture_output=True, text=True, check=False)
            wall_s = time.monotonic() - started
        told = json.loads(run.stdout)
        metrics, violations = told["metrics"], told["check"]["violations"]
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(
            f"{seed:4d}  {metrics['zones_served']:6d}  {metrics['drones_peak']:4d}  "
            f"{metrics['drones_used']:4d}  {metrics['flight_hours']:5.0f}  "
            f"{len(violations):10d}  {wall_s:6.1f}  {largest:8.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
