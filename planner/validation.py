"""Find what contradicts itself in a scenario."""

from __future__ import annotations

from planner.errors import Finding
from planner.scenario import Scenario


def validate(scenario: Scenario) -> list[Finding]:
    """Return every finding."""
    return []
