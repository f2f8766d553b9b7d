"""
Measure what each part of the search brings, by leaving it out.

Run it from the project's folder: ``python tests/bench/ablation.py [--seconds 60]
[--seeds 1 2 3] [--only WORD ...]``. A case is left alone unless one of the words is
in its name. Each run is a line of JSON on standard output as soon as it is there;
the tables come last, on standard error. A new switch is a new line in `PATROL` or
in `ROUTING`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from statistics import mean
from typing import Any
from unittest.mock import patch

import planner
import seeds
from planner.bench.hybrid import Recipe
from planner.bench.routing import run_solver, setting
from planner.benchmarks import find_benchmarks, read_benchmark

DATA = Path(__file__).resolve().parents[1] / "data"

PATROL: Mapping[str, Mapping[str, Any]] = {
    "all": {},
    "without recombination": {"steps": ("whole", "pieces", "whole")},
    "without generation": {"steps": ("whole", "recombination", "pieces")},
    "without pieces": {"steps": ("whole", "generation", "recombination")},
    "one stop list for all hours": {"by_hours": False},
    "whole alone": {"steps": ("whole",)},
    "beats alone": {"engine": "beats"},
    "load, by OR-Tools": {"engine": "ortools"},
    "load, by PyVRP": {"engine": "pyvrp"},
    "load, by ruin and recreate": {"engine": "ruin"},
    "greedy": {"engine": "greedy"},
}
"""
What a `Budget` differs in: beats pick whole drones, the others drones on average.

Without ``by_hours`` a route flies all its stops whenever one of them is due; that is no
choice of the planner's, and taken away from it here.
"""

ROUTING: Mapping[str, Mapping[str, Any]] = {
    "all": {},
    "without decomposition": {"pieces": False},
    "without the pool": {"pool": False},
    "ruin and recreate alone": {"engines": ("ruin",)},
    "PyVRP alone": {"engines": ("pyvrp",)},
}
"""What a `Recipe` differs in."""

INSTANCES = ("PR20B", "p11", "X1001-FSMF")

PATROL_FIGURES = (
    "drones_peak",
    "drones_used",
    "zones_served",
    "flight_hours",
    "violations",
)
ROUTING_FIGURES = ("gap_percent", "overrun_s", "missed")

Row = dict[str, Any]


def patrol_runs(asked: argparse.Namespace) -> Iterator[Row]:
    """Yield the runs on the whole city."""
    cases = chosen(PATROL, "yancheng", asked.only)
    scenario = planner.read_scenario(seeds.path("yancheng")) if cases else None
    for case, changes in cases.items():
        for seed in asked.seeds:
            budget = planner.Budget(
                seconds=asked.seconds,
                seed=seed,
                workers=asked.workers,
                **{name: each for name, each in changes.items() if name != "by_hours"},
            )
            started = time.monotonic()
            with nullcontext() if changes.get("by_hours", True) else all_hours_alike():
                plan = planner.plan_routes(scenario, budget=budget)
            wall_s = time.monotonic() - started
            figures = dict(plan.metrics)
            figures["violations"] = len(planner.check(scenario, plan))
            yield {
                "instance": "yancheng",
                "case": case,
                "seed": seed,
                "wall_s": wall_s,
                **{name: figures[name] for name in PATROL_FIGURES},
            }


@contextmanager
def all_hours_alike() -> Iterator[None]:
    """Have every route fly one stop list, whatever is due; children are forked."""
    with (
        patch("planner.problem.due_together", lambda windows: [frozenset(windows)]),
        patch("planner.runners.work.take_along", None),
    ):
        yield


def routing_runs(asked: argparse.Namespace) -> Iterator[Row]:
    """Yield the runs on public problems."""
    for path in find_benchmarks(INSTANCES, DATA):
        for case, changes in chosen(ROUTING, path.stem, asked.only).items():
            benchmark = read_benchmark(path)
            for seed in asked.seeds:
                run = run_solver(
                    benchmark,
                    "ours",
                    seconds=asked.seconds,
                    seed=seed,
                    workers=asked.workers,
                    recipe=Recipe(**changes),
                )
                row = asdict(run)
                yield {
                    "instance": benchmark.name,
                    "case": case,
                    "seed": seed,
                    "wall_s": run.wall_s,
                    **{name: row[name] for name in ROUTING_FIGURES},
                }


def chosen(
    cases: Mapping[str, Mapping[str, Any]], instance: str, only: Sequence[str]
) -> dict[str, Mapping[str, Any]]:
    """Return the cases with a word asked for in ``instance: name``."""
    return {
        name: changes
        for name, changes in cases.items()
        if not only or any(word in f"{instance}: {name}" for word in only)
    }


def table(rows: Sequence[Row], figures: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a table: means over seeds, in the order of the runs."""
    yield " | ".join(["instance", "case", "runs", *figures, "wall_s"])
    for instance, case in dict.fromkeys((r["instance"], r["case"]) for r in rows):
        mine = [r for r in rows if (r["instance"], r["case"]) == (instance, case)]
        cells = [instance, case, str(len(mine))]
        for name in (*figures, "wall_s"):
            known = [r[name] for r in mine if r[name] is not None]
            cells.append(f"{mean(known):.2f}" if known else "-")
        yield " | ".join(cells)


def main() -> None:
    """Print a line a run, then the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", nargs="+", default=[])
    asked = parser.parse_args()
    stands_on = setting(asked.seconds, asked.seeds, asked.workers)
    stands_on["command"] = " ".join(["python", *sys.argv])
    print(json.dumps(stands_on), flush=True)
    for runs, figures in (
        (patrol_runs(asked), PATROL_FIGURES),
        (routing_runs(asked), ROUTING_FIGURES),
    ):
        rows = []
        for row in runs:
            print(json.dumps(row), flush=True)
            rows.append(row)
        if rows:
            print("\n".join(table(rows, figures)), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
