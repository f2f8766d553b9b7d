"""
Turn draft routes into a timetable: clocks, layers and rosters.

Station by station the clocks are set, then layers part the routes that meet; what
layers cannot part is parted in time, by new clocks for one of the stations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from planner.basics.geometry import FloatArray
from planner.basics.overflight import spans_over
from planner.basics.physics import flight_time_s
from planner.draft import DraftRoute
from planner.given.stamina import turnaround_after_s
from planner.implied.aloft import ground_m
from planner.implied.bureaux import bureau_key
from planner.implied.winds import all_winds
from planner.plan import Route, Sortie, Stop
from planner.scenario import Scenario, Station
from planner.timetable.crewing import Clocked
from planner.timetable.layers import assign_layers, kept_apart, standing
from planner.timetable.rhythm import Rhythm, flown_phases, rhythm
from planner.timetable.roster import make_roster
from planner.timetable.separation import Encounter, Pair, find_encounters
from planner.timetable.stationclock import StationClock, schedule_station

ROUNDS = 3
"""How often pairs that layers cannot part are parted in time, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """
    Routes with clocks and layers, and who flies them.

    It can be flown if `overloaded`, `unflyable` and `unresolved` are empty. The
    routes named in the first two are left out of all else.

    Parameters
    ----------
    routes
        Sorted by id.
    roster
        Every sortie of the horizon.
    peaks
        Drones busy at once at most, by station.
    overloaded
        Drones needed, by station that has fewer on rotation.
    unflyable
        Ids of routes that have no clock at all, even alone.
    unresolved
        Pairs of routes that come too close, whatever was tried.
    tolerances_s
        By pair of routes that share a layer and come close at other times: how
        late a sortie may be before the two meet.
    """

    routes: tuple[Route, ...]
    roster: tuple[Sortie, ...]
    peaks: Mapping[str, int]
    overloaded: Mapping[str, int]
    unflyable: tuple[str, ...]
    unresolved: tuple[Pair, ...]
    tolerances_s: Mapping[Pair, float]


def make_timetable(
    scenario: Scenario,
    drafts: Sequence[DraftRoute],
    *,
    hints: Mapping[str, int] | None = None,
    deterministic_time: float = 0.3,
) -> Timetable:
    """
    Return the timetable of draft routes.

    Parameters
    ----------
    hints
        First take-offs by route id that are tried first.
    deterministic_time
        Limit of each CP-SAT call, in its own seconds; no wall clock is read.

    Raises
    ------
    ValueError
        If a headway is no whole number of seconds, or a route has no layer.
    """
    drafts = sorted((settled(scenario, d) for d in drafts), key=lambda d: d.id)
    rhythms = {draft.id: rhythm(scenario, draft) for draft in drafts}
    phases_s: dict[str, int] = {}
    waits_s: dict[str, int] = {}
    peaks: dict[str, int] = {}
    overloaded: dict[str, int] = {}
    unflyable: list[str] = []
    for station in scenario.stations:
        ours = [draft for draft in drafts if draft.depot == station.id]
        clock = schedule_station(
            scenario,
            station,
            ours,
            rhythms=rhythms,
            hint=hints,
            others=_beside(scenario, station, drafts, rhythms, phases_s),
            deterministic_time=deterministic_time,
        )
        limit = station.drones - scenario.rules.reserve_drones
        if clock is None or (scenario.crews and clock.peak > limit):
            alone = [d.id for d in ours if not _flies_alone(scenario, station, d)]
            unflyable += alone
            if not alone:
                # Its column may be too busy for any number of drones.
                overloaded[station.id] = clock.peak if clock else limit + 1
        elif clock.peak > limit:
            overloaded[station.id] = clock.peak
        else:
            peaks[station.id] = clock.peak
            phases_s |= clock.phases_s
            waits_s |= clock.waits_s
    clocked = [draft for draft in drafts if draft.id in phases_s]
    owner = {v.id: d for d in clocked for v in d.flown}
    flying = [v for d in clocked for v in d.flown]
    encounters = find_encounters(scenario, flying)
    plan = assign_layers(
        scenario,
        flying,
        flown_phases(clocked, phases_s),
        encounters=encounters,
        deterministic_time=deterministic_time,
    )
    for _ in range(ROUNDS):
        late = [
            pair
            for pair, tolerance_s in plan.tolerances_s.items()
            if tolerance_s < scenario.delay_slack_s
        ]
        if not plan.unresolved and not late:
            break
        for a, b in (*plan.unresolved, *late):
            depots = dict.fromkeys((owner[a].depot, owner[b].depot))
            for depot in depots if owner[a] is not owner[b] else ():
                clock = _parted_in_time(
                    scenario,
                    scenario.station(depot),
                    clocked,
                    rhythms,
                    phases_s,
                    plan.layers_m,
                    encounters,
                    deterministic_time,
                    scenario.delay_slack_s if (a, b) in late else 0.0,
                )
                if clock is not None:
                    peaks[depot] = clock.peak
                    phases_s |= clock.phases_s
                    waits_s |= dict.fromkeys(clock.phases_s, 0)
                    waits_s |= clock.waits_s
                    break
        plan = standing(
            scenario,
            flying,
            flown_phases(clocked, phases_s),
            plan.layers_m,
            encounters,
        )
    phases_s = flown_phases(clocked, phases_s)
    return Timetable(
        routes=tuple(
            timed_route(scenario, d, phases_s[d.id], plan.layers_m[d.id])
            for d in flying
        ),
        roster=make_roster(
            scenario,
            flying,
            phases_s,
            {v.id: waits_s.get(d.id, 0) for d in clocked for v in d.flown},
        ),
        peaks=peaks,
        overloaded=overloaded,
        unflyable=tuple(sorted(unflyable)),
        unresolved=plan.unresolved,
        tolerances_s=plan.tolerances_s,
    )


def settled(scenario: Scenario, draft: DraftRoute) -> DraftRoute:
    """
    Return a draft as it will be written: 8 decimals of a degree, whole milliseconds.

    No leg gets shorter than it was, nor than the rounded leg takes at airspeed in
    the wind. Stops stay where they are on the path.
    """
    projection, model = scenario.projection, scenario.model(draft.drone_model)
    xy = projection.to_xy(np.round(projection.to_lonlat(draft.xy), 8))
    dx_m, dy_m = np.diff(xy, axis=0).T
    needed_s = flight_time_s(dx_m, dy_m, model.airspeed_mps, all_winds(scenario))
    before_s = np.concatenate([[0.0], draft.t_s, [draft.duration_s]])
    legs_s = np.diff(before_s)
    legs_s[1:-1] = np.maximum(legs_s[1:-1], needed_s)
    ticks = np.ceil(legs_s * 1000 - 1e-6)
    after_s = np.concatenate([[0.0], np.cumsum(ticks)]) / 1000
    variants = tuple(settled(scenario, variant) for variant in draft.variants)
    return replace(
        draft,
        xy=xy,
        t_s=after_s[1:-1],
        duration_s=max([float(after_s[-1]), *(v.duration_s for v in variants)]),
        stops=tuple(_settled_stop(stop, before_s, after_s) for stop in draft.stops),
        variants=variants,
    )


def _settled_stop(stop: Stop, before_s: FloatArray, after_s: FloatArray) -> Stop:
    """Return a stop at the same place of a path with new times."""
    enter_s, exit_s = np.interp([stop.enter_s, stop.exit_s], before_s, after_s)
    return replace(
        stop,
        enter_s=math.floor(enter_s * 1000 + 1e-3) / 1000,
        exit_s=math.ceil(exit_s * 1000 - 1e-3) / 1000,
    )


def _flies_alone(scenario: Scenario, station: Station, draft: DraftRoute) -> bool:
    """Return whether a route has a clock when it has station and pilots to itself."""
    clock = schedule_station(
        scenario, station, [draft], minimise=False, deterministic_time=0
    )
    if clock is None or scenario.crews is None:
        return clock is not None
    return clock.peak <= station.drones - scenario.rules.reserve_drones


def _beside(
    scenario: Scenario,
    station: Station,
    drafts: Sequence[DraftRoute],
    rhythms: Mapping[str, Rhythm],
    phases_s: Mapping[str, int],
) -> list[Clocked]:
    """Return routes with clocks at other stations that share a station's pilots."""
    if scenario.crews is None:
        return []
    key = bureau_key(station)
    mates = {s.id for s in scenario.stations if bureau_key(s) == key} - {station.id}
    return [
        (rhythms[draft.id], phases_s[draft.id])
        for draft in drafts
        if draft.depot in mates and draft.id in phases_s
    ]


def _parted_in_time(
    scenario: Scenario,
    station: Station,
    drafts: Sequence[DraftRoute],
    rhythms: Mapping[str, Rhythm],
    phases_s: Mapping[str, int],
    layers_m: Mapping[str, float],
    encounters: Mapping[Pair, Encounter],
    deterministic_time: float,
    late_s: float,
) -> StationClock | None:
    """
    Return a clock of one station that meets nobody at the given layers.

    Not even where one is so late.

    The clocks of all other stations stay; None if there is no such clock.
    """
    ours = {
        draft.id: rhythms[draft.id] for draft in drafts if draft.depot == station.id
    }
    ours, forbidden = kept_apart(
        scenario,
        drafts,
        ours,
        {d.id: (rhythms[d.id], phases_s[d.id]) for d in drafts if d.id not in ours},
        layers_m,
        encounters,
        dict.fromkeys(encounters, late_s),
    )
    clock = schedule_station(
        scenario,
        station,
        [draft for draft in drafts if draft.id in ours],
        rhythms=ours,
        forbidden=forbidden,
        hint=phases_s,
        others=_beside(scenario, station, drafts, rhythms, phases_s),
        deterministic_time=deterministic_time,
    )
    limit = station.drones - scenario.rules.reserve_drones
    return clock if clock is not None and clock.peak <= limit else None


def timed_route(
    scenario: Scenario, draft: DraftRoute, phase_s: int, layer_m: float
) -> Route:
    """Return a settled draft with its clock and layer, climb and descent added."""
    lonlat = [
        (round(lon, 8), round(lat, 8))
        for lon, lat in scenario.projection.to_lonlat(draft.xy).tolist()
    ]
    turnaround_s = turnaround_after_s(
        scenario.model(draft.drone_model), draft.duration_s, scenario.rules.ceiling_m
    )
    stands_m, lands_m = (
        ground_m(scenario, scenario.station(at)) for at in (draft.depot, draft.lands_at)
    )
    return Route(
        id=draft.id,
        depot=draft.depot,
        drone_model=draft.drone_model,
        layer_m=layer_m,
        headway_s=draft.headway_s,
        phase_s=float(phase_s),
        duration_s=draft.duration_s,
        load=(draft.duration_s + turnaround_s) / draft.headway_s,
        path=(
            (*lonlat[0], stands_m),
            *((lon, lat, layer_m) for lon, lat in lonlat),
            (*lonlat[-1], lands_m),
        ),
        t_s=(0.0, *draft.t_s.tolist(), draft.duration_s),
        stops=draft.stops,
        camera_off=_camera_off(scenario, draft),
        fixed=draft.is_fixed,
        ends_at=draft.ends_at,
    )


def _camera_off(
    scenario: Scenario, draft: DraftRoute
) -> tuple[tuple[float, float], ...]:
    """Return when a route is over privacy zones."""
    private = shapely.union_all([p.geometry for p in scenario.privacy_zones()])
    xy = draft.xy[[0, *range(len(draft.xy)), -1]]
    t_s = np.concatenate([[0.0], draft.t_s, [draft.duration_s]])
    return spans_over(xy, t_s, private)
