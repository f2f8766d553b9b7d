"""Run solvers side by side on a routing benchmark, each on the same cores and time."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from importlib.metadata import version
from typing import Any

from planner.bench import hybrid, ortools_routing, vroom
from planner.bench.pool import Pool
from planner.benchmarks.benchmark import Benchmark
from planner.bounds.routing_bound import can_bound, cost_bound, load
from planner.engines import pyvrp
from planner.engines.runner import run_tasks
from planner.errors import InfeasibleError, MissingPartError
from planner.routing.model import Chain, judge

SOLVERS = ("ours", "pyvrp", "ortools", "ortools-tuned", "vroom")

_BOUND_UP_TO, _BOUND_S = 150, 10.0

_PATIENCE = 3.0
"""Others are killed after this many times the time they were given."""

_LIBRARIES = ("pyvrp", "ortools", "pyvroom", "highspy", "numba", "numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """
    What a solver made of a benchmark.

    Parameters
    ----------
    cost
        In units of the benchmark; None where nothing was found.
    gap_percent
        Above the best known cost; None where that is unknown, or stops are left out.
    overrun_s
        Wall time beyond what was given.
    missed
        Stops left out; all of them where nothing was found.
    faults
        Limits broken, found by recomputing the answer.
    note
        Why there is no answer, where a solver cannot say the problem.
    certified_percent
        Above the proven bound; None where there is none, or stops are left out.
    """

    benchmark: str
    solver: str
    seed: int
    seconds: float
    cost: float | None
    gap_percent: float | None
    wall_s: float
    overrun_s: float
    vehicles: int
    missed: int
    faults: tuple[str, ...]
    note: str = ""
    certified_percent: float | None = None


def check_solvers(names: Sequence[str]) -> None:
    """
    Pass if every solver is there, before any of them runs.

    Raises
    ------
    MissingPartError
        If one is not installed, or there is none of that name.
    """
    for name in names:
        if name not in SOLVERS:
            raise MissingPartError(
                f"no solver {name!r}; there are {', '.join(SOLVERS)}"
            )
    if "vroom" in names:
        vroom.library()


def compare(
    benchmark: Benchmark,
    solvers: Sequence[str],
    *,
    seconds: float,
    seeds: Sequence[int],
    workers: int,
    tell: Callable[[Run], object],
) -> tuple[list[Run], float | None]:
    """
    Return what solvers make of a benchmark, and what no answer costs less than.

    Parameters
    ----------
    tell
        Told each run as it ends.
    """
    seen = Pool(benchmark.routing)
    runs = []
    for solver in solvers:
        for seed in seeds:
            run = run_solver(
                benchmark,
                solver,
                seconds=seconds,
                seed=seed,
                workers=workers,
                seen=seen,
            )
            tell(run)
            runs.append(run)
    bound = bound_of(benchmark, seen, workers=workers)
    if bound:
        runs = [
            replace(run, certified_percent=100 * (run.cost / bound - 1))
            if run.cost is not None and not run.missed
            else run
            for run in runs
        ]
    return runs, bound


def run_solver(
    benchmark: Benchmark,
    solver: str,
    *,
    seconds: float,
    seed: int,
    workers: int,
    seen: Pool | None = None,
    recipe: hybrid.Recipe = hybrid.EVERYTHING,
) -> Run:
    """
    Return what a solver makes of a benchmark; its answer is recomputed here.

    PyVRP searches with as many seeds as there are workers, and the best of them
    counts. Compiling and loading are done before the time counts.

    Parameters
    ----------
    seen
        Where chains that a solver has seen are gathered.
    recipe
        Of ours.
    """
    routing, note = benchmark.routing, ""
    hybrid.load()
    started = time.monotonic()
    answers: list[list[Chain]] = []
    own: Iterable[Chain] = ()
    try:
        if solver == "ours":
            own = pool = Pool(routing)
            answers = [
                hybrid.solve(
                    routing,
                    seconds=seconds,
                    seed=seed,
                    workers=workers,
                    pool=pool,
                    recipe=recipe,
                )
            ]
        else:
            function, tasks = _others(benchmark, solver, seconds, seed, workers)
            deadline = started + _PATIENCE * seconds
            found = run_tasks(function, tasks, workers=workers, deadline=deadline)
            answers = [chains for chains in found if chains]
    except InfeasibleError as error:
        note = str(error)
    wall_s = time.monotonic() - started
    if seen is not None:
        seen.add([*own, *(chain for chains in answers for chain in chains)])
    judged = [(judge(routing, chains), chains) for chains in answers]
    judged.sort(key=lambda pair: (bool(pair[0].faults), pair[0].total))
    best, chains = judged[0] if judged else (judge(routing, []), [])
    cost = benchmark.cost(chains) if chains else None
    gap = None
    if cost is not None and benchmark.best_known and not best.missed:
        gap = 100 * (cost / benchmark.best_known - 1)
    return Run(
        benchmark=benchmark.name,
        solver=solver,
        seed=seed,
        seconds=seconds,
        cost=cost,
        gap_percent=gap,
        wall_s=wall_s,
        overrun_s=max(0.0, wall_s - seconds),
        vehicles=sum(1 for chain in chains if chain.stops),
        missed=len(best.missed),
        faults=best.faults,
        note=note,
    )


def bound_of(benchmark: Benchmark, seen: Pool, *, workers: int) -> float | None:
    """
    Return a cost that no answer which leaves out nothing is below; None if unknown.

    In units of the benchmark. Only problems of up to 150 stops are bounded, for ten
    seconds at most; most are done sooner.
    """
    loosened = benchmark.loosened()
    if loosened.stops > _BOUND_UP_TO or not can_bound(loosened):
        return None
    load()
    whole = cost_bound(loosened, seconds=_BOUND_S, known=seen, workers=workers)
    return benchmark.bound(whole)


def _others(
    benchmark: Benchmark, solver: str, seconds: float, seed: int, workers: int
) -> tuple[Callable[..., list[Chain]], Sequence[tuple[Any, ...]]]:
    """Return the function and the tasks that stand for another solver."""
    routing = benchmark.routing
    if solver == "pyvrp":
        searched = partial(pyvrp.solve, seconds=seconds, iterations=0)
        return partial(_seeded, searched), [
            (routing, seed * 100 + k) for k in range(workers)
        ]
    if solver == "vroom":
        vroom.check(routing)
        return partial(vroom.solve, seconds=seconds, workers=workers), [(routing,)]
    tuned = solver == "ortools-tuned"
    return partial(ortools_routing.solve, seconds=seconds, tuned=tuned), [(routing,)]


def _seeded(solve: Callable[..., list[Chain]], routing: Any, seed: int) -> list[Chain]:
    return solve(routing, seed=seed)


def setting(seconds: float, seeds: Sequence[int], workers: int) -> dict[str, Any]:
    """Return what a run stands on: machine, versions, budget, date and command."""
    versions = {}
    for name in _LIBRARIES:
        try:
            versions[name] = version(name)
        except ModuleNotFoundError:
            versions[name] = "not installed"
    return {
        "machine": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "versions": versions,
        "seconds": seconds,
        "seeds": list(seeds),
        "workers": workers,
        "date": date.today().isoformat(),
        "command": " ".join(["patrol", *sys.argv[1:]]),
    }
