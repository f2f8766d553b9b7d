"""Export routes of a plan in a format of other programs."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from planner.errors import Finding, InputError
from planner.exports.registry import FLOWN, FORMATS
from planner.formats.files import write_together
from planner.formats.handover import PLAN_FILE, Handover, hand_over
from planner.plan import Plan
from planner.scenario import Scenario


def export_plan(
    plan: Plan,
    name: str,
    folder: Path,
    *,
    scenario: Scenario | None = None,
    routes: Iterable[str] | None = None,
) -> tuple[Path, ...]:
    """
    Write routes of a plan in a format, all files or none, and return their paths.

    Parameters
    ----------
    name
        A format of `planner.exports.registry.FORMATS`.
    folder
        Made if there is none; files of the same names are replaced.
    scenario
        Needed for fences, and for missions over terrain.
    routes
        Ids of the routes; by default all of the plan.

    Raises
    ------
    InputError
        If the plan has no such routes, or not what the format needs.
    MissionError
        If an autopilot would refuse a mission; nothing is written then.
    OutputError
        If the disk or its permissions do not allow it.
    """
    files = exported(hand_over(plan, scenario=scenario, routes=routes), name)
    folder = Path(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    placed = {folder / file: content for file, content in files.items()}
    write_together(placed)
    return tuple(placed)


def exported(handover: Handover, name: str) -> dict[str, bytes]:
    """
    Return the files of a format: name to content, the same each time.

    Raises
    ------
    InputError
        Of a plan over terrain, if drones are to fly it and the ground is not given,
        or if the format wants heights above the sea or the ellipsoid and nobody said
        how far they are from those of the raster.
    """
    if name not in FORMATS:
        raise ValueError(f"{name!r} is no format; take one of {', '.join(FORMATS)}.")
    if name in FLOWN and handover.level is not None and handover.scenario is None:
        raise InputError([Finding(code="E-EXPORT-SCENARIO", file=PLAN_FILE)])
    files: dict[str, bytes] = import_module(FORMATS[name]).export(handover)
    return files
