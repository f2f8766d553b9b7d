"""Say a mission in MAVLink's mission items, and read them back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from planner.formats.missions.mission import Action, Mission, Waypoint

MISSION, RELATIVE = 2, 3
"""Frames that are written: no place at all, and heights above home."""

ABOVE_SEA, ABOVE_GROUND = (0, 5), (10, 11)
"""Frames that are read as well; other heights are above home."""

WAYPOINT, LOITER, LOITER_TIME, RETURN, LAND, TAKEOFF = 16, 17, 19, 20, 21, 22
CHANGE_SPEED, MOUNT_CONTROL = 178, 205
RECORD, STOP, PHOTO = 2500, 2501, 2000
PLACES = frozenset({WAYPOINT, LOITER, LOITER_TIME, LAND, TAKEOFF})
"""Commands with a latitude, a longitude and a height."""

_GROUND_SPEED = 1.0
_TARGETING = 2.0

SPEED_STEP_MPS = 0.05
"""Speeds that differ by less are not said again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    A mission item.

    Parameters
    ----------
    params
        Seven numbers; of a place the last three are latitude, longitude and height.
        None is not a number: the autopilot chooses, as a heading.
    """

    command: int
    frame: int
    params: tuple[float | None, ...]


def items_of(mission: Mission) -> tuple[Item, ...]:
    """
    Return the items of a mission.

    A hold before anything else is that of the waypoint; what follows has items of
    its own, later holds too. Speeds are over ground.
    """
    items: list[Item] = []
    speed_mps: float | None = None
    for k, waypoint in enumerate(mission.waypoints):
        wanted_mps = waypoint.speed_mps
        if wanted_mps is not None and (
            speed_mps is None or abs(wanted_mps - speed_mps) > SPEED_STEP_MPS
        ):
            speed_mps = round(wanted_mps, 2)
            items.append(_doing(CHANGE_SPEED, _GROUND_SPEED, speed_mps, -1.0))
        actions = list(waypoint.actions)
        if k == 0 and mission.takes_off:
            items.append(_at(TAKEOFF, waypoint))
        else:
            holds = actions and actions[0].kind == "hold"
            hold_s = actions.pop(0).value if holds else 0.0
            items.append(_at(WAYPOINT, waypoint, hold_s))
        items.extend(_acting(action, waypoint) for action in actions)
    if mission.end == "return":
        items.append(_doing(RETURN))
    elif mission.end == "land":
        last = mission.waypoints[-1]
        items.append(_at(LAND, replace(last, height_m=0.0)))
    return tuple(items)


def _at(command: int, waypoint: Waypoint, hold_s: float = 0.0) -> Item:
    place = (round(waypoint.lat, 8), round(waypoint.lon, 8), waypoint.height_m)
    return Item(
        command=command, frame=RELATIVE, params=(hold_s, 0.0, 0.0, None, *place)
    )


def _doing(command: int, *params: float) -> Item:
    filled = (*params, *[0.0] * (7 - len(params)))
    return Item(command=command, frame=MISSION, params=filled)


def _acting(action: Action, waypoint: Waypoint) -> Item:
    if action.kind == "hold":
        return _at(LOITER_TIME, waypoint, action.value)
    if action.kind == "pitch":
        return _doing(MOUNT_CONTROL, action.value, 0, 0, 0, 0, 0, _TARGETING)
    if action.kind == "photo":
        return _doing(PHOTO, 0.0, 0.0, 1.0)
    return _doing(RECORD if action.kind == "record" else STOP)


@dataclass
class _Growing:
    """A mission as it is read, item by item."""

    waypoints: list[Waypoint]
    speed_mps: float | None = None

    def fly(self, lon: float, lat: float, height_m: float) -> None:
        self.waypoints.append(
            Waypoint(lon=lon, lat=lat, height_m=height_m, speed_mps=self.speed_mps)
        )

    def act(self, action: Action) -> None:
        last = self.waypoints[-1]
        self.waypoints[-1] = replace(last, actions=(*last.actions, action))


def mission_of(
    name: str,
    items: Sequence[Item],
    home: tuple[float, float] | None = None,
    home_m: float = 0.0,
) -> tuple[Mission, tuple[int, ...]]:
    """
    Return the mission of items, and the places in the list of those not understood.

    Parameters
    ----------
    home_m
        Height above the sea of the place of take-off; other heights above the sea
        become heights above it.
    """
    growing = _Growing([])
    unknown: list[int] = []
    takes_off, end = False, "stay"
    for i, item in enumerate(items):
        if item.command == RETURN:
            end = "return"
            break
        if item.command in PLACES:
            lat, lon, height_m = (float(p or 0.0) for p in item.params[4:])
            if lat == lon == 0.0:  # where it is already
                last = growing.waypoints[-1:]
                lon, lat = (last[0].lon, last[0].lat) if last else home or (lon, lat)
            if item.frame in ABOVE_SEA:
                height_m -= home_m
            if item.command == LAND:
                end = "land"
                _approach(growing, lon, lat)
                break
            same = [w for w in growing.waypoints[-1:] if _is_at(w, lon, lat, height_m)]
            if not (item.command == LOITER_TIME and same):
                growing.fly(lon, lat, height_m)
            hold_s = float(item.params[0] or 0.0)
            if hold_s > 0 and item.command in (WAYPOINT, LOITER_TIME):
                growing.act(Action(kind="hold", value=hold_s))
            takes_off = takes_off or item.command == TAKEOFF
        elif item.command == CHANGE_SPEED:
            wanted = item.params[1]
            growing.speed_mps = wanted if wanted and wanted > 0 else growing.speed_mps
        elif (action := _action_of(item)) and growing.waypoints:
            growing.act(action)
        else:
            unknown.append(i)
    mission = Mission(
        name=name,
        waypoints=tuple(growing.waypoints),
        home=home,
        takes_off=takes_off,
        end=end,  # type: ignore[arg-type]
    )
    return mission, tuple(unknown)


def _approach(growing: _Growing, lon: float, lat: float) -> None:
    """Fly level to above the landing place, where that is somewhere else."""
    last = growing.waypoints[-1:]
    if not last or (last[0].lon, last[0].lat) != (lon, lat):
        growing.fly(lon, lat, last[0].height_m if last else 0.0)


def _is_at(waypoint: Waypoint, lon: float, lat: float, height_m: float) -> bool:
    return (waypoint.lon, waypoint.lat, waypoint.height_m) == (lon, lat, height_m)


def _action_of(item: Item) -> Action | None:
    if item.command == MOUNT_CONTROL:
        return Action(kind="pitch", value=float(item.params[0] or 0.0))
    kinds: Iterable[tuple[int, Action]] = (
        (RECORD, Action(kind="record")),
        (STOP, Action(kind="stop")),
        (PHOTO, Action(kind="photo")),
    )
    return next((action for command, action in kinds if command == item.command), None)
