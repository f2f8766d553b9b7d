"""
Time what people wait for at the command line, against what was promised.

Run it from the project's folder: ``python tests/bench/commands.py [PLAN]``. Without
a plan of the city, only the commands that need none are timed.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import planner
import seeds
from planner.checks import examine

RUNS = 5


def main() -> None:
    """Print a line a command: the least of several runs, and the limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("plan", type=Path, nargs="?")
    asked = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    print(
        f"{platform.machine()}, {cores} cores, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f}"
    )
    print("what                        wall s  processor s  promised s")
    tell("patrol --help", 0.2, command("--help"))
    tell("patrol validate yancheng", None, command("validate", seeds.path("yancheng")))
    if asked.plan:
        scenario = planner.read_scenario(seeds.path("yancheng"))
        plan = planner.read_plan(asked.plan)
        tell("check yancheng, in process", 5.0, lambda: examine(scenario, plan))
        words = ("check", seeds.path("yancheng"), asked.plan)
        tell("patrol check yancheng", None, command(*words))


def command(*words: object) -> Callable[[], object]:
    """Return a run of the command in a process of its own."""
    line = [sys.executable, "-m", "planner", *map(str, words)]
    return lambda: subprocess.run(line, check=True, capture_output=True)


def tell(what: str, promised_s: float | None, run: Callable[[], object]) -> None:
    """Time some runs and print the quickest."""
    spent = [timed(run) for _ in range(RUNS)]
    wall_s, used_s = (min(column) for column in zip(*spent, strict=True))
    promise = "" if promised_s is None else f"{promised_s:10.1f}"
    print(f"{what:26s}  {wall_s:6.2f}  {used_s:11.2f}  {promise}", flush=True)


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Return wall and processor time of a run, its child processes' included."""
    started_s, before_s = time.monotonic(), used_so_far_s()
    run()
    return time.monotonic() - started_s, used_so_far_s() - before_s


def used_so_far_s() -> float:
    """Return the processor time that this process and its children have used."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(
            resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
    )


if __name__ == "__main__":
    main()
