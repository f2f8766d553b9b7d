"""Compute when the sun rises and sets."""

from __future__ import annotations

import datetime
import math

ZENITH_DEG = 90.833
"""Of the sun's centre when its upper edge is on the horizon, refraction included."""

CIVIL_DEG = 96.0
"""Of the sun's centre when civil twilight begins or ends."""


def sun_hours(
    day: datetime.date,
    lon_deg: float,
    lat_deg: float,
    *,
    zenith_deg: float = ZENITH_DEG,
) -> tuple[float, float] | None:
    """
    Return sunrise and sunset, in seconds after midnight UTC of a day.

    By the Fourier series of NOAA's General Solar Position Calculations (Global
    Monitoring Laboratory), a minute or two off between the polar circles. Either may
    lie outside of 0 to 86,400. With another zenith of the sun, begin and end of a
    twilight.

    Returns
    -------
    tuple of float, or None
        None if the sun does not rise, minus and plus infinity if it does not set.
    """
    turn = 2 * math.pi / 365 * (day.timetuple().tm_yday - 1)
    c1, s1, c2, s2, c3, s3 = (
        f(k * turn) for k in (1, 2, 3) for f in (math.cos, math.sin)
    )
    ahead_min = 229.18 * (
        0.000075 + 0.001868 * c1 - 0.032077 * s1 - 0.014615 * c2 - 0.040849 * s2
    )
    declination = (
        0.006918
        - 0.399912 * c1
        + 0.070257 * s1
        - 0.006758 * c2
        + 0.000907 * s2
        - 0.002697 * c3
        + 0.00148 * s3
    )
    lat = math.radians(lat_deg)
    cosine = math.cos(math.radians(zenith_deg)) / (
        math.cos(lat) * math.cos(declination)
    ) - math.tan(lat) * math.tan(declination)
    if cosine > 1:
        return None
    if cosine < -1:
        return -math.inf, math.inf
    half_deg = math.degrees(math.acos(cosine))
    noon_min = 720 - 4 * lon_deg - ahead_min
    return 60 * (noon_min - 4 * half_deg), 60 * (noon_min + 4 * half_deg)
