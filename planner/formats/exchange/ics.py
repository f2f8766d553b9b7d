"""Write a calendar for each station, an event a sortie (RFC 5545)."""

from __future__ import annotations

import math
import unicodedata
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from planner.basics.clock import DAY_S
from planner.formats.exchange.tables import both, zones_of
from planner.formats.handover import Handover, file_stems
from planner.plan import Plan, Route, Sortie

MOST_OCTETS = 75
"""Longest line of the format, its end not counted."""

_EVENTS = uuid.UUID("5f0f2a0c-64a5-5d0c-9d3c-0f2f6d1b7a55")
"""Namespace of the events' names."""


def export(handover: Handover) -> dict[str, bytes]:
    """
    Return a calendar for each station that has sorties.

    Events repeat every day if the whole plan can be flown again the day after. Times
    are in UTC, which each calendar shows in its reader's own time zone: a plan
    knows its offset but not the name of its zone. A sortie keeps its event as long
    as drone, route and take-off stay, so that a newer plan replaces it.
    """
    routes = {route.id: route for route in handover.routes}
    flown: dict[str, list[Sortie]] = defaultdict(list)
    for sortie in handover.sorties:
        flown[routes[sortie.route].depot].append(sortie)
    repeats = "RRULE:FREQ=DAILY" if repeats_daily(handover.plan) else None
    stems = file_stems(str(station.get("id")) for station in handover.plan.stations)
    return {
        f"{stems[station['id']]}.ics": _calendar(
            handover, station, flown[station["id"]], routes, repeats
        )
        for station in handover.stations
        if flown[station["id"]]
    }


def _calendar(
    handover: Handover,
    station: Mapping[str, Any],
    sorties: list[Sortie],
    routes: Mapping[str, Route],
    repeats: str | None,
) -> bytes:
    name = f"{station['id']} {station.get('name', '')}".strip()
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Drone Patrol Planner//patrol export//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{_escaped(name)}",
    ]
    # There is no clock to read: an event is as old as the horizon.
    stamp = _utc(handover.moment(0))
    geo = f"{float(station['lat']):.6f};{float(station['lon']):.6f}"
    for sortie in sorties:
        takeoff = _utc(handover.moment(round(sortie.takeoff_s)))
        told = _told(handover, sortie, routes[sortie.route])
        key = "\0".join((sortie.drone, sortie.route, takeoff))
        lines += [
            "BEGIN:VEVENT",
            f"UID:{uuid.uuid5(_EVENTS, key)}",
            f"DTSTAMP:{stamp}",
            f"DTSTART:{takeoff}",
            f"DTEND:{_utc(handover.moment(round(sortie.landing_s)))}",
            *([repeats] if repeats else []),
            f"SUMMARY:{_escaped(f'{sortie.drone}: {sortie.route}')}",
            f"LOCATION:{_escaped(name)}",
            f"GEO:{geo}",
            f"DESCRIPTION:{_escaped(told)}",
            "CLASS:CONFIDENTIAL",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return b"".join(part for line in lines for part in folded(line))


def repeats_daily(plan: Plan) -> bool:
    """
    Whether each drone is ready again by its first take-off of the next day.

    One that has landed at another station by then is not.
    """
    first: dict[str, float] = {}
    last: dict[str, float] = {}
    stands: dict[str, str] = {}
    ends_at = {route.id: route.ends_at for route in plan.routes}
    for sortie in sorted(plan.roster, key=lambda s: s.takeoff_s):
        if ends_at.get(sortie.route):
            stands[sortie.drone] = ends_at[sortie.route]
        name = sortie.drone
        first[name] = min(sortie.takeoff_s, first.get(name, math.inf))
        last[name] = max(sortie.ready_s, last.get(name, -math.inf))
    return all(
        last[name] <= first[name] + DAY_S
        and stands.get(name) in (None, name.rpartition("-")[0])
        for name in first
    )


def _told(handover: Handover, sortie: Sortie, route: Route) -> str:
    """Return what is good to know about a sortie, a line each."""
    ready = handover.moment(round(sortie.ready_s))
    facts = {
        "layer_m": f"{route.layer_m:g}",
        "ready": f"{ready:%H:%M:%S}",
        "zones": zones_of(route),
        **({"ends_at": route.ends_at} if route.ends_at else {}),
    }
    return "\n".join(
        f"{both(f'exchange.column.{name}')}: {value}" for name, value in facts.items()
    )


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    """Return a text as a value: no separator, no line end, no control in it."""
    for plain, escape in (("\\", "\\\\"), (";", "\\;"), (",", "\\,")):
        text = text.replace(plain, escape)
    return "".join(
        "\\n" if c == "\n" else "" if unicodedata.category(c) == "Cc" else c
        for c in text
    )


def folded(line: str) -> Iterator[bytes]:
    """
    Yield a line in parts of at most 75 octets, no character torn apart.

    Every part but the first begins with a space, which readers take away.

    Examples
    --------
    >>> [len(part) for part in folded("盐" * 30)]
    [77, 18]
    """
    part = b""
    for character in line:
        octets = character.encode()
        if len(part) + len(octets) > MOST_OCTETS:
            yield part + b"\r\n"
            part = b" "
        part += octets
    yield part + b"\r\n"
