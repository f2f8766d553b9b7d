"""
Say how high the ground is: squares of ground, each with its lowest and highest.

Heights count from one reference level for the whole city. Squares are closed: on an
edge between two of them both count, and at a corner all four.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import FloatArray

_EDGE = 1e-6
"""What lies this close to an edge is on it [squares]."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crossed:
    """
    The ground under straight segments: stretches, and the edges between them.

    Parameters
    ----------
    segment
        Index of the segment, shape (k,).
    start, end
        Which part of it, as shares of its way, shape (k,); the same on an edge.
    lowest_m, highest_m
        Ground of all squares that it touches there, shape (k,); NaN where unknown.
    """

    segment: NDArray[np.int64]
    start: FloatArray
    end: FloatArray
    lowest_m: FloatArray
    highest_m: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Terrain:
    """
    Ground in squares of the local projection.

    Parameters
    ----------
    west_m, south_m, square_m
        Corner of the grid and side of its squares.
    lowest_m, highest_m
        Ground of each square above the reference level, from south to north and west
        to east, shape (rows, columns); NaN where it is not known.
    reference_m
        Height of the reference level in the heights of the raster.
    relief_m
        Lowest and highest ground under stations and zones, above the reference level.
    file, sha256
        Name of the raster and hash of its bytes.
    """

    west_m: float
    south_m: float
    square_m: float
    lowest_m: FloatArray
    highest_m: FloatArray
    reference_m: float = 0.0
    relief_m: tuple[float, float] = (0.0, 0.0)
    file: str = ""
    sha256: str = ""

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north of the grid [m]."""
        rows, columns = self.highest_m.shape
        return (
            self.west_m,
            self.south_m,
            self.west_m + columns * self.square_m,
            self.south_m + rows * self.square_m,
        )

    def at(self, xy: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return lowest and highest ground at places, shape (n, 2); NaN if unknown."""
        return self._touched(self._squares(xy))

    def near(self, shape: BaseGeometry) -> tuple[float, float]:
        """
        Return lowest and highest known ground of the squares that a shape touches.

        NaN where none of them is known.
        """
        c0, r0, c1, r1 = self._window(shape)
        if c0 >= c1 or r0 >= r1:
            return np.nan, np.nan
        lowest_m, highest_m = self.lowest_m[r0:r1, c0:c1], self.highest_m[r0:r1, c0:c1]
        known = ~np.isnan(highest_m)
        if (c1 - c0) * (r1 - r0) > 1 and known.any():
            shapely.prepare(shape)
            known &= shapely.intersects(shape, self._boxes(c0, r0, c1, r1))
        if not known.any():
            return np.nan, np.nan
        return float(lowest_m[known].min()), float(highest_m[known].max())

    def known_share(self, shape: BaseGeometry) -> float:
        """Return the share of a shape, area or line, over which ground is known."""
        c0, r0, c1, r1 = self._window(shape)
        if c0 >= c1 or r0 >= r1:
            return 0.0
        unknown = np.isnan(self.highest_m[r0:r1, c0:c1])
        west, south, east, north = self.bounds
        inside = shape.intersection(shapely.box(west, south, east, north))
        if unknown.any():
            holes = shapely.union_all(self._boxes(c0, r0, c1, r1)[unknown])
            inside = inside.difference(holes)
        whole = shape.area or shape.length
        return float((inside.area if shape.area else inside.length) / whole)

    def squares(self, chosen: NDArray[np.bool_]) -> BaseGeometry:
        """Return the union of chosen squares, shape (rows, columns), in metres."""
        if not chosen.any():
            return shapely.Polygon()
        # Runs along rows: far fewer shapes than squares.
        steps = np.diff(np.pad(chosen, ((0, 0), (1, 1))).astype(np.int8), axis=1)
        row, first = np.nonzero(steps == 1)
        _, last = np.nonzero(steps == -1)
        side = self.square_m
        return shapely.union_all(
            shapely.box(
                self.west_m + first * side,
                self.south_m + row * side,
                self.west_m + last * side,
                self.south_m + (row + 1) * side,
            )
        )

    def crossed(self, a: FloatArray, b: FloatArray) -> Crossed:
        """
        Return the ground under straight segments, square by square.

        The grid's lines cut a segment into stretches; the ground of each is that of
        its middle (Amanatides and Woo, 1987, walk the same squares one by one).

        Parameters
        ----------
        a, b
            Ends in metres, shape (n, 2).
        """
        start, end = self._squares(a), self._squares(b)
        segment, share = _cuts(start, end)
        follows = segment[1:] == segment[:-1]
        stretch = segment[:-1][follows]
        low, high = share[:-1][follows], share[1:][follows]
        middle = (low + high) / 2
        segment = np.concatenate([stretch, segment])
        at = np.concatenate([middle, share])
        place = start[segment] + at[:, None] * (end - start)[segment]
        lowest_m, highest_m = self._touched(place)
        return Crossed(
            segment=segment,
            start=np.concatenate([low, share]),
            end=np.concatenate([high, share]),
            lowest_m=lowest_m,
            highest_m=highest_m,
        )

    def _squares(self, xy: FloatArray) -> FloatArray:
        """Return places in squares from the corner of the grid, shape (n, 2)."""
        return (np.asarray(xy, float) - (self.west_m, self.south_m)) / self.square_m

    def _window(self, shape: BaseGeometry) -> tuple[int, int, int, int]:
        """Return first column and row, and those after the last, that a box touches."""
        low, high = self._squares(np.array(shape.bounds).reshape(2, 2))
        rows, columns = self.highest_m.shape
        c0, r0 = np.maximum(np.floor(low - _EDGE).astype(int), 0)
        c1, r1 = np.minimum(np.floor(high + _EDGE).astype(int) + 1, (columns, rows))
        return int(c0), int(r0), int(c1), int(r1)

    def _boxes(self, c0: int, r0: int, c1: int, r1: int) -> NDArray[np.object_]:
        """Return squares as shapes, in metres."""
        side = self.square_m
        x = self.west_m + side * np.arange(c0, c1)
        y = self.south_m + side * np.arange(r0, r1)[:, None]
        boxes: NDArray[np.object_] = shapely.box(x, y, x + side, y + side)
        return boxes

    def _touched(self, place: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return lowest and highest ground of the squares that places touch."""
        rows, columns = self.highest_m.shape
        lowest_m = np.full(len(place), np.inf)
        highest_m = np.full(len(place), -np.inf)
        for aside in (-_EDGE, _EDGE):
            for along in (-_EDGE, _EDGE):
                beside = place + np.array([aside, along])
                c, r = np.floor(beside).astype(np.int64).T
                out = (c < 0) | (r < 0) | (c >= columns) | (r >= rows)
                c, r = np.clip(c, 0, columns - 1), np.clip(r, 0, rows - 1)
                # NaN wins over any number.
                lowest_m = np.minimum(
                    lowest_m, np.where(out, np.nan, self.lowest_m[r, c])
                )
                highest_m = np.maximum(
                    highest_m, np.where(out, np.nan, self.highest_m[r, c])
                )
        return lowest_m, highest_m


def _cuts(start: FloatArray, end: FloatArray) -> tuple[NDArray[np.int64], FloatArray]:
    """
    Return where segments begin, cross the lines of the unit grid, and end.

    Index of the segment and share of its way, in order, both ends of each included.
    """
    count = len(start)
    segments = [np.arange(count), np.arange(count)]
    shares = [np.zeros(count), np.ones(count)]
    for one, other in zip(start.T, end.T, strict=True):
        low, high = np.minimum(one, other), np.maximum(one, other)
        first = np.floor(low).astype(np.int64) + 1
        crossings = np.maximum(np.ceil(high).astype(np.int64) - first, 0)
        of = np.repeat(np.arange(count), crossings)
        before = np.cumsum(crossings) - crossings
        line = first[of] + np.arange(len(of)) - before[of]
        segments.append(of)
        shares.append((line - one[of]) / (other - one)[of])
    segment, share = np.concatenate(segments), np.concatenate(shares)
    order = np.lexsort((share, segment))
    return segment[order], np.clip(share[order], 0.0, 1.0)
