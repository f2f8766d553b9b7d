"""Hold the wind: how strong, from where, and where or when it is another one."""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.basics.clock import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Blow:
    """
    A wind as it blows.

    Parameters
    ----------
    from_deg
        Where it comes from, clockwise from north.
    gust_mps
        Its gusts; None if they are no stronger.
    """

    speed_mps: float = 0.0
    from_deg: float = 0.0
    gust_mps: float | None = None

    @property
    def strongest_mps(self) -> float:
        """Its speed, gusts included [m/s]."""
        return max(self.speed_mps, self.gust_mps or 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell(Blow):
    """
    A wind that blows at some heights or hours instead of the scenario's.

    Parameters
    ----------
    hours
        Daily span, seconds since midnight; None for all day.
    low_m, high_m
        Heights above ground between which it blows, both included.
    """

    hours: Span | None = None
    low_m: float = 0.0
    high_m: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Wind(Blow):
    """
    The wind over the whole city, and where or when it is another one.

    Parameters
    ----------
    spells
        Of those that overlap, the last holds.
    """

    spells: tuple[Spell, ...] = ()

    @property
    def blows(self) -> tuple[Blow, ...]:
        """Itself and its spells."""
        return (self, *self.spells)
