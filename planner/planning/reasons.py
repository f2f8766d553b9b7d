"""
Say why a zone is left out, with the figures behind it.

Reasons are proofs, since they follow from the scenario alone, but for three: what
buildings hide and where ground leaves no layer is as the planner looks for it, and a
flight is too long for an interval unless routes took turns at a target. What else was
not found is told as that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.airspace.freespace import free_space
from planner.basics.clock import clock_text, week_text
from planner.basics.geometry import FloatArray
from planner.basics.physics import flight_time_s
from planner.given.stamina import longest_sortie_s
from planner.implied.winds import all_winds
from planner.network.reach import straight_s
from planner.plan import Unserved, filled
from planner.planning.alone import Alone, alone_by_station, least_alone
from planner.planning.searched import minutes_up, not_found
from planner.planning.shortages import shortage
from planner.problem import FAR, Problem
from planner.scenario import Scenario, Zone
from planner.targets import Discretised, Target


def reasons(
    scenario: Scenario,
    discretised: Discretised,
    problems: Sequence[Problem],
    served: Collection[str],
    visited: Collection[str],
    given: Scenario,
) -> tuple[Unserved, ...]:
    """
    Return a reason for every zone that is not served.

    Parameters
    ----------
    served
        Ids of the zones that are.
    visited
        Ids of the targets on some route.
    given
        The scenario with the drones that teams keep.
    """
    home = {t.id: p for p in problems for t in p.targets}
    space = cache(partial(free_space, scenario))

    @cache
    def each(target: Target) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Return what flying only a target takes from each station, if that can be."""
        return alone_by_station(scenario, target, home.get(target.id))

    @cache
    def alone_s(target: Target) -> Alone:
        """Return the least that flying only a target takes."""
        return least_alone(scenario, space, target, *each(target))

    told = []
    for zone in scenario.zones:
        if zone.id in served:
            continue
        targets = [t for t in discretised.targets if zone.id in t.zones]
        if not scenario.windows(zone):
            told.append(_asleep(zone))
        elif zone.id in discretised.closed:
            told.append(_closed(zone, discretised.closed[zone.id]))
        else:
            told.append(
                _over_ground(scenario, zone, targets, home)
                or _barred(scenario, zone, targets, alone_s)
                or _far(scenario, zone, targets, alone_s)
                or _short(scenario, zone, targets, alone_s)
                or _without_pilots(scenario, zone, targets, home)
                or _without_layer(scenario, zone, targets)
                or _without_supply(given, zone, targets, lambda t: each(t)[0])
                or unserved(zone.id, *not_found(zone, targets, home, visited))
            )
    return tuple(told)


def unserved(zone: str, code: str, figures: Mapping[str, Any]) -> Unserved:
    """Return an entry with its reason and remedy in English."""
    return Unserved(
        zone=zone,
        code=code,
        reason=filled(f"unserved.{code}", "en", figures),
        figures=dict(figures),
        remedy=filled(f"remedy.{code}", "en", figures),
    )


def _asleep(zone: Zone) -> Unserved:
    spans = [f"{clock_text(a)}-{clock_text(b)}" for a, b in zone.active]
    spans += [f"{week_text(a)}-{clock_text(b)}" for a, b in zone.weekly]
    return unserved(zone.id, "not_active", {"active": ", ".join(spans) or "-"})


def _closed(zone: Zone, figures: Mapping[str, Any]) -> Unserved:
    if "buildings" in figures:
        what = "buildings" if figures["buildings"] else "hills"
        return unserved(zone.id, f"hidden_by_{what}", figures)
    return unserved(
        zone.id,
        "inside_closed_airspace",
        {
            "airspace": ", ".join(figures["airspace"]) or "?",
            "share_percent": round(100 * figures["servable_share"], 1),
        },
    )


def _over_ground(
    scenario: Scenario,
    zone: Zone,
    targets: Sequence[Target],
    home: Mapping[str, Problem],
) -> Unserved | None:
    """Return the reason if no layer leads to a target over ground that is not flat."""
    rules = scenario.rules
    if scenario.terrain is None:
        return None
    longest_s = [
        longest_sortie_s(scenario.model(station.model), rules.ceiling_m)
        for station in scenario.stations
    ]
    for target in targets:
        problem = home.get(target.id)
        if problem is not None and _is_led_to(problem, target):
            continue
        if np.any(straight_s(scenario, target) <= longest_s):
            figures = {"floor_m": rules.floor_m, "ceiling_m": rules.ceiling_m}
            return unserved(zone.id, "no_layer_over_ground", figures)
    return None


def _is_led_to(problem: Problem, target: Target) -> bool:
    """Whether some station has a way to a target and back."""
    nodes = problem.nodes_of(problem.index(target.id))
    return any(
        bool((table.out[s, nodes] + table.back[nodes, s] < FAR).any())
        for s in range(len(problem.stations))
        for table in [problem.table(s)]
    )


def _barred(
    scenario: Scenario,
    zone: Zone,
    targets: Sequence[Target],
    alone_s: Callable[[Target], Alone],
) -> Unserved | None:
    """Return the reason if no path leads to a target and back from any station."""
    for target in targets:
        _, needed, station = alone_s(target)
        if math.isinf(needed):
            wind = max(math.hypot(*blow) for blow in all_winds(scenario))
            return unserved(zone.id, "no_way", {"station": station, "wind_mps": wind})
    return None


def _far(
    scenario: Scenario,
    zone: Zone,
    targets: Sequence[Target],
    alone_s: Callable[[Target], Alone],
) -> Unserved | None:
    """Return the reason if a target is out of reach of every station."""
    target = max(targets, key=lambda t: (alone_s(t), t.id))
    excess, needed, station = alone_s(target)
    if excess <= 0:
        return None
    model = scenario.model(scenario.station(station).model)
    longest_s = longest_sortie_s(model, scenario.rules.ceiling_m)
    return unserved(
        zone.id,
        "out_of_reach",
        {
            "needed_min": minutes_up(needed),
            "station": station,
            "allowed_min": round(longest_s / 60, 1),
            "closer_km": _km_up(excess / _out_and_back_s(scenario, station, target)),
        },
    )


def _out_and_back_s(scenario: Scenario, station_id: str, target: Target) -> float:
    """Return what a metre of the way to a target takes, there and back [s]."""
    station = scenario.station(station_id)
    airspeed = scenario.model(station.model).airspeed_mps
    step = target.ways[0].xy[0] - [station.point.x, station.point.y]
    dx, dy = np.stack([step, -step]).T
    times = flight_time_s(dx, dy, airspeed, all_winds(scenario))
    return float(times.sum() / np.hypot(*step))


def _short(
    scenario: Scenario,
    zone: Zone,
    targets: Sequence[Target],
    alone_s: Callable[[Target], Alone],
) -> Unserved | None:
    """Return the reason if a flight alone takes longer than an interval."""
    for target in targets:
        _, needed, station = alone_s(target)
        spacing = scenario.rules.launch_spacing_s
        if needed + spacing > zone.revisit_s:
            return unserved(
                zone.id,
                "interval_too_short",
                {
                    "interval_min": round(zone.revisit_s / 60, 1),
                    "needed_min": minutes_up(needed),
                    "station": station,
                    "spacing_s": round(spacing),
                    "possible_min": math.ceil((needed + spacing) / 60),
                },
            )
    return None


def _without_pilots(
    scenario: Scenario,
    zone: Zone,
    targets: Sequence[Target],
    home: Mapping[str, Problem],
) -> Unserved | None:
    """Return the reason if no pilot near a target is on duty for too long."""
    if scenario.crews is None:
        return None
    problems = {id(p): p for t in targets if (p := home.get(t.id)) is not None}
    for problem in problems.values():
        names = [station.district for station in problem.stations]
        for begin_s, end_s in scenario.crews.grounded(names, scenario.horizon):
            for low_s, high_s in scenario.hours(zone):
                off_s = min(end_s, high_s) - max(begin_s, low_s)
                if off_s > zone.revisit_s or (begin_s <= low_s and high_s <= end_s):
                    figures = {
                        "begin": scenario.horizon.moment(begin_s),
                        "end": scenario.horizon.moment(end_s),
                        "interval_min": round(zone.revisit_s / 60, 1),
                    }
                    return unserved(zone.id, "no_pilots", figures)
    return None


def _without_layer(
    scenario: Scenario, zone: Zone, targets: Sequence[Target]
) -> Unserved | None:
    """Return the reason if no layer is open to a target."""
    if all(t.layers_m for t in targets):
        return None
    rules = scenario.rules
    return unserved(
        zone.id, "no_layer", {"floor_m": rules.floor_m, "ceiling_m": rules.ceiling_m}
    )


def _without_supply(
    given: Scenario,
    zone: Zone,
    targets: Sequence[Target],
    each_s: Callable[[Target], FloatArray],
) -> Unserved | None:
    """Return the reason if what stations have is too little for a target alone."""
    figures = shortage(given, zone, targets, each_s)
    return unserved(zone.id, "infeasible", figures) if figures else None


def _km_up(metres: float) -> float:
    return math.ceil(metres / 100) / 10
