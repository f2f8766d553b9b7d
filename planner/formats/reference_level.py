"""Say what the heights of a plan over terrain count from, as its file tells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from planner.basics.figures import is_number
from planner.basics.terrain import ELLIPSOID
from planner.errors import Finding
from planner.plan import Plan
from planner.scenario import Scenario

Zero = Literal["sea", "ellipsoid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceLevel:
    """
    The level that all heights of a plan over terrain count from.

    Parameters
    ----------
    file
        The raster.
    reference_m
        Height of the level in the raster's heights.
    heights
        What the raster says that these are; empty where it says nothing.
    geoid_m
        Height of the sea level above the WGS 84 ellipsoid, None where nobody said it.
    """

    file: str
    reference_m: float
    heights: str = ""
    geoid_m: float | None = None

    def above_m(self, zero: Zero) -> float | None:
        """
        Return the height of the level above the sea or the WGS 84 ellipsoid [m].

        A raster that does not say otherwise counts from the sea. None if it counts
        from the other and nobody said how far they are apart.
        """
        of_raster: Zero = "ellipsoid" if self.heights == ELLIPSOID else "sea"
        if zero == of_raster:
            return self.reference_m
        if self.geoid_m is None:
            return None
        return self.reference_m + self.geoid_m * (1 if zero == "ellipsoid" else -1)


def reference_level(plan: Plan, scenario: Scenario | None) -> ReferenceLevel | None:
    """
    Return the reference level of a plan; None over flat ground.

    How high the sea is, a scenario may say that was asked later than the plan was made.
    """
    told = plan.provenance.get("terrain")
    if not isinstance(told, Mapping):
        return None
    geoid_m = told.get("geoid_m")
    if scenario is not None and scenario.terrain is not None:
        geoid_m = scenario.terrain.geoid_m
    return ReferenceLevel(
        file=str(told.get("file", "")),
        reference_m=float(told["reference_m"]),
        heights=str(told.get("heights", "")),
        geoid_m=None if geoid_m is None else float(geoid_m),
    )


def level_faults(plan: Plan, scenario: Scenario | None) -> Iterable[Finding]:
    """
    Yield why heights of a plan mean nothing, or not the same as the scenario's.

    The file of these findings is that of the plan.
    """
    told = plan.provenance.get("terrain")
    ground = None if scenario is None else scenario.terrain
    if told is not None and not _is_told(told):
        yield Finding(code="E-EXPORT-TERRAIN", file="")
    elif told is not None or ground is not None:
        reference_m = None if told is None else told["reference_m"]
        wanted_m = None if ground is None else ground.reference_m
        if scenario is not None and reference_m != wanted_m:
            yield Finding(code="E-EXPORT-GROUND", file="")
    if told is not None:
        for station in plan.stations:
            if not _is_height(station.get("ground_m")):
                name = str(station.get("id"))
                yield Finding(code="E-EXPORT-STANDS", file="", feature=name)


def _is_told(told: Any) -> bool:
    return (
        isinstance(told, Mapping)
        and _is_height(told.get("reference_m"))
        and (told.get("geoid_m") is None or _is_height(told["geoid_m"]))
    )


def _is_height(value: Any) -> bool:
    return is_number(value) and abs(value) < 1e5
