"""
Say what routes take of pads, chargers, batteries and pilots, before there are clocks.

A sortie keeps a charger for so long, and comes once a headway: so it takes a share of
one on average, and no clocks make routes fit that take more than there is. What a
route takes is counted over stretches of the day between which nothing changes, and
over runs of them, by the sorties that it cannot do without there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray
from planner.given.stamina import charging_after_s, turnaround_after_s
from planner.implied.bureaux import bureau_key
from planner.problem import TICKS_PER_S, Column, Problem
from planner.timetable.packing import may_wait

BoolArray = NDArray[np.bool_]

_STEADY = 3
"""Sorties in a row from which on a route is as if it went on for ever."""

_SEEN = 1e-6


@dataclass(frozen=True, slots=True)
class Supply:
    """
    What stations have of something, over some stretches of the day.

    Parameters
    ----------
    kind
        ``pads``, ``chargers``, ``batteries`` or ``pilots``: what is counted of these is
        the drones that they may have in the air.
    stations
        That share it, as indices within the problem.
    first, last
        Of the stretches.
    most
        That is never taken at once, and so not on average.
    """

    kind: str
    stations: tuple[int, ...]
    first: int
    last: int
    most: float


@dataclass(frozen=True, slots=True)
class Supplies:
    """
    All supplies of a problem that may run out; none where its drones are all.

    Parameters
    ----------
    edges_s
        Of the stretches of the day, one more than there are.
    """

    edges_s: tuple[float, ...] = ()
    each: tuple[Supply, ...] = ()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.each)

    def span_s(self, supply: Supply) -> tuple[float, float]:
        """Return when the stretches of a supply begin and end [s]."""
        return self.edges_s[supply.first], self.edges_s[supply.last + 1]

    @property
    def most(self) -> FloatArray:
        """What there is of each, shape (k,)."""
        return np.array([supply.most for supply in self.each])


def supplies_of(problem: Problem) -> Supplies:
    """Return what of a problem's pads, chargers, batteries and pilots may run out."""
    scarce = [
        (s, *own) for s in range(len(problem.stations)) for own in _own(problem, s)
    ]
    crews = _crews(problem)
    if not scarce and not crews:
        return Supplies()
    length_s = problem.horizon.length_s
    edges_s = tuple(
        sorted(
            {0.0, length_s}
            | {e for t in problem.targets for span in t.windows for e in span}
            | {e for _, limits in crews for *span, _ in limits for e in span}
        )
    )
    whole = range(len(edges_s) - 1)
    runs = sorted({(0, len(whole) - 1), *((k, k) for k in whole)})
    each = [
        Supply(kind, (s,), first, last, float(most))
        for s, kind, most in scarce
        for first, last in runs
    ]
    for stations, limits in crews:
        fleet = sum(problem.drones(s) for s in stations)
        for low, high, most in limits:
            if most >= fleet:
                continue
            inside = [k for k in whole if low <= edges_s[k] and edges_s[k + 1] <= high]
            runs = sorted({(inside[0], inside[-1]), *((k, k) for k in inside)})
            each += [Supply("pilots", stations, a, b, float(most)) for a, b in runs]
    return Supplies(edges_s, tuple(each))


def _own(problem: Problem, s: int) -> list[tuple[str, int]]:
    """Return what a station has itself that may run out."""
    station, model = problem.stations[s], problem.model(s)
    chargers = station.pads if station.chargers is None else station.chargers
    own = [("pads", station.pads)] if station.pads < station.drones else []
    if may_wait(model, station):
        own.append(("chargers", chargers))
    elif model.swaps and station.batteries is not None:
        own += [("chargers", chargers), ("batteries", station.batteries)]
    return own


def _crews(
    problem: Problem,
) -> list[tuple[tuple[int, ...], list[tuple[float, float, int]]]]:
    """Return the stations that share pilots, and when these may have how many aloft."""
    if problem.crews is None:
        return []
    shared: dict[tuple[str, str], list[int]] = {}
    for s, station in enumerate(problem.stations):
        shared.setdefault(bureau_key(station), []).append(s)
    found = []
    for (district, _), stations in sorted(shared.items()):
        limits = problem.crews.limits(
            district, problem.horizon, problem.horizon.length_s
        )
        fleet = sum(problem.drones(s) for s in stations)
        if any(most < fleet for *_, most in limits):
            found.append((tuple(stations), list(limits)))
    return found


def taken(
    problem: Problem, supplies: Supplies, columns: Sequence[Column]
) -> FloatArray:
    """
    Return what each route takes of each supply on average, shape (k, c).

    At least: a route takes nothing where it need not fly throughout, or where its run
    is so short that what it needs is still found after that.
    """
    found = np.zeros((len(supplies.each), len(columns)))
    if not found.size:
        return found
    flies, run_s = _flown(problem, supplies, columns)
    headways_s = np.array([c.headway_s for c in columns])
    stations = np.array([c.station for c in columns])
    held_s: dict[tuple[str, tuple[int, ...], float], FloatArray] = {}
    for k, supply in enumerate(supplies.each):
        key = (supply.kind, supply.stations, supply.most)
        if key not in held_s:
            held_s[key] = np.array(
                [
                    held_s_of(
                        problem,
                        c.station,
                        supply,
                        c.duration / TICKS_PER_S,
                        c.headway_s,
                    )
                    if c.station in supply.stations
                    else 0.0
                    for c in columns
                ]
            )
        low_s, high_s = supplies.span_s(supply)
        length_s = high_s - low_s
        sorties = np.floor(length_s / headways_s + _SEEN)
        counts = (
            np.isin(stations, supply.stations)
            & flies[:, supply.first : supply.last + 1].all(axis=1)
            & (run_s[:, supply.first] >= _STEADY * headways_s - _SEEN)
        )
        found[k] = np.where(counts, sorties * held_s[key] / length_s, 0.0)
    return found


def suffice(problem: Problem, columns: Sequence[Column]) -> bool:
    """Whether routes take no more of any supply on average than there is."""
    supplies = supplies_of(problem)
    used = taken(problem, supplies, columns).sum(axis=1)
    return not (used > supplies.most + _SEEN).any()


def _flown(
    problem: Problem, supplies: Supplies, columns: Sequence[Column]
) -> tuple[BoolArray, FloatArray]:
    """Return in which stretches routes fly, and how long they then do [s], (c, n)."""
    spans = list(pairwise(supplies.edges_s))
    due = np.array(
        [
            [any(w[0] <= a and b <= w[1] for w in t.windows) for a, b in spans]
            for t in problem.targets
        ]
    )
    flies = np.array([due[list(c.targets(problem))].any(axis=0) for c in columns])
    lasts_s = np.diff(supplies.edges_s)
    run_s = np.zeros(flies.shape)
    for order in (range(len(spans)), range(len(spans))[::-1]):
        before_s = np.zeros(len(columns))
        for k in order:
            run_s[:, k] += before_s
            before_s = np.where(flies[:, k], before_s + lasts_s[k], 0.0)
    return flies, np.where(flies, run_s + lasts_s, 0.0)


def held_s_of(
    problem: Problem, s: int, supply: Supply, duration_s: float, headway_s: float
) -> float:
    """
    Return how long a sortie keeps what it takes of a supply [s].

    Where all rest for as long, only whole times of that go into a headway: what then
    cannot be used is taken by each route alike.
    """
    model, ceiling_m = problem.model(s), problem.rules.ceiling_m
    if supply.kind == "pilots":
        return duration_s
    rest_s = turnaround_after_s(model, duration_s, ceiling_m)
    charge_s = charging_after_s(model, duration_s, ceiling_m)
    # The moment that a pad is kept before take-off may be found between two rests.
    held_s = {"pads": rest_s, "chargers": charge_s, "batteries": charge_s + rest_s}[
        supply.kind
    ]
    times = int(supply.most * headway_s / held_s + _SEEN) if held_s else 0
    if model.battery is not None or not times:
        return held_s
    return supply.most * headway_s / times
