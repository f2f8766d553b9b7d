"""
Turn coordinates of Chinese web maps into WGS 84.

GCJ-02 (Amap, Tencent) shifts WGS 84 by some hundred metres, BD-09 (Baidu)
shifts GCJ-02 once more. The shift is a published closed formula; its inverse
is found by iteration. Outside China's bounding box GCJ-02 is WGS 84.
"""

from __future__ import annotations

import numpy as np

from planner.basics.geometry import FloatArray

_AXIS_M = 6_378_245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BAIDU_TURN = np.pi * 3000.0 / 180.0
_CHINA = (72.004, 137.8347, 0.8293, 55.8271)
"""West, east, south, north of the box in which GCJ-02 shifts."""

_ROUNDS = 12
"""Each shrinks the error to under a hundredth; 12 leave rounding alone."""


def gcj02_of_wgs84(lonlat: FloatArray) -> FloatArray:
    """Return GCJ-02 of WGS 84, both [lon, lat] degrees, shape (n, 2)."""
    points = np.asarray(lonlat, dtype=float).reshape(-1, 2)
    lon, lat = points[:, 0], points[:, 1]
    x, y = lon - 105.0, lat - 35.0
    root, pi = np.sqrt(np.abs(x)), np.pi
    ripple = 20.0 * np.sin(6.0 * x * pi) + 20.0 * np.sin(2.0 * x * pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (ripple + 20.0 * np.sin(y * pi) + 40.0 * np.sin(y / 3.0 * pi)) * 2 / 3
    north += (160.0 * np.sin(y / 12.0 * pi) + 320.0 * np.sin(y * pi / 30.0)) * 2 / 3
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (ripple + 20.0 * np.sin(x * pi) + 40.0 * np.sin(x / 3.0 * pi)) * 2 / 3
    east += (150.0 * np.sin(x / 12.0 * pi) + 300.0 * np.sin(x / 30.0 * pi)) * 2 / 3
    phi = np.radians(lat)
    square = 1.0 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian_m = _AXIS_M * (1.0 - _ECCENTRICITY_SQUARED) / square**1.5
    parallel_m = _AXIS_M / np.sqrt(square) * np.cos(phi)
    shift = np.degrees(np.column_stack([east / parallel_m, north / meridian_m]))
    west_edge, east_edge, south_edge, north_edge = _CHINA
    inside = (west_edge <= lon) & (lon <= east_edge)
    inside &= (south_edge <= lat) & (lat <= north_edge)
    return points + np.where(inside[:, None], shift, 0.0)


def wgs84_of_gcj02(lonlat: FloatArray) -> FloatArray:
    """Return WGS 84 of GCJ-02 to under 0.01 m, [lon, lat] degrees, shape (n, 2)."""
    wanted = np.asarray(lonlat, dtype=float).reshape(-1, 2)
    found = wanted.copy()
    for _ in range(_ROUNDS):
        found += wanted - gcj02_of_wgs84(found)
    return found


def bd09_of_gcj02(lonlat: FloatArray) -> FloatArray:
    """Return BD-09 of GCJ-02, both [lon, lat] degrees, shape (n, 2)."""
    points = np.asarray(lonlat, dtype=float).reshape(-1, 2)
    lon, lat = points[:, 0], points[:, 1]
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BAIDU_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BAIDU_TURN)
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    return np.column_stack([x + 0.0065, y + 0.006])


def wgs84_of_bd09(lonlat: FloatArray) -> FloatArray:
    """Return WGS 84 of BD-09 to under 0.01 m, [lon, lat] degrees, shape (n, 2)."""
    wanted = np.asarray(lonlat, dtype=float).reshape(-1, 2)
    gcj = wanted - np.array([0.0065, 0.006])
    for _ in range(_ROUNDS):
        gcj += wanted - bd09_of_gcj02(gcj)
    return wgs84_of_gcj02(gcj)
