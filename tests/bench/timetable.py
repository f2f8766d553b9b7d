"""
Time schedule and check for 120, 360 and 1,200 drones over 24 hours, side by side.

Run it from the project's folder: ``python tests/bench/timetable.py [--tiles 1 3 10]
[--runs 100]``. The city is planned once, without rounds; then its routes stand in as
many tiles as are asked for, and each size gets its clocks, layers and roster anew, is
checked, and is simulated, in a process of its own. Seconds are of the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from province import GAP_M, province

import planner
import seeds
from planner.plan import Plan, Unserved
from planner.scenario import Scenario
from planner.timetable.draft import DraftRoute
from planner.timetable.making import Timetable

STAGES = ("schedule", "check", "separation", "partings", "simulate")


def routes_of_the_city() -> tuple[list[DraftRoute], dict[str, int]]:
    """Plan the city over 24 hours; return its routes before they had clocks."""
    from planner.planning import finishing

    kept: list[tuple[list[DraftRoute], dict[str, int]]] = []
    made = finishing.make_timetable

    def recorded(scenario: Scenario, drafts: Any, **options: Any) -> Timetable:
        kept.append((list(drafts), dict(options["hints"])))
        return made(scenario, drafts, **options)

    finishing.make_timetable = recorded
    try:
        planner.plan_routes(city(), budget=planner.Budget(iterations=0, workers=2))
    finally:
        finishing.make_timetable = made
    return kept[-1]


def city() -> Scenario:
    """Return the city over 24 hours."""
    return planner.read_scenario(seeds.path("yancheng"), horizon="24h")


def in_tile(draft: DraftRoute, k: int, shift_m: float) -> DraftRoute:
    """Return a route of the city as it is flown in a tile."""
    stops = tuple(
        replace(
            stop,
            target=f"{stop.target}-{k:02d}",
            zones=tuple(f"{zone}-{k:02d}" for zone in stop.zones),
        )
        for stop in draft.stops
    )
    return replace(
        draft,
        id=f"{draft.id}-{k:02d}",
        depot=f"{draft.depot}-{k:02d}",
        xy=draft.xy + np.array([shift_m, 0.0]),
        stops=stops,
        variants=tuple(in_tile(v, k, shift_m) for v in draft.variants),
    )


def tiled(
    drafts: Sequence[DraftRoute], hints: dict[str, int], tiles: int
) -> tuple[Scenario, list[DraftRoute], dict[str, int]]:
    """Return a province of the city with its routes."""
    import shapely

    whole = city()
    shapes = [z.geometry for z in whole.zones] + [a.geometry for a in whole.airspace]
    west, _, east, _ = shapely.total_bounds(shapes)
    shifts_m = [(k - (tiles - 1) / 2) * (east - west + GAP_M) for k in range(tiles)]
    return (
        province(whole, tiles),
        [in_tile(d, k, shifts_m[k]) for k in range(tiles) for d in drafts],
        {f"{name}-{k:02d}": p for k in range(tiles) for name, p in hints.items()},
    )


def as_plan(scenario: Scenario, table: Timetable) -> Plan:
    """Return a timetable as a plan that can be checked."""
    seen = {zone for r in table.routes for stop in r.stops for zone in stop.zones}
    horizon = scenario.horizon
    plan = Plan(
        horizon={"start": horizon.start, "seconds": horizon.length_s},
        stations=tuple({"id": s.id, "drones": s.drones} for s in scenario.stations),
        drone_models=tuple(asdict(m) for m in scenario.drone_models),
        routes=table.routes,
        roster=table.roster,
        unserved=tuple(
            Unserved(zone=z.id, code="not_found", reason="Left out by the bench.")
            for z in scenario.zones
            if z.id not in seen
        ),
        provenance={"scenario_digest": scenario.digest},
    )
    return replace(plan, metrics=planner.compute_metrics(scenario, plan))


def run(routes: Path, tiles: int, runs: int) -> None:
    """Schedule, check and simulate one province; print what it took, as JSON."""
    from planner.checks import examine
    from planner.checks.case import case_of
    from planner.checks.separation import separation
    from planner.checks.verdict import Gauge
    from planner.flown.partings import compute_partings
    from planner.simulation import simulate
    from planner.timetable.making import make_timetable

    with routes.open("rb") as file:
        drafts, hints = pickle.load(file)  # our own, of a minute ago
    scenario, drafts, hints = tiled(drafts, hints, tiles)
    spent: dict[str, float] = {}
    before_mb = _largest_mb()

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        started = time.monotonic()
        result = work()
        spent[stage] = time.monotonic() - started
        return result

    table = timed("schedule", lambda: make_timetable(scenario, drafts, hints=hints))
    scheduled_mb = _largest_mb()
    plan = as_plan(scenario, table)
    verdict = timed("check", lambda: examine(scenario, plan))
    case, gauge = case_of(scenario, plan), Gauge("separation")
    timed("separation", lambda: separation(case, gauge))
    found = timed("partings", lambda: compute_partings(scenario, plan))
    checked_mb = _largest_mb()
    timed("simulate", lambda: simulate(scenario, plan, runs=runs))
    print(
        json.dumps(
            {
                "drones": sum(s.drones for s in scenario.stations),
                "routes": len(plan.routes),
                "sorties": len(plan.roster),
                "violations": len(verdict.violations),
                "needed": found["layers_needed"],
                "pairs": len(found["pairs"]),
                "spent": spent,
                "memory_mb": [before_mb, scheduled_mb, checked_mb, _largest_mb()],
            }
        )
    )


def _largest_mb() -> float:
    """Return the most that this process held; usage of resources counts its parent."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return sum(int(x.split()[1]) for x in lines if x.startswith("VmHWM:")) / 1024


def main() -> None:
    """Print a line a size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--tiles", type=int, nargs="+", default=[1, 3, 10])
    parser.add_argument("--runs", type=int, default=100, help="simulated days")
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        run(asked.alone, asked.tiles[0], asked.runs)
        return
    versions = ", ".join(f"{n} {version(n)}" for n in ("ortools", "shapely", "numpy"))
    cores = len(os.sched_getaffinity(0))
    print(
        f"{platform.machine()}, {cores} cores (load {os.getloadavg()[0]:.1f}), "
        f"Python {platform.python_version()}, {versions}"
    )
    print("drones  routes  sorties  bad  layers  pairs  ", end="")
    print("".join(f"{stage:>12}" for stage in STAGES), "   MB: start scheduled", end="")
    print(f" checked simulated ({asked.runs} days)", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "routes"
        file.write_bytes(pickle.dumps(routes_of_the_city()))
        for tiles in asked.tiles:
            options = ["--alone", str(file), "--tiles", str(tiles)]
            options += ["--runs", str(asked.runs)]
            done = subprocess.run(
                [sys.executable, __file__, *options],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            told = json.loads(done.stdout)
            print(
                f"{told['drones']:6d}  {told['routes']:6d}  {told['sorties']:7d}  "
                f"{told['violations']:3d}  {told['needed']:6d}  {told['pairs']:5d}  "
                + "".join(f"{told['spent'][stage]:12.2f}" for stage in STAGES)
                + "   "
                + "".join(f"{mb:10.0f}" for mb in told["memory_mb"]),
                flush=True,
            )


if __name__ == "__main__":
    main()
