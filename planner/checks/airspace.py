"""Airspace: closed, private and other stations' airspace is kept out of."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.basics.overflight import spans_over
from planner.checks.case import LENGTH_TOLERANCE_M, TIME_TOLERANCE_S, Case
from planner.checks.closures import approaches
from planner.checks.ground import measure_over_ground
from planner.checks.verdict import Gauge
from planner.flown.energies import blows_met
from planner.flown.footprints import resting_place
from planner.flown.segments import Segments, segments_of
from planner.flown.tracks import FlownRoute, disc_spans
from planner.implied.aloft import closures_aloft, privacy_aloft

_REACHES_M = (1_000.0, 30_000.0)
"""The nearest piece is sought this far off first, lest all be measured [m]."""


def airspace(case: Case, gauge: Gauge) -> None:
    """Measure distances from closures and columns, and heights."""
    if not case.routes:
        return
    pieces = segments_of(case.routes)
    _measure_heights(case, pieces, gauge)
    _measure_wind(case, gauge)
    tree = shapely.STRtree(pieces.shapes)
    _measure_closures(case, pieces, tree, gauge)
    _measure_columns(case, pieces, tree, gauge)
    _measure_privacy(case, pieces, tree, gauge)


def _nearest(
    tree: shapely.STRtree, shape: BaseGeometry, counts: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the pieces that count near a shape, the nearest at least, in order."""
    for reach_m in _REACHES_M:
        near: NDArray[np.int64] = np.sort(tree.query(shape, "dwithin", reach_m))
        near = near[counts[near]]
        if len(near):
            return near
    return np.flatnonzero(counts)


def _measure_heights(case: Case, pieces: Segments, gauge: Gauge) -> None:
    """
    Look at the height of what is flown outside a route's own column.

    There, and wherever it flies level, it is at its layer.
    """
    rules = case.scenario.rules
    low, high = np.ones(len(pieces.ta)), np.zeros(len(pieces.ta))
    for r, flown in enumerate(case.routes):
        for station in flown.stations:
            # Of its two columns, a piece that touches both is excused in the first.
            own = np.flatnonzero((pieces.route == r) & (high < low))
            home = np.array([station.point.x, station.point.y])
            low[own], high[own] = disc_spans(
                pieces.a[own], pieces.b[own], home, rules.column_radius_m
            )
    inside = high >= low
    rise = pieces.zb - pieces.za
    # Heights at both ends of what is outside: before the disc and after it.
    outside = [
        (~inside, pieces.za, pieces.zb),
        (inside & (low > 0), pieces.za, pieces.za + low * rise),
        (inside & (high < 1), pieces.za + high * rise, pieces.zb),
    ]
    lowest = np.full(len(rise), np.inf)
    highest = np.full(len(rise), -np.inf)
    for part, z0, z1 in outside:
        lowest = np.where(part, np.minimum(lowest, np.minimum(z0, z1)), lowest)
        highest = np.where(part, np.maximum(highest, np.maximum(z0, z1)), highest)
    everywhere = np.minimum(pieces.za, pieces.zb)
    if case.scenario.terrain is not None:
        measure_over_ground(case, case.scenario.terrain, pieces, (low, high), gauge)
    else:
        for i in np.flatnonzero(lowest < rules.floor_m - LENGTH_TOLERANCE_M):
            where = _where(case, pieces, i)
            gauge.fault("airspace.floor", where, lowest[i], rules.floor_m)
        for i in np.flatnonzero(highest > rules.ceiling_m + LENGTH_TOLERANCE_M):
            where = _where(case, pieces, i)
            gauge.fault("airspace.ceiling", where, highest[i], rules.ceiling_m)
    ground_m = np.array([min(f.grounds_m) for f in case.routes])[pieces.route]
    for i in np.flatnonzero(everywhere < ground_m - LENGTH_TOLERANCE_M):
        where = _where(case, pieces, i)
        gauge.fault("airspace.ground", where, everywhere[i], ground_m[i])
    layers = np.array([f.route.layer_m for f in case.routes])[pieces.route]
    level = (rise == 0) & (pieces.a != pieces.b).any(axis=1)
    lowest = np.where(level, np.minimum(lowest, pieces.za), lowest)
    highest = np.where(level, np.maximum(highest, pieces.za), highest)
    off = np.where(
        lowest <= highest, np.maximum(highest - layers, layers - lowest), 0.0
    )
    for i in np.flatnonzero(off > LENGTH_TOLERANCE_M):
        found = highest[i] if highest[i] - layers[i] == off[i] else lowest[i]
        gauge.fault("airspace.layer", _where(case, pieces, i), found, layers[i])


def _measure_wind(case: Case, gauge: Gauge) -> None:
    """Compare the wind that is met from the floor up with what a drone may be in."""
    for flown in case.routes:
        floor_m = min(flown.grounds_m) + case.scenario.rules.floor_m
        floor_m -= LENGTH_TOLERANCE_M
        limit_mps = flown.model.wind_limit_mps
        if limit_mps is None:
            continue
        aloft = np.minimum(flown.z[:-1], flown.z[1:]) >= floor_m
        met_mps = max(
            blow.strongest_mps if (pieces & aloft).any() else 0.0
            for blow, pieces in blows_met(case.scenario, flown)
        )
        gauge.measure(
            "airspace.wind",
            flown.route.id,
            met_mps,
            limit_mps,
            limit_mps - met_mps,
            "m/s",
        )


def _measure_closures(
    case: Case, pieces: Segments, tree: shapely.STRtree, gauge: Gauge
) -> None:
    """Measure the distance from closures that hold at the height flown."""
    rules = case.scenario.rules
    closures = closures_aloft(case.scenario)
    for c, i, distance_m, moment_s in approaches(case, pieces, closures, tree):
        at = "" if moment_s is None else f" {case.clock(moment_s)}"
        gauge.measure(
            "airspace.clearance",
            f"{_where(case, pieces, i)} {closures[c].id}{at}",
            distance_m,
            rules.clearance_m,
            distance_m - rules.clearance_m,
            "m",
            tolerance=LENGTH_TOLERANCE_M,
        )


def _measure_columns(
    case: Case, pieces: Segments, tree: shapely.STRtree, gauge: Gauge
) -> None:
    """Measure the distance from the columns of other stations."""
    radius_m = case.scenario.rules.column_radius_m
    depots, lands_at = (
        np.array(ids)[pieces.route]
        for ids in zip(
            *((f.station.id, f.lands_at.id) for f in case.routes), strict=True
        )
    )
    for station in case.scenario.stations:
        others = (depots != station.id) & (lands_at != station.id)
        index = _nearest(tree, station.point, others)
        if not len(index):
            continue
        distance_m = shapely.distance(station.point, pieces.shapes[index])
        bad = np.flatnonzero(distance_m < radius_m - LENGTH_TOLERANCE_M)
        for k in {int(np.argmin(distance_m)), *bad.tolist()}:
            gauge.measure(
                "airspace.column",
                f"{_where(case, pieces, index[k])} {station.id}",
                float(distance_m[k]),
                radius_m,
                float(distance_m[k]) - radius_m,
                "m",
                tolerance=LENGTH_TOLERANCE_M,
            )


def _measure_cameras(case: Case, gauge: Gauge) -> None:
    """Look whether cameras are called off as long as routes are over privacy zones."""
    zones = [p.geometry for p in case.scenario.privacy_zones()]
    private = shapely.union_all(zones).buffer(-LENGTH_TOLERANCE_M)
    shapely.prepare(private)
    for flown in case.routes:
        for low_s, high_s in spans_over(flown.xy, flown.t, private):
            off = any(
                start_s - TIME_TOLERANCE_S <= low_s
                and high_s <= end_s + TIME_TOLERANCE_S
                for start_s, end_s in flown.route.camera_off
            )
            if not off:
                where = f"{flown.route.id} {low_s:.0f} s"
                gauge.fault("airspace.camera", where, low_s, high_s)


def _measure_privacy(
    case: Case, pieces: Segments, tree: shapely.STRtree, gauge: Gauge
) -> None:
    """Look whether privacy zones are crossed too low, or dwelt over."""
    bottom = np.minimum(pieces.za, pieces.zb)
    rests = _watch_places(case.routes)
    xs, ys = np.array([(x, y) for _, x, y in rests]).reshape(-1, 2).T
    _measure_cameras(case, gauge)
    for private in privacy_aloft(case.scenario):
        inside = private.geometry.buffer(-LENGTH_TOLERANCE_M)
        shapely.prepare(inside)
        crossing = np.sort(tree.query(inside, "intersects"))
        for i in crossing[bottom[crossing] < private.upper_m]:
            where = f"{_where(case, pieces, i)} {private.id}"
            gauge.fault("airspace.privacy", where, bottom[i], private.upper_m)
        for k in np.flatnonzero(shapely.contains_xy(inside, xs, ys)):
            gauge.fault("airspace.dwell", f"{rests[k][0]} {private.id}", 1, 0)


def _watch_places(routes: tuple[FlownRoute, ...]) -> list[tuple[str, float, float]]:
    """Return where drones dwell to watch: a label, and the place in metres."""
    places: list[tuple[str, float, float]] = []
    for flown in routes:
        for stop in flown.route.stops:
            place = resting_place(flown.on_task(stop)[0])
            if stop.kind == "watch" and place is not None:
                where = f"{flown.route.id} {stop.target}"
                places.append((where, float(place[0]), float(place[1])))
    return places


def _where(case: Case, pieces: Segments, i: np.integer[Any] | int) -> str:
    """Return the route of a piece, and the time from take-off at which it begins."""
    return f"{case.routes[pieces.route[i]].route.id} {pieces.ta[i]:.0f} s"
