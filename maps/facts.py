"""Read off a plan the facts that both the map and the report show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from planner.basics.clock import DAY_S, WEEK_S, WEEKDAYS, clock_text, parse_clock
from planner.basics.geometry import FloatArray
from planner.flown.energies import landing_reserve_s
from planner.flown.tracks import flown_routes, over_horizon_of
from planner.messages import Language, say
from planner.plan import Plan, Sortie
from planner.scenario import Scenario

_DAY = "(?:(" + "|".join(WEEKDAYS) + ") )?"
_PERIOD = re.compile(rf"{_DAY}(\d\d:\d\d)-{_DAY}(\d\d:\d\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """
    The clock that a page shows.

    Parameters
    ----------
    start
        RFC 3339.
    start_clock_s
        The same as seconds since local midnight.
    length_s
        Of the horizon.
    """

    start: str
    start_clock_s: float
    length_s: float

    @property
    def weekday(self) -> int:
        """The day of the week that it starts on, Monday 0."""
        return datetime.fromisoformat(self.start).weekday()

    @property
    def has_days(self) -> bool:
        """Whether it is so long that a time needs its day."""
        return self.length_s > DAY_S

    def time(self, after_s: float, language: Language) -> str:
        """Return a moment [s from the start] as HH:MM, with its day if several."""
        moment_s = self.start_clock_s + after_s
        if not self.has_days:
            return clock_text(moment_s)
        day = (self.weekday + int(moment_s // DAY_S)) % 7
        return f"{weekday(day, language)} {clock_text(moment_s)}"


def weekday(day: int, language: Language) -> str:
    """Return the name of a day of the week, Monday 0."""
    return say("map.weekdays", language).split()[day]


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictRow:
    """What one district has and what of it is served."""

    name: str
    stations: int
    drones: int
    zones: int
    served: int
    priority: float
    priority_served: float
    routes: int
    sorties: int


@dataclass(frozen=True, slots=True)
class Busy:
    """Drones at work over the horizon: in the air, and with their turnaround."""

    t_s: FloatArray
    airborne: NDArray[np.int64]
    occupied: NDArray[np.int64]


def clock_of(scenario: Scenario, plan: Plan | None) -> Clock:
    """Return the plan's clock, or the scenario's where there is no plan."""
    if plan is None or not plan.horizon.get("start"):
        h = scenario.horizon
        return Clock(start=h.start, start_clock_s=h.start_clock_s, length_s=h.length_s)
    start = str(plan.horizon["start"])
    local = datetime.fromisoformat(start)
    return Clock(
        start=start,
        start_clock_s=local.hour * 3600 + local.minute * 60 + local.second,
        length_s=float(plan.horizon["seconds"]),
    )


def unserved_ids(plan: Plan | None) -> set[str]:
    """Return the ids of the zones that a plan leaves out."""
    return {u.zone for u in plan.unserved} if plan else set()


def district_rows(scenario: Scenario, plan: Plan | None) -> list[DistrictRow]:
    """Return a row for each district, and one without name for what has none."""
    names = [d.name for d in scenario.districts] or sorted(
        {s.district for s in scenario.stations if s.district}
    )
    ids = {d.id: d.name for d in scenario.districts}

    def home(district: str) -> str:
        name = ids.get(district, district)
        return name if name in names else ""

    left_out = unserved_ids(plan)
    station_home = {s.id: home(s.district) for s in scenario.stations}
    route_home = {
        r.id: station_home.get(r.depot, "") for r in (plan.routes if plan else ())
    }
    rows = []
    for name in [*names, ""]:
        stations = [s for s in scenario.stations if station_home[s.id] == name]
        zones = [z for z in scenario.zones if home(z.district) == name]
        served = [z for z in zones if z.id not in left_out]
        if name or stations or zones:
            rows.append(
                DistrictRow(
                    name=name,
                    stations=len(stations),
                    drones=sum(s.drones for s in stations),
                    zones=len(zones),
                    served=len(served),
                    priority=sum(z.priority for z in zones),
                    priority_served=sum(z.priority for z in served),
                    routes=sum(1 for h in route_home.values() if h == name),
                    sorties=sum(
                        1
                        for s in (plan.roster if plan else ())
                        if route_home.get(s.route) == name
                    ),
                )
            )
    return rows


def busy_drones(
    roster: Sequence[Sortie], length_s: float, step_s: float = 300.0
) -> Busy:
    """Count the drones at work every ``step_s`` of the horizon."""
    t_s = np.arange(0.0, length_s + step_s / 2, step_s)
    takeoff = np.sort([s.takeoff_s for s in roster])
    landing = np.sort([s.landing_s for s in roster])
    ready = np.sort([s.ready_s for s in roster])
    started = np.searchsorted(takeoff, t_s, side="right")
    return Busy(
        t_s,
        started - np.searchsorted(landing, t_s, side="right"),
        started - np.searchsorted(ready, t_s, side="right"),
    )


def peak_period(plan: Plan, clock: Clock) -> tuple[float, float] | None:
    """
    Return the busiest period in seconds from the start of the horizon.

    None where the plan's metrics do not name one as ``HH:MM-HH:MM``, with days of the
    week before both where the horizon has several.
    """
    told = _PERIOD.fullmatch(str(plan.metrics.get("drones_peak_period")))
    if told is None:
        return None
    first, start, last, end = told.groups()
    low, high = float(parse_clock(start)), float(parse_clock(end))
    begins, round_s = clock.start_clock_s, DAY_S
    if first and last:
        low += WEEKDAYS.index(first) * DAY_S
        high += WEEKDAYS.index(last) * DAY_S
        begins, round_s = clock.start_clock_s + clock.weekday * DAY_S, WEEK_S
    after_s = (low - begins) % round_s
    return after_s, after_s + ((high - low) % round_s or round_s)


def landing_reserves_s(scenario: Scenario, plan: Plan) -> dict[str, float]:
    """Return for how long each route that can be flown could last longer [s]."""
    over = over_horizon_of(scenario, plan)
    return {
        flown.route.id: landing_reserve_s(over, flown)
        for flown in flown_routes(over, plan)
    }
