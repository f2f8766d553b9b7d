"""Keep the fixed routes of a scenario: which can be flown, and what they see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from shapely.geometry.base import BaseGeometry

from planner.draft import DraftRoute
from planner.implied.fixed_flight import fixed_drafts, load
from planner.kept.onlooking import Onlooker, onlookers
from planner.kept.serving import serving
from planner.messages import say
from planner.plan import LeftOut
from planner.scenario import Scenario
from planner.timetable.making import Timetable, make_timetable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kept:
    """
    The fixed routes that a plan flies.

    Parameters
    ----------
    drafts
        With the stops by which they serve zones; by id.
    pinned
        The same with clocks and layers at which all of them can be flown together.
    seen
        What they see of zones in time, by zone.
    left_out
        Those that cannot be flown with the others.
    """

    drafts: tuple[DraftRoute, ...] = ()
    pinned: tuple[DraftRoute, ...] = ()
    seen: Mapping[str, BaseGeometry] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()


def keep(scenario: Scenario) -> Kept:
    """
    Return the fixed routes of a scenario, with what they do for its zones.

    Where they cannot all be flown together, the one that occupies most drones of those
    at odds is left out, then the next. What they are to serve comes after that: a
    route that would find no clock for it flies without.
    """
    if not scenario.fixed:
        return Kept()
    drafts, left_out = _flyable(scenario, fixed_drafts(scenario, scenario.fixed))
    plain = {d.id: Onlooker(draft=d, sights={}) for d in drafts}
    looking = {o.draft.id: o for o in onlookers(scenario, drafts)}
    while True:
        stopping, seen = serving(scenario, tuple(looking.values()))
        table = make_timetable(scenario, stopping)
        odd = _at_odds(scenario, table, stopping)
        if not odd:
            break
        for name, why in odd.items():
            if looking[name] is not plain[name]:
                looking[name] = plain[name]
            else:
                left_out.append(why)
                del looking[name]
    first_s = {route.id: round(route.phase_s) for route in table.routes}
    layer_m = {route.id: route.layer_m for route in table.routes}
    pinned = tuple(
        replace(d, phase_s=first_s[d.id], layers_m=(layer_m[d.id],)) for d in stopping
    )
    if scenario.crews is not None:
        # Pilots of several stations count on when each of these is in the air.
        stopping = tuple(replace(d, phase_s=first_s[d.id]) for d in stopping)
    return Kept(
        drafts=stopping,
        pinned=pinned,
        seen=seen,
        left_out=tuple(sorted(left_out, key=lambda each: each.route)),
    )


def _flyable(
    scenario: Scenario, drafts: Sequence[DraftRoute]
) -> tuple[tuple[DraftRoute, ...], list[LeftOut]]:
    """Return routes that can be flown together, and why others cannot."""
    rules = scenario.rules
    limits = {"floor": rules.floor_m, "ceiling": rules.ceiling_m}
    left_out = [
        _left_out(d.id, "fixed_no_layer", limits) for d in drafts if not d.layers_m
    ]
    kept = tuple(draft for draft in drafts if draft.layers_m)
    while True:
        odd = _at_odds(scenario, make_timetable(scenario, kept), kept)
        if not odd:
            return kept, left_out
        left_out += odd.values()
        kept = tuple(draft for draft in kept if draft.id not in odd)


def _at_odds(
    scenario: Scenario, table: Timetable, drafts: Sequence[DraftRoute]
) -> dict[str, LeftOut]:
    """Return the routes without which a timetable may work, and what is wrong."""
    by_id = {draft.id: draft for draft in drafts}

    def occupies(name: str) -> tuple[float, str]:
        return load(scenario, by_id[name]), name

    found = {
        name: _left_out(name, "fixed_no_clock", {"station": by_id[name].depot})
        for name in table.unflyable
    }
    for station, needed in table.overloaded.items():
        mine = [draft.id for draft in drafts if draft.depot == station]
        name = max(mine, key=occupies)
        figures = {
            "station": station,
            "routes": len(mine),
            "needed": needed,
            "drones": scenario.station(station).drones - scenario.rules.reserve_drones,
        }
        found.setdefault(name, _left_out(name, "fixed_no_drones", figures))
    for pair in table.unresolved:
        if not found.keys() & set(pair):
            name = max(pair, key=occupies)
            (other,) = set(pair) - {name} or {name}
            found[name] = _left_out(name, "fixed_meets", {"other": other})
    return found


def _left_out(route: str, code: str, figures: Mapping[str, object]) -> LeftOut:
    """Return an entry with its reason and remedy in English."""
    return LeftOut(
        route=route,
        code=code,
        reason=say(f"left_out.{code}", "en", **figures),
        figures=dict(figures),
        remedy=say(f"remedy.{code}", "en", **figures),
    )
