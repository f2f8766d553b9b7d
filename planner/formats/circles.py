"""Make a polygon of a circle that a format gives by its centre and radius."""

from __future__ import annotations

from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from planner.basics.geometry import QUAD_SEGS, LocalProjection, disc, grown
from planner.formats.columns import number
from planner.formats.table import Fault


def circle(centre: Any, radius_m: float, *, within: bool = False) -> BaseGeometry:
    """
    Return a polygon round a circle, in [lon, lat].

    Parameters
    ----------
    centre
        As the file has it, longitude first.
    within
        Whether the polygon lies in the circle, rather than the circle in it.

    Raises
    ------
    Fault
        If centre or radius make no circle.
    """
    if not (isinstance(centre, list | tuple) and len(centre) >= 2):
        raise Fault("E-GEOM-COORDS", found=str(centre)[:40])
    lon, lat = (number("center", part, -180.0, 180.0) for part in centre[:2])
    if abs(lat) > 90.0:
        raise Fault("E-CRS-LATLON", x=lon, y=lat)
    number("radius", radius_m, 0.0, 1_000_000.0, above=True)
    if within:
        flat = disc(0.0, 0.0, radius_m)
    else:
        flat = grown(shapely.Point(0.0, 0.0), radius_m, QUAD_SEGS)
    return LocalProjection(lon, lat).unproject(flat)
