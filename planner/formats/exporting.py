"""Export routes of a plan in a format of other programs."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from planner.errors import Finding, InputError
from planner.formats.files import write_together
from planner.formats.handover import PLAN_FILE, Handover, hand_over
from planner.formats.registry import FLAT, FORMATS
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
        A format of `planner.formats.registry.FORMATS`.
    folder
        Made if there is none; files of the same names are replaced.
    scenario
        Needed for fences alone.
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
        Of a plan over terrain, whose heights count from one level for the whole
        city, if those of the format do not.
    """
    if name not in FORMATS:
        raise ValueError(f"{name!r} is no format; take one of {', '.join(FORMATS)}.")
    if name in FLAT and "terrain" in handover.plan.provenance:
        values = {"format": name}
        raise InputError(
            [Finding(code="E-EXPORT-TERRAIN", file=PLAN_FILE, values=values)]
        )
    files: dict[str, bytes] = import_module(FORMATS[name]).export(handover)
    return files
