"""
Shorten all gaps alike: the smallest factor at which as much is served.

Each part of the city is tried with all its intervals times ``k / 60``, warm from the
tightest routes that held; which ``k`` to try is found by bisection. Sixty has many
divisors, so headways stay whole and nested. What a station has no drones for at
shorter headways is put where there are some, and routed again.

Of the budget, be it seconds or rounds, `FIRST_SHARE` is for routes at the wanted
intervals, `LONGEST_FIRST_SHARE` where they leave something out; the bisection goes
on up to `ALL_SHARE` in steps of the same length, in which each part has a time in
proportion to its targets. The rest of the seconds is for `planner.timetable.shrinking`.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from planner.airspace.freespace import FreeSpace
from planner.budget import Budget
from planner.engines import engine
from planner.engines.assess import Assessed, Assessor
from planner.engines.piece import Effort
from planner.engines.runner import run_tasks
from planner.engines.spill import spill
from planner.engines.waves import mend_in_waves
from planner.given.horizon import Horizon
from planner.problem import TICKS_PER_S, ChartedProblem, Column, make_column
from planner.search.rounds import Routed, Search

GRID = 60
FIRST_SHARE = 0.4
LONGEST_FIRST_SHARE = 0.8
ALL_SHARE = 0.9

_STEPS = 6
_SPILLS = 4
_MORE_ROOM = 0.05
_MOST_ROOM = 0.3
_SOLUTIONS = 200
_SECONDS_A_TARGET = 0.01
_LEAST_SIZE = 0.05
"""Share of all targets that a part counts as at least when time is shared out."""

_PUNCTUAL = 0.85
"""Share of its time after which a part begins nothing new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """
    How hard a part is tried at one factor.

    Parameters
    ----------
    seconds
        From its start; None reads no clock.
    rounds
        How often what is left out is routed again, at most.
    """

    seconds: float | None
    rounds: int
    seed: int
    engine: str


@dataclass(slots=True)
class Bisection:
    """
    What is known of the factors of one part.

    Parameters
    ----------
    wanted, routes
        The part at the intervals of the scenario.
    problem, best
        The part at the smallest factor that holds, and its routes.
    factors
        That may hold, the smallest first.
    low, high
        Places in ``factors``: of the first not known to fail, of the best.
    place
        Of the next to try.
    """

    wanted: ChartedProblem
    routes: Assessed
    problem: ChartedProblem
    best: Assessed
    factors: list[int]
    low: int
    high: int
    place: int

    def learn(self, tried: ChartedProblem, held: Assessed | None) -> None:
        """Take note of what came of the next to try."""
        if held is None:
            self.low = self.place + 1
        else:
            self.problem, self.best, self.high = tried, held, self.place
        self.place = (self.low + self.high) // 2


def bisection(problem: ChartedProblem, routes: Assessed) -> Bisection:
    """Return the bisection of a part with routes at the scenario's intervals."""
    factors = _factors(problem, routes)
    drones = sum(problem.drones(s) for s in range(len(problem.stations)))
    # Half way to where load alone would end: clocks do not pack that well.
    hoped = GRID * (1 + routes.drones / max(drones, 1)) / 2
    place = min(bisect_left(factors, hoped), len(factors) - 1)
    return Bisection(problem, routes, problem, routes, factors, 0, len(factors), place)


def first_is_over(search: Search) -> bool:
    """Whether the search at the wanted intervals has had its share."""
    unserved = any(part.best.unserved for part in search.routed)
    return search.spent >= (LONGEST_FIRST_SHARE if unserved else FIRST_SHARE)


def tighten(
    routed: Sequence[Routed],
    space: FreeSpace,
    budget: Budget,
    spent: float,
    stop: Callable[[], bool],
) -> list[Routed]:
    """
    Return routes of each part at the smallest factor found in time.

    Parameters
    ----------
    routed
        Routes at the intervals of the scenario: no less is to be served.
    spent
        Share of the budget that is spent.
    """
    share = max(0.0, ALL_SHARE - spent)
    until_s = time.monotonic() + share * (budget.seconds or 0.0)
    parts = [bisection(part.problem, part.best) for part in routed]
    for step in range(_STEPS):
        going = sorted(
            (part for part in parts if part.low < part.high),
            key=lambda part: -len(part.wanted.targets),
        )
        if stop() or not going:
            break
        left_s: float | None = None
        if budget.iterations is None:
            left_s = (until_s - time.monotonic()) / (_STEPS - step)
            if left_s <= 0:
                break
        tries = [at_factor(part.wanted, part.factors[part.place]) for part in going]
        tasks = [
            (
                tried,
                space,
                carried_over(part.problem, part.best, tried),
                part.routes.unserved,
                limit,
            )
            for part, tried, limit in zip(
                going, tries, _limits(going, budget, share, left_s, step), strict=True
            )
        ]
        results = run_tasks(
            held_routes,
            tasks,
            workers=budget.processes,
            deadline=None if left_s is None else time.monotonic() + left_s,
            stop=stop,
        )
        for part, tried, held in zip(going, tries, results, strict=True):
            part.learn(tried, held)
    return [
        before
        if part.best is part.routes
        else Routed(part.problem, Assessor(part.problem, space), part.best)
        for before, part in zip(routed, parts, strict=True)
    ]


def _limits(
    going: Sequence[Bisection],
    budget: Budget,
    share: float,
    left_s: float | None,
    step: int,
) -> list[Limit]:
    """Return the limit of each part: all processes together fill the step."""
    targets = [len(part.wanted.targets) for part in going]
    sizes = [max(n, _LEAST_SIZE * sum(targets)) for n in targets]
    rounds = math.ceil(share * (budget.iterations or _STEPS) / _STEPS)
    return [
        Limit(
            seconds=None
            if left_s is None
            else _PUNCTUAL * left_s * min(1.0, budget.processes * size / sum(sizes)),
            rounds=rounds,
            seed=budget.seed + step,
            engine=budget.engine,
        )
        for size in sizes
    ]


def held_routes(
    problem: ChartedProblem,
    space: FreeSpace,
    start: Sequence[Column],
    most_unserved: float,
    limit: Limit,
) -> Assessed | None:
    """Return routes that leave no more unserved than given; None if none is found."""
    until = math.inf
    if limit.seconds is not None:
        until = time.monotonic() + limit.seconds
    route = engine(limit.engine)
    assessor = Assessor(problem, space, minimise=False)
    best = assessor.assess(start)
    room: dict[int, float] = {}

    def try_out(columns: Sequence[Column]) -> None:
        nonlocal best
        found = assessor.assess(columns)
        for s in found.strained:
            room[s] = min(room.get(s, 0.0) + _MORE_ROOM, _MOST_ROOM)
        best = min(best, found, key=lambda each: each.score)

    for turn in range(limit.rounds + 1):
        for _ in range(_SPILLS):
            if best.unserved <= most_unserved:
                return best
            if time.monotonic() >= until:
                return None
            try_out(spill(problem, best.columns, room))
        if turn < limit.rounds and best.unserved > most_unserved:
            wanted_s = _SECONDS_A_TARGET * len(problem.targets)
            left_s = max(0.2, min(wanted_s, until - time.monotonic()))
            effort = Effort(
                seconds=None if limit.seconds is None else left_s,
                solutions=_SOLUTIONS,
                seed=limit.seed + turn,
            )
            try_out(mend_in_waves(problem, route, effort, best.columns))
    return best if best.unserved <= most_unserved else None


def at_factor(problem: ChartedProblem, factor: int) -> ChartedProblem:
    """
    Return a problem with intervals of ``factor / 60`` of those of the scenario.

    Multiples of the shortest interval stay multiples of it.
    """
    beat_s = min(t.revisit_s for t in problem.targets)
    return replace(
        problem,
        idleness_ratio=factor / GRID,
        targets=tuple(
            replace(t, revisit_s=shorter(t.revisit_s, beat_s, factor, problem.horizon))
            for t in problem.targets
        ),
    )


def shorter(interval_s: float, beat_s: float, factor: int, horizon: Horizon) -> float:
    """
    Return an interval times ``factor / 60``, rounded down to a headway.

    Examples
    --------
    >>> hours = Horizon(start="2026-01-01T06:00", start_clock_s=21600, length_s=7200)
    >>> shorter(3602, 1801, 57, hours), shorter(2000, 1801, 57, hours)
    (3420.0, 1900.0)
    """
    times = interval_s / beat_s
    if times == int(times):
        return horizon.headway_s(max(1.0, int(times) * (beat_s * factor // GRID)))
    return horizon.headway_s(max(1.0, interval_s * factor // GRID))


def carried_over(
    before: ChartedProblem, routes: Assessed, after: ChartedProblem
) -> list[Column]:
    """
    Return routes with the intervals of another problem of the same targets.

    What is too long for its new headway is cut in two; what cannot be, is left out.
    """
    return [
        make_column(after, column.station, headway_s, nodes, column.tails)
        for column in routes.columns
        for headway_s in (_carried_headway_s(before, column, after),)
        for nodes in _fitting(after, column, headway_s)
    ]


def _carried_headway_s(
    before: ChartedProblem, column: Column, after: ChartedProblem
) -> float:
    """Return the headway that a route has with the intervals of another problem."""
    shorter_s = {
        old.revisit_s: new.revisit_s
        for old, new in zip(before.targets, after.targets, strict=True)
    }
    if column.headway_s in shorter_s:
        return shorter_s[column.headway_s]
    # One that was chosen to fit others is no interval: each stop comes as seldom.
    longest_s = min(
        after.targets[t].revisit_s // (before.targets[t].revisit_s // column.headway_s)
        for t in column.targets(before)
    )
    headway_s = after.horizon.headway_s(longest_s)
    turns = max(1, len(column.tails))
    while after.horizon.repeats and after.horizon.length_s % (turns * headway_s):
        headway_s = after.horizon.headway_s(headway_s - 1)
    return headway_s


def _fitting(
    problem: ChartedProblem, column: Column, headway_s: float
) -> list[tuple[int, ...]]:
    """Return the nodes of a route, or of its two best halves, that fit a headway."""
    limit, nodes = problem.longest(column.station, headway_s), column.nodes
    if column.duration <= limit:
        return [nodes]
    cuts: list[tuple[int, list[tuple[int, ...]]]] = []
    for place in range(1, len(nodes)) if not column.tails else ():
        halves = [nodes[:place], nodes[place:]]
        times = [problem.duration(column.station, half) for half in halves]
        if max(times) <= limit:
            cuts.append((sum(times), halves))
    return min(cuts)[1] if cuts else []


def _factors(problem: ChartedProblem, routes: Assessed) -> list[int]:
    """Return the factors that may hold, the smallest first."""
    beat_s = min(t.revisit_s for t in problem.targets)
    length_s = problem.horizon.length_s

    def keeps_turn(column: Column, factor: int) -> bool:
        # What alternates does so a whole number of times in the horizon.
        headway_s = shorter(column.headway_s, beat_s, factor, problem.horizon)
        return length_s % (len(column.tails) * headway_s) == 0

    return [
        factor
        for factor in range(_least_factor(problem, routes), GRID)
        if all(keeps_turn(c, factor) for c in routes.columns if c.tails)
    ]


def _least_factor(problem: ChartedProblem, routes: Assessed) -> int:
    """Return a factor below which no station comes in time to some target served."""
    spacing_s = problem.rules.launch_spacing_s
    least = 1
    for target in sorted({t for c in routes.columns for t in c.targets(problem)}):
        nodes = problem.nodes_of(target)
        alone = min(
            int((table.out[s, nodes] + table.task[nodes] + table.back[nodes, s]).min())
            + table.overhead
            for s in range(len(problem.stations))
            for table in (problem.table(s),)
        )
        ratio = (alone / TICKS_PER_S + spacing_s) / problem.targets[target].revisit_s
        least = max(least, math.ceil(GRID * ratio - 1e-9))
    return least
