"""Find the routes that are flown in turn: one after the other over the same stops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from planner.plan import Plan, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """
    Routes of a station with one headway that have stops in common.

    Each keeps its own clock; what they have in common is visited by all of them,
    so it is seen more often than each of them flies.

    Parameters
    ----------
    routes
        Ids in the order of their first take-offs.
    every_s
        Longest time between two take-offs in a row.
    """

    routes: tuple[str, ...]
    every_s: float


def turns(plan: Plan) -> dict[str, Turn]:
    """Return the turn of each route that is flown in one, by the route's id."""
    groups: dict[str, list[Route]] = {}
    first_at: dict[tuple[str, float, str], str] = {}
    for route in plan.routes:
        groups[route.id] = [route]
        for stop in route.stops:
            place = (route.depot, route.headway_s, stop.target)
            mine, other = groups[route.id], groups[first_at.setdefault(place, route.id)]
            if mine is not other:
                other += mine
                groups |= {member.id: other for member in mine}
    found = {id(group): _turn(group) for group in groups.values() if len(group) > 1}
    return {name: found[id(g)] for name, g in groups.items() if len(g) > 1}


def in_order(routes: Sequence[Route], turn_of: Mapping[str, Turn]) -> list[Route]:
    """Return routes with those of a turn side by side, in the order of their clocks."""
    by_id = {route.id: route for route in routes}
    names = dict.fromkeys(
        name
        for route in routes
        for name in (turn_of[route.id].routes if route.id in turn_of else (route.id,))
    )
    return [by_id[name] for name in names]


def _turn(group: Sequence[Route]) -> Turn:
    ordered = sorted(group, key=lambda route: (route.phase_s, route.id))
    phases = [route.phase_s for route in ordered]
    phases.append(phases[0] + ordered[0].headway_s)
    return Turn(
        routes=tuple(route.id for route in ordered),
        every_s=max(after - before for before, after in pairwise(phases)),
    )
