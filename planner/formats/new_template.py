"""Write the ``scenario.toml`` that a new folder starts with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from planner.formats.guesses import Look

REVISIT_MIN = {"watch": 60, "sweep": 240, "line": 120}
"""What is put down for zones without an interval: the medians of Yancheng's zones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """
    What is known of a scenario to be.

    Parameters
    ----------
    files
        Layer to its file.
    looks
        Layer to what was found out about it.
    models
        Drone types, the first that of stations without one.
    drones
        At stations that do not say; None if nobody said.
    """

    name: str
    files: Mapping[str, str]
    looks: Mapping[str, Look]
    models: Sequence[str]
    drones: int | None

    @property
    def needs_intervals(self) -> bool:
        """Whether a zone has no interval of its own."""
        zones = self.looks.get("zones")
        return zones is not None and "revisit_min" in zones.lacking

    @property
    def needs_drones(self) -> bool:
        """Whether a station says nothing of drones, and nobody else did."""
        stations = self.looks.get("stations")
        lacks = stations is not None and "drones" in stations.lacking
        return lacks and self.drones is None

    @property
    def datum(self) -> str:
        """The datum that a file's name tells, or the usual one."""
        told = [look.datum for look in self.looks.values() if look.datum]
        return told[0] if told else "WGS84"


def text_of(value: str) -> str:
    """Return a TOML string; JSON's agree but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def scenario_toml(sketch: Sketch) -> str:
    """Return the text of ``scenario.toml``, every guess in it marked."""
    layers = [f"{layer} = {text_of(file)}" for layer, file in sketch.files.items()]
    wanted = ("stations", "zones", "airspace")
    layers += [f'# {layer} = "?"' for layer in wanted if layer not in sketch.files]
    first, *others = [f"model = {text_of(model)}" for model in sketch.models]
    return _TEMPLATE.format(
        name=text_of(sketch.name),
        datum=_line(f"datum = {text_of(sketch.datum)}", _datum_note(sketch)),
        crs=_crs(sketch),
        layers="\n".join(layers),
        tables=_columns(sketch) + _units(sketch) + _defaults(sketch),
        model=_line(first, "from the catalogue; any figure can be set here"),
        others="".join(f"\n[[drones]]\n{model}\n" for model in others),
    )


def _line(text: str, note: str) -> str:
    return f"{text:<34} # {note}"


def _datum_note(sketch: Sketch) -> str:
    guessed = any(look.datum for look in sketch.looks.values())
    mark = "a guess by a file's name: " if guessed else ""
    return f"{mark}of the layers; WGS84, GCJ-02 (Amap) or BD-09 (Baidu)"


def _crs(sketch: Sketch) -> str:
    """Return the line of the reference system, where a file does not say its own."""
    silent = [look for look in sketch.looks.values() if look.lacks_crs]
    if not silent:
        return ""
    code = next((look.crs for look in silent if look.crs), None)
    note = "of files that do not say theirs"
    if code is None:
        return _line('# crs = "EPSG:?"', f"fill in: {note}") + "\n"
    return _line(f"crs = {text_of(code)}", f"a guess: {note}") + "\n"


def _columns(sketch: Sketch) -> str:
    tables = ""
    for layer, look in sketch.looks.items():
        lines = [
            f"{ours} = {text_of(theirs)}"
            if theirs
            else _line(f'{ours} = ""', "none: the words in theirs are not known")
            for ours, theirs in look.columns.items()
        ]
        lines += [_line(f'# {ours} = "?"', "fill in") for ours in look.marked]
        if lines:
            tables += (
                f"\n[columns.{layer}]  # ours = theirs\n" + "\n".join(lines) + "\n"
            )
    return tables


def _units(sketch: Sketch) -> str:
    tables = ""
    for layer, look in sketch.looks.items():
        lines = [f"{ours} = {text_of(unit)}" for ours, unit in look.units.items()]
        if lines:
            tables += f"\n[units.{layer}]  # s min h m km ft; a guess by the name\n"
            tables += "\n".join(lines) + "\n"
    return tables


def _defaults(sketch: Sketch) -> str:
    drones = sketch.drones
    kinds = ", ".join(f"{kind} = {minutes}" for kind, minutes in REVISIT_MIN.items())
    lines = [
        _line(f"drones = {drones}", "at each station")
        if drones is not None
        else _line("# drones = 3", "at each station"),
        ("" if sketch.needs_intervals else "# ")
        + _line(f"revisit_min = {{ {kinds} }}", "a guess, by kind [minutes]"),
    ]
    return "\n[defaults]  # where a row has no value\n" + "\n".join(lines) + "\n"


_TEMPLATE = """\
name = {name}
{datum}
{crs}timezone = "Asia/Shanghai"
horizon = ["06:00", "22:00"]       # may cross midnight; "24h", or "week"
objective = "guarantee"            # fewest drones; "tighten": with all drones the
                                   # shortest gaps; "frugal": fewest flight hours
# ground_amsl_m = [0, 12]          # lowest and highest ground, for airspace with
                                   # limits above sea level
# geoid_m = 10.0                   # sea level above the WGS 84 ellipsoid, for exports
                                   # over terrain with heights above that

[layers]                           # .geojson .gpkg .shp .zip .kml .kmz .csv .xlsx
                                   # .parquet; airspace as ED-269, ED-318, .plan too
{layers}
# districts, water, boundary, response_teams, buildings, demand can be added
# terrain = "dem.tif"              # heights of the ground in metres; flat without
{tables}
[[drones]]                         # the first type is that of stations without one
{model}
# usable_endurance_s = 1800        # after derating and landing reserve
# turnaround_s = 1500              # landing to the next take-off
# energy = "battery"               # both follow from battery, power and charger
{others}
[wind]
speed_mps = 0.0
from_deg = 0.0                     # where it comes from, clockwise from north
# gust_mps = 0.0                   # and [[wind.spells]] at some heights or hours

[rules]
floor_m = 60                       # lowest and highest layer above ground
ceiling_m = 120
clearance_m = 30                   # from closed airspace
separation_horizontal_m = 50       # two drones keep one of them
separation_vertical_m = 15
launch_spacing_s = 60              # between two moves at one station
reserve_drones = 0                 # kept ready at each station
revisit_slack_s = 0
pad_before_takeoff_s = 60
column_radius_m = 50
authorised = []                    # ids of REQ_AUTHORISATION airspace that is granted
station_waivers = []               # stations that may fly in closed airspace
# launch_s = 60                    # from a call until a ready drone takes off
# overhead_s = 120                 # who is sent can stay at an incident so long
# team_ready = 0                   # charged drones for each response team, always
# land_elsewhere = false           # routes may end at another station, if days balance

# [crews]                          # without it there are pilots enough
# drones_per_pilot = 4             # that one may have in the air at once
# pilots = 2                       # in each district; others: [crews.districts]
"""
