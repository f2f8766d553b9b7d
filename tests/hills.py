"""Make up hills, and a scenario on, behind and between them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from shapely.geometry import LineString, box
from worlds import MODEL, square, station, world, zone

from planner.basics.geometry import FloatArray
from planner.scenario import Scenario


def hilly(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return a ridge, a hill, a valley and a plateau on rough ground at 500 m."""
    ground = np.full(x.shape, 500.0) + (np.round(x / 37 + y / 53) % 3)
    ground[(abs(x - 1150) < 150) & (abs(y) < 1500)] = 548.0  # a ridge
    away = np.hypot(x - 2300, y + 900)
    ground = np.maximum(ground, 540.0 - away / 12)  # a hill under a zone
    ground[(abs(x - 1800) < 350) & (abs(y - 1400) < 350)] = 465.0  # a valley
    ground[x > 3600] = 533.0  # a plateau with a station
    return ground


def mixed(model: str = "M") -> Scenario:
    """Return stations and zones of all kinds on, behind and between hills."""
    return world(
        [station("A", 0, 0, model=model), station("B", 4200, 0, model=model)],
        [
            zone("BEHIND", square(1700, 0, 150)),
            zone("HILL", square(2300, -900, 150)),
            zone("VALLEY", square(1800, 1400, 100)),
            zone("SLOPE", box(2350, -700, 2700, -450), "sweep"),
            zone("RIDGE", LineString([(1150, -900), (1150, 900)]), "line"),
            zone("UP", square(4600, 500, 150)),
        ],
        models=[replace(MODEL, model=model)],
    )
