"""Hold what a plan does for one zone, and tell it in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from planner.checks.coverage import SEEN_SHARE
from planner.messages import Language, say
from planner.scenario import Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstGap:
    """
    Where and when a zone waits longest.

    Parameters
    ----------
    lon, lat
        Where a drone starts its work on the target, WGS 84 [deg].
    gap_s, interval_s
        The longest time without a visit, and the revisit interval.
    begins
        Local time, ``HH:MM``, at which the gap begins.
    visits
        Completed visits in that window.
    """

    target: str
    lon: float
    lat: float
    gap_s: float
    interval_s: float
    begins: str
    visits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingRoute:
    """
    A route that stops for a zone.

    Parameters
    ----------
    first_takeoff
        Local time, ``HH:MM``; empty if it is never flown.
    targets
        How many of the zone's targets it stops at.
    flights_a_day
        Sorties in the horizon, by the day if that is longer.
    drones
        Those that fly it, by the roster.
    fixed
        Whether it is a fixed route of the scenario.
    ends_at
        Another station at which it lands; empty where it lands where it began.
    """

    route: str
    station: str
    headway_s: float
    first_takeoff: str
    layer_m: float
    targets: int
    flights_a_day: float
    drones: tuple[str, ...]
    fixed: bool = False
    ends_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearStation:
    """
    A station near a zone, and what it could do for it.

    Parameters
    ----------
    distance_m
        To the nearest place of the zone, as the crow flies.
    out_and_back_s
        At least this long is a flight to that place: climb to the floor, the
        straight way there and back in the wind, descent; infinite if the wind
        does not allow it.
    in_use
        Most of its drones on a sortie or in turnaround at once while the zone
        is active.
    """

    station: str
    name: str
    distance_m: float
    out_and_back_s: float
    usable_endurance_s: float
    drones: int
    in_use: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much more of a zone is seen than must be, as a ``share`` or in ``m``."""

    margin: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a zone is left out, and what would help, in the language asked for."""

    code: str
    reason: str
    remedy: str
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """
    What a plan does for one zone, and why no more.

    Parameters
    ----------
    windows
        When it is active within the horizon, local time, ``HH:MM-HH:MM``.
    targets
        Ids of its targets that a route stops at.
    worst_gap, coverage
        Known for a zone that is served.
    reason, stations
        Known for a zone that is left out; the nearest stations first.
    """

    zone: Zone
    windows: tuple[str, ...]
    served: bool
    targets: tuple[str, ...] = ()
    worst_gap: WorstGap | None = None
    coverage: Coverage | None = None
    routes: tuple[ServingRoute, ...] = ()
    reason: Reason | None = None
    stations: tuple[NearStation, ...] = ()
    language: Language = "en"

    @property
    def lines(self) -> tuple[str, ...]:
        """The explanation in sentences, most important first."""
        return tuple(_lines(self))

    def to_json(self) -> dict[str, Any]:
        """Return the explanation as plain values; what is infinite is None."""
        stations = [asdict(station) for station in self.stations]
        for station in stations:
            if not math.isfinite(station["out_and_back_s"]):
                station["out_and_back_s"] = None
        return {
            "zone": self.zone.id,
            "name": self.zone.name,
            "kind": self.zone.kind,
            "priority": self.zone.priority,
            "revisit_s": self.zone.revisit_s,
            "windows": list(self.windows),
            "served": self.served,
            "targets": list(self.targets),
            "worst_gap": asdict(self.worst_gap) if self.worst_gap else None,
            "coverage": asdict(self.coverage) if self.coverage else None,
            "routes": [
                {name: told for name, told in asdict(r).items() if name != "ends_at"}
                | ({"ends_at": r.ends_at} if r.ends_at else {})
                for r in self.routes
            ],
            "reason": asdict(self.reason) if self.reason else None,
            "stations": stations,
        }


def _lines(told: Explanation) -> Iterable[str]:
    """Yield the sentences of an explanation."""
    zone, language = told.zone, told.language

    def line(key: str, **values: Any) -> str:
        return say(f"explain.{key}", language, **values)

    if told.served:
        head = "served"
    elif told.reason:
        head = "unserved"
    else:
        head = "unaccounted"
    yield line(head, zone=zone.id, name=zone.name)
    yield line(
        "wanted",
        kind=say(f"explain.kind.{zone.kind}", language),
        priority=f"{zone.priority:g}",
        interval_min=_minutes(zone.revisit_s),
        active=", ".join(told.windows) or "-",
    )
    if told.reason:
        yield line("reason", reason=told.reason.reason)
        if told.reason.remedy:
            yield line("remedy", remedy=told.reason.remedy)
    if told.worst_gap:
        gap = told.worst_gap
        yield line(
            "gap",
            gap_min=_minutes(gap.gap_s),
            interval_min=_minutes(gap.interval_s),
            target=gap.target,
            lon=f"{gap.lon:.5f}",
            lat=f"{gap.lat:.5f}",
            begins=gap.begins,
        )
    if told.coverage and told.coverage.unit == "share":
        yield line(
            "coverage_share",
            seen=f"{100 * (SEEN_SHARE + told.coverage.margin):.2f}",
            wanted=f"{100 * SEEN_SHARE:g}",
        )
    elif told.coverage:
        yield line("coverage_m", margin_m=f"{told.coverage.margin:.1f}")
    if told.served:
        yield line("routes", targets=len(told.targets), routes=len(told.routes))
    for route in told.routes:
        yield line(
            _kind(route),
            route=route.route,
            ends_at=route.ends_at,
            station=route.station,
            headway_min=_minutes(route.headway_s),
            first=route.first_takeoff or "-",
            layer_m=f"{route.layer_m:g}",
            targets=route.targets,
            flights=f"{route.flights_a_day:g}",
            drones=", ".join(route.drones) or "-",
        )
    if told.stations:
        yield line("stations")
    for near in told.stations:
        reachable = math.isfinite(near.out_and_back_s)
        yield line(
            "station",
            station=near.station,
            name=near.name,
            distance_km=f"{near.distance_m / 1000:.1f}",
            needed_min=_minutes(near.out_and_back_s) if reachable else "∞",
            usable_min=_minutes(near.usable_endurance_s),
            drones=near.drones,
            in_use=near.in_use,
        )


def _kind(route: ServingRoute) -> str:
    """Return which line tells of a route."""
    if route.fixed:
        return "fixed_route"
    return "route_elsewhere" if route.ends_at else "route"


def _minutes(seconds: float) -> str:
    return f"{round(seconds / 60, 1):g}"
