"""
Ask plans to hold on so many days, and simulate other days than those that judged them.

Run it from the project's folder: ``python tests/bench/robust.py [--shares 0 0.9 0.99]
[--seconds 60] [--seed 1] [--days 1000] [--scenario FOLDER]``. A share of 0 is the plan
as it is. Each plan is made by the command itself, in a process of its own; the days
are simulated in this one.
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

import planner
import seeds
from planner.simulation import simulate

OTHER_SEED = 424_242
"""Of days that no plan was judged by."""


def main() -> None:
    """Print a line a share."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--shares", type=float, nargs="+", default=[0.0, 0.9, 0.99])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=1000)
    parser.add_argument("--scenario", type=Path, default=seeds.path("yancheng"))
    asked = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    print(f"{platform.machine()}, {cores} cores, Python {platform.python_version()}")
    print(f"--seconds {asked.seconds:g} --seed {asked.seed} --days {asked.days}")
    print(
        "asked   served  used  peak  promises  holding  worst held  all at once  "
        "plan s  days s"
    )
    scenario = planner.read_scenario(asked.scenario)
    for share in asked.shares:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "plan"
            command = [sys.executable, "-m", "planner", "plan", str(asked.scenario)]
            command += ["-o", str(out), "--seed", str(asked.seed), "--json"]
            command += ["--seconds", str(asked.seconds)]
            command += ["--robust", str(share)] if share else []
            started = time.monotonic()
            run = subprocess.run(command, capture_output=True, text=True, check=True)
            plan_s = time.monotonic() - started
            plan = planner.read_plan(out / "plan.geojson")
        if not plan.roster:
            print(f"{share or 'plain':<6}  {0:6d}  nothing is flown", flush=True)
            continue
        started = time.monotonic()
        found = simulate(scenario, plan, runs=asked.days, seed=OTHER_SEED)
        days_s = time.monotonic() - started
        held = [kept.odds.share for kept in found.kept]
        holding = sum(each >= (share or 0.99) for each in held)
        m = json.loads(run.stdout)["metrics"]
        print(
            f"{share or 'plain':<6}  {m['zones_served']:6d}  {m['drones_used']:4d}  "
            f"{m['drones_peak']:4d}  {len(held):8d}  {holding:7d}  {min(held):10.1%}  "
            f"{found.every.share:11.1%}  {plan_s:6.1f}  {days_s:6.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
