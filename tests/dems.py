"""Write made-up rasters of the ground, and read heights off them again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from pyproj import Transformer
from rasterio import Affine

from planner.basics.geometry import FloatArray, LocalProjection
from planner.formats.terrain import read_terrain
from planner.scenario import Scenario

Relief = Callable[[FloatArray, FloatArray], FloatArray]
"""Heights [m] at x and y, metres of the local projection."""

BOUNDS = (-3_000.0, -3_000.0, 7_000.0, 3_000.0)
CELL_M = 30.0
GEOGRAPHIC = "EPSG:4326"


def local_crs(projection: LocalProjection) -> str:
    """Return the reference system of a scenario's metres."""
    return (
        f"+proj=tmerc +lat_0={projection.lat_deg} +lon_0={projection.lon_deg} +k_0=1 "
        "+ellps=WGS84 +units=m"
    )


@dataclass(frozen=True)
class Dem:
    """A raster on disk; its cells by its own arithmetic, not the planner's."""

    path: Path
    projection: LocalProjection

    def heights(self, xy: FloatArray) -> FloatArray:
        """Return the cells under places [m], which it must hold."""
        lonlat = self.projection.to_lonlat(xy)
        with rasterio.open(self.path) as raster:
            to = Transformer.from_crs("EPSG:4326", raster.crs, always_xy=True)
            x, y = to.transform(*lonlat.T)
            step = raster.transform
            column = np.floor((x - step.c) / step.a).astype(int)
            row = np.floor((y - step.f) / step.e).astype(int)
            cells = raster.read(1)[row, column].astype(float)
            return np.where(cells == raster.nodata, np.nan, cells)


def write_dem(
    path: Path,
    relief: Relief,
    projection: LocalProjection,
    *,
    crs: str | None = None,
    bounds: Sequence[float] = BOUNDS,
    cell_m: float = CELL_M,
    nodata: float = -9999.0,
    dtype: Any = "float32",
    **profile: Any,
) -> Dem:
    """Write a raster of a relief; where that is NaN there is no data."""
    crs = crs or local_crs(projection)
    to = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    back = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    west, south, east, north = bounds
    edges = np.array([[west, south], [west, north], [east, south], [east, north]])
    x, y = back.transform(*projection.to_lonlat(edges).T)
    cell_x = (max(x) - min(x)) / ((east - west) / cell_m)
    cell_y = (max(y) - min(y)) / ((north - south) / cell_m)
    columns, rows = round((east - west) / cell_m), round((north - south) / cell_m)
    transform = Affine(cell_x, 0.0, min(x), 0.0, -cell_y, max(y))
    column, row = np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5)
    lon, lat = to.transform(min(x) + cell_x * column, max(y) - cell_y * row)
    places = projection.to_xy(np.column_stack([lon.ravel(), lat.ravel()]))
    heights = np.asarray(relief(*places.T), dtype=float).reshape(rows, columns)
    heights = np.where(np.isnan(heights), nodata, heights)
    options = {
        "driver": "GTiff",
        "width": columns,
        "height": rows,
        "count": 1,
        "dtype": dtype,
        "crs": crs,
        "transform": transform,
        "nodata": nodata,
    } | profile
    with rasterio.open(path, "w", **options) as raster:
        for band in range(1, options["count"] + 1):
            raster.write(heights.astype(dtype), band)
    return Dem(path, projection)


def over(scenario: Scenario, dem: Dem) -> Scenario:
    """Return a scenario over the ground of a raster."""
    terrain = read_terrain(
        dem.path.parent,
        dem.path.name,
        scenario.projection,
        scenario.rules,
        [s.point for s in scenario.stations],
        [z.geometry for z in scenario.zones],
    )
    return replace(scenario, terrain=terrain)
