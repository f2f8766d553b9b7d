"""Hold all inputs of one planning task."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from shapely.geometry import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from planner.basics.clock import DAY_S, Span, cut_to_horizon
from planner.basics.geometry import LocalProjection
from planner.basics.terrain import Terrain
from planner.given.crews import Crews
from planner.given.drone import DroneModel
from planner.given.fixed import FixedRoute
from planner.given.horizon import Horizon
from planner.given.objectives import ObjectiveName
from planner.given.scatter import Scatter
from planner.given.wind import Wind

ZoneKind = Literal["watch", "sweep", "line"]
Leftover = Literal["reserve", "tighten"]
Restriction = Literal["PROHIBITED", "REQ_AUTHORISATION", "CONDITIONAL"]

ALL_DAY: tuple[Span, ...] = ((0.0, DAY_S),)

_AROUND_S = 3600.0
"""A sortie may begin a little before a window, and end after the horizon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    The rules of flight of a scenario (units in the names).

    Parameters
    ----------
    floor_m, ceiling_m
        Lowest and highest layer above ground.
    clearance_m
        Distance kept from closed airspace.
    separation_horizontal_m, separation_vertical_m
        Two drones in the air keep at least one of them.
    launch_spacing_s
        Between any two moves in one station's column.
    reserve_drones
        Kept off the rotations at each station.
    revisit_slack_s
        A revisit interval minus this is what is planned for.
    pad_before_takeoff_s
        A pad is taken this long before a take-off.
    column_radius_m
        Radius of the cylinder round a station in which one drone moves at a time.
    authorised
        Ids of REQ_AUTHORISATION airspace that is granted.
    station_waivers
        Ids of stations allowed to fly although airspace over them is closed.
    launch_s
        From the call until a ready drone takes off.
    overhead_s
        Who is sent to an incident can stay over it for this long at least.
    team_ready
        Charged drones that each response team finds at the stations of its bureau at
        every moment; 0 leaves that open.
    leftover
        What drones are for that are left over once all routes have a clock:
        ``reserve`` keeps them ready, ``tighten`` lets routes to what matters most come
        more often. A wish for a plan, no rule that it could break.
    land_elsewhere
        Whether a route may land at another station than it took off from, if as many
        drones stand at each station at the end of the horizon as at its start.
    """

    floor_m: float = 60.0
    ceiling_m: float = 120.0
    clearance_m: float = 30.0
    separation_horizontal_m: float = 50.0
    separation_vertical_m: float = 15.0
    launch_spacing_s: float = 60.0
    reserve_drones: int = 0
    revisit_slack_s: float = 0.0
    pad_before_takeoff_s: float = 60.0
    column_radius_m: float = 50.0
    authorised: tuple[str, ...] = ()
    station_waivers: tuple[str, ...] = ()
    launch_s: float = 60.0
    overhead_s: float = 120.0
    team_ready: int = 0
    leftover: Leftover = "reserve"
    land_elsewhere: bool = False

    @property
    def layers_m(self) -> tuple[float, ...]:
        """Heights of the layers [m], floor and ceiling included."""
        count = int((self.ceiling_m - self.floor_m) // self.separation_vertical_m) + 1
        return tuple(
            self.floor_m + self.separation_vertical_m * i for i in range(count)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """
    A depot: where drones take off, land and charge. ``point`` is in metres.

    Parameters
    ----------
    chargers
        What drones, or batteries taken out of them, are charged at; None for one at
        each pad.
    batteries
        Charged ones that lie ready at the start, where drones swap them; None where
        there is always one.
    """

    id: str
    name: str
    point: Point
    drones: int
    pads: int
    model: str
    district: str = ""
    chargers: int | None = None
    batteries: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """
    What is to be patrolled.

    Parameters
    ----------
    kind
        ``watch``: look at it from viewpoints. ``sweep``: every square metre
        passes under the camera. ``line``: fly along it.
    geometry
        Polygon or MultiPolygon (watch, sweep), LineString or MultiLineString
        (line), in metres.
    priority
        Higher is more important; positive.
    revisit_s
        Longest wanted gap between visits while the zone is active.
    active
        Daily spans, seconds since midnight.
    weekly
        Spans on some days of the week alone, seconds since midnight before Monday.
    dwell_s
        Time at each viewpoint; None for the drone type's own.
    dwell_s_per_km2
        Time at a viewpoint for what is seen from it of the zone, where that is more.
    """

    id: str
    name: str
    kind: ZoneKind
    geometry: BaseGeometry
    priority: float
    revisit_s: float
    active: tuple[Span, ...] = ALL_DAY
    weekly: tuple[Span, ...] = ()
    dwell_s: float | None = None
    dwell_s_per_km2: float = 0.0
    district: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Airspace:
    """
    A piece of restricted airspace, in metres.

    Parameters
    ----------
    lower_m, upper_m
        Closed limits above ground; an ``upper_m`` of infinity has no limit.
    schedule
        Daily spans in which it holds; None for always.
    reason
        ``PRIVACY`` (with CONDITIONAL) makes it a privacy zone.
    """

    id: str
    name: str
    restriction: Restriction
    geometry: Polygon | MultiPolygon
    lower_m: float
    upper_m: float
    schedule: tuple[Span, ...] | None = None
    reason: str = ""

    @property
    def is_privacy(self) -> bool:
        """Crossed at its height and above, never dwelt over; no clearance."""
        return self.restriction == "CONDITIONAL" and self.reason == "PRIVACY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """What stands on the ground, in metres: it hides ground, and is kept clear of."""

    id: str
    geometry: Polygon | MultiPolygon
    height_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    """A named area of a bureau, in metres."""

    id: str
    name: str
    geometry: BaseGeometry


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseTeam:
    """A rapid-response team and the station it stands at."""

    id: str
    name: str
    station_id: str
    point: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Where help is asked for, in metres, and how much of it beside elsewhere."""

    geometry: BaseGeometry
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """
    All inputs of one planning task, validated, in metres of ``projection``.

    Everything is sorted by id, so that no order of rows in a file changes a
    plan. ``digest`` is the SHA-256 of the normalised content without the horizon
    and the objective, which say what is asked for, and the scatter, which says how far
    days differ from a plan.
    ``attribution`` is what the map must say of where its data come from.
    ``delay_slack_s`` is how late one of two routes may be that only time parts, as far
    as that can be had; it says what is asked for.
    Heights and limits are above ground; without ``terrain`` that is flat (see
    `planner.implied.aloft`). Without ``crews`` there are pilots enough. ``fixed`` are
    routes that every plan flies as they were drawn.
    """

    name: str
    timezone: str
    horizon: Horizon
    projection: LocalProjection
    stations: tuple[Station, ...]
    zones: tuple[Zone, ...]
    drone_models: tuple[DroneModel, ...]
    airspace: tuple[Airspace, ...] = ()
    districts: tuple[District, ...] = ()
    water: tuple[BaseGeometry, ...] = ()
    boundary: tuple[BaseGeometry, ...] = ()
    response_teams: tuple[ResponseTeam, ...] = ()
    buildings: tuple[Building, ...] = ()
    demand: tuple[Demand, ...] = ()
    terrain: Terrain | None = None
    wind: Wind = field(default_factory=Wind)
    rules: Rules = field(default_factory=Rules)
    scatter: Scatter = field(default_factory=Scatter)
    crews: Crews | None = None
    fixed: tuple[FixedRoute, ...] = ()
    objective: ObjectiveName = "guarantee"
    attribution: str = ""
    digest: str = ""
    delay_slack_s: float = 0.0
    _stations: Mapping[str, Station] = field(init=False, repr=False, compare=False)
    _zones: Mapping[str, Zone] = field(init=False, repr=False, compare=False)
    _busiest: Span | None = field(init=False, repr=False, compare=False)
    _shortest_s: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Asked for by id so often that a search each time would be felt.
        object.__setattr__(self, "_stations", {s.id: s for s in self.stations})
        object.__setattr__(self, "_zones", {z.id: z for z in self.zones})
        object.__setattr__(self, "_busiest", None)
        shortest_s = min((z.revisit_s for z in self.zones), default=math.inf)
        object.__setattr__(self, "_shortest_s", shortest_s)

    @property
    def shortest_revisit_s(self) -> float:
        """The shortest interval of any zone [s]."""
        return self._shortest_s

    def station(self, station_id: str) -> Station:
        """Return the station of an id, or raise KeyError."""
        return self._stations[station_id]

    def zone(self, zone_id: str) -> Zone:
        """Return the zone of an id, or raise KeyError."""
        return self._zones[zone_id]

    def model(self, name: str) -> DroneModel:
        """Return the drone type of a name, or raise KeyError."""
        return {m.model: m for m in self.drone_models}[name]

    def windows(self, zone: Zone) -> tuple[Span, ...]:
        """
        Return the windows of a zone: when it is active, cut by the horizon.

        Where that repeats, a window at its end goes on with one at its start: then it
        ends after the horizon does. Of a zone that is active all the time it is the
        horizon.
        """
        hours = self.hours(zone)
        if not self.horizon.repeats or len(hours) < 2:
            return hours
        (start_s, first_s), *others, (last_s, end_s) = hours
        if start_s > 0 or end_s < self.horizon.length_s:
            return hours
        return (*others, (last_s, end_s + first_s))

    def hours(self, zone: Zone) -> tuple[Span, ...]:
        """Return when a zone is active within the horizon [s from its start]."""
        return self.horizon.windows(zone.active, zone.weekly)

    def closures(self) -> tuple[Airspace, ...]:
        """
        Return the airspace that is closed to flight when it holds.

        That is PROHIBITED, REQ_AUTHORISATION unless granted, and CONDITIONAL
        but for privacy zones, none that never holds; and what is no higher over a
        building than drones keep from each other, where that reaches the lowest
        layer.
        """
        restricted = tuple(
            a
            for a in self.airspace
            if self.holds(a)
            and (
                a.restriction == "PROHIBITED"
                or (
                    a.restriction == "REQ_AUTHORISATION"
                    and a.id not in self.rules.authorised
                )
                or (a.restriction == "CONDITIONAL" and not a.is_privacy)
            )
        )
        above_m = self.rules.separation_vertical_m
        return restricted + tuple(
            Airspace(
                id=b.id,
                name=b.id,
                restriction="PROHIBITED",
                geometry=b.geometry,
                lower_m=0.0,
                upper_m=b.height_m + above_m,
                reason="BUILDING",
            )
            for b in self.buildings
            if b.height_m + above_m >= self.rules.floor_m
        )

    def privacy_zones(self) -> tuple[Airspace, ...]:
        """Return the privacy zones that hold at some time."""
        return tuple(a for a in self.airspace if a.is_privacy and self.holds(a))

    def holds(self, area: Airspace) -> bool:
        """Whether airspace holds at some time of the horizon, or an hour around it."""
        if area.schedule is None:
            return True
        start_s = self.horizon.start_clock_s - _AROUND_S
        length_s = self.horizon.length_s + 2 * _AROUND_S
        return bool(cut_to_horizon(area.schedule, start_s % DAY_S, length_s))

    def busiest_period(self) -> Span:
        """
        Return the stretch between window borders with the most active zones.

        Of equals, the first; in seconds from the start of the horizon.
        """
        if self._busiest is None:
            object.__setattr__(self, "_busiest", self._found_busiest())
        assert self._busiest is not None
        return self._busiest

    def _found_busiest(self) -> Span:
        windows = [span for zone in self.zones for span in self.hours(zone)]
        best, most = (0.0, self.horizon.length_s), -1
        for low, high in self.stretches():
            active = sum(1 for w in windows if w[0] <= low and high <= w[1])
            if active > most:
                best, most = (low, high), active
        return best

    def stretches(self) -> tuple[Span, ...]:
        """Return the stretches between window borders [s from the horizon's start]."""
        edges = {
            edge for zone in self.zones for span in self.hours(zone) for edge in span
        }
        return tuple(itertools.pairwise(sorted({0.0, self.horizon.length_s} | edges)))
