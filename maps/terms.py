"""Tell what a plan takes for given: wind, drones, ground, and what is granted."""

from __future__ import annotations

import math
from collections.abc import Iterable

from maps.markup import Markup, both, in_both, join, table, tag
from maps.words import minutes
from planner.basics.clock import clock_text, week_text
from planner.given.crews import Crews
from planner.given.drone import DroneModel
from planner.given.objectives import OBJECTIVES
from planner.given.stamina import longest_sortie_s, turnaround_after_s
from planner.given.wind import Blow, Spell
from planner.messages import LANGUAGES, say
from planner.scenario import Scenario

_LONG = 12
"""Longer lists of names are cut, and their length told."""


def terms_table(scenario: Scenario) -> Markup:
    """Return a table of what must be so for the plan to hold."""
    rows: list[list[object]] = [
        [both("report.terms.wind"), _lines(map(_wind, scenario.wind.blows))],
        [
            both("report.terms.drones"),
            _lines(_drones(scenario, m) for m in _flying(scenario)),
        ],
        [both("report.terms.ground"), _ground(scenario)],
    ]
    if scenario.crews is not None:
        rows.append([both("report.terms.crews"), _lines(_crews(scenario.crews))])
    if not OBJECTIVES[scenario.objective].tightens:
        left = both(f"report.terms.leftover_{scenario.rules.leftover}")
        rows.append([both("report.terms.leftover"), left])
    granted = [
        a
        for a in scenario.airspace
        if a.restriction == "REQ_AUTHORISATION" and a.id in scenario.rules.authorised
    ]
    idle = [a for a in scenario.airspace if not scenario.holds(a)]
    waived = [s for s in scenario.stations if s.id in scenario.rules.station_waivers]
    for key, things in (
        ("report.terms.granted", granted),
        ("report.terms.waived", waived),
        ("report.terms.idle", idle),
    ):
        names = [f"{thing.id} {thing.name}".strip() for thing in things]
        if names:
            rows.append([both(key), _listed(names)])
    heads: list[object] = [both("report.terms.what"), both("report.terms.given")]
    return table(heads, rows, class_="terms")


def _ground(scenario: Scenario) -> Markup:
    """Return what the ground is taken to be."""
    count, terrain = len(scenario.buildings), scenario.terrain
    if terrain is None:
        if not count:
            return both("report.ground_open")
        return both("report.ground_buildings", n=count)
    low_m, high_m = terrain.relief_m
    told = both(
        "report.ground_terrain",
        file=terrain.file,
        square=f"{terrain.square_m:.0f}",
        lowest=f"{terrain.reference_m + low_m:.0f}",
        highest=f"{terrain.reference_m + high_m:.0f}",
        reference=f"{terrain.reference_m:g}",
    )
    if not count:
        return told
    return _lines([told, both("report.ground_terrain_buildings", n=count)])


def _crews(crews: Crews) -> list[Markup]:
    """Return how many pilots there are, where, and when they are fewer."""
    told = [both("report.terms.crew_each", drones=crews.drones_per_pilot)]
    for district, pilots in crews.districts:
        told.append(
            both("report.terms.crew_district", district=district, pilots=pilots)
        )
    if crews.pilots is None:
        told.append(both("report.terms.crew_enough"))
    else:
        told.append(both("report.terms.crew_others", pilots=crews.pilots))
    for rest in crews.breaks:
        spans = ["–".join(clock_text(t) for t in span) for span in rest.hours]
        spans += [f"{week_text(a)}–{clock_text(b)}" for a, b in rest.weekly]
        where = {code: say("report.terms.crew_everywhere", code) for code in LANGUAGES}
        texts = {
            code: say(
                "report.terms.crew_break",
                code,
                hours=", ".join(spans),
                district=rest.district or where[code],
                pilots=rest.pilots,
            )
            for code in LANGUAGES
        }
        told.append(in_both(texts))
    return told


def _flying(scenario: Scenario) -> list[DroneModel]:
    names = {station.model for station in scenario.stations}
    return [m for m in scenario.drone_models if m.model in names]


def _lines(items: Iterable[Markup]) -> Markup:
    return tag("ul", *(tag("li", item) for item in items))


def _listed(names: list[str]) -> Markup:
    cut = ", ".join(names[:_LONG])
    more = len(names) - _LONG
    return join(cut, both("report.terms.more", count=more) if more > 0 else "")


def _wind(blow: Blow) -> Markup:
    """Return a wind in words, and where and when it blows."""
    if blow.strongest_mps == 0:
        return both("report.terms.calm")
    parts = [
        both(
            "report.terms.blows",
            speed=f"{blow.speed_mps:g}",
            gust=f"{blow.strongest_mps:g}",
            from_deg=f"{blow.from_deg:g}",
        )
    ]
    if isinstance(blow, Spell):
        if blow.hours is not None:
            hours = "–".join(clock_text(t) for t in blow.hours)
            parts.append(both("report.terms.hours", hours=hours))
        if blow.low_m > 0 or not math.isinf(blow.high_m):
            high = "∞" if math.isinf(blow.high_m) else f"{blow.high_m:g}"
            parts.append(both("report.terms.heights", low=f"{blow.low_m:g}", high=high))
    return join(*parts)


def _drones(scenario: Scenario, model: DroneModel) -> Markup:
    """Return how long a drone type flies and rests, and what that comes from."""
    ceiling_m = scenario.rules.ceiling_m
    longest_s = longest_sortie_s(model, ceiling_m)
    rest_s = turnaround_after_s(model, longest_s, ceiling_m)
    battery = model.battery
    key = "report.terms.by_endurance" if battery is None else "report.terms.by_battery"
    texts = {
        code: say(
            key,
            code,
            model=model.model,
            airspeed=f"{model.airspeed_mps:g}",
            longest=minutes(longest_s, code),
            rest=minutes(rest_s, code),
            capacity="" if battery is None else f"{battery.capacity_wh:g}",
            reserve="" if battery is None else f"{battery.reserve_share:.0%}",
        )
        for code in LANGUAGES
    }
    return in_both(texts)
