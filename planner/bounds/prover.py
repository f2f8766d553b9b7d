"""Look for the proofs of all parts of a scenario, several at once."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from planner.bounds.effort import Effort, Turn, halting, turns
from planner.bounds.fleets import intervals_s
from planner.bounds.proof import (
    PROVEN,
    Proof,
    closeness,
    fleets_by_station,
    fleets_of,
)
from planner.bounds.stations import Cut, fewest, has_few_stations, needed, sharpened
from planner.bounds.work import Part
from planner.bounds.worths import (
    Known,
    Search,
    busy_drones,
    first_worths_s,
    whole_drones,
)
from planner.scenario import Scenario

Task = tuple[str, int]
"""A bound to prove, and the place of the part."""

_STANDING = 50
_WEIGHT = {"bound_periodic": 1.0, "bound_steady": 0.35}
"""What of the time goes to a part: by its duties, and so many as any part has."""

_FIRST_ROUNDS = 15
_ROUNDS_A_PRICE = 60
_FIRST_SHARE = 0.6
"""
All parts lean a little and are proven; then those of the narrower class for a share of
the time, and all for what is left: so none is without a proof for long.
"""

_PROMISING = 0.4
"""Stations are looked at one by one where so little more than a drone is idle."""

_LAST_S = 0.2


def proofs_of(
    scenario: Scenario,
    parts: Sequence[Part],
    known: Sequence[Iterable[Known]],
    effort: Effort,
    *,
    threads: int,
    stop: Callable[[], bool],
) -> Mapping[Task, Proof]:
    """
    Return a proof of each bound for each part; what is proven by the end counts.

    Parameters
    ----------
    parts
        Largest first.
    known
        Sorties of each part.
    threads
        Parts looked at at once; it never changes what is found in a round.
    stop
        Polled; whether to end at once.
    """
    counted = effort.rounds is not None
    began_s = 0.0 if counted else time.monotonic()
    ends_s = None if counted else effort.seconds - _LAST_S

    def left(share: float, spent_rounds: int) -> Effort:
        if effort.rounds is not None:
            return Effort(rounds=round(share * (effort.rounds - spent_rounds)))
        left_s = began_s + effort.seconds - _LAST_S - time.monotonic()
        return Effort(seconds=share * max(0.0, left_s))

    def begin(task: Task) -> None:
        if not halted[0]:
            name, k = task
            fleets = fleets_of(scenario, parts[k], name, *closeness(name, parts[k]))
            interval_s = intervals_s(parts[k])
            start_s = first_worths_s(fleets, interval_s, known[k])
            searches[task] = Search(fleets, interval_s, start_s, halted)
            searches[task].improve(Turn(halted, rounds=first_rounds))

    def lap(tasks: Sequence[Task], left: Effort) -> None:
        mine = [task for task in tasks if task in searches]
        sizes = [_size(name, parts[k]) for name, k in mine]
        each = turns(halted, left, sizes, at_once=threads)
        list(pool.map(lambda task: searches[task].improve(next(each)), mine))

    def cut(task: Task) -> None:
        name, k = task
        if task not in searches or not _promises(parts[k], searches[task]):
            return
        fleets = fleets_by_station(scenario, parts[k], name, *closeness(name, parts[k]))
        rounds = min(_ROUNDS_A_PRICE, effort.rounds or _ROUNDS_A_PRICE)
        leaning = partial(Turn, halted, rounds=rounds)
        cuts[task] = sharpened(parts[k], fleets, halted, leaning)

    searches: dict[Task, Search] = {}
    cuts: dict[Task, list[Cut]] = {}
    first_rounds = min(_FIRST_ROUNDS, effort.rounds or _FIRST_ROUNDS)
    first = [(PROVEN[0], k) for k in range(len(parts))]
    every = [(name, k) for k in range(len(parts)) for name in PROVEN]
    with halting(ends_s, stop) as halted, ThreadPoolExecutor(threads) as pool:
        list(pool.map(begin, reversed(every)))
        lap(first, left(_FIRST_SHARE, first_rounds))
        list(pool.map(cut, every))
        lap(every, left(1.0, first_rounds))
    return {
        task: _proof(task[0], parts[task[1]], searches.get(task), cuts.get(task, []))
        for task in every
    }


def _size(name: str, part: Part) -> float:
    return _WEIGHT[name] * (_STANDING + len(part.duties))


def _promises(part: Part, search: Search) -> bool:
    busy = busy_drones(search.proof_s, search.interval_s)
    return has_few_stations(part) and math.ceil(busy) - busy < _PROMISING


def _proof(name: str, part: Part, search: Search | None, cuts: Sequence[Cut]) -> Proof:
    memory, exact = closeness(name, part)
    worth_s = np.zeros(len(part.duties)) if search is None else search.proof_s
    busy = busy_drones(worth_s, intervals_s(part))
    more = bool(cuts) and fewest(cuts).sum() > whole_drones(busy)
    return Proof(
        memory=memory, exact=exact, worth_s=worth_s, cuts=needed(cuts) if more else ()
    )
