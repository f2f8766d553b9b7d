"""Make a scenario folder: of GIS files that a person has, or a tiny example."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from planner.errors import Finding, InputError, OutputError
from planner.formats.columns import FIELDS, REQUIRED, match_columns
from planner.formats.drones import known_models
from planner.formats.example import EXAMPLE
from planner.formats.layers import LAYER_NAME, read_layer
from planner.formats.settings import FILE, guess
from planner.formats.table import Fault, Notes, shown
from planner.messages import Language, say

_SIDECARS = (".shx", ".dbf", ".prj", ".cpg")


def new_scenario(
    directory: Path,
    *,
    zones: Path | None = None,
    stations: Path | None = None,
    airspace: Path | None = None,
    drones: str | None = None,
    language: Language = "en",
) -> list[str]:
    """
    Write a scenario folder with a commented ``scenario.toml``.

    Files given are copied beside it, and their columns guessed; what is left
    out is filled with a tiny example that can be planned as it is.

    Parameters
    ----------
    directory
        Folder to make; it may exist, but holds no scenario yet.
    zones, stations, airspace
        Files in any format that layers come in; a layer of a GeoPackage with
        several is named as in ``city.gpkg|layername=zones``.
    drones
        Name of a drone type that ships; the first if None.

    Returns
    -------
    list of str
        What was written, guessed and left to do, a sentence each.

    Raises
    ------
    InputError
        If a file cannot be read, or the drone type is not known.
    OutputError
        If the folder holds a scenario already, or cannot be written.
    """
    given = {"stations": stations, "zones": zones, "airspace": airspace}
    sources = {
        layer: _Source.of(path) for layer, path in given.items() if path is not None
    }
    model = _model(drones)
    columns, told = _looked_at(sources, language)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        home = directory.resolve()
        copies = [
            pair
            for layer, source in sources.items()
            for pair in _copies(source, home, layer)
        ]
        for new in [home / FILE, *(copy for _, copy in copies)]:
            if new.exists():
                raise OutputError(say("new.exists", language, file=shown(new.name)))
        if sources:
            for part, copy in copies:
                shutil.copyfile(part, copy)
            files = {
                layer: _name_in(source, home, layer)
                for layer, source in sources.items()
            }
        else:
            files = {layer: _example(directory, layer) for layer in EXAMPLE}
            told.append(say("new.example", language, files=", ".join(files.values())))
        text = _toml(directory.resolve().name, files, columns, model)
        (directory / FILE).write_bytes(text.encode("utf-8", errors="replace"))
    except OSError as error:
        raise OutputError(f"{error.filename or directory}: {error.strerror}") from error
    told += [
        say("new.layer", language, file=FILE, layer=layer)
        for layer in ("stations", "zones")
        if layer not in files
    ]
    return [*told, say("new.written", language, file=FILE, model=model)]


def _model(drones: str | None) -> str:
    known = {name.casefold(): name for name in known_models()}
    if drones is None:
        return known_models()[0]
    if drones.casefold() not in known:
        near = known.get(guess(drones, list(known)), ", ".join(known.values()))
        values = {"given": shown(drones), "choices": near}
        code = "E-DRONE-UNKNOWN"
        raise InputError(
            [Finding(code=code, file=FILE, feature="drones", values=values)]
        )
    return known[drones.casefold()]


@dataclass(frozen=True, slots=True)
class _Source:
    """A file that was given, and what names a layer in it."""

    file: Path
    layer: str

    @classmethod
    def of(cls, path: Path) -> _Source:
        file, mark, layer = str(path).partition(LAYER_NAME)
        return cls(Path(file).resolve(), mark + layer)


def _looked_at(
    sources: dict[str, _Source], language: Language
) -> tuple[dict[str, list[str]], list[str]]:
    """Return the lines of column mappings by layer, and what was guessed."""
    notes = Notes()
    columns: dict[str, list[str]] = {}
    told: list[str] = []
    for name, source in sources.items():
        file = source.file.name
        try:
            layer = read_layer(source.file.parent, file + source.layer, name)
        except Fault as fault:
            notes.add_fault(fault, file)
            continue
        found, faults = match_columns(name, layer.columns, {})
        several = {
            fault.values["field"]: fault.values["columns"]
            for fault in faults
            if fault.code == "E-COLUMN-AMBIGUOUS"
        }
        for field in FIELDS[name]:
            values = {"file": shown(file), "field": field}
            if field in found and found[field] != field:
                line = f"{field} = {_text(found[field])}"
                key, values["column"] = "guessed", shown(found[field])
            elif field in several:
                line = f'# {field} = "?"'
                key, values["columns"] = "several", shown(several[field])
            elif field not in found and field in REQUIRED[name]:
                line = f'# {field} = "?"'
                key = "numbered" if field == "id" else "missing"
                values["columns"] = shown(", ".join(layer.columns) or "-")
                values["layer"] = name
            else:
                continue
            columns.setdefault(name, []).append(line)
            told.append(say(f"new.{key}", language, **values))
    if notes.has_errors:
        raise InputError(notes.listed())
    return columns, told


def _copies(source: _Source, directory: Path, layer: str) -> list[tuple[Path, Path]]:
    """Return what is to be copied where: a file, a Shapefile with its sidecars."""
    file = source.file
    if file.parent == directory:
        return []
    suffixes = [file.suffix]
    if file.suffix.lower() == ".shp":
        suffixes += _SIDECARS
    parts = [(file.with_suffix(s), directory / f"{layer}{s}") for s in suffixes]
    return [(part, copy) for part, copy in parts if part.is_file()]


def _name_in(source: _Source, directory: Path, layer: str) -> str:
    """Return what scenario.toml calls a file that was given."""
    if source.file.parent == directory:
        return source.file.name + source.layer
    return f"{layer}{source.file.suffix}{source.layer}"


def _example(directory: Path, layer: str) -> str:
    """Write a layer of the example and return the name of its file."""
    file = directory / f"{layer}.geojson"
    if not file.exists():
        text = json.dumps(EXAMPLE[layer], ensure_ascii=False, indent=1)
        file.write_text(text + "\n", encoding="utf-8")
    return file.name


def _text(value: str) -> str:
    """Return a TOML string; JSON's agree but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml(
    name: str, files: dict[str, str], columns: dict[str, list[str]], model: str
) -> str:
    layers = [f"{layer} = {_text(file)}" for layer, file in files.items()]
    wanted = ("stations", "zones", "airspace")
    layers += [f'# {layer} = "?"' for layer in wanted if layer not in files]
    tables = [
        "\n".join([f"\n[columns.{layer}]  # ours = theirs", *lines, ""])
        for layer, lines in columns.items()
    ]
    return _TEMPLATE.format(
        name=_text(name),
        layers="\n".join(layers),
        columns="".join(tables),
        model=_text(model),
    )


_TEMPLATE = """\
name = {name}
datum = "WGS84"                    # of the layers; GCJ-02 (Amap) or BD-09 (Baidu)
timezone = "Asia/Shanghai"
horizon = ["06:00", "22:00"]       # may cross midnight; "24h" for the whole day
objective = "guarantee"            # fewest drones; "tighten": with all drones the
                                   # shortest gaps; "frugal": fewest flight hours

[layers]                           # .geojson .gpkg .shp .zip .kml .kmz .csv
{layers}
# districts, water, boundary, response_teams, buildings can be added
# terrain = "dem.tif"              # heights of the ground in metres; flat without
{columns}
[[drones]]                         # the first type is that of stations without one
model = {model}                    # from the catalogue; any figure can be set here
# usable_endurance_s = 1800        # after derating and landing reserve
# turnaround_s = 1500              # landing to the next take-off
# energy = "battery"               # both follow from battery, power and charger

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
"""
