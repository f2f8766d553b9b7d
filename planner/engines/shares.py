"""
Say what share of chargers, batteries and pilots is left for an engine to use.

A guide: engines know neither clocks nor how long a sortie will be, so each is taken to
be nearly full.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from planner.basics.geometry import FloatArray
from planner.engines.supplies import BoolArray, Supplies, held_s_of, supplies_of, taken
from planner.given.stamina import longest_sortie_s
from planner.problem import Column, Problem

_FULL = 0.9
"""Share of the longest sortie that a sortie is taken to last where none is known."""

_SEEN = 1e-6


def shares_of(problem: Problem) -> Callable[[int, float], float]:
    """
    Return what tells the share of all supplies that a route takes of its station.

    By the index of a station and a headway [s], for engines, which know no clocks: its
    sorties are taken to be nearly full, and what stations share goes to each by its
    drones. Of several supplies it is the one that runs out first; 0 if none does.
    """
    supplies = supplies_of(problem)

    @cache
    def share(s: int, headway_s: float) -> float:
        duration_s = _FULL * longest_sortie_s(problem.model(s), problem.rules.ceiling_m)
        shares = [0.0]
        for supply in supplies.each:
            if s not in supply.stations:
                continue
            low_s, high_s = supplies.span_s(supply)
            sorties = int((high_s - low_s) / headway_s + _SEEN)
            held_s = held_s_of(problem, s, supply, duration_s, headway_s)
            most = supply.most * _part(problem, supply.stations, s)
            if sorties:
                used = sorties * held_s / (high_s - low_s)
                shares.append(used / most if most else np.inf)
        return max(shares)

    return share


def shares_left(
    problem: Problem,
    columns: Sequence[Column],
    stations: Sequence[int],
    needed: Sequence[int] | BoolArray | None = None,
    moving: Sequence[Column] = (),
) -> tuple[float, ...]:
    """
    Return the share of supplies that routes leave some stations; empty if none run out.

    Parameters
    ----------
    needed
        Targets for which that is wanted, as indices or a mask; all if None.
    moving
        Routes that are to be found anew: each station keeps what it shares of these,
        and the first gets all that is left over; by drones if there are none.
    """
    supplies = supplies_of(problem)
    if not supplies:
        return ()
    used = taken(problem, supplies, columns).sum(axis=1)
    own = taken(problem, supplies, moving)
    homes = np.array([c.station for c in moving], dtype=np.int64)
    due = slice(None) if needed is None else np.asarray(needed)
    numbers = np.arange(len(problem.targets))[due].tolist()
    windows = {span for t in numbers for span in problem.targets[t].windows}
    found = np.ones(len(problem.stations))
    for k, (supply, taken_now) in enumerate(zip(supplies.each, used, strict=True)):
        low_s, high_s = supplies.span_s(supply)
        # Where there is nothing at all, it is shares of it that bar what flies then.
        if not supply.most or not any(a <= low_s and high_s <= b for a, b in windows):
            continue
        sharing = tuple(s for s in supply.stations if s in stations)
        for s in sharing:
            # What stations that are not asked for leave is shared by the others.
            left = max(0.0, supply.most - taken_now) * _part(problem, sharing, s)
            if moving and len(sharing) > 1:
                spare = max(0.0, supply.most - taken_now - own[k].sum())
                left = own[k, homes == s].sum() + spare * (s == stations[0])
            whole = supply.most * _part(problem, supply.stations, s)
            found[s] = min(found[s], left / whole if whole else 0.0)
    share = shares_of(problem)
    for s in set(homes.tolist()):
        # What flies now, be it shorter than engines think, may go on to fly.
        mine = sum(share(s, c.headway_s) for c in moving if c.station == s)
        if np.isfinite(mine):
            found[s] = max(found[s], mine)
    return tuple(found[list(stations)].tolist())


def _part(problem: Problem, stations: Sequence[int], s: int) -> float:
    """Return the part of a station in what several share: by its drones."""
    return problem.drones(s) / max(1, sum(problem.drones(other) for other in stations))


def drones_worth(problem: Problem, station: int, left: float) -> float:
    """Return how many drones a share of supplies keeps busy at most, flying long."""
    longest_s = longest_sortie_s(problem.model(station), problem.rules.ceiling_m)
    cycle_s = longest_s + problem.turnaround_s(station, longest_s)
    share = shares_of(problem)
    beats_s = {_beat_s(t.revisit_s, cycle_s) for t in problem.targets}
    takes = [share(station, beat_s) * beat_s for beat_s in beats_s]
    return left * cycle_s / min(takes) if min(takes) > 0 else np.inf


def _beat_s(revisit_s: float, cycle_s: float) -> float:
    """Return an interval halved as often as one drone keeps it [s]."""
    while revisit_s / 2 >= cycle_s:
        revisit_s /= 2
    return revisit_s


def drone_prices(
    problem: Problem, supplies: Supplies, prices: FloatArray
) -> FloatArray:
    """
    Return what a whole drone of each station takes of supplies, at their prices.

    Parameters
    ----------
    prices
        Of one more of each supply, shape (k,).
    """
    found = np.zeros(len(problem.stations))
    for supply, price in zip(supplies.each, prices, strict=True):
        for s in supply.stations:
            longest_s = longest_sortie_s(problem.model(s), problem.rules.ceiling_m)
            cycle_s = longest_s + problem.turnaround_s(s, longest_s)
            held_s = held_s_of(problem, s, supply, longest_s, cycle_s)
            found[s] += price * held_s / cycle_s
    return found
