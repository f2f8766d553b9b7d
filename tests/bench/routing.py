"""
Compare our solver with PyVRP on public routing problems, run by run, and tabulate.

Run it from the project's folder: ``python tests/bench/routing.py ROWS.jsonl
[--seconds 20 60] [--seeds 1 2 3] [--solvers ours pyvrp] [--sets mdvrp ...]``. Each
run is the command ``patrol bench`` itself, in a process of its own, and a line of the
file as soon as it is there; a run that the file has already is not done again.
``--table`` runs nothing and prints the tables of ``docs/benchmarks.md`` from such
files. ``--graphs`` patrols the graphs instead, and needs no file.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from planner.benchmarks import read_benchmark

DATA = Path(__file__).resolve().parents[1] / "data"
SETS = ("mdvrp", "mdvrptw", "hfvrp", "large")
LARGE = "scattered-5000-37-120-1"
LEAST_STOPS = {"mdvrptw": 700}
"""Problems of a set with fewer stops are left alone."""

TIE_PERCENT = 0.005

Row = dict[str, Any]


def instances(which: str, folder: Path) -> list[str]:
    """Return the problems of a set: paths, or the name of one made at random."""
    if which == "large":
        return [LARGE]
    files = [p for p in (folder / which).iterdir() if p.suffix in (".txt", ".vrp")]
    least = LEAST_STOPS.get(which, 0)
    return [
        str(path)
        for path in sorted(files)
        if not least or read_benchmark(path).routing.stops >= least
    ]


def rows_of(files: Sequence[Path]) -> list[Row]:
    """Return the rows of files, those that are there."""
    return [
        json.loads(line)
        for file in files
        if file.is_file()
        for line in file.read_text(encoding="utf-8").splitlines()
    ]


def key(row: Row) -> tuple[Any, ...]:
    """Return what makes a run another one."""
    return row["benchmark"], row["solver"], row["seed"], row["seconds"]


def run(asked: argparse.Namespace) -> None:
    """Add the rows that are missing to the file."""
    (file,) = asked.files
    known = {key(row) for row in rows_of([file])}
    for seconds in asked.seconds:
        for seed in asked.seeds:
            for which in asked.sets:
                for instance in instances(which, asked.folder):
                    for solver in asked.solvers:
                        if (Path(instance).stem, solver, seed, seconds) in known:
                            continue
                        row = {"set": which, **told(instance, solver, seed, seconds)}
                        with file.open("a", encoding="utf-8") as rows:
                            rows.write(json.dumps(row) + "\n")
                        print(*key(row), row["gap_percent"], flush=True)


def told(instance: str, solver: str, seed: int, seconds: float) -> Row:
    """Return what the command says of a run, and what it stands on."""
    command = [sys.executable, "-m", "planner", "bench", instance, "--json"]
    command += ["--seconds", str(seconds), "--seeds", str(seed), "--solvers", solver]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    (row,) = told.pop("runs")
    names = ("machine", "cores", "load", "python", "versions", "date")
    return {**row, **{name: told[name] for name in names}}


def tables(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of all tables."""
    yield from _stands_on(rows)
    budgets = sorted({row["seconds"] for row in rows})
    for seconds in budgets:
        yield from _table(rows, ours_s=seconds, theirs_s=seconds)
    for seconds in budgets:
        if 3 * seconds in budgets:
            yield from _table(rows, ours_s=seconds, theirs_s=3 * seconds)


def _stands_on(rows: Sequence[Row]) -> Iterator[str]:
    first = rows[0]
    dates = sorted({row["date"] for row in rows})
    loads = sorted(row["load"] for row in rows)
    versions = ", ".join(f"{n} {v}" for n, v in first["versions"].items())
    yield (
        f"Measured {dates[0]} to {dates[-1]} on {first['machine']}, {first['cores']} "
        f"cores, Python {first['python']}, {versions}; the load when a run began was "
        f"{loads[0]} to {loads[-1]}. PyVRP is the best of two seeds, one a core."
    )


def _table(rows: Sequence[Row], *, ours_s: float, theirs_s: float) -> Iterator[str]:
    """Yield our gaps at one budget beside PyVRP's at another, and means by set."""
    ours = {
        (r["benchmark"], r["seed"]): r
        for r in rows
        if (r["solver"], r["seconds"]) == ("ours", ours_s)
    }
    theirs = {
        (r["benchmark"], r["seed"]): r
        for r in rows
        if (r["solver"], r["seconds"]) == ("pyvrp", theirs_s)
    }
    pairs = [(ours[k], theirs[k]) for k in ours if k in theirs]
    if not pairs:
        return
    yield ""
    yield f"## Ours in {ours_s:g} s, PyVRP in {theirs_s:g} s: gap to the best known, %"
    yield ""
    yield (
        "| problem | set | seeds | ours | PyVRP | ours / PyVRP | better, alike, worse "
        "| ours above its bound | over time, ours / PyVRP [s] |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for name in dict.fromkeys(a["benchmark"] for a, _ in pairs):
        mine = [(a, b) for a, b in pairs if a["benchmark"] == name]
        yield _line(name, mine, "{}")
    for which in dict.fromkeys(a["set"] for a, _ in pairs):
        mine = [(a, b) for a, b in pairs if a["set"] == which]
        count = len({a["benchmark"] for a, _ in mine})
        yield _line(f"mean of {count}", mine, "**{}**")


def _line(name: str, pairs: Sequence[tuple[Row, Row]], bold: str) -> str:
    """Return a row of a table: means over pairs of runs; "-" where one is not known."""
    ours = _mean(a["gap_percent"] for a, _ in pairs)
    theirs = _mean(b["gap_percent"] for _, b in pairs)
    known = ours is not None and theirs is not None and theirs > TIE_PERCENT
    ratio = ours / theirs if known else None
    ends = [_rank(a, b) for a, b in pairs]
    cells = [
        bold.format(name),
        pairs[0][0]["set"],
        str(len({a["seed"] for a, _ in pairs})),
        *(bold.format(_text(value)) for value in (ours, theirs, ratio)),
        ", ".join(str(ends.count(end)) for end in (-1, 0, 1)),
        _text(_mean(a["certified_percent"] for a, _ in pairs)),
        " / ".join(
            f"{max(pair[side]['overrun_s'] for pair in pairs):.1f}" for side in (0, 1)
        ),
    ]
    return f"| {' | '.join(cells)} |"


def _rank(ours: Row, theirs: Row) -> int:
    """Return -1 where ours is better, 1 where it is worse."""
    if ours["missed"] != theirs["missed"]:
        return -1 if ours["missed"] < theirs["missed"] else 1
    if ours["cost"] is None or theirs["cost"] is None:
        return 0
    difference = 100 * (ours["cost"] / theirs["cost"] - 1)
    return 0 if abs(difference) < TIE_PERCENT else (-1 if difference < 0 else 1)


def _mean(values: Any) -> float | None:
    found = list(values)
    return None if None in found else mean(found)


def _text(value: float | None) -> str:
    return "-" if value is None else f"{round(value, 2) + 0.0:.2f}"


def main() -> None:
    """Run what is missing, or print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--seconds", type=float, nargs="+", default=[20.0, 60.0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--solvers", nargs="+", default=["ours", "pyvrp"])
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS[:3])
    parser.add_argument("--folder", type=Path, default=DATA / "vrp")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--graphs", action="store_true")
    asked = parser.parse_args()
    if asked.graphs:
        seeds = ",".join(str(seed) for seed in asked.seeds)
        command = [sys.executable, "-m", "planner", "bench", "--seeds", seeds]
        command += ["--folder", str(DATA / "patrolling")]
        subprocess.run(command, check=True)
    elif not asked.files:
        parser.error("name a file for the rows")
    elif asked.table:
        print("\n".join(tables(rows_of(asked.files))))
    else:
        run(asked)


if __name__ == "__main__":
    main()
