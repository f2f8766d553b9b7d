"""
Plan the whole city by battery in several winds, and print what came out side by side.

Run it from the project's folder: ``python tests/bench/winds.py [--seconds 60]
[--seed 1] [--winds 0 6 10] [--from-deg 135]``. Each run is the command itself on a copy
of ``seeds/yancheng-energy``, whose drones are limited by their batteries: airspeed,
energy and charging follow from the catalogue and the wind. With ``--airspeeds`` it
prints instead how much farther sorties would get if each leg had an airspeed of its
own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import planner
import seeds
from planner.basics.physics import ground_speed
from planner.formats.drones import catalogue, drone_models, known_models
from planner.formats.settings import parse_settings
from planner.formats.table import Notes
from planner.given.drone import DroneModel
from planner.given.stamina import longest_sortie_s
from planner.given.wind import Wind

CEILING_M = 120.0
TOURS = {
    "square": ((1, 0), (0, 1), (-1, 0), (0, -1)),
    "there and back": ((1, 0), (-1, 0)),
}
"""Directions of the legs of tours, all as long; the wind blows along the first."""

STEP_MPS = 0.05
PRICES = np.geomspace(1e-6, 1e2, 400)
"""Of a joule in seconds."""

TYPES = """timezone = "UTC"
[layers]
stations = "s.geojson"
zones = "z.geojson"
"""


def copied(folder: Path, wind_mps: float, from_deg: float) -> Path:
    """Return a copy of the city by battery, in a wind."""
    shutil.copytree(seeds.path("yancheng-energy"), folder)
    file = folder / "scenario.toml"
    blows = {"speed_mps": wind_mps, "from_deg": from_deg}
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines():
        key = line.partition("=")[0].strip()
        lines.append(f"{key} = {blows[key]}" if key in blows else line)
    file.write_text("\n".join(lines), encoding="utf-8")
    return folder


def planned(folder: Path, out: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Return what the command told of a plan."""
    command = [sys.executable, "-m", "planner", "plan", str(folder), "-o", str(out)]
    command += ["--seconds", str(asked.seconds), "--seed", str(asked.seed), "--json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    told: dict[str, Any] = json.loads(run.stdout)
    return told


def by_battery(wind_mps: float) -> tuple[DroneModel, ...]:
    """Return the catalogue's types that have a battery, each as it flies in a wind."""
    names = [n for n in known_models() if "capacity_wh" in catalogue()[n.casefold()]]
    tables = (f'[[drones]]\nmodel = "{n}"\nenergy = "battery"\n' for n in names)
    notes = Notes()
    settings = parse_settings(TYPES + "".join(tables), notes)
    assert settings is not None, notes.listed()
    return drone_models(settings, Wind(speed_mps=wind_mps), notes)


def reaches_m(
    model: DroneModel, fastest_mps: float, legs: Any, wind_mps: float
) -> tuple[float, float]:
    """
    Return how long a tour of legs may be, by two ways to fly it [m].

    At the one airspeed of the type, as is planned; and at an airspeed for each leg, the
    one that minimises (1 + price x power) / ground speed: of all prices of energy the
    best. Both by their true draw, which is what is planned for in level flight.
    """
    battery = model.battery
    assert battery is not None
    climb_s = CEILING_M / model.climb_mps
    ready_wh = battery.usable_wh
    ready_wh -= float(battery.climbing_w(model.climb_mps)) * climb_s / 3600
    vertical_s = climb_s + CEILING_M / model.descent_mps
    joules = 3600 * ready_wh - float(battery.power_w(0.0)) * vertical_s
    seconds = model.usable_endurance_s - vertical_s
    speeds = np.append(model.airspeed_mps, np.arange(STEP_MPS, fastest_mps, STEP_MPS))
    east, north = np.array(legs, dtype=float).T
    over_mps = np.array(
        [ground_speed(east, north, float(v), (wind_mps, 0.0)) for v in speeds]
    )
    with np.errstate(divide="ignore"):
        slowness = 1 / over_mps
    draw_w = battery.power_w(speeds)[:, None]

    def far(time_s: Any, energy_j: Any) -> Any:
        return np.minimum(seconds / time_s.mean(-1), joules / energy_j.mean(-1))

    one = slowness[0]
    best = [np.argmin((1 + p * draw_w) * slowness, axis=0) for p in PRICES]
    each = np.take_along_axis(slowness, np.array(best), axis=0)
    own_w = draw_w[np.array(best), 0]
    return (
        float(far(one, one * draw_w[0])),
        float(far(each, each * own_w).max()),
    )


def print_airspeeds(winds: list[float]) -> None:
    """Print how much farther sorties get with an airspeed for each leg."""
    print("how much farther sorties get with an airspeed for each leg")
    print(f"{'type':8s}  wind m/s  one airspeed", *(f"{n:>15s}" for n in TOURS))
    for wind_mps in winds:
        for model in by_battery(wind_mps):
            fastest_mps = catalogue()[model.model.casefold()]["fastest_mps"]
            gains = []
            for legs in TOURS.values():
                one_m, own_m = reaches_m(model, fastest_mps, legs, wind_mps)
                gains.append(f"{own_m / one_m - 1:15.1%}")
            print(
                f"{model.model:8s}  {wind_mps:8g}  {model.airspeed_mps:12.2f}", *gains
            )


def main() -> None:
    """Print a line a wind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--winds", nargs="+", type=float, default=[0.0, 6.0, 10.0])
    parser.add_argument("--from-deg", type=float, default=135.0)
    parser.add_argument("--airspeeds", action="store_true", help="of legs, not plans")
    asked = parser.parse_args()
    if asked.airspeeds:
        print_airspeeds(asked.winds)
        return
    cores = len(os.sched_getaffinity(0))
    print(f"{platform.machine()}, {cores} cores, Python {platform.python_version()}")
    print(f"{datetime.now(UTC):%Y-%m-%d} {' '.join(sys.argv[1:])}")
    print(
        "wind m/s  airspeed  longest min  zones  priority  peak  used  hours  "
        "violations  least Wh left  wall s"
    )
    for wind_mps in asked.winds:
        with tempfile.TemporaryDirectory() as room:
            folder = copied(Path(room) / "city", wind_mps, asked.from_deg)
            scenario = planner.read_scenario(folder)
            model = scenario.drone_models[0]
            longest_s = longest_sortie_s(model, scenario.rules.ceiling_m)
            started = time.monotonic()
            told = planned(folder, Path(room) / "plan", asked)
            wall_s = time.monotonic() - started
        m, check = told["metrics"], told["check"]
        share = m["priority_served"] / m["priority"]
        margin = next(r for r in check["rules"] if r["rule"] == "energy")
        print(
            f"{wind_mps:8g}  {model.airspeed_mps:8.2f}  {longest_s / 60:11.1f}  "
            f"{m['zones_served']:5d}  {share:8.1%}  {m['drones_peak']:4d}  "
            f"{m['drones_used']:4d}  {m['flight_hours']:5.0f}  "
            f"{len(check['violations']):10d}  {margin['worst_margin']:7.1f} "
            f"{margin['unit']:5s}  {wall_s:6.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
