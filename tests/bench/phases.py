"""
Tell what choosing phases for response brings: figures before and after, side by side.

Run it from the project's folder: ``python tests/bench/phases.py [--scenario
seeds/yancheng] [--seconds 60]``. It plans once, and keeps the timetable of before.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from response import heads, line

import planner
import seeds
from planner.checks import examine
from planner.metrics import compute_metrics
from planner.planning import finishing
from planner.planning.quickening import quicken
from planner.response.figures import response


def main() -> None:
    """Print the figures of one plan before and after its phases are chosen."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--scenario", type=Path, default=seeds.path("yancheng"))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--horizon")
    asked = parser.parse_args()
    noted: dict[str, Any] = {}

    def note(given_: Any, drafts: Any, table: Any, **rest: Any) -> Any:
        began_s = time.monotonic()
        noted["after"] = quicken(given_, drafts, table, **rest)
        noted["before"], noted["spent_s"] = table, time.monotonic() - began_s
        return noted["after"]

    finishing.quicken = note  # type: ignore[assignment]
    scenario = planner.read_scenario(asked.scenario, horizon=asked.horizon)
    plan = planner.plan_routes(scenario, budget=planner.Budget(seconds=asked.seconds))
    print(f"phases chosen in {noted['spent_s']:.1f} s, load {os.getloadavg()[0]:.1f}")
    print("who           nobody   mean s   p50 s   p90 s   p95 s  " + heads())
    for name in ("before", "after"):
        table = noted[name]
        told = replace(plan, routes=table.routes, roster=table.roster)
        peak = compute_metrics(scenario, told)["drones_peak"]
        print(line(name, response(scenario, told)["all"]), f" {peak} drones at most")
    print(f"violations: {len(examine(scenario, plan).violations)}")


if __name__ == "__main__":
    main()
