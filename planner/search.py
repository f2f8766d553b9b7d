"""
Search for routes, part by part, until the budget ends.

First every part of the city is routed quickly, so that there is always a plan.
Then rounds of small jobs run in child processes: each takes a few neighbouring
stations and their targets and routes them again, with one drone less at one of
them; what serves as much with fewer drones, on a real timetable, is kept. The
routes of all rounds meet again in the recombination.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from planner.budget import Budget
from planner.engines import Effort, Piece, engine
from planner.engines.alternate import fill_in_turn
from planner.engines.assess import (
    Assessed,
    Assessor,
    active,
    free_drones,
    served_targets,
)
from planner.engines.recombine import recombine
from planner.engines.runner import run_tasks
from planner.freespace import FreeSpace
from planner.problem import Column, Problem

_JOBS_A_ROUND = 4
_PIECE_TARGETS = 170
_SHORTEST_JOB_S = 1.0
_LONGEST_JOB_S = 8.0
_SECONDS_A_TARGET = 0.035
_SOLUTIONS_A_TARGET = 6
_POOL = 3000
_RECOMBINE_EVERY = 4
_RECOMBINE_DETERMINISTIC_S = 2.0


@dataclass(slots=True)
class _Part:
    """What is known of one part while the search goes on."""

    problem: Problem
    assessor: Assessor
    best: Assessed
    pool: dict[Column, None] = field(default_factory=dict)
    tried: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Job:
    """A piece of a part to route again, named by the station to relieve."""

    part: int
    station: int
    piece: Piece
    kept: tuple[Column, ...]


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
    """

    def __init__(
        self,
        problems: Sequence[Problem],
        space: FreeSpace,
        budget: Budget,
        stop: Callable[[], bool],
    ) -> None:
        self._budget, self._stop = budget, stop
        self._started = time.monotonic()
        self._route = engine(budget.engine)
        greedy = engine("greedy")
        self.round = 0
        self._parts: list[_Part] = []
        for problem in problems:
            assessor = Assessor(problem, space)
            columns = _in_waves(problem, greedy, Effort(seconds=0, solutions=0, seed=1))
            self._parts.append(_Part(problem, assessor, assessor.assess(columns)))
            self._parts[-1].pool.update(dict.fromkeys(columns))

    @property
    def best(self) -> list[Assessed]:
        """The best routes of each part."""
        return [part.best for part in self._parts]

    @property
    def assessors(self) -> list[Assessor]:
        """What draws the routes of each part."""
        return [part.assessor for part in self._parts]

    def _left_s(self) -> float:
        if self._budget.iterations is not None:
            return float("inf")
        assert self._budget.seconds is not None
        return self._started + self._budget.seconds - time.monotonic()

    def _effort(self, targets: int, offset: int, *, share: float = 1.0) -> Effort:
        seed = self._budget.seed + 1000 * self.round + offset
        if self._budget.iterations is not None:
            solutions = max(200, _SOLUTIONS_A_TARGET * targets)
            return Effort(seconds=None, solutions=solutions, seed=seed)
        wanted = min(max(_SECONDS_A_TARGET * targets, _SHORTEST_JOB_S), _LONGEST_JOB_S)
        return Effort(
            seconds=max(0.2, min(wanted * share, self._left_s() - 0.5)),
            solutions=0,
            seed=seed,
        )

    def _run(
        self, function: Callable[..., list[Column]], tasks: list[tuple[object, ...]]
    ) -> list[list[Column] | None]:
        deadline = None
        if self._budget.iterations is None:
            deadline = time.monotonic() + max(0.0, self._left_s())
        return run_tasks(
            function,
            tasks,
            workers=self._budget.processes,
            deadline=deadline,
            stop=self._stop,
        )

    def goes_on(self) -> bool:
        """Whether the budget leaves time for another round."""
        if self._stop() or not self._parts or self._budget.engine == "greedy":
            return False
        if self._budget.iterations is not None:
            return self.round < self._budget.iterations
        return self._left_s() > _SHORTEST_JOB_S

    def improve(self) -> bool:
        """Run one round; return whether anything got better."""
        before = [part.best.score for part in self._parts]
        if self.round == 0:
            self._route_whole()
        elif self.round % _RECOMBINE_EVERY == 0:
            self._recombine()
        else:
            self._route_pieces()
        self.round += 1
        return before != [part.best.score for part in self._parts]

    def _route_whole(self) -> None:
        """Route every part whole, largest first."""
        order = sorted(
            range(len(self._parts)),
            key=lambda k: (-len(self._parts[k].problem.targets), k),
        )
        tasks: list[tuple[object, ...]] = [
            (
                self._parts[k].problem,
                self._route,
                self._effort(
                    len(self._parts[k].problem.targets),
                    k,
                    share=2.0 if k == order[0] else 0.6,
                ),
            )
            for k in order
        ]
        for k, columns in zip(order, self._run(_in_waves, tasks), strict=True):
            if columns is not None:
                self._consider(k, columns, columns)

    def _route_pieces(self) -> None:
        """Route the pieces again that promise most."""
        jobs = self._jobs()
        tasks: list[tuple[object, ...]] = [
            (
                self._parts[job.part].problem,
                job.piece,
                self._effort(len(job.piece.targets), i),
            )
            for i, job in enumerate(jobs)
        ]
        for job, columns in zip(jobs, self._run(self._route, tasks), strict=True):
            if columns is not None:
                self._consider(job.part, [*job.kept, *columns], columns)

    def _recombine(self) -> None:
        """Pick again among all routes seen."""
        tasks: list[tuple[object, ...]] = [
            (
                part.problem,
                list(part.pool),
                part.best.columns,
                _RECOMBINE_DETERMINISTIC_S,
            )
            for part in self._parts
        ]
        for k, columns in enumerate(self._run(recombine, tasks)):
            if columns is not None:
                self._consider(k, columns, columns)

    def _consider(
        self, k: int, columns: Sequence[Column], seen: Sequence[Column]
    ) -> None:
        part = self._parts[k]
        part.pool.update(dict.fromkeys(seen))
        while len(part.pool) > _POOL:
            del part.pool[next(iter(part.pool))]
        found = part.assessor.assess(columns)
        if found.unserved:
            missing = sorted(
                set(range(len(part.problem.targets)))
                - served_targets(part.problem, found.columns)
            )
            filled = fill_in_turn(part.problem, found.columns, missing)
            found = min(
                found, part.assessor.assess(filled), key=lambda each: each.score
            )
        if found.score < part.best.score:
            part.best = found

    def _jobs(self) -> list[_Job]:
        """Return this round's jobs: the stations nearest to losing a drone."""
        options: list[tuple[float, int, int]] = []
        for k, part in enumerate(self._parts):
            for station in range(len(part.problem.stations)):
                hope = _hope(part, station) + 0.6 * part.tried.get(station, 0)
                options.append((hope, k, station))
        jobs: list[_Job] = []
        taken: set[tuple[int, int]] = set()
        for _, k, station in sorted(options):
            if len(jobs) == _JOBS_A_ROUND:
                break
            job = _job(k, self._parts[k], station)
            if job is None or taken & {(k, s) for s in job.piece.stations}:
                continue
            taken |= {(k, s) for s in job.piece.stations}
            tried = self._parts[k].tried
            tried[station] = tried.get(station, 0) + 1
            jobs.append(job)
        return jobs


def _in_waves(
    problem: Problem, route: Callable[..., list[Column]], effort: Effort
) -> list[Column]:
    """
    Route a whole part: what is active in the busiest period, then the rest.

    The rest is flown by the drones that the first wave leaves free then.
    """
    stations = tuple(range(len(problem.stations)))
    rush = active(problem, problem.scenario.busiest_period())
    columns: list[Column] = []
    for wave in (rush, ~rush):
        if not wave.any():
            continue
        free = free_drones(problem, columns, wave)
        piece = Piece(
            stations=stations,
            targets=tuple(int(t) for t in np.flatnonzero(wave)),
            drones=tuple(free[s] for s in stations),
        )
        share = float(wave.mean())
        seconds = None if effort.seconds is None else max(0.5, share * effort.seconds)
        columns += route(problem, piece, replace(effort, seconds=seconds))
    return columns


def _rush_columns(part: _Part) -> list[Column]:
    """Return the routes of a part that fly in the busiest period."""
    now = active(part.problem, part.problem.scenario.busiest_period())
    return [c for c in part.best.columns if now[list(c.targets(part.problem))].any()]


def _hope(part: _Part, station: int) -> float:
    """Return how much load has to go elsewhere before a drone is saved; low is good."""
    if part.best.unserved:
        return -1.0
    clock = part.best.clocks.get(station)
    if clock is None:
        return 10.0
    load = sum(
        c.load(part.problem) for c in _rush_columns(part) if c.station == station
    )
    return load - (clock.peak_busiest - 1)


def _job(k: int, part: _Part, station: int) -> _Job | None:
    """Return the piece round a station, with a drone less there."""
    problem, best = part.problem, part.best
    # A zone left out may need any route to make room, not only those of the rush.
    movable = list(best.columns) if best.unserved else _rush_columns(part)
    movable = [c for c in movable if not c.tails]
    home = problem.stations[station].point
    near = sorted(
        range(len(problem.stations)),
        key=lambda s: (home.distance(problem.stations[s].point), s),
    )
    stations: list[int] = []
    columns: list[Column] = []
    for s in near:
        mine = [c for c in movable if c.station == s]
        if stations and sum(len(c.nodes) for c in [*columns, *mine]) > _PIECE_TARGETS:
            break
        stations.append(s)
        columns += mine
    missing = _missing_near(part, stations)
    targets = sorted({t for c in columns for t in c.targets(problem)} | missing)
    if not targets:
        return None
    drones = []
    for s in stations:
        clock = best.clocks.get(s)
        whole = clock.peak_busiest if clock else 0
        if missing:
            whole = problem.drones(s)
        elif s == station and part.tried.get(station, 0) % 3 < 2:
            whole -= 1
        kept_load = sum(
            c.load(problem) for c in best.columns if c.station == s and c.tails
        )
        drones.append(max(0.0, whole - kept_load - 0.02))
    if not any(drones):
        return None
    piece = Piece(
        stations=tuple(stations), targets=tuple(targets), drones=tuple(drones)
    )
    chosen = set(columns)
    kept = tuple(c for c in best.columns if c not in chosen)
    return _Job(k, station, piece, kept)


def _missing_near(part: _Part, stations: Sequence[int]) -> set[int]:
    """Return targets on no route that one of the stations could fly."""
    problem = part.problem
    served = served_targets(problem, part.best.columns)
    found = set()
    for t, target in enumerate(problem.targets):
        if t in served:
            continue
        for s in stations:
            table, nodes = problem.table(s), problem.nodes_of(t)
            alone = table.out[s, nodes] + table.task[nodes] + table.back[nodes, s]
            if alone.min() + table.overhead <= problem.longest(s, target.revisit_s):
                found.add(t)
    return found
