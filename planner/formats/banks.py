"""Make two banks of a line that is too wide to be seen from its middle."""

from __future__ import annotations

from collections.abc import Sequence

import shapely
from shapely.geometry.base import BaseGeometry

from planner.basics.physics import swath_at
from planner.given.drone import DroneModel
from planner.scenario import Rules


def narrowest_swath_m(models: Sequence[DroneModel], rules: Rules) -> float:
    """Return the narrowest strip that any drone type sees, from the lowest layer."""
    return min((swath_at(m.swath_m, rules.floor_m) for m in models), default=0.0)


def both_banks(line: BaseGeometry, width_m: float) -> BaseGeometry:
    """
    Return the banks of a river or a road round its middle line.

    Parameters
    ----------
    line
        LineString or MultiLineString in metres.

    Returns
    -------
    MultiLineString
        Lines half the width to the left and to the right; what a bend leaves no
        room for is missing.
    """
    parts = shapely.get_parts(shapely.line_merge(line))
    banks = [
        piece
        for part in parts
        for side in (width_m / 2, -width_m / 2)
        for piece in shapely.get_parts(shapely.offset_curve(part, side))
        if piece.length > 0
    ]
    return shapely.MultiLineString(banks)
