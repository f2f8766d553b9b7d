"""Project to metres and back, and grow shapes on the safe side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

FloatArray = NDArray[np.float64]

QUAD_SEGS = 64
"""Segments in a quarter of a disc: loses 0.01 % of the area, 16 lose 0.16 %."""


@dataclass(frozen=True)
class LocalProjection:
    """
    Transverse Mercator round the data, scale 1 on its central meridian.

    The scale is nowhere below 1, so a time or a distance computed in it is
    never shorter than on the ground. Reference: Snyder, Map Projections: A
    Working Manual, USGS PP 1395, 1987.

    Parameters
    ----------
    lon_deg, lat_deg
        Centre, WGS 84.
    """

    lon_deg: float
    lat_deg: float

    @cached_property
    def _transformers(self) -> tuple[Transformer, Transformer]:
        local = (
            f"+proj=tmerc +lat_0={self.lat_deg!r} +lon_0={self.lon_deg!r} +k_0=1 "
            "+ellps=WGS84 +units=m +no_defs"
        )
        wgs84 = "+proj=longlat +ellps=WGS84 +no_defs"
        return (
            Transformer.from_crs(wgs84, local, always_xy=True),
            Transformer.from_crs(local, wgs84, always_xy=True),
        )

    def to_xy(self, lonlat: FloatArray) -> FloatArray:
        """Return metres, shape (n, 2), of [lon, lat] degrees, shape (n, 2)."""
        points = np.asarray(lonlat, dtype=float).reshape(-1, 2)
        x, y = self._transformers[0].transform(points[:, 0], points[:, 1])
        return np.column_stack([x, y])

    def to_lonlat(self, xy: FloatArray) -> FloatArray:
        """Return [lon, lat] degrees, shape (n, 2), of metres, shape (n, 2)."""
        points = np.asarray(xy, dtype=float).reshape(-1, 2)
        lon, lat = self._transformers[1].transform(points[:, 0], points[:, 1])
        return np.column_stack([lon, lat])

    def project(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return a geometry in metres of one in [lon, lat]; heights are dropped."""
        return shapely.transform(shapely.force_2d(geometry), self.to_xy)

    def unproject(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return a geometry in [lon, lat] of one in metres."""
        return shapely.transform(geometry, self.to_lonlat)


def disc(x: float, y: float, radius_m: float) -> BaseGeometry:
    """Return a disc as a polygon inscribed in the true circle."""
    return shapely.Point(x, y).buffer(radius_m, quad_segs=QUAD_SEGS)


def area_within_km2(shape: BaseGeometry, x: float, y: float, radius_m: float) -> float:
    """Return the area of a shape that lies within a distance of a place [km2]."""
    return float(shape.intersection(disc(x, y, radius_m)).area) / 1e6


def grown(geometry: BaseGeometry, margin_m: float, quad_segs: int = 8) -> BaseGeometry:
    """
    Return a geometry grown by at least the margin everywhere.

    A plain buffer cuts its arcs short; this one is circumscribed.
    """
    if margin_m <= 0:
        return geometry
    reach = margin_m / math.cos(math.pi / (4 * quad_segs))
    return geometry.buffer(reach, quad_segs=quad_segs)
