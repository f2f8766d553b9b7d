"""
Price sorties: which of them collect more worth than they take time.

Sorties are ng-routes (Baldacci, Mingozzi and Roberti, New route relaxation and
pricing strategies for the vehicle routing problem, Operations Research 59, 2011):
a duty is not done again while all duties between lie near it. There are more of
them than of sorties without repeats, so what holds for all of them holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from planner.bounds.work import ROUNDING_S, Part, home_legs_s, legs_s, ways_of
from planner.geometry import FloatArray
from planner.scenario import DroneModel, Scenario, Station

MOST_LABELS = 12_000_000
_NEVER_S = 1e18
_CLOSE = 10
_WORTH = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sorties:
    """
    All sorties of one drone type in a part, as a graph of ways.

    Seconds are exact; ticks, which only limit how long a sortie may be, are
    rounded down, so that no sortie is missed.

    Parameters
    ----------
    duty
        Index of the duty of each way, shape (n,).
    out_s, back_s
        Take-off to the end of each way, and from there to landing, at the station
        for which it takes least; shape (n,).
    cost_s
        From the end of one way to the end of another, shape (n, n).
    fixed_s
        Turnaround, less what rounding may gain.
    """

    duty: np.ndarray
    out_s: FloatArray
    back_s: FloatArray
    cost_s: FloatArray
    fixed_s: float
    out_ticks: np.ndarray
    back_ticks: np.ndarray
    ticks: np.ndarray
    limit: int
    return_s: FloatArray
    memory: int
    order: np.ndarray
    saving_s: FloatArray
    closest: np.ndarray

    def occupied_s(self, ways: Sequence[int]) -> float:
        """Return how long a sortie over ways keeps a drone busy."""
        flown = self.out_s[ways[0]] + self.back_s[ways[-1]]
        return float(
            flown + self.cost_s[list(ways[:-1]), list(ways[1:])].sum() + self.fixed_s
        )

    def least_s(self) -> float:
        """Return the least time for which any sortie keeps a drone busy."""
        return float((self.out_s + self.back_s).min()) + self.fixed_s


def sorties_of(
    scenario: Scenario,
    part: Part,
    model: DroneModel,
    stations: Sequence[Station],
    *,
    memory: int,
    tick_s: float,
) -> Sorties | None:
    """
    Return the sorties of the stations of a part that fly one drone type.

    None if they reach no duty.

    Parameters
    ----------
    memory
        Duties, its own included, that a sortie remembers at each (ng).
    tick_s
        What flight times are rounded down to where endurance is counted.
    """
    ways = ways_of(scenario, part.duties, model)
    out_s, back_s = (
        legs.min(axis=0) for legs in home_legs_s(scenario, model, stations, ways)
    )
    limit = int((model.usable_endurance_s + ROUNDING_S) // tick_s)
    out_s = out_s + ways.task_s
    within = np.flatnonzero(
        np.isfinite(out_s + back_s) & (out_s // tick_s + back_s // tick_s <= limit)
    )
    if not len(within):
        return None
    duty, out_s, back_s = ways.duty[within], out_s[within], back_s[within]
    leg_s = legs_s(scenario, model, ways.leave[within], ways.enter[within])
    cost_s = leg_s + ways.task_s[within]
    never = (duty[:, None] == duty[None, :]) | ~np.isfinite(cost_s)
    ticks = np.where(never, limit + 1, cost_s // tick_s).astype(np.int32)
    cost_s[never] = _NEVER_S
    order, saving_s = _falling(out_s, cost_s)
    return Sorties(
        duty=duty,
        out_s=out_s,
        back_s=back_s,
        cost_s=cost_s,
        fixed_s=model.turnaround_s - ROUNDING_S,
        out_ticks=_closure((out_s // tick_s).astype(np.int32), ticks),
        back_ticks=(back_s // tick_s).astype(np.int32),
        ticks=ticks,
        limit=limit,
        return_s=_returns(duty, leg_s, ways.task_s[within], len(part.duties)),
        memory=memory,
        order=order,
        saving_s=saving_s,
        closest=np.argsort(cost_s, axis=1, kind="stable").astype(np.int32)[:, :_CLOSE],
    )


def _falling(out_s: FloatArray, cost_s: FloatArray) -> tuple[np.ndarray, FloatArray]:
    """Return the ways to go on to from each, by what that saves, and the savings."""
    saving_s = out_s[None, :] - cost_s
    order = np.argsort(-saving_s, axis=1, kind="stable")
    return order.astype(np.int32), np.take_along_axis(saving_s, order, 1)


def _returns(
    duty: np.ndarray, leg_s: FloatArray, task_s: FloatArray, duties: int
) -> FloatArray:
    """Return the least time from each duty to do each other and come back."""
    return_s = np.full((duties, duties), np.inf)
    there_s = leg_s + leg_s.T + task_s[None, :]
    np.minimum.at(return_s, (duty[:, None], duty[None, :]), there_s)
    return return_s


def _memories(sorties: Sorties, worth_s: FloatArray) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the duties remembered at each way, and the place of each duty in them.

    Its own, and those that it would pay most to do again from there. All worths
    scaled by one factor give the same.
    """
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        dearth = sorties.return_s / worth_s[None, :]
    np.fill_diagonal(dearth, -1.0)
    near = np.argsort(dearth, axis=1, kind="stable")[:, : sorties.memory]
    place = np.full(dearth.shape, -1, dtype=np.int8)
    places = np.arange(near.shape[1], dtype=np.int8)[None, :]
    np.put_along_axis(place, near, places, axis=1)
    return near[sorties.duty].astype(np.int32), place[sorties.duty]


def _closure(out_ticks: np.ndarray, ticks: np.ndarray) -> np.ndarray:
    """
    Return ticks from take-off that no path over other ways undercuts.

    Rounded down, a detour may take fewer ticks than the flight itself; the
    kernel drops what arrives later than the flight and is worth no more.
    """
    while True:
        closer: np.ndarray = np.minimum(
            out_ticks, (out_ticks[:, None] + ticks).min(axis=0)
        )
        if (closer == out_ticks).all():
            return closer
        out_ticks = closer


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Priced:
    """
    The best sortie that ends with each way.

    Parameters
    ----------
    excess_s
        By how much the best of all collects more worth than it takes time.
    paths
        Ways of the best sorties, one for each last way that can be one.
    whole
        Whether all sorties were looked at.
    """

    excess_s: float
    paths: tuple[tuple[int, ...], ...]
    whole: bool


def _likely(sorties: Sorties, worth_s: FloatArray) -> tuple[np.ndarray, FloatArray]:
    """Return the ways to go on to that are close by, or worth their time."""
    net_s = worth_s[sorties.duty][None, :] - sorties.cost_s
    count = min(_WORTH, len(net_s) - 1)
    worth = np.argpartition(-net_s, count, axis=1)[:, :count] if count else None
    likely = sorties.closest
    if worth is not None:
        twice = (worth[:, :, None] == likely[:, None, :]).any(axis=2)
        likely = np.hstack([likely, np.where(twice, likely[:, :1], worth)])
    saving_s = sorties.out_s[likely] - np.take_along_axis(sorties.cost_s, likely, 1)
    falling = np.argsort(-saving_s, axis=1, kind="stable")
    return (
        np.take_along_axis(likely, falling, 1).astype(np.int32),
        np.take_along_axis(saving_s, falling, 1),
    )


def price(sorties: Sorties, worth_s: FloatArray, *, coarse: bool = False) -> Priced:
    """
    Return the sorties that collect most worth for their time.

    Parameters
    ----------
    worth_s
        Of a visit to each duty, shape (duties,); none negative.
    coarse
        Look only at likely sorties: fast, and ``excess_s`` may be too low.
    """
    from planner.bounds.kernel import best_ends

    s = sorties
    near, place = _memories(s, worth_s)
    order, saving_s = _likely(s, worth_s) if coarse else (s.order, s.saving_s)
    found: Any = best_ends(
        s.out_ticks,
        s.back_ticks,
        s.ticks,
        s.limit,
        s.out_s,
        s.back_s,
        s.cost_s,
        worth_s[s.duty],
        s.duty,
        order,
        saving_s,
        near,
        place,
        coarse,
        MOST_LABELS,
    )
    end_s, end_label, way, before, fits = found
    paths = []
    for label in end_label:
        path = []
        while label >= 0:
            path.append(int(way[label]))
            label = before[label]
        if path:
            paths.append(tuple(reversed(path)))
    return Priced(
        excess_s=float(end_s.max()) - s.fixed_s, paths=tuple(paths), whole=bool(fits)
    )
