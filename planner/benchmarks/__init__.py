"""
Read public routing benchmarks and patrolling graphs: one file a format.

A name is looked for as a file, and without its ending in the folders given.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from planner.benchmarks.benchmark import Benchmark, refused

READERS = {".txt": "cordeau", ".vrp": "vrplib"}
"""Module that reads a problem, by the ending of its file's name."""

GRAPH = ".graph"
"""Ending of the files of patrolling graphs, see `planner.benchmarks.patrolling`."""


def read_benchmark(path: Path) -> Benchmark:
    """
    Return the benchmark in a file.

    Raises
    ------
    InputError
        If it cannot be read, or says what this planner has no word for.
    """
    if path.suffix not in READERS:
        raise refused(path, f"ends in none of {', '.join(READERS)}")
    found: Benchmark = import_module(f"planner.benchmarks.{READERS[path.suffix]}").read(
        path
    )
    return found


def find_benchmarks(names: Iterable[str], folder: Path) -> list[Path]:
    """
    Return the files of problems and graphs; all in the folder if there are no names.

    Parameters
    ----------
    names
        Paths, or names of files below the folder without their ending.

    Raises
    ------
    InputError
        If there is no such benchmark.
    """
    known = {
        path.stem: path
        for path in sorted(folder.rglob("*"))
        if path.suffix in {*READERS, GRAPH} and path.name[0] != "."
    }
    asked = list(names)
    if not asked:
        return list(known.values())
    missing = [n for n in asked if n not in known and not Path(n).is_file()]
    if missing:
        raise refused(Path(missing[0]), f"is no file, and not below {folder}")
    return [Path(n) if Path(n).is_file() else known[n] for n in asked]
