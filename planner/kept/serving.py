"""Choose the zones that fixed routes serve, and the stops by which they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import shapely
from shapely.geometry.base import BaseGeometry

from planner.draft import DraftRoute
from planner.kept.onlooking import Onlooker, Pieces
from planner.plan import Stop
from planner.scenario import Scenario, Zone
from planner.timetable.rhythm import rhythm

_LEAST_SHARE = 0.1
"""Of a zone: seeing less is no reason to look at the rest of it otherwise."""

Counted = Mapping[int, tuple[str, tuple[str, ...]]]
"""The kind of stop and the zones that each piece of a path counts for."""


def serving(
    scenario: Scenario, looking: Sequence[Onlooker]
) -> tuple[tuple[DraftRoute, ...], dict[str, BaseGeometry]]:
    """
    Return fixed routes with stops, and the ground of each zone that they see by those.

    A zone counts if the routes come at least once an interval and have a clock for it
    beside what they do for zones of higher priority.
    """
    counted: list[Counted] = [{} for _ in looking]
    grounds: dict[str, BaseGeometry] = {}
    for zone in sorted(scenario.zones, key=lambda z: (-z.priority, z.id)):
        able: list[tuple[int, Pieces]] = []
        for i, onlooker in enumerate(looking):
            free = {
                k: ground
                for k, ground in onlooker.sights.get(zone.id, {}).items()
                if k not in counted[i] or counted[i][k][0] == zone.kind
            }
            if free and _keeps(scenario, onlooker.draft, zone, counted[i], free):
                able.append((i, free))
        ground = shapely.union_all([g for _, some in able for g in some.values()])
        seen = shapely.intersection(ground, zone.geometry)
        if not able or _size(seen) < _LEAST_SHARE * _size(zone.geometry):
            continue
        grounds[zone.id] = ground
        for i, some in able:
            counted[i] = _counting(counted[i], zone, some)
    return (
        tuple(
            replace(o.draft, stops=_stops(o.draft, pieces))
            for o, pieces in zip(looking, counted, strict=True)
        ),
        grounds,
    )


def _size(shape: BaseGeometry) -> float:
    return float(shape.area or shape.length)


def _keeps(
    scenario: Scenario,
    draft: DraftRoute,
    zone: Zone,
    counted: Counted,
    free: Pieces,
) -> bool:
    """Whether a route comes to a zone in time, at some clock."""
    if draft.headway_s > zone.revisit_s - scenario.rules.revisit_slack_s:
        return False
    if not scenario.windows(zone):
        return False
    stops = _stops(draft, _counting(counted, zone, free))
    return bool(rhythm(scenario, replace(draft, stops=stops)).allowed.any())


def _counting(counted: Counted, zone: Zone, free: Pieces) -> Counted:
    """Return the pieces that count, with those for one more zone."""
    more = dict(counted)
    for k in free:
        _, zones = more.get(k, (zone.kind, ()))
        more[k] = (zone.kind, tuple(sorted((*zones, zone.id))))
    return more


def _stops(draft: DraftRoute, counted: Counted) -> tuple[Stop, ...]:
    """Return the stops of pieces that count: those in a row for the same are one."""
    return tuple(
        Stop(
            zones=zones,
            target=f"{draft.id}/{n}",
            kind=kind,
            enter_s=float(draft.t_s[first]),
            exit_s=float(draft.t_s[last + 1]),
        )
        for n, (kind, zones, first, last) in enumerate(_runs(counted), 1)
    )


def _runs(counted: Counted) -> Iterator[tuple[str, tuple[str, ...], int, int]]:
    """Yield kind, zones, first and last piece of each stop, in the order flown."""

    def alike(numbered: tuple[int, int]) -> tuple[int, str, tuple[str, ...], int]:
        place, k = numbered
        kind, zones = counted[k]
        return k - place, kind, zones, k if kind == "watch" else -1

    for (_, kind, zones, _), run in groupby(enumerate(sorted(counted)), alike):
        pieces = [k for _, k in run]
        yield kind, zones, pieces[0], pieces[-1]
