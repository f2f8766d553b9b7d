"""Pads: never more drones on pads than there are pads, and moves spaced."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from planner.checks.case import TIME_TOLERANCE_S, Case
from planner.checks.verdict import Gauge
from planner.flown import merged
from planner.geometry import FloatArray
from planner.plan import Sortie
from planner.scenario import Station


def pads(case: Case, gauge: Gauge) -> None:
    """Measure free pads and the time between moves at each station."""
    depots = {r.id: r.depot for r in case.plan.routes}
    sorties: dict[str, list[Sortie]] = defaultdict(list)
    for sortie in case.plan.roster:
        sorties[depots.get(sortie.route, "")].append(sortie)
    for station in case.scenario.stations:
        own = sorties[station.id]
        if own:
            _measure_pads(case, station, own, gauge)
            _measure_spacing(case, station, own, gauge)


def _measure_pads(
    case: Case, station: Station, sorties: list[Sortie], gauge: Gauge
) -> None:
    """Measure the most pads taken at once."""
    before_s = case.scenario.rules.pad_before_takeoff_s
    drones: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for sortie in sorties:
        drones[sortie.drone] += [
            (sortie.landing_s, sortie.ready_s),
            (sortie.takeoff_s - before_s, sortie.takeoff_s),
        ]
    # A drone that goes again as soon as it is ready stays on its pad.
    days = [np.array(spans) for spans in drones.values()]
    taken: FloatArray = np.vstack(
        [merged(day[:, 0], day[:, 1], TIME_TOLERANCE_S) for day in days]
    )
    taken = taken[taken[:, 1] - taken[:, 0] > TIME_TOLERANCE_S]
    if not len(taken):
        return
    # Where one span ends and another begins, the pad is passed on.
    times = np.concatenate([taken[:, 0], taken[:, 1] - TIME_TOLERANCE_S])
    change = np.repeat([1, -1], len(taken))
    order = np.lexsort((change, times))
    count = np.cumsum(change[order])
    most = int(np.argmax(count))
    gauge.measure(
        "pads.free",
        f"{station.id} {case.clock(times[order][most])}",
        int(count[most]),
        station.pads,
        station.pads - int(count[most]),
        "pads",
    )


def _measure_spacing(
    case: Case, station: Station, sorties: list[Sortie], gauge: Gauge
) -> None:
    """Measure the time between any two take-offs or landings."""
    spacing_s = case.scenario.rules.launch_spacing_s
    moves = np.sort([t for s in sorties for t in (s.takeoff_s, s.landing_s)])
    apart_s = np.diff(moves)
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
