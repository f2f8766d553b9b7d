"""
Read the height of the ground from a raster: a GeoTIFF of metres, in any projection.

Its cells are taken over into squares of the scenario's projection, each with the lowest
and the highest of all cells that it touches: so no path is nearer to the ground than
it seems to be, whatever was rounded.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray, LocalProjection
from planner.basics.terrain import Terrain
from planner.errors import MissingPartError
from planner.formats.files import inside, read_bytes
from planner.formats.table import Fault
from planner.scenario import Rules

SUFFIXES = (".tif", ".tiff")
MARGIN_M = 2_000.0
"""Ground this far round stations and zones is looked at; nobody flies beyond."""

MOST_SQUARES = 1_500_000
"""A finer raster is taken together to no more squares than this."""

MOST_CELLS = 40_000_000
LEAST_M, MOST_M = -500.0, 9_000.0
"""No city lies lower than the Dead Sea or higher than all mountains."""

_SLIVER = 1e-4
"""A square does not touch a cell that it overlaps by less than this [cells]."""

_ROUNDING = 0.1
"""Heights are taken to the millimetre, outwards, but for what 32 bits round [mm]."""

_METRES = {"", "m", "metre", "metres", "meter", "meters"}


def read_terrain(
    folder: Path,
    name: str,
    projection: LocalProjection,
    rules: Rules,
    stations: Sequence[BaseGeometry],
    zones: Sequence[BaseGeometry],
) -> Terrain:
    """
    Return the ground round stations and zones, given in metres.

    Raises
    ------
    Fault
        If the file cannot be used.
    MissingPartError
        If rasterio is not installed.
    """
    path = inside(folder, name)
    if path.suffix.lower() not in SUFFIXES:
        raise Fault("E-FORMAT-SUFFIX", suffix=path.suffix, known=" ".join(SUFFIXES))
    data = read_bytes(path)
    with ExitStack() as stack:
        raster = _opened(data, stack)
        crs = _checked(raster)
        bounds = shapely.total_bounds([*stations, *zones])
        west, south, east, north = bounds + MARGIN_M * np.array([-1, -1, 1, 1])
        square_m = _square_m(raster, crs, projection, (east - west) * (north - south))
        columns = math.ceil((east - west) / square_m)
        rows = math.ceil((north - south) / square_m)
        x = west + square_m * np.arange(columns + 1)
        y = south + square_m * np.arange(rows + 1)
        corners = np.stack(np.meshgrid(x, y), axis=-1)
        cells = _cells(raster, crs, projection, corners)
        lowest_m, highest_m = _gathered(raster, cells)
    terrain = Terrain(
        west_m=float(west),
        south_m=float(south),
        square_m=square_m,
        lowest_m=np.floor(lowest_m * 1000 + _ROUNDING) / 1000,
        highest_m=np.ceil(highest_m * 1000 - _ROUNDING) / 1000,
        file=PurePosixPath(name).name,
        sha256=hashlib.sha256(data).hexdigest(),
    )
    return _levelled(terrain, rules, stations, zones)


def library() -> Any:
    """
    Return rasterio.

    Raises
    ------
    MissingPartError
        If it is not installed.
    """
    try:
        import rasterio
    except ImportError as error:
        raise MissingPartError(
            "rasterio is not installed; install the extra: "
            'pip install "drone-patrol-planner[terrain]"'
        ) from error
    return rasterio


def _opened(data: bytes, stack: ExitStack) -> Any:
    """Return the raster that bytes hold; nothing else is read, whatever they name."""
    rasterio = library()
    try:
        memory = stack.enter_context(rasterio.MemoryFile(data))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            return stack.enter_context(memory.open(driver="GTiff"))
    except rasterio.errors.RasterioError as error:
        raise Fault("E-FORMAT-CORRUPT", format="GeoTIFF") from error


def _checked(raster: Any) -> CRS:
    """Return the reference system of a raster of heights, or raise what is wrong."""
    if raster.count != 1:
        raise Fault("E-TERRAIN-BANDS", bands=raster.count)
    if np.dtype(raster.dtypes[0]).kind not in "iuf":
        raise Fault("E-TERRAIN-TYPE", type=raster.dtypes[0])
    unit = (raster.units[0] or "").strip().casefold()
    if unit not in _METRES:
        raise Fault("E-TERRAIN-UNIT", unit=unit)
    if raster.crs is None or raster.transform.is_identity:
        raise Fault("E-TERRAIN-CRS")
    try:
        return CRS.from_wkt(raster.crs.to_wkt()).to_2d()
    except ProjError as error:
        raise Fault("E-TERRAIN-CRS") from error


def _square_m(
    raster: Any, crs: CRS, projection: LocalProjection, area_m2: float
) -> float:
    """Return the side of squares as large as a cell in the middle, or larger."""
    centre = projection.to_lonlat(np.array([[0.0, 0.0]]))
    there = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    back = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    x, y = there.transform(*centre[0])
    step = raster.transform
    xs, ys = x + np.array([0.0, step.a, step.b]), y + np.array([0.0, step.d, step.e])
    lonlat = np.column_stack(back.transform(xs, ys))
    if not np.isfinite(lonlat).all():
        raise Fault("E-TERRAIN-ELSEWHERE")
    middle, right, down = projection.to_xy(lonlat)
    side_m = math.sqrt(math.dist(middle, right) * math.dist(middle, down))
    return max(side_m, math.sqrt(area_m2 / MOST_SQUARES))


def _cells(
    raster: Any, crs: CRS, projection: LocalProjection, xy: FloatArray
) -> FloatArray:
    """Return places [m] in cells from the corner of the raster: (column, row)."""
    lonlat = projection.to_lonlat(xy.reshape(-1, 2))
    there = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    x, y = there.transform(lonlat[:, 0], lonlat[:, 1])
    to = ~raster.transform
    columns, rows = to.a * x + to.b * y + to.c, to.d * x + to.e * y + to.f
    cells = np.column_stack([columns, rows])
    return np.where(np.isfinite(cells), cells, -1e9).reshape(xy.shape)


def _gathered(raster: Any, corners: FloatArray) -> tuple[FloatArray, FloatArray]:
    """
    Return the lowest and the highest cell that each square touches, by its corners.

    NaN where one of them is not known, or lies beyond the raster.
    """
    around = [corners[:-1, :-1], corners[1:, :-1], corners[:-1, 1:], corners[1:, 1:]]
    first = np.floor(np.minimum.reduce(around) + _SLIVER).astype(np.int64)
    last = np.ceil(np.maximum.reduce(around) - _SLIVER).astype(np.int64) - 1
    last = np.maximum(last, first)
    within = ((first >= 0) & (last < [raster.width, raster.height])).all(axis=-1)
    if not within.any():
        raise Fault("E-TERRAIN-ELSEWHERE")
    first, last = first[within], last[within]
    start, end = first.min(axis=0), last.max(axis=0) + 1
    # Blocks of cells first, where squares are much larger, so that few are looked at.
    block = max(1, int(np.median(last - first + 1)) // 2)
    cells = _read(raster, start, end)
    lowest_m, highest_m = (
        _blocks(cells, block, take) for take in (np.minimum, np.maximum)
    )
    first, last = (first - start) // block, (last - start) // block
    found = np.full((2, *within.shape), np.nan)
    low, high = np.full(len(first), np.inf), np.full(len(first), -np.inf)
    span = (last - first).max(axis=0) + 1
    for down in range(span[1]):
        for right in range(span[0]):
            column, row = np.minimum(first + np.array([right, down]), last).T
            low = np.minimum(low, lowest_m[row, column])
            high = np.maximum(high, highest_m[row, column])
    found[0, within], found[1, within] = low, high
    return found[0], found[1]


def _read(raster: Any, start: NDArray[np.int64], end: NDArray[np.int64]) -> FloatArray:
    """Return a window of a raster, NaN where it has no data."""
    rasterio = library()
    columns, rows = (end - start).tolist()
    if columns * rows > MOST_CELLS:
        raise Fault(
            "E-TERRAIN-FINE",
            millions=round(columns * rows / 1e6),
            limit=round(MOST_CELLS / 1e6),
        )
    window = rasterio.windows.Window(int(start[0]), int(start[1]), columns, rows)
    try:
        cells = raster.read(1, window=window, masked=True)
    except rasterio.errors.RasterioError as error:
        raise Fault("E-FORMAT-CORRUPT", format="GeoTIFF") from error
    heights_m: FloatArray = np.ma.filled(cells.astype(float), np.nan)
    heights_m = heights_m * raster.scales[0] + raster.offsets[0]
    heights_m[~np.isfinite(heights_m)] = np.nan
    absurd = (heights_m < LEAST_M) | (heights_m > MOST_M)
    if absurd.any():
        raise Fault(
            "E-TERRAIN-VALUES",
            count=int(absurd.sum()),
            lowest=float(np.nanmin(heights_m)),
            highest=float(np.nanmax(heights_m)),
            low=LEAST_M,
            high=MOST_M,
        )
    return heights_m


def _blocks(heights_m: FloatArray, side: int, take: np.ufunc) -> FloatArray:
    """Return the least or greatest of square blocks of cells."""
    if side == 1:
        return heights_m
    rows, columns = (-n % side for n in heights_m.shape)
    padded = np.pad(heights_m, ((0, rows), (0, columns)), mode="edge")
    high, wide = (n // side for n in padded.shape)
    blocks: FloatArray = take.reduce(
        padded.reshape(high, side, wide, side), axis=(1, 3)
    )
    return blocks


def _levelled(
    terrain: Terrain,
    rules: Rules,
    stations: Sequence[BaseGeometry],
    zones: Sequence[BaseGeometry],
) -> Terrain:
    """
    Return the ground above a reference level of its own, a whole number of metres.

    That is the median of the ground at the stations, or, up to a step between layers
    higher, where most layers are open over the stations and over each zone.
    """
    ranges_m = np.array([terrain.near(shape) for shape in (*stations, *zones)])
    stands_m = ranges_m[: len(stations), 1]
    ranges_m = ranges_m[~np.isnan(ranges_m[:, 1])]
    if not len(ranges_m):
        raise Fault("E-TERRAIN-ELSEWHERE")
    if np.isnan(stands_m).all():
        stands_m = ranges_m[:, 1]
    low_m, high_m = ranges_m.T
    step_m = rules.separation_vertical_m
    room_m = rules.ceiling_m - rules.floor_m
    levels = round(float(np.nanmedian(stands_m))) + np.arange(max(1, math.ceil(step_m)))
    last = np.floor((low_m + room_m - levels[:, None]) / step_m)
    first = np.ceil((high_m - levels[:, None]) / step_m)
    layers = np.maximum(0, last - first + 1).sum(axis=1)
    level_m = float(levels[int(np.argmax(layers))])
    return replace(
        terrain,
        lowest_m=np.round(terrain.lowest_m - level_m, 3),
        highest_m=np.round(terrain.highest_m - level_m, 3),
        reference_m=level_m,
        relief_m=(
            round(float(low_m.min()) - level_m, 3),
            round(float(high_m.max()) - level_m, 3),
        ),
    )
