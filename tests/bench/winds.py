"""
Plan the whole city by battery in several winds, and print what came out side by side.

Run it from the project's folder: ``python tests/bench/winds.py [--seconds 60]
[--seed 1] [--winds 0 6 10] [--from-deg 135]``. Each run is the command itself on a copy
of ``seeds/yancheng`` whose drones are limited by their batteries: airspeed, energy and
charging follow from the catalogue and the wind.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import planner
import seeds
from planner.stamina import longest_sortie_s

BY_BATTERY = ("airspeed_mps", "usable_endurance_s", "turnaround_s")
"""What follows from the battery, and is not said of the drone."""


def copied(folder: Path, wind_mps: float, from_deg: float) -> Path:
    """Return a copy of the city in a wind, flown by battery."""
    shutil.copytree(seeds.path("yancheng"), folder)
    file = folder / "scenario.toml"
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines():
        key = line.partition("=")[0].strip()
        if key == "speed_mps":
            line = f"speed_mps = {wind_mps}"
        elif key == "from_deg":
            line = f"from_deg = {from_deg}"
        elif key == "model":
            line += '\nenergy = "battery"'
        if key not in BY_BATTERY:
            lines.append(line)
    file.write_text("\n".join(lines), encoding="utf-8")
    return folder


def planned(folder: Path, out: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Return what the command told of a plan."""
    command = [sys.executable, "-m", "planner", "plan", str(folder), "-o", str(out)]
    command += ["--seconds", str(asked.seconds), "--seed", str(asked.seed), "--json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    told: dict[str, Any] = json.loads(run.stdout)
    return told


def main() -> None:
    """Print a line a wind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--winds", nargs="+", type=float, default=[0.0, 6.0, 10.0])
    parser.add_argument("--from-deg", type=float, default=135.0)
    asked = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    print(f"{platform.machine()}, {cores} cores, Python {platform.python_version()}")
    print(f"{datetime.now(UTC):%Y-%m-%d} {' '.join(sys.argv[1:])}")
    print(
        "wind m/s  airspeed  longest min  zones  priority  peak  used  hours  "
        "violations  least Wh left  wall s"
    )
    for wind_mps in asked.winds:
        with tempfile.TemporaryDirectory() as room:
            folder = copied(Path(room) / "city", wind_mps, asked.from_deg)
            scenario = planner.read_scenario(folder)
            model = scenario.drone_models[0]
            longest_s = longest_sortie_s(model, scenario.rules.ceiling_m)
            started = time.monotonic()
            told = planned(folder, Path(room) / "plan", asked)
            wall_s = time.monotonic() - started
        m, check = told["metrics"], told["check"]
        share = m["priority_served"] / m["priority"]
        margin = next(r for r in check["rules"] if r["rule"] == "energy")
        print(
            f"{wind_mps:8g}  {model.airspeed_mps:8.2f}  {longest_s / 60:11.1f}  "
            f"{m['zones_served']:5d}  {share:8.1%}  {m['drones_peak']:4d}  "
            f"{m['drones_used']:4d}  {m['flight_hours']:5.0f}  "
            f"{len(check['violations']):10d}  {margin['worst_margin']:7.1f} "
            f"{margin['unit']:5s}  {wall_s:6.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
