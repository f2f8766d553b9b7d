"""Measure on simulated flights which promises of a plan still hold, and where not."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray
from planner.checks.case import LENGTH_TOLERANCE_M
from planner.checks.separation import closest_approach
from planner.flown.energies import flown_wh
from planner.flown.segments import Segments
from planner.flown.visits import same_ways
from planner.plan import Sortie, Stop
from planner.scenario import Rules, Scenario
from planner.simulation.flights import TOLERANCE_S, Fleet, Flights, late_at

BoolArray = NDArray[np.bool_]

_CHUNK = 400_000


@dataclass(frozen=True, slots=True, eq=False)
class Beyond:
    """
    How far beyond its limit each of some things is, in each run; kept up to 0.

    Parameters
    ----------
    names
        Ids of one route, station or zone, or of two routes.
    excess
        In the unit of the rule, shape (names, runs).
    """

    names: tuple[tuple[str, ...], ...]
    excess: FloatArray


def fleet_beyond(flights: Flights) -> Beyond:
    """Return by route how late drones are ready for its sorties [s]."""
    names, excess = [], []
    for k, flown in enumerate(flights.routes):
        planned = np.array([s.takeoff_s for s in flights.sorties[k]])
        names.append((flown.route.id,))
        excess.append((flights.drone_ready_s[k] - planned).max(axis=1) - TOLERANCE_S)
    return Beyond(tuple(names), np.array(excess))


def energy_beyond(scenario: Scenario, flights: Flights) -> Beyond:
    """
    Return by route for how much too long its drones are in the air [s].

    By battery, every second more than planned draws the most that level flight does,
    and what is missing counts by how long that would last.
    """
    names, excess = [], []
    for k, flown in enumerate(flights.routes):
        in_air_s = flights.landing_s[k] - flights.takeoff_s[k]
        duration_s = max(flown.route.duration_s, float(flown.t[-1]))
        over_s = in_air_s - flown.model.usable_endurance_s - TOLERANCE_S
        battery = flown.model.battery
        if battery is not None:
            most_w = battery.most_w(flown.model.airspeed_mps)
            spare_wh = battery.usable_wh - flown_wh(scenario, flown, battery)
            longer_s = np.maximum(in_air_s - duration_s, 0.0)
            over_s = np.maximum(over_s, longer_s - spare_wh * 3600 / most_w)
        names.append((flown.route.id,))
        excess.append(over_s.max(axis=1))
    return Beyond(tuple(names), np.array(excess))


def pads_beyond(scenario: Scenario, fleet: Fleet, flights: Flights) -> Beyond:
    """
    Return by station whether pads are too few or landings too close: 1 or 0.

    A pad is taken from landing until ready, and from before the planned take-off, or
    since the drone is ready where that is later, until the real one.
    """
    rules = scenario.rules
    landed: dict[str, list[FloatArray]] = defaultdict(list)
    drones: dict[str, set[str]] = defaultdict(set)
    for k, flown in enumerate(flights.routes):
        for n, sortie in enumerate(flights.sorties[k]):
            landed[flown.lands_at.id].append(flights.landing_s[k][:, n])
            for station in flown.stations:
                drones[station.id].add(sortie.drone)
    taken = _on_pads(flights, rules.pad_before_takeoff_s)
    runs = len(flights.takeoff_s[0])
    excess = []
    for name, here in drones.items():
        landings = np.sort(np.array(landed[name]).reshape(-1, runs), axis=0)
        apart_s = np.diff(landings, axis=0).min(axis=0, initial=np.inf)
        bad = apart_s < rules.launch_spacing_s - TOLERANCE_S
        if len(here) > scenario.station(name).pads:
            start, end = (np.array(side) for side in zip(*taken[name], strict=True))
            times = np.concatenate([start, np.maximum(end, start) - TOLERANCE_S])
            change = np.repeat([1, -1], len(start))
            order = np.argsort(times, axis=0, kind="stable")
            most = np.cumsum(change[order], axis=0).max(axis=0)
            bad |= most > scenario.station(name).pads
        excess.append(bad.astype(float))
    return Beyond(tuple((name,) for name in drones), np.array(excess))


def _on_pads(
    flights: Flights, before_s: float
) -> dict[str, list[tuple[FloatArray, FloatArray]]]:
    """Return by station from when to when pads are taken, shape (runs,) each."""
    days: dict[str, list[tuple[Sortie, int, int]]] = defaultdict(list)
    for k, sorties in enumerate(flights.sorties):
        for n, sortie in enumerate(sorties):
            days[sortie.drone].append((sortie, k, n))
    spans: dict[str, list[tuple[FloatArray, FloatArray]]] = defaultdict(list)
    for day in days.values():
        day.sort(key=lambda entry: entry[0].takeoff_s)
        first, k, n = day[0]
        takeoff = flights.takeoff_s[k][:, n]
        asked = np.full_like(takeoff, first.takeoff_s - before_s)
        spans[flights.routes[k].station.id].append((asked, takeoff))
        for (_, k, n), (after, k2, n2) in itertools.pairwise(day):
            here = spans[flights.routes[k].lands_at.id]
            asked_s = after.takeoff_s - before_s
            takeoff, ready = flights.takeoff_s[k2][:, n2], flights.ready_s[k][:, n]
            # A drone that is ready only then stays where it is.
            stays = ready >= asked_s - TOLERANCE_S
            here.append((flights.landing_s[k][:, n], np.where(stays, takeoff, ready)))
            here.append((np.where(stays, takeoff, asked_s), takeoff))
        _, k, n = day[-1]
        landing, ready = flights.landing_s[k][:, n], flights.ready_s[k][:, n]
        spans[flights.routes[k].lands_at.id].append((landing, ready))
    return spans


def revisit_beyond(scenario: Scenario, flights: Flights) -> tuple[Beyond, Beyond]:
    """Return by route, and by zone, how much longer than allowed a target waits [s]."""
    stops: dict[str, list[tuple[int, Stop]]] = defaultdict(list)
    for k, flown in enumerate(flights.routes):
        for stop in flown.route.stops:
            stops[stop.target].append((k, stop))
    runs = len(flights.takeoff_s[0]) if flights.takeoff_s else 0
    by_route = np.full((len(flights.routes), runs), -np.inf)
    zones = {z.id: z for z in scenario.zones}
    by_zone = {z: np.full(runs, -np.inf) for z in zones}
    for target in sorted(stops):
        enter, leave, which = _visits(flights, stops[target])
        same = same_ways([(flights.routes[k], stop) for k, stop in stops[target]])
        served = {z for _, stop in stops[target] for z in stop.zones}
        for name in sorted(served & zones.keys()):
            for window in scenario.windows(zones[name]):
                gap_s = _longest_gap_s(enter, leave, which, same, window)
                over_s = gap_s - zones[name].revisit_s - TOLERANCE_S
                np.maximum(by_zone[name], over_s, out=by_zone[name])
                for k in {k for k, _ in stops[target]}:
                    np.maximum(by_route[k], over_s, out=by_route[k])
    seen = [z for z in sorted(by_zone) if np.isfinite(by_zone[z]).any()]
    return (
        Beyond(tuple((f.route.id,) for f in flights.routes), by_route),
        Beyond(tuple((z,) for z in seen), np.array([by_zone[z] for z in seen])),
    )


def _visits(
    flights: Flights, stops: Sequence[tuple[int, Stop]]
) -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
    """Return when a target is visited and by which stop, sorted, (runs, visits)."""
    enter, leave, which = [], [], []
    for number, (k, stop) in enumerate(stops):
        planned = np.array([s.takeoff_s for s in flights.sorties[k]])
        times_s = np.array([stop.enter_s, stop.exit_s])
        late = late_at(flights.routes[k].t, flights.late_s[k], times_s)
        enter.append(planned + stop.enter_s + late[..., 0])
        leave.append(planned + stop.exit_s + late[..., 1])
        which.append(np.full(enter[-1].shape, number))
    one, other, stop_of = (np.concatenate(a, axis=1) for a in (enter, leave, which))
    order = np.argsort(one, axis=1, kind="stable")
    return (
        np.take_along_axis(one, order, axis=1),
        np.take_along_axis(other, order, axis=1),
        np.take_along_axis(stop_of, order, axis=1),
    )


def _longest_gap_s(
    enter: FloatArray,
    leave: FloatArray,
    which: NDArray[np.int64],
    same: BoolArray,
    window: tuple[float, float],
) -> FloatArray:
    """
    Return the longest gap in a window, of each run; infinite without a visit.

    As `planner.flown.visits` has it. What lies outside counts as the window's edge.
    """
    start, end = window
    touched = ((leave > start) & (enter < end)).any(axis=0)
    enter, leave, which = enter[:, touched], leave[:, touched], which[:, touched]
    inside = (enter >= start - TOLERANCE_S) & (leave <= end + TOLERANCE_S)
    edge = np.where(enter < start - TOLERANCE_S, start, end)
    begun, ended = np.where(inside, enter, edge), np.where(inside, leave, edge)
    alike = same[which[:, :-1], which[:, 1:]] & inside[:, :-1] & inside[:, 1:]
    between = ended[:, 1:] - begun[:, :-1]
    steady = np.maximum(np.diff(begun, axis=1), np.diff(ended, axis=1))
    gap = np.where(alike, steady, between).max(axis=1, initial=-np.inf)
    if inside.shape[1]:
        gap = np.maximum(gap, np.maximum(ended[:, 0] - start, end - begun[:, -1]))
    return np.where(inside.any(axis=1), gap, np.inf)


def separation_beyond(rules: Rules, fleet: Fleet, flights: Flights) -> Beyond:
    """
    Return by two routes how much too close their drones come [m].

    Pieces are looked at where the shifts at which they meet are within reach of how
    late their drones are; then the closest approach is exact. Two arrivals in one
    column at once count as if they were in one place. Only routes that come too
    close in some run are named.
    """
    horizontal_m = rules.separation_horizontal_m - LENGTH_TOLERANCE_M
    vertical_m = rules.separation_vertical_m - LENGTH_TOLERANCE_M
    runs = len(flights.takeoff_s[0])
    found: dict[tuple[int, int], FloatArray] = {}
    pairs = _within_reach(fleet, flights)
    step = max(1, _CHUNK // runs)
    for first in range(0, len(pairs), step):
        some = pairs[first : first + step]
        over_m = horizontal_m - _closest_m(fleet, flights, some, vertical_m)
        worst = over_m.max(axis=1)
        for row in np.flatnonzero(worst > 0):
            a, b = (int(fleet.near.pieces.route[p]) for p in some[row, :2])
            _deepen(found, (a, b), over_m[row])
    for pair, over_m in _in_columns(fleet, flights, rules):
        _deepen(found, pair, over_m)
    names = [tuple(sorted(flights.routes[k].route.id for k in p)) for p in found]
    return Beyond(tuple(names), np.array(list(found.values())).reshape(-1, runs))


def _deepen(
    found: dict[tuple[int, int], FloatArray], pair: tuple[int, int], over_m: FloatArray
) -> None:
    known = found.setdefault(pair, np.full(len(over_m), -np.inf))
    np.maximum(known, over_m, out=known)


def _within_reach(fleet: Fleet, flights: Flights) -> NDArray[np.int64]:
    """Return rows of (piece, other piece, sortie, other sortie) that might meet."""
    near = fleet.near
    latest = [float(late.max()) for late in flights.late_s]
    planned = [np.array([s.takeoff_s for s in own]) for own in flights.sorties]
    rows = [np.empty((0, 4), dtype=np.int64)]
    for i, j, low_s, high_s in zip(
        near.i.tolist(),
        near.j.tolist(),
        near.low_s.tolist(),
        near.high_s.tolist(),
        strict=True,
    ):
        a, b = int(near.pieces.route[i]), int(near.pieces.route[j])
        shift = np.subtract.outer(planned[b], planned[a])
        close = (shift >= low_s - latest[b]) & (shift <= high_s + latest[a])
        if a == b:
            close &= shift > 0  # of two sorties the later one is the other
        m, n = np.nonzero(close)
        if len(n):
            rows.append(np.column_stack([np.full((len(n), 2), (i, j)), n, m]))
    return np.concatenate(rows)


def _closest_m(
    fleet: Fleet, flights: Flights, rows: NDArray[np.int64], vertical_m: float
) -> FloatArray:
    """Return how close two pieces come as they are flown, shape (rows, runs) [m]."""
    pieces = fleet.near.pieces
    runs = len(flights.takeoff_s[0])
    first_of = np.searchsorted(pieces.route, np.arange(len(fleet.routes)))
    index = rows[:, :2].T.ravel()
    start, end = np.empty((2, len(index), runs))
    for row, (piece, sortie) in enumerate(
        zip(index.tolist(), rows[:, 2:].T.ravel().tolist(), strict=True)
    ):
        k = int(pieces.route[piece])
        vertex = piece - int(first_of[k])
        late = flights.late_s[k][:, sortie, vertex : vertex + 2]
        takeoff_s = flights.sorties[k][sortie].takeoff_s
        start[row] = takeoff_s + pieces.ta[piece] + late[:, 0]
        end[row] = takeoff_s + pieces.tb[piece] + late[:, 1]
    many = np.repeat(index, runs)
    flown = Segments(
        route=pieces.route[many],
        a=pieces.a[many],
        b=pieces.b[many],
        za=pieces.za[many],
        zb=pieces.zb[many],
        ta=start.ravel(),
        tb=end.ravel(),
        shapes=pieces.shapes[:0],
    )
    count = len(rows) * runs
    one = np.arange(count)
    found = closest_approach(flown, one, one + count, np.zeros(count), vertical_m)
    return found.distance_m.reshape(len(rows), runs)


def _in_columns(
    fleet: Fleet, flights: Flights, rules: Rules
) -> Iterator[tuple[tuple[int, int], FloatArray]]:
    """Yield the routes of which two arrivals are in their column at once."""
    stations: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for k, sorties in enumerate(flights.sorties):
        name = flights.routes[k].lands_at.id
        stations[name] += [(k, n) for n in range(len(sorties))]
    for entries in stations.values():
        landing = np.array([flights.landing_s[k][:, n] for k, n in entries])
        entering = landing - fleet.arrives_s[[k for k, _ in entries]][:, None]
        order = np.argsort(entering, axis=0, kind="stable")
        landing = np.take_along_axis(landing, order, axis=0)
        entering = np.take_along_axis(entering, order, axis=0)
        both = entering[1:] < landing[:-1] - TOLERANCE_S
        route = np.array([k for k, _ in entries])[order]
        for a, b in set(zip(route[:-1][both], route[1:][both], strict=True)):
            here = (both & (route[:-1] == a) & (route[1:] == b)).any(axis=0)
            pair = (int(min(a, b)), int(max(a, b)))
            yield pair, np.where(here, rules.separation_horizontal_m, -np.inf)
