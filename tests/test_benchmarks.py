"""Public benchmarks are read exactly, with what their best known answers cost."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from planner.benchmarks import find_benchmarks, read_benchmark
from planner.benchmarks.patrolling import idleness_bound_m, read_graph
from planner.benchmarks.scattered import scattered
from planner.errors import InputError
from planner.routing.model import FOREVER, Chain, judge

DATA = Path(__file__).parent / "data"
VRP = sorted((DATA / "vrp").rglob("*.vrp"))


SETS = [path for kind in ("vrp", "patrolling") for path in (DATA / kind).iterdir()]


@pytest.mark.parametrize(
    "folder", [p for p in SETS if p.is_dir()], ids=lambda p: p.name
)
def test_every_set_comes_with_its_source_and_licence(folder: Path) -> None:
    """The table names source and licence of each set; the licence is there in full."""
    table = (folder.parent / "README.md").read_text().splitlines()
    (row,) = (
        line
        for line in table
        if line.startswith("|")
        and folder.name in re.findall(r"\w+", line.split("|")[1])
    )
    assert "github.com/" in row
    licence = re.findall("`(LICENSE[^`]*)`", row)
    text = (folder.parent / licence[0]).read_text()
    assert "Copyright (c)" in text
    assert "WITHOUT WARRANTY" in text or "DISCLAIMED" in text


def short(path: Path) -> str:
    """Return the name of a case."""
    return path.stem


@pytest.mark.parametrize("path", VRP, ids=short)
def test_vrplib_files_say_what_another_library_reads(path: Path) -> None:
    """Matrices, stops and the fleet are those that PyVRP reads, scaled exactly."""
    import pyvrp

    ours, theirs = read_benchmark(path).routing, pyvrp.read(path, round_func="exact")
    assert (ours.distance[0] == theirs.distance_matrix(0)).all()
    clients = theirs.clients()
    assert ours.service.tolist() == [c.service_duration for c in clients]
    assert ours.demand.tolist() == [c.delivery[0] for c in clients]
    assert ours.early.tolist() == [c.tw_early for c in clients]
    assert ours.late.tolist() == [min(c.tw_late, FOREVER) for c in clients]
    assert [
        (k.depot, k.count, k.fixed_cost, k.cost_per_distance, k.early)
        for k in ours.vehicles
    ] == [
        (t.start_depot, t.num_available, t.fixed_cost, t.unit_distance_cost, t.tw_early)
        for t in theirs.vehicle_types()
    ]
    assert [(k.capacity, k.longest, k.late) for k in ours.vehicles] == [
        tuple(min(x, FOREVER) for x in (t.capacity[0], t.shift_duration, t.tw_late))
        for t in theirs.vehicle_types()
    ]


@pytest.mark.parametrize("path", VRP, ids=short)
def test_best_known_answers_cost_what_their_file_says(path: Path) -> None:
    """The routes beside keep every limit; their cost is the file's, in its unit."""
    told = float(path.with_suffix(".sol").read_text().split("Cost")[1].strip(": \n"))
    best = read_benchmark(path).best_known
    assert best is not None
    unit = 1 if path.parent.name == "mdvrptw" else 100_000
    assert best == pytest.approx(told * unit, abs=unit * 0.01)


def test_cordeau_files_have_vehicles_at_each_depot() -> None:
    """Vehicles, limits and service are as the format's note says; 0 is no limit."""
    first = read_benchmark(DATA / "vrp/mdvrp/p01.txt")
    assert first.best_known == 576.87
    assert (first.routing.stops, first.routing.depots) == (50, 4)
    assert [(k.count, k.capacity, k.longest) for k in first.routing.vehicles] == [
        (4, 80, FOREVER)
    ] * 4
    fifth = read_benchmark(DATA / "vrp/mdvrp/pr05.txt").routing
    assert [(k.count, k.capacity, k.longest) for k in fifth.vehicles] == [
        (5, 180, 420_000)
    ] * 4
    assert fifth.service[:3].tolist() == [20_000, 20_000, 13_000]


def test_cordeau_costs_are_lengths_in_double_precision() -> None:
    """A chain costs the length of its legs, unrounded and without service."""
    case = read_benchmark(DATA / "vrp/mdvrp/p01.txt")
    points = case.routing.points
    expected = sum(
        float(np.hypot(*(points[a] - points[b]))) for a, b in ((0, 4), (4, 6), (6, 0))
    )
    assert case.cost([Chain(0, (0, 2))]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "2 4 50"),
        ("a.txt", "7 1 1 1\n0 10\n1 0 0 0 1\n2 1 1 0 0\n"),
        ("a.vrp", "NAME: a\nDIMENSION: 1\n"),
        ("a.vrp", "NAME: a\nBACKHAUL_SECTION\n1 2\nEOF\n"),
        ("a.vrp", ""),
        ("a.csv", "1"),
    ],
)
def test_what_is_no_benchmark_is_refused(name: str, text: str, tmp_path: Path) -> None:
    """A damaged file, another type of problem and an unknown section are told."""
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError):
        read_benchmark(path)


def test_benchmarks_are_found_by_name(tmp_path: Path) -> None:
    """A name below the folder, a path, or everything; a wrong name is told."""
    folder = DATA / "vrp"
    assert find_benchmarks(["p01"], folder) == [folder / "mdvrp/p01.txt"]
    assert len(find_benchmarks([], folder)) == 16
    with pytest.raises(InputError):
        find_benchmarks(["p99"], folder)


def test_problems_made_at_random_are_the_same_again() -> None:
    """The same sizes and seed give the same problem, with room for all demand."""
    case = scattered(60, 5, 9, 3).routing
    again = scattered(60, 5, 9, 3).routing
    assert case.vehicles == again.vehicles
    assert np.array_equal(case.points, again.points)
    assert np.array_equal(case.demand, again.demand)
    assert sum(kind.count for kind in case.vehicles) == 9
    room = sum(kind.count * kind.capacity for kind in case.vehicles)
    assert room >= 1.25 * int(case.demand.sum())
    assert judge(case, []).missed == tuple(range(60))


def test_bounds_of_patrolling_graphs_are_those_of_their_spanning_trees() -> None:
    """Golden values for two public graphs, in metres."""
    grid = read_graph(DATA / "patrolling/grid/grid.graph").gaps_m
    town = read_graph(DATA / "patrolling/cumberland/cumberland.graph").gaps_m
    assert idleness_bound_m(grid, 1) == pytest.approx(136.8, abs=0.05)
    assert [round(idleness_bound_m(grid, k), 1) for k in (2, 4, 6)] == [
        65.6,
        29.9,
        18.1,
    ]
    assert round(idleness_bound_m(town, 4), 1) == 43.3
    assert idleness_bound_m(grid, 25) == 0


def test_a_damaged_graph_is_refused(tmp_path: Path) -> None:
    """A graph in two parts, or one that ends too soon, is told."""
    path = tmp_path / "a.graph"
    for text in ("2 9 9 1 0 0  0 1 1 0  1 2 2 0", "3 9 9 1 0 0  0 1"):
        path.write_text(text)
        with pytest.raises(InputError):
            read_graph(path)
