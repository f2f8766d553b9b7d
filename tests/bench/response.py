"""
Tell how soon somebody is overhead by a plan, beside a bound and a simulation.

Run it from the project's folder: ``python tests/bench/response.py PLAN [--scenario
seeds/yancheng] [--incidents 10000]``. The figures are those of
`planner.response.figures`; the simulation in ``tests/incidents.py`` draws incidents one
by one and was written apart.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import resource
import sys
import time
from pathlib import Path

import planner
import seeds
from planner.checks import examine
from planner.flown.tracks import over_horizon_of
from planner.response.covering import covering
from planner.response.figures import WITHIN_S, response

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from incidents import simulate


def main() -> None:
    """Print the figures, the bound, and what a simulation gives instead."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("plan", type=Path)
    parser.add_argument("--scenario", type=Path, default=seeds.path("yancheng"))
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    print(
        f"{platform.machine()}, {cores} cores, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f}"
    )
    plan = planner.read_plan(asked.plan)
    scenario = over_horizon_of(planner.read_scenario(asked.scenario), plan)
    started = time.monotonic()
    found = response(scenario, plan)
    spent_s = time.monotonic() - started
    most_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{found['places']} places on a grid of {found['spacing_m']:g} m, "
        f"{found['moments']} moments: {spent_s:.2f} s, at most {most_mb:.0f} MB"
    )
    print(f"violations: {len(examine(scenario, plan).violations)}")
    print("who           nobody   mean s   p50 s   p90 s   p95 s  " + heads())
    rows = {
        "anybody": found["all"],
        "ready alone": found["ready"],
        **found["periods"],
        **found["districts"],
    }
    for name, figures in rows.items():
        print(line(name, figures))
    short = {t: g["short_min"] for t, g in found["teams"].items() if g["short_min"]}
    print(f"teams without a charged drone, minutes: {short or 'none'}")
    bound = covering(scenario, plan)
    print(
        f"ready drones over the demand within {bound['within_s']:g} s: "
        f"{bound['ready_share']:.1%}; from as many stations, whichever, at most "
        f"{bound['bound_share']:.1%}; from all of them {bound['all_share']:.1%}"
    )
    started = time.monotonic()
    tally = simulate(scenario, plan, asked.incidents, asked.seed)
    spent_s = time.monotonic() - started
    told = [("nobody", found["all"]["nobody_share"], tally.nobody_share)]
    told += [
        (f"in {s} s", found["all"][f"within_{s}_s"], tally.within(s)) for s in WITHIN_S
    ]
    mean_s = found["all"]["mean_s"]
    print(f"{asked.incidents} incidents simulated one by one in {spent_s:.0f} s:")
    print(
        f"  mean      {mean_s:7.2f} s, simulated {tally.mean_s:7.2f} s: "
        f"{tally.mean_s / mean_s - 1:+.2%}"
    )
    for name, share, simulated in told:
        # Half of all such draws are off by less than two thirds of this.
        error = math.sqrt(share * (1 - share) / asked.incidents)
        print(
            f"  {name:9s} {share:7.2%}  , simulated {simulated:7.2%}  : "
            f"{simulated - share:+.2%} (standard error of the draw {error:.2%})"
        )


def heads() -> str:
    """Return the heads of the shares."""
    return "".join(f"{f'in {s} s':>9s}" for s in WITHIN_S)


def line(name: str, figures: dict[str, float | None]) -> str:
    """Return a row of figures."""
    times = "".join(
        f"{'nobody' if figures[key] is None else f'{figures[key]:.1f}':>8s}"
        for key in ("mean_s", "p50_s", "p90_s", "p95_s")
    )
    shares = "".join(f"{figures[f'within_{s}_s']:9.1%}" for s in WITHIN_S)
    return f"{name:12s}  {figures['nobody_share']:6.1%} {times}  {shares}"


if __name__ == "__main__":
    main()
