"""Measure the routes that are flown today as those of a plan are measured."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.basics.clock import Span
from planner.checks.airspace import airspace
from planner.checks.case import Case
from planner.checks.coverage import coverage
from planner.checks.energy import energy
from planner.checks.motion import asked_dwell_s
from planner.checks.verdict import Gauge, Violation
from planner.drawn.cadence import cadence
from planner.drawn.lookouts import Lookout, lookouts
from planner.drawn.missions import DrawnRoute
from planner.flown.tracks import FlownRoute, over_the_seam, pieces_of_path
from planner.given.stamina import turnaround_after_s
from planner.plan import Plan, Stop, Unserved
from planner.scenario import Scenario, Zone

COMPARED = (
    "zones_served",
    "routes",
    "sorties",
    "drones_peak",
    "flight_hours",
    "worst_idleness_ratio",
)
"""Metrics of a plan that stand beside those of today's routes."""

_DWELL_TOLERANCE_S = 0.05
"""What a mission's hold may be shorter than the stay that it stands for [s]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TodaysRoute:
    """
    What a route that is flown today takes.

    Parameters
    ----------
    zones
        Ids of those that it is flown for: it sees something of them, and nobody need
        come for it.
    headway_s
        How often it has to be flown for them when it is flown most; None if never.
    load
        Drones that it occupies then on average.
    sorties
        In the horizon, on average.
    """

    id: str
    file: str
    depot: str
    duration_s: float
    zones: tuple[str, ...]
    headway_s: float | None
    load: float
    sorties: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """
    What the routes that are flown today do, and what they take.

    Parameters
    ----------
    seen
        What they see of each zone.
    in_passing
        Ids of zones that are seen whole, but not as a plan must see them: nobody
        stays there as long as is asked for, or buildings hide some from where one
        does.
    drones
        By station, the load of its routes in the busiest stretch of the day, as whole
        drones.
    worst_idleness_ratio
        How many of its intervals a zone that is seen waits: 1 where the stations have
        drones enough, see `planner.drawn.cadence`. None if no zone is seen, or one from
        stations without drones alone.
    violations
        Where they break the rules of energy and airspace.
    """

    routes: tuple[TodaysRoute, ...]
    seen: tuple[Lookout, ...]
    in_passing: tuple[str, ...]
    drones: Mapping[str, int]
    worst_idleness_ratio: float | None
    violations: tuple[Violation, ...]

    @property
    def unseen(self) -> tuple[Lookout, ...]:
        """What nobody sees whole."""
        return tuple(lookout for lookout in self.seen if not lookout.routes)

    @property
    def flight_hours(self) -> float:
        """Hours in the air in the horizon."""
        return sum(r.sorties * r.duration_s for r in self.routes) / 3600

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        ratio = self.worst_idleness_ratio
        return {
            "zones": len(self.seen),
            "zones_seen": len(self.seen) - len(self.unseen),
            "zones_in_passing": list(self.in_passing),
            "zones_unseen": {s.zone.id: round(s.share, 4) for s in self.unseen},
            "drones": sum(self.drones.values()),
            "drones_by_station": dict(self.drones),
            "sorties": round(sum(r.sorties for r in self.routes), 3),
            "flight_hours": round(self.flight_hours, 6),
            "worst_idleness_ratio": ratio and round(ratio, 6),
            "routes": [
                {
                    "id": r.id,
                    "file": r.file,
                    "depot": r.depot,
                    "duration_s": r.duration_s,
                    "zones": list(r.zones),
                    "headway_s": r.headway_s and round(r.headway_s, 3),
                    "load": round(r.load, 6),
                    "sorties": round(r.sorties, 3),
                }
                for r in self.routes
            ],
            "violations": [
                {"rule": v.rule, "where": v.where, "found": v.found, "limit": v.limit}
                for v in self.violations
            ],
        }


def measure_today(scenario: Scenario, drawn: Sequence[DrawnRoute]) -> Today:
    """
    Return what drawn routes do in a scenario, over its horizon.

    Each is flown as often as the zones that it sees ask for, see
    `planner.drawn.cadence`; where closures have hours, by the simplest clock.
    """
    seen = lookouts(scenario, drawn)
    depots = [route.flown.station for route in drawn]
    durations_s = np.array([route.flown.route.duration_s for route in drawn])
    cycles_s = durations_s + [
        turnaround_after_s(
            route.flown.model, route.flown.route.duration_s, scenario.rules.ceiling_m
        )
        for route in drawn
    ]
    stretches = scenario.stretches()
    cadences = [cadence(scenario, s, seen, depots, cycles_s) for s in stretches]
    rates = np.array([c.per_hour for c in cadences])
    hours = np.diff(stretches).ravel() / 3600
    zones: dict[int, list[str]] = defaultdict(list)
    for lookout in seen:
        for i in lookout.routes:
            zones[i].append(lookout.zone.id)
    figures = tuple(
        TodaysRoute(
            id=route.id,
            file=route.file,
            depot=depots[i].id,
            duration_s=float(durations_s[i]),
            zones=tuple(zones[i]) if most > 0 else (),
            headway_s=3600 / most if most > 0 else None,
            load=most * float(cycles_s[i]) / 3600,
            sorties=float(hours @ rates[:, i]),
        )
        for i, (route, most) in enumerate(
            zip(drawn, rates.max(axis=0).tolist(), strict=True)
        )
    )
    flown = [
        _clocked(route, figure, stretches, rates[:, i] > 0)
        for i, (route, figure) in enumerate(zip(drawn, figures, strict=True))
    ]
    loads = np.max([c.loads for c in cadences], axis=0)
    waits = [c.stretched for c in cadences if c.per_hour.any()]
    told = [wait for wait in waits if wait is not None]
    return Today(
        routes=figures,
        seen=seen,
        in_passing=_in_passing(scenario, drawn, flown, seen),
        drones={
            station.id: math.ceil(load - 1e-6)
            for station, load in zip(scenario.stations, loads, strict=True)
            if station in depots
        },
        worst_idleness_ratio=max(told) if told and len(told) == len(waits) else None,
        violations=_violations(scenario, flown),
    )


def _clocked(
    drawn: DrawnRoute,
    figure: TodaysRoute,
    stretches: Sequence[Span],
    flies: NDArray[np.bool_],
) -> FlownRoute:
    """Return a route with take-offs at its headway in the stretches that it flies."""
    if figure.headway_s is None:
        return drawn.flown
    takeoffs = np.arange(0.0, stretches[-1][1], figure.headway_s)
    wanted = np.zeros(len(takeoffs), dtype=bool)
    for (start_s, end_s), here in zip(stretches, flies, strict=True):
        if here:
            wanted |= (takeoffs < end_s) & (takeoffs + figure.duration_s > start_s)
    route = replace(drawn.flown.route, headway_s=figure.headway_s, load=figure.load)
    return replace(drawn.flown, route=route, takeoffs=takeoffs[wanted])


def _violations(
    scenario: Scenario, flown: Sequence[FlownRoute]
) -> tuple[Violation, ...]:
    """Return where routes break the rules that need no plan round them."""
    found: list[Violation] = []
    case = _case(scenario, flown, ())
    for rule in (energy, airspace):
        gauge = Gauge(rule.__name__)
        rule(case, gauge)
        found += gauge.violations
    # A layer is what a plan gives to a route; others may climb on their way.
    return tuple(v for v in found if v.code != "airspace.layer")


def _in_passing(
    scenario: Scenario,
    drawn: Sequence[DrawnRoute],
    flown: Sequence[FlownRoute],
    seen: Sequence[Lookout],
) -> tuple[str, ...]:
    """Return the zones that are seen, but would not do as served zones of a plan."""
    zones = [lookout.zone for lookout in seen if lookout.routes]
    left_out = [lookout.zone.id for lookout in seen if not lookout.routes]
    stopping = [
        replace(f, route=replace(f.route, stops=_stops(route, zones)))
        for route, f in zip(drawn, flown, strict=True)
    ]
    gauge = Gauge(coverage.__name__)
    coverage(_case(scenario, stopping, left_out), gauge)
    return tuple(dict.fromkeys(v.where for v in gauge.violations))


def _stops(drawn: DrawnRoute, zones: Sequence[Zone]) -> tuple[Stop, ...]:
    """Return the pieces of a route as stops for the zones near them."""
    flown, pieces = drawn.flown, drawn.pieces_looked()
    if not pieces or not zones:
        return ()
    spans = np.array([span for span, _ in pieces])
    starts, ends = flown.at(spans[:, 0]), flown.at(spans[:, 1])
    tree = shapely.STRtree([zone.geometry for zone in zones])
    served: dict[tuple[int, str], list[str]] = defaultdict(list)
    widest_m = max(
        flown.model.view_radius_m,
        *(flown.reach_m(_stop(span, "sweep")) for span, _ in pieces),
    )
    near = tree.query(pieces_of_path(starts, ends), "dwithin", widest_m)
    for k, z in sorted(zip(*near.tolist(), strict=True)):
        zone, ((start_s, end_s), rests) = zones[z], pieces[k]
        if zone.kind == "watch" and not (
            rests
            and asked_dwell_s(flown, zone, starts[k])
            <= end_s - start_s + _DWELL_TOLERANCE_S
        ):
            continue
        served[k, zone.kind].append(zone.id)
    return tuple(
        replace(_stop(pieces[k][0], kind), zones=tuple(ids))
        for (k, kind), ids in served.items()
    )


def _stop(span: tuple[float, float], kind: str) -> Stop:
    return Stop(zones=(), target="", kind=kind, enter_s=span[0], exit_s=span[1])


def _case(
    scenario: Scenario, flown: Sequence[FlownRoute], left_out: Sequence[str]
) -> Case:
    """Return routes as a plan to be judged, but for who flies them."""
    plan = Plan(
        horizon={
            "start": scenario.horizon.start,
            "seconds": scenario.horizon.length_s,
        },
        stations=(),
        drone_models=(),
        routes=tuple(f.route for f in flown),
        roster=(),
        unserved=tuple(Unserved(zone=z, code="not_found", reason="") for z in left_out),
    )
    return Case(
        given=scenario,
        scenario=scenario,
        plan=plan,
        flown=tuple(flown),
        routes=over_the_seam(scenario.horizon, flown),
        gaps=[],
    )
