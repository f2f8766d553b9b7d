"""Hold how a search went, moment by moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from planner.budget import EngineBest, Progress

Point = TypeVar("Point")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """
    All that a search told while a plan was made, in the order of time.

    Parameters
    ----------
    plan_digest
        SHA-256 of the plan's file, in hex: which plan came of it.
    bests
        What engines found on their way, in the order of time.
    """

    plan_digest: str
    told: tuple[Progress, ...]
    bests: tuple[EngineBest, ...] = ()


def thinned(points: Sequence[Point], most: int) -> list[Point]:
    """
    Return points evenly picked, the first and the last among them.

    Parameters
    ----------
    most
        How many, two at least.

    Examples
    --------
    >>> thinned(range(10), 4)
    [0, 3, 6, 9]
    """
    if len(points) <= most:
        return list(points)
    return [points[i * (len(points) - 1) // (most - 1)] for i in range(most)]
