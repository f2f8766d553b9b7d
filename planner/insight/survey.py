"""Survey a scenario before anything is planned: what there is to do, and from where."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.airspace.freespace import free_space
from planner.basics.geometry import FloatArray
from planner.basics.physics import flight_time_s
from planner.bounds.anyplan import least_drones
from planner.bounds.work import Due, Duty, Part
from planner.budget import Budget
from planner.flown.corners import corners
from planner.given.drone import DroneModel
from planner.given.stamina import longest_sortie_s
from planner.implied.winds import all_winds
from planner.network.reach import overhead_s, task_s, within_reach
from planner.planning.compiling import load_preparing
from planner.runners.spreading import spread_over
from planner.scenario import Scenario, Station, Zone, ZoneKind
from planner.targets import Target, discretise
from planner.targets.disc_bound import viewpoint_bounds

_DIRECTIONS = 72
_SLACK = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    """
    What zones of a kind ask for.

    Parameters
    ----------
    size
        Area [m2], or length of lines [m].
    on_task_s
        To do every target once.
    visits
        Asked for within the horizon, in sum over the targets.
    least_targets
        Below which no choice of viewpoints serves the zones; None for other kinds.
    """

    kind: ZoneKind
    zones: int
    targets: int
    size: float
    on_task_s: float
    visits: int
    least_targets: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StationRow:
    """What a station may do: targets that a drone reaches in straight flight."""

    station: str
    name: str
    drones: int
    targets: int
    farthest_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictRow:
    """
    What a district asks for.

    Parameters
    ----------
    drones
        Of the stations in it.
    bound
        Drones without which its own zones cannot be served in the busiest period,
        by these targets and any way of flying, from whatever station.
    """

    district: str
    zones: int
    targets: int
    drones: int
    bound: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """
    What a scenario asks for.

    Parameters
    ----------
    unreached
        Share of the zones' area and of the length of lines that no station can
        reach, by straight flight and in the wind.
    closed
        Zones that cannot become targets.
    bound
        As of a district, for the whole.
    """

    kinds: tuple[KindRow, ...]
    stations: tuple[StationRow, ...]
    districts: tuple[DistrictRow, ...]
    unreached: dict[str, float]
    closed: tuple[str, ...]
    bound: int


def survey(scenario: Scenario) -> Survey:
    """Return what there is to do in a scenario, by whom, and with how many at least."""
    load_preparing()
    space = free_space(scenario)
    spread = spread_over(Budget(seconds=0).processes)
    discretised = discretise(scenario, space, spread, again=spread)
    targets = discretised.targets
    viewpoints, _ = viewpoint_bounds(scenario, space, spread)
    return Survey(
        kinds=_kinds(scenario, targets, viewpoints),
        stations=_stations(scenario, targets),
        districts=_districts(scenario, targets),
        unreached=_unreached(scenario),
        closed=tuple(sorted(discretised.closed)),
        bound=_bound(scenario, targets, {z.id for z in scenario.zones}),
    )


def _kinds(
    scenario: Scenario, targets: Sequence[Target], viewpoints: int
) -> tuple[KindRow, ...]:
    winds = all_winds(scenario)
    flying = {station.model for station in scenario.stations}
    models = [m for m in scenario.drone_models if m.model in flying]
    rows = []
    for kind in ("watch", "sweep", "line"):
        zones = [z for z in scenario.zones if z.kind == kind]
        mine = [t for t in targets if t.kind == kind]
        least_s = [
            min(task_s(w, m, winds) for w in t.ways for m in models) for t in mine
        ]
        if zones:
            rows.append(
                KindRow(
                    kind=kind,
                    zones=len(zones),
                    targets=len(mine),
                    size=sum(_size(z.geometry) for z in zones),
                    on_task_s=sum(least_s),
                    visits=sum(_visits(t) for t in mine),
                    least_targets=viewpoints if kind == "watch" else None,
                )
            )
    return tuple(rows)


def _visits(target: Target) -> int:
    """Return the visits that keep an interval within each window."""
    return sum(
        max(1, math.ceil((end - start) / target.revisit_s - _SLACK))
        for start, end in target.windows
    )


def _size(shape: BaseGeometry) -> float:
    return float(shape.area or shape.length)


def _stations(scenario: Scenario, targets: Sequence[Target]) -> tuple[StationRow, ...]:
    counts = Counter(s for s, _ in within_reach(scenario, targets))
    return tuple(
        StationRow(
            station=station.id,
            name=station.name,
            drones=station.drones,
            targets=counts[s],
            farthest_m=float(np.max(_radii_m(scenario, station))),
        )
        for s, station in enumerate(scenario.stations)
    )


def _radii_m(scenario: Scenario, station: Station) -> FloatArray:
    """Return how far a station's drones get and come back, by direction [m]."""
    model = scenario.model(station.model)
    angles = np.arange(_DIRECTIONS) * (2 * math.pi / _DIRECTIONS)
    x, y = np.cos(angles), np.sin(angles)
    winds = all_winds(scenario)
    there_s = flight_time_s(x, y, model.airspeed_mps, winds)
    back_s = flight_time_s(-x, -y, model.airspeed_mps, winds)
    airborne_s = longest_sortie_s(model, scenario.rules.ceiling_m)
    airborne_s -= overhead_s(scenario, model)
    return np.asarray(max(0.0, airborne_s) / (there_s + back_s))


def _unreached(scenario: Scenario) -> dict[str, float]:
    """Return the share of what is to be seen that lies beyond every station's reach."""
    discs = [
        _reach(scenario, station, scenario.model(station.model))
        for station in scenario.stations
        if station.drones
    ]
    reached = shapely.union_all(discs)
    shares = {}
    for unit, zones in (
        ("area", [z for z in scenario.zones if z.kind != "line"]),
        ("line", [z for z in scenario.zones if z.kind == "line"]),
    ):
        whole = shapely.union_all([z.geometry for z in zones])
        if not whole.is_empty:
            shares[unit] = 1 - _size(whole.intersection(reached)) / _size(whole)
    return shares


def _reach(scenario: Scenario, station: Station, model: DroneModel) -> BaseGeometry:
    """Return what a station's drones can look at."""
    angles = np.arange(_DIRECTIONS) * (2 * math.pi / _DIRECTIONS)
    # Circumscribed, so that no place within reach is called beyond it.
    radii = _radii_m(scenario, station) / math.cos(math.pi / _DIRECTIONS)
    ring = np.column_stack([np.cos(angles), np.sin(angles)]) * radii[:, None]
    home = np.array([station.point.x, station.point.y])
    return shapely.Polygon(ring + home).buffer(model.view_radius_m)


def _districts(
    scenario: Scenario, targets: Sequence[Target]
) -> tuple[DistrictRow, ...]:
    """Return a row a district that zones name, and one for those that name none."""
    zones: dict[str, list[Zone]] = {}
    for zone in scenario.zones:
        zones.setdefault(zone.district, []).append(zone)
    rows = []
    for district, mine in sorted(zones.items()):
        named = {zone.id for zone in mine}
        rows.append(
            DistrictRow(
                district=district,
                zones=len(mine),
                targets=sum(1 for t in targets if named & set(t.zones)),
                drones=sum(
                    s.drones for s in scenario.stations if s.district == district
                ),
                bound=_bound(scenario, targets, named),
            )
        )
    return tuple(rows)


def _bound(scenario: Scenario, targets: Sequence[Target], zones: set[str]) -> int:
    """Return drones without which zones cannot be served in the busiest period."""
    duties = tuple(
        duty for t in targets if (duty := _duty(scenario, t, zones)) is not None
    )
    stations = tuple(s for s in scenario.stations if s.drones)
    if not duties or not stations:
        return 0
    return math.ceil(least_drones(scenario, Part(stations=stations, duties=duties)))


def _duty(scenario: Scenario, target: Target, zones: set[str]) -> Duty | None:
    """Return what some zones ask of a target all through the busiest period."""
    low, high = scenario.busiest_period()
    dues = []
    served = [scenario.zone(z) for z in target.zones if z in zones]
    for zone in served:
        for window in scenario.windows(zone):
            if window[0] <= low and high <= window[1]:
                lasts = window != (low, high)
                dues.append(Due(interval_s=zone.revisit_s, lasts=lasts))
    if not dues:
        return None
    xy = target.ways[0].xy
    return Duty(
        target=target.id,
        kind=target.kind,
        xy=xy if target.kind == "watch" else corners(xy, np.zeros(len(xy)))[0],
        dwell_s={
            m.model: min(m.dwell_s if z.dwell_s is None else z.dwell_s for z in served)
            for m in scenario.drone_models
        },
        dues=tuple(dues),
    )
