"""Work out what has to be visited in the busiest period, and from where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.basics.geometry import FloatArray
from planner.basics.physics import least_flight_time_s
from planner.flown.corners import corners, turns_back
from planner.flown.tracks import FlownRoute
from planner.given.drone import DroneModel
from planner.given.stamina import longest_flight_s
from planner.implied.winds import all_winds
from planner.plan import Stop
from planner.scenario import Rules, Scenario, Station

ROUNDING_S = 0.2
"""
What a sortie may gain by rounding in a plan's file [s].

Each piece, dwell and turn is good to the millisecond, and a whole path to 20 ms.
"""

INTERVAL_ROUNDING_S = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """
    How often a zone wants a target to be visited in the busiest period.

    Parameters
    ----------
    lasts
        Whether the zone is active before or after the period too.
    """

    interval_s: float
    lasts: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Duty:
    """
    A target that has to be visited all through the busiest period.

    Parameters
    ----------
    xy
        Corners of the path on task [m], shape (n, 2); one for a viewpoint.
    dwell_s
        Least stay at a viewpoint by drone type: the zones' own or the type's.
    """

    target: str
    kind: str
    xy: FloatArray
    dwell_s: dict[str, float]
    dues: tuple[Due, ...]

    @property
    def interval_s(self) -> float:
        """The least interval of its zones, and what rounding adds to it [s]."""
        return min(due.interval_s for due in self.dues) + INTERVAL_ROUNDING_S


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Stations and duties that have nothing to do with those of other parts."""

    stations: tuple[Station, ...]
    duties: tuple[Duty, ...]

    def fleets(
        self, models: Sequence[DroneModel]
    ) -> list[tuple[DroneModel, tuple[Station, ...]]]:
        """Return the stations of each drone type that the part has."""
        return [
            (model, mine)
            for model in models
            if (mine := tuple(s for s in self.stations if s.model == model.model))
        ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ways:
    """
    All ways to do the duties of a part with one drone type.

    Parameters
    ----------
    duty
        Index of the duty of each way, shape (n,).
    enter, leave
        Where it begins and ends [m], shape (n, 2).
    task_s
        Least time on task, shape (n,).
    """

    duty: np.ndarray
    enter: FloatArray
    leave: FloatArray
    task_s: FloatArray


def duties_of(scenario: Scenario, routes: Sequence[FlownRoute]) -> tuple[Duty, ...]:
    """
    Return what must be visited all through the busiest period of a scenario.

    These are the targets at which the plan's own routes stop for zones that are
    active all through it.
    """
    period = scenario.busiest_period()
    zones = {z.id: z for z in scenario.zones}
    lasting: dict[str, bool] = {}
    for zone in scenario.zones:
        for window in scenario.windows(zone):
            if window[0] <= period[0] and period[1] <= window[1]:
                lasting[zone.id] = window != period
    stops: dict[str, list[tuple[FlownRoute, Stop]]] = defaultdict(list)
    for flown in routes:
        for stop in flown.route.stops:
            stops[stop.target].append((flown, stop))
    duties = []
    for target in sorted(stops):
        served = sorted({z for _, s in stops[target] for z in s.zones} & zones.keys())
        dues = tuple(
            Due(interval_s=zones[z].revisit_s, lasts=lasting[z])
            for z in served
            if z in lasting
        )
        if dues:
            flown, stop = stops[target][0]
            duties.append(
                Duty(
                    target=target,
                    kind=stop.kind,
                    xy=_path(flown, stop),
                    dwell_s={
                        m.model: min(
                            m.dwell_s if own is None else own
                            for own in (zones[z].dwell_s for z in served)
                        )
                        for m in scenario.drone_models
                    },
                    dues=dues,
                )
            )
    return tuple(duties)


def _path(flown: FlownRoute, stop: Stop) -> FloatArray:
    """Return the corners of a path on task, as if nothing were waited for."""
    xy, _ = flown.on_task(stop)
    return xy[:1] if stop.kind == "watch" else corners(xy, np.zeros(len(xy)))[0]


def ways_of(scenario: Scenario, duties: Sequence[Duty], model: DroneModel) -> Ways:
    """
    Return the ways to do duties: a line from either end, a sweep from any corner.

    The time on task is the least that motion allows: flying, and what is lost
    where a sweep turns back.
    """
    paths: list[tuple[int, FloatArray]] = []
    for i, duty in enumerate(duties):
        several = [duty.xy] if duty.kind == "watch" else _directions(duty)
        paths += [(i, path) for path in several]
    return Ways(
        duty=np.array([i for i, _ in paths], dtype=np.int32),
        enter=np.array([path[0] for _, path in paths]).reshape(-1, 2),
        leave=np.array([path[-1] for _, path in paths]).reshape(-1, 2),
        task_s=_tasks_s(scenario, model, [(duties[i], path) for i, path in paths]),
    )


def _tasks_s(
    scenario: Scenario, model: DroneModel, paths: Sequence[tuple[Duty, FloatArray]]
) -> FloatArray:
    """Return the least time on task of each path of a duty; of all flown at once."""
    legs = [path[1:] - path[:-1] for _, path in paths]
    of_path = np.repeat(np.arange(len(paths)), [len(own) for own in legs])
    step = np.concatenate([np.zeros((0, 2)), *legs])
    winds = all_winds(scenario)
    flight_s = least_flight_time_s(step[:, 0], step[:, 1], model.airspeed_mps, winds)
    task_s = np.zeros(len(paths))
    np.add.at(task_s, of_path, flight_s)
    for k, (duty, _) in enumerate(paths):
        if duty.kind == "watch":
            task_s[k] = duty.dwell_s[model.model]
        elif duty.kind == "sweep":
            turns = len(set(turns_back(legs[k], model.lane_spacing_m)))
            task_s[k] += turns * model.turn_s
    return task_s


def _directions(duty: Duty) -> list[FloatArray]:
    """Return a path and its reverse; of a sweep with each lane flown back, too."""
    paths = [duty.xy]
    if duty.kind == "sweep" and len(duty.xy) > 2 and len(duty.xy) % 2 == 0:
        paths.append(duty.xy.reshape(-1, 2, 2)[:, ::-1].reshape(-1, 2))
    return [way for path in paths for way in (path, path[::-1])]


def legs_s(
    scenario: Scenario, model: DroneModel, start: FloatArray, end: FloatArray
) -> FloatArray:
    """Return the time of straight flight from each start to each end, (n, m)."""
    winds = all_winds(scenario)
    step = end[None, :, :] - start[:, None, :]
    return least_flight_time_s(step[..., 0], step[..., 1], model.airspeed_mps, winds)


def home_legs_s(
    scenario: Scenario, model: DroneModel, stations: Sequence[Station], ways: Ways
) -> tuple[FloatArray, FloatArray]:
    """
    Return the least time from take-off to each way, and from it to landing.

    Shapes (stations, ways). A drone climbs at least to the floor; it may already
    move away as it does, within its station's column.
    """
    home = np.array([[s.point.x, s.point.y] for s in stations]).reshape(-1, 2)
    rules = scenario.rules
    out_s = legs_s(scenario, model, home, ways.enter)
    back_s = legs_s(scenario, model, ways.leave, home).T
    away_m = np.linalg.norm(ways.enter[None] - home[:, None], axis=-1)
    return (
        out_s + _upright_s(out_s, away_m, rules.floor_m / model.climb_mps, rules),
        back_s
        + _upright_s(
            back_s,
            np.linalg.norm(ways.leave[None] - home[:, None], axis=-1),
            rules.floor_m / model.descent_mps,
            rules,
        ),
    )


def _upright_s(
    leg_s: FloatArray, leg_m: FloatArray, rise_s: float, rules: Rules
) -> FloatArray:
    """Return what of a climb or descent cannot be flown along with a leg."""
    share = np.minimum(1.0, rules.column_radius_m / np.maximum(leg_m, 1e-9))
    flown_s = np.where(np.isfinite(leg_s), leg_s, 0.0) * share
    rest_s: FloatArray = np.maximum(rise_s - flown_s, 0.0)
    return rest_s


def parts_of(scenario: Scenario, duties: Sequence[Duty]) -> tuple[Part, ...]:
    """
    Return the independent parts of a scenario, largest first.

    A station and a duty are of one part if a drone of that station can do it, in
    a straight line there and back.
    """
    stations = [s for s in scenario.stations if s.drones > 0]
    reach = np.zeros((len(stations), len(duties)), dtype=bool)
    whole = Part(stations=tuple(stations), duties=tuple(duties))
    index = {s.id: i for i, s in enumerate(stations)}
    for model, mine in whole.fleets(scenario.drone_models):
        ways = ways_of(scenario, duties, model)
        out_s, back_s = home_legs_s(scenario, model, mine, ways)
        able = out_s + ways.task_s + back_s <= longest_flight_s(model) + ROUNDING_S
        rows = np.array([index[s.id] for s in mine])
        for station, way in zip(*np.nonzero(able), strict=True):
            reach[rows[station], ways.duty[way]] = True
    return _components(stations, duties, reach)


def _components(
    stations: Sequence[Station], duties: Sequence[Duty], reach: np.ndarray
) -> tuple[Part, ...]:
    joined = (reach.astype(int) @ reach.T.astype(int)) > 0
    while True:
        further = (joined.astype(int) @ joined.astype(int)) > 0
        if (further == joined).all():
            break
        joined = further
    parts = []
    for members in np.unique(joined, axis=0):
        mine = tuple(stations[i] for i in np.flatnonzero(members).tolist())
        due = tuple(
            duties[i] for i in np.flatnonzero(reach[members].any(axis=0)).tolist()
        )
        if due:
            parts.append(Part(stations=mine, duties=due))
    return tuple(sorted(parts, key=lambda p: (-len(p.duties), p.stations[0].id)))
