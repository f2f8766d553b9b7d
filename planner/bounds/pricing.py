"""
Price sorties: which of them collect more worth than they take time.

Sorties are ng-routes (Baldacci, Mingozzi and Roberti, New route relaxation and
pricing strategies for the vehicle routing problem, Operations Research 59, 2011):
a duty is not done again while all duties between lie near it. There are more of
them than of sorties without repeats, so what holds for all of them holds. They are
looked for from their beginning, as far as what they may gain up to their end,
looked at more loosely, lets them be worth their time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from planner.basics.geometry import FloatArray
from planner.bounds.work import ROUNDING_S, Part, home_legs_s, legs_s, ways_of
from planner.given.drone import DroneModel
from planner.given.stamina import longest_flight_s
from planner.scenario import Scenario, Station

MOST_LABELS = 12_000_000
TICK_S = 20.0
"""Labels are in order by so much; it changes how long pricing takes, no result."""

APART = 3
"""Of more stations a sortie may start at one and land at another."""

_NEVER_S = 1e18
_SLACK_S = 1e-6
_NOTHING_S = 1e-9
_FAR = 10.0
_CLOSE = 10
_WORTH = 10
_REST_MEMORY = 4
_NO_REST = np.zeros((0, 0))
_NEVER_HALTED = np.zeros(1, dtype=np.int8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Legs:
    """
    What flights take from station to station, over ways in one order of time.

    Parameters
    ----------
    out_s, back_s
        Take-off to the end of each way, and from there to landing; shape (n,).
    cost_s
        From the end of one way to the end of another, shape (n, n).
    sooner_s
        When the end of each way can be reached at the earliest, over any others.
    order, saving_s
        The ways to go on to from each, by what that saves over a new sortie.
    """

    out_s: FloatArray
    back_s: FloatArray
    cost_s: FloatArray
    sooner_s: FloatArray
    order: np.ndarray
    saving_s: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sorties:
    """
    All sorties of one drone type in a part, as a graph of ways.

    Parameters
    ----------
    duty, task_s
        Index of the duty of each way, and its time on task; shape (n,).
    homes
        Sorties that land where they took off, by station; of many stations all
        together, each way flown to from the one for which that takes least.
    backwards
        The same in reverse, from the landing to the end of the first task, of all
        stations together.
    fixed_s
        Turnaround, less what rounding may gain.
    limit_s
        How long a sortie may be in the air.
    tick_s
        Of the order of labels.
    memory
        Duties, its own included, that a sortie remembers at each (ng).
    exact
        Whether sorties within a tick are told apart.
    return_s
        Least time from each duty to do each other and come back.
    closest
        The nearest ways after each.
    """

    duty: np.ndarray
    task_s: FloatArray
    homes: tuple[Legs, ...]
    backwards: Legs
    fixed_s: float
    limit_s: float
    tick_s: float
    memory: int
    exact: bool
    return_s: FloatArray
    closest: np.ndarray

    def occupied_s(self, ways: Sequence[int]) -> float:
        """Return how long a sortie over ways keeps a drone busy."""
        first, last = ways[0], ways[-1]
        ends_s = min(float(h.out_s[first] + h.back_s[last]) for h in self.homes)
        between_s = self.homes[0].cost_s[list(ways[:-1]), list(ways[1:])].sum()
        return ends_s + float(between_s) + self.fixed_s

    def alone_s(self) -> FloatArray:
        """Return how long a sortie over each way alone keeps a drone busy, (n,)."""
        ends_s: FloatArray = np.min([h.out_s + h.back_s for h in self.homes], axis=0)
        return ends_s + self.fixed_s

    def least_s(self) -> float:
        """Return the least time for which any sortie keeps a drone busy."""
        return float(self.alone_s().min())


def sorties_of(
    scenario: Scenario,
    part: Part,
    model: DroneModel,
    stations: Sequence[Station],
    *,
    memory: int,
    exact: bool = True,
) -> Sorties | None:
    """
    Return the sorties of the stations of a part that fly one drone type.

    None if they reach no duty.

    Parameters
    ----------
    memory
        Duties, its own included, that a sortie remembers at each (ng).
    exact
        Whether sorties within a tick are told apart; if not, some count that
        cannot be flown.
    """
    from planner.bounds.kernel import least

    ways = ways_of(scenario, part.duties, model)
    outs_s, backs_s = home_legs_s(scenario, model, stations, ways)
    outs_s = outs_s + ways.task_s
    limit_s = longest_flight_s(model) + ROUNDING_S + _SLACK_S
    if len(stations) > APART:
        outs_s, backs_s = outs_s.min(axis=0)[None], backs_s.min(axis=0)[None]
    within = np.flatnonzero((outs_s + backs_s <= limit_s).any(axis=0))
    if not len(within):
        return None
    duty, task_s = ways.duty[within], ways.task_s[within]
    outs_s = np.minimum(outs_s[:, within], _FAR * limit_s)
    backs_s = np.minimum(backs_s[:, within], _FAR * limit_s)
    leg_s = legs_s(scenario, model, ways.leave[within], ways.enter[within])
    cost_s = leg_s + task_s
    before_s = np.ascontiguousarray((leg_s + task_s[:, None]).T)
    never = (duty[:, None] == duty[None, :]) | ~np.isfinite(leg_s)
    cost_s[never], before_s[never.T] = _NEVER_S, _NEVER_S
    return Sorties(
        duty=duty,
        task_s=task_s,
        homes=tuple(
            _legs(out_s, back_s, cost_s)
            for out_s, back_s in zip(outs_s, backs_s, strict=True)
        ),
        backwards=_legs(
            (backs_s + task_s).min(axis=0), (outs_s - task_s).min(axis=0), before_s
        ),
        fixed_s=model.turnaround_s - ROUNDING_S,
        limit_s=limit_s,
        tick_s=min(TICK_S, float(cost_s.min()), float(before_s.min())),
        memory=memory,
        exact=exact,
        return_s=_returns(duty, leg_s, task_s, len(part.duties)),
        closest=least(cost_s, min(_CLOSE, len(cost_s))),
    )


def _legs(out_s: FloatArray, back_s: FloatArray, cost_s: FloatArray) -> Legs:
    saving_s = out_s[None, :] - cost_s
    order = np.argsort(-saving_s, axis=1)
    sooner_s = out_s
    while True:  # straight flight is never undercut, but for rounding
        closer = np.minimum(sooner_s, (sooner_s[:, None] + cost_s).min(axis=0))
        if (closer == sooner_s).all():
            break
        sooner_s = closer
    return Legs(
        out_s=out_s,
        back_s=back_s,
        cost_s=cost_s,
        sooner_s=sooner_s,
        order=order.astype(np.int32),
        saving_s=np.take_along_axis(saving_s, order, 1),
    )


def _returns(
    duty: np.ndarray, leg_s: FloatArray, task_s: FloatArray, duties: int
) -> FloatArray:
    return_s = np.full((duties, duties), np.inf)
    there_s = leg_s + leg_s.T + task_s[None, :]
    np.minimum.at(return_s, (duty[:, None], duty[None, :]), there_s)
    return return_s


def memories(
    sorties: Sorties, worth_s: FloatArray, memory: int
) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the duties remembered at each way, and the place of each duty in them.

    Its own, and those that it would pay most to do again from there. All worths
    scaled by one factor give the same.
    """
    from planner.bounds.kernel import least

    dearth = sorties.return_s / np.maximum(worth_s, _NOTHING_S)[None, :]
    np.fill_diagonal(dearth, -1.0)
    near = least(dearth, min(memory, len(dearth)))
    place = np.full(dearth.shape, -1, dtype=np.int8)
    places = np.arange(near.shape[1], dtype=np.int8)[None, :]
    np.put_along_axis(place, near, places, axis=1)
    return near[sorties.duty], place[sorties.duty]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Priced:
    """
    Sorties that collect most worth: for each station the best up to each last way.

    Parameters
    ----------
    excess_s
        By how much the best of all collects more worth than it takes time; nought
        or less may stand for anything as low.
    ways, start
        Ways of the sorties, one sortie after another, and where each begins.
    occupied_s
        How long each keeps a drone busy.
    whole
        Whether all sorties were looked at.
    """

    excess_s: float
    ways: np.ndarray
    start: np.ndarray
    occupied_s: FloatArray
    whole: bool


def price(
    sorties: Sorties,
    worth_s: FloatArray,
    *,
    likely: bool = False,
    halted: np.ndarray = _NEVER_HALTED,
) -> Priced:
    """
    Return the sorties that collect most worth for their time.

    Parameters
    ----------
    worth_s
        Of a visit to each duty, shape (duties,); none negative.
    likely
        Look only at likely sorties: fast, and ``excess_s`` may be too low.
    halted
        Polled: whether to give up, shape (1,).
    """
    from planner.bounds import kernel

    s = sorties
    worths_s = worth_s[s.duty]
    enough_s = s.fixed_s
    rest_s, whole = _NO_REST, True

    def ends(legs: Legs, mode: int, memory: int) -> Any:
        near, place = memories(s, worth_s, memory)
        if likely:
            legs = _likely(s, legs, worths_s)
        return kernel.best_ends(
            mode,
            s.tick_s,
            s.limit_s,
            legs.sooner_s,
            legs.out_s,
            legs.back_s,
            legs.cost_s,
            worths_s,
            s.duty,
            legs.order,
            legs.saving_s,
            near,
            place,
            rest_s,
            -np.inf if likely else enough_s,
            MOST_LABELS,
            halted,
        )

    mode = kernel.LIKELY if likely else kernel.EXACT if s.exact else kernel.LOOSE
    if mode == kernel.EXACT:
        found = ends(s.backwards, kernel.LOOSE, min(s.memory, _REST_MEMORY))
        rest_s, whole = _rests(s, found[4], worths_s), bool(found[5])
    best_s, length, ways, start, occupied_s = -np.inf, 0, [], [np.zeros(1, int)], []
    for legs in s.homes:
        end_s, end_label, way, before, _, fits = ends(legs, mode, s.memory)
        whole = whole and bool(fits)
        best_s = max(best_s, float(end_s.max()))
        chain, first = kernel.chains(end_label, way, before)
        start.append(first[1:] + length)
        length += len(chain)
        if len(chain):
            collected_s = np.add.reduceat(worths_s[chain], first[:-1])
            occupied_s.append(collected_s - end_s[end_label >= 0] + s.fixed_s)
            ways.append(chain)
    return Priced(
        excess_s=best_s - s.fixed_s,
        ways=np.concatenate([*ways, np.zeros(0, np.int32)]),
        start=np.concatenate(start),
        occupied_s=np.concatenate([*occupied_s, np.zeros(0)]),
        whole=whole,
    )


def _rests(s: Sorties, reached_s: FloatArray, worths_s: FloatArray) -> FloatArray:
    """Return what sorties gain at most after each way in so many ticks."""
    ticks = len(reached_s)
    left_s = (np.arange(int(s.limit_s / s.tick_s) + 2) + 1) * s.tick_s
    spent = (left_s[:, None] + s.task_s[None, :] + _SLACK_S) // s.tick_s
    rows = np.minimum(spent, ticks - 1).astype(np.intp)
    gained_s: FloatArray = np.take_along_axis(reached_s, rows, axis=0)
    return gained_s - (worths_s - s.task_s)[None, :] + _SLACK_S


def _likely(s: Sorties, legs: Legs, worths_s: FloatArray) -> Legs:
    """Go on only to ways that are close by, or worth their time."""
    from planner.bounds.kernel import least

    worth = least(legs.cost_s - worths_s[None, :], min(_WORTH, len(worths_s)))
    twice = (worth[:, :, None] == s.closest[:, None, :]).any(axis=2)
    likely = np.hstack([s.closest, np.where(twice, s.closest[:, :1], worth)])
    saving_s = legs.out_s[likely] - np.take_along_axis(legs.cost_s, likely, 1)
    falling = np.argsort(-saving_s, axis=1, kind="stable")
    return replace(
        legs,
        order=np.take_along_axis(likely, falling, 1).astype(np.int32),
        saving_s=np.take_along_axis(saving_s, falling, 1),
    )


@cache
def load() -> None:
    """Have pricing compiled: for some seconds once, then read from a cache."""
    far = np.full((1, 1), _NEVER_S)
    legs = _legs(np.ones(1), np.ones(1), far)
    sorties = Sorties(
        duty=np.zeros(1, np.int32),
        task_s=np.ones(1),
        homes=(legs,),
        backwards=legs,
        fixed_s=1.0,
        limit_s=9.0,
        tick_s=1.0,
        memory=1,
        exact=True,
        return_s=np.ones((1, 1)),
        closest=np.zeros((1, 1), np.int32),
    )
    for likely in (True, False):
        price(sorties, np.ones(1), likely=likely)
