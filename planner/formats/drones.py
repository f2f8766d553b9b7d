"""Make drone types from what a scenario says of them and the catalogue."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from planner.basics.physics import SWATH_HEIGHT_M
from planner.basics.power import Battery
from planner.formats.settings import FILE, DroneTable, Settings
from planner.formats.table import Notes
from planner.given.drone import DroneModel
from planner.given.wind import Wind

_MOTION = (
    "airspeed_mps",
    "usable_endurance_s",
    "turnaround_s",
    "climb_mps",
    "descent_mps",
    "turn_s",
    "view_radius_m",
    "dwell_s",
    "swath_m",
    "overlap",
)
_LIMITS = ("wind_limit_mps", "service_ceiling_m")
_BATTERY = (
    "capacity_wh",
    "health_share",
    "full_share",
    "reserve_share",
    "mass_kg",
    "rotor_area_m2",
    "tip_speed_mps",
    "drag_area_m2",
    "charge_w",
    "taper_share",
)
_BY_BATTERY = {
    "airspeed_mps": "fastest_mps",
    "usable_endurance_s": "still_air_min",
    "turnaround_s": "handling_s",
}
"""What follows from other figures, and from which, for a drone with a battery."""

_FRAME_WIDTH_SHARE = 0.8
"""Width over diagonal of a picture of 4 to 3."""

Figures = Mapping[str, float]


def drone_models(
    settings: Settings, wind: Wind, notes: Notes
) -> tuple[DroneModel, ...]:
    """Return the drone types in the order of the TOML, first the default."""
    models: list[DroneModel] = []
    fastest_wind_mps = max(blow.speed_mps for blow in wind.blows)
    for index, table in enumerate(settings.drones):
        where = f"drones[{index}]"
        own = table.model_dump(
            exclude_none=True, exclude={"model", "energy", "service"}
        )
        figures = catalogue().get(table.model.casefold(), {}) | own
        figures = {key: float(value) for key, value in figures.items()}
        missing = _missing(table, own, figures)
        if missing:
            notes.add(
                "E-DRONE-FIGURES",
                FILE,
                where,
                model=table.model,
                missing=", ".join(missing),
                known=", ".join(known_models()),
            )
        elif any(table.model == model.model for model in models):
            notes.add("E-DRONE-DUP", FILE, where, model=table.model)
        else:
            _note_camera(table.model, where, figures, notes)
            try:
                models.append(_model(table, own, figures, fastest_wind_mps))
            except ValueError as error:
                notes.add(
                    "E-DRONE-BATTERY", FILE, where, model=table.model, detail=str(error)
                )
    return tuple(models)


def _missing(table: DroneTable, own: Figures, figures: Figures) -> list[str]:
    """Return the keys without which nothing can be said of a drone type."""
    if table.energy == "endurance":
        return [key for key in _MOTION if key not in figures]
    motion = [k if k in own else _BY_BATTERY.get(k, k) for k in _MOTION]
    wanted = dict.fromkeys([*motion, "still_air_min", *_BATTERY])
    return [key for key in wanted if key not in figures]


def _model(
    table: DroneTable, own: Figures, figures: Figures, wind_mps: float
) -> DroneModel:
    """
    Return a drone type.

    Raises
    ------
    ValueError
        If figures of its battery contradict each other.
    """
    motion: dict[str, Any] = {key: figures[key] for key in _MOTION if key in figures}
    motion |= {key: figures.get(key) for key in _LIMITS}
    motion["swaps"] = table.service == "swap"
    if table.energy == "endurance":
        return DroneModel(model=table.model, charge_s=table.charge_s, **motion)
    battery = Battery(
        still_air_s=60 * figures["still_air_min"],
        payload_kg=figures.get("payload_kg", 0.0),
        **{key: figures[key] for key in _BATTERY},
    )
    if "usable_endurance_s" not in own:
        motion["usable_endurance_s"] = battery.still_air_s
    if "turnaround_s" not in own:
        motion["turnaround_s"] = figures["handling_s"]
    if "airspeed_mps" not in own:
        fastest_mps = figures["fastest_mps"]
        motion["airspeed_mps"] = battery.farthest_airspeed_mps(fastest_mps, wind_mps)
    return DroneModel(model=table.model, battery=battery, **motion)


def _note_camera(model: str, where: str, figures: Figures, notes: Notes) -> None:
    """Note a strip that is wider than the camera's picture."""
    if "dfov_deg" not in figures:
        return
    diagonal_m = 2 * SWATH_HEIGHT_M * math.tan(math.radians(figures["dfov_deg"]) / 2)
    width_m = _FRAME_WIDTH_SHARE * diagonal_m
    if figures["swath_m"] > width_m:
        notes.add(
            "W-SWATH-WIDE",
            FILE,
            where,
            model=model,
            swath=figures["swath_m"],
            width=round(width_m, 1),
        )


@cache
def catalogue() -> dict[str, dict[str, float]]:
    """Return the drone types that ship: case-folded name to figures."""
    return {
        name.casefold(): {
            key: value for key, value in entry.items() if isinstance(value, float)
        }
        for name, entry in catalogue_file().items()
        if name != "sources"
    }


@cache
def known_models() -> tuple[str, ...]:
    """Return the names of the drone types that ship."""
    return tuple(name for name in catalogue_file() if name != "sources")


@cache
def catalogue_file() -> dict[str, Any]:
    """Return the content of the catalogue, sources included."""
    text = resources.files("planner").joinpath("data/drones.toml").read_text("utf-8")
    return tomllib.loads(text)
