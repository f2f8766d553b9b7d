"""Make a scenario folder: of GIS files that a person has, or a tiny example."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from planner.errors import Finding, InputError, OutputError
from planner.formats.columns import FIELDS, REQUIRED, match_columns
from planner.formats.example import EXAMPLE
from planner.formats.layers import read_layer
from planner.formats.settings import FILE, guess, known_models
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
        Files in any format that layers come in.
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
        layer: path.resolve() for layer, path in given.items() if path is not None
    }
    model = _model(drones)
    columns, told = _looked_at(sources, language)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if (directory / FILE).exists():
            raise OutputError(say("new.exists", language, file=FILE))
        if sources:
            files = {
                layer: _copied(source, directory.resolve(), layer)
                for layer, source in sources.items()
            }
        else:
            files = {layer: _example(directory, layer) for layer in EXAMPLE}
            told.append(say("new.example", language, files=", ".join(files.values())))
        text = _toml(directory.resolve().name, files, columns, model)
        (directory / FILE).write_bytes(text.encode("utf-8", errors="replace"))
    except OSError as error:
        raise OutputError(str(error)) from error
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
        near = guess(drones, list(known))
        values = {"given": drones, "choices": near}
        raise InputError([Finding(code="E-TOML-CHOICE", file=FILE, values=values)])
    return known[drones.casefold()]


def _looked_at(
    sources: dict[str, Path], language: Language
) -> tuple[dict[str, list[str]], list[str]]:
    """Return the lines of column mappings by layer, and what was guessed."""
    notes = Notes()
    columns: dict[str, list[str]] = {}
    told: list[str] = []
    for name, source in sources.items():
        try:
            layer = read_layer(source.parent, source.name, name)
        except Fault as fault:
            notes.add_fault(fault, source.name)
            continue
        found, _ = match_columns(name, layer.columns, {})
        for field in FIELDS[name]:
            values = {"file": shown(source.name), "field": field}
            if field in found and found[field] != field:
                values["column"] = shown(found[field])
                columns.setdefault(name, []).append(f"{field} = {_text(found[field])}")
                told.append(say("new.guessed", language, **values))
            elif field not in found and field in REQUIRED[name]:
                values["columns"] = shown(", ".join(layer.columns))
                columns.setdefault(name, []).append(f'# {field} = "?"')
                told.append(say("new.missing", language, **values))
    if notes.has_errors:
        raise InputError(notes.listed())
    return columns, told


def _copied(source: Path, directory: Path, layer: str) -> str:
    """Copy a file, a Shapefile with its sidecars, and return its name there."""
    if source.parent == directory:
        return source.name
    suffixes = [source.suffix]
    if source.suffix.lower() == ".shp":
        suffixes += _SIDECARS
    for suffix in suffixes:
        part = source.with_suffix(suffix)
        if part.is_file():
            shutil.copyfile(part, directory / f"{layer}{suffix}")
    return f"{layer}{source.suffix}"


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

[layers]                           # .geojson .gpkg .shp .zip .kml .kmz .csv
{layers}
# districts, water, boundary, response_teams can be added
{columns}
[[drones]]                         # the first type is that of stations without one
model = {model}                    # from the catalogue; any figure can be set here
# usable_endurance_s = 1800        # after derating and landing reserve
# turnaround_s = 1500              # landing to the next take-off

[wind]
speed_mps = 0.0
from_deg = 0.0                     # where it comes from, clockwise from north

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
