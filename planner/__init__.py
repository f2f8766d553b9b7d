"""
Plan fixed patrol routes for drones, and prove what they promise.

>>> import planner, seeds
>>> scenario = planner.read_scenario(seeds.path("by-hand"))
>>> len(scenario.stations)
1

Every name below is loaded when it is first used: importing the package costs
nothing, so the command line answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.budget import Budget as Budget
    from planner.budget import Progress as Progress
    from planner.checks import Verdict as Verdict
    from planner.checks import Violation as Violation
    from planner.checks import check as check
    from planner.checks import examine as examine
    from planner.errors import Finding as Finding
    from planner.errors import InputError as InputError
    from planner.errors import PatrolError as PatrolError
    from planner.exports.exporting import export_plan as export_plan
    from planner.formats.new_scenario import new_scenario as new_scenario
    from planner.formats.plan_geojson import read_plan as read_plan
    from planner.formats.plan_geojson import write_plan as write_plan
    from planner.formats.scenario_folder import read_scenario as read_scenario
    from planner.formats.timetable_csv import (
        write_timetable_csv as write_timetable_csv,
    )
    from planner.metrics import compute_metrics as compute_metrics
    from planner.plan import Plan as Plan
    from planner.plan import Route as Route
    from planner.plan import Sortie as Sortie
    from planner.plan import Unserved as Unserved
    from planner.planning.pipeline import plan_routes as plan_routes
    from planner.scenario import Scenario as Scenario
    from planner.validation.findings import validate as validate

__version__ = "0.1.0"

_HOME = {
    "Budget": "planner.budget",
    "Finding": "planner.errors",
    "InputError": "planner.errors",
    "PatrolError": "planner.errors",
    "Plan": "planner.plan",
    "Progress": "planner.budget",
    "Route": "planner.plan",
    "Scenario": "planner.scenario",
    "Sortie": "planner.plan",
    "Unserved": "planner.plan",
    "Verdict": "planner.checks",
    "Violation": "planner.checks",
    "check": "planner.checks",
    "compute_metrics": "planner.metrics",
    "examine": "planner.checks",
    "export_plan": "planner.exports.exporting",
    "new_scenario": "planner.formats.new_scenario",
    "plan_routes": "planner.planning.pipeline",
    "read_plan": "planner.formats.plan_geojson",
    "read_scenario": "planner.formats.scenario_folder",
    "validate": "planner.validation.findings",
    "write_plan": "planner.formats.plan_geojson",
    "write_timetable_csv": "planner.formats.timetable_csv",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    """Load a public name from the module that holds it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return [*__all__, "__version__"]
