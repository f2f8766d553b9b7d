"""Collect what is wrong with, or not understood of, a mission file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from planner.errors import Finding, InputError
from planner.formats.missions.mavlink import ABOVE_GROUND, Item, mission_of
from planner.formats.missions.mission import Mission
from planner.formats.table import shown
from planner.formats.xml_elements import HIGHEST_M

_LAST_NAVIGATION, _JUMP = 95, 177
"""Commands up to this one move the drone; so does a jump."""


class Remarks:
    """
    Findings about one mission file.

    Parameters
    ----------
    file
        Its name.
    """

    def __init__(self, file: str) -> None:
        self.file = shown(file)
        self.findings: list[Finding] = []

    def warn(self, code: str, where: str = "", **values: Any) -> None:
        """Note something that the reader should know."""
        said = {k: shown(v) if isinstance(v, str) else v for k, v in values.items()}
        self.findings.append(
            Finding(code=code, file=self.file, feature=where, values=said)
        )

    def refuse(self, code: str, where: str = "", **values: Any) -> NoReturn:
        """Raise an InputError with what was noted and this."""
        self.warn(code, where, **values)
        raise InputError(self.findings)

    def followed(
        self,
        name: str,
        items: Sequence[Item],
        home: tuple[float, float] | None,
        home_m: float,
    ) -> Mission:
        """
        Return the mission of MAVLink items, see `mission_of`.

        Raises
        ------
        InputError
            If it cannot be followed, or anything noted before is an error.
        """
        mission, unknown = mission_of(name, items, home, home_m)
        self.not_followed(items, unknown)
        self.check_places(mission)
        if any(item.frame in ABOVE_GROUND for item in items):
            self.warn("W-MISSION-TERRAIN")
        self.raise_errors()
        return mission

    def not_followed(self, items: Sequence[Item], unknown: Sequence[int]) -> None:
        """Note items that were not understood; those that move a drone are errors."""
        for i in unknown:
            command = items[i].command
            moves = 0 < command <= _LAST_NAVIGATION or command == _JUMP
            code = "E-MISSION-COMMAND" if moves else "W-MISSION-COMMAND"
            self.warn(code, f"item {i + 1}", command=command)

    def check_places(self, mission: Mission) -> None:
        """Note a mission without waypoints, and waypoints that are nowhere on Earth."""
        if not mission.waypoints:
            self.warn("E-INPUT-EMPTY")
        for i, w in enumerate(mission.waypoints, 1):
            if not (
                abs(w.lon) <= 180 and abs(w.lat) <= 90 and abs(w.height_m) <= HIGHEST_M
            ):
                self.warn("E-MISSION-PLACE", f"waypoint {i}")

    def raise_errors(self) -> None:
        """Raise an InputError if anything noted is an error."""
        if any(finding.is_error for finding in self.findings):
            raise InputError(self.findings)
