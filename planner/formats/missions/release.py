"""Release missions for flight: part them, write them, read them back, check them."""

from __future__ import annotations

from collections.abc import Callable

from planner.errors import Finding, MissionError
from planner.formats.handover import Handover
from planner.formats.missions.autopilots import Autopilot
from planner.formats.missions.briefing import brief
from planner.formats.missions.mission import Mission, with_short_legs
from planner.formats.missions.parting import parts_of
from planner.formats.missions.preflight import MissionFile, preflight
from planner.formats.missions.relief import relief_under
from planner.plan import Route


def release(
    handover: Handover,
    autopilot: Autopilot,
    suffix: str,
    *,
    size: Callable[[Mission], int],
    write: Callable[[Route, Mission], bytes],
    read: Callable[[bytes, str], MissionFile],
) -> dict[str, bytes]:
    """
    Return a file for each mission of each route, or say why one must not fly.

    Parameters
    ----------
    suffix
        Of the files, with its dot.
    size
        Items of a mission, as the autopilot counts them.
    write, read
        The format, both ways: what is checked is what a reader sees.

    Raises
    ------
    MissionError
        With every reason for every mission; then none is handed over, so that a
        folder never holds a part of what was asked for.
    """
    files: dict[str, bytes] = {}
    findings: list[Finding] = []
    stems = handover.stems()
    for route in handover.routes:
        try:
            mission = brief(handover, route)
        except MissionError as error:
            findings += error.findings
            continue
        mission = with_short_legs(mission, autopilot.longest_leg_m)
        relief = relief_under(handover, route)
        parts = parts_of(mission, autopilot.most_items, size)
        for i, part in enumerate(parts, 1):
            of = f".part-{i}-of-{len(parts)}" if len(parts) > 1 else ""
            name = f"{stems[route.id]}{of}{suffix}"
            files[name] = write(route, part)
            written = read(files[name], name)
            whole = len(parts) == 1
            findings += preflight(
                name, written, part, autopilot, whole=whole, relief=relief
            )
    if findings:
        raise MissionError(findings)
    return files
