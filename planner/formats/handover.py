"""Hold what is handed over to other programs, and what all formats say alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count, pairwise
from typing import Any

from planner.basics.figures import is_number
from planner.errors import Finding, InputError
from planner.formats.reference_level import (
    ReferenceLevel,
    Zero,
    level_faults,
    reference_level,
)
from planner.plan import Plan, Route, Sortie
from planner.scenario import Scenario

PLAN_FILE = "plan.geojson"
"""What findings about a plan call it."""

LONGEST_STEM = 40
"""Characters of a file name made from an id; four bytes each still fit a disk."""

_YEARS = (1970, 9000)
"""Every format can say a moment of these."""

_RESERVED = {"con", "prn", "aux", "nul"} | {
    f"{port}{i}" for port in ("com", "lpt") for i in range(10)
}
"""Names that are devices on Windows, whatever follows their first dot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """
    Routes of a plan on their way to another program; made by `hand_over`.

    Parameters
    ----------
    routes
        Those that are handed over, in the order of the plan.
    scenario
        Where fences are wanted, and over terrain the ground under missions: nothing
        else is taken from it.
    """

    plan: Plan
    routes: tuple[Route, ...]
    scenario: Scenario | None = None

    @property
    def stations(self) -> tuple[Mapping[str, Any], ...]:
        """Stations of the routes, in the order of the plan."""
        used = {id(s) for r in self.routes for s in (self.station(r), self.end(r))}
        return tuple(s for s in self.plan.stations if id(s) in used)

    @property
    def ends_elsewhere(self) -> bool:
        """Whether some of the routes end at another station."""
        return any(route.ends_at for route in self.routes)

    @property
    def sorties(self) -> tuple[Sortie, ...]:
        """Sorties of the routes, in the order of the roster."""
        used = {route.id for route in self.routes}
        return tuple(s for s in self.plan.roster if s.route in used)

    def station(self, route: Route) -> Mapping[str, Any]:
        """Return the station that a route starts at, with its place."""
        return self._placed(route.depot)

    def end(self, route: Route) -> Mapping[str, Any]:
        """Return the station that a route ends at, with its place."""
        return self._placed(route.lands_at)

    def _placed(self, station_id: str) -> Mapping[str, Any]:
        return next(
            s for s in self.plan.stations if s.get("id") == station_id and has_place(s)
        )

    def model(self, route: Route) -> Mapping[str, Any]:
        """Return the drone type that flies a route."""
        return next(
            m for m in self.plan.drone_models if m.get("model") == route.drone_model
        )

    @property
    def level(self) -> ReferenceLevel | None:
        """What heights of the plan count from; None over flat ground."""
        return reference_level(self.plan, self.scenario)

    def lift_m(self, zero: Zero) -> float:
        """
        Return what to add to heights of a plan over terrain; 0 over flat ground.

        Raises
        ------
        InputError
            If nobody said how far the heights of the raster are from those wanted.
        """
        if self.level is None:
            return 0.0
        found_m = self.level.above_m(zero)
        if found_m is None:
            values = {"raster": self.level.file}
            code = {"sea": "E-EXPORT-SEA", "ellipsoid": "E-EXPORT-ELLIPSOID"}[zero]
            raise InputError([Finding(code=code, file=PLAN_FILE, values=values)])
        return found_m

    def stands_m(self, station: Mapping[str, Any]) -> float:
        """Return the height of the plan at which a station's drones stand."""
        return 0.0 if self.level is None else float(station["ground_m"])

    def moment(self, after_s: float) -> datetime:
        """Return the time, with its offset, so long after the start of the horizon."""
        start = datetime.fromisoformat(str(self.plan.horizon["start"]))
        return start + timedelta(seconds=after_s)

    def stems(self) -> dict[str, str]:
        """
        Return the start of a file name for each route's id.

        It does not depend on which routes of the plan are chosen.
        """
        return file_stems(route.id for route in self.plan.routes)


def hand_over(
    plan: Plan,
    *,
    scenario: Scenario | None = None,
    routes: Iterable[str] | None = None,
) -> Handover:
    """
    Choose routes of a plan by their ids; without ids, all.

    Raises
    ------
    InputError
        If there is none of an id, or the plan lacks what a file that stands
        alone must hold: a place for each station, times that go forward.
    """
    known = {route.id: route for route in plan.routes}
    wanted = set(known if routes is None else routes)
    findings = [
        Finding(code="E-EXPORT-ROUTE", file=PLAN_FILE, feature=unknown)
        for unknown in sorted(wanted - set(known))
    ]
    findings += [replace(f, file=PLAN_FILE) for f in level_faults(plan, scenario)]
    if not wanted:
        findings.append(Finding(code="E-EXPORT-EMPTY", file=PLAN_FILE))
    chosen = tuple(route for route in plan.routes if route.id in wanted)
    handover = Handover(plan=plan, routes=chosen, scenario=scenario)
    findings += [finding for route in chosen for finding in _faults(handover, route)]
    if findings:
        raise InputError(findings)
    return handover


def _faults(handover: Handover, route: Route) -> Iterable[Finding]:
    """Yield what keeps a route from being handed over at all."""

    def fault(code: str, **values: Any) -> Finding:
        return Finding(code=code, file=PLAN_FILE, feature=route.id, values=values)

    plan = handover.plan
    for station in dict.fromkeys((route.depot, route.lands_at)):
        if not any(s.get("id") == station and has_place(s) for s in plan.stations):
            yield fault("E-EXPORT-PLACE", station=station)
    if not any(
        m.get("model") == route.drone_model and _is_type(m) for m in plan.drone_models
    ):
        yield fault("E-EXPORT-TYPE", model=route.drone_model)
    for i, (before, after) in enumerate(pairwise(route.t_s), 1):
        if not before <= after:
            yield fault("E-EXPORT-TIME", vertex=i)
            break
    times = [end for stop in route.stops for window in stop.windows for end in window]
    for sortie in plan.roster:
        if sortie.route == route.id:
            times += _times(sortie)
            times.append(sortie.takeoff_s + route.t_s[-1])
    if not all(_is_dated(handover, time) for time in times):
        yield fault("E-EXPORT-CLOCK")


def _times(sortie: Sortie) -> tuple[float, float, float]:
    return sortie.takeoff_s, sortie.landing_s, sortie.ready_s


def _is_dated(handover: Handover, after_s: float) -> bool:
    """Whether a calendar has the moment so long after the start of the horizon."""
    try:
        return _YEARS[0] <= handover.moment(after_s).year <= _YEARS[1]
    except OverflowError:
        return False


def has_place(station: Mapping[str, Any]) -> bool:
    """Whether a station of a plan's file says where it is."""
    return _is_within(station.get("lon"), -180.0, 180.0) and _is_within(
        station.get("lat"), -90.0, 90.0
    )


def _is_type(model: Mapping[str, Any]) -> bool:
    return all(
        _is_within(model.get(name), 0.1, 100.0)
        for name in ("airspeed_mps", "climb_mps", "descent_mps")
    ) and _is_within(model.get("view_radius_m", 1.0), 1.0, 100_000.0)


def _is_within(value: Any, low: float, high: float) -> bool:
    return is_number(value) and low <= value <= high


def timed_path(
    handover: Handover, sortie: Sortie
) -> tuple[tuple[float, float, float, datetime], ...]:
    """
    Return the path of a sortie: lon, lat, metres above ground, time of day.

    Vertices are those of its route; where it waits, a place comes twice.
    """
    route = handover.plan.route(sortie.route)
    return tuple(
        (lon, lat, height_m, handover.moment(sortie.takeoff_s + t))
        for (lon, lat, height_m), t in zip(route.path, route.t_s, strict=True)
    )


def file_stems(ids: Iterable[str]) -> dict[str, str]:
    """
    Return the start of a file name for each id: safe everywhere, no two alike.

    Letters and digits of any script, hyphens and underscores stay, anything else
    becomes a hyphen. Names that differ only in case or width count as alike; the
    later id gets a number.

    Examples
    --------
    >>> file_stems(["YC01-A", "../etc", "盐都 1号"])
    {'YC01-A': 'YC01-A', '../etc': '---etc', '盐都 1号': '盐都-1号'}
    """
    ordered = list(dict.fromkeys(ids))
    slugs = {one: _slug(one) for one in ordered}
    stems: dict[str, str] = {}
    taken: set[str] = set()
    # Who needs no change keeps the name, whatever others ask for.
    for one in sorted(ordered, key=lambda each: slugs[each] != each):
        slug = slugs[one]
        stem = next(
            candidate
            for n in count(1)
            if (candidate := slug if n == 1 else f"{slug}-{n}").casefold() not in taken
        )
        taken.add(stem.casefold())
        stems[one] = stem
    return {one: stems[one] for one in ordered}


def _slug(text: str) -> str:
    kept = "".join(
        c if c.isalnum() or c in "-_" else "-"
        for c in unicodedata.normalize("NFKC", text)
    )[:LONGEST_STEM]
    return f"{kept}_" if kept.casefold() in _RESERVED or not kept else kept
