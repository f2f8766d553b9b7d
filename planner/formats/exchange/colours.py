"""Colour height layers and stations: the same colour whatever routes are chosen."""

from __future__ import annotations

from typing import TypeVar

from planner.basics.palette import PALETTE
from planner.formats.handover import Handover

_Thing = TypeVar("_Thing")


def layer_colours(handover: Handover) -> dict[float, str]:
    """Return the colour of each height layer [m above ground], from the lowest."""
    layers = sorted({float(route.layer_m) for route in handover.plan.routes})
    return _coloured(layers)


def station_colours(handover: Handover) -> dict[str, str]:
    """Return the colour of each station's id, in the order of the plan."""
    return _coloured([str(station.get("id")) for station in handover.plan.stations])


def rgb(colour: str) -> tuple[int, int, int]:
    """
    Return red, green and blue of a colour.

    Examples
    --------
    >>> rgb("#0072B2")
    (0, 114, 178)
    """
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def _coloured(things: list[_Thing]) -> dict[_Thing, str]:
    return {thing: PALETTE[i % len(PALETTE)] for i, thing in enumerate(things)}
