"""Part a mission that is longer than an autopilot holds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace

from planner.formats.missions.mission import Action, Mission, Waypoint

_ROOM = 3
"""Items kept free for what has to be said again where a part begins or ends."""


def parts_of(
    mission: Mission, most: int, size: Callable[[Mission], int]
) -> tuple[Mission, ...]:
    """
    Return the parts of a mission, none of which is larger than allowed.

    Each begins at the waypoint where the one before it ended, in the air, with the
    camera as it was; where it can, it is cut where nothing is recorded.

    Parameters
    ----------
    size
        What a mission takes of the autopilot's memory; more waypoints take more.
    """
    parts: list[Mission] = []
    rest = mission
    while size(rest) > most:
        counts = range(2, len(rest.waypoints))
        fitting = bisect_right(
            counts,
            most - _ROOM,
            key=lambda n: size(replace(rest, waypoints=rest.waypoints[:n])),
        )
        cut = _quiet_cut(rest.waypoints, max(fitting, 1))
        first, rest = _cut(rest, cut)
        parts.append(first)
    parts.append(rest)
    if len(parts) == 1:
        return (mission,)
    return tuple(
        replace(part, name=f"{mission.name} ({i}/{len(parts)})")
        for i, part in enumerate(parts, 1)
    )


def _quiet_cut(waypoints: Sequence[Waypoint], latest: int) -> int:
    """Return the last waypoint, not too early, after which nothing is recorded."""
    recording, quiet = False, latest
    for i, waypoint in enumerate(waypoints[: latest + 1]):
        recording = _camera_after(waypoint.actions, recording)
        if not recording and i > latest // 2:
            quiet = i
    return quiet


def _cut(mission: Mission, at: int) -> tuple[Mission, Mission]:
    """Return a mission up to a waypoint, and from there."""
    waypoints = mission.waypoints
    recording = False
    pitch: tuple[Action, ...] = ()
    for waypoint in waypoints[: at + 1]:
        recording = _camera_after(waypoint.actions, recording)
        turned = [a for a in waypoint.actions if a.kind == "pitch"]
        pitch = tuple(turned[-1:]) or pitch
    last = waypoints[at]
    camera = (Action(kind="record"),) if recording else ()
    end = (Action(kind="stop"),) if recording else ()
    return (
        replace(
            mission,
            waypoints=(
                *waypoints[:at],
                replace(last, actions=(*last.actions, *end)),
            ),
            end="stay",
        ),
        replace(
            mission,
            waypoints=(
                replace(last, speed_mps=None, actions=(*pitch, *camera)),
                *waypoints[at + 1 :],
            ),
            takes_off=False,
        ),
    )


def _camera_after(actions: Sequence[Action], recording: bool) -> bool:
    """Whether the camera records once these are done."""
    said = [a.kind for a in actions if a.kind in ("record", "stop")]
    return said[-1] == "record" if said else recording
