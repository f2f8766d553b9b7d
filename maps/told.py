"""Read figures of a plan's file, which may hold anything in their place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planner.basics.figures import is_number


def number(holder: Mapping[str, Any], key: str) -> float | None:
    """Return a number; None where the file holds anything else."""
    value = holder.get(key)
    return float(value) if is_number(value) else None


def mapping(holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a mapping; an empty one where the file holds anything else."""
    value = holder.get(key)
    return value if isinstance(value, Mapping) else {}
