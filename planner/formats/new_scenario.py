"""Make a scenario folder: of GIS files that a person has, or a tiny example."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from planner.errors import Finding, InputError, OutputError
from planner.formats.columns import count
from planner.formats.drones import known_models
from planner.formats.example import EXAMPLE
from planner.formats.files import read_bytes, write_together
from planner.formats.guesses import Look, looked_at
from planner.formats.layers import LAYER_NAME, read_layer
from planner.formats.new_template import REVISIT_MIN, Sketch, scenario_toml
from planner.formats.settings import FILE
from planner.formats.table import Fault, Notes, shown
from planner.messages import Language, say

MOST_DRONES = 1_000

_SIDECARS = (".shx", ".dbf", ".prj", ".cpg")


def new_scenario(
    directory: Path,
    *,
    zones: Path | None = None,
    stations: Path | None = None,
    airspace: Path | None = None,
    drones: str | None = None,
    overwrite: bool = False,
    language: Language = "en",
) -> list[str]:
    """
    Write a scenario folder with a commented ``scenario.toml``.

    Files given are copied beside it, and their columns, units, kinds, datum and
    reference system guessed; what is left out is filled with a tiny example that can
    be planned as it is.

    Parameters
    ----------
    directory
        Folder to make; it may exist, but holds no scenario yet.
    zones, stations, airspace
        Files in any format that layers come in; a layer of a GeoPackage or a sheet of
        a workbook with several is named as in ``city.gpkg|layername=zones``.
    drones
        Name of a drone type that ships, and how many a station has that does not say,
        as in ``M4TD=3``; without a number the stations must say; the first type that
        stations name, or ships, if None.
    overwrite
        Whether files of the same names in the folder are replaced.

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
    MissingPartError
        If a file needs a library that is not installed.
    """
    given = {"stations": stations, "zones": zones, "airspace": airspace}
    sources = {
        layer: _Source.of(path) for layer, path in given.items() if path is not None
    }
    model, number = _model(drones)
    looks = _looks(sources)
    named = [model] if model else []
    named += looks["stations"].models if "stations" in looks else ()
    models = tuple(dict.fromkeys(named)) or known_models()[:1]
    if number is not None and "stations" in looks:
        looks["stations"].settle("drones")
    home = directory.resolve()
    files = {
        layer: _name_in(source, home, layer) for layer, source in sources.items()
    } or {layer: f"{layer}.geojson" for layer in EXAMPLE}
    sketch = Sketch(
        name=home.name, files=files, looks=looks, models=models, drones=number
    )
    try:
        written = {home / FILE: scenario_toml(sketch).encode(errors="replace")}
        for layer, source in sources.items():
            for part, copy in _copies(source, home, layer):
                written[copy] = read_bytes(part)
        if not sources:
            written |= {home / files[layer]: _example(layer) for layer in EXAMPLE}
        _write(written, overwrite, language)
    except Fault as fault:  # it was there a moment ago
        raise OutputError(
            say(f"finding.{fault.code}", language, **fault.values)
        ) from None
    except OSError as error:
        raise OutputError(f"{error.filename or directory}: {error.strerror}") from error
    return _sentences(sketch, sources, language)


def _sentences(
    sketch: Sketch, sources: dict[str, _Source], language: Language
) -> list[str]:
    """Return what was guessed, assumed, left out and written."""
    told = [
        say(key, language, **{k: shown(str(v)) for k, v in values.items()})
        for look in sketch.looks.values()
        for key, values in look.told
    ]
    if not sources:
        files = ", ".join(sketch.files.values())
        told.append(say("new.example", language, files=files))
    else:
        told.append(say("new.assumed", language, file=FILE, datum=sketch.datum))
    if sketch.needs_intervals:
        told.append(say("new.intervals", language, file=FILE, **REVISIT_MIN))
    if sketch.drones is not None:
        told.append(say("new.drones", language, file=FILE, drones=sketch.drones))
    elif sketch.needs_drones:
        told.append(say("new.no_drones", language, model=sketch.models[0]))
    told += [
        say("new.layer", language, file=FILE, layer=layer)
        for layer in ("stations", "zones")
        if layer not in sketch.files
    ]
    model = ", ".join(sketch.models)
    return [*told, say("new.written", language, file=FILE, model=model)]


def _model(drones: str | None) -> tuple[str | None, int | None]:
    """
    Return the drone type and the number of ``MODEL=N``, or raise an InputError.

    The catalogue's nearest names are told where it has no such type.
    """
    if drones is None:
        return None, None
    name, mark, text = drones.partition("=")
    known = {model.casefold(): model for model in known_models()}
    if name.strip().casefold() not in known:
        near = difflib.get_close_matches(name.casefold(), known, n=3, cutoff=0.4)
        choices = ", ".join(known[model] for model in near or known)
        raise _refused("E-DRONE-UNKNOWN", given=shown(name), choices=choices)
    if not mark:
        return known[name.strip().casefold()], None
    try:
        return known[name.strip().casefold()], count("drones", text, 0, MOST_DRONES)
    except Fault as fault:
        raise _refused(fault.code, **fault.values) from fault


def _refused(code: str, **values: object) -> InputError:
    return InputError([Finding(code=code, file=FILE, feature="drones", values=values)])


@dataclass(frozen=True, slots=True)
class _Source:
    """A file that was given, and what names a layer in it."""

    file: Path
    layer: str

    @classmethod
    def of(cls, path: Path) -> _Source:
        file, mark, layer = str(path).partition(LAYER_NAME)
        return cls(Path(file).resolve(), mark + layer)

    @property
    def suffix(self) -> str:
        return self.file.suffix.lower()


def _looks(sources: dict[str, _Source]) -> dict[str, Look]:
    """Return what was found out about each layer, or raise an InputError with all."""
    notes = Notes()
    looks: dict[str, Look] = {}
    for name, source in sources.items():
        file = source.file.name
        try:
            layer = read_layer(source.file.parent, file + source.layer, name)
        except Fault as fault:
            notes.add_fault(fault, file)
            continue
        looks[name] = looked_at(name, layer, file)
    if notes.has_errors:
        raise InputError(notes.listed())
    return looks


def _copies(source: _Source, home: Path, layer: str) -> Sequence[tuple[Path, Path]]:
    """Return what is to be copied where: a file, a Shapefile with its sidecars."""
    file = source.file
    if file.parent == home:
        return []
    pairs = [(file, home / f"{layer}{source.suffix}")]
    if source.suffix == ".shp":
        for suffix in _SIDECARS:
            spelt = [file.with_suffix(s) for s in (suffix, suffix.upper())]
            pairs += [
                (part, home / f"{layer}{suffix}") for part in spelt if part.is_file()
            ]
    return pairs


def _name_in(source: _Source, home: Path, layer: str) -> str:
    """Return what scenario.toml calls a file that was given."""
    if source.file.parent == home:
        return source.file.name + source.layer
    return f"{layer}{source.suffix}{source.layer}"


def _write(written: dict[Path, bytes], overwrite: bool, language: Language) -> None:
    """
    Write all files or none; what lies there stays, unless it is to be overwritten.

    A part of an older Shapefile that the new one lacks goes: it would be taken for
    the new one's.
    """
    for file in written:
        if file.exists() and not overwrite:
            raise OutputError(say("new.exists", language, file=shown(file.name)))
    for folder in {file.parent for file in written}:
        folder.mkdir(parents=True, exist_ok=True)
    write_together(written)
    for file in [file for file in written if file.suffix == ".shp"]:
        for suffix in _SIDECARS:
            old = file.with_suffix(suffix)
            if old not in written:
                old.unlink(missing_ok=True)


def _example(layer: str) -> bytes:
    """Return a layer of the example."""
    text = json.dumps(EXAMPLE[layer], ensure_ascii=False, indent=1)
    return (text + "\n").encode()
