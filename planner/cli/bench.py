"""Compare solvers on public routing problems and patrolling graphs, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from planner.cli.run_record import peak_memory_mb
from planner.cli.terminal import Terminal
from planner.cli.verb import json_option, verb
from planner.errors import EXIT_OK

if TYPE_CHECKING:
    from planner.bench.patrols import PatrolRun
    from planner.bench.routing import Run
    from planner.benchmarks.benchmark import Benchmark

_SCATTERED = "scattered"
"""Names a problem made at random: ``scattered-STOPS-DEPOTS-VEHICLES-SEED``."""


@verb("bench")
@click.argument("instances", nargs=-1, metavar="[INSTANCE]...")
@click.option("--seconds", type=click.FloatRange(min=0.5), default=60.0)
@click.option("--seeds", default="1,2,3", callback=lambda _c, _p, v: _numbers(v))
@click.option("--solvers", default="ours,pyvrp")
@click.option("--agents", default="2,4,6,8", callback=lambda _c, _p, v: _numbers(v))
@click.option("--workers", type=click.IntRange(min=1), default=2)
@click.option("--folder", type=click.Path(path_type=Path), default=Path("tests/data"))
@json_option
@click.pass_obj
def command(
    terminal: Terminal,
    instances: Sequence[str],
    seconds: float,
    seeds: Sequence[int],
    solvers: str,
    agents: Sequence[int],
    workers: int,
    folder: Path,
    as_json: bool,
) -> int:
    """Compare solvers on routing problems, and ways to patrol a graph, side by side."""
    from planner.bench.patrols import run_patrols
    from planner.bench.routing import check_solvers, compare, setting
    from planner.benchmarks import GRAPH, find_benchmarks, read_benchmark
    from planner.benchmarks.patrolling import read_graph
    from planner.benchmarks.scattered import scattered

    if min(agents) < 1:
        raise click.BadParameter(str(min(agents)))
    wanted = solvers.split(",")
    check_solvers(wanted)
    made = [name for name in instances if name.startswith(f"{_SCATTERED}-")]
    read = [name for name in instances if name not in made]
    files = find_benchmarks(read, folder) if read or not made else []
    stands_on = setting(seconds, seeds, workers)
    terminal.remark(_sentence(stands_on))
    runs: list[Run] = []
    bounds: dict[str, float] = {}
    loaders: list[Callable[[], Benchmark]] = [
        partial(read_benchmark, path) for path in files if path.suffix != GRAPH
    ]
    for name in made:
        sizes = _numbers(name.removeprefix(f"{_SCATTERED}-"), "-")
        if len(sizes) != 4 or not sizes[0] >= sizes[2] >= sizes[1] >= 1:
            raise click.BadParameter(name)
        loaders.append(partial(scattered, *sizes))
    for loader in loaders:
        benchmark = loader()
        found, bound = compare(
            benchmark,
            wanted,
            seconds=seconds,
            seeds=seeds,
            workers=workers,
            tell=lambda run: terminal.warn("bench.done", **_cells(run)),
        )
        runs += found
        if bound:
            bounds[benchmark.name] = bound
            terminal.line("bench.bound", instance=benchmark.name, bound=f"{bound:.2f}")
    patrols = [
        run_patrols(read_graph(path), agents=count, seed=seed)
        for path in files
        if path.suffix == GRAPH
        for count in agents
        for seed in seeds
    ]
    if runs:
        terminal.table(
            [f"bench.{name}" for name in _COLUMNS],
            [[_cells(run)[name] for name in _COLUMNS] for run in runs],
        )
    if patrols:
        terminal.table(
            [f"bench.{name}" for name in _PATROL_COLUMNS],
            [[_patrol_cells(run)[name] for name in _PATROL_COLUMNS] for run in patrols],
        )
    told = {
        "bounds": bounds,
        "runs": [asdict(run) for run in runs],
        "patrols": [asdict(run) for run in patrols],
        "peak_memory_mb": peak_memory_mb(),
    }
    terminal.json({"ok": True, **stands_on, **told})
    return EXIT_OK


_COLUMNS = (
    "instance",
    "solver",
    "seed",
    "gap",
    "certified",
    "cost",
    "wall",
    "overrun",
    "vehicles",
    "missed",
    "checked",
)


def _cells(run: Run) -> dict[str, str]:
    """Return a run as text, by column."""
    return {
        "instance": run.benchmark,
        "solver": run.solver,
        "seed": str(run.seed),
        "gap": _percent(run.gap_percent),
        "certified": _percent(run.certified_percent),
        "cost": run.note or "-" if run.cost is None else f"{run.cost:.2f}",
        "wall": f"{run.wall_s:.1f}",
        "overrun": f"{run.overrun_s:.1f}",
        "vehicles": str(run.vehicles),
        "missed": str(run.missed),
        "checked": run.faults[0] if run.faults else "ok",
    }


_PATROL_COLUMNS = (
    "instance",
    "agents",
    "seed",
    "bound_m",
    "shared_m",
    "partition_m",
    "best_m",
    "gap",
)


def _patrol_cells(run: PatrolRun) -> dict[str, str]:
    """Return the patrols of a graph as text, by column."""
    metres = ("bound_m", "shared_m", "partition_m", "best_m")
    return {
        "instance": run.graph,
        "agents": str(run.agents),
        "seed": str(run.seed),
        **{name: f"{getattr(run, name):.1f}" for name in metres},
        "gap": _percent(run.gap_percent),
    }


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _numbers(text: str, between: str = ",") -> list[int]:
    try:
        return [int(part) for part in text.split(between)]
    except ValueError as error:
        raise click.BadParameter(text) from error


def _sentence(stands_on: dict[str, Any]) -> str:
    versions = ", ".join(f"{n} {v}" for n, v in stands_on["versions"].items())
    return (
        f"{stands_on['machine']}, {stands_on['workers']} of {stands_on['cores']} cores "
        f"(load {stands_on['load']}), Python {stands_on['python']}, {versions}; "
        f"{stands_on['date']}; {stands_on['command']}"
    )
