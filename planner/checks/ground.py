"""Airspace over terrain: floor and ceiling hold over the ground that is flown over."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.basics.geometry import FloatArray
from planner.basics.terrain import Terrain
from planner.checks.case import LENGTH_TOLERANCE_M, Case
from planner.checks.verdict import Gauge
from planner.flown.segments import Segments


def measure_over_ground(
    case: Case,
    terrain: Terrain,
    pieces: Segments,
    column: tuple[FloatArray, FloatArray],
    gauge: Gauge,
) -> None:
    """
    Measure the height over every square of ground that a path touches.

    In its own column a drone may be lower as long as it climbs or descends.

    Parameters
    ----------
    column
        Which part of each piece lies in the own column, as shares of its way, shapes
        (n,); the first is above the second where none does.
    """
    _measure_layers(case, gauge)
    moves = (pieces.a != pieces.b).any(axis=1)
    exempt = (column[1] >= column[0]) & ~(moves & (pieces.za == pieces.zb))
    enters, leaves = (np.where(exempt, share, np.inf) for share in column)
    crossed = terrain.crossed(pieces.a, pieces.b)
    of = crossed.segment
    # What is outside the column: before it and after it.
    before = (crossed.start, np.minimum(crossed.end, enters[of]), enters[of] > 0)
    after = (np.maximum(crossed.start, leaves[of]), crossed.end, leaves[of] < 1)
    low, high, counts = (
        np.concatenate(pair) for pair in zip(before, after, strict=True)
    )
    counts &= low <= high
    low, high = low[counts], high[counts]
    of, lowest_m, highest_m = (
        np.tile(each, 2)[counts] for each in (of, crossed.lowest_m, crossed.highest_m)
    )
    rise_m, lasts_s = (pieces.zb - pieces.za)[of], (pieces.tb - pieces.ta)[of]
    heights = pieces.za[of] + np.stack([low, high]) * rise_m
    moments_s = pieces.ta[of] + low * lasts_s

    def where(k: int) -> str:
        """Return the route of a stretch, and the time from take-off when it begins."""
        return f"{case.routes[pieces.route[of[k]]].route.id} {moments_s[k]:.1f} s"

    unknown = np.isnan(highest_m)
    known = ~unknown
    for k in _first_of_each(of, unknown):
        gauge.fault("airspace.unknown", where(k), "-", "-")
    rules = case.scenario.rules
    for code, over_m, limit_m, sign in (
        ("airspace.floor", heights.min(axis=0) - highest_m, rules.floor_m, 1),
        ("airspace.ceiling", heights.max(axis=0) - lowest_m, rules.ceiling_m, -1),
    ):
        margin_m = np.where(unknown, np.inf, sign * (over_m - limit_m))
        order = np.lexsort((margin_m, of))
        bad = margin_m[order] < -LENGTH_TOLERANCE_M
        told = order[_first_of_each(of[order], bad)].tolist()
        for k in {int(np.argmin(margin_m)), *told} if known.any() else ():
            found_m, short_m = float(over_m[k]), float(margin_m[k])
            _measure(gauge, code, where(k), found_m, limit_m, short_m)


def _measure_layers(case: Case, gauge: Gauge) -> None:
    """Measure the height of layers over the stations where they begin and end."""
    rules = case.scenario.rules
    ends = [
        (flown, station, ground_m)
        for flown in case.routes
        for station, ground_m in zip(flown.stations, flown.grounds_m, strict=False)
    ]
    for flown, station, ground_m in ends:
        over_m = flown.route.layer_m - ground_m
        where = f"{flown.route.id} {station.id}"
        for code, limit_m, margin_m in (
            ("airspace.floor", rules.floor_m, over_m - rules.floor_m),
            ("airspace.ceiling", rules.ceiling_m, rules.ceiling_m - over_m),
        ):
            _measure(gauge, code, where, over_m, limit_m, margin_m)


def _first_of_each(
    of: NDArray[np.int64], chosen: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the first of the chosen of each piece."""
    at = np.flatnonzero(chosen)
    _, first = np.unique(of[at], return_index=True)
    return at[first]


def _measure(
    gauge: Gauge, code: str, where: str, over_m: float, limit_m: float, margin_m: float
) -> None:
    """Note a height over ground."""
    gauge.measure(
        code, where, over_m, limit_m, margin_m, "m", tolerance=LENGTH_TOLERANCE_M
    )
