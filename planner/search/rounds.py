"""
Search for routes, part by part, until the budget ends.

First every part of the city is routed quickly, so that there is always a plan.
Then rounds of small jobs run in child processes: each takes a few neighbouring
stations and their targets and routes them again, with one drone less at one of
them; what serves as much with fewer drones, on a real timetable, is kept. The
routes of all rounds, and good ones that were seen on the way, meet again in the
recombination: the best set as it is, and one for a drone less, to search on from.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from planner.airspace.freespace import FreeSpace
from planner.budget import Budget
from planner.engines import BEATING
from planner.engines.alternate import fill_in_turn
from planner.engines.assess import (
    Assessed,
    Assessor,
    served_targets,
)
from planner.engines.beats import load
from planner.engines.piece import Effort
from planner.engines.waves import MOST_EFFORTS
from planner.problem import ChartedProblem, Column, Problem
from planner.runners import Runner
from planner.runners.task import Task, digest
from planner.runners.wire import problem_to_bytes
from planner.runners.work import (
    Noted,
    generating,
    noted,
    perform,
    recombining,
    relieving,
    routes,
    routing,
    routing_in_waves,
    seen,
)
from planner.search.pieces import Job, Part, hope_of, job_at

_JOBS_A_ROUND = 4
_SHORTEST_JOB_S = 0.3
_LONGEST_JOB_S = 8.0
_SECONDS_A_TARGET = 0.035
_SOLUTIONS = 200
_POOL = 6000
_STEPS = (
    *("whole", "generation", "recombination", "pieces"),
    *("recombination", "whole", "generation", "recombination"),
)
"""What the rounds do in turn."""

_ROUND_SHARE = {"whole": 0.4, "generation": 0.3, "recombination": 0.5}
_SHORT_ROUND_S = 10.0
_ENDING_S = 0.7
_WHOLE_S = 0.04
"""Seconds a target in which a part is searched whole, at most."""

_IDLE_ROUNDS = 12
_LARGE_PART = 400
"""Targets from which on a part is searched whole from two seeds at once."""

_SELECTION_S_A_TARGET = 0.004
_COPY_SEEDS = 1000
_TRIES_A_STATION = 6
_MORE_ROOM = 0.05
_MOST_ROOM = 0.3
"""Shares of a station's drones left free: more each time its clock finds no way."""


@dataclass(frozen=True, slots=True)
class Routed:
    """The routes of a part, and what draws them."""

    problem: ChartedProblem
    assessor: Assessor
    best: Assessed


class Search:
    """
    The best routes so far of every part, made better round by round.

    Parameters
    ----------
    problems
        One a part.
    budget
        Its seconds start to count now.
    stop
        Polled; says that the search should end at once.
    runner
        Does what takes long.
    on_best
        Called with the index of a part and the name of an engine that has just
        found better routes for it.
    """

    def __init__(
        self,
        problems: Sequence[ChartedProblem],
        space: FreeSpace,
        budget: Budget,
        stop: Callable[[], bool],
        runner: Runner,
        on_best: Callable[[int, str], None] = lambda part, engine: None,
    ) -> None:
        self._budget, self._stop, self._on_best = budget, stop, on_best
        self._runner = runner
        if budget.engine in BEATING:
            load()  # once, and not again in every child
        self._started = time.monotonic()
        self.round = self._idle = 0
        self.step = "first"
        self._steps = budget.steps or _STEPS
        self.noted: list[tuple[int, Noted]] = []
        """What engines found on their way since this was last cleared, by part."""
        self._parts: list[Part] = []
        data = [problem_to_bytes(problem) for problem in problems]
        names = [digest(each) for each in data]
        self._problems = dict(zip(names, data, strict=True))
        for problem, name, columns in zip(
            problems, names, self._first_routes(names), strict=True
        ):
            assessor = Assessor(problem, space)
            first = _assess(problem, assessor, columns)
            self._parts.append(Part(problem, name, assessor, first))
            self._parts[-1].pool.update(dict.fromkeys(columns))

    def _first_routes(self, names: Sequence[str]) -> list[list[Column]]:
        """Return routes for every part, whatever they take."""
        effort = Effort(seconds=0, solutions=0, seed=1)
        tasks = [routing_in_waves(name, "greedy", effort) for name in names]
        found = self._runner.run(tasks, self._problems, stop=self._stop)
        # What no worker came to is done here, quickly: there is always a plan.
        return [
            routes(result or perform(task, self._problems[task.problem]))
            for task, result in zip(tasks, found, strict=True)
        ]

    @property
    def routed(self) -> list[Routed]:
        """The best routes of each part."""
        return [Routed(p.problem, p.assessor, p.best) for p in self._parts]

    def _left_s(self) -> float:
        if self._budget.iterations is not None:
            return float("inf")
        assert self._budget.seconds is not None
        return self._started + self._budget.seconds - time.monotonic()

    def _effort(self, targets: int, offset: int) -> Effort:
        """Return how long to search a piece."""
        seed = self._budget.seed - 1 + self.round + offset
        if self._budget.iterations is not None:
            return Effort(seconds=None, solutions=_SOLUTIONS, seed=seed)
        wanted = min(max(_SECONDS_A_TARGET * targets, _SHORTEST_JOB_S), _LONGEST_JOB_S)
        return Effort(
            seconds=max(0.2, min(wanted, self._left_s() - 0.5)),
            solutions=0,
            seed=seed,
        )

    def _whole_effort(self, k: int, copy: int = 0) -> Effort:
        """Return how long to search a whole part, so that all take one round."""
        seed = self._budget.seed - 1 + self.round + k + _COPY_SEEDS * copy
        if self._budget.iterations is not None:
            return Effort(seconds=None, solutions=_SOLUTIONS, seed=seed)
        sizes = [len(part.problem.targets) for part in self._parts]
        total = sum(sizes[i] for i, _ in self._copies())
        share = min(1.0, self._budget.processes * sizes[k] / total)
        left_s = max(0.0, self._left_s() - _ENDING_S)
        round_s = left_s
        if left_s >= _SHORT_ROUND_S:
            round_s *= _ROUND_SHARE[self.step]
        # Where zones stay broken, a part takes several times as long.
        most_s = left_s / (MOST_EFFORTS if self._parts[k].best.unserved else 1.1)
        return Effort(
            seconds=max(0.2, min(round_s * share, most_s, _WHOLE_S * sizes[k])),
            solutions=0,
            seed=seed,
        )

    def _copies(self) -> list[tuple[int, int]]:
        """Return each part with the number of a search, largest first."""
        sizes = [len(part.problem.targets) for part in self._parts]
        order = sorted(range(len(sizes)), key=lambda k: (-sizes[k], k))
        return [(k, i) for k in order for i in range(1 + (sizes[k] >= _LARGE_PART))]

    def _run(self, tasks: Sequence[Task]) -> list[bytes | None]:
        """Return the result of each task, None where it was not reached."""
        deadline = None
        if self._budget.iterations is None:
            deadline = time.monotonic() + max(0.0, self._left_s())
        return self._runner.run(
            tasks, self._problems, deadline=deadline, stop=self._stop
        )

    @property
    def spent(self) -> float:
        """Share of the budget that is spent."""
        if self._budget.iterations is not None:
            return self.round / max(self._budget.iterations, 1)
        return 1 - self._left_s() / max(self._budget.seconds or 0.0, 1e-9)

    def goes_on(self) -> bool:
        """Whether the budget leaves time for another round."""
        if self._stop() or not self._parts or self._budget.engine == "greedy":
            return False
        if self._budget.iterations is not None:
            return self.round < self._budget.iterations
        return self._left_s() > _SHORTEST_JOB_S and not self._exhausted()

    def _exhausted(self) -> bool:
        """Whether every station was tried often enough since anything got better."""
        return self._idle >= _IDLE_ROUNDS or (
            self.round >= len(self._steps) and self._tried_all()
        )

    def _tried_all(self) -> bool:
        return all(
            part.tried.get(s, 0) >= _TRIES_A_STATION
            for part in self._parts
            for s in range(len(part.problem.stations))
        )

    def improve(self) -> bool:
        """Run one round; return whether anything got better."""
        before = [part.best.score for part in self._parts]
        self.step = self._steps[self.round % len(self._steps)]
        if self.step == "whole":
            self._route_whole()
        elif self.step == "generation":
            self._generate()
        elif self.step == "recombination":
            self._recombine()
        else:
            self._route_pieces()
        self.round += 1
        better = before != [part.best.score for part in self._parts]
        self._idle = 0 if better else self._idle + 1
        return better

    def _route_whole(self) -> None:
        """Route every part whole, largest first, with chances that differ."""
        order = self._copies()
        engine = self._budget.engine
        tasks = [
            routing_in_waves(self._parts[k].name, engine, self._whole_effort(k, i))
            for k, i in order
        ]
        for (k, _), result in zip(order, self._run(tasks), strict=True):
            self._consider(k, (), result, engine)

    def _route_pieces(self) -> None:
        """Route the pieces again that promise most."""
        jobs = self._jobs()
        tasks = [
            routing(
                self._parts[job.part].name,
                self._budget.engine,
                job.piece,
                self._effort(len(job.piece.targets), i),
            )
            for i, job in enumerate(jobs)
        ]
        for job, result in zip(jobs, self._run(tasks), strict=True):
            self._consider(job.part, job.kept, result, self._budget.engine)

    def _generate(self) -> None:
        """Look for routes that would pay where a drone less is looked for."""
        order = [(k, i) for k, i in self._copies() if self._relieves(self._parts[k])]
        tasks = [
            generating(
                self._parts[k].name,
                list(self._parts[k].pool),
                self._whole_effort(k, i),
            )
            for k, i in order
        ]
        for (k, _), result in zip(order, self._run(tasks), strict=True):
            if result is not None:
                self._gather(self._parts[k], routes(result))

    def _recombine(self) -> None:
        """Pick again among all routes seen: as they are, and for fewer drones."""
        tasks, parts = [], []
        for k, i in self._copies():
            part, effort = self._parts[k], self._whole_effort(k, i)
            if self._relieves(part):
                most = part.best.drones - 1
                tasks.append(relieving(part.name, list(part.pool), most, effort))
                parts.append(k)
            if i == 0:
                if effort.seconds is not None:
                    most_s = _SELECTION_S_A_TARGET * len(part.problem.targets)
                    effort = replace(effort, seconds=min(effort.seconds, most_s))
                pool, current = list(part.pool), part.best.columns
                tasks.append(recombining(part.name, pool, current, effort))
                parts.append(k)
        for k, result in zip(parts, self._run(tasks), strict=True):
            self._consider(k, (), result, "recombine")

    def _relieves(self, part: Part) -> bool:
        """Whether fewer drones are what is looked for next, and beats may do it."""
        return (
            self._budget.engine in BEATING
            and part.problem.objective.relieves
            and not part.best.unserved
            and part.best.drones > 1
        )

    def _gather(self, part: Part, columns: Sequence[Column]) -> None:
        """Keep routes for the recombination, in the place of the oldest."""
        part.pool.update(dict.fromkeys(columns))
        while len(part.pool) > _POOL:
            del part.pool[next(iter(part.pool))]

    def _consider(
        self, k: int, kept: Sequence[Column], result: bytes | None, engine: str
    ) -> None:
        """Take in what a task came to, beside routes that it left as they are."""
        if result is None:
            return
        part, columns = self._parts[k], routes(result)
        self.noted += [(k, best) for best in noted(result)]
        self._gather(part, [*seen(result), *columns])
        found = _assess(part.problem, part.assessor, [*kept, *columns])
        for s in found.strained:
            part.room[s] = min(part.room.get(s, 0.0) + _MORE_ROOM, _MOST_ROOM)
        if found.score < part.best.score:
            if found.score[:2] < part.best.score[:2]:
                part.tried.clear()
            part.best = found
            self._on_best(k, engine)

    def _jobs(self) -> list[Job]:
        """Return this round's jobs: first what is unserved, then what may relieve."""
        options: list[tuple[float, int, int]] = []
        for k, part in enumerate(self._parts):
            for station in range(len(part.problem.stations)):
                hope = hope_of(part, station) + 0.6 * part.tried.get(station, 0)
                options.append((hope, k, station))
        jobs: list[Job] = []
        taken: set[tuple[int, int]] = set()
        for _, k, station in sorted(options):
            if len(jobs) == _JOBS_A_ROUND:
                break
            job = job_at(k, self._parts[k], station)
            if job is None or taken & {(k, s) for s in job.piece.stations}:
                continue
            taken |= {(k, s) for s in job.piece.stations}
            tried = self._parts[k].tried
            tried[station] = tried.get(station, 0) + 1
            jobs.append(job)
        return jobs


def _assess(
    problem: Problem, assessor: Assessor, columns: Sequence[Column]
) -> Assessed:
    """Return what routes take; what they leave out is filled in turn where it fits."""
    found = assessor.assess(columns)
    if not found.unserved:
        return found
    everything = set(range(len(problem.targets)))
    missing = sorted(everything - served_targets(problem, found.columns))
    filled = assessor.assess(fill_in_turn(problem, found.columns, missing))
    return min(found, filled, key=lambda each: each.score)
