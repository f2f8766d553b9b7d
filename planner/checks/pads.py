"""Pads: never more drones on pads or chargers than there are, and moves spaced."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from planner.basics.geometry import FloatArray
from planner.checks.case import TIME_TOLERANCE_S, Case
from planner.checks.verdict import Gauge
from planner.flown.energies import charging_s, rest_s
from planner.flown.tracks import FlownRoute, merged
from planner.plan import Plan, Sortie
from planner.response.rounds import next_round
from planner.scenario import Scenario, Station


def pads(case: Case, gauge: Gauge) -> None:
    """Measure free pads and chargers, and the time between moves, at each station."""
    served = {f.route.id: f for f in case.routes}
    for station, moves in _moves_at(case.scenario, case.plan):
        _measure_pads(case, station, moves, gauge)
        _measure_spacing(case, station, moves, gauge)
        flown = [(s, served[s.route]) for s in moves.landing if s.route in served]
        if not flown:
            continue
        if not flown[0][1].model.swaps:
            if station.chargers is not None:
                _measure_chargers(case, station, flown, gauge)
        elif station.batteries is not None:
            _measure_batteries(case, station, flown, gauge)


class _Moves(NamedTuple):
    """Sorties that take off from a station, and those that land at it."""

    leaving: list[Sortie]
    landing: list[Sortie]


def most_pads(scenario: Scenario, plan: Plan) -> dict[str, int]:
    """Return how many pads are taken at once at most, by id of the station."""
    found = dict.fromkeys((s.id for s in scenario.stations), 0)
    for station, moves in _moves_at(scenario, plan):
        taken = _taken(scenario, moves)
        if len(taken):
            found[station.id] = _most_at_once(taken)[0]
    return found


def _moves_at(scenario: Scenario, plan: Plan) -> Iterator[tuple[Station, _Moves]]:
    """Yield the stations at which there are any moves, with these."""
    routes = {r.id: r for r in plan.routes}
    leaving: dict[str, list[Sortie]] = defaultdict(list)
    landing: dict[str, list[Sortie]] = defaultdict(list)
    for sortie in [*plan.roster, *next_round(scenario, plan)]:
        route = routes.get(sortie.route)
        if route is not None:
            leaving[route.depot].append(sortie)
            landing[route.lands_at].append(sortie)
    for station in scenario.stations:
        if leaving[station.id] or landing[station.id]:
            yield station, _Moves(leaving[station.id], landing[station.id])


def _measure_pads(case: Case, station: Station, moves: _Moves, gauge: Gauge) -> None:
    """Measure the most pads taken at once."""
    taken = _taken(case.scenario, moves)
    if not len(taken):
        return
    most, at_s = _most_at_once(taken)
    gauge.measure(
        "pads.free",
        f"{station.id} {case.clock(at_s)}",
        most,
        station.pads,
        station.pads - most,
        "pads",
    )


def _taken(scenario: Scenario, moves: _Moves) -> FloatArray:
    """Return when a pad is taken, a row a stretch, shape (n, 2) [s]."""
    before_s = scenario.rules.pad_before_takeoff_s
    drones: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for sortie in moves.landing:
        drones[sortie.drone].append((sortie.landing_s, sortie.ready_s))
    for sortie in moves.leaving:
        span_s = (sortie.takeoff_s - before_s, sortie.takeoff_s)
        drones[sortie.drone].append(span_s)
    # A drone that goes again as soon as it is ready stays on its pad.
    days = [np.array(spans) for spans in drones.values()]
    taken: FloatArray = np.vstack(
        [merged(day[:, 0], day[:, 1], TIME_TOLERANCE_S) for day in days]
    )
    return taken[taken[:, 1] - taken[:, 0] > TIME_TOLERANCE_S]


def _measure_chargers(
    case: Case,
    station: Station,
    flown: list[tuple[Sortie, FlownRoute]],
    gauge: Gauge,
) -> None:
    """
    Measure the most drones at chargers at once.

    Charging is the last that a drone does before it is ready, so it may have waited
    for its charger: on its pad, which is taken all the while.
    """
    assert station.chargers is not None
    lasts_s = {f.route.id: charging_s(case.scenario, f) for _, f in flown}
    taken = np.array([(s.ready_s - lasts_s[s.route], s.ready_s) for s, _ in flown])
    most, at_s = _most_at_once(taken)
    gauge.measure(
        "pads.chargers",
        f"{station.id} {case.clock(at_s)}",
        most,
        station.chargers,
        station.chargers - most,
        "chargers",
    )


def _measure_batteries(
    case: Case,
    station: Station,
    flown: list[tuple[Sortie, FlownRoute]],
    gauge: Gauge,
) -> None:
    """
    Measure how long before it is swapped in each battery is charged.

    Those taken out are charged in their order, each at the first charger that is free.
    """
    assert station.batteries is not None
    chargers = station.pads if station.chargers is None else station.chargers
    rests_s = {f.route.id: rest_s(case.scenario, f) for _, f in flown}
    lasts_s = {f.route.id: charging_s(case.scenario, f) for _, f in flown}
    needed = sorted((s.ready_s - rests_s[s.route], s.route) for s, _ in flown)
    free_s, charged_s = [-np.inf] * max(chargers, 1), []
    for sortie in sorted((s for s, _ in flown), key=lambda s: (s.ready_s, s.route)):
        start_s = max(sortie.ready_s, heapq.heappop(free_s))
        charged_s.append(start_s + lasts_s[sortie.route])
        heapq.heappush(free_s, charged_s[-1])
    horizon = case.scenario.horizon
    if horizon.repeats:
        asked_s = sum(lasts_s[s.route] for s, _ in flown) / 2
        there_s = chargers * horizon.length_s
        gauge.measure(
            "pads.charging",
            station.id,
            asked_s,
            there_s,
            there_s - asked_s,
            "s",
            tolerance=TIME_TOLERANCE_S,
            scale=3600.0,
        )
    for (needed_s, route), charged in zip(
        needed[station.batteries :], sorted(charged_s), strict=False
    ):
        gauge.measure(
            "pads.batteries",
            f"{station.id} {route} {case.clock(needed_s)}",
            needed_s,
            charged,
            needed_s - charged,
            "s",
            tolerance=TIME_TOLERANCE_S,
            scale=60.0,
        )


def _most_at_once(taken: FloatArray) -> tuple[int, float]:
    """Return the most spans that overlap, shape (n, 2), and since when they do [s]."""
    # Where one span ends and another begins, the place is passed on.
    times = np.concatenate([taken[:, 0], taken[:, 1] - TIME_TOLERANCE_S])
    change = np.repeat([1, -1], len(taken))
    order = np.lexsort((change, times))
    count = np.cumsum(change[order])
    most = int(np.argmax(count))
    return int(count[most]), float(times[order][most])


def _measure_spacing(case: Case, station: Station, own: _Moves, gauge: Gauge) -> None:
    """Measure the time between any two take-offs or landings."""
    spacing_s = case.scenario.rules.launch_spacing_s
    moves = np.sort(
        [*(s.takeoff_s for s in own.leaving), *(s.landing_s for s in own.landing)]
    )
    apart_s = np.diff(moves)
    if not len(apart_s):
        return
    short = np.flatnonzero(apart_s < spacing_s - TIME_TOLERANCE_S)
    for i in {int(np.argmin(apart_s)), *short.tolist()}:
        gauge.measure(
            "pads.spacing",
            f"{station.id} {case.clock(moves[i])}",
            float(apart_s[i]),
            spacing_s,
            float(apart_s[i]) - spacing_s,
            "s",
            tolerance=TIME_TOLERANCE_S,
            scale=max(spacing_s, 1.0),
        )
