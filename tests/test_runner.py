"""Tasks run in children that may die, hang or be stopped; the parent carries on."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from planner.engines.runner import run_tasks

LONG_S = 600.0
SOON_S = 0.5


def squared(number: int) -> int:
    """Return the square of a number, small ones last."""
    time.sleep(0.02 * (5 - number))
    return number**2


def noted(path: Path, text: str) -> int:
    """Append a line to a file; return how many it has."""
    with path.open("a", encoding="utf-8") as file:
        file.write(text + "\n")
    return len(path.read_text(encoding="utf-8").splitlines())


def dies(path: Path, times: int) -> str:
    """Die as often as asked, then answer."""
    if noted(path, "run") <= times:
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def hangs(path: Path) -> None:
    """Note who runs, and never come back."""
    noted(path, str(os.getpid()))
    time.sleep(LONG_S)


def mixed(path: Path, number: int) -> int:
    """Answer at once but for the third, which hangs."""
    if number == 2:
        hangs(path)
    return number


def gone(path: Path) -> bool:
    """Return whether every process noted in a file has ended."""
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            os.kill(int(line), 0)
        except ProcessLookupError:
            continue
        return False
    return True


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_results_come_in_the_order_of_the_tasks(workers: int) -> None:
    """Whoever ends first, results stand where their tasks stood."""
    tasks = [(number,) for number in range(6)]
    assert run_tasks(squared, tasks, workers=workers) == [0, 1, 4, 9, 16, 25]
    assert run_tasks(squared, [], workers=workers) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_task_whose_child_was_killed_is_run_again(
    tmp_path: Path, workers: int
) -> None:
    """A child killed from outside costs nothing but time."""
    tasks = [(tmp_path / name, times) for name, times in (("a", 0), ("b", 1), ("c", 0))]
    assert run_tasks(dies, tasks, workers=workers) == ["alive"] * 3
    assert len((tmp_path / "b").read_text().splitlines()) == 2


def test_a_task_that_kills_every_child_is_given_up(tmp_path: Path) -> None:
    """After the second death a task has no result, and the others have theirs."""
    tasks = [(tmp_path / "a", 9), (tmp_path / "b", 0)]
    assert run_tasks(dies, tasks, workers=2) == [None, "alive"]
    assert len((tmp_path / "a").read_text().splitlines()) == 2


def test_a_deadline_ends_what_still_runs(tmp_path: Path) -> None:
    """At the deadline the children are killed; what was ready is kept."""
    path = tmp_path / "pids"
    results = run_tasks(
        mixed,
        [(path, number) for number in range(4)],
        workers=2,
        deadline=time.monotonic() + SOON_S,
    )
    assert results == [0, 1, None, 3]
    assert gone(path)
    assert not multiprocessing.active_children()


def test_a_deadline_that_has_passed_starts_nothing(tmp_path: Path) -> None:
    """Without time left no child is started."""
    path = tmp_path / "pids"
    passed = time.monotonic() - 1
    assert run_tasks(hangs, [(path,)], workers=2, deadline=passed) == [None]
    assert not path.exists()


def test_a_stop_ends_what_still_runs(tmp_path: Path) -> None:
    """When told to stop the children are killed; what was ready is kept."""
    path = tmp_path / "pids"
    results = run_tasks(
        mixed,
        [(path, number) for number in range(3)],
        workers=3,
        stop=path.exists,
    )
    assert results[2] is None
    assert set(results) <= {0, 1, None}
    assert not multiprocessing.active_children()
    assert run_tasks(squared, [(1,)], workers=1, stop=lambda: True) == [None]


def test_an_error_of_the_parent_leaves_no_child(tmp_path: Path) -> None:
    """If the caller is interrupted its children are killed first."""
    path = tmp_path / "pids"

    def interrupt() -> bool:
        if path.exists():
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        run_tasks(hangs, [(path,)], workers=1, stop=interrupt)
    assert gone(path)


def test_signals_of_the_terminal_do_not_reach_the_children(tmp_path: Path) -> None:
    """Ctrl-C in a terminal goes to all its processes; only the parent decides."""
    assert run_tasks(interrupted, [(1,), (2,)], workers=2) == [1, 2]


def interrupted(number: int) -> int:
    """Send oneself what a terminal and a service manager send."""
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    return number


def _broken(number: int) -> int:
    return 1 // number


def test_what_a_task_raises_is_raised() -> None:
    """A task that raises is no lost result: what it raised is told."""
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        run_tasks(_broken, [(1,), (0,)], workers=2)
