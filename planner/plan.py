"""Hold a timetable of routes, as it will be flown and as it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from planner.basics.clock import Span
from planner.messages import Language, catalogue, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """
    A target on a route: which zones it serves, and when the drone is on task.

    Parameters
    ----------
    zones
        Ids of the zones that the stop serves; at least one.
    target
        Id of the target; a target keeps its id on every route.
    kind
        ``watch``, ``sweep`` or ``line``.
    enter_s, exit_s
        Seconds from take-off; the path between them is on task.
    windows
        Seconds of the horizon outside of which the sorties of the route's clock leave
        the stop out; empty if they never do. What they fly then is a route of its
        own, with the same clock.
    """

    zones: tuple[str, ...]
    target: str
    kind: str
    enter_s: float
    exit_s: float
    windows: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """
    A fixed flight path with one take-off clock, closed unless it ends elsewhere.

    The path starts at the station on its ground (height 0, ``t_s`` 0), climbs
    there to ``layer_m``, flies at that layer, and descends at the station where it
    lands to the ground at ``t_s[-1] == duration_s``. Between vertices a drone moves
    straight and evenly; a vertex that is repeated is a wait.

    Parameters
    ----------
    headway_s, phase_s
        Take-offs are at ``phase_s + k * headway_s``, k = 0, 1, ..., from the
        start of the horizon. A sortie without an active stop is not flown.
    load
        Drones occupied on average: (duration + turnaround) / headway.
    path
        (lon, lat, metres above ground) of each vertex; over terrain, above its
        reference level, so that a station on a hill is higher than 0.
    t_s
        Seconds from take-off at each vertex.
    camera_off
        Spans in which it is over a privacy zone, seconds from take-off: its camera
        is off then.
    fixed
        Whether it is a fixed route of the scenario, flown as it was drawn.
    ends_at
        Another station at which it lands; empty where it lands at its depot.
    """

    id: str
    depot: str
    drone_model: str
    layer_m: float
    headway_s: float
    phase_s: float
    duration_s: float
    load: float
    path: tuple[tuple[float, float, float], ...]
    t_s: tuple[float, ...]
    stops: tuple[Stop, ...]
    camera_off: tuple[tuple[float, float], ...] = ()
    fixed: bool = False
    ends_at: str = ""

    @property
    def lands_at(self) -> str:
        """The station at which it lands."""
        return self.ends_at or self.depot


@dataclass(frozen=True, slots=True, kw_only=True)
class Sortie:
    """
    One flight of a route by a drone; seconds from the start of the horizon.

    A drone is named for the station at which it stands when the horizon begins.
    """

    drone: str
    route: str
    takeoff_s: float
    landing_s: float
    ready_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Unserved:
    """
    A zone that is left out, and why.

    Parameters
    ----------
    code
        ``out_of_reach``, ``inside_closed_airspace``, ``interval_too_short``,
        ``no_pilots``, ``infeasible``, ``no_layer``, ``no_way`` and ``not_active`` are
        proofs;
        ``not_found``, ``single_pad``, ``break_too_long``, ``no_room_for_delays``,
        ``hidden_by_buildings``, ``hidden_by_hills`` and ``no_layer_over_ground`` are
        not.
    reason, remedy
        In English; in other languages made anew from ``code`` and ``figures``
        (catalogue keys ``unserved.CODE`` and ``remedy.CODE``).
    figures
        The numbers and ids behind the reason.
    """

    zone: str
    code: str
    reason: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    remedy: str = ""

    def texts(self, language: Language = "en") -> tuple[str, str]:
        """
        Return the reason and the remedy in a language.

        Where the catalogue does not know the code, as that of a plan made by
        another version, the plan's own English words stand.
        """
        return (
            _made(f"unserved.{self.code}", self.reason, language, self.figures),
            _made(f"remedy.{self.code}", self.remedy, language, self.figures),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """
    A fixed route that a plan does not fly, and why.

    Parameters
    ----------
    code
        ``fixed_no_drones``, ``fixed_no_clock`` or ``fixed_meets``; none is a proof.
    reason, remedy, figures
        As those of `Unserved`, with the catalogue keys ``left_out.CODE`` and
        ``remedy.CODE``.
    """

    route: str
    code: str
    reason: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    remedy: str = ""

    def texts(self, language: Language = "en") -> tuple[str, str]:
        """Return the reason and the remedy in a language, as `Unserved.texts` does."""
        return (
            _made(f"left_out.{self.code}", self.reason, language, self.figures),
            _made(f"remedy.{self.code}", self.remedy, language, self.figures),
        )


def filled(key: str, language: Language, figures: Mapping[str, Any]) -> str:
    """Return a reason or a remedy; what runs out has a word in each language."""
    values = dict(figures)
    if "supply" in values:
        values["supply"] = say(f"supply.{values['supply']}", language)
    return say(key, language, **values)


def _made(
    key: str, fallback: str, language: Language, figures: Mapping[str, Any]
) -> str:
    """Return the text of a key, or a plan's own words where that cannot be."""
    if language == "en" or key not in catalogue():
        return fallback
    try:
        return filled(key, language, figures)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return fallback  # the file's figures are not those of the code


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    Routes on a timetable, with what they promise.

    Parameters
    ----------
    horizon
        ``start`` (RFC 3339) and ``seconds``.
    stations, drone_models
        Copied from the scenario (plain values), so that a file stands alone.
    roster
        Every sortie of the horizon, sorted by take-off and drone.
    left_out
        The fixed routes of the scenario that are not among the routes.
    metrics
        Numbers about the plan, each recomputed by the checker.
    certificate, analysis
        Bounds with their gaps; estimates such as response times.
    provenance
        Scenario digest, versions, engine, seed and budgets.
    """

    horizon: Mapping[str, Any]
    stations: tuple[Mapping[str, Any], ...]
    drone_models: tuple[Mapping[str, Any], ...]
    routes: tuple[Route, ...]
    roster: tuple[Sortie, ...]
    unserved: tuple[Unserved, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict)
    certificate: Mapping[str, Any] = field(default_factory=dict)
    analysis: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def route(self, route_id: str) -> Route:
        """Return the route of an id, or raise KeyError."""
        return {r.id: r for r in self.routes}[route_id]
