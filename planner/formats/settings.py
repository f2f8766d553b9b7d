"""Read ``scenario.toml``: what may stand in it, and what is wrong with it."""

from __future__ import annotations

import datetime
import difflib
import math
import tomllib
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from planner.basics.clock import parse_spans
from planner.formats.table import Notes
from planner.given.objectives import ObjectiveName
from planner.given.scatter import Scatter
from planner.given.wind import Spell, Wind
from planner.scenario import Leftover, Rules

FILE = "scenario.toml"

Datum = Literal["WGS84", "GCJ-02", "BD-09"]
Unit = Literal["s", "min", "h", "m", "km", "ft"]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(gt=0, le=1)]
Spread = Annotated[float, Field(ge=0, le=0.15)]
"""A standard deviation; three of them, twice, leave a time above nothing."""

_RULES = Rules()
_SCATTER = Scatter()


def _as_text(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime.date) else value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Files = Annotated[list[str], BeforeValidator(_as_list), Field(min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class LayersTable(_Table):
    """Files of the layers, beside the TOML; a layer may lie in several."""

    stations: Files
    zones: Files
    airspace: Files | None = None
    districts: Files | None = None
    water: Files | None = None
    boundary: Files | None = None
    response_teams: Files | None = None
    buildings: Files | None = None
    demand: Files | None = None
    routes: Files | None = None
    terrain: Annotated[Files, Field(max_length=1)] | None = None


class DroneTable(_Table):
    """A drone type; figures left out come from the catalogue."""

    model: Annotated[str, Field(min_length=1, max_length=60)]
    energy: Literal["endurance", "battery"] = "endurance"
    service: Literal["charge", "swap"] = "charge"
    airspeed_mps: Positive | None = None
    fastest_mps: Positive | None = None
    usable_endurance_s: Positive | None = None
    turnaround_s: NotNegative | None = None
    charge_s: NotNegative | None = None
    climb_mps: Positive | None = None
    descent_mps: Positive | None = None
    turn_s: NotNegative | None = None
    view_radius_m: Positive | None = None
    dwell_s: NotNegative | None = None
    dfov_deg: Annotated[float, Field(gt=0, lt=180)] | None = None
    swath_m: Positive | None = None
    overlap: Annotated[float, Field(ge=0, lt=1)] | None = None
    wind_limit_mps: Positive | None = None
    service_ceiling_m: Positive | None = None
    handling_s: NotNegative | None = None
    still_air_min: Positive | None = None
    capacity_wh: Positive | None = None
    health_share: Share | None = None
    full_share: Share | None = None
    reserve_share: Annotated[float, Field(ge=0, lt=1)] | None = None
    mass_kg: Positive | None = None
    payload_kg: NotNegative | None = None
    rotor_area_m2: Positive | None = None
    tip_speed_mps: Positive | None = None
    drag_area_m2: NotNegative | None = None
    charge_w: NotNegative | None = None
    taper_share: Annotated[float, Field(gt=0, lt=1)] | None = None


class SpellTable(_Table):
    """A wind at some heights or hours."""

    speed_mps: NotNegative
    from_deg: Annotated[float, Field(ge=0, le=360)]
    gust_mps: NotNegative | None = None
    hours: str | None = None
    low_m: NotNegative = 0.0
    high_m: Positive | None = None


class WindTable(_Table):
    """The wind, and where or when it is another one."""

    speed_mps: NotNegative = 0.0
    from_deg: Annotated[float, Field(ge=0, le=360)] = 0.0
    gust_mps: NotNegative | None = None
    spells: list[SpellTable] = []


class RulesTable(_Table):
    """The rules of flight; what is left out has the default of `Rules`."""

    floor_m: Positive = _RULES.floor_m
    ceiling_m: Positive = _RULES.ceiling_m
    clearance_m: NotNegative = _RULES.clearance_m
    separation_horizontal_m: Positive = _RULES.separation_horizontal_m
    separation_vertical_m: Positive = _RULES.separation_vertical_m
    launch_spacing_s: NotNegative = _RULES.launch_spacing_s
    reserve_drones: Annotated[int, Field(ge=0)] = _RULES.reserve_drones
    revisit_slack_s: NotNegative = _RULES.revisit_slack_s
    pad_before_takeoff_s: NotNegative = _RULES.pad_before_takeoff_s
    column_radius_m: Positive = _RULES.column_radius_m
    authorised: list[str] = []
    station_waivers: list[str] = []
    leftover: Leftover = _RULES.leftover
    launch_s: NotNegative = _RULES.launch_s
    overhead_s: NotNegative = _RULES.overhead_s
    team_ready: Annotated[int, Field(ge=0)] = _RULES.team_ready
    land_elsewhere: bool = _RULES.land_elsewhere


class MinutesTable(_Table):
    """Minutes by the kind of a zone."""

    watch: Positive | None = None
    sweep: Positive | None = None
    line: Positive | None = None


class DefaultsTable(_Table):
    """What holds where a row has no value."""

    drones: Annotated[int, Field(ge=0)] | None = None
    revisit_min: MinutesTable | None = None
    headway_min: Positive | None = None


class ScatterTable(_Table):
    """How far flights differ from the plan; defaults are those of `Scatter`."""

    launch_delay_s: NotNegative = _SCATTER.launch_delay_s
    sortie_speed_share: Spread = _SCATTER.sortie_speed_share
    leg_speed_share: Spread = _SCATTER.leg_speed_share
    gust_s: NotNegative = _SCATTER.gust_s
    turnaround_share: Spread = _SCATTER.turnaround_share


class BreakTable(_Table):
    """Hours with fewer pilots, or none."""

    hours: str
    pilots: Annotated[int, Field(ge=0)] = 0
    district: str = ""


class CrewsTable(_Table):
    """The pilots of districts, and how many drones each may have in the air."""

    drones_per_pilot: Annotated[int, Field(gt=0, le=1000)]
    pilots: Annotated[int, Field(ge=0, le=1000)] | None = None
    districts: dict[str, Annotated[int, Field(ge=0, le=1000)]] = {}
    breaks: list[BreakTable] = []


class Settings(_Table):
    """The whole of ``scenario.toml``."""

    name: Annotated[str, Field(max_length=200)] | None = None
    datum: Datum = "WGS84"
    crs: Annotated[str, Field(pattern=r"^EPSG:\d{4,6}$")] | None = None
    timezone: str
    date: Annotated[str, BeforeValidator(_as_text)] = "2026-01-01"
    horizon: str | list[str] = "24h"
    objective: ObjectiveName = "guarantee"
    attribution: Annotated[str, Field(max_length=400)] = ""
    layers: LayersTable
    columns: dict[str, dict[str, str]] = {}
    units: dict[str, dict[str, Unit]] = {}
    defaults: DefaultsTable = DefaultsTable()
    ground_amsl_m: Annotated[list[float], Field(min_length=2, max_length=2)] | None = (
        None
    )
    geoid_m: Annotated[float, Field(ge=-120, le=120)] | None = None
    drones: Annotated[list[DroneTable], Field(min_length=1)]
    wind: WindTable = WindTable()
    rules: RulesTable = RulesTable()
    scatter: ScatterTable = ScatterTable()
    crews: CrewsTable | None = None


def parse_settings(text: str, notes: Notes) -> Settings | None:
    """Return the settings, or None after noting everything wrong with the text."""
    try:
        content = tomllib.loads(text)
    except RecursionError:
        notes.add("E-PARSE-DEPTH", FILE)
        return None
    except ValueError as error:
        notes.add("E-TOML-SYNTAX", FILE, detail=str(error))
        return None
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _note(detail, notes)
        return None


def wind_of(settings: Settings, notes: Notes) -> Wind:
    """Return the wind; hours that are none are noted."""
    spells: list[Spell] = []
    for index, table in enumerate(settings.wind.spells):
        figures = table.model_dump(exclude={"hours", "high_m"})
        high_m = math.inf if table.high_m is None else table.high_m
        hours = None
        try:
            if table.hours is not None:
                (hours,) = parse_spans(table.hours)
        except ValueError:
            where = f"wind.spells[{index}].hours"
            notes.add("E-WIND-HOURS", FILE, where, given=table.hours)
        spells.append(Spell(**figures, hours=hours, high_m=high_m))
    wind = settings.wind.model_dump(exclude={"spells"})
    return Wind(**wind, spells=tuple(spells))


def rules_of(settings: Settings) -> Rules:
    """Return the rules of flight."""
    values = settings.rules.model_dump()
    for key in ("authorised", "station_waivers"):
        values[key] = tuple(sorted(set(values[key])))
    return Rules(**values)


def guess(name: str, known: list[str]) -> str:
    """Return the name that was probably meant, or all that are known."""
    close = difflib.get_close_matches(name.casefold(), known, n=1, cutoff=0.6)
    return close[0] if close else ", ".join(known)


_TABLES: dict[str, type[_Table]] = {
    "layers": LayersTable,
    "drones": DroneTable,
    "wind": WindTable,
    "spells": SpellTable,
    "rules": RulesTable,
    "defaults": DefaultsTable,
    "revisit_min": MinutesTable,
    "scatter": ScatterTable,
    "crews": CrewsTable,
    "breaks": BreakTable,
}


def _note(detail: ErrorDetails, notes: Notes) -> None:
    """Note what pydantic found, in our words."""
    kind, place, context = detail["type"], detail["loc"], detail.get("ctx", {})
    if place and place[0] == "horizon":
        place = ("horizon",)  # without the member of the union that failed
    where = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in place
    ).removeprefix(".")
    given = "" if kind == "missing" else str(detail["input"])
    if kind == "missing":
        notes.add("E-TOML-MISSING", FILE, where, name=where)
    elif kind == "extra_forbidden":
        parents = [part for part in place[:-1] if isinstance(part, str)]
        table = _TABLES[parents[-1]] if parents else Settings
        near = guess(str(place[-1]), list(table.model_fields))
        notes.add("E-TOML-KEY", FILE, where, name=str(place[-1]), guess=near)
    elif kind == "literal_error":
        notes.add(
            "E-TOML-CHOICE", FILE, where, given=given, choices=context["expected"]
        )
    elif kind in _LIMITS:
        limit = f"{_LIMITS[kind][0]} {context[_LIMITS[kind][1]]}"
        notes.add("E-TOML-RANGE", FILE, where, given=given, limit=limit)
    elif kind == "finite_number":
        notes.add("E-TOML-RANGE", FILE, where, given=given, limit="< inf")
    elif kind == "string_pattern_mismatch":
        notes.add("E-TOML-CHOICE", FILE, where, given=given, choices="EPSG:4326, ...")
    else:
        wanted = kind.removesuffix("_type").removesuffix("_parsing")
        finding = notes.findings[-1] if notes.findings else None
        if finding and (finding.code, finding.feature) == ("E-TOML-TYPE", where):
            return  # the other member of a union
        wanted = {"model": "table", "dict": "table"}.get(wanted, wanted)
        notes.add("E-TOML-TYPE", FILE, where, given=given, wanted=wanted)


_LIMITS = {
    "greater_than": (">", "gt"),
    "greater_than_equal": (">=", "ge"),
    "less_than": ("<", "lt"),
    "less_than_equal": ("<=", "le"),
    "string_too_long": ("length <=", "max_length"),
    "string_too_short": ("length >=", "min_length"),
    "too_short": ("length >=", "min_length"),
    "too_long": ("length <=", "max_length"),
}
