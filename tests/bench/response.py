"""
Tell how soon somebody is overhead by a plan, beside a bound and a simulation.

Run it from the project's folder: ``python tests/bench/response.py PLAN [--scenario
seeds/yancheng] [--incidents 10000] [--draws 24] [--places 1500]
[--shifts 24]``. The figures are those of `planner.response.figures`.
``tests/incidents.py`` looks at incidents at random places and moments one by one and
was written apart; what it finds is held against what the planner says of the same place
and moment. Then millions of random incidents are
timed as the planner does, and their figures stand beside those told, each with its
standard error. What nobody reaches is so rare that grid and minutes miss some of it: it
stands beside what other grids and minutes tell, whose spread is its standard error.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import resource
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import planner
import seeds
from planner.checks import examine
from planner.flown.tracks import over_horizon_of
from planner.planning.covering import covering
from planner.response import figures as figures_
from planner.response import places
from planner.response.figures import WITHIN_S, moments_of, response

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from incidents import drawn_figures, figures_of, most_off_s, simulate


def main() -> None:
    """Print the figures, the bound, and what a simulation gives instead."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("plan", type=Path)
    parser.add_argument("--scenario", type=Path, default=seeds.path("yancheng"))
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--draws", type=int, default=24)
    parser.add_argument("--places", type=int, default=1500)
    parser.add_argument("--shifts", type=int, default=24)
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
    incidents = simulate(scenario, plan, asked.incidents, asked.seed)
    spent_s = time.monotonic() - started
    print(
        f"{len(incidents)} incidents one by one in {spent_s:.0f} s: at most "
        f"{most_off_s(scenario, plan, incidents):.1e} s off what the planner says"
    )
    alone = figures_of(np.array([i.any_s for i in incidents]))
    for name, value in alone.items():
        told = found["all"][name]
        error = math.sqrt(value * (1 - value) / len(incidents)) if value < 1 else None
        print(
            f"  {name:13s} {told:9.4f}, of these {value:9.4f}: {told / value - 1:+.2%}"
            + (f" (standard error {error / value:.2%})" if error is not None else "")
        )
    started = time.monotonic()
    drawn = drawn_figures(scenario, plan, asked.draws, asked.places, 480, asked.seed)
    spent_s = time.monotonic() - started
    print(
        f"figures beside those of {asked.draws} draws of {asked.places} places at 480 "
        f"moments, in {spent_s:.0f} s; in brackets the standard error of the draws:"
    )
    names = {"anybody": "all", "ready alone": "ready"}
    for row, figures in rows.items():
        print(f"{row:12s}  {compared(figures, drawn[names.get(row, row)])}")
    started = time.monotonic()
    shifted = shifted_shares(scenario, plan, found, asked.shifts, asked.seed)
    print(
        f"nobody_share beside the mean of {asked.shifts} other grids and minutes, in "
        f"{time.monotonic() - started:.0f} s, in brackets the standard error of one; "
        "then that mean beside the draws, in brackets the standard error of both:"
    )
    for row, (mean, error) in shifted.items():
        share, drawn_error = drawn[names.get(row, row)]["nobody_share"]
        if mean and share:
            off_error = math.hypot(
                drawn_error / share, error / mean / asked.shifts**0.5
            )
            print(
                f"{row:12s}  {rows[row]['nobody_share']:8.4%} {mean:8.4%}: "
                f"{rows[row]['nobody_share'] / mean - 1:+.2%} ({error / mean:.2%})  "
                f"{mean / share - 1:+.2%} ({off_error:.2%})"
            )


def shifted_shares(
    scenario: planner.Scenario,
    plan: planner.Plan,
    found: dict[str, Any],
    count: int,
    seed: int,
) -> dict[str, tuple[float, float]]:
    """
    Return what nobody reaches by other grids and other moments of each minute.

    Cells are up to 8 % larger or smaller.

    Returns
    -------
    dict
        By row, the mean and the standard error of one.
    """
    dice, told = np.random.default_rng(seed), moments_of(scenario)
    step_s = scenario.horizon.length_s / len(told)
    shares: dict[str, list[float]] = defaultdict(list)
    for size in np.linspace(0.92, 1.08, count):
        within = (told / step_s + dice.random()) % 1.0
        moments = (np.floor(told / step_s) + within) * step_s
        with (
            patch.object(figures_, "moments_of", lambda _, m=moments: m),
            patch.object(places, "SPACING_M", size * found["spacing_m"]),
        ):
            other = response(scenario, plan)
        rows = {"anybody": other["all"], "ready alone": other["ready"]}
        for row, figures in (rows | other["periods"] | other["districts"]).items():
            shares[row].append(figures["nobody_share"])
    return {
        row: (float(np.mean(v)), float(np.std(v, ddof=1))) for row, v in shares.items()
    }


def compared(
    told: dict[str, float | None], drawn: dict[str, tuple[float, float]]
) -> str:
    """Return how far figures are from those drawn."""
    return "  ".join(
        f"{name.removesuffix('_s')} {value / drawn[name][0] - 1:+.2%} "
        f"({drawn[name][1] / drawn[name][0]:.2%})"
        for name, value in told.items()
        if value is not None and name in drawn and drawn[name][0] > 0
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
