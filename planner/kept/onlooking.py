"""Find what can be seen of zones from fixed routes on their way."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.basics.physics import flight_time_s
from planner.checks.motion import asked_dwell_s
from planner.draft import DraftRoute
from planner.flown.corners import corners, turns_back
from planner.flown.footprints import footprint
from planner.flown.tracks import FlownRoute, pieces_of_path
from planner.given.stamina import longest_sortie_s
from planner.implied.aloft import ground_m, privacy_aloft
from planner.implied.fixed_flight import ROUNDING_S
from planner.implied.winds import all_winds
from planner.plan import Route, Stop
from planner.scenario import Scenario, Zone
from planner.targets.line import LINE_TOLERANCE_M
from planner.targets.sight import unseen_part
from planner.targets.view import View, lowest_view

_SHORT_S = 0.05
"""What a stay that was drawn may be shorter than one that a zone asks for [s]."""

_APART_M = 0.1
"""Stays so near to a privacy zone are no viewpoints [m]."""

Pieces = Mapping[int, BaseGeometry]
"""The ground seen from pieces of a path, by number of the vertex at their start."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Onlooker:
    """
    A fixed route, and what could be seen from it.

    Parameters
    ----------
    sights
        By zone: the pieces of its path that count for the zone.
    """

    draft: DraftRoute
    sights: Mapping[str, Pieces]


def onlookers(scenario: Scenario, drafts: Sequence[DraftRoute]) -> tuple[Onlooker, ...]:
    """
    Return what can be seen from fixed routes, at all heights left to them.

    A viewpoint is seen from a stay that is as long as its zone asks for; one that is
    too short by what a file rounds is made as long. Where a sweep turns back, there is
    the time for it. Heights are left out from which less is seen whole.
    """
    view = lowest_view(scenario)
    private = shapely.union_all([p.geometry for p in privacy_aloft(scenario)])
    watch, others = (
        [z for z in scenario.zones if (z.kind == "watch") == at_rest]
        for at_rest in (True, False)
    )
    found = []
    for draft in drafts:
        draft = _with_stays(scenario, draft, watch)
        turning = _with_turns(scenario, draft, others)
        lines = [zone for zone in others if zone.kind == "line"]
        draft, passed = (draft, lines) if turning is None else (turning, others)
        sights = _watched(scenario, draft, watch, view, private)
        lowest_m, below = _passed(scenario, draft, passed)
        draft = replace(
            draft, layers_m=tuple(h for h in draft.layers_m if h >= lowest_m)
        )
        found.append(Onlooker(draft=draft, sights=sights | below))
    return tuple(found)


def _pieces(draft: DraftRoute) -> np.ndarray[Any, Any]:
    return pieces_of_path(draft.xy[:-1], draft.xy[1:])


def _at_rest(draft: DraftRoute) -> np.ndarray[Any, Any]:
    """Return the numbers of the pieces at which a drone stays."""
    return np.flatnonzero((np.diff(draft.xy, axis=0) == 0).all(axis=1))


def _near(
    zones: Sequence[Zone], pieces: np.ndarray[Any, Any], reach_m: float
) -> list[tuple[int, Zone]]:
    """Return which pieces come near which zones, in order."""
    tree = shapely.STRtree([zone.geometry for zone in zones])
    pairs = tree.query(pieces, "dwithin", reach_m).T.tolist()
    return [(k, zones[z]) for k, z in sorted(pairs)]


def _longest_s(scenario: Scenario, draft: DraftRoute) -> float:
    """Return how long a sortie of a route may take [s]."""
    rules, model = scenario.rules, scenario.model(draft.drone_model)
    longest_s = longest_sortie_s(model, rules.ceiling_m)
    longest_s = min(longest_s, draft.headway_s - rules.launch_spacing_s)
    return longest_s - ROUNDING_S * len(draft.t_s)


def _with_stays(
    scenario: Scenario, draft: DraftRoute, zones: Sequence[Zone]
) -> DraftRoute:
    """Return a route whose stays are as long as they were meant, if there is time."""
    flown, pieces = _level(scenario, draft, draft.layers_m[0]), _pieces(draft)
    rests = _at_rest(draft)
    longer_s = np.zeros(len(pieces))
    for i, zone in _near(zones, pieces[rests], flown.model.view_radius_m):
        k = rests[i]
        short_s = asked_dwell_s(flown, zone, draft.xy[k]) - np.diff(draft.t_s)[k]
        if longer_s[k] < short_s <= _SHORT_S:
            longer_s[k] = short_s
    later_s = np.append(0.0, np.cumsum(np.ceil(longer_s * 1000 - 1e-6) / 1000))
    if draft.duration_s + later_s[-1] > _longest_s(scenario, draft):
        return draft
    return replace(
        draft,
        t_s=draft.t_s + later_s,
        duration_s=draft.duration_s + float(later_s[-1]),
    )


def _with_turns(
    scenario: Scenario, draft: DraftRoute, zones: Sequence[Zone]
) -> DraftRoute | None:
    """Return a route with the time to turn back over sweeps; None if there is none."""
    flown, pieces = _level(scenario, draft, draft.layers_m[-1]), _pieces(draft)
    model, winds = flown.model, all_winds(scenario)
    sweeps = [zone for zone in zones if zone.kind == "sweep"]
    over = {k for k, _ in _near(sweeps, pieces, _reach_m(flown))}
    pauses: dict[int, float] = {}
    for first, last in _rows(sorted(over)):
        stretch = slice(first, last + 2)
        places, arrive_s, leave_s = corners(draft.xy[stretch], draft.t_s[stretch])
        steps = np.diff(places, axis=0)
        flight_s = flight_time_s(steps[:, 0], steps[:, 1], model.airspeed_mps, winds)
        for begin, end in turns_back(steps, model.lane_spacing_m):
            spent_s = float(leave_s[end] - arrive_s[begin])
            spent_s -= float(flight_s[begin]) if begin < end else 0.0
            missing_s = model.turn_s - spent_s
            if missing_s > 0:
                pauses[int(np.searchsorted(draft.t_s, leave_s[end]))] = missing_s
    paused = draft
    for vertex, seconds in sorted(pauses.items(), reverse=True):
        paused = _paused(paused, vertex, math.ceil(seconds * 1000) / 1000)
    if pauses and paused.duration_s > _longest_s(scenario, paused):
        return None
    return paused


def _rows(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each row of successive numbers."""
    for _, run in groupby(enumerate(numbers), lambda each: each[1] - each[0]):
        row = [k for _, k in run]
        yield row[0], row[-1]


def _paused(draft: DraftRoute, vertex: int, seconds: float) -> DraftRoute:
    """Return a route that stays longer at a vertex, the last of those at its place."""
    xy, t_s = draft.xy, draft.t_s
    if vertex == 0 or (xy[vertex - 1] != xy[vertex]).any():
        xy = np.insert(xy, vertex, xy[vertex], axis=0)
        t_s = np.insert(t_s, vertex, t_s[vertex])
        vertex += 1
    t_s = t_s + np.where(np.arange(len(t_s)) >= vertex, seconds, 0.0)
    return replace(draft, xy=xy, t_s=t_s, duration_s=draft.duration_s + seconds)


def _watched(
    scenario: Scenario,
    draft: DraftRoute,
    zones: Sequence[Zone],
    view: View,
    private: BaseGeometry,
) -> dict[str, Pieces]:
    """Return the stays from which watch zones are seen."""
    flown, pieces = _level(scenario, draft, draft.layers_m[0]), _pieces(draft)
    rests, stays_s = _at_rest(draft), np.diff(draft.t_s)
    sights: dict[str, dict[int, BaseGeometry]] = {}
    for i, zone in _near(zones, pieces[rests], view.radius_m):
        k = int(rests[i])
        long_enough = asked_dwell_s(flown, zone, draft.xy[k]) <= stays_s[k] + 1e-4
        if long_enough and not shapely.dwithin(pieces[k], private, _APART_M):
            sights.setdefault(zone.id, {})[k] = view.discs(draft.xy[k : k + 1])[0]
    return dict(sights)


def _passed(
    scenario: Scenario, draft: DraftRoute, zones: Sequence[Zone]
) -> tuple[float, dict[str, Pieces]]:
    """
    Return a height, and the pieces from which lines and sweeps are seen from there.

    The lowest from which all is seen whole that is from the highest.
    """
    best: dict[str, Pieces] = {}
    lowest_m = math.inf
    for height_m in reversed(draft.layers_m):
        sights = _below(scenario, draft, zones, height_m)
        whole = _whole(scenario, sights)
        if lowest_m < math.inf and not _whole(scenario, best) <= whole:
            break
        lowest_m, best = height_m, sights
    return lowest_m, best


def _below(
    scenario: Scenario, draft: DraftRoute, zones: Sequence[Zone], height_m: float
) -> dict[str, Pieces]:
    """Return the pieces from which lines and sweeps are seen from a height."""
    flown, pieces = _level(scenario, draft, height_m), _pieces(draft)
    sights: dict[str, dict[int, BaseGeometry]] = {}
    reach_m = _reach_m(flown)
    for k, zone in _near(zones, pieces, reach_m + LINE_TOLERANCE_M):
        room_m = LINE_TOLERANCE_M if zone.kind == "line" else 0.0
        ground = footprint(pieces[k], reach_m + room_m)
        if shapely.intersects(ground, zone.geometry):
            sights.setdefault(zone.id, {})[k] = ground
    return dict(sights)


def _whole(scenario: Scenario, sights: Mapping[str, Pieces]) -> set[str]:
    """Return the zones that are seen whole."""
    return {
        name
        for name, pieces in sights.items()
        for zone in [scenario.zone(name).geometry]
        if unseen_part(zone, shapely.union_all(list(pieces.values()))).is_empty
    }


def _reach_m(flown: FlownRoute) -> float:
    """Return how far to the side is seen from all of a route [m]."""
    end_s = float(flown.t[-1])
    return flown.reach_m(
        Stop(zones=(), target="", kind="sweep", enter_s=0.0, exit_s=end_s)
    )


def _level(scenario: Scenario, draft: DraftRoute, height_m: float) -> FlownRoute:
    """Return the level part of a draft as it would be flown at a height."""
    station = scenario.station(draft.depot)
    route = Route(
        id=draft.id,
        depot=draft.depot,
        drone_model=draft.drone_model,
        layer_m=height_m,
        headway_s=draft.headway_s,
        phase_s=0.0,
        duration_s=draft.duration_s,
        load=0.0,
        path=(),
        t_s=(),
        stops=(),
    )
    return FlownRoute(
        route=route,
        station=station,
        model=scenario.model(draft.drone_model),
        xy=draft.xy,
        z=np.full(len(draft.xy), height_m),
        t=draft.t_s,
        takeoffs=np.empty(0),
        ground_m=ground_m(scenario, station),
        terrain=scenario.terrain,
    )
