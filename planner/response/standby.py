"""Say which drones stand ready at stations, and when one could leave."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray
from planner.flown.tracks import merged
from planner.implied.bureaux import bureaux
from planner.plan import Plan, Route, Sortie
from planner.scenario import ResponseTeam, Scenario, Station


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standby:
    """
    The drones of a station at some moments.

    Parameters
    ----------
    drones
        All of the station, rostered or not, then those that land there from others.
    ready
        Which of them could be launched, shape (drones, moments): charged, with a pad,
        and not off on their roster before they could leave.
    launch_s
        How long after each moment the station's column is free for a launch.
    """

    station: Station
    drones: tuple[str, ...]
    ready: NDArray[np.bool_]
    launch_s: FloatArray

    @property
    def leaves_s(self) -> FloatArray:
        """How long after each moment a drone leaves; infinite where none can."""
        return np.where(self.ready.any(axis=0), self.launch_s, np.inf)


def sorties_by_drone(plan: Plan) -> dict[str, list[Sortie]]:
    """Return each drone's sorties in the order of take-off."""
    days: dict[str, list[Sortie]] = defaultdict(list)
    for sortie in sorted(plan.roster, key=lambda s: s.takeoff_s):
        days[sortie.drone].append(sortie)
    return days


class Away(NamedTuple):
    """
    A stretch of time in which a drone is not at a station, or not ready there.

    From its take-off there, or always, until it lands there and is ready, or for good.
    """

    takeoff_s: float
    landing_s: float
    ready_s: float


Days = Mapping[str, Mapping[str, Sequence[Away]]]
"""By station and drone, when that is away; in order."""


def days_away(
    routes: Iterable[Route], days: Mapping[str, Sequence[Sortie]]
) -> dict[str, dict[str, list[Away]]]:
    """
    Return for each station which drones stand there, and when they do not.

    A drone stands at the station that it is named for until it lands elsewhere; in the
    round before, where the first of those routes begins. One that never leaves its
    station is not told of.

    Parameters
    ----------
    days
        Sorties by drone, in the order of take-off.
    """
    ends = {r.id: (r.depot, r.ends_at) for r in routes if r.ends_at}
    found: dict[str, dict[str, list[Away]]] = defaultdict(dict)
    for drone, sorties in days.items():
        home = drone.rpartition("-")[0]
        moves = (ends[s.route][0] for s in sorties if s.route in ends)
        place = next(moves, home)
        for sortie in sorties:
            _, goes_to = ends.get(sortie.route, (place, place))
            left = found[place].setdefault(drone, [])
            left.append(Away(sortie.takeoff_s, math.inf, math.inf))
            since_s = found[goes_to].setdefault(drone, [])
            before = since_s.pop() if since_s else Away(-math.inf, 0.0, 0.0)
            since_s.append(Away(before.takeoff_s, sortie.landing_s, sortie.ready_s))
            place = goes_to
    return dict(found)


def drones_of(station: Station) -> tuple[str, ...]:
    """Return the names of a station's drones."""
    return tuple(f"{station.id}-{n + 1}" for n in range(station.drones))


def drones_at(station: Station, days: Days) -> tuple[str, ...]:
    """Return a station's drones, then those of others that stand there at times."""
    others = (d for d in days.get(station.id, ()) if d.rpartition("-")[0] != station.id)
    return (*drones_of(station), *sorted(others))


def standby(
    scenario: Scenario,
    station: Station,
    days: Days,
    moments: FloatArray,
) -> Standby:
    """
    Return who stands ready at a station at some moments.

    A launch takes `launch_s` and then waits until it is `launch_spacing_s` from
    every take-off and landing of the roster. It needs a pad: one that is free until
    then, or the drone's own before its next flight.

    Parameters
    ----------
    days
        What `days_away` returns.
    moments
        Seconds from the start of the horizon, sorted.
    """
    rules = scenario.rules
    drones = drones_at(station, days)
    own = [days.get(station.id, {}).get(drone, ()) for drone in drones]
    leaves = _free_column(
        moves_of(own),
        moments + rules.launch_s,
        rules.launch_spacing_s,
    )
    shape = (len(drones), len(moments))
    busy, on_pad = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    for i, day in enumerate(own):
        if not day:
            continue
        takeoff, landing, ready = np.array(day).T
        busy[i] = _touched(takeoff, ready, moments, leaves)
        low = np.concatenate([landing, takeoff - rules.pad_before_takeoff_s])
        high = np.concatenate([ready, takeoff])
        pad = merged(low, high, 0.0)
        on_pad[i] = _touched(pad[:, 0], pad[:, 1], moments, leaves)
    room = on_pad.sum(axis=0) < station.pads
    return Standby(
        station=station,
        drones=drones,
        ready=~busy & (on_pad | room),
        launch_s=leaves - moments,
    )


def moves_of(days: Iterable[Sequence[Away]]) -> FloatArray:
    """Return the take-offs and landings of drones at their station."""
    moves = [t for day in days for away in day for t in away[:2] if math.isfinite(t)]
    return np.array(moves, dtype=float)


def _free_column(moves: FloatArray, wanted: FloatArray, spacing_s: float) -> FloatArray:
    """Return the first moments, not before those wanted, apart from all moves."""
    # Between two that only touch there is a moment for one launch.
    taken = merged(moves - spacing_s, moves + spacing_s, -1e-6)
    at = np.searchsorted(taken[:, 0], wanted, side="left") - 1
    until = np.where(at >= 0, taken[at, 1] if len(taken) else -np.inf, -np.inf)
    return np.maximum(wanted, until)


def _touched(
    low: FloatArray, high: FloatArray, start: FloatArray, end: FloatArray
) -> NDArray[np.bool_]:
    """Whether stretches of time overlap any of some spans that do not overlap."""
    at = np.searchsorted(low, end, side="right") - 1
    return np.asarray((at >= 0) & (high[at] > start))


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamGap:
    """
    How a response team is provided for.

    Parameters
    ----------
    wanted
        Charged drones that its bureau has to have, so that it has its own.
    fewest
        That the bureau has at any moment.
    short_s
        For how long it has fewer than are wanted, over the horizon.
    since_s
        When that is first so [s from the start of the horizon]; None if never.
    """

    team: ResponseTeam
    wanted: int
    fewest: int
    short_s: float
    since_s: float | None


def team_gaps(scenario: Scenario, plan: Plan) -> tuple[TeamGap, ...]:
    """
    Return how long each response team has no charged drone of its own.

    It has the drones of all stations of its bureau. Of several teams of a bureau the
    first by id is provided for first, each with `team_ready` drones, or one.
    """
    each = max(1, scenario.rules.team_ready)
    days = days_away(plan.routes, sorties_by_drone(plan))
    gaps = [
        _gap(scenario, team, each * rank, bureau.stations, days)
        for bureau in bureaux(scenario)
        for rank, team in enumerate(bureau.teams, 1)
    ]
    return tuple(sorted(gaps, key=lambda gap: gap.team.id))


def _gap(
    scenario: Scenario,
    team: ResponseTeam,
    wanted: int,
    stations: Sequence[Station],
    days: Days,
) -> TeamGap:
    """Return how long stations have fewer charged drones than are wanted."""
    spans = [
        (away.takeoff_s, away.ready_s)
        for b in stations
        for d in drones_at(b, days)
        for away in days.get(b.id, {}).get(d, ())
    ]
    if scenario.horizon.repeats:
        # Who is not ready at its end is not at its start.
        round_s = scenario.horizon.length_s
        late = [b - round_s for _, b in spans if round_s < b < math.inf]
        spans += [(-round_s, ready_s) for ready_s in late]
    times = np.array([0.0, *(t for span in spans for t in span)])
    change = np.array([0, *([-1, 1] * len(spans))])
    happens = np.isfinite(times)
    times, change = times[happens], change[happens]
    change[0] = sum(b.drones for b in stations)
    # A drone that is ready when another leaves takes its place in no time.
    order = np.lexsort((-change, times))
    times, count = times[order], np.cumsum(change[order])
    length_s = scenario.horizon.length_s
    ends = np.clip(np.append(times[1:], length_s), 0.0, length_s)
    lasts = ends - np.clip(times, 0.0, length_s)
    # What lasts less than a millisecond is rounding.
    held = lasts > 1e-3
    short = held & (count < wanted)
    return TeamGap(
        team=team,
        wanted=wanted,
        fewest=int(count[held].min()),
        short_s=float(lasts[short].sum()),
        since_s=float(times[short][0]) if short.any() else None,
    )
