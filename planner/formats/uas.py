"""Say what a UAS geographical zone says in the words of an airspace layer."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from shapely.geometry.base import BaseGeometry

from planner.formats.columns import number
from planner.formats.table import Fault, Feature, Layer
from planner.formats.times import Edge, Times

COLUMNS = (
    "id",
    "name",
    "restriction",
    "lower_m_agl",
    "upper_m_agl",
    "lower_m_amsl",
    "upper_m_amsl",
    "schedule",
    "reason",
)
OPEN = "NO_RESTRICTION"
UNITS = {"m": 1.0, "ft": 0.3048}

GEOID_M = (-107.0, 86.0)
"""Lowest and highest geoid above the ellipsoid: the Earth Gravitational Model 2008."""

_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_EVENTS = {"BMCT": "dawn", "SR": "sunrise", "SS": "sunset", "EECT": "dusk"}
_LARGEST_M = 1_000_000.0


def layer_of(
    features: Iterable[Feature], left_out: int, remarks: Iterable[Fault]
) -> Layer:
    """
    Return a layer of UAS zones, which are in WGS 84 whatever else the scenario has.

    Parameters
    ----------
    left_out
        How many zones without a restriction there are.
    """
    told = tuple(remarks)
    if left_out:
        told += (Fault("W-UAS-OPEN", count=left_out),)
    return Layer(
        columns=COLUMNS,
        features=tuple(features),
        crs="OGC:CRS84",
        datum="WGS84",
        remarks=told,
    )


def rows_of(
    row: int,
    common: Mapping[str, Any],
    remarks: Iterable[Fault],
    volumes: Sequence[Any],
    limits: Callable[[Any], Mapping[str, float]],
    shape: Callable[[Any, list[Fault]], BaseGeometry],
) -> Iterator[Feature]:
    """
    Yield a row for each volume of a zone, with an id of its own if there are several.

    Parameters
    ----------
    row
        Of the zone.
    common
        What all its volumes have.
    limits, shape
        Return the heights and the area of a volume, or raise a `Fault`.
    """
    for index, volume in enumerate(volumes, 1):
        values = dict(common)
        if common["id"] is not None and len(volumes) > 1:
            values["id"] = f"{common['id']}-{index}"
        told = list(remarks)
        geometry: BaseGeometry | Fault
        try:
            values |= limits(volume)
            geometry = shape(volume, told)
        except Fault as fault:
            geometry = fault
        yield Feature(row=row, values=values, geometry=geometry, remarks=tuple(told))


def length_m(field: str, value: Any, unit: Any) -> float:
    """
    Return a length in metres.

    Raises
    ------
    Fault
        If the unit is neither metres nor feet, or it is no number.
    """
    factor = UNITS.get(str(unit).strip().casefold())
    if factor is None:
        raise Fault("E-UAS-UNIT", found=str(unit))
    return number(field, value, -_LARGEST_M, _LARGEST_M) * factor


def limit(side: str, value: Any, unit: Any, reference: Any) -> dict[str, float]:
    """
    Return a limit as the column of an airspace layer that its reference asks for.

    Above the ellipsoid (``WGS84``) counts as above sea level, as low or as high as
    any geoid makes it, whichever closes more.

    Parameters
    ----------
    side
        ``lower`` or ``upper``.

    Raises
    ------
    Fault
        If unit, reference or number are not understood.
    """
    if value is None:
        return {}
    height_m = length_m(f"{side}Limit", value, unit)
    if reference == "AGL":
        return {f"{side}_m_agl": height_m}
    if reference == "AMSL":
        return {f"{side}_m_amsl": height_m}
    if reference == "WGS84":
        return {f"{side}_m_amsl": height_m - GEOID_M[1 if side == "lower" else 0]}
    choices = "AGL, AMSL, WGS84"
    field = f"{side}Reference"
    raise Fault("E-VALUE-CHOICE", field=field, found=str(reference), guess=choices)


def reason_of(reasons: Any) -> str:
    """Return the reasons as one text; only a zone for nothing else is for privacy."""
    if isinstance(reasons, list | tuple):
        return ", ".join(str(reason) for reason in reasons)
    return "" if reasons is None else str(reasons)


def times_of(
    periods: Any, remarks: list[Fault], *, always: Callable[[Mapping[str, Any]], bool]
) -> tuple[Times, ...] | None:
    """
    Return when a zone holds; None for always.

    What is not understood holds always, and a remark says what it is.

    Parameters
    ----------
    always
        Whether a period says itself that it never ends.
    """
    if not periods:
        return None
    found: list[Times] = []
    try:
        for period in periods:
            parts = period.get("schedule") or [{}]
            begins, ends = (
                _instant(period.get(key)) for key in ("startDateTime", "endDateTime")
            )
            if parts == [{}] and (always(period) or (begins is None and ends is None)):
                return None
            found += [_times(part, begins, ends) for part in parts]
    except (AttributeError, TypeError, ValueError) as error:
        remarks.append(Fault("W-UAS-TIMES", found=str(error)))
        return None
    return tuple(found)


def _times(
    part: Mapping[str, Any],
    begins: datetime.datetime | None,
    ends: datetime.datetime | None,
) -> Times:
    """Return a period of a day, or raise a ValueError."""
    names = part.get("day") or ["ANY"]
    names = [names] if isinstance(names, str) else names
    unknown = set(names) - {*_WEEKDAYS, "ANY"}
    if unknown:
        raise ValueError(f"day: {', '.join(sorted(map(str, unknown)))}")
    days = () if "ANY" in names else (_WEEKDAYS.index(name) for name in names)
    low, low_zone = _edge(part, "start", 0.0)
    high, high_zone = _edge(part, "end", 86_400.0)
    if low_zone and high_zone and low_zone != high_zone:
        raise ValueError(f"{part.get('startTime')}, {part.get('endTime')}")
    return Times(
        weekdays=frozenset(days),
        low=low,
        high=high,
        zone=low_zone or high_zone or datetime.UTC,
        begins=begins,
        ends=ends,
    )


def _edge(
    part: Mapping[str, Any], side: str, otherwise: float
) -> tuple[Edge, datetime.tzinfo | None]:
    """Return a start or an end, and the zone of its clock; or raise a ValueError."""
    event, text = part.get(f"{side}Event"), part.get(f"{side}Time")
    if event is not None:
        if event not in _EVENTS:
            raise ValueError(f"{side}Event: {event}")
        return _EVENTS[event], None
    if text is None:
        return otherwise, None
    clock = datetime.time.fromisoformat(str(text).replace("24:00", "00:00", 1))
    if clock.tzinfo is None:
        raise ValueError(f"{side}Time: {text}")
    at_s = clock.hour * 3600.0 + clock.minute * 60.0 + clock.second
    return at_s, datetime.timezone(clock.utcoffset() or datetime.timedelta())


def _instant(text: Any) -> datetime.datetime | None:
    """Return an instant with its zone, or raise a ValueError."""
    if text is None or text == "":
        return None
    moment = datetime.datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        raise ValueError(str(text))
    return moment
