"""Hold how a search went, moment by moment."""

from __future__ import annotations

from dataclasses import dataclass

from planner.budget import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """
    All that a search told while a plan was made, in the order of time.

    Parameters
    ----------
    plan_digest
        SHA-256 of the plan's file, in hex: which plan came of it.
    """

    plan_digest: str
    told: tuple[Progress, ...]
