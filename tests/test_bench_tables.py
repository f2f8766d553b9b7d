"""Long measurements go on where they ended, and their tables say what was measured."""

from __future__ import annotations

import json
from argparse import Namespace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from planner import Budget, problem
from planner.bench.hybrid import Recipe

BENCH = Path(__file__).parent / "bench"


def script(name: str) -> ModuleType:
    """Return a bench as a module."""
    spec = spec_from_file_location(f"bench_{name}", BENCH / f"{name}.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def row(
    instance: str, solver: str, seconds: float, gap: float | None
) -> dict[str, Any]:
    """Return what a run told."""
    return {
        "benchmark": Path(instance).stem,
        "solver": solver,
        "seed": 1,
        "seconds": seconds,
        "cost": 100 + (gap or 0.0),
        "gap_percent": gap,
        "certified_percent": 1.0 if solver == "ours" else None,
        "overrun_s": 0.1,
        "missed": 0 if gap is not None else 2,
        "machine": "m",
        "cores": 2,
        "load": 0.5,
        "python": "3",
        "versions": {"pyvrp": "1"},
        "date": "2026-01-01",
    }


def test_a_run_that_is_there_is_not_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every run is a line at once; a second start only adds what is missing."""
    bench = script("routing")
    done: list[tuple[str, str]] = []

    def told(instance: str, solver: str, seed: int, seconds: float) -> dict[str, Any]:
        done.append((Path(instance).stem, solver))
        if len(done) == 3:
            raise KeyboardInterrupt
        return row(instance, solver, seconds, 1.0)

    monkeypatch.setattr(bench, "told", told)
    asked = Namespace(
        files=[tmp_path / "rows.jsonl"],
        seconds=[1.0],
        seeds=[1],
        sets=["hfvrp"],
        solvers=["ours", "pyvrp"],
        folder=bench.DATA / "vrp",
    )
    with pytest.raises(KeyboardInterrupt):
        bench.run(asked)
    bench.run(asked)
    bench.run(asked)
    lines = asked.files[0].read_text().splitlines()
    assert len(lines) == len(done) - 1 == 8
    assert len({bench.key(json.loads(line)) for line in lines}) == 8


def test_tables_compare_at_the_same_and_at_a_third_of_the_time() -> None:
    """Means by set, ratios and wins; what left stops out has no gap and loses."""
    bench = script("routing")
    rows = [
        {"set": "s", **row(instance, solver, seconds, gap)}
        for seconds in (20.0, 60.0)
        for instance, solver, gap in (
            ("a", "ours", 1.0),
            ("a", "pyvrp", 2.0),
            ("b", "ours", 0.5),
            ("b", "pyvrp", 0.5),
            ("c", "ours", 2.0),
            ("c", "pyvrp", None),
        )
    ]
    lines = list(bench.tables(rows))
    heads = [line for line in lines if line.startswith("##")]
    assert [head.split(":")[0] for head in heads] == [
        "## Ours in 20 s, PyVRP in 20 s",
        "## Ours in 60 s, PyVRP in 60 s",
        "## Ours in 20 s, PyVRP in 60 s",
    ]
    assert "| a | s | 1 | 1.00 | 2.00 | 0.50 | 1, 0, 0 | 1.00 | 0.1 / 0.1 |" in lines
    assert "| b | s | 1 | 0.50 | 0.50 | 1.00 | 0, 1, 0 | 1.00 | 0.1 / 0.1 |" in lines
    assert lines.count(
        "| **mean of 3** | s | 1 | **1.17** | **-** | **-** | 2, 1, 0 | 1.00 "
        "| 0.1 / 0.1 |"
    ) == len(heads)


def test_every_switch_of_the_ablation_can_be_thrown() -> None:
    """Each names something that a budget or a recipe has; words choose among them."""
    bench = script("ablation")
    for changes in bench.PATROL.values():
        assert Budget(**{k: v for k, v in changes.items() if k != "by_hours"})
    with bench.all_hours_alike():
        assert problem.due_together([]) == [frozenset()]
    assert len(problem.due_together([((0.0, 1.0),)])) == 2
    for changes in bench.ROUTING.values():
        assert Recipe(**changes)
    assert list(bench.chosen(bench.ROUTING, "p11", ["p11: all"])) == ["all"]
    assert bench.chosen(bench.PATROL, "yancheng", ["p11"]) == {}
    rows = [
        {"instance": "i", "case": "all", "seed": s, "wall_s": 1.0, "missed": s}
        for s in (1, 2)
    ]
    assert list(bench.table(rows, ["missed"]))[1] == "i | all | 2 | 1.50 | 1.00"
