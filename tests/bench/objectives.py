"""
Plan the whole city once for each objective and print what came out, side by side.

Run it from the project's folder: ``python tests/bench/objectives.py [--seconds 40]
[--seed 1] [--objectives NAME ...] [--scenario FOLDER]``. Each run is the command
itself, in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import seeds
from planner.given.objectives import OBJECTIVES


def main() -> None:
    """Print a line an objective."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--objectives", nargs="+", default=list(OBJECTIVES))
    parser.add_argument("--scenario", type=Path, default=seeds.path("yancheng"))
    asked = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    print(f"{platform.machine()}, {cores} cores, Python {platform.python_version()}")
    print(f"--seconds {asked.seconds:g} --seed {asked.seed}")
    print(
        "objective  served  peak  used  worst gap  mean gap  hours  violations  wall s"
    )
    for objective in asked.objectives:
        with tempfile.TemporaryDirectory() as out:
            command = [sys.executable, "-m", "planner", "plan", str(asked.scenario)]
            command += ["-o", str(Path(out) / "plan"), "--objective", objective]
            command += ["--seconds", str(asked.seconds), "--seed", str(asked.seed)]
            started = time.monotonic()
            run = subprocess.run(
                [*command, "--json"], capture_output=True, text=True, check=False
            )
            wall_s = time.monotonic() - started
        told = json.loads(run.stdout)
        m, violations = told["metrics"], told["check"]["violations"]
        print(
            f"{objective:9s}  {m['zones_served']:6d}  {m['drones_peak']:4d}  "
            f"{m['drones_used']:4d}  {m['worst_idleness_ratio']:9.1%}  "
            f"{m['mean_idleness_ratio']:8.1%}  {m['flight_hours']:5.0f}  "
            f"{len(violations):10d}  {wall_s:6.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
