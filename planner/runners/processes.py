"""Run tasks in child processes of this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from planner.engines.runner import run_tasks
from planner.runners.task import Task
from planner.runners.work import perform


@dataclass(frozen=True, slots=True)
class Processes:
    """Child processes of this one; they inherit problems, nothing is sent."""

    workers: int

    def run(
        self,
        tasks: Sequence[Task],
        problems: Mapping[str, bytes],
        *,
        deadline: float | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> list[bytes | None]:
        """Run tasks; see `planner.runners.Runner`."""
        return run_tasks(
            perform,
            [(task, problems[task.problem]) for task in tasks],
            workers=self.workers,
            deadline=deadline,
            stop=stop,
        )

    def close(self) -> None:
        """Do nothing: no process outlives its task."""
