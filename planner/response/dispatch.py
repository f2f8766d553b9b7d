"""
Rank the drones for one incident, each on a way that is free of the patrol.

With what the patrol loses by each. docs/response.md holds the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.basics.clock import Span
from planner.basics.geometry import FloatArray
from planner.flown.tracks import flown_routes, over_horizon_of, round_again
from planner.given.stamina import longest_sortie_s
from planner.plan import Plan
from planner.response.errands import Errand, errands
from planner.response.losses import LostVisit, Visits, lost_visits
from planner.response.passage import Asked, Passage, free, soonest
from planner.response.rounds import days_of
from planner.response.standins import Roster, broken_flights
from planner.response.traffic import Blocks, Traffic, blocks, traffic
from planner.scenario import Scenario

LONGEST_WAIT_S = 900.0
"""Who had to wait longer than this for a free way is not sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What one drone can do about an incident.

    Times are seconds from the call.

    Parameters
    ----------
    route
        That it leaves, or "" if it stands ready at its station.
    layer_m
        The height at which its way there, its stay and its way home meet nobody.
    leaves_s
        When it takes off, or leaves its route.
    waits_s
        How much of that it waits because every layer is taken before.
    leaves_by_s
        The latest that it may leave and still meet nobody, all later by as much.
    overhead_s
        When it is overhead, at most.
    homes
        When it may fly home and meet nobody, closed spans.
    stays_s
        How long it can stay and still land in time: at its station, or where its
        route ends.
    meets
        Routes that it would meet if it did not wait.
    path, t_s
        Its way there and home, at the latest, as longitude, latitude and height
        above the reference level, and when it is at each corner.
    sorties_lost
        Flights of the roster that are broken off or not flown, because no other
        drone at the station is free for them. For a route that ends elsewhere none
        is: it would be missed where it stands.
    lost
        By zone, the longest waits first.
    """

    drone: str
    station: str
    route: str
    layer_m: float
    leaves_s: float
    waits_s: float
    leaves_by_s: float
    overhead_s: float
    homes: tuple[Span, ...]
    stays_s: float
    meets: tuple[str, ...]
    path: tuple[tuple[float, float, float], ...]
    t_s: tuple[float, ...]
    sorties_lost: int
    lost: tuple[LostVisit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """
    A drone that could be there, but finds no free way.

    Parameters
    ----------
    meets
        Routes that it would meet; none if only its station has no moment for it to
        land.
    """

    drone: str
    station: str
    route: str
    meets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The drones that can be sent, the first there first, and those kept from it."""

    answers: tuple[Answer, ...]
    kept: tuple[Kept, ...]


def dispatch(
    scenario: Scenario, plan: Plan, xy: FloatArray, moment_s: float
) -> Ranking:
    """
    Return the drones that can be over a place, the first there first.

    Each at the layer at which it is there soonest and meets nobody: on its way, for
    `overhead_s` there, and on its way home. What is lost is told for a drone that
    stays as long as it can; until it is ready again its flights are flown by others
    at its station where one is free.

    Parameters
    ----------
    xy
        The place, shape (2,) [m].
    moment_s
        Of the call, from the start of the horizon.
    """
    scenario = over_horizon_of(scenario, plan)
    place = np.asarray(xy, dtype=float)
    if not np.isfinite(place).all():
        return Ranking(answers=(), kept=())
    flown = flown_routes(scenario, plan)
    roster = Roster(plan, days_of(scenario, plan))
    until_s = moment_s + scenario.rules.launch_s + LONGEST_WAIT_S
    longest_s = max(
        (longest_sortie_s(m, scenario.rules.ceiling_m) for m in scenario.drone_models),
        default=0.0,
    )
    horizon = scenario.horizon
    routes = round_again(horizon, flown, until_s + longest_s - horizon.length_s)
    around = traffic(scenario, routes, (moment_s, until_s + longest_s))
    able = errands(scenario, routes, roster.days, place, moment_s, until_s)
    tried = _tried(scenario, around, able, moment_s, until_s + longest_s)
    best: dict[str, _Tried] = {}
    for one in sorted(tried, key=_order):
        best.setdefault(one.errand.drone, one)
    visits = Visits(scenario, flown)
    names = [f.route.id for f in around.routes] if around else []
    first = _unhindered(tried)
    return Ranking(
        answers=tuple(
            _answer(scenario, visits, roster, one, first[drone].meets(names), moment_s)
            for drone, one in best.items()
            if one.passage
        ),
        kept=tuple(
            Kept(
                drone=drone,
                station=one.errand.station.id,
                route=one.errand.route,
                meets=first[drone].meets(names),
            )
            for drone, one in best.items()
            if not one.passage
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """An errand, its soonest passage, and what is in the way of a start at once."""

    errand: Errand
    passage: Passage | None
    met: frozenset[int]

    @property
    def over_at_s(self) -> float:
        """When it is overhead."""
        if self.passage is None:
            return float("inf")
        return self.passage.start_s + self.errand.over_s

    def meets(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the routes in the way, by name."""
        return tuple(sorted(names[k] for k in self.met))


def _order(one: _Tried) -> tuple[float, float, str, str]:
    return one.over_at_s, one.errand.layer_m, one.errand.drone, one.errand.route


def _unhindered(tried: Sequence[_Tried]) -> dict[str, _Tried]:
    """Return by drone what it would have tried first, were nobody else in the air."""
    first: dict[str, _Tried] = {}
    for one in sorted(tried, key=lambda t: t.errand.starts[0][0] + t.errand.over_s):
        first.setdefault(one.errand.drone, one)
    return first


def _tried(
    scenario: Scenario,
    around: Traffic | None,
    able: Sequence[Errand],
    moment_s: float,
    until_s: float,
) -> list[_Tried]:
    """Return what comes of each errand with the patrol in the air."""
    whole = (moment_s, until_s)
    kinds = [
        blocks(around, [getattr(one, part) for one in able])
        for part in ("hold", "out", "stay", "home")
    ]
    found = []
    for one, hold, out, stay, home in zip(able, *kinds, strict=True):
        starts = one.starts
        if one.holds:
            # It holds where it is, until somebody comes there.
            first_s = starts[0][0]
            calm = free(hold.spans, (first_s, starts[-1][1]))
            starts = calm[:1] if calm and calm[0][0] == first_s else [(first_s,) * 2]
        asked = Asked(
            starts=[
                span for low, high in starts for span in free(out.spans, (low, high))
            ],
            stays=free(stay.spans, whole),
            homes=free(np.vstack([home.spans, one.landings]), whole),
            over_s=one.over_s,
            stay_s=scenario.rules.overhead_s,
            lasts_s=one.lasts_s,
            until_s=one.until_s,
        )
        passage, met = soonest(asked), frozenset[int]()
        if passage is None or passage.start_s > one.starts[0][0]:
            met = _met_at_once(one, scenario.rules.overhead_s, out, stay, home)
        found.append(_Tried(errand=one, passage=passage, met=met))
    return found


def _met_at_once(
    one: Errand, stay_s: float, out: Blocks, stay: Blocks, home: Blocks
) -> frozenset[int]:
    """Return the routes met by who starts at once, or if none is, on the way home."""
    start_s = one.starts[0][0]
    there_s = start_s + one.over_s
    leaves_s = there_s + stay_s
    on_way = _within(out, start_s, start_s) | _within(stay, there_s, leaves_s)
    latest_s = max(leaves_s, min(start_s + one.lasts_s, one.until_s))
    return on_way or _within(home, leaves_s, latest_s)


def _within(found: Blocks, low_s: float, high_s: float) -> frozenset[int]:
    """Return the routes that block some of a stretch of time."""
    hit = (found.spans[:, 0] < high_s) & (low_s < found.spans[:, 1])
    return frozenset(found.route[hit].tolist())


def _answer(
    scenario: Scenario,
    visits: Visits,
    roster: Roster,
    one: _Tried,
    meets: tuple[str, ...],
    moment_s: float,
) -> Answer:
    """Return what a drone can do, with what is lost by it."""
    errand, passage = one.errand, one.passage
    assert passage is not None
    broken = broken_flights(scenario, roster, errand, passage, moment_s)
    leaves_s = passage.start_s
    away_s = passage.homes[-1][1]
    xy = np.vstack([errand.out.xy, errand.home.xy])
    height_m = np.concatenate([errand.out.z, errand.home.z])
    times = np.concatenate([leaves_s + errand.out.t, away_s + errand.home.t])
    waits_s = leaves_s - errand.starts[0][0]
    return Answer(
        drone=errand.drone,
        station=errand.station.id,
        route=errand.route,
        layer_m=errand.layer_m,
        leaves_s=leaves_s - moment_s,
        waits_s=waits_s,
        leaves_by_s=passage.holds_until_s - moment_s,
        overhead_s=one.over_at_s - moment_s,
        homes=tuple((a - moment_s, b - moment_s) for a, b in passage.homes),
        stays_s=away_s - one.over_at_s,
        meets=meets,
        path=tuple(
            (float(lon), float(lat), float(z))
            for (lon, lat), z in zip(
                scenario.projection.to_lonlat(xy), height_m, strict=True
            )
        ),
        t_s=tuple((times - moment_s).tolist()),
        sorties_lost=len(broken),
        lost=lost_visits(visits, broken),
    )
