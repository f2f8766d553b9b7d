"""Read a scenario folder: ``scenario.toml`` and the layers beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import shapely

from planner.basics.geometry import LocalProjection
from planner.basics.terrain import Terrain
from planner.errors import Finding, InputError
from planner.formats import objects
from planner.formats.banks import narrowest_swath_m
from planner.formats.crews import crews_of
from planner.formats.digest import scenario_digest
from planner.formats.drones import drone_models
from planner.formats.files import decoded, inside, read_bytes
from planner.formats.horizon import parse_horizon
from planner.formats.layers import read_layer
from planner.formats.records import Record, Source, in_order, records
from planner.formats.schedule import days_of
from planner.formats.settings import (
    FILE,
    Settings,
    parse_settings,
    rules_of,
    wind_of,
)
from planner.formats.shapes import in_wgs84
from planner.formats.table import Fault, Notes
from planner.formats.terrain import read_terrain
from planner.formats.units import factors_of
from planner.given.drone import DroneModel
from planner.given.horizon import Horizon
from planner.given.scatter import Scatter
from planner.given.wind import Wind
from planner.scenario import Scenario
from planner.validation.findings import validate

ALL_OF_A_DAY = Horizon(
    start="2026-01-01T00:00:00+00:00", start_clock_s=0.0, length_s=86_400.0
)
"""Stands in for a horizon at fault, so that the faults of the layers are told too."""


def read_scenario(path: Path, *, horizon: str | None = None) -> Scenario:
    """
    Return the scenario of a folder, read and validated.

    Parameters
    ----------
    path
        Folder with ``scenario.toml`` and its layers.
    horizon
        ``"24h"`` or ``"06:00-22:00"`` instead of the one in the TOML.

    Raises
    ------
    InputError
        If it cannot be planned, with every finding.
    """
    scenario, findings = inspect_scenario(path, horizon=horizon)
    if scenario is None:
        raise InputError(findings)
    return scenario


def place_in(path: Path, lon: float, lat: float) -> shapely.Point:
    """
    Return a place in WGS 84 of one in the datum of a scenario's files.

    Raises
    ------
    InputError
        If it lies nowhere on earth.
    """
    notes = Notes()
    settings = _settings(Path(path), notes)
    try:
        if settings:
            return in_wgs84(
                shapely.Point(lon, lat), "EPSG:4326", settings.datum, remarks=[]
            )
    except Fault as fault:
        notes.add_fault(fault, "--at")
    raise InputError(notes.listed())


def inspect_scenario(
    path: Path, *, horizon: str | None = None
) -> tuple[Scenario | None, tuple[Finding, ...]]:
    """
    Return the scenario of a folder and every finding, warnings too.

    The scenario is None where a finding is an error.
    """
    folder, notes = Path(path), Notes()
    settings = _settings(folder, notes)
    if settings is None:
        return None, notes.listed()
    wind = wind_of(settings, notes)
    models = drone_models(settings, wind, notes)
    crews = crews_of(settings, notes)
    hours = _horizon(settings, horizon, notes)
    layers = {
        name: _layer(folder, name, files, settings, notes)
        for name, files in _vector_layers(settings).items()
    }
    _note_strange_mappings(settings, notes)
    if not (layers["stations"] or layers["zones"]):
        return None, notes.listed()
    bounds = objects.bounds_of([*layers["stations"], *layers["zones"]])
    spread_deg = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    if spread_deg > objects.MOST_SPREAD_DEG:
        limit = objects.MOST_SPREAD_DEG
        notes.add("E-CRS-SPREAD", FILE, "layers", degrees=spread_deg, limit=limit)
        return None, notes.listed()
    layers = layers | {
        name: objects.near(found, bounds)
        for name, found in layers.items()
        if name not in ("stations", "zones")
    }
    projection = objects.projection_of(bounds)
    scenario = _assemble(
        folder, settings, models, wind, hours or ALL_OF_A_DAY, projection, layers
    )
    ground = _terrain(folder, scenario, settings, notes)
    scenario = replace(scenario, terrain=ground, crews=crews)
    objects.note_assumptions(record for found in layers.values() for record in found)
    if notes.has_errors:
        return None, notes.listed()
    scenario = replace(scenario, digest=scenario_digest(scenario))
    for found in validate(scenario):
        file = _file_of(found, settings, layers)
        notes.add(found.code, file, found.feature, **found.values)
    return None if notes.has_errors else scenario, notes.listed()


def _settings(folder: Path, notes: Notes) -> Settings | None:
    if not folder.is_dir():
        notes.add("E-FOLDER", folder.name)
        return None
    try:
        text, remarks = decoded(read_bytes(inside(folder, FILE)))
    except Fault as fault:
        notes.add_fault(fault, FILE)
        return None
    for remark in remarks:
        notes.add_fault(remark, FILE)
    return parse_settings(text, notes)


def _horizon(settings: Settings, given: str | None, notes: Notes) -> Horizon | None:
    remarks: list[Fault] = []
    try:
        return parse_horizon(
            given or settings.horizon, settings.timezone, settings.date, remarks
        )
    except Fault as fault:
        remarks.append(fault)
        return None
    finally:
        for remark in remarks:
            notes.add_fault(remark, FILE, "horizon")


def _vector_layers(settings: Settings) -> dict[str, list[str]]:
    """Return the files of all layers that have features."""
    return settings.layers.model_dump(exclude_none=True, exclude={"terrain"})


def _terrain(
    folder: Path, scenario: Scenario, settings: Settings, notes: Notes
) -> Terrain | None:
    """Return the ground, None where none is given or after noting what is wrong."""
    (name,) = settings.layers.terrain or [""]
    stations = [station.point for station in scenario.stations]
    zones = [zone.geometry for zone in scenario.zones]
    if not name or not stations or not zones:
        return None
    try:
        return read_terrain(
            folder, name, scenario.projection, scenario.rules, stations, zones
        )
    except Fault as fault:
        notes.add_fault(fault, name)
        return None


def _layer(
    folder: Path, name: str, files: list[str], settings: Settings, notes: Notes
) -> list[Record]:
    """Return the records of all files of a layer, in order."""
    mapping = settings.columns.get(name, {})
    factors = factors_of(name, settings.units.get(name, {}), notes)
    defaults = _defaults(name, settings)
    found: list[Record] = []
    rows = 0
    for file in files:
        source = Source(
            file, settings.crs, settings.datum, mapping, notes, factors, defaults
        )
        try:
            layer = read_layer(folder, file, name)
            found.extend(records(name, layer, source, numbered_from=rows + 1))
            rows += len(layer.features)
        except Fault as fault:
            notes.add_fault(fault, file)
    return in_order(name, found)


def _defaults(name: str, settings: Settings) -> dict[str, Any]:
    """Return what holds in a layer where a row has no value."""
    given = settings.defaults.model_dump(exclude_none=True)
    fields = {"stations": ("drones",), "zones": ("revisit_min",)}.get(name, ())
    return {field: given[field] for field in fields if field in given}


def _file_of(
    found: Finding, settings: Settings, layers: dict[str, list[Record]]
) -> str:
    """Return the file of a finding that names a layer, or nothing for the TOML."""
    files: list[str] = getattr(settings.layers, found.file or "-", None) or [FILE]
    origin = {record.id: record.source.file for record in layers.get(found.file, [])}
    return origin.get(found.feature, files[0])


def _note_strange_mappings(settings: Settings, notes: Notes) -> None:
    """Note column mappings and units of layers that there are not."""
    given = _vector_layers(settings)
    known = ", ".join(given)
    for table, names in (("columns", settings.columns), ("units", settings.units)):
        for name in [name for name in names if name not in given]:
            notes.add("E-TOML-KEY", FILE, f"{table}.{name}", name=name, guess=known)


def _assemble(
    folder: Path,
    settings: Settings,
    models: tuple[DroneModel, ...],
    wind: Wind,
    hours: Horizon,
    projection: LocalProjection,
    layers: dict[str, list[Record]],
) -> Scenario:
    default_model = models[0].model if models else ""
    rules = rules_of(settings)

    def shapes(name: str) -> tuple[shapely.Geometry, ...]:
        return objects.shapes_of(layers.get(name, []), projection)

    return Scenario(
        name=settings.name or folder.resolve().name,
        timezone=settings.timezone,
        horizon=hours,
        projection=projection,
        stations=objects.stations_of(layers["stations"], projection, default_model),
        zones=objects.zones_of(
            layers["zones"], projection, narrowest_swath_m(models, rules)
        ),
        drone_models=models,
        airspace=objects.airspace_of(
            layers.get("airspace", []),
            projection,
            days_of(hours.start, hours.length_s, settings.timezone),
            settings.ground_amsl_m,
        ),
        districts=objects.districts_of(layers.get("districts", []), projection),
        water=shapes("water"),
        boundary=shapes("boundary"),
        response_teams=objects.teams_of(layers.get("response_teams", []), projection),
        buildings=objects.buildings_of(layers.get("buildings", []), projection),
        demand=objects.demand_of(layers.get("demand", []), projection),
        wind=wind,
        rules=rules,
        scatter=Scatter(**settings.scatter.model_dump()),
        objective=settings.objective,
        attribution=settings.attribution,
    )
