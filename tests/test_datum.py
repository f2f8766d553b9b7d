"""Coordinates of Chinese web maps come back to where they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.formats.datum import (
    bd09_of_gcj02,
    gcj02_of_wgs84,
    wgs84_of_bd09,
    wgs84_of_gcj02,
)

METRES_PER_DEGREE = 111_320.0

lons = st.floats(73.0, 137.0)
lats = st.floats(1.0, 55.0)


def apart_m(one: object, two: object) -> float:
    """Return the largest distance between two lists of points, at most."""
    return float(np.abs(np.asarray(one) - np.asarray(two)).max() * METRES_PER_DEGREE)


def test_the_middle_of_yancheng_moves_as_the_published_formula_says() -> None:
    """A known pair of coordinates agrees to the digits that are published."""
    moved = gcj02_of_wgs84(np.array([[120.16, 33.35]]))
    assert moved[0] == pytest.approx([120.164954, 33.348569], abs=1e-6)


@given(lon=lons, lat=lats)
def test_gcj02_is_undone_to_a_centimetre(lon: float, lat: float) -> None:
    """Turning WGS 84 into GCJ-02 and back moves a point by under 0.01 m."""
    point = np.array([[lon, lat]])
    assert apart_m(wgs84_of_gcj02(gcj02_of_wgs84(point)), point) < 0.01


@given(lon=lons, lat=lats)
def test_bd09_is_undone_to_a_centimetre(lon: float, lat: float) -> None:
    """Turning WGS 84 into BD-09 and back moves a point by under 0.01 m."""
    point = np.array([[lon, lat]])
    there = bd09_of_gcj02(gcj02_of_wgs84(point))
    assert apart_m(wgs84_of_bd09(there), point) < 0.01


def test_outside_china_nothing_moves() -> None:
    """GCJ-02 is WGS 84 where there is no shift."""
    berlin = np.array([[13.4, 52.5]])
    assert (wgs84_of_gcj02(berlin) == berlin).all()
