"""The comparison of solvers says what it measured, and on what it stands."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from planner.cli import main
from planner.errors import EXIT_INPUT, EXIT_MISSING, EXIT_OK, EXIT_USAGE

FOLDER = str(Path(__file__).parent / "data")


def bench(*words: str) -> int:
    """Return the exit code of the command."""
    return main(["bench", *words, "--folder", FOLDER])


def test_runs_are_told_with_what_they_stand_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As JSON: each run with its gap, checked anew; versions, seeds and command."""
    words = ("p01", "--seconds", "1", "--seeds", "1", "--solvers", "ours,ortools")
    assert bench(*words, "--json") == EXIT_OK
    told = json.loads(capsys.readouterr().out)
    assert {"versions", "python", "machine", "seeds", "date", "command"} <= set(told)
    assert [run["solver"] for run in told["runs"]] == ["ours", "ortools"]
    for run in told["runs"]:
        assert run["faults"] == []
        assert run["missed"] == 0
        assert run["gap_percent"] >= -0.001
        assert run["certified_percent"] >= run["gap_percent"]
    assert 0.98 * 576.87 <= told["bounds"]["p01"] <= 576.87


def test_a_problem_made_at_random_has_no_gap(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nobody knows its best cost; the table says so."""
    words = ("scattered-30-2-4-1", "--seconds", "0.5", "--seeds", "1")
    assert bench(*words, "--solvers", "ours") == EXIT_OK
    row = capsys.readouterr().out.splitlines()[-2].split()
    assert row[:4] == ["scattered-30-2-4-1", "ours", "1", "-"]


def test_a_graph_is_patrolled_in_each_way(capsys: pytest.CaptureFixture[str]) -> None:
    """One tour for all, one each and the best groups stand beside the bound."""
    words = ("grid", "--agents", "1,2", "--seeds", "1")
    assert bench(*words, "--json") == EXIT_OK
    told = json.loads(capsys.readouterr().out)
    assert told["runs"] == []
    assert [run["agents"] for run in told["patrols"]] == [1, 2]
    for run in told["patrols"]:
        assert run["bound_m"] <= run["best_m"] <= run["shared_m"] <= 148.2
        assert run["best_m"] <= run["partition_m"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("p99",), EXIT_INPUT),
        (("p01", "--solvers", "nobody"), EXIT_MISSING),
        (("p01", "--seeds", "x"), EXIT_USAGE),
        (("grid", "--agents", "0"), EXIT_USAGE),
        (("scattered-9",), EXIT_USAGE),
    ],
)
def test_what_is_asked_wrong_is_told(words: tuple[str, ...], code: int) -> None:
    """A name, a solver, a seed or a size that is not there ends with its code."""
    assert bench(*words) == code


def test_a_solver_that_is_not_installed_is_told_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything runs, with the extra to install."""
    monkeypatch.setitem(sys.modules, "vroom", None)
    assert bench("p01", "--solvers", "ours,vroom") == EXIT_MISSING
    assert "vroom" in capsys.readouterr().err
