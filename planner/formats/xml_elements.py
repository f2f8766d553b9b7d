"""Find elements of XML by their names, whatever their namespace is."""

from __future__ import annotations

import math
from xml.etree.ElementTree import Element

from planner.formats.table import Fault

HIGHEST_M = 100_000.0


def tag_of(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def all_named(element: Element, name: str) -> list[Element]:
    """Return an element and all below it that have a name."""
    return [child for child in element.iter() if tag_of(child) == name]


def text_of(element: Element, name: str) -> str:
    """Return the text of the first child of a name, or nothing."""
    return next(((c.text or "").strip() for c in element if tag_of(c) == name), "")


def number_of(element: Element, name: str) -> float | None:
    """Return the number of a child, or None if there is none; raise a Fault else."""
    text = text_of(element, name)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Fault("E-MISSION-NUMBER", name=name, found=text[:40])
    return value


def place_of(text: str) -> tuple[float, float, float]:
    """Return longitude, latitude and height of ``lon,lat[,height]``, or a Fault."""
    try:
        lon, lat, height_m = (*map(float, text.split(",")), 0.0)[:3]
    except ValueError as error:
        raise Fault("E-KML-COORD", found=text[:40]) from error
    if not (abs(lon) <= 180 and abs(lat) <= 90 and abs(height_m) <= HIGHEST_M):
        raise Fault("E-KML-COORD", found=text[:40])
    return lon, lat, height_m
