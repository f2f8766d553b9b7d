"""
Find what contradicts itself in a scenario, all at once.

Each check is a function from a scenario to findings; ``file`` is the name of a
layer, or empty for the scenario's own figures. Errors (``E-``) keep planning
from starting; warnings (``W-``) are worth a look, and never do.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from planner.basics.physics import SWATH_HEIGHT_M
from planner.errors import Finding
from planner.given.objectives import OBJECTIVES
from planner.given.wind import Blow
from planner.implied.winds import calm_layers_m, may_fly
from planner.scenario import Scenario
from planner.validation import fixed, ground, station, terrain
from planner.validation.ground import finding

BANDS: dict[str, tuple[float, float]] = {
    "airspeed_mps": (3.0, 30.0),
    "usable_endurance_s": (300.0, 10_800.0),
    "turnaround_s": (30.0, 14_400.0),
    "climb_mps": (0.5, 15.0),
    "descent_mps": (0.5, 15.0),
    "turn_s": (0.0, 60.0),
    "view_radius_m": (20.0, 2_000.0),
    "dwell_s": (0.0, 600.0),
    "swath_m": (10.0, 1_000.0),
}
"""Figures outside are possible, but more likely in another unit."""

STRONG_WIND_MPS = 20.0
USUAL_CEILING_M = 120.0
"""Above this true height airspace is controlled in China, art. 19 of the
Interim Regulations on the Management of Unmanned Aircraft Flight (2024)."""

EXAMPLES = 5


def validate(scenario: Scenario) -> list[Finding]:
    """Return every finding about a scenario, in the order of the checks."""
    if not scenario.stations or not scenario.zones:
        empty = "zones" if scenario.stations else "stations"
        return [finding("E-INPUT-EMPTY", empty)]
    return [found for check in CHECKS for found in check(scenario)]


def twins(ids: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each id that looks like an earlier one but for width and case."""
    first: dict[str, str] = {}
    for name in ids:
        folded = unicodedata.normalize("NFKC", name).strip().casefold()
        if folded in first:
            yield name, first[folded]
        first.setdefault(folded, name)


def ids(scenario: Scenario) -> Iterator[Finding]:
    """No id comes twice in a layer."""
    layers: dict[str, Sequence[Any]] = {
        "stations": scenario.stations,
        "zones": scenario.zones,
        "airspace": scenario.airspace,
        "districts": scenario.districts,
        "response_teams": scenario.response_teams,
        "buildings": scenario.buildings,
        "routes": scenario.fixed,
    }
    for file, things in layers.items():
        for name, other in twins(thing.id for thing in things):
            yield finding("E-ID-DUP", file, name, other=other)


def references(scenario: Scenario) -> Iterator[Finding]:
    """Whoever is named exists."""
    stations = [each.id for each in scenario.stations]
    models = [model.model for model in scenario.drone_models]
    airspace = {area.id: area for area in scenario.airspace}
    for each in scenario.stations:
        if each.model not in models:
            yield _reference("stations", each.id, "model", each.model, models)
    for team in scenario.response_teams:
        if team.station_id not in stations:
            yield _reference(
                "response_teams", team.id, "station_id", team.station_id, stations
            )
    for route in scenario.fixed:
        if route.depot not in stations:
            yield _reference("routes", route.id, "depot", route.depot, stations)
    districts = sorted({each.district for each in scenario.stations} - {""})
    for where, name in _of_crews(scenario):
        if name not in districts:
            yield _reference("", where, "district", name, districts)
    for name in scenario.rules.station_waivers:
        if name not in stations:
            yield _reference("", "rules.station_waivers", "station", name, stations)
    for name in scenario.rules.authorised:
        if name not in airspace:
            yield _reference("", "rules.authorised", "airspace", name, list(airspace))
        elif airspace[name].restriction != "REQ_AUTHORISATION":
            yield finding(
                "W-AUTHORISED",
                "",
                "rules.authorised",
                name=name,
                restriction=airspace[name].restriction,
            )


def _of_crews(scenario: Scenario) -> list[tuple[str, str]]:
    """Return the districts that crews name, and where."""
    if scenario.crews is None:
        return []
    named = [("crews.districts", name) for name, _ in scenario.crews.districts]
    breaks = [("crews.breaks", b.district) for b in scenario.crews.breaks if b.district]
    return named + breaks


def figures(scenario: Scenario) -> Iterator[Finding]:
    """Figures are what drones have, in the units of their names."""
    for model in scenario.drone_models:
        for key, (low, high) in BANDS.items():
            value = getattr(model, key)
            if not low <= value <= high:
                where = f"drones.{model.model}.{key}"
                yield finding("W-UNIT", "", where, value=value, low=low, high=high)
    for where, blow in _winds(scenario):
        if blow.speed_mps > STRONG_WIND_MPS:
            yield finding(
                "W-UNIT",
                "",
                where,
                value=blow.speed_mps,
                low=0.0,
                high=STRONG_WIND_MPS,
            )


def wind(scenario: Scenario) -> Iterator[Finding]:
    """Every drone type flies faster than the wind blows, and may be in it."""
    for model in scenario.drone_models:
        for where, blow in _winds(scenario):
            if blow.speed_mps >= model.airspeed_mps:
                yield finding(
                    "E-WIND",
                    "",
                    where,
                    wind=blow.speed_mps,
                    model=model.model,
                    airspeed=model.airspeed_mps,
                )
            elif not may_fly(model, blow):
                yield finding(
                    "W-WIND-LIMIT",
                    "",
                    where.replace("speed", "gust"),
                    wind=blow.strongest_mps,
                    model=model.model,
                    limit=model.wind_limit_mps,
                )
    for index, spell in enumerate(scenario.wind.spells):
        if spell.low_m > spell.high_m:
            where = f"wind.spells[{index}]"
            values = {"low": spell.low_m, "high": spell.high_m}
            yield finding("E-WIND-HEIGHTS", "", where, **values)
    if scenario.rules.layers_m and not calm_layers_m(scenario):
        yield finding("E-WIND-LAYERS", "", "wind")


def _winds(scenario: Scenario) -> Iterator[tuple[str, Blow]]:
    """Yield every wind, and where its speed stands."""
    yield "wind.speed_mps", scenario.wind
    for index, spell in enumerate(scenario.wind.spells):
        yield f"wind.spells[{index}].speed_mps", spell


def rules(scenario: Scenario) -> Iterator[Finding]:
    """There are layers to fly at, and intervals longer than the slack."""
    limits = scenario.rules
    if limits.floor_m > limits.ceiling_m:
        yield finding(
            "E-LAYERS",
            "",
            "rules.floor_m",
            floor=limits.floor_m,
            ceiling=limits.ceiling_m,
        )
        return
    for model in scenario.drone_models:
        highest_m = model.service_ceiling_m
        if highest_m is not None and limits.ceiling_m > highest_m:
            yield finding(
                "E-CEILING-DRONE",
                "",
                "rules.ceiling_m",
                ceiling=limits.ceiling_m,
                model=model.model,
                limit=highest_m,
            )
    if limits.ceiling_m > USUAL_CEILING_M:
        yield finding(
            "W-CEILING",
            "",
            "rules.ceiling_m",
            ceiling=limits.ceiling_m,
            usual=USUAL_CEILING_M,
        )
    if len(limits.layers_m) == 1:
        yield finding("W-LAYERS-ONE", "", "rules", height=limits.layers_m[0])
    spent = OBJECTIVES[scenario.objective].tightens or limits.leftover == "tighten"
    if limits.land_elsewhere and spent:
        yield finding("W-ELSEWHERE", "", "rules.land_elsewhere")
    shortest = min(scenario.zones, key=lambda zone: zone.revisit_s, default=None)
    if shortest and shortest.revisit_s <= limits.revisit_slack_s:
        yield finding(
            "E-SLACK",
            "",
            "rules.revisit_slack_s",
            slack=limits.revisit_slack_s,
            zone=shortest.id,
            interval=shortest.revisit_s,
        )
    sweeps = [zone.id for zone in scenario.zones if zone.kind == "sweep"]
    needed = min(
        (SWATH_HEIGHT_M * (1 - model.overlap) for model in scenario.drone_models),
        default=0.0,
    )
    if sweeps and limits.layers_m[-1] < needed:
        yield finding(
            "W-SWEEP-LOW",
            "zones",
            **_several(sweeps),
            height=limits.layers_m[-1],
            needed=round(needed, 1),
        )


def times(scenario: Scenario) -> Iterator[Finding]:
    """Zones are active within the horizon, for longer than their interval."""
    asleep, once = [], []
    for zone in scenario.zones:
        windows = scenario.windows(zone)
        if not windows:
            asleep.append(zone.id)
        elif zone.revisit_s >= max(end - start for start, end in windows):
            once.append(zone.id)
        spacing = scenario.rules.launch_spacing_s
        if zone.revisit_s - scenario.rules.revisit_slack_s < spacing:
            yield finding(
                "W-REVISIT-SHORT",
                "zones",
                zone.id,
                interval=zone.revisit_s,
                spacing=spacing,
            )
    if len(asleep) == len(scenario.zones):
        yield finding("E-NOTHING-ACTIVE", "zones", start=scenario.horizon.start)
    elif asleep:
        yield finding("W-ZONE-ASLEEP", "zones", **_several(asleep))
    if once:
        yield finding("W-REVISIT-WINDOW", "zones", **_several(once))


CHECKS = (
    ids,
    references,
    station.fleet,
    station.pilots,
    station.chargers,
    station.batteries,
    figures,
    wind,
    rules,
    times,
    ground.extent,
    ground.neighbours,
    ground.shapes,
    ground.overlaps,
    ground.airspace,
    ground.idle_airspace,
    ground.closed_stations,
    ground.closed_zones,
    terrain.coverage,
    terrain.steps,
    terrain.relief,
    fixed.models,
    fixed.ends,
    fixed.clocks,
    fixed.flights,
)
"""Every check, in the order in which findings are listed."""


def _reference(
    file: str, feature: str, field: str, name: str, known: Sequence[str]
) -> Finding:
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5) or known[:EXAMPLES]
    return finding(
        "E-REF", file, feature, field=field, name=name, guess=", ".join(near) or "-"
    )


def _several(names: Sequence[str]) -> dict[str, Any]:
    """Return how many there are, and the first few."""
    shown = ", ".join(names[:EXAMPLES]) + (", ..." if len(names) > EXAMPLES else "")
    return {"count": len(names), "examples": shown}
